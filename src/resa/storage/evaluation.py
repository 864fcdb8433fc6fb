"""Expressions over event files: the one way in which a condition or a value meets the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from resa.base.errors import EngineError, WorkspaceDamaged
from resa.base.language import sentence
from resa.engine import Engine
from resa.expressions import Compiled
from resa.storage.records import EventFile

__all__ = ["count_files", "evaluate_files", "joined", "quoted_files", "stream_files"]


def evaluate_files(files: Sequence[EventFile], columns: Mapping[str, Compiled]) -> pa.Table:
    """One row for each row of the files, in their global order; one column for each expression.

    Columns of a few texts are dictionaries of these.

    Raises:
        WorkspaceDamaged: A file is missing or has lost rows.
        ValueError: Two expressions name one parameter with different values: compile them with prefixes of their own.
    """
    if not files:
        return pa.table({name: pa.array([], pa.bool_()) for name in columns})
    parts: dict[str, list[pa.Array]] = {name: [] for name in columns}
    for batch in stream_files(files, columns):
        for name, column in zip(columns, batch.columns, strict=True):
            parts[name].append(_shorter(column))
    table = pa.table({name: joined(column) for name, column in parts.items()})
    expected = sum(file.rows for file in files)
    if table.num_rows != expected:
        raise WorkspaceDamaged(
            sentence(
                "the event files hold {num_rows} rows instead of {expected}; run `resa verify`",
                num_rows=table.num_rows,
                expected=expected,
            )
        )
    return table


def _shorter(column: pa.Array) -> pa.Array:
    """Texts as the numbers of a few texts, where that takes less memory."""
    if not pa.types.is_string(column.type):
        return column
    encoded = column.dictionary_encode()
    return encoded if encoded.nbytes < column.nbytes else column


def joined(parts: Sequence[pa.Array]) -> pa.ChunkedArray:
    """Parts of one column: of texts, either all as numbers of texts or none, as most are."""
    if not parts:
        return pa.chunked_array([], pa.bool_())
    short = [pa.types.is_dictionary(part.type) for part in parts]
    if any(short) and not all(short):
        most = 2 * sum(len(part) for part, is_short in zip(parts, short, strict=True) if is_short) >= sum(
            map(len, parts)
        )
        change = pa.StringArray.dictionary_encode if most else pa.DictionaryArray.dictionary_decode
        parts = [change(part) if is_short is not most else part for part, is_short in zip(parts, short, strict=True)]
    return pa.chunked_array(parts)


def stream_files(files: Sequence[EventFile], columns: Mapping[str, Compiled]) -> Iterator[pa.RecordBatch]:
    """The same piece by piece, in bounded memory."""
    parameters = _parameters(list(columns.values()))
    paths = [file.path for file in files]
    sql = f"SELECT {_outputs(columns)} FROM read_parquet([{quoted_files(paths)}])"  # noqa: S608 - our own names
    with _present(files), Engine(readable=paths) as engine:
        yield from engine.stream(sql, parameters)


def count_files(files: Sequence[EventFile], columns: Mapping[str, Compiled], *, where: Compiled, most: int) -> pa.Table:
    """How many rows give each combination of answers: the commonest first, `most` of them; `rows` is the count.

    In bounded memory: what does not fit is put into a temporary folder that only its owner can read.

    Args:
        files: Event files.
        columns: Expressions over an event.
        where: Which rows count.
        most: How many combinations at most; those that are as common as the last one come in the order of their texts.

    Raises:
        WorkspaceDamaged: A file is missing.
    """
    parameters = _parameters([*columns.values(), where])
    paths = [file.path for file in files]
    groups = ", ".join(str(place) for place in range(1, len(columns) + 1))
    sql = (
        f"SELECT {_outputs(columns)}, count(*) AS rows FROM read_parquet([{quoted_files(paths)}]) "  # noqa: S608
        f"WHERE {where.sql} GROUP BY {groups} ORDER BY rows DESC, {groups} LIMIT {most:d}"
    )
    with (
        _present(files),
        TemporaryDirectory(prefix="resa-count-") as spill,
        Engine(readable=paths, spill=Path(spill)) as engine,
    ):
        return engine.query(sql, parameters)


def _parameters(expressions: Sequence[Compiled]) -> dict[str, object]:
    """The parameters of all of them.

    Raises:
        ValueError: Two name one parameter with different values.
    """
    parameters: dict[str, object] = {}
    for compiled in expressions:
        for name, value in compiled.parameters.items():
            if parameters.setdefault(name, value) != value:
                raise ValueError(f"two expressions use the parameter ${name}; give each a prefix of its own")
    return parameters


@contextmanager
def _present(files: Sequence[EventFile]) -> Iterator[None]:
    """Say so if a file is missing before the block or goes while it reads.

    Raises:
        WorkspaceDamaged: It is.
    """
    _check_present(files)
    try:
        yield
    except EngineError:
        _check_present(files)
        raise


def _check_present(files: Sequence[EventFile]) -> None:
    missing = [file.path for file in files if not file.path.exists()]
    if missing:
        raise WorkspaceDamaged(
            sentence(
                "events/{missing} is gone: its load was removed meanwhile; ask again, or run `resa verify`",
                missing=missing[0].name,
            )
        ) from None


def _outputs(columns: Mapping[str, Compiled]) -> str:
    return ", ".join(
        f'({compiled.sql}) AS "{name.replace(chr(34), 2 * chr(34))}"' for name, compiled in columns.items()
    )


def quoted_files(paths: Sequence[Path]) -> str:
    """Paths as a list of SQL literals."""
    return ", ".join("'" + str(path.resolve()).replace("'", "''") + "'" for path in paths)
