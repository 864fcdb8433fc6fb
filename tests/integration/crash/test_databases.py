"""A run of a database, killed at any moment: the next one goes on behind the last chunk; no row is lost or doubled."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import pytest
from tests.support.databases import sqlite_in

import resa

ROWS = 6_000
SOURCE = """\
database: {url: "sqlite:///shop.db", table: visits, cursor: at, late: 1 hour}
columns: {occurred_at: at, event: what, customer: who, properties: [nr]}
"""
MAP = "title: Tea\nstages: {consideration: [look]}\nsignals: {look: {event: look}}\n"


def stored(folder: Path) -> int:
    """How many rows are committed."""
    path = folder / ".resa" / "operations.db"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as connection, suppress(sqlite3.OperationalError):  # its tables are being made
        return int(connection.execute("SELECT coalesce(sum(good), 0) FROM loads").fetchone()[0])
    return 0


@pytest.mark.parametrize("kills", [1, pytest.param(60, marks=pytest.mark.nightly)])
def test_a_run_that_is_killed(kills: int, tmp_path: Path) -> None:
    chance = random.Random(kills)  # noqa: S311 - moments to kill at, no secret
    database = sqlite_in(tmp_path)
    database.run("CREATE TABLE visits (nr INTEGER, at TEXT, what TEXT, who TEXT)")
    moments = [
        f"2026-03-{1 + nr * 20 // ROWS:02} {chance.randrange(24):02}:{chance.randrange(6)}0" for nr in range(ROWS)
    ]
    rows = [(nr % 4, at, "look", f"k{nr % 9}") for nr, at in enumerate(moments)]  # many are the same in all they say
    database.run("INSERT INTO visits VALUES (?, ?, ?, ?)", rows)
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "visits.yaml").write_text(SOURCE)
    (tmp_path / "journey.yaml").write_text(MAP)
    command = [sys.executable, "-m", "resa.cli", "collect", "-w", str(tmp_path)]
    killed_between = 0
    for _ in range(kills):
        before = stored(tmp_path)
        process = subprocess.Popen(command, env={**os.environ, "RESA_CHUNK_ROWS": "100"}, stderr=subprocess.DEVNULL)
        began = time.monotonic()
        while process.poll() is None and stored(tmp_path) == before and time.monotonic() - began < 60:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.3))
        process.kill()
        process.wait()
        killed_between += before < stored(tmp_path) < ROWS
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with resa.open(tmp_path) as shop:
        events = shop.store.rows("events").to_pylist()
        assert {load.state for load in shop.store.loads()} == {"finished"}
        assert shop.verify() == []
    found = Counter(
        (f"{row['occurred_at']:%Y-%m-%d %H:%M}", row["identifiers"][0]["value"], row["properties"]) for row in events
    )
    assert found == Counter((at, who, f'{{"nr":{nr}}}') for nr, at, _, who in rows)
    assert killed_between
