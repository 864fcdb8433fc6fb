"""Readers beside the writer: always a whole generation, which stays as it is while it is held."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.support.stored_events import arrays_of, collect, event_table, journeys_of, random_rows, told_map

from resa.base.errors import QuestionError, WorkspaceDamaged
from resa.engine import Engine
from resa.expressions import Scope, compile_expression
from resa.model.journey import Signal
from resa.runtime import compact, refresh, verify
from resa.storage import BOTS, Exclusion, Store


def test_a_reader_beside_a_writer_sees_whole_generations(tmp_path: Path) -> None:
    stop = threading.Event()
    seen: dict[int, tuple[int, int]] = {}
    wrong: list[str] = []

    def read() -> None:
        with Store.open(tmp_path) as store:
            while not stop.is_set():
                index = store.index()
                if not index.generation:
                    continue
                sizes = {
                    len(index.seconds),
                    len(index.micros),
                    len(index.rows),
                    len(index.channels),
                    int(index.offsets[-1]),
                }
                counted = (index.events, int(index.column("told").touchpoints.astype(np.int64).sum()))
                if len(sizes) != 1 or len(index.column("told").touchpoints) != index.events:
                    wrong.append(f"half a generation: {sizes}")
                if seen.setdefault(index.generation, counted) != counted:
                    wrong.append(f"generation {index.generation} changed")

    with Store.open(tmp_path) as store, store.writing() as writer:
        reader = threading.Thread(target=read)
        reader.start()
        try:
            for number in range(12):
                collect(writer, random_rows(50, number), str(number))
                refresh(writer, [told_map()])
                if number % 4 == 3:
                    compact(writer)
        finally:
            stop.set()
            reader.join()
    assert wrong == []
    assert len(seen) > 3


def test_a_held_index_stays_as_it_is(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.writing() as writer:
        collect(writer, random_rows(50, 1), "one")
        collect(writer, random_rows(50, 2), "two")
        held = refresh(writer, [told_map()])
        before, journeys = arrays_of(held), journeys_of(held)
        compact(writer)
        assert arrays_of(held, rows=True) == before
        assert journeys_of(held) == journeys  # its files are still there
        newer = store.index()
        assert len(newer.files) == 1
        assert journeys_of(newer) == journeys
        assert np.array_equal(newer.column("told").touchpoints, held.column("told").touchpoints)


def test_a_generation_stays_while_another_process_reads_it(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.writing() as writer:
        collect(writer, random_rows(50, 0), "0")
        collect(writer, random_rows(50, 1), "1")
        refresh(writer, [told_map()])
        script = [sys.executable, "-m", "tests.support.slow_reader", str(tmp_path)]
        with subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdin is not None
            assert reader.stdout is not None
            before = json.loads(reader.stdout.readline())
            for number in range(2, 8):
                collect(writer, random_rows(50, number), str(number))
                refresh(writer, [told_map()])
                compact(writer)
            assert len(list((tmp_path / "index").iterdir())) == 3  # the newest two, and the one that is read
            after, _ = reader.communicate("read\n")
            assert json.loads(after) == before
        collect(writer, random_rows(50, 9), "9")
        newest = refresh(writer, [told_map()]).generation
        left = {path.name for path in (tmp_path / "index").iterdir()}
        assert left == {str(newest), str(newest - 1)}
        assert {file.path.name for file in store.event_files()} >= {one.name for one in (tmp_path / "events").iterdir()}


def test_a_file_that_goes_while_it_is_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = compile_expression("event = 'a'", scope=Scope.EVENT, expects="boolean")
    with Store.open(tmp_path) as store, store.writing() as writer:
        collect(writer, random_rows(50, 1), "one")
        collect(writer, random_rows(50, 2), "two")
        index = refresh(writer, [])

        def engine(*, readable: list[Path]) -> Engine:
            readable[0].unlink()  # after it was seen to be there
            return Engine(readable=readable)

        monkeypatch.setattr("resa.storage.evaluation.Engine", engine)
        with pytest.raises(WorkspaceDamaged, match="ask again"):
            store.evaluate_events({"is": compiled}, index=index)


def test_a_compacted_column_is_what_a_new_one_would_be(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        with store.writing() as writer:
            for number in range(4):
                collect(writer, random_rows(40, number), str(number))
            refresh(writer, [told_map()])
            compact(writer)
            collect(writer, random_rows(40, 9), "later")
            refresh(writer, [told_map()])  # takes the moved answers for the compacted file
        assert verify(store, [told_map()]) == []


def test_wide_rows_are_compacted_a_few_files_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(tmp_path) as store, store.writing() as writer:
        for number in range(6):
            wide = f'{{"text": "{str(number) * 10_000}"}}'
            rows = [row._replace(properties=wide) for row in random_rows(5, number)]
            collect(writer, rows, str(number))
        before = journeys_of(refresh(writer, []))
        monkeypatch.setattr("resa.storage.compaction.TOGETHER_BYTES", 120_000)  # two files of about 50,000
        compact(writer)
        assert len(store.event_files()) == 3
        assert journeys_of(store.index()) == before


def test_a_removed_load_is_gone_for_a_reader_of_a_former_generation(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.writing() as writer:
        collect(writer, random_rows(50, 1), "one")
        collect(writer, random_rows(50, 2), "two")
        held = refresh(writer, [])
        writer.remove_load(1)
        assert len(journeys_of(store.index())) == held.customers  # until the refresh, all is as it was
        refresh(writer, [])
        with pytest.raises(WorkspaceDamaged, match="ask again"):
            journeys_of(held)
        assert len(list((tmp_path / "events").iterdir())) == 1
        assert [path.name for path in (tmp_path / "index").iterdir()] == [str(store.index().generation)]


def test_expressions_are_evaluated_in_the_order_of_rows(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.writing() as writer:
        for number in range(3):
            collect(writer, random_rows(200, number), str(number))
        index = refresh(writer, [])
        answer = store.evaluate_events(
            {
                "web": compile_expression("channel = 'web'", scope=Scope.EVENT, expects="boolean", prefix="a"),
                "n": compile_expression("properties.n", scope=Scope.EVENT, expects="number", prefix="b"),
            },
            index=index,
        )
        assert answer.num_rows == index.total_rows
        events = index.event_rows(np.arange(index.events), ["channel", "properties"]).to_pylist()
        assert answer.column("web").to_numpy()[index.rows].tolist() == [event["channel"] == "web" for event in events]
        numbers = answer.column("n").to_numpy()[index.rows].tolist()
        assert numbers == [float(event["properties"][6:-1]) for event in events]


def test_touchpoints_values_and_scores_are_those_of_a_plain_count(tmp_path: Path) -> None:
    signals = (
        Signal(touchpoint="c", kind="events", when="event = 'e0' and properties.n = 3", score="properties.n"),
        Signal(touchpoint="a", kind="events", when="event = 'e0'", occurrence=(1, 1), value="properties.n"),
        Signal(touchpoint="b", kind="events", when="event = 'e0'", occurrence=(3, None), value="properties.n * 2"),
    )
    with Store.open(tmp_path) as store, store.writing() as writer:
        for number in range(3):
            collect(writer, random_rows(150, number), str(number))
            index = refresh(writer, [told_map(*signals)])
        column = index.column("told")
        touchpoints: list[int] = []
        values: dict[int, float] = {}
        scores: dict[int, float] = {}
        for events in journeys_of(index).values():
            seen = 0
            for event in events:
                number = int(event["properties"][6:-1])
                seen += event["event"] == "e0"
                found = 0
                if event["event"] == "e0":
                    found = 3 if number == 3 else 1 if seen == 1 else 2 if seen >= 3 else 0
                if found == 3:
                    scores[len(touchpoints)] = number
                elif found:
                    values[len(touchpoints)] = number * found
                touchpoints.append(found)
        assert column.touchpoints.tolist() == touchpoints
        assert dict(zip(*map(np.ndarray.tolist, column.values), strict=True)) == values
        assert dict(zip(*map(np.ndarray.tolist, column.scores), strict=True)) == scores
        assert column.sources == {1: ("shop",), 2: ("shop",), 3: ("shop",)}


def test_only_a_map_whose_signals_changed_is_derived_again(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.writing() as writer:
        collect(writer, random_rows(100, 1), "one")
        first = refresh(writer, [told_map()])
        same = refresh(writer, [told_map(hash_="m2")])
        assert same.generation == first.generation
        assert same.columns["told"] == ("m2", first.columns["told"][1])
        other = refresh(writer, [told_map(Signal(touchpoint="a", kind="events", when="event = 'e3'"), hash_="m3")])
        assert other.generation == first.generation
        assert set(other.column("told").touchpoints.tolist()) == {0, 1}
        assert first.column("told").touchpoints.tolist() != other.column("told").touchpoints.tolist()
        with pytest.raises(QuestionError, match="not yet matched"):
            other.column("another")


def test_excluded_events_stay_in_the_files_and_out_of_the_index(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.writing() as writer:
        for number in range(2):
            collect(writer, random_rows(100, number), str(number))
            exclude = [Exclusion("shop", "UTC", "event = 'e1'"), Exclusion("shop", "UTC", "channel = 'phone'")]
            index = refresh(writer, [told_map()], exclude)
        events = [event for journey in journeys_of(index).values() for event in journey]
        assert events
        assert not any(event["event"] == "e1" or event["channel"] == "phone" for event in events)
        assert index.channel_names == ("store", "web")
        assert store.rows("events").num_rows == 200
        assert refresh(writer, [told_map()]).events == 200


def test_bots_stay_in_the_files_and_out_of_the_index_whatever_the_source_and_whatever_else_it_leaves_out(
    tmp_path: Path,
) -> None:
    """A file's rows are left out by what holds for all sources, and by what its own source says."""
    with Store.open(tmp_path) as store, store.writing() as writer:
        rows = event_table(random_rows(100, 0))
        devices = [("bot", None, "mobile")[place % 3] for place in range(100)]
        rows = rows.set_column(rows.column_names.index("device"), "device", pa.array(devices))
        load = writer.begin_load(source_id="shop", origin="0")
        ids = pa.array([str(place) for place in range(100)])
        writer.commit_chunk(load, "events", rows, rows_read=100, message_ids=ids)
        exclude = [BOTS, Exclusion("shop", "UTC", "event = 'e1'"), Exclusion("other", "UTC", "TRUE")]
        index = refresh(writer, [told_map()], exclude)
        kept = store.rows("events").to_pylist()
        wanted = [row for row in kept if row["device"] != "bot" and row["event"] != "e1"]
        assert 0 < index.events == len(wanted) < len(kept) == 100
        assert refresh(writer, [told_map()], [BOTS]).events == sum(device != "bot" for device in devices)
