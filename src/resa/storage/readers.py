"""Readers of a generation: while a process reads one, the writer does not take it away, however many have followed.

A lock of the system on the generation's header, which ends with its reader, whatever becomes of him. Where the system
or the disk has no such locks, as on Windows, the two newest generations stay, and a longer question is asked again.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["Lock", "is_read", "read_lock"]

_HAS_LOCKS = sys.platform != "win32"


class Lock:
    """An open file, and a lock on it, for as long as this object lives.

    Args:
        path: The file.
        flags: How it is opened, as for `os.open`.
    """

    def __init__(self, path: Path, flags: int) -> None:
        self.descriptor = -1
        self.descriptor = os.open(path, flags)

    def __del__(self) -> None:
        """End it with its last user."""
        if self.descriptor >= 0:
            os.close(self.descriptor)


def read_lock(header: Path) -> Lock | None:
    """Keep a generation from being taken away; `None`: this system cannot.

    Args:
        header: Its header.

    Raises:
        FileNotFoundError: It was taken away already.
    """
    if not _HAS_LOCKS:
        return None
    lock = Lock(header, os.O_RDONLY)
    _take(lock, alone=False)
    if not os.path.samestat(os.fstat(lock.descriptor), header.stat()):  # it went while this waited
        raise FileNotFoundError(header)
    return lock


def is_read(header: Path, locks: list[Lock]) -> bool:
    """Whether somebody reads a generation; if not, it is locked, so that nobody begins to before it is away.

    Args:
        header: Its header.
        locks: Where that lock is added; it ends with this list.
    """
    if not _HAS_LOCKS or not header.exists():
        return False
    lock = Lock(header, os.O_RDWR)
    locks.append(lock)
    return not _take(lock, alone=True)


def _take(lock: Lock, *, alone: bool) -> bool:
    """Lock it; false when others have locked it, from whom it would be taken."""
    import fcntl  # noqa: PLC0415 - Windows has none

    with suppress(OSError):  # a disk without locks
        try:
            fcntl.flock(lock.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
        except BlockingIOError:
            return False
    return True
