"""Whether anybody still waits for what is being worked out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["NoLongerWanted", "check_wanted", "wanted_while"]


class NoLongerWanted(Exception):
    """Who asked went away: nobody hears of this."""


_wanted: ContextVar[Callable[[], bool]] = ContextVar("wanted", default=lambda: True)


@contextmanager
def wanted_while(wanted: Callable[[], bool]) -> Iterator[None]:
    """What is worked out in the block is wanted as long as this says so; it is asked by any thread, often."""
    token = _wanted.set(wanted)
    try:
        yield
    finally:
        _wanted.reset(token)


def check_wanted() -> None:
    """Stop what is being worked out where nobody waits for it any more; between steps that each take a moment.

    Raises:
        NoLongerWanted: Nobody waits.
    """
    if not _wanted.get()():
        raise NoLongerWanted
