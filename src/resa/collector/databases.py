"""Reading other people's databases: connecting, and rows in the order of a cursor. The door to them, by SQLAlchemy.

Nothing here writes to them. Secrets come from environment variables, and stand in no message; neither do rows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote_plus

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    FromClause,
    NullPool,
    bindparam,
    column,
    create_engine,
    event,
    false,
    func,
    literal_column,
    make_url,
    select,
    table,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from resa.base.errors import SourceError
from resa.base.language import NOTHING, Sentence, as_it_is, sentence
from resa.collector.cursors import Cursor
from resa.collector.database_shape import VARIABLE, DatabaseShape

__all__ = ["Database"]

_CONNECT_SECONDS: Final = 10
_BATCH: Final = 2_000
"""Rows that are fetched at a time."""

_TIMEOUTS: Final[Mapping[str, Mapping[str, int]]] = {
    "psycopg": {"connect_timeout": _CONNECT_SECONDS},
    "psycopg2": {"connect_timeout": _CONNECT_SECONDS},
    "mysqldb": {"connect_timeout": _CONNECT_SECONDS},
    "pymysql": {"connect_timeout": _CONNECT_SECONDS},
    "pysqlite": {"timeout": _CONNECT_SECONDS},
    "pyodbc": {"timeout": _CONNECT_SECONDS},
    "pymssql": {"login_timeout": _CONNECT_SECONDS},
    "oracledb": {"tcp_connect_timeout": _CONNECT_SECONDS},
}
"""By driver, how it is told to give up an address that does not answer."""


class Database:
    """A table or a query of a database, open for reading; a context manager.

    Args:
        shape: Which.
        folder: The workspace, from which the path of a SQLite file counts.

    Attributes:
        names: Its columns.

    Raises:
        SourceError: It cannot be reached, or has no such table.
    """

    def __init__(self, shape: DatabaseShape, folder: Path) -> None:
        self._shape = shape
        self._secrets: list[str] = []
        url = self._url(folder)
        self._place = self._without_secrets(_place(url))
        try:
            driver = url.get_dialect()
            if driver.is_async:
                raise SourceError(
                    sentence("{name} is an asynchronous driver; name another one in the URL", name=url.drivername)
                )
            engine = create_engine(url, poolclass=NullPool, connect_args=dict(_TIMEOUTS.get(driver.driver, {})))
        except (NoSuchModuleError, ImportError) as error:
            raise SourceError(_no_driver(url, error)) from None
        if url.get_backend_name() == "sqlite":
            event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
        self._connection = self._connect(engine.connect)
        self.names = self._names()

    def __enter__(self) -> Self:
        """The database itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        with self._told(NOTHING, hide=True):
            self._connection.close()

    @property
    def name(self) -> str:
        """What is read, as named to the user."""
        return "query" if self._shape.table is None else f"table {self._shape.table}"

    def count_without(self, cursor: str) -> int:
        """How many rows have no cursor."""
        query = select(func.count()).select_from(self._rows()).where(column(cursor).is_(None))
        with self._told(sentence("the rows without a cursor could not be counted"), hide=True):
            return int(self._connection.execute(query).scalar() or 0)

    def batches(
        self, names: Sequence[str], *, most: int, cursor: str | None = None, start: Cursor | None = None
    ) -> Iterator[Sequence[Sequence[Any]]]:
        """Rows, some at a time, in the order of the cursor.

        Args:
            names: Columns that are wanted.
            most: So many rows at a time, or fewer.
            cursor: The column that gives the order; rows in which it is NULL are left out. `None`: all, in any order.
            start: Only rows whose cursor is not below this.

        Raises:
            SourceError: The database failed on the way.
        """
        query: Any = select(*[column(name) for name in names]).select_from(self._rows())
        if cursor is not None:
            wanted: ColumnElement[bool] = column(cursor).is_not(None)
            if start is not None:
                wanted = column(cursor) >= bindparam("start", start)
            query = query.where(wanted).order_by(column(cursor))
        size = min(most, _BATCH)
        streaming = self._connection.execution_options(stream_results=True, max_row_buffer=size)
        told = sentence("the rows could not be read to their end")
        with self._told(told, hide=True):
            result = streaming.execute(query)
        while True:
            with self._told(told, hide=True):
                rows = result.fetchmany(size)
            if not rows:
                return
            yield rows

    def _rows(self) -> FromClause:
        if self._shape.table is not None:
            schema, _, name = self._shape.table.rpartition(".")
            return table(name, schema=schema or None)
        query = (self._shape.query or "").strip().rstrip(";")
        query = re.sub(":", r"\\:", query)  # no colon in it names a parameter
        return text(f"{query}\n").columns().subquery("resa_rows")  # it may end with a comment

    def _names(self) -> list[str]:
        query: Any = select(literal_column("*")).select_from(self._rows()).where(false())
        with self._told(sentence("the database refuses to read {name}", name=self.name)):
            return list(self._connection.execute(query).keys())

    def _connect(self, connect: Any) -> Connection:
        with self._told(sentence("the database cannot be reached")):
            found: Connection = connect()
            if found.dialect.name == "postgresql":
                found = found.execution_options(postgresql_readonly=True)
        return found

    def _url(self, folder: Path) -> URL:
        """The URL with the values of environment variables in their places, so that they need no escaping."""
        said = self._shape.url
        whole = VARIABLE.fullmatch(said)
        try:
            url = make_url(self._value(whole.group(1)) if whole else said)
        except (ArgumentError, ValueError):  # its text may hold a secret
            message = (
                sentence("the environment variable {name} holds no URL of a database", name=whole.group(1))
                if whole
                else sentence("the URL of the database cannot be read; write it as SQLAlchemy does")
            )
            raise SourceError(message) from None
        if whole is None:
            url = url.set(
                username=self._filled(url.username),
                password=self._filled(url.password),
                host=self._filled(url.host),
                database=self._filled(url.database),
                query={name: str(self._filled(str(value))) for name, value in url.query.items()},
            )
        self._secrets += [str(url.password)] if url.password else []
        return url if url.get_backend_name() != "sqlite" else _sqlite(url, folder)

    def _filled(self, part: str | None) -> str | None:
        if part is None:
            return None
        return VARIABLE.sub(lambda found: self._value(found.group(1)), str(part))

    def _value(self, name: str) -> str:
        value = os.environ.get(name)
        if not value:
            raise SourceError(
                sentence("the environment variable {name}, which the URL of the database names, is not set", name=name)
            )
        self._secrets.append(value)
        return value

    @contextmanager
    def _told(self, what: Sentence, *, hide: bool = False) -> Iterator[None]:
        """Say in plain words that the database failed, without secrets.

        Args:
            what: What could not be done.
            hide: Its own words may hold rows: only its code is told.
        """
        try:
            yield
        except Exception as error:  # drivers have errors of their own, such as bytes that are no text
            reason = self._reason(error, hide=hide or not isinstance(error, SQLAlchemyError))
            raise SourceError(
                sentence("{what}: {reason} ({place})", what=what, reason=reason, place=self._place)
            ) from None

    def _reason(self, error: Exception, *, hide: bool) -> str:
        raw = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        code = getattr(raw, "sqlstate", None) or type(raw).__name__
        if hide:
            return str(code)
        return self._without_secrets(next((line.strip() for line in str(raw).splitlines() if line.strip()), str(code)))

    def _without_secrets(self, said: str) -> str:
        for secret in sorted({*self._secrets, *map(quote_plus, self._secrets)}, key=len, reverse=True):
            said = said.replace(secret, "***")
        return said


def _place(url: URL) -> str:
    """Where a database is, without the person and the password."""
    if url.get_backend_name() == "sqlite":
        return Path(url.database or "").name
    host = f"{url.host or ''}{f':{url.port}' if url.port else ''}"
    return "/".join(part for part in (host, url.database or "") if part) or url.drivername


def _sqlite(url: URL, folder: Path) -> URL:
    """The URL of a SQLite file, which must be there: SQLite would make one."""
    path = folder / (url.database or "")
    if not path.is_file():
        raise SourceError(
            sentence("there is no file '{path}'; paths count from the folder of the workspace", path=url.database or "")
        )
    return url.set(database=str(path))


def _no_driver(url: URL, error: Exception) -> Sentence:
    if not isinstance(error, ImportError):
        return sentence("SQLAlchemy knows no database '{name}'; see its list of dialects", name=url.drivername)
    driver = error.name or url.get_driver_name()
    package = "resa[postgres]" if driver == "psycopg" else driver
    return sentence(
        "a database of '{name}' needs its driver: pip install '{package}'",
        name=url.drivername,
        package=as_it_is(package),
    )
