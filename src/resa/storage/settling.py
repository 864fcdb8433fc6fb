"""Rejected rows that a replay stored: files that say which, listed in the transaction that stores what they became.

The files of rejected rows are never changed: `Load.rejected` stays what was refused, and undoing the replay brings the
rows back without any work, since its file of settled rows goes with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.base.language import sentence
from resa.model.tables import REJECTED
from resa.storage.parquet import read_parquet
from resa.storage.records import SETTLED, Finding

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["check_settled", "count_refused", "refused_payloads", "settled_rows", "waiting_rows"]


def settled_rows(settles: pa.Table, load_id: int) -> pa.Table:
    """Rows as `Store.rejected_parts` gives them, as `SETTLED` of a replay."""
    owner = pa.array(np.full(settles.num_rows, load_id, np.int64))
    return settles.select(["file", "place"]).add_column(0, "load_id", owner).cast(SETTLED)


def waiting_rows(
    store: Store, columns: Sequence[str], *, load_id: int | None = None, source_id: str | None = None
) -> Iterator[pa.Table]:
    """Rejected rows that no replay has settled, with the number of their `file` and their `place` in it.

    A table for each file, and so for no more rows than a commit had, load by load in the order of their refusal.

    Args:
        store: The store.
        columns: Of `REJECTED`, to be read beside.
        load_id: Only of this load.
        source_id: Only of this source.
    """
    settled = _settled(store)
    wanted = pa.schema([REJECTED.field(name) for name in columns])
    for file in sorted(store.event_files("rejected"), key=lambda file: (file.loads, file.id)):
        if load_id not in {None, file.load_id} or source_id not in {None, file.source_id}:
            continue
        places = np.arange(file.rows)
        table = read_parquet(file.path, wanted)
        table = table.append_column("file", pa.array(np.full(file.rows, file.id, np.int64)))
        table = table.append_column("place", pa.array(places))
        if file.id in settled:
            table = table.filter(pa.array(~np.isin(places, settled[file.id])))
        yield table.sort_by([("row", "ascending"), ("place", "ascending")])


def count_refused(store: Store) -> Mapping[str, int]:
    """How many rejected rows of each source wait: no replay has settled them."""
    settled, found = _settled(store), Counter[str]()
    for file in store.event_files("rejected"):
        found[file.source_id] += file.rows - len(settled.get(file.id, ()))
    return found


def refused_payloads(store: Store, source_id: str) -> Iterator[pa.ChunkedArray]:
    """The payloads of all rows of a source that were refused and kept, settled ones too: a file's at a time."""
    wanted = pa.schema([REJECTED.field("payload")])
    for file in store.event_files("rejected"):
        if file.source_id == source_id:
            yield read_parquet(file.path, wanted).column("payload")


def check_settled(store: Store) -> Iterator[Finding]:
    """Each settled row must be a rejected row, and settled once; those of a load that was removed are gone with it."""
    rows = {file.id: file.rows for file in store.event_files("rejected")}
    for number, places in _settled(store).items():
        if number in rows and (places.max() >= rows[number] or len(np.unique(places)) < len(places)):
            yield Finding(
                code="settled",
                message=sentence(
                    "rejected rows are marked as settled that are not there, or twice; remove the newest "
                    "replay: `resa loads list` shows it"
                ),
            )


def _settled(store: Store) -> dict[int, npt.NDArray[np.int64]]:
    """Places of settled rows by the number of their file."""
    tables = [read_parquet(file.path, SETTLED) for file in store.event_files("settled")]
    table = pa.concat_tables([SETTLED.empty_table(), *tables]).sort_by("file")
    numbers, begins = np.unique(table.column("file").to_numpy(), return_index=True)
    parts = np.split(table.column("place").to_numpy(), begins[1:])
    return dict(zip(numbers.tolist(), parts, strict=False))  # of nothing, numpy's split is one empty part
