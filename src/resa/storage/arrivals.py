"""Arrivals: requests that were accepted and wait to become events, in a SQLite file of their own.

A request is acknowledged after the commit that holds it is on the disk. Requests that come while a commit is under way
share the next one: the disk is waited for once a batch, not once a request. The file has its own lock, so that nothing
else that is written keeps a sender waiting, and one process alone writes to it: the one that takes requests. What was
consumed stands in the operational database, in the transaction that lists the events (`Writer.commit_chunk`); the
taking process reads it there and forgets those arrivals.

Numbers of arrivals ascend and are never used again. Their order says nothing: events have times of their own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final, Self

from resa.base.errors import WorkspaceDamaged, WorkspaceError
from resa.base.language import as_it_is, sentence

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["Arrival", "Arrivals", "Waiting", "count_waiting"]

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS arrivals (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    content BLOB NOT NULL
)
"""

_INSERT: Final = "INSERT INTO arrivals (source_id, received_at, kind, content) VALUES (?, ?, ?, ?)"

_DELETE: Final = """
DELETE FROM arrivals WHERE number IN (
    SELECT number FROM arrivals WHERE source_id = ? AND number <= ? ORDER BY number LIMIT ?
)
"""

_OLDEST: Final = "SELECT received_at FROM arrivals WHERE number > ? ORDER BY number LIMIT 1"

_AT_ONCE: Final = 1_000
"""Requests that one commit stores at most; a commit of so many takes some milliseconds."""

_FORGOTTEN_AT_ONCE: Final = 5_000
"""Requests that one commit deletes at most of a source."""


@dataclass(frozen=True)
class Arrival:
    """One accepted request.

    Attributes:
        source_id: Whose events it brings.
        received_at: When it came, microseconds since 1970.
        kind: What its content is, such as `batch` or `track`; the collector knows.
        content: As it came, unpacked.
        number: Its place among all arrivals; 0: it has none yet.
    """

    source_id: str
    received_at: int
    kind: str
    content: bytes
    number: int = 0


@dataclass(frozen=True)
class Waiting:
    """How much waits.

    Attributes:
        arrivals: Accepted requests; as many as there are numbers.
        oldest: When the first of them came, microseconds since 1970; `None`: none waits.
    """

    arrivals: int
    oldest: int | None


class Arrivals:
    """The arrivals of a workspace; used by any number of threads of one process. Open it with `Arrivals.open`.

    Args:
        path: The SQLite file, made when it is missing.
        after: Number behind which those of new arrivals begin: the last that is consumed. A file that was lost and is
            made anew would else begin at 1, and what comes would count as consumed.

    Raises:
        WorkspaceDamaged: The file is no database.
        WorkspaceError: The disk does not take it.
    """

    def __init__(self, path: Path, *, after: int = 0) -> None:
        self._path = path
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._reading = Lock()
        self._reader = _connect(path)
        _begin_after(self._reader, after)
        self._file = _identity(path)
        self._thread = Thread(target=self._write, name="arrivals", daemon=True)
        self._thread.start()

    def append(self, arrival: Arrival) -> Future[None]:
        """Store a request; done once it is on the disk.

        The future raises `WorkspaceError` if the disk did not take it: then it must not be acknowledged.
        """
        return self._do((arrival.source_id, arrival.received_at, arrival.kind, arrival.content))

    def forget(self, consumed: Mapping[str, int]) -> Future[None]:
        """Delete what is consumed, some of it where it is much: as sources and the numbers up to which it is."""
        return self._do(consumed)

    def waiting(self, after: int = 0, *, most_bytes: int = 64 << 20) -> list[Arrival]:
        """Arrivals behind a number, in the order of their numbers, so many that they hold about `most_bytes`."""
        found: list[Arrival] = []
        size = 0
        with self._reading, _told(), closing(self._reader.cursor()) as cursor:
            cursor.execute(
                "SELECT number, source_id, received_at, kind, content FROM arrivals WHERE number > ? ORDER BY number",
                (after,),
            )
            for number, source_id, received_at, kind, content in cursor:
                found.append(Arrival(source_id, received_at, kind, content, number))
                size += len(content)
                if size >= most_bytes:
                    break
        return found

    @property
    def last(self) -> int:
        """Number of the last arrival that is there; 0: none is."""
        with self._reading, _told():
            return self._reader.execute("SELECT max(number) FROM arrivals").fetchone()[0] or 0

    def count(self, after: int) -> Waiting:
        """How much waits behind a number."""
        with self._reading, _told():
            last = self._reader.execute("SELECT max(number) FROM arrivals").fetchone()[0]
            first = self._reader.execute(_OLDEST, (after,)).fetchone()
        return Waiting(max(0, (last or 0) - after), first and first[0])

    def close(self) -> None:
        """Store what was handed over, then let go of the file."""
        self._work.put(None)
        self._thread.join()
        self._reader.close()

    def __enter__(self) -> Self:
        """The arrivals themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _do(self, what: _Row | Mapping[str, int]) -> Future[None]:
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()  # it is done whether or not its sender still waits
        self._work.put((what, done))
        return done

    def _write(self) -> None:
        """The one thread that writes: all that is handed over meanwhile goes into the next commit."""
        connection: sqlite3.Connection | None = None
        last = False
        while not last:
            batch = [self._work.get()]
            with suppress(Empty):
                while len(batch) < _AT_ONCE:
                    batch.append(self._work.get_nowait())
            last = None in batch
            work = [item for item in batch if item is not None]
            try:
                if _identity(self._path) != self._file:
                    raise _taken_away()
                connection = connection or _connect(self._path)
                _commit(connection, [what for what, _ in work])
            except (sqlite3.Error, WorkspaceError) as error:
                if connection is not None:  # what the failed commit left is found out anew
                    connection.close()
                    connection = None
                for _, done in work:
                    done.set_exception(error if isinstance(error, WorkspaceError) else _refused(error))
            else:
                for _, done in work:
                    done.set_result(None)
        if connection is not None:
            connection.close()


def count_waiting(store: Store) -> Waiting:
    """How much waits, for a process that takes no requests itself: the file is read, and not made."""
    after, path = max(store.consumed().values(), default=0), store.layout.arrivals
    try:
        with _told(), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20.0)) as connection:
            last = connection.execute("SELECT max(number) FROM arrivals").fetchone()[0]
            first = connection.execute(_OLDEST, (after,)).fetchone()
    except WorkspaceError:
        if path.exists():
            raise
        return Waiting(0, None)
    return Waiting(max(0, (last or 0) - after), first and first[0])


_Row = tuple[str, int, str, bytes]
_Work = tuple[_Row | Mapping[str, int], Future[None]]


def _connect(path: Path) -> sqlite3.Connection:
    with _told():
        connection = sqlite3.connect(path, isolation_level=None, timeout=20.0, check_same_thread=False)
        for setting in ("journal_mode = WAL", "synchronous = FULL"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute(_TABLE)
    return connection


def _begin_after(connection: sqlite3.Connection, number: int) -> None:
    with _told():
        connection.execute("BEGIN IMMEDIATE")
        last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'arrivals'").fetchone()
        if last is None:
            connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('arrivals', ?)", (number,))
        elif last[0] < number:
            connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'arrivals'", (number,))
        connection.execute("COMMIT")


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another of the same name; `None`: there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _commit(connection: sqlite3.Connection, work: list[_Row | Mapping[str, int]]) -> None:
    """One transaction, on the disk when it returns."""
    if not work:
        return
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(_INSERT, [what for what in work if isinstance(what, tuple)])
    for consumed in work:
        if not isinstance(consumed, tuple):
            connection.executemany(_DELETE, [(source, until, _FORGOTTEN_AT_ONCE) for source, until in consumed.items()])
    connection.execute("COMMIT")


@contextmanager
def _told() -> Iterator[None]:
    """Say in plain words that the file failed."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _refused(error) from error
    except sqlite3.DatabaseError as error:
        raise WorkspaceDamaged(
            sentence("arrivals.db cannot be read as Resa's arrivals; restore it from a backup")
        ) from error


def _taken_away() -> WorkspaceError:
    return WorkspaceError(
        sentence(
            "arrivals.db was taken away or replaced while it was in use, so nothing more is taken; put the file back, "
            "then start the server again"
        )
    )


def _refused(error: sqlite3.Error) -> WorkspaceError:
    return WorkspaceError(
        sentence(
            "the disk did not take what arrived ({reason}), and nothing of it was acknowledged: see that it is well, "
            "has room and may be written to",
            reason=as_it_is(str(error)),
        )
    )
