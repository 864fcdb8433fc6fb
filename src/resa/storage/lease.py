"""One writer a workspace: a row with a token that grows, checked in every transaction of its holder.

A holder that died is replaced at once on its own machine, and after `_STALE` without a sign of life from another
machine. Should it live after all, its next transaction finds a newer token and fails: nothing of it is ever listed.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from resa.base.clock import Clock
from resa.base.errors import WorkspaceBusy
from resa.storage.database import Database, from_micros, to_micros
from resa.storage.schema import lease

__all__ = ["Lease", "take_lease"]

_STALE = timedelta(minutes=15)


class Lease:
    """The right to write, held by this process until `release`."""

    def __init__(self, database: Database, clock: Clock, token: int) -> None:
        self._database = database
        self._clock = clock
        self.token = token

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction of the holder.

        Raises:
            WorkspaceBusy: Another process has taken over; nothing of the transaction is kept.
        """
        with self._database.changing() as connection:
            renewed = connection.execute(
                update(lease)
                .where(lease.c.token == self.token, lease.c.held == 1)
                .values(renewed_at=to_micros(self._clock()))
            )
            if renewed.rowcount != 1:
                raise WorkspaceBusy(
                    "another process took over writing to this workspace; nothing of this step was kept: "
                    "run the command again"
                )
            yield connection

    def release(self) -> None:
        """Give the right back; silent when another holder has it by now."""
        with self._database.changing() as connection:
            connection.execute(update(lease).where(lease.c.token == self.token).values(held=0))


def take_lease(database: Database, clock: Clock) -> Lease:
    """Become the one writer.

    Raises:
        WorkspaceBusy: Another process writes; the message names it and says since when.
    """
    now = clock()
    with database.changing() as connection:
        row = connection.execute(select(lease)).first()
        token = 1 if row is None else row.token + 1
        if (
            row is not None
            and row.held
            and _lives(row.pid, row.host, row.process_start, from_micros(row.renewed_at), now)
        ):
            raise WorkspaceBusy(
                f"process {row.pid} on {row.host} has been writing to this workspace since "
                f"{from_micros(row.taken_at):%Y-%m-%d %H:%M} UTC; wait until it is done, or stop it"
            )
        values = {
            "token": token,
            "held": 1,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "process_start": _process_start(os.getpid()) or "",
            "taken_at": to_micros(now),
            "renewed_at": to_micros(now),
        }
        connection.execute(insert(lease).values(id=1, **values) if row is None else update(lease).values(**values))
    return Lease(database, clock, token)


def _lives(pid: int, host: str, process_start: str, renewed_at: datetime, now: datetime) -> bool:
    """Whether the holder may still be at work."""
    if host != socket.gethostname() or sys.platform == "win32":
        return abs(now - renewed_at) < _STALE  # nothing else can be known of it, and one of the two clocks may be wrong
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it lives and is somebody else's
    start = _process_start(pid)
    return start is None or start == process_start


def _process_start(pid: int) -> str | None:
    """When the process began, in the system's own count; `None` where the system does not say."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    fields = status.rpartition(")")[2].split()
    return "dead" if fields[0] in {"Z", "X"} else fields[19]
