"""Many small event files become few, in which the rows of one customer stand near each other. No row is changed.

New files and a generation of the index that points into them are made aside; one transaction lists both. The old
files stay as long as a reader may hold the generation before.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Connection, insert, update

from resa.base.errors import WorkspaceError
from resa.base.language import sentence
from resa.storage.arrays import write_array
from resa.storage.building import write_header
from resa.storage.derivation import move_answers
from resa.storage.gather import open_parquet
from resa.storage.generating import share_file
from resa.storage.index import ARRAYS, UNPUBLISHED, JourneyIndex, open_index
from resa.storage.layout import HEADER
from resa.storage.parquet import write_parquet
from resa.storage.publishing import next_number, publish
from resa.storage.records import EventFile
from resa.storage.runs import first_identifiers
from resa.storage.schema import file_loads, files

if TYPE_CHECKING:
    from resa.storage.store import Store
    from resa.storage.writer import Writer

__all__ = ["compact_files"]

SMALL = 500_000  # rows; a file with more is left alone
TOGETHER = 2_000_000  # rows in memory at a time, and in one new file
_AT_LEAST = 20_000  # rows; files of fewer are always joined with newer ones
TOGETHER_BYTES = 1 << 30  # of them, unpacked; Arrow's texts end at twice as many
_WRITTEN = ("rows.npy", HEADER)  # of a generation, for new files


@dataclass(frozen=True)
class _Joined:
    """Old files and the new one that replaces them."""

    old: tuple[EventFile, ...]
    new: EventFile
    order: npt.NDArray[np.int64]  # row k of the new file is row order[k] of the old ones together
    load_rows: Mapping[int, int]


def compact_files(writer: Writer) -> int:
    """Join small files of one source; how many files became fewer. The index must hold all listed files.

    Where what came since lies over a whole generation, files of the whole one stay as they are.

    Raises:
        WorkspaceError: It does not: refresh it first.
    """
    store = writer.store
    index = store.index()
    listed = store.event_files("events")
    if [file.id for file in listed] != [file.id for file in index.files]:
        raise WorkspaceError(sentence("the journey index does not hold all event files; run `resa collect` first"))
    groups = _groups(listed if index.layers is None else _newest(index.files[len(index.layers.whole.files) :]))
    if not groups:
        return 0
    number = next_number(store, "files")
    joined = [_join(store, group, number + place) for place, group in enumerate(groups)]
    _publish(writer, index, joined)
    return sum(len(one.old) - 1 for one in joined)


def _groups(listed: Sequence[EventFile]) -> list[tuple[EventFile, ...]]:
    """Files to be joined: small ones of one source, in order, until there are enough rows or bytes."""
    groups: list[list[EventFile]] = []
    open_groups: dict[str, tuple[list[EventFile], int, int]] = {}
    for file in listed:
        if file.rows > SMALL:
            continue
        group, rows, size = open_groups.get(file.source_id, ([], TOGETHER, 0))
        width = _unpacked(file)
        if rows + file.rows > TOGETHER or size + width > TOGETHER_BYTES:
            group, rows, size = [], 0, 0
            groups.append(group)
        group.append(file)
        open_groups[file.source_id] = group, rows + file.rows, size + width
    return [tuple(group) for group in groups if len(group) > 1]


def _newest(listed: Sequence[EventFile]) -> Sequence[EventFile]:
    """The newest files that are about of a size: those before them are joined when these have become as many rows.

    So each row is written again as often as the rows can be doubled, and no more.
    """
    rows = 0
    for place, file in enumerate(reversed(listed)):
        if file.rows > max(2 * rows, _AT_LEAST):
            return listed[len(listed) - place :]
        rows += file.rows
    return listed


def _unpacked(file: EventFile) -> int:
    """Bytes of the file's rows."""
    with open_parquet(file.path) as parquet:
        groups = range(parquet.metadata.num_row_groups)
        return sum(parquet.metadata.row_group(group).total_byte_size for group in groups)


def _join(store: Store, old: tuple[EventFile, ...], number: int) -> _Joined:
    tables = []
    for file in old:
        with open_parquet(file.path) as parquet:
            tables.append(parquet.read())
    table = pa.concat_tables(tables)
    who = store.hasher.identifiers(*first_identifiers(table.column("identifiers")))
    bucket = (who[:, 0] >> np.uint64(56)).astype(np.uint8)
    order = np.argsort(bucket, kind="stable").astype(np.int64)
    name = write_parquet(store.layout.root / "events", table.take(pa.array(order)))
    counts = table.column("load_id").value_counts().to_pylist()
    load_rows = {count["values"]: count["counts"] for count in counts}
    new = EventFile(
        id=number,
        path=store.layout.root / "events" / name,
        kind="events",
        rows=table.num_rows,
        first_row=0,  # known when all are listed
        loads=tuple(sorted(load_rows)),
        source_id=old[0].source_id,
    )
    move_answers(store.layout.signals, old, number, order)
    return _Joined(old, new, order, load_rows)


def _publish(writer: Writer, index: JourneyIndex, joined: Sequence[_Joined]) -> None:
    store = writer.store
    gone = {file.id for one in joined for file in one.old}
    listed, first_row = [], 0
    for file in [*(file for file in index.files if file.id not in gone), *(one.new for one in joined)]:
        listed.append(replace(file, first_row=first_row))
        first_row += file.rows
    folder = store.layout.work / "generation"
    own = index if index.layers is None else index.layers.recent
    _copy_generation(index, folder, _new_rows(index.files, listed, joined)[own.rows])
    write_header(
        folder,
        events=own.events,
        customers=own.customers,
        nobody=index.nobody,
        channels=index.channel_names,
        files=listed,
        records=index.records,
        identity=(index.rules, index.decisions),
        as_of=index.as_of.sources,
        exclude=index.exclude,
    )

    def list_files(connection: Connection) -> None:
        connection.execute(update(files).where(files.c.id.in_(gone)).values(state="retired"))
        for one in joined:
            values = {"id": one.new.id, "kind": "events", "name": one.new.path.name, "state": "listed"}
            size = one.new.path.stat().st_size
            connection.execute(insert(files).values(rows=one.new.rows, bytes=size, run=None, **values))
            for load_id, rows in one.load_rows.items():
                connection.execute(insert(file_loads).values(file_id=one.new.id, load_id=load_id, rows=rows))

    made = open_index(folder, UNPUBLISHED, store.layout.kinds, {}, store.hasher)
    publish(writer, made, index.columns, list_files)


def _new_rows(old: Sequence[EventFile], new: Sequence[EventFile], joined: Sequence[_Joined]) -> npt.NDArray[np.uint32]:
    """The new number of each row, by its old one."""
    begin = {file.id: file.first_row for file in new}
    total = old[-1].first_row + old[-1].rows
    moved = np.empty(total, np.uint32)
    for file in old:
        if file.id in begin:
            moved[file.first_row : file.first_row + file.rows] = np.arange(file.rows) + begin[file.id]
    for one in joined:
        before = np.concatenate([np.arange(file.first_row, file.first_row + file.rows) for file in one.old])
        moved[before[one.order]] = np.arange(one.new.rows) + begin[one.new.id]
    return moved


def _copy_generation(index: JourneyIndex, folder: Path, rows: npt.NDArray[np.uint32]) -> None:
    """The same generation with other row numbers; all else is shared with the old one, not copied."""
    if folder.exists():
        shutil.rmtree(folder)
    for path in sorted(index.folder.rglob("*")):
        part = path.relative_to(index.folder)
        if path.is_dir() or str(part) in _WRITTEN or any(name.startswith(".") for name in part.parts):
            continue
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        share_file(path, folder / part)
    write_array(folder / "rows.npy", ARRAYS["rows"], rows)
