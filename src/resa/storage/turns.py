"""Turns: a server, which writes all the time, lets a command write in between, if that asks.

Both are told by locks that the system frees when a process is killed, so nobody is waited for who is gone.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from resa.base.errors import WorkspaceBusy, WorkspaceError
from resa.storage.database import told
from resa.storage.lease import Lease, take_lease

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["ask_for_turn", "is_asked", "is_lent", "lending", "locked"]

_PATIENCE_SECONDS: Final = 120.0
"""So long may what the server has begun take, such as bringing a large index up to date."""

_LOCK_SECONDS: Final = 1.0

_LOOK_SECONDS: Final = 0.05


@contextmanager
def locked(path: Path, *, seconds: float = 0.0) -> Iterator[bool]:
    """Hold a lock among processes while the block runs; whether it was got within so many seconds.

    Raises:
        WorkspaceError: The disk does not take it.
    """
    with ExitStack() as stack:
        with told():
            connection = stack.enter_context(closing(sqlite3.connect(path, timeout=seconds, isolation_level=None)))
            try:
                connection.execute("BEGIN EXCLUSIVE")
                mine = True
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                    raise
                mine = False
        yield mine


@contextmanager
def lending(store: Store) -> Iterator[None]:
    """Say, while the block runs, that whoever asks will get a turn: see `is_asked`. Begin before you are the writer."""
    with locked(_lends(store), seconds=_LOCK_SECONDS):  # whoever looks holds it for a moment
        yield


def is_asked(store: Store) -> bool:
    """Whether somebody asks for a turn, or has one and is not done."""
    with suppress(WorkspaceError), locked(_asks(store)) as free:
        return not free
    return False


def is_lent(store: Store) -> bool:
    """Whether a server serves the workspace."""
    with suppress(WorkspaceError), locked(_lends(store)) as free:
        return not free
    return False


@contextmanager
def ask_for_turn(store: Store) -> Iterator[Lease]:
    """Become the writer, at once or when the server that writes lets this process; until the block ends.

    Raises:
        WorkspaceBusy: Another process writes that lends nothing, or the server did not within two minutes.
    """
    with locked(_asks(store), seconds=_PATIENCE_SECONDS):
        began = time.monotonic()
        while True:
            try:
                lease = take_lease(store.database, store.clock)
                break
            except WorkspaceBusy:
                with locked(_lends(store)) as nobody:
                    if nobody or time.monotonic() - began > _PATIENCE_SECONDS:
                        raise
            time.sleep(_LOOK_SECONDS)
        try:
            yield lease
        finally:
            lease.release()


def _lends(store: Store) -> Path:
    return store.layout.root / "lends.lock"


def _asks(store: Store) -> Path:
    return store.layout.root / "asks.lock"
