"""Sources that run by themselves while a workspace is served; the real command, in processes of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pytest
from tests.support.databases import SECRET, sqlite_in
from tests.support.served import Served, new_shop
from tests.support.stored_events import cells_of, event_table, random_rows

import resa
from resa.base.errors import SourceError
from resa.base.language import Sentence
from resa.collector import Hooks
from resa.runtime import Call, carry_out
from resa.storage import SourceState, Store, state_of_source
from resa.workspace.background import Background, _Run

SOURCE = """\
every: {every}
database: {{url: "{url}", table: visits, cursor: nr}}
columns: {{occurred_at: at, event: what, customer: who}}
"""

ENDLESS = """\
every: 1 hour
database:
  url: sqlite:///other.db
  query: |
    WITH RECURSIVE counted(nr) AS (SELECT 1 UNION ALL SELECT nr + 1 FROM counted)
    SELECT visits.* FROM visits, counted WHERE counted.nr < 0
columns: {occurred_at: at, event: what, customer: who}
"""


def wait_for(what: Callable[[], bool], seconds: float = 240) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.1)


def events_of(folder: Path, source: str) -> int:
    with resa.open(folder) as shop:
        return list(shop.store.rows("events", ["source_id"]).column("source_id").to_pylist()).count(source)


def state_of(folder: Path, source: str) -> SourceState:
    with resa.open(folder) as shop:
        return state_of_source(shop.store, source)


def post(served: Served, key: str, number: int) -> float:
    """Seconds until an event is acknowledged."""
    call = {"writeKey": key, "event": "product_added", "userId": "u1", "messageId": f"m{number}"}
    began = time.perf_counter()
    assert served.post("/v1/track", json.dumps(call).encode(), **{"Content-Type": "application/json"}) == 200
    return time.perf_counter() - began


@pytest.mark.parametrize(("places", "seconds"), [(3, 20), pytest.param(1, 90, marks=pytest.mark.nightly)])
def test_due_sources_run_and_dead_ones_keep_nobody_waiting(
    places: int, seconds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_shop(tmp_path)
    monkeypatch.setenv("SHOP_PASSWORD", SECRET)
    monkeypatch.setenv("RESA_SOURCES_AT_ONCE", str(places))
    monkeypatch.setenv("RESA_SOURCE_SECONDS", str(seconds))
    database = sqlite_in(tmp_path)
    database.run("CREATE TABLE visits (nr INTEGER, at TEXT, what TEXT, who TEXT)")
    database.run("INSERT INTO visits VALUES (?, '2026-03-01 10:00', 'look', 'k1')", [(n,) for n in range(3)])
    other = sqlite_in(tmp_path, "other.db")  # who reads it for ever keeps others from writing to it
    other.run("CREATE TABLE visits (nr INTEGER, at TEXT, what TEXT, who TEXT)")
    other.run("INSERT INTO visits VALUES (1, '2026-03-01 10:00', 'look', 'k1')")
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "visits.yaml").write_text(SOURCE.format(every="1 second", url=database.url))
    with socket.socket() as silent:  # takes connections, and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        dead = f"postgresql+psycopg://resa:${{SHOP_PASSWORD}}@127.0.0.1:{silent.getsockname()[1]}/shop"
        (sources / "dead.yaml").write_text(SOURCE.format(every="1 hour", url=dead))
        (sources / "endless.yaml").write_text(ENDLESS)
        with Served(tmp_path) as served:
            wait_for(lambda: events_of(tmp_path, "visits") == 3)
            assert not state_of(tmp_path, "endless").failures  # it is still waited for
            database.run("INSERT INTO visits VALUES (3, '2026-03-01 10:05', 'look', 'k2')")
            slowest = max(post(served, key, number) for number in range(50))
            wait_for(lambda: events_of(tmp_path, "visits") == 4)
            (sources / "late.yaml").write_text(SOURCE.format(every="1 day", url=database.url))  # while it is served
            wait_for(lambda: events_of(tmp_path, "late") == 4)
            wait_for(lambda: events_of(tmp_path, "web") == 50)
            wait_for(lambda: state_of(tmp_path, "endless").failures > 0)
            assert f"gave nothing for {seconds} seconds" in state_of(tmp_path, "endless").error
            wait_for(lambda: state_of(tmp_path, "dead").failures > 0)
            assert "the database cannot be reached" in state_of(tmp_path, "dead").error
        assert slowest < 2
        assert "source dead failed, and is tried again" in served.output
        assert SECRET not in served.output
    with resa.open(tmp_path) as shop:
        assert shop.verify() == []
        assert {load.state for load in shop.store.loads("visits")[:-1]} == {"finished"}  # one may have been on its way


@pytest.mark.nightly
def test_a_reader_ends_with_its_server_and_the_next_goes_on(tmp_path: Path) -> None:
    new_shop(tmp_path)
    database = sqlite_in(tmp_path)
    database.run("CREATE TABLE visits (nr INTEGER, at TEXT, what TEXT, who TEXT)")
    rows = [(n, "2026-03-01 10:00", "look", f"k{n % 50}") for n in range(6_000)]
    database.run("INSERT INTO visits VALUES (?, ?, ?, ?)", rows)
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "visits.yaml").write_text(SOURCE.format(every="1 day", url=database.url))
    (tmp_path / "resa.toml").write_text("chunk_rows = 200\n")
    with Served(tmp_path) as served:
        wait_for(lambda: events_of(tmp_path, "visits") > 0)
        served.kill()
    stored = events_of(tmp_path, "visits")
    assert 0 < stored < 6_000
    with Served(tmp_path):
        wait_for(lambda: events_of(tmp_path, "visits") == 6_000)
        wait_for(lambda: state_of(tmp_path, "visits").succeeded_at is not None)
    with resa.open(tmp_path) as shop:
        assert shop.verify() == []


def test_a_call_that_cannot_be_done_ends_its_run_alone_and_tells_no_row(tmp_path: Path) -> None:
    (tmp_path / "resa.toml").write_text("")
    told: list[Sentence] = []
    with resa.open(tmp_path) as shop, shop.store.writing() as writer:
        load = writer.begin_load(source_id="visits", origin="table visits")
        rows = random_rows(2, 1)
        wrong = pa.array(["anna@shop.se"] * 2)
        table = event_table(rows)
        table = table.set_column(table.schema.get_field_index("sequence"), "sequence", wrong)
        said = {"load": load.id, "kind": "events", "rows_read": 2, "after": 0, "also": [], "again": 0, "reached": None}
        background = Background(tmp_path, shop.store, shop.settings, Hooks(tmp_path), told.append)
        command = [sys.executable, "-c", "print(input(), flush=True)"]  # as a reader: says what it is answered
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            run = _Run("visits", shop.clock(), process)
            for name, tables in (("commit_chunk", {"table": table, "ids": pa.table({"id": ["1", "2"]})}), ("none", {})):
                run.calls.put(Call(name, said, tables))
            background._runs["visits"] = run
            background.step(writer)
            answered = (process.stdout or BytesIO()).readline()
            assert json.loads(answered) == {"refused": "ArrowInvalid"}
            background.step(writer)  # a call that there is not
            background.close()


def test_what_another_process_has_stored_meanwhile_is_not_stored_again(tmp_path: Path) -> None:
    rows = random_rows(2, 1)
    names = [str(number) for number in range(len(cells_of(rows)))]
    tables = {"table": event_table(rows), "cells": pa.table(cells_of(rows), names=names)}
    with Store.open(tmp_path) as store, store.writing() as writer:
        load = writer.begin_load(source_id="visits", origin="visits.csv")
        said = {"load": load.id, "kind": "events", "rows_read": 2, "also": [], "again": 0, "reached": None}
        carry_out(writer, Call("commit_chunk", {**said, "after": 0}, tables))
        with pytest.raises(SourceError, match="another process"):
            carry_out(writer, Call("commit_chunk", {**said, "after": 0}, tables))
        assert (store.load(load.id).rows_read, store.load(load.id).good) == (2, 2)
