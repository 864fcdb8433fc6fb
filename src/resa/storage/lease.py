"""One writer a workspace: a row with a token that grows, checked in every transaction of its holder.

A holder that died is replaced at once on its own machine, and after `_STALE` without a sign of life where its process
cannot be seen from here: on another machine, in another container of the same host name, or where the system does not
tell when a process began. While it lives it gives a sign every minute, whatever it does. Should it live after all, its
next transaction finds a newer token and fails: nothing of it is ever listed.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from resa.base.clock import Clock
from resa.base.errors import WorkspaceBusy, WorkspaceError
from resa.base.language import sentence
from resa.storage.database import Database, from_micros, to_micros
from resa.storage.schema import lease

__all__ = ["Lease", "take_lease"]

_STALE = timedelta(minutes=15)
_SIGN_SECONDS = 60.0  # a minute: long before it counts as stale, and seldom enough to cost nothing


class Lease:
    """The right to write, held by this process until `release`."""

    def __init__(self, database: Database, clock: Clock, token: int) -> None:
        self._database = database
        self._clock = clock
        self.token = token
        self._released = threading.Event()
        self._signs = threading.Thread(target=self._give_signs, name="lease", daemon=True)
        self._signs.start()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction of the holder.

        Raises:
            WorkspaceBusy: Another process has taken over; nothing of the transaction is kept.
        """
        with self._database.changing() as connection:
            if not self._renew(connection):
                raise WorkspaceBusy(
                    sentence(
                        "another process took over writing to this workspace; nothing of this step was kept: "
                        "run the command again"
                    )
                )
            yield connection

    def release(self) -> None:
        """Give the right back; silent when another holder has it by now."""
        self._released.set()
        self._signs.join()
        with self._database.changing() as connection:
            connection.execute(update(lease).where(lease.c.token == self.token).values(held=0))

    def _renew(self, connection: Connection) -> bool:
        """Give a sign of life; false when another holder has taken over."""
        mine = update(lease).where(lease.c.token == self.token, lease.c.held == 1)
        return connection.execute(mine.values(renewed_at=to_micros(self._clock()))).rowcount == 1

    def _give_signs(self) -> None:
        """Renew while a long step, such as building a generation, makes no transaction of its own."""
        while not self._released.wait(_SIGN_SECONDS):
            with suppress(WorkspaceError), self._database.changing() as connection:  # the holder itself will be told
                self._renew(connection)


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
                sentence(
                    "process {pid} on {host} has been writing to this workspace since "
                    "{since:%Y-%m-%d %H:%M} UTC; wait until it is done, or stop it",
                    pid=str(row.pid),
                    host=row.host,
                    since=from_micros(row.taken_at),
                )
            )
        values = {
            "token": token,
            "held": 1,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "process_start": f"{_process_start(os.getpid()) or ''} {_process_space()}",
            "taken_at": to_micros(now),
            "renewed_at": to_micros(now),
        }
        connection.execute(insert(lease).values(id=1, **values) if row is None else update(lease).values(**values))
    return Lease(database, clock, token)


def _lives(pid: int, host: str, process_start: str, renewed_at: datetime, now: datetime) -> bool:
    """Whether the holder may still be at work."""
    signs = abs(now - renewed_at) < _STALE  # ahead as well: one of the two clocks may be wrong
    began, _, space = process_start.partition(" ")
    if host != socket.gethostname() or space != _process_space() or sys.platform == "win32":
        return signs  # nothing else can be known of it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it lives and is somebody else's
    start = _process_start(pid)
    return signs if start is None else start == began


def _process_space() -> str:
    """What the numbers of processes belong to: containers have their own; empty where the system does not say."""
    try:
        return Path("/proc/self/ns/pid").readlink().name
    except OSError:
        return ""


def _process_start(pid: int) -> str | None:
    """When the process began, in the system's own count; `None` where the system does not say."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    fields = status.rpartition(")")[2].split()
    return "dead" if fields[0] in {"Z", "X"} else fields[19]
