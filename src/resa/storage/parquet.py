"""Writing Parquet files, and entering them in the database."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, insert

from resa.base.files import durable_file
from resa.storage.schema import files

__all__ = ["list_file", "read_parquet", "write_parquet"]

ROW_GROUP = 131_072

# Statistics let the engine skip row groups; identifiers and ids are kept out of them, so that erasing stays simple.
_STATISTICS = [
    "occurred_at",
    "recorded_at",
    "event",
    "channel",
    "load_id",
    "day",
    "number",
    "touchpoint",
    "row",
    "reason",
]
_DICTIONARIES = [
    "source_id",
    "load_id",
    "event",
    "channel",
    "device",
    "number",
    "touchpoint",
    "reason",
    "types",
]


def write_parquet(folder: Path, table: pa.Table, *, ids_generated: bool = False) -> str:
    """Write a table as a new Parquet file; its name. It is on the disk when this returns, and nothing lists it yet."""
    name = f"{secrets.token_hex(8)}.parquet"
    compression: Any = "zstd"
    if ids_generated:  # 22 characters of chance cannot be made smaller: do not spend time on them
        compression = dict.fromkeys(_leaves(table.schema), "zstd") | {"message_id": "none"}
    columns = set(table.schema.names)
    with durable_file(folder / name) as temporary:
        pq.write_table(
            table,
            temporary,
            compression=compression,
            compression_level=None if ids_generated else 1,
            row_group_size=ROW_GROUP,
            use_dictionary=[column for column in _DICTIONARIES if column in columns]
            + ["identifiers.list.element.kind"],
            write_statistics=[column for column in _STATISTICS if column in columns],
            store_schema=False,
            write_page_checksum=True,
        )
    return name


def read_parquet(path: Path, schema: pa.Schema) -> pa.Table:
    """The columns of a schema, in its types."""
    return pq.read_table(path, columns=schema.names, partitioning=None).cast(schema)


def _leaves(schema: pa.Schema) -> list[str]:
    plain = [name for name in schema.names if name != "identifiers"]
    return [*plain, "identifiers.list.element.kind", "identifiers.list.element.value"]


def list_file(connection: Connection, kind: str, path: Path, rows: int, *, run: str | None = None) -> int:
    """Enter a written file; its number."""
    size = path.stat().st_size
    values = {
        "kind": kind,
        "name": path.name,
        "rows": rows,
        "bytes": size,
        "state": "listed",
        "run": run,
    }
    return connection.execute(insert(files).values(**values)).lastrowid
