"""Sources with a schedule, and the table of all of them, by the real commands."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.databases import TestDatabase, sqlite_in
from tests.support.served import MAP

import resa
from resa.cli.app import run
from resa.storage import state_of_source
from resa.workspace.collecting import due_sources

SOURCE = """\
{when}
database: {{url: "{url}", table: visits, cursor: nr}}
columns: {{occurred_at: at, event: what, customer: who}}
"""


@pytest.fixture
def database(tmp_path: Path) -> TestDatabase:
    (tmp_path / "journey.yaml").write_text(MAP)
    (tmp_path / "sources").mkdir()
    found = sqlite_in(tmp_path)
    found.run("CREATE TABLE visits (nr INTEGER, at TEXT, what TEXT, who TEXT)")
    found.run("INSERT INTO visits VALUES (?, '2026-03-01 10:00', 'look', ?)", [(1, "k1"), (2, "k2"), (3, None)])
    return found


def write(folder: Path, name: str, url: str, when: str = "every: 1 hour") -> None:
    (folder / "sources" / f"{name}.yaml").write_text(SOURCE.format(url=url, when=when))


def table(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert run(["sources", "--format", "json", "-w", str(folder)]) == 0
    return {row["source"]: row for row in json.loads(capsys.readouterr().out)}


def test_what_is_due_is_collected_and_a_dead_source_keeps_none_waiting(
    tmp_path: Path, database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "a_dead", "sqlite:///none.db")
    write(tmp_path, "visits", database.url)
    write(tmp_path, "by_hand", database.url, when="unordered: true")
    due = ["collect", "--due", "-w", str(tmp_path)]
    assert run(due) == 1
    said = capsys.readouterr().err
    assert "there is no file 'none.db'" in said
    assert "visits  table visits" in said
    found = table(tmp_path, capsys)
    assert {name: row["good"] for name, row in found.items()} == {"a_dead": 0, "by_hand": 0, "visits": 2}
    assert (found["visits"]["rejected"], found["visits"]["failures"], found["visits"]["reads"]) == (1, 0, "database")
    assert (found["a_dead"]["failures"], found["by_hand"]["next run (UTC)"]) == (1, "")
    assert found["a_dead"]["last error"].startswith("there is no file 'none.db'")
    assert found["visits"]["lag_seconds"] > found["visits"]["since_run_seconds"] >= 0
    assert found["a_dead"]["lag_seconds"] is None
    capsys.readouterr()
    assert run(due) == 0  # the dead one waits a minute, the other an hour
    assert "no source is due" in capsys.readouterr().err
    assert run(["sources", "-w", str(tmp_path)]) == 0
    assert "since run" in capsys.readouterr().out


def test_a_source_that_recovers_is_no_failure_any_more(tmp_path: Path, database: TestDatabase) -> None:
    write(tmp_path, "visits", "sqlite:///none.db")
    assert [run(["collect", "-w", str(tmp_path)]) for _ in range(3)] == [1, 1, 1]
    write(tmp_path, "visits", database.url)
    with resa.open(tmp_path) as shop:
        assert state_of_source(shop.store, "visits").failures == 3
        assert due_sources(list(shop.sources.values()), shop.store) == []  # in four minutes
        shop.collect()
        state = state_of_source(shop.store, "visits")
    assert (state.failures, state.error) == (0, "")


def test_wrong_input_is_said(tmp_path: Path, database: TestDatabase, capsys: pytest.CaptureFixture[str]) -> None:
    there = ["-w", str(tmp_path)]
    assert run(["sources", *there]) == 0
    assert "there is no source yet" in capsys.readouterr().err
    write(tmp_path, "visits", database.url)
    assert run(["collect", "--due", "--replace", *there]) == 2
    assert "--due goes on" in capsys.readouterr().err
    assert run(["collect", "vists", "--due", *there]) == 1
    assert "did you mean 'visits'" in capsys.readouterr().err
    assert run(["sources", "--format", "xml", *there]) == 2
    capsys.readouterr()
    (tmp_path / "sources" / "broken.yaml").write_text("database: {url: nonsense, table: t}\n")
    assert run(["sources", *there]) == 0  # the others are shown all the same
    told = capsys.readouterr()
    assert "no URL of a database" in told.err
    assert "visits" in told.out
    assert run(["sources", "-w", str(tmp_path / "none")]) == 1


def test_every_kind_of_source_is_in_the_table(
    tmp_path: Path, database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "visits", database.url)
    columns = "columns: {occurred_at: at, event: what, customer: who}\n"
    (tmp_path / "sources" / "sent.yaml").write_text("hook: {signature: none}\n" + columns)
    (tmp_path / "sources" / "log.yaml").write_text("path: log.csv\n" + columns)
    (tmp_path / "log.csv").write_text("at,what,who\n2026-03-01,look,k1\n")
    with resa.open(tmp_path) as shop:
        shop.collect()
    (tmp_path / "sources" / "log.yaml").unlink()
    assert {name: row["reads"] for name, row in table(tmp_path, capsys).items()} == {
        "log": "its file is gone",
        "sent": "hook",
        "visits": "database",
    }


def test_python_has_the_same_rows(tmp_path: Path, database: TestDatabase, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "visits", database.url)
    (tmp_path / "sources" / "wrong.yaml").write_text("pth: log.csv\n")
    with resa.open(tmp_path) as shop:
        (visits, wrong) = shop.source_status()
        assert (visits.reads, visits.lag, visits.since_run, visits.problems) == ("database", None, None, ())
        assert (wrong.name, wrong.reads, wrong.good) == ("wrong", None, 0)
        assert any("pth" in problem.message for problem in wrong.problems)
        (tmp_path / "sources" / "wrong.yaml").unlink()
        shop.collect()
        now = shop.clock()
        shop.clock = lambda: now
        (visits,) = shop.source_status()
    assert visits.newest == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert visits.lag == now - visits.newest
    assert visits.since_run is not None
    assert timedelta() < visits.since_run < timedelta(minutes=5)
    (row,) = table(tmp_path, capsys).values()
    assert (row["source"], row["good"], row["failures"]) == (visits.name, visits.good, visits.state.failures)
    assert visits.good > 0
