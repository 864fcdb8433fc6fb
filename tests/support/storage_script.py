"""A fixed piece of work on a workspace, to be killed or disturbed anywhere and run again until it is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa
from sqlalchemy import update
from tests.support.stored_events import Told, cells_of, event_table, random_rows, told_map

from resa.runtime import compact, rebuild, refresh
from resa.storage import Store, Writer, recent
from resa.storage.schema import workspace

FILES = {f"file{number}": random_rows(90, number) for number in range(3)}
MAP = told_map()
CUT = 40


def make(folder: Path) -> None:
    """A workspace whose hashes are those of any other made here."""
    with Store.open(folder) as store, store.database.changing() as connection:
        connection.execute(update(workspace).values(key=b"0123456789abcdef"))


@patch.multiple(recent, SMALLEST=1, SHARE=0.001)  # a small layer is laid over however little there is
def run(folder: Path) -> None:
    """Do what is not yet done."""
    with Store.open(folder) as store, store.writing() as writer:
        for name, rows in FILES.items():
            _collect(writer, name, rows)
            refresh(writer, [MAP], soon=True)
        compact(writer)  # of what lies over the first generation
        refresh(writer, [MAP])
        compact(writer)
        rebuild(writer, [MAP])
        first = next(load for load in store.loads() if load.origin == "file1")
        if first.state != "removed":
            writer.remove_load(first.id)
        refresh(writer, [MAP])
        _collect(writer, "file1 again", FILES["file1"])
        refresh(writer, [MAP], soon=True)
        _collect(writer, "file2 again", FILES["file2"])
        refresh(writer, [MAP], soon=True)
        refresh(writer, [MAP])  # so that there is one end


def _collect(writer: Writer, name: str, rows: Sequence[Told]) -> None:
    found = [load for load in writer.store.loads() if load.origin == name]
    if any(load.state != "running" for load in found):
        return
    load = writer.begin_load(source_id="shop", origin=name)
    for begin in range(load.rows_read, len(rows), CUT):
        part = list(rows[begin : begin + CUT])
        refused = pa.table({"row": [begin], "reason": ["test"], "detail": ["a test"], "payload": ["{}"]})
        if name == "file0":  # one row of each chunk is refused, one source has ids
            told, ids = part[1:], pa.array([f"{name} {begin + k}" for k in range(1, len(part))])
            writer.commit_chunk(
                load, "events", event_table(told), rows_read=len(part), rejected=refused, message_ids=ids
            )
        else:
            writer.commit_chunk(load, "events", event_table(part), rows_read=len(part), cells=cells_of(part))
    writer.finish_load(load)
