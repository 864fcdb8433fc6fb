"""The operational database: SQLite in write-ahead mode, every commit on the disk before it returns.

Readers use `Database.reading`, which sees one moment; the one writer uses `Lease.writing` (see `lease.py`), which
checks its token in every transaction. Transactions are short: files are written before, only their names are entered
inside.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, select, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from resa.base.clock import from_microseconds as from_micros
from resa.base.clock import to_microseconds as to_micros
from resa.base.errors import WorkspaceDamaged, WorkspaceError
from resa.base.language import sentence
from resa.storage.schema import workspace
from resa.storage.schema_of_telling import metadata

__all__ = ["REVISION", "Database", "from_micros", "to_micros", "told", "vacuum"]

REVISION = "0019"
"""The newest migration; a test holds it to the files in `migrations/versions`."""

_WAIT_SECONDS = 20.0  # how long a transaction waits for another process's


class Database:
    """One workspace's operational database; made when it is missing.

    Args:
        path: The SQLite file.
        now: The present moment, stored when the database is made.

    Raises:
        WorkspaceError: A newer version of Resa made it.
        WorkspaceDamaged: The file is no database, or it lacks what must be there.
    """

    def __init__(self, path: Path, now: datetime) -> None:
        self._path = path
        self._readers = _engine(path, "BEGIN")
        self._writers = _engine(path, "BEGIN IMMEDIATE")
        self._watcher: PoolProxiedConnection | None = None
        try:
            self._bring_up_to_date(now)
            with self.reading() as connection:
                row = connection.execute(select(workspace.c.key)).first()
        except DatabaseError as error:
            self.close()
            raise WorkspaceDamaged(
                sentence(
                    "{path} cannot be read as Resa's database ({kind}); restore it from a backup",
                    path=path.name,
                    kind=type(error.orig).__name__,
                )
            ) from error
        if row is None:
            raise WorkspaceDamaged(
                sentence("{path} has lost the workspace's key; restore it from a backup", path=path.name)
            )
        self.key: bytes = row.key

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment and changes nothing."""
        with told(), self._readers.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """A transaction that may write; committed when the block ends well. The lease wraps it: use that."""
        with told(), self._writers.begin() as connection:
            yield connection

    def vacuum(self) -> None:
        """Write the file anew, so that nothing of deleted rows is left in free pages or in the log.

        Raises:
            WorkspaceError: Another process reads just now, so that the log cannot be emptied.
        """
        vacuum(self._path)

    def version(self) -> int:
        """A number that differs once somebody else has changed the file since it was asked last (SQLite's own)."""
        with told():
            if self._watcher is None:
                self._watcher = self._readers.raw_connection()
            return int(self._watcher.cursor().execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Let go of the file."""
        if self._watcher is not None:
            self._watcher.close()
        self._readers.dispose()
        self._writers.dispose()

    def _bring_up_to_date(self, now: datetime) -> None:
        with self.reading() as connection:
            tables = inspect(connection).get_table_names()
            found = None
            if "alembic_version" in tables:
                found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if found == REVISION:
            return
        if found is not None and found > REVISION:
            raise WorkspaceError(
                sentence(
                    "a newer Resa wrote this workspace (its database is at step {found}, this Resa knows "
                    "{revision}); upgrade: pip install --upgrade resa",
                    found=found,
                    revision=REVISION,
                )
            )
        # Two processes may come here at once: the second waits for the first and then finds nothing to do.
        with self.changing() as connection:
            if not inspect(connection).has_table("alembic_version"):
                _make(connection, now)
            else:
                _migrate(connection)


def vacuum(path: Path) -> None:
    """Write a SQLite file anew, without what was deleted; its log is emptied.

    Raises:
        WorkspaceError: Another process reads it just now, or the disk does not take it.
    """
    with told(), closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("VACUUM")
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise WorkspaceError(
            sentence("another process reads {path}, whose log must be emptied; try again", path=path.name)
        )


@contextmanager
def told() -> Iterator[None]:
    """Say in plain words that the disk failed; the transaction is rolled back."""
    try:
        yield
    except (OperationalError, sqlite3.OperationalError) as error:
        raise WorkspaceError(
            sentence(
                "the workspace's database could not be used ({orig}); nothing of this step was kept: "
                "see that the disk is well, has room and may be written to, then run the command "
                "again",
                orig=getattr(error, "orig", error),
            )
        ) from error


def _make(connection: Connection, now: datetime) -> None:
    """Make all tables as the newest migration leaves them, without running the history of an empty database."""
    metadata.create_all(connection)
    connection.execute(insert(workspace).values(id=1, key=secrets.token_bytes(16), made_at=to_micros(now)))
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": REVISION})


def _migrate(connection: Connection) -> None:
    # Alembic takes a fifth of a second to import and is needed when a newer Resa meets an older workspace.
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _engine(path: Path, begin: str) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": _WAIT_SECONDS})

    def configure(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # Python must not begin transactions by itself: `begin` below does
        for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {setting}")

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", start)
    return engine
