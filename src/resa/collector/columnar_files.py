"""Readers of Parquet and Arrow files. Values keep their types."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute, ipc, parquet

from resa.base.errors import SourceError
from resa.base.language import sentence
from resa.collector.files import RowFile
from resa.collector.reading import PIECE_BYTES, ROW, Piece, Refused, numbered

__all__ = ["ArrowRows", "ParquetRows"]

_BATCH_ROWS = 16_384
"""Rows read at a time. Few, for a text that the file holds once in a dictionary may unfold in every row."""

_TEXT_TYPES = {pa.binary(): pa.string(), pa.large_binary(): pa.large_string()}

_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}


@dataclass(frozen=True)
class ParquetRows:
    """A Parquet file."""

    file: RowFile

    @cached_property
    def _parquet(self) -> parquet.ParquetFile:
        try:
            return parquet.ParquetFile(self.file.local or self.file.open())
        except (pa.ArrowInvalid, OSError) as error:
            raise SourceError(
                sentence("{file} is no Parquet file, or is damaged: {error}", file=self.file.name, error=error)
            ) from error

    @property
    def columns(self) -> dict[str, pa.DataType]:
        """Names and types, as Arrow has them."""
        return _columns(self.file, self._parquet.schema_arrow)

    @property
    def length(self) -> int:
        """Rows."""
        return int(self._parquet.metadata.num_rows)

    @cached_property
    def _starts(self) -> list[int]:
        """Number of the first row of each row group, from 0, and the end."""
        metadata = self._parquet.metadata
        sizes = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
        return [0, *np.cumsum(sizes, dtype=np.int64).tolist()]

    @cached_property
    def _batch_rows(self) -> int:
        """How many rows are read at a time: fewer where they are wide."""
        metadata = self._parquet.metadata
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        width = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
        return max(1, min(_BATCH_ROWS, (PIECE_BYTES // 4) // max(width, 1)))

    def pieces(self, *, after: int = 0, needed: frozenset[str] | None = None) -> Iterator[Piece]:
        """The rows after a number; row groups before it are not read."""
        names = None if needed is None else [name for name in self.columns if name in needed]
        first = int(np.searchsorted(self._starts, after, side="right")) - 1
        groups = list(range(max(first, 0), len(self._starts) - 1))
        row = self._starts[max(first, 0)]
        # With no column at all Arrow would forget how many rows there are.
        names = names or ([next(iter(self.columns))] if names is not None and self.columns else None)
        batches = self._parquet.iter_batches(batch_size=self._batch_rows, row_groups=groups, columns=names)
        yield from _pieces(self.file, batches, row, after, needed)

    def whole(self, table: pa.Table) -> pa.Table:
        """Read the row groups of these rows again, with all columns."""
        wanted = table.column(ROW).to_numpy()
        found: list[pa.Table] = []
        for group, (start, end) in enumerate(zip(self._starts, self._starts[1:], strict=False)):
            inside = wanted[(wanted > start) & (wanted <= end)]
            if len(inside):
                rows = self._parquet.read_row_group(group).take(pa.array(inside - start - 1))
                found.append(numbered(_text_of_bytes(_possible_times(rows), frozenset()), inside))
        return pa.concat_tables(found) if found else table


@dataclass(frozen=True)
class ArrowRows:
    """An Arrow file, in the file (Feather) or the stream format."""

    file: RowFile

    @property
    def columns(self) -> dict[str, pa.DataType]:
        """Names and types."""
        return _columns(self.file, self._open()[0])

    @property
    def length(self) -> int:
        """Not known without reading all of it."""
        return 0

    def pieces(self, *, after: int = 0, needed: frozenset[str] | None = None) -> Iterator[Piece]:
        """The rows after a number; earlier ones are read and passed over."""
        yield from _pieces(self.file, self._open()[1], 0, after, needed)  # the whole batch is in memory anyway

    def whole(self, table: pa.Table) -> pa.Table:
        """The table itself: it has all columns."""
        return table

    def _open(self) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        raw = self.file.open()
        try:
            reader: Any = ipc.open_file(raw)
        except pa.ArrowInvalid:
            raw.seek(0)
        else:
            return reader.schema, (reader.get_batch(number) for number in range(reader.num_record_batches))
        try:
            reader = ipc.open_stream(raw)
        except pa.ArrowInvalid as error:
            raise SourceError(
                sentence("{file} is no Arrow file, or is damaged: {error}", file=self.file.name, error=error)
            ) from error
        return reader.schema, iter(reader)


def _columns(file: RowFile, schema: pa.Schema) -> dict[str, pa.DataType]:
    """Names and types. SQL would take one of two names for the other when they differ only in case."""
    found: dict[str, str] = {}
    for name in schema.names:
        if (other := found.setdefault(name.casefold(), name)) != name or schema.names.count(name) > 1:
            raise SourceError(
                sentence(
                    "{file}: the names '{other}' and '{name}' are the same to SQL; rename one column",
                    file=file.name,
                    other=other,
                    name=name,
                )
            )
    return {field.name: _TEXT_TYPES.get(field.type, field.type) for field in schema}


def _pieces(
    file: RowFile, batches: Iterator[pa.RecordBatch], row: int, after: int, needed: frozenset[str] | None
) -> Iterator[Piece]:
    """Number the rows from `row` + 1, pass over those up to `after`, and set apart text that is no UTF-8."""
    while True:
        with file.reading():
            batch = next(batches, None)
        if batch is None:
            return
        first, row = row, row + batch.num_rows
        if row <= after:
            continue
        table = _possible_times(pa.Table.from_batches([batch]))
        if ROW in table.column_names:
            table = table.drop_columns([ROW])
        table = numbered(table, np.arange(first + 1, row + 1))
        table = table.slice(max(0, after - first))
        table, refused = _only_utf8(_text_of_bytes(table, needed))
        yield Piece(table, refused, row, row)


def _possible_times(table: pa.Table) -> pa.Table:
    """Without moments beyond 292,000 years: they are no moments, and one of them would stop all SQL."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit in _MICROSECONDS:
            most = (2**63 - 1) // _MICROSECONDS[field.type.unit]
            counts = table.column(place).cast(pa.timestamp(field.type.unit)).cast(pa.int64())
            possible = compute.and_(compute.greater_equal(counts, -most), compute.less_equal(counts, most))
            if not compute.all(possible, min_count=0).as_py():
                kept = compute.if_else(possible, table.column(place), pa.scalar(None, field.type))
                table = table.set_column(place, field, kept)
    return table


def _text_of_bytes(table: pa.Table, needed: frozenset[str] | None) -> pa.Table:
    """With text in columns of bytes: Hive, Impala and others write text without saying that it is some.

    Args:
        table: Some rows.
        needed: The columns that are read, where rows that are no UTF-8 fail; `None`: all. The others may be anything.
    """
    for place, field in enumerate(table.schema):
        if field.type in _TEXT_TYPES:
            as_it_is = needed is None or field.name in needed
            options = compute.CastOptions(target_type=_TEXT_TYPES[field.type], allow_invalid_utf8=as_it_is)
            with suppress(pa.ArrowInvalid):
                table = table.set_column(place, field.name, compute.cast(table.column(place), options=options))
    return table


def _only_utf8(table: pa.Table) -> tuple[pa.Table, list[Refused]]:
    """Arrow does not look whether text is UTF-8, and what comes later would fail as a whole."""
    try:
        table.validate(full=True)
    except pa.ArrowInvalid:
        pass
    else:
        return table, []
    keep = np.ones(table.num_rows, bool)
    for place in range(table.num_rows):
        try:
            table.slice(place, 1).combine_chunks().validate(full=True)
        except pa.ArrowInvalid:
            keep[place] = False
    refused = [_refused(table.slice(place, 1)) for place in np.flatnonzero(~keep).tolist()]
    return table.filter(pa.array(keep)), refused


def _refused(row: pa.Table) -> Refused:
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, row.drop_columns([ROW]).schema) as writer:
        writer.write_table(row.drop_columns([ROW]).combine_chunks())
    return Refused(row.column(ROW)[0].as_py(), "broken-utf8", base64.b64encode(sink.getvalue()).decode("ascii"))
