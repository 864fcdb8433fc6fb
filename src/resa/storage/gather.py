"""Single rows out of listed Parquet files, by their number in the global order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from resa.base.errors import WorkspaceDamaged
from resa.base.language import sentence
from resa.storage.records import KINDS, EventFile

__all__ = ["gather_rows", "open_parquet"]

_TEXT_BYTES = 2**31 - 1  # what a column of texts can hold in one piece
_PIECE_ROWS = 32_768  # of at most 64 KB: the collector refuses wider ones


def open_parquet(path: Path) -> pq.ParquetFile:
    """Open a listed file.

    Raises:
        WorkspaceDamaged: It is not there, or it is not whole.
    """
    try:
        return pq.ParquetFile(path, memory_map=True)
    except (FileNotFoundError, pa.ArrowInvalid) as error:
        raise WorkspaceDamaged(
            sentence(
                "{parent}/{path} is missing or incomplete; ask again, and if it stays so run `resa verify`",
                parent=path.parent.name,
                path=path.name,
            )
        ) from error


def gather_rows(
    files: Sequence[EventFile], rows: npt.NDArray[np.integer], columns: Sequence[str], kind: str = "events"
) -> pa.Table:
    """The rows of these global numbers, in the order asked for; a number may be asked for twice.

    Only the row groups that hold an asked row are read, one file after the other.
    """
    wanted, back = np.unique(rows, return_inverse=True)
    starts = np.array([file.first_row for file in files], np.int64)
    parts = []
    for position, file in enumerate(files):
        begin, end = np.searchsorted(wanted, [starts[position], starts[position] + file.rows])
        if begin < end:
            parts.append(_take(file, wanted[begin:end].astype(np.int64) - file.first_row, columns))
    if not parts:
        return pa.schema([KINDS[kind].field(name) for name in columns]).empty_table()
    return _in_order(pa.concat_tables(parts), back)


def _in_order(table: pa.Table, order: npt.NDArray[np.int64]) -> pa.Table:
    """The rows in another order. More text than 32-bit offsets can tell is taken in pieces."""
    if table.nbytes <= _TEXT_BYTES:
        return table.take(pa.array(order))
    wide = table.cast(pa.schema([field.with_type(_wide(field.type)) for field in table.schema])).combine_chunks()
    begins = range(0, len(order), _PIECE_ROWS)
    pieces = [wide.take(pa.array(order[begin : begin + _PIECE_ROWS])).cast(table.schema) for begin in begins]
    return pa.concat_tables(pieces)


def _wide(kind: pa.DataType) -> pa.DataType:
    """The same type with 64-bit offsets."""
    if pa.types.is_list(kind):
        return pa.large_list(kind.value_field.with_type(_wide(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_wide(field.type)) for field in kind])
    return pa.large_string() if pa.types.is_string(kind) else kind


def _take(file: EventFile, rows: npt.NDArray[np.int64], columns: Sequence[str]) -> pa.Table:
    with open_parquet(file.path) as parquet:
        sizes = [parquet.metadata.row_group(group).num_rows for group in range(parquet.metadata.num_row_groups)]
        edges = np.concatenate([[0], np.cumsum(sizes)])
        parts = []
        for group in range(len(sizes)):
            begin, end = np.searchsorted(rows, [edges[group], edges[group + 1]])
            if begin < end:
                table = parquet.read_row_group(group, columns=list(columns))
                parts.append(table.take(pa.array(rows[begin:end] - edges[group])))
    return pa.concat_tables(parts)
