"""What is derived from the files alone: forgotten for a rebuild, and counted again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlalchemy import delete, insert, select, update

from resa.kernels import ordering
from resa.storage.gather import open_parquet
from resa.storage.hashing import Words
from resa.storage.records import KINDS
from resa.storage.runs import ids_of
from resa.storage.schema import files, hash_runs, loads
from resa.storage.unique import write_run

if TYPE_CHECKING:
    from resa.storage.store import Store
    from resa.storage.writer import Writer

__all__ = ["forget_derived", "stored_hashes"]

_ROWS = 1_000_000


def forget_derived(writer: Writer) -> None:
    """Forget sorted runs and answers to signals, and make the runs of ids again from the files.

    The runs of ids of a running load stay: with them it can be resumed. The journey index stays until another is
    published.
    """
    store = writer.store
    new_runs = [write_run(store.layout.unique, [hashes]) for hashes in stored_hashes(store)]
    with writer.lease.writing() as connection:
        connection.execute(update(files).values(run=None))
        running = connection.execute(select(loads.c.id).where(loads.c.state == "running")).scalars().all()
        if not running:
            connection.execute(delete(hash_runs).where(hash_runs.c.purpose == "ids"))
            for name, hashes in new_runs:
                connection.execute(insert(hash_runs).values(name=name, purpose="ids", load_id=None, hashes=hashes))
    writer.merge_hashes(None)
    shutil.rmtree(store.layout.signals, ignore_errors=True)
    store.layout.signals.mkdir(mode=0o700, exist_ok=True)


def stored_hashes(store: Store) -> Iterator[Words]:
    """The hashes of all ids in the listed files, sorted within each piece of about a million."""
    for kind in KINDS:
        for file in store.event_files(kind):
            with open_parquet(file.path) as parquet:
                for batch in parquet.iter_batches(_ROWS, columns=["source_id", "message_id"]):
                    hashes = ids_of(store.hasher, pa.Table.from_batches([batch]))
                    yield ordering.take_rows(hashes, ordering.order_by_hash(hashes))
