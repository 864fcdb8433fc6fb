"""What is derived from the files alone: forgotten for a rebuild, and counted again."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from sqlalchemy import delete, insert, or_, select, update

from resa.kernels import ordering
from resa.storage.database import to_micros
from resa.storage.gather import open_parquet
from resa.storage.hashing import Hasher, Words
from resa.storage.records import KINDS
from resa.storage.runs import ids_of
from resa.storage.schema import files, hash_runs, loads
from resa.storage.unique import is_whole, listed_runs, write_run

if TYPE_CHECKING:
    from resa.storage.store import Store
    from resa.storage.writer import Writer

__all__ = ["forget_derived", "stored_hashes"]

_ROWS = 1_000_000


def forget_derived(writer: Writer) -> None:
    """Forget sorted runs and answers to signals, and make the runs of ids again from the files.

    What a running load has seen twice stands in no file. Where that is lost, the load ends here, and its file does not
    count as collected: the next collection reads it from the start, and finds what is stored. The journey index stays
    until another is published.
    """
    store = writer.store
    with store.database.reading() as connection:
        running = set(connection.execute(select(loads.c.id).where(loads.c.state == "running")).scalars())
    repeats = [run for run in listed_runs(store.database) if run.purpose == "repeats"]
    lost = {run.load_id for run in repeats if run.load_id and not is_whole(store.layout.unique, run)}
    new_runs = [(owner, write_run(store.layout.unique, [part])) for owner, part in stored_hashes(store, running - lost)]
    with writer.lease.writing() as connection:
        connection.execute(update(files).values(run=None))
        ended = {"state": "finished", "finished_at": to_micros(store.clock()), "fingerprint": ""}
        connection.execute(update(loads).where(loads.c.id.in_(lost)).values(**ended))
        outdated = or_(hash_runs.c.purpose == "ids", hash_runs.c.load_id.in_(lost))
        connection.execute(delete(hash_runs).where(outdated))
        for owner, (name, hashes) in new_runs:
            connection.execute(insert(hash_runs).values(name=name, purpose="ids", load_id=owner, hashes=hashes))
    writer.merge_hashes(None)
    shutil.rmtree(store.layout.signals, ignore_errors=True)
    store.layout.signals.mkdir(mode=0o700, exist_ok=True)


def stored_hashes(store: Store, apart: Collection[int] = ()) -> Iterator[tuple[int | None, Words]]:
    """The hashes of all ids in the listed files, sorted within each piece of about a million.

    Args:
        store: The store.
        apart: Loads whose hashes come in pieces of their own, which tell the load's number.
    """
    columns = ["source_id", "message_id", "load_id"]
    for kind in KINDS:
        for file in store.event_files(kind):
            with open_parquet(file.path) as parquet:
                for batch in parquet.iter_batches(_ROWS, columns=columns):
                    yield from _by_load(store.hasher, pa.Table.from_batches([batch]), sorted(apart))


def _by_load(hasher: Hasher, table: pa.Table, apart: Sequence[int]) -> Iterator[tuple[int | None, Words]]:
    hashes = ids_of(hasher, table)
    owners = table.column("load_id").to_numpy()
    for owner in (None, *apart):
        mine = ~np.isin(owners, apart) if owner is None else owners == owner
        if mine.any():
            part = hashes[mine]
            yield owner, ordering.take_rows(part, ordering.order_by_hash(part))
