"""What a store tells and what a writer refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sqlalchemy import text
from tests.support.stored_events import (
    START,
    Told,
    arrays_of,
    cells_of,
    collect,
    event_table,
    random_rows,
    tell,
    told_map,
)

from resa.base.errors import QuestionError, WorkspaceDamaged, WorkspaceError
from resa.identity import Rules, customers_named
from resa.model.tables import FEEDBACK, REJECTED
from resa.runtime import compact, rebuild, refresh, verify
from resa.storage import EARLIEST, LATEST, Kind, Store

ROWS = random_rows(30, 5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "data") as opened:
        yield opened


def test_an_empty_store_answers(store: Store) -> None:
    index = store.index()
    assert (index.generation, index.events, index.customers, index.as_of.overall) == (0, 0, 0, None)
    assert customers_named(index, Rules(), [("user", "anna")]) == [None]
    assert index.identifiers().num_rows == store.customer_traits().num_rows == store.rejected().num_rows == 0
    assert not store.loads()
    assert not store.lookups()
    assert not store.event_files()
    assert store.evaluate_events({}).num_rows == 0
    with store.writing() as writer:
        assert refresh(writer, [told_map()]).events == 0
    assert verify(store, [told_map()]) == []


def test_a_killed_collection_goes_on_where_it_was(store: Store) -> None:
    with store.writing() as writer:
        load = writer.begin_load(source_id="shop", origin="file", fingerprint="1")
        writer.commit_chunk(load, "events", event_table(ROWS[:10]), rows_read=10, cells=cells_of(ROWS[:10]))
    with store.writing() as writer:
        again = writer.begin_load(source_id="shop", origin="file", fingerprint="1")
        assert (again.id, again.rows_read, again.state) == (load.id, 10, "running")
        assert writer.begin_load(source_id="shop", origin="file", fingerprint="2").id != load.id
        writer.commit_chunk(again, "events", event_table(ROWS[10:]), rows_read=20, cells=cells_of(ROWS[10:]))
        done = writer.finish_load(again)
        assert (done.good, done.rows_in, done.state) == (30, 30, "finished")
        with pytest.raises(QuestionError, match="finished"):
            writer.commit_chunk(done, "events", event_table(ROWS), rows_read=30, cells=cells_of(ROWS))
        assert writer.begin_load(source_id="shop", origin="file", fingerprint="1").id != load.id


def test_a_load_is_replaced(store: Store) -> None:
    with store.writing() as writer:
        first = collect(writer, ROWS)
        load = writer.begin_load(source_id="shop", origin="file", replaces=first.id)
        result = writer.commit_chunk(load, "events", event_table(ROWS), rows_read=30, cells=cells_of(ROWS))
        assert (result.good, result.duplicate) == (30, 0)
        writer.finish_load(load)
        assert [load.state for load in store.loads()] == ["removed", "finished"]
        with pytest.raises(QuestionError, match="removed already"):
            writer.remove_load(first.id)
        with pytest.raises(QuestionError, match="no load 99"):
            writer.remove_load(99)
    assert store.rows("events").num_rows == 30


def test_refused_rows_are_kept_and_counted(store: Store) -> None:
    refused = pa.table({"row": [7, 3], "reason": ["no-time"] * 2, "detail": ["x", "y"], "payload": ["{}", '{"a": 1}']})
    with store.writing() as writer:
        load = writer.begin_load(source_id="shop", origin="file")
        result = writer.commit_chunk(
            load, "events", event_table(ROWS), rows_read=32, cells=cells_of(ROWS), rejected=refused
        )
        assert (result.good, result.rejected) == (30, 2)
        nothing = event_table([])
        assert writer.commit_chunk(load, "events", nothing, rows_read=2, rejected=refused).rejected == 2
        done = writer.finish_load(load)
        assert done.rows_in == done.good + done.rejected + done.duplicate == 34
    assert store.rejected(load.id).column("row").to_pylist() == [3, 7, 3, 7]
    assert store.rejected(source_id="other").num_rows == 0
    assert verify(store, []) == []


def test_what_the_collector_must_reject_is_refused_loudly(store: Store) -> None:
    def commit(rows: list[Told], **arguments: object) -> None:
        with store.writing() as writer:
            load = writer.begin_load(source_id="shop", origin="file")
            table = arguments.pop("table", event_table(rows))
            writer.commit_chunk(load, "events", table, rows_read=len(rows), **arguments)  # type: ignore[arg-type]

    cells = cells_of(ROWS)
    with pytest.raises(ValueError, match="either message_ids or cells"):
        commit(ROWS)
    with pytest.raises(ValueError, match="either message_ids or cells"):
        commit(ROWS, cells=cells, message_ids=pa.array(["x"] * 30))
    with pytest.raises(ValueError, match="message id is null"):
        commit(ROWS, message_ids=pa.nulls(30, pa.string()))
    with pytest.raises(ValueError, match="column event is missing"):
        commit(ROWS, cells=cells, table=event_table(ROWS).drop_columns("event"))
    table = event_table(ROWS).drop_columns("event").append_column("event", pa.nulls(30, pa.string()))
    with pytest.raises(ValueError, match="event must not be null"):
        commit(ROWS, cells=cells, table=table)
    for moment in (EARLIEST - timedelta(days=1), LATEST):
        told = [Told("anna", (moment - START).total_seconds(), "e0")]
        with pytest.raises(ValueError, match="outside 1931 to 2068"):
            commit(told, cells=cells_of(told))
    empty = pa.array([[]] * 30, event_table(ROWS).schema.field("identifiers").type)
    place = event_table(ROWS).column_names.index("identifiers")
    table = event_table(ROWS).set_column(place, "identifiers", empty)
    with pytest.raises(ValueError, match="at least one identifier"):
        commit(ROWS, cells=cells, table=table)
    assert store.rows("events").num_rows == 0
    assert verify(store, []) == []


def test_the_edges_of_time_are_kept_exactly(store: Store) -> None:
    moments = [EARLIEST, LATEST - timedelta(microseconds=1), datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC)]
    table = event_table([Told("anna", 0, "e0", sequence=number) for number in range(3)])
    table = table.set_column(0, "occurred_at", pa.array(moments, table.schema.field("occurred_at").type))
    with store.writing() as writer:
        load = writer.begin_load(source_id="shop", origin="file")
        writer.commit_chunk(load, "events", table, rows_read=3, message_ids=pa.array(["a", "b", "c"]))
        writer.finish_load(load)
        index = refresh(writer, [])
    found = [
        datetime.fromtimestamp(index.epoch + int(second), UTC) + timedelta(microseconds=int(micros))
        for second, micros in zip(index.seconds, index.micros, strict=True)
    ]
    assert found == sorted(moments)
    assert (index.micros >= 0).all()


def test_as_of_is_what_loads_state_or_their_newest_event(store: Store) -> None:
    rows = [Told("anna", 10, "e0"), Told("anna", 20, "e1")]
    end = START + timedelta(days=1)
    with store.writing() as writer:
        collect(writer, rows, source="plain")
        load = writer.begin_load(source_id="stating", origin="file")
        writer.commit_chunk(load, "events", event_table(rows), rows_read=2, cells=cells_of(rows))
        writer.finish_load(load, complete_until=end)
        tell(writer, [("anna", 9, "{}")], "crm")
        as_of = refresh(writer, []).as_of
        assert as_of.sources == {"plain": rows[1].moment, "stating": end}
        assert as_of.overall == end
        assert as_of.complete(("plain", "stating")) == rows[1].moment
        assert as_of.complete(("unknown",)) is None
        repeated = writer.begin_load(source_id="plain", origin="later")
        writer.commit_chunk(repeated, "events", event_table(rows), rows_read=2, cells=cells_of(rows))
        writer.finish_load(repeated, complete_until=end + timedelta(days=1))
        before = store.index()
        after = refresh(writer, [])  # no new row, yet the data are complete for longer
        assert after.as_of.sources["plain"] == end + timedelta(days=1)
        assert arrays_of(after) == arrays_of(before)


def test_nothing_is_complete_for_longer_than_up_to_when_it_was_collected(tmp_path: Path) -> None:
    """A row of tomorrow, from a clock that is wrong, does not tell that what was expected today did not come."""
    now = START + timedelta(seconds=100)
    rows = [Told("anna", 10, "e0"), Told("anna", 5000, "e1")]
    with Store.open(tmp_path, clock=lambda: now) as store, store.writing() as writer:
        collect(writer, rows, source="plain")
        stating = collect(writer, rows, source="stating", finish=False)
        writer.finish_load(stating, complete_until=now + timedelta(days=1))
        assert refresh(writer, []).as_of.sources == {"plain": now, "stating": now}
        rebuild(writer, [])
        assert store.index().as_of.sources == {"plain": now, "stating": now}
    with Store.open(tmp_path) as store:
        assert verify(store, []) == []


def test_the_newest_record_that_names_a_trait_decides(store: Store) -> None:
    with store.writing() as writer:
        collect(writer, [Told("anna", 1, "e0"), Told("bo", 2, "e0")])
        tell(
            writer,
            [("anna", 2, '{"city": "Umeå", "orders": 2}'), ("cecilia", 1, '{"a \\"b\\\\c": {"d": [1]}}')],
            "first",
        )
        tell(
            writer, [("anna", 1, '{"city": "Oslo", "club": true, "a.b": 1}'), ("anna", 3, '{"orders": null}')], "second"
        )
        index = refresh(writer, [told_map()])
        assert index.customers == 3  # cecilia has no events
        names = index.identifiers().column("value").to_pylist()
        table = store.customer_traits(index)
        traits = {names[row["customer"]]: json.loads(row["traits"]) for row in table.to_pylist()}
        assert traits == {
            "anna": {"city": "Umeå", "orders": None, "club": True, "a.b": 1},
            "cecilia": {'a "b\\c': {"d": [1]}},
        }
        assert table.column("customer").to_pylist() == sorted(table.column("customer").to_pylist())
        (cecilia,) = customers_named(index, Rules(), [("user", "cecilia")])
        assert cecilia is not None
        assert index.offsets[cecilia] == index.offsets[cecilia + 1]
        assert arrays_of(rebuild(writer, [told_map()])) == arrays_of(index)
    assert verify(store, [told_map()]) == []


def test_other_kinds_of_rows_are_stored(store: Store) -> None:
    rows = pa.table(
        {
            "occurred_at": pa.array([START], pa.timestamp("us", "UTC")),
            "received_at": pa.array([START], pa.timestamp("us", "UTC")),
            "sequence": [1],
            "touchpoint": ["delivery"],
            "score": [4.0],
        }
    )
    kind: Kind = "feedback"
    with store.writing() as writer:
        load = writer.begin_load(source_id="survey", origin="file")
        writer.commit_chunk(load, kind, rows, rows_read=1, message_ids=pa.array(["~odd"]))
        writer.finish_load(load)
    stored = store.rows(kind)
    assert stored.schema == FEEDBACK
    assert stored.to_pylist()[0]["message_id"] == "~~odd"
    assert verify(store, []) == []


LOOKUP_FILES = (
    ("products", "more.csv", {"a": "herbs", "c": "pot"}),
    ("products", "few.csv", {"a": "cha", "z": "gone"}),
    ("stores", "stores.csv", {"a": "Oslo"}),
    ("products", "few.csv", {"a": "tea", "b": "cup"}),
)


def named(store: Store) -> dict[tuple[str, str], str]:
    """What the keys of all lookup tables stand for."""
    return {(row["source_id"], row["key"]): row["name"] for row in store.lookups().to_pylist()}


def test_lookups_and_map_versions(store: Store) -> None:
    with store.writing() as writer:
        for source, origin, names in LOOKUP_FILES:
            load = writer.begin_load(source_id=source, origin=origin)
            table = pa.table({"key": list(names), "name": list(names.values())})
            for _ in range(2):  # the second finds that the first was whole
                refused = REJECTED.empty_table().select(["row", "reason", "detail", "payload"])
                writer.commit_lookup(load, table, rows_read=len(names), rejected=refused, repeated=0)
                load = store.load(load.id)
            writer.finish_load(load)
        for map_hash in ("h1", "h1", "h2", "h1"):
            writer.save_map_version("shop", map_hash, f"text of {map_hash}", "karin")
    assert named(store) == {
        ("products", "a"): "tea",
        ("products", "b"): "cup",
        ("products", "c"): "pot",
        ("stores", "a"): "Oslo",
    }
    assert [(version.hash, version.text, version.who) for version in store.map_versions("shop")] == [
        ("h1", "text of h1", "karin"),
        ("h2", "text of h2", "karin"),
        ("h1", "text of h1", "karin"),
    ]
    assert verify(store, []) == []
    with store.writing() as writer:
        writer.remove_load(load.id)
    assert named(store)["products", "a"] == "cha"  # what the file said before; the other file is older
    with store.writing() as writer:
        writer.remove_load(2)
    assert named(store) == {("products", "a"): "herbs", ("products", "c"): "pot", ("stores", "a"): "Oslo"}
    assert verify(store, []) == []


def test_a_reader_of_rows_takes_what_replaced_them_meanwhile(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.writing() as writer:
        collect(writer, ROWS[:10], "one")
        collect(writer, ROWS[10:], "two")
        refresh(writer, [])
        listed = [store.event_files()]
        compact(writer)
        compacted = list(store.event_files())
        for file in listed[0]:
            file.path.unlink(missing_ok=True)
    monkeypatch.setattr(store, "event_files", lambda _kind: listed.pop() if listed else compacted)
    assert store.rows("events", ["event"]).num_rows == 30
    compacted[0].path.unlink()
    with pytest.raises(WorkspaceDamaged, match="resa verify"):
        store.rows("events", ["event"])


def test_more_channels_than_codes(store: Store) -> None:
    def rows(names: list[str]) -> list[Told]:
        return [Told(f"c{number % 7}", number, "e0", name) for number, name in enumerate(names)]

    with store.writing() as writer:
        collect(writer, rows([f"channel {number:03}" for number in range(300)]), "one")
        refresh(writer, [])
        collect(writer, rows(["a first one", "channel 299"]), "two")
        index = refresh(writer, [])
        assert len(index.channel_names) == 255
        assert (index.channel_names[0], index.channel_names[253:]) == ("a first one", ("channel 252", "(other)"))
        assert np.bincount(index.channels)[255] == 48
        assert arrays_of(rebuild(writer, [])) == arrays_of(index)


def test_compaction_asks_for_an_index_that_holds_all(store: Store) -> None:
    with store.writing() as writer:
        collect(writer, ROWS)
        with pytest.raises(WorkspaceError, match="does not hold all event files"):
            compact(writer)
        refresh(writer, [])
        assert compact(writer) == 0  # one file is few enough


class TestVerifyNotices:
    """Each fault that is planted by hand is found, and the data are not touched."""

    @pytest.fixture
    def filled(self, store: Store) -> Store:
        with store.writing() as writer:
            collect(writer, ROWS, "one")
            collect(writer, random_rows(30, 6), "two")
            refresh(writer, [told_map()])
        assert verify(store, [told_map()]) == []
        return store

    def found(self, store: Store) -> set[str]:
        return {finding.code for finding in verify(store, [told_map()])}

    def test_a_missing_file(self, filled: Store) -> None:
        filled.event_files()[0].path.unlink()
        assert self.found(filled) == {"missing-file"}
        with pytest.raises(WorkspaceDamaged, match="resa verify"):
            filled.index().event_rows(np.arange(filled.index().events))

    def test_a_flipped_bit(self, filled: Store) -> None:
        path = filled.event_files()[0].path
        data = bytearray(path.read_bytes())
        data[len(data) // 3] ^= 1
        path.write_bytes(data)
        assert self.found(filled) == {"damaged-file"}

    def test_a_wrong_count(self, filled: Store) -> None:
        with filled.database.changing() as connection:
            connection.execute(text("UPDATE loads SET good = good + 1 WHERE id = 1"))
        assert self.found(filled) == {"load-balance", "load-rows"}

    def test_a_forgotten_id_and_its_repair(self, filled: Store) -> None:
        with filled.database.changing() as connection:
            connection.execute(text("DELETE FROM hash_runs WHERE id = 1"))
        assert self.found(filled) == {"ids"}
        with filled.writing() as writer:
            rebuild(writer, [told_map()])
        assert self.found(filled) == set()

    def test_a_lost_run_of_ids(self, filled: Store) -> None:
        next(filled.layout.unique.iterdir()).unlink()
        assert self.found(filled) == {"ids"}

    def test_a_row_stored_twice(self, filled: Store) -> None:
        with filled.database.changing() as connection:
            connection.execute(text("DELETE FROM hash_runs"))
        with filled.writing() as writer:
            collect(writer, ROWS, "again")
        assert "stored-twice" in self.found(filled)

    @pytest.mark.parametrize("name", ["rows", "seconds", "micros", "channels", "offsets", "who"])
    def test_a_changed_index(self, filled: Store, name: str) -> None:
        path = filled.index().folder / f"{name}.npy"
        data = bytearray(path.read_bytes())
        data[-9 if name in {"offsets", "who"} else -1] ^= 1
        path.write_bytes(data)
        assert "index" in self.found(filled)
        with filled.writing() as writer:
            rebuild(writer, [told_map()])
        assert self.found(filled) == set()

    def test_a_cut_index(self, filled: Store) -> None:
        (filled.index().folder / "rows.npy").unlink()
        with pytest.raises(WorkspaceDamaged, match="resa rebuild"):
            filled.index()
        assert self.found(filled) == {"damaged-index"}
        with filled.writing() as writer:
            rebuild(writer, [told_map()])
        assert self.found(filled) == set()

    def test_a_changed_column(self, filled: Store) -> None:
        index = filled.index()
        path = index.folder / index.columns["told"][1] / "touchpoints.npy"
        data = bytearray(path.read_bytes())
        data[-2] ^= 1
        path.write_bytes(data)
        assert self.found(filled) == {"column"}
