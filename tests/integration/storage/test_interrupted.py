"""Cuts at places that the kill tests reach by chance only: what is left behind never leads to a wrong number."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update
from tests.support.stored_events import cells_of, collect, event_table, journeys_of, random_rows, tell, told_map

from resa.base.errors import WorkspaceBusy, WorkspaceDamaged
from resa.runtime import compact, rebuild, refresh, verify
from resa.storage import Store
from resa.storage.cleaning import clean
from resa.storage.schema import files, lease
from resa.storage.unique import write_merged


class Cut(Exception):
    """The process ends here."""


def cut_at(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    def cut(*_arguments: object, **_named: object) -> None:
        raise Cut

    monkeypatch.setattr(place, cut)


def test_a_cut_compaction_leaves_no_answers_for_the_file_that_takes_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(tmp_path) as store:
        with store.writing() as writer:
            for number in range(2):
                collect(writer, random_rows(60, number), str(number))
            refresh(writer, [told_map()])
            with monkeypatch.context() as patched:
                cut_at(patched, "resa.storage.compaction.publish")
                with pytest.raises(Cut):
                    compact(writer)
        with store.writing() as writer:
            collect(writer, random_rows(120, 9), "takes the number that compaction had in mind")
            refresh(writer, [told_map()])
        assert verify(store, [told_map()]) == []


def test_a_generation_that_nothing_lists_is_in_nobodys_way(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.writing() as writer:
        collect(writer, random_rows(60, 1), "a")
        stray = store.layout.generation(1)
        stray.mkdir()
        (stray / "header.json").write_text("{}")
        index = refresh(writer, [told_map()])
        assert (index.generation, index.events) == (1, 60)
        assert list(store.layout.work.iterdir()) == []


def test_a_writer_that_was_superseded_neither_publishes_nor_deletes(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, Store.open(tmp_path) as other, store.writing() as writer:
        collect(writer, random_rows(60, 1), "a")
        with store.database.changing() as connection:
            connection.execute(update(lease).values(pid=2147483646))
        with other.writing() as newer:
            written = other.layout.root / "events" / "written-and-not-yet-listed.parquet"
            written.touch()
            with pytest.raises(WorkspaceBusy):
                clean(store, writer.lease)
            with pytest.raises(WorkspaceBusy):
                refresh(writer, [told_map()])
            assert written.exists()
            assert list(other.layout.index.iterdir()) == []
            assert refresh(newer, [told_map()]).events == 60


def test_what_is_to_be_cleaned_away_is_decided_while_nobody_else_can_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another becomes the writer just after the transaction of `clean`, and writes: its file stays."""
    with Store.open(tmp_path) as store, store.writing() as writer:
        half = store.layout.root / "events" / "half.parquet"
        half.touch()
        new = store.layout.root / "events" / "new.parquet"
        writing = writer.lease.writing

        @contextmanager
        def superseded() -> Iterator[Connection]:
            with writing() as connection:
                yield connection
            new.touch()

        monkeypatch.setattr(writer.lease, "writing", superseded)
        clean(store, writer.lease)
        assert new.exists()
        assert not half.exists()


def test_answers_of_files_that_are_gone_do_not_pile_up(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        with store.writing() as writer:
            for number in range(3):
                collect(writer, random_rows(30, number), str(number))
            refresh(writer, [told_map()])
            writer.remove_load(1)
            refresh(writer, [told_map()])
        with store.writing():
            pass
        with store.database.reading() as connection:
            listed = connection.execute(select(func.count()).where(files.c.kind == "events")).scalar()
        assert len(list((tmp_path / "signals").glob("*/*.npz"))) == listed == 2


@pytest.mark.parametrize(("repeated", "good", "duplicate"), [(False, 80, 0), (True, 30, 50)])
def test_a_workspace_with_a_cut_collection_and_lost_runs_of_ids_can_be_rebuilt(
    tmp_path: Path, repeated: bool, good: int, duplicate: int
) -> None:
    rows = [row._replace(sequence=number) for number, row in enumerate(random_rows(80, 1))]
    if repeated:  # then the load goes on only with what it had seen twice, which stands nowhere else
        rows[25:50] = rows[:25]
    with Store.open(tmp_path) as store:
        with store.writing() as writer:
            collect(writer, random_rows(40, 2), "whole")
            collect(writer, rows[:50], "cut", finish=False, fingerprint="f")
            refresh(writer, [])
        for path in (tmp_path / "unique").iterdir():
            path.unlink()
        with store.writing() as writer:
            rebuild(writer, [])
        assert verify(store, []) == []
        with store.writing() as writer:
            again = collect(writer, rows, "cut", fingerprint="f")
            refresh(writer, [])
        assert verify(store, []) == []
        assert (again.good, again.duplicate) == (good, duplicate)
        assert sum(file.rows for file in store.event_files()) == 120


def test_what_a_removed_load_had_in_common_with_another_comes_back_with_its_file(tmp_path: Path) -> None:
    one, two = random_rows(60, 1), random_rows(60, 2)
    with Store.open(tmp_path) as store, store.writing() as writer:
        first = collect(writer, one, "january", fingerprint="f1")
        second = collect(writer, one[30:] + two, "february", fingerprint="f2")
        other = collect(writer, two, "march", fingerprint="f3")
        assert (second.duplicate, other.duplicate) == (30, 60)
        writer.remove_load(first.id)
        # The rows that February had, too, are gone with January: its file no longer counts as collected.
        fingerprints = {load.origin: load.fingerprint for load in store.loads()}
        assert fingerprints == {"january": "f1", "february": "", "march": ""}
        third = collect(writer, one[30:] + two, "february", fingerprint="f2")
        assert (third.good, third.duplicate) == (30, 60)


def test_everything_that_is_published_was_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: set[int] = set()
    fsync: Callable[[int], None] = os.fsync

    def note(descriptor: int) -> None:
        fsync(descriptor)
        flushed.add(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", note)
    with Store.open(tmp_path / "new" / "data") as store, store.writing() as writer:
        for number in range(2):
            collect(writer, random_rows(60, number), str(number))
        tell(writer, [("c1", 0, '{"club": "gold"}'), ("c2", 0, "{}")], "club")
        refresh(writer, [told_map()])
        compact(writer)
        root = store.layout.root
        for path in [root.parent, root, *sorted(root.rglob("*"))]:
            if path.name.startswith("operations.db") or "signals" in path.parts:
                continue  # SQLite flushes its own; what signals hold is no part of what is published
            if path.is_file() or any(path.iterdir()):
                assert path.stat().st_ino in flushed, path.relative_to(root.parent)


def test_where_there_are_no_locks_a_reader_who_stays_too_long_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resa.storage.readers._HAS_LOCKS", False)
    with Store.open(tmp_path) as store, store.writing() as writer:
        collect(writer, random_rows(40, 1), "one")
        tell(writer, [("c1", 0, '{"club": "gold"}')], "club")
        held, also_held = refresh(writer, []), store.index()
        assert store.customer_traits(held).num_rows == 1
        for number in range(2, 5):
            collect(writer, random_rows(40, number), str(number))
            refresh(writer, [])
        with pytest.raises(WorkspaceDamaged, match="ask again"):
            store.customer_traits(also_held)  # not: nothing is known of anybody
        with pytest.raises(WorkspaceDamaged, match="ask again"):
            journeys_of(also_held)
        assert store.customer_traits(store.index()).num_rows == 1


def test_a_chunk_that_the_disk_did_not_take_is_tried_again_and_stored_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = iter([True])

    def merged(*told: Any) -> tuple[str, int]:
        if next(full, False):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_merged(*told)

    monkeypatch.setattr("resa.storage.writer.write_merged", merged)
    rows, failed = random_rows(20, 3), 0
    with Store.open(tmp_path) as store, store.writing() as writer:
        load = writer.begin_load(source_id="shop", origin="file")
        for row in rows:
            try:
                writer.commit_chunk(load, "events", event_table([row]), rows_read=1, cells=cells_of([row]))
            except OSError:
                failed += 1
                writer.commit_chunk(load, "events", event_table([row]), rows_read=1, cells=cells_of([row]))
        done = writer.finish_load(load)
        assert (failed, done.rows_read, done.good) == (1, len(rows), len(rows))
