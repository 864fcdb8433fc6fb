"""Whether anybody still waits for what is being worked out.

Who asks over the network may go away: a reader closes the page, or clicks on. What is worked out for them then stops at
the next step, and a statement that runs in a database is stopped at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

__all__ = ["Asker", "NoLongerWanted", "asked_by", "check_wanted", "stopped_by"]


class NoLongerWanted(Exception):
    """Who asked went away. No error of Resa's (`resa.base.errors`): there is nobody left to be told."""


class Asker:
    """Who waits for something; may be told from any thread to have gone."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._gone = False
        self._stops: list[Callable[[], None]] = []

    @property
    def gone(self) -> bool:
        """Whether they wait no more."""
        return self._gone

    def leave(self) -> None:
        """They wait no more."""
        with self._lock:
            self._gone = True
            for stop in self._stops:
                stop()

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Have this called once they leave while the block runs.

        Raises:
            NoLongerWanted: They have left.
        """
        with self._lock:
            if self._gone:  # just now, after it was asked for last
                raise NoLongerWanted
            self._stops.append(stop)
        try:
            yield
        finally:
            with self._lock:  # after this, nothing else that runs on the same connection can be stopped
                self._stops.remove(stop)


_asker: ContextVar[Asker | None] = ContextVar("asker", default=None)


@contextmanager
def asked_by(asker: Asker) -> Iterator[None]:
    """What is worked out in the block is for them."""
    token = _asker.set(asker)
    try:
        yield
    finally:
        _asker.reset(token)


def check_wanted() -> None:
    """Stop what is being worked out where nobody waits for it; called between steps that each take a moment.

    Raises:
        NoLongerWanted: Nobody waits.
    """
    asker = _asker.get()
    if asker is not None and asker.gone:
        raise NoLongerWanted


@contextmanager
def stopped_by(stop: Callable[[], None]) -> Iterator[None]:
    """Run a step that takes long and can be stopped from outside.

    Args:
        stop: Stops it; the block then ends with any error.

    Raises:
        NoLongerWanted: Nobody waits.
    """
    asker = _asker.get()
    if asker is None:
        yield
        return
    check_wanted()
    try:
        with asker.stopping(stop):
            yield
    except Exception:
        check_wanted()
        raise
