"""Expressions over event files: the one way in which a condition or a value meets the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from resa.base.errors import WorkspaceDamaged
from resa.engine import Engine
from resa.expressions import Compiled
from resa.storage.records import EventFile

__all__ = ["evaluate_files", "quoted_files", "stream_files"]


def evaluate_files(files: Sequence[EventFile], columns: Mapping[str, Compiled]) -> pa.Table:
    """One row for each row of the files, in their global order; one column for each expression.

    Raises:
        WorkspaceDamaged: A file is missing or has lost rows.
        ValueError: Two expressions name one parameter with different values: compile them with prefixes of their own.
    """
    if not files:
        return pa.table({name: pa.array([], pa.bool_()) for name in columns})
    batches = list(stream_files(files, columns))
    table = (
        pa.Table.from_batches(batches) if batches else pa.table({name: pa.array([], pa.bool_()) for name in columns})
    )
    expected = sum(file.rows for file in files)
    if table.num_rows != expected:
        raise WorkspaceDamaged(f"the event files hold {table.num_rows} rows instead of {expected}; run `resa verify`")
    return table


def stream_files(files: Sequence[EventFile], columns: Mapping[str, Compiled]) -> Iterator[pa.RecordBatch]:
    """The same piece by piece, in bounded memory."""
    parameters: dict[str, object] = {}
    for compiled in columns.values():
        for name, value in compiled.parameters.items():
            if parameters.setdefault(name, value) != value:
                raise ValueError(f"two expressions use the parameter ${name}; give each a prefix of its own")
    missing = [file.path for file in files if not file.path.exists()]
    if missing:
        raise WorkspaceDamaged(
            f"events/{missing[0].name} is gone: its load was removed meanwhile; ask again, or run `resa verify`"
        )
    outputs = ", ".join(
        f'({compiled.sql}) AS "{name.replace(chr(34), 2 * chr(34))}"' for name, compiled in columns.items()
    )
    sql = f"SELECT {outputs} FROM read_parquet([{quoted_files([file.path for file in files])}])"  # noqa: S608 - our own names
    with Engine(readable=[file.path for file in files]) as engine:
        yield from engine.stream(sql, parameters)


def quoted_files(paths: Sequence[Path]) -> str:
    """Paths as a list of SQL literals."""
    return ", ".join("'" + str(path.resolve()).replace("'", "''") + "'" for path in paths)
