"""Tables as files that other programs read: CSV, Excel, Parquet, Arrow."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from resa.analytics.results.spreadsheet import workbook

__all__ = ["TABLE_FILES", "csv_bytes"]


def csv_bytes(table: pa.Table, *, heading: bool = True) -> bytes:
    """CSV in UTF-8; lists are JSON, since CSV has none."""
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(_flat(table), sink, pyarrow.csv.WriteOptions(include_header=heading))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _arrow(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _excel(table: pa.Table) -> bytes:
    return workbook({"rows": table})


TABLE_FILES: Final[Mapping[str, Callable[[pa.Table], bytes]]] = {
    "csv": csv_bytes,
    "xlsx": _excel,
    "parquet": _parquet,
    "arrow": _arrow,
}
"""By ending of the file's name, what makes its bytes from a table."""


def _flat(table: pa.Table) -> pa.Table:
    """Lists as text."""
    for number, field in enumerate(table.schema):
        if pa.types.is_nested(field.type):
            text = [
                None if value is None else json.dumps(value, ensure_ascii=False) for value in table[number].to_pylist()
            ]
            table = table.set_column(number, field.name, pa.array(text, pa.string()))
    return table
