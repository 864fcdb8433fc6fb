"""Readers of CSV and of JSON lines. Every value stays the text that was written."""

from __future__ import annotations

import base64
import codecs
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import IO, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as arrow_csv

from resa.base.errors import SourceError
from resa.base.language import sentence
from resa.collector.files import RowFile
from resa.collector.reading import LINE, ROW, Piece, Refused, numbered, unique_names
from resa.collector.records import Block, Dialect, records_of
from resa.collector.shapes import CsvShape

__all__ = ["CsvRows", "JsonRows", "guess_delimiter"]

_HEAD_BYTES = 256 << 10
_NO_CHARACTER = b"\xff"
_DELIMITERS = (",", ";", "\t", "|")


class Lines(Protocol):
    """A file of another kind as the bytes of JSON lines."""

    def read(self, size: int) -> bytes:
        """Whole lines, about so many bytes; none at the end."""

    def close(self) -> None:
        """Close the file."""


class _TextStream:
    """The bytes of a file as UTF-8 without a byte order mark.

    In another encoding, bytes that mean nothing stay bytes that mean nothing, so that only their row fails.
    """

    def __init__(self, file: RowFile, encoding: str | None) -> None:
        self._file = file
        with closing(file.open()) as raw, file.reading():
            start = raw.read(4)
        name = codecs.lookup(encoding or "utf-8").name
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            name = "utf-16"
        plain = name in {"utf-8", "utf-8-sig", "ascii"}
        # Words of 16 or 32 bits that mean nothing cannot be kept byte by byte, but as half a character.
        self._errors = "surrogatepass" if name.startswith(("utf-16", "utf-32")) else "surrogateescape"
        self._decoder = None if plain else codecs.getincrementaldecoder(name)(errors=self._errors)
        self._raw: IO[bytes] = file.open()
        if plain and start.startswith(codecs.BOM_UTF8):
            self._raw.read(len(codecs.BOM_UTF8))

    def read(self, size: int) -> bytes:
        """About so many bytes; none at the end."""
        while True:
            with self._file.reading():
                data = self._raw.read(size)
            if self._decoder is None:
                return data
            try:
                text = self._decoder.decode(data, final=not data)
            except UnicodeError as error:
                if not data:  # the file ends within a character: its last row holds what is no UTF-8 either
                    self._decoder = None
                    return _NO_CHARACTER
                raise SourceError(
                    sentence(
                        "{file} is in another encoding; see `csv: encoding:` ({error})",
                        file=self._file.name,
                        error=error,
                    )
                ) from None
            if text or not data:
                return text.encode("utf-8", errors=self._errors)

    def close(self) -> None:
        self._raw.close()


def guess_delimiter(text: bytes) -> str:
    """The character between the cells of a CSV file: the one that cuts its first records alike, most often."""
    best = (0.0, 0)
    chosen = ","
    for delimiter in _DELIMITERS:
        dialect = Dialect(delimiter)
        rest = text
        widths: list[int] = []
        while rest and len(widths) < 50:
            record = dialect.first_record(rest, most_lines=10)  # a wrong delimiter seems to leave quotes open
            rest = rest[len(record) :]
            if rest or not widths:  # the last record may have been cut off
                widths.append(len(dialect.cells(record.strip(b"\r\n"))))
        alike = widths.count(widths[0]) / len(widths) if widths and widths[0] > 1 else 0.0
        if (round(alike, 1), widths[0] if widths else 0) > best:
            best, chosen = (round(alike, 1), widths[0]), delimiter
    return chosen


@dataclass(frozen=True)
class CsvRows:
    """A CSV file.

    Attributes:
        file: Which.
        shape: How it is written, delimiter filled in.
        dialect: How records are cut.
        heading: The bytes of its first line, empty if it has no heading.
        names: Of its columns.
        lead: Bytes before the first row: skipped lines and the heading.
    """

    file: RowFile
    shape: CsvShape
    dialect: Dialect
    heading: bytes
    names: tuple[str, ...]
    lead: int

    @classmethod
    def open(cls, file: RowFile, shape: CsvShape) -> CsvRows:
        """Read the beginning.

        Raises:
            SourceError: There is no row, or the heading cannot be read.
        """
        with closing(_TextStream(file, shape.encoding)) as stream:
            text = stream.read(_HEAD_BYTES)
        lead = 0
        for _ in range(shape.skip_lines):
            lead = text.find(b"\n", lead) + 1 or len(text)
        text = text[lead:]
        delimiter = shape.delimiter or guess_delimiter(text)
        dialect = Dialect(delimiter, None if shape.quote == "none" else shape.quote)
        first = dialect.first_record(text)
        try:
            cells = [cell.decode("utf-8").strip() for cell in dialect.cells(first.strip(b"\r\n"))]
        except UnicodeDecodeError:
            hint = sentence("say which under `csv: encoding:`, such as cp1252")
            raise SourceError(
                sentence("{file}: the heading is not UTF-8; if the file is, {hint}", file=file.name, hint=hint)
            ) from None
        if not first.strip():
            raise SourceError(sentence("{file} is empty", file=file.name))
        names = unique_names(cells) if shape.header else tuple(shape.columns) or unique_names([""] * len(cells))
        heading = first if shape.header else b""
        return cls(file, shape, replace(dialect, width=len(names)), heading, names, lead + len(heading))

    @property
    def columns(self) -> dict[str, pa.DataType]:
        """All columns are text."""
        return dict.fromkeys(self.names, pa.string())

    @property
    def length(self) -> int:
        """Bytes; not known of a packed file."""
        return 0 if self.file.packed else self.file.size

    def pieces(self, *, after: int = 0, needed: frozenset[str] | None = None) -> Iterator[Piece]:
        """The rows after a number; earlier ones are passed over without being cut into cells."""
        del needed  # a rejected row is kept whole, and cutting all cells costs little more
        with closing(_TextStream(self.file, self.shape.encoding)) as stream:
            start = stream.read(_HEAD_BYTES)[self.lead :]
            for block in records_of(stream.read, self.dialect, start=start):
                if block.next_row > after + 1:
                    yield _after(self._cut(block), after)

    def whole(self, table: pa.Table) -> pa.Table:
        """The table itself: it has all columns."""
        return table

    def _cut(self, block: Block) -> Piece:
        ragged: list[tuple[int, int, str]] = []

        def note(row: arrow_csv.InvalidRow) -> str:
            ragged.append((row.number, row.actual_columns, row.text))
            return "skip"

        table = (
            arrow_csv.read_csv(
                pa.BufferReader(block.text),
                read_options=arrow_csv.ReadOptions(
                    use_threads=False,  # or else the numbers of ragged rows are not told
                    block_size=len(block.text) + 1,
                    column_names=list(self.names),
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.dialect.delimiter or ",",
                    quote_char=self.dialect.quote or False,
                    newlines_in_values=True,
                    invalid_row_handler=note,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=self.columns, check_utf8=False, strings_can_be_null=False
                ),
            )
            if block.text
            else pa.schema(list(self.columns.items())).empty_table()
        )
        if table.num_rows + len(ragged) != len(block.rows):
            raise SourceError(
                sentence(
                    "{file}: rows {row} to {next_row} cannot be told apart; check the delimiter and quote under `csv:`",
                    file=self.file.name,
                    row=block.rows[0],
                    next_row=block.next_row - 1,
                )
            )
        keep = np.ones(len(block.rows), bool)
        keep[[number - 1 for number, _, _ in ragged]] = False
        refused = [self._refused(row, reason, record) for row, reason, record in block.broken]
        for number, width, text in ragged:
            refused.append(self._ragged(int(block.rows[number - 1]), width, text.encode()))
        table, rows = self._with_odd(table, block.rows[keep], block.odd, refused)
        refused.sort(key=lambda row: row.row)
        return Piece(numbered(table, rows), refused, block.next_row - 1, block.position + self.lead)

    def _with_odd(
        self, table: pa.Table, rows: npt.NDArray[np.int64], odd: list[tuple[int, bytes]], refused: list[Refused]
    ) -> tuple[pa.Table, npt.NDArray[np.int64]]:
        """Add the records that only the exact reader can cut, in their places."""
        cut = [(row, self.dialect.cells(record)) for row, record in odd]
        records = dict(odd)
        refused += [self._ragged(row, len(c), records[row]) for row, c in cut if len(c) != len(self.names)]
        good = [(row, cells) for row, cells in cut if len(cells) == len(self.names)]
        if not good:
            return table, rows
        columns = zip(*(cells for _, cells in good), strict=True)
        more = pa.table([pa.array(cells).cast(pa.string()) for cells in columns], names=list(self.names))
        rows = np.concatenate([rows, [row for row, _ in good]])
        order = np.argsort(rows, kind="stable")
        return pa.concat_tables([table, more]).take(pa.array(order)), rows[order]

    def _ragged(self, row: int, width: int, record: bytes) -> Refused:
        reason = "too-few-cells" if width < len(self.names) else "too-many-cells"
        return self._refused(row, reason, record)

    def _refused(self, row: int, reason: str, record: bytes) -> Refused:
        return Refused(row, reason, payload_of(record, self.heading))


@dataclass(frozen=True)
class JsonRows:
    """A file of JSON lines, an object a line; or one that a stream makes such lines of.

    Attributes:
        file: Which.
        encoding: Of the text; `None`: UTF-8.
        made: What reads the file as JSON lines; `None`: it is one.
    """

    file: RowFile
    encoding: str | None = None
    made: Callable[[RowFile], Lines] | None = None

    @property
    def columns(self) -> dict[str, pa.DataType]:
        """The line alone: what it holds is for SQL to find out."""
        return {LINE: pa.string()}

    @property
    def length(self) -> int:
        """Bytes; not known of a packed file, nor of lines that are made."""
        return 0 if self.file.packed or self.made else self.file.size

    def pieces(self, *, after: int = 0, needed: frozenset[str] | None = None) -> Iterator[Piece]:
        """The lines after a number."""
        del needed
        with closing(self.made(self.file) if self.made else _TextStream(self.file, self.encoding)) as stream:
            for block in records_of(stream.read, Dialect(None, None)):
                if block.next_row > after + 1:
                    yield _after(self._cut(block), after)

    def whole(self, table: pa.Table) -> pa.Table:
        """The table itself."""
        return table

    def _cut(self, block: Block) -> Piece:
        data = np.frombuffer(block.text, np.uint8)
        ends = np.flatnonzero(data == ord("\n")) + 1  # the line end belongs to the line: blank space, in JSON
        offsets = np.concatenate(([0], ends)).astype(np.int32)
        lines = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(block.text))
        refused = [Refused(row, reason, payload_of(record)) for row, reason, record in block.broken]
        table = numbered(pa.table({LINE: lines}), block.rows)
        if b"NaN" in block.text or b"Infinity" in block.text:
            table = self._without_unnumbers(table, refused)
        return Piece(table, refused, block.next_row - 1, block.position)

    @staticmethod
    def _without_unnumbers(table: pa.Table, refused: list[Refused]) -> pa.Table:
        """Refuse lines with NaN and Infinity as values: DuckDB reads them, but they are no JSON."""
        keep = np.ones(table.num_rows, bool)
        for place, (line, row) in enumerate(zip(*(column.to_pylist() for column in table.columns), strict=True)):
            if ("NaN" in line or "Infinity" in line) and not _is_json(line):
                keep[place] = False
                refused.append(Refused(row, "bad-json", payload_of(line.strip().encode())))
        refused.sort(key=lambda row: row.row)
        return table.filter(pa.array(keep))


def payload_of(record: bytes, heading: bytes = b"") -> str:
    """A record that could not be read, as a file of its own that can be read again."""
    try:
        return json.dumps([part.decode("utf-8") for part in (heading, record) if part], ensure_ascii=False)
    except UnicodeDecodeError:
        return base64.b64encode(heading + record).decode("ascii")


def _is_json(line: str) -> bool:
    try:
        json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(word: str) -> float:
    raise ValueError(word)


def _after(piece: Piece, after: int) -> Piece:
    """The piece without the rows up to a number."""
    if not piece.table.num_rows or after <= 0:
        keep = piece.table
    else:
        keep = piece.table.slice(int(np.searchsorted(piece.table.column(ROW).to_numpy(), after, side="right")))
    refused = [row for row in piece.refused if row.row > after]
    return Piece(keep, refused, piece.last_row, piece.position)
