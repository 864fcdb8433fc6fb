"""A workspace of each earlier step is opened by today's Resa, with all that it held, and goes on."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.served import new_shop

import resa
from resa.base.clock import to_microseconds
from resa.runtime import Drainer
from resa.storage import Arrival
from resa.storage.database import REVISION

SCHEMAS = Path(__file__).parents[2] / "support" / "schemas"


def arrive(shop: resa.Workspace, first: int, last: int) -> None:
    with shop.store.writing() as writer, shop.store.arrivals() as arrivals:
        for number in range(first, last):
            call = {"event": "product_added", "userId": f"u{number % 5}", "messageId": str(number)}
            arrivals.append(Arrival("web", to_microseconds(shop.clock()), "track", json.dumps(call).encode())).result()
        arrivals.append(Arrival("web", to_microseconds(shop.clock()), "track", b'{"userId": "x"}')).result()
        drainer = Drainer(writer, arrivals)
        drainer.drain()
        drainer.close()
        shop.refresh(writer)


def rows_of(connection: sqlite3.Connection, table: str) -> tuple[list[str], list[tuple[object, ...]]]:
    found = connection.execute(f'SELECT * FROM "{table}"')
    return [column[0] for column in found.description], found.fetchall()


def tables_of(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in found if name != "alembic_version"]


def set_back(database: Path, step: str) -> dict[str, list[dict[str, object]]]:
    """Make a database as a step left it, with what it would have held of today's; its rows by table."""
    new = database.rename(database.with_name("new.db"))
    for end in ("-wal", "-shm"):
        database.with_name(database.name + end).unlink(missing_ok=True)
    held: dict[str, list[dict[str, object]]] = {}
    with closing(sqlite3.connect(new)) as today, closing(sqlite3.connect(database)) as old:
        old.executescript((SCHEMAS / f"{step}.sql").read_text(encoding="utf-8"))
        for table in sorted(set(tables_of(old)) & set(tables_of(today))):
            names, rows = rows_of(today, table)
            kept = [name for name in names if name in rows_of(old, table)[0]]
            old.execute(f'DELETE FROM "{table}"')
            marks = ", ".join("?" for _ in kept)
            held[table] = [{name: row[names.index(name)] for name in kept} for row in rows]
            old.executemany(
                f'INSERT INTO "{table}" ({", ".join(kept)}) VALUES ({marks})', [tuple(r.values()) for r in held[table]]
            )
        old.execute("DELETE FROM sqlite_sequence WHERE name NOT IN (SELECT name FROM sqlite_master)")
        old.commit()
    new.unlink()
    return held


@pytest.mark.parametrize("step", sorted(path.stem for path in SCHEMAS.glob("*.sql")))
def test_a_workspace_of_an_earlier_step_goes_on(step: str, tmp_path: Path) -> None:
    new_shop(tmp_path)
    with resa.open(tmp_path) as shop:
        arrive(shop, 0, 30)
        arrive(shop, 30, 40)
        visits, database = shop.measure.touchpoints().table, shop.store.layout.database
    held = set_back(database, step)
    assert {"loads", "files", "file_loads", "generations", "map_versions", "hash_runs", "workspace"} <= {
        table for table, rows in held.items() if rows
    }
    with resa.open(tmp_path) as shop:
        assert shop.measure.touchpoints().table.equals(visits)
        assert shop.verify() == []
        assert len(shop.rejected()) == 2
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(REVISION,)]
            for table, rows in held.items():
                if table not in {"lease", "sqlite_sequence"}:
                    names, now = rows_of(connection, table)
                    seen = [{name: row[names.index(name)] for name in rows[0]} for row in now] if rows else []
                    assert seen == rows, table
        arrive(shop, 35, 45)
        assert shop.store.index().events == 45
        assert shop.verify() == []
        keys = {key.name for key in shop.keys.all()}
        assert keys == ({"web"} if "api_keys" in held else set())
