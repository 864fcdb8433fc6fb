"""Whatever the order and cut of what arrives: each row is stored once, and the index comes out the same."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import strategies as st
from tests.support.properties import holds
from tests.support.stored_events import Told, arrays_of, cells_of, event_table, journeys_of, told_map

from resa.engine import Engine
from resa.identity import Rules, customers_named
from resa.runtime import compact, rebuild, refresh, verify
from resa.storage import Store, Writer
from resa.storage.runs import ids_of
from resa.storage.unique import listed_runs, open_run

TOLD = st.builds(
    Told,
    customer=st.sampled_from(["anna", "bo", "cecilia", "d"]),
    at=st.integers(0, 6).map(float),
    event=st.sampled_from(["e0", "e1", "e2"]),
    channel=st.sampled_from([None, "web", "store"]),
    sequence=st.integers(0, 2),
    properties=st.sampled_from([None, '{"n": 3}', '{"n": 4}']),
)
FILES = st.lists(st.lists(TOLD, min_size=1, max_size=12), min_size=1, max_size=4)


def collect(
    writer: Writer, rows: Sequence[Told], *, origin: str, cut: int = 5, source: str = "shop", ids: bool = False
) -> tuple[int, int]:
    """Collect rows in chunks; how many were good and duplicate."""
    load = writer.begin_load(source_id=source, origin=origin)
    for begin in range(0, len(rows), cut):
        part = list(rows[begin : begin + cut])
        told = {"message_ids": pa.array([repr(row) for row in part])} if ids else {"cells": cells_of(part)}
        writer.commit_chunk(load, "events", event_table(part), rows_read=len(part), **told)
    done = writer.finish_load(load)
    assert done.rows_in == done.rows_read == len(rows)
    return done.good, done.duplicate


def known_ids(store: Store) -> bytes:
    """The set of all ids, whatever runs it stands in."""
    runs = [run for run in listed_runs(store.database) if run.purpose == "ids"]
    parts = [np.empty((0, 2), np.uint64), *(open_run(store.layout.unique, run) for run in runs)]
    return np.unique(np.concatenate(parts), axis=0).tobytes()


def same_key(folder: Path, key: bytes) -> Store:
    """A store whose hashes have this key, so that two can be compared."""
    from sqlalchemy import update

    from resa.storage.schema import workspace

    with Store.open(folder) as store, store.database.changing() as connection:
        connection.execute(update(workspace).values(key=key))
    return Store.open(folder)


@holds(
    few=4,
    many=60,
    files=FILES,
    cuts=st.lists(st.integers(1, 12), min_size=4, max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_files_without_ids(files: list[list[Told]], cuts: list[int], order: object) -> None:
    """Equal rows of a file are told apart; a file collected again, or a row of another file, adds nothing."""
    expected: Counter[Told] = Counter()
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        with store.writing() as writer:
            for number, rows in enumerate(files):
                before = sum(expected.values())
                expected |= Counter(rows)  # the n-th equal row of a file is one row, in whichever file it stands
                good, duplicate = collect(writer, rows, origin=f"{number}.csv", cut=cuts[number])
                assert good == sum(expected.values()) - before
                assert good + duplicate == len(rows)
            ids = sorted(store.rows("events").column("message_id").to_pylist())
            assert len(set(ids)) == len(ids) == sum(expected.values())
            for number, rows in enumerate(files):
                order.shuffle(rows)  # type: ignore[attr-defined]  # a random.Random
                assert collect(writer, rows, origin=f"again {number}.csv", cut=cuts[-1]) == (0, len(rows))
            refresh(writer, [told_map()])
        assert verify(store, [told_map()]) == []


@holds(
    few=6,
    many=120,
    files=FILES,
    cut=st.integers(1, 12),
    permutation=st.permutations(range(4)),
    ids=st.booleans(),
    soon=st.booleans(),
    compacted=st.booleans(),
)
def test_the_order_of_arrival_changes_nothing(
    files: list[list[Told]], cut: int, permutation: list[int], ids: bool, soon: bool, compacted: bool
) -> None:
    """In file order with a refresh after each, or in another order, other chunks and one refresh: the same bytes."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, numbers, size in (
            ("one", range(len(files)), cut),
            ("other", [number for number in permutation if number < len(files)], 3),
        ):
            with same_key(Path(folder) / name, b"0123456789abcdef") as store:
                with store.writing() as writer:
                    for number in numbers:
                        collect(writer, files[number], origin=str(number), cut=size, ids=ids)
                        if name == "one":
                            index = refresh(writer, [told_map()], soon=soon)
                            if compacted:
                                compact(writer)
                    index = refresh(writer, [told_map()], soon=soon)
                told = arrays_of(index, rows=False, files=not soon)
                told["touchpoints"] = index.column("told").touchpoints.tobytes()
                told["values"] = b"".join(array.tobytes() for array in index.column("told").values)
                found.append((told, known_ids(store)))
    assert found[0] == found[1]


@holds(few=3, many=60, files=FILES, seed=st.integers(0, 5))
def test_the_index_is_what_sql_counts(files: list[list[Told]], seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        with store.writing() as writer:
            for number, rows in enumerate(files):
                collect(writer, rows, origin=str(number), cut=1 + seed)
                if (number + seed) % 2:
                    refresh(writer, [], soon=True)
            if seed % 3 == 0:
                refresh(writer, [], soon=seed == 3)
                compact(writer)
            index = refresh(writer, [], soon=seed < 4)
        table = store.rows("events")
        table = table.append_column("id", pa.array(ids_of(store.hasher, table)[:, 0].copy()))
        with Engine() as engine:
            engine.register("events", table)
            expected = engine.query(
                "SELECT identifiers[1].value AS who, list(message_id ORDER BY occurred_at, sequence, id) AS ids "
                "FROM events GROUP BY 1 ORDER BY 1"
            ).to_pylist()
        found = {who: [event["message_id"] for event in events] for who, events in journeys_of(index).items()}
        assert found == {row["who"]: row["ids"] for row in expected}
        for customer, (who, events) in enumerate(journeys_of(index).items()):
            assert customers_named(index, Rules(), [("user", who)]) == [customer]
            for place, event in enumerate(events):
                position = int(index.offsets[customer]) + place
                micros = (index.epoch + int(index.seconds[position])) * 1_000_000 + int(index.micros[position])
                assert micros == round(event["occurred_at"].timestamp() * 1_000_000)
                code = int(index.channels[position])
                assert (index.channel_names[code - 1] if code else None) == event["channel"]


@holds(few=2, many=60, files=FILES)
def test_rebuilding_gives_the_same_bytes(files: list[list[Told]]) -> None:
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store, store.writing() as writer:
        for number, rows in enumerate(files):
            collect(writer, rows, origin=str(number))
            merged = refresh(writer, [told_map()])
        assert arrays_of(merged) == arrays_of(rebuild(writer, [told_map()]))


@holds(few=2, many=60, files=FILES, removed=st.integers(0, 3))
def test_a_removed_load_leaves_no_trace(files: list[list[Told]], removed: int) -> None:
    removed %= len(files)
    with tempfile.TemporaryDirectory() as folder:
        with same_key(Path(folder) / "all", b"0123456789abcdef") as store, store.writing() as writer:
            goods = [collect(writer, rows, origin=str(number), source=str(number)) for number, rows in enumerate(files)]
            refresh(writer, [])
            if removed % 2:
                compact(writer)
            assert writer.remove_load(removed + 1).state == "removed"
            left = arrays_of(refresh(writer, []), rows=False)
            again = collect(writer, files[removed], origin="again", source=str(removed))
            assert again == goods[removed]
            both = arrays_of(refresh(writer, []), rows=False)
        with same_key(Path(folder) / "some", b"0123456789abcdef") as store, store.writing() as writer:
            for number, rows in enumerate(files):
                if number != removed:
                    collect(writer, rows, origin=str(number), source=str(number))
            assert arrays_of(refresh(writer, []), rows=False) == left
            collect(writer, files[removed], origin=str(removed), source=str(removed))
            assert arrays_of(refresh(writer, []), rows=False) == both


@pytest.mark.parametrize("count", [5, pytest.param(1000, marks=pytest.mark.nightly)])
def test_shuffled_arrivals(count: int, tmp_path: Path) -> None:
    """Many shuffles of the same rows with ids give one index."""
    chance = np.random.default_rng(7)
    rows = [Told(f"c{k % 9}", float(k % 20), f"e{k % 3}", "web", k % 2) for k in range(60)]
    seen = set()
    for number in range(count):
        mixed = [rows[place] for place in chance.permutation(len(rows))]
        with same_key(tmp_path / str(number), b"0123456789abcdef") as store, store.writing() as writer:
            collect(writer, mixed, origin="file", cut=int(chance.integers(10, 60)), ids=True)
            seen.add(tuple(arrays_of(refresh(writer, []), rows=False).items()))
    assert len(seen) == 1
