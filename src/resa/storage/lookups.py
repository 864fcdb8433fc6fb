"""Lookup tables: what a key stands for, such as products, stores or campaigns. A table is named as its source.

A load holds one file whole. The newest load of each file counts, so that a row which left the file is gone, and a load
that is removed brings back the one before it. Of several files of one source, the newest load that names a key decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from resa.model.tables import LOOKUPS
from resa.storage.parquet import read_parquet
from resa.storage.records import EventFile

__all__ = ["first_of_each_key", "newest_of_each_key"]


def first_of_each_key(table: pa.Table) -> pa.Table:
    """The first row of each key of each source, in the order of the rows."""
    keys = [name for name in ("source_id", "key") if name in table.column_names]
    placed = table.append_column("place", pa.array(np.arange(table.num_rows)))
    first = placed.group_by(keys).aggregate([("place", "min")]).column("place_min")
    return table.take(pa.array(np.sort(first.to_numpy())))


def newest_of_each_key(files: Sequence[EventFile], origins: Mapping[int, str]) -> pa.Table:
    """The rows that count.

    Args:
        files: The listed files, oldest first.
        origins: Of each load, the file that it collected.
    """
    newest = {(file.source_id, origins[file.loads[0]]): file for file in files}
    parts = [read_parquet(file.path, LOOKUPS) for file in sorted(newest.values(), key=lambda file: -file.loads[0])]
    return first_of_each_key(pa.concat_tables([LOOKUPS.empty_table(), *parts]))
