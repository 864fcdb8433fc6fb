"""Undoing a load: new files first, then one transaction that puts them in place of the old."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import delete, insert, select, update

from resa.kernels import ordering
from resa.storage.cleaning import clean
from resa.storage.gather import open_parquet
from resa.storage.hashing import Words
from resa.storage.layout import FILE_FOLDERS
from resa.storage.parquet import list_file, write_parquet
from resa.storage.records import KINDS, EventFile, Load
from resa.storage.runs import ids_of
from resa.storage.schema import file_loads, files, hash_runs, loads
from resa.storage.source_states import forget_position
from resa.storage.unique import HashRun, count_in_runs, listed_runs, open_run, write_without

if TYPE_CHECKING:
    from resa.storage.lease import Lease
    from resa.storage.store import Store

__all__ = ["remove_load", "runs_without"]


@dataclass
class _Plan:
    """What is to be listed, and which ids are to be forgotten."""

    rewritten: list[tuple[EventFile, str, int]] = field(default_factory=list)  # file, its successor, rows left
    hashes: list[Words] = field(default_factory=list)


def remove_load(store: Store, lease: Lease, load: Load) -> None:
    """Take every row of the load out of the files and its ids out of the runs of ids; then mark it removed.

    Rejected rows that it settled, being a replay, wait again. Rows that other files of the source hold, too, come back
    when the source is collected next; those that other replays found to be stored wait again.
    """
    plan = _Plan()
    for kind in FILE_FOLDERS:
        for file in store.event_files(kind):
            if load.id not in file.loads:
                continue
            table = _rows_of(file)
            mine = pc.equal(table.column("load_id"), load.id)
            if kind in KINDS:
                plan.hashes.append(ids_of(store.hasher, table.filter(mine)))
            if file.load_id != load.id:
                left = table.filter(pc.invert(mine))
                plan.rewritten.append((file, write_parquet(file.path.parent, left), left.num_rows))
    replaced = runs_without(store, plan.hashes)
    with lease.writing() as connection:
        # The newest index still points into these files, and those that compaction replaced hold the rows too: all of
        # them go with the next generation.
        holding = select(file_loads.c.file_id).where(file_loads.c.load_id == load.id)
        gone = connection.execute(holding).scalars().all()
        for file, name, rows in plan.rewritten:
            # A file that changed has another number, so that nothing derived from the old one is taken for its own.
            number = list_file(connection, file.kind, file.path.with_name(name), rows)
            others = file_loads.c.file_id == file.id, file_loads.c.load_id != load.id
            for other in connection.execute(select(file_loads).where(*others)).all():
                connection.execute(insert(file_loads).values(file_id=number, load_id=other.load_id, rows=other.rows))
        connection.execute(update(files).where(files.c.id.in_(gone)).values(state="removed"))
        for run, (name, hashes) in replaced:
            connection.execute(update(hash_runs).where(hash_runs.c.id == run.id).values(name=name, hashes=hashes))
        connection.execute(delete(hash_runs).where(hash_runs.c.load_id == load.id, hash_runs.c.purpose == "repeats"))
        connection.execute(update(hash_runs).where(hash_runs.c.load_id == load.id).values(load_id=None))
        connection.execute(update(loads).where(loads.c.id == load.id).values(state="removed"))
        forget_position(connection, load.source_id)
        # Rows of other files that were left out because this load had them are gone now: without a fingerprint their
        # files count as not collected, and the next collection finds those rows.
        shared = loads.c.source_id == load.source_id, loads.c.id != load.id, loads.c.duplicate > 0
        settled = select(files.c.id).select_from(files).join(file_loads).join(loads)
        settled = settled.where(files.c.kind == "settled", *shared)
        gone_too = connection.execute(settled).scalars().all()
        connection.execute(update(files).where(files.c.id.in_(gone_too)).values(state="removed"))
        connection.execute(update(loads).where(*shared).values(fingerprint=""))
    clean(store, lease)


def _rows_of(file: EventFile) -> pa.Table:
    with open_parquet(file.path) as parquet:
        only_this = file.load_id is not None and file.kind in KINDS
        return parquet.read(columns=["source_id", "message_id", "load_id"] if only_this else None)


def runs_without(store: Store, parts: list[Words]) -> list[tuple[HashRun, tuple[str, int]]]:
    """Write each run of ids that holds some of these hashes again without them."""
    if not parts:
        return []
    removed = np.concatenate(parts)
    removed = ordering.take_rows(removed, ordering.order_by_hash(removed))
    folder = store.layout.unique
    out = []
    for run in listed_runs(store.database):
        hashes = open_run(folder, run)
        if run.purpose == "ids" and count_in_runs(removed, [hashes]).any():
            out.append((run, write_without(folder, hashes, removed)))
    return out
