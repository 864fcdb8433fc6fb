"""From the bytes of a text file to its records: whole lines, quoted line ends respected, broken ones set apart.

One unclosed quote must not swallow the rest of a file, and one byte that is no UTF-8 must not stop it. So the work is
split: vectorised counting finds the lines that could be out of the ordinary, and only those are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from resa.base.errors import SourceError
from resa.base.language import sentence

__all__ = ["Block", "Dialect", "records_of"]

BLOCK_BYTES = 16 << 20
LONGEST_LINE = 64 << 20
LONGEST_RECORD = 1 << 18
"""A record longer than this is no record but the end of one whose quote was never closed."""

_LINES_TRIED = 64  # lines that could close a cell; a well-formed cell meets one or two of them

_NEWLINE, _RETURN = 10, 13


@dataclass(frozen=True)
class Dialect:
    """How a text file is cut into records and cells.

    Attributes:
        delimiter: One ASCII character between cells; `None`: a line is one cell (JSON lines).
        quote: One ASCII character around cells that hold delimiters or line ends; `None`: quotes are ordinary text.
        width: How many cells a record should have; `None`: not known.
    """

    delimiter: str | None = ","
    quote: str | None = '"'
    width: int | None = None

    @cached_property
    def _record(self) -> re.Pattern[bytes]:
        return re.compile(rb"%s(?:%s%s)*+" % (self._cell, self._delimiter, self._cell), re.DOTALL)

    @cached_property
    def _cells(self) -> re.Pattern[bytes]:
        return re.compile(rb"(%s)(?:%s|\Z)" % (self._cell, self._delimiter), re.DOTALL)

    @property
    def _delimiter(self) -> bytes:
        return re.escape((self.delimiter or "").encode())

    @property
    def _cell(self) -> bytes:
        if self.quote is None:
            return rb"[^%s]*+" % self._delimiter
        quote = re.escape(self.quote.encode())
        return rb"(?:%s(?:[^%s]++|%s%s)*+%s|[^%s%s\n][^%s\n]*+|)" % (
            *(quote,) * 5,
            quote,
            self._delimiter,
            self._delimiter,
        )

    def is_whole(self, record: bytes) -> bool:
        """Every quote that opens a cell is closed, and a delimiter or the end follows."""
        return self._record.fullmatch(record) is not None

    def first_record(self, text: bytes, most_lines: int = 1_000) -> bytes:
        """The first record that is not blank, with its line end and the blank lines before it.

        A record of more lines than `most_lines` is taken for one line: its quotes mean nothing, or it is of another
        dialect.
        """
        end = 0
        for _ in range(most_lines):
            if end >= len(text):
                break
            end = text.find(b"\n", end) + 1 or len(text)
            if (record := text[:end].strip(b"\r\n")) and (self.delimiter is None or self.is_whole(record)):
                return text[:end]
        return text[: text.find(b"\n") + 1 or len(text)]

    def cells(self, record: bytes) -> list[bytes]:
        """The cells of a whole record, unquoted."""
        if self.delimiter is None:
            return [record]
        found: list[bytes] = []
        for match in self._cells.finditer(record):
            cell = match.group(1)
            if self.quote and cell.startswith(quote := self.quote.encode()):
                cell = cell[1:-1].replace(quote * 2, quote)
            found.append(cell)
            if match.end(1) == len(record):
                break
        return found


@dataclass
class Block:
    """Some records of a file.

    Attributes:
        text: Well-formed UTF-8 records, each ended by a line end, in order; broken and odd ones left out.
        rows: Number of each record in `text`, from 1 in the file; blank lines and the heading do not count.
        broken: Number, stable reason and bytes of each record that cannot be read.
        odd: Number and bytes of whole records that only a slow, exact reader may cut into cells.
        next_row: Number of the first record after the block.
        position: Bytes of the file that were read so far.
    """

    text: bytes
    rows: npt.NDArray[np.int64]
    broken: list[tuple[int, str, bytes]] = field(default_factory=list)
    odd: list[tuple[int, bytes]] = field(default_factory=list)
    next_row: int = 1
    position: int = 0


def records_of(
    read: Callable[[int], bytes], dialect: Dialect, *, start: bytes = b"", first_row: int = 1
) -> Iterator[Block]:
    """Cut UTF-8 text into blocks of records, in bounded memory.

    Args:
        read: Gives the next bytes, at most so many; none at the end.
        dialect: How records are cut.
        start: Bytes before those that `read` gives.
        first_row: Number of the first record.

    Raises:
        SourceError: A line is so long that this is no file of lines.
    """
    rest = start
    row = first_row
    position = len(start)
    while True:
        data = read(BLOCK_BYTES)
        position += len(data)
        at_end = not data
        text = rest + data
        if at_end and text and not text.endswith(b"\n"):
            text += b"\n"
        end = text.rfind(b"\n") + 1
        if end == 0 and len(text) > LONGEST_LINE:
            raise SourceError(
                sentence(
                    "row {row} is longer than {count} MB; is this a file with one record a line?",
                    row=row,
                    count=len(text) >> 20,
                )
            )
        block, used = _cut(text[:end], dialect, row, at_end=at_end)
        rest = text[used:]
        row = block.next_row
        block.position = position
        if len(block.rows) or block.broken or block.odd:
            yield block
        if at_end:
            return


def _cut(text: bytes, dialect: Dialect, row: int, *, at_end: bool) -> tuple[Block, int]:
    """Cut text that ends with a line end; also says how much of it was used (an open record waits for more)."""
    data = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(data == _NEWLINE) + 1
    starts = np.concatenate(([0], ends[:-1])) if len(ends) else ends
    lengths = ends - starts
    blank = (lengths == 1) | ((lengths == 2) & (data[starts] == _RETURN))
    doubtful = np.zeros(len(ends), bool)
    if dialect.quote is not None:
        doubtful |= _quotes_to_look_at(data, ends, dialect)
    doubtful |= _lines_with(data == 0, ends) if b"\0" in text else False
    if dialect.delimiter is not None and text.count(b"\r") != text.count(b"\r\n"):
        lone = data == _RETURN
        lone[:-1] &= data[1:] != _NEWLINE
        doubtful |= _lines_with(lone, ends)
    if not text.isascii():
        doubtful |= _lines_not_utf8(text, data, starts, ends)
    return _assemble(_Lines(text, starts, ends), dialect, row, blank, doubtful, at_end=at_end)


@dataclass(frozen=True)
class _Lines:
    """Text, and where its lines begin and end."""

    text: bytes
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]

    def part(self, first: int, last: int) -> bytes:
        """From the beginning of one line to the end of another."""
        return self.text[self.starts[first] : self.ends[last]]


def _lines_with(mark: npt.NDArray[np.bool_], ends: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    lines = np.zeros(len(ends), bool)
    lines[np.searchsorted(ends, np.flatnonzero(mark), side="right")] = True
    return lines


def _quotes_to_look_at(
    data: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64], dialect: Dialect
) -> npt.NDArray[np.bool_]:
    """Lines that are not plainly well formed: in a quoted line, quotes open a cell and close it by turns.

    Counted from 0 in its line, an even quote must begin a cell, or be the second of a doubled one; an odd quote must
    end a cell, or be the first of a doubled one. Where that holds and the count is even, the line is a whole record.
    """
    lines = np.zeros(len(ends), bool)
    places = np.flatnonzero(data == ord(dialect.quote or ""))
    if not len(places):
        return lines
    line = np.searchsorted(ends, places, side="right")
    lines |= np.bincount(line, minlength=len(ends)) % 2 == 1
    border = np.zeros(256, bool)
    border[[ord(dialect.quote or ""), ord(dialect.delimiter or "\n"), _NEWLINE]] = True
    before = border[np.where(places > 0, data[places - 1], _NEWLINE)]
    border[_RETURN] = True
    after = border[data[places + 1]]  # the text ends with a line end, so there is one
    number = np.arange(len(places)) - np.searchsorted(line, line)
    lines[line[~np.where(number % 2 == 0, before, after)]] = True
    return lines


def _lines_not_utf8(
    text: bytes, data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    lines = np.zeros(len(ends), bool)
    if _is_utf8(text):
        return lines
    for number in np.unique(np.searchsorted(ends, np.flatnonzero(data >= 0x80), side="right")).tolist():
        lines[number] = not _is_utf8(text[starts[number] : ends[number]])
    return lines


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _assemble(
    lines: _Lines,
    dialect: Dialect,
    row: int,
    blank: npt.NDArray[np.bool_],
    doubtful: npt.NDArray[np.bool_],
    *,
    at_end: bool,
) -> tuple[Block, int]:
    """Judge the doubtful lines one by one, and keep the others as they are."""
    first_of_record = ~blank  # which lines begin a record
    kept = ~blank  # which lines stay in the text for the fast reader
    judged: list[tuple[int, str | None, bytes]] = []  # line, reason (None: whole but odd), bytes
    used = len(lines.text)
    candidates = np.flatnonzero(doubtful).tolist()
    line = 0
    for place, candidate in enumerate(candidates):
        if candidate < line:
            continue
        record, last, reason = _judge(lines, dialect, candidates, place, at_end=at_end)
        if reason == "open":
            if not at_end and used - lines.starts[candidate] < LONGEST_RECORD:
                used = int(lines.starts[candidate])
                first_of_record[candidate:] = kept[candidate:] = False
                break
            reason = "broken-quotes"
        first_of_record[candidate + 1 : last + 1] = False
        kept[candidate : last + 1] = reason == "fast"
        if reason != "fast":
            judged.append((candidate, None if reason == "odd" else reason, record.rstrip(b"\r\n")))
        line = last + 1
    numbers = row - 1 + np.cumsum(first_of_record)
    fast = first_of_record & kept
    broken = [(int(numbers[at]), reason, record) for at, reason, record in judged if reason is not None]
    odd = [(int(numbers[at]), record) for at, reason, record in judged if reason is None]
    next_row = row + int(first_of_record.sum())
    block = Block(_join(lines, kept, used), numbers[fast], broken, odd, next_row)
    return block, used


def _judge(
    lines: _Lines, dialect: Dialect, candidates: list[int], place: int, *, at_end: bool
) -> tuple[bytes, int, str]:
    """The record that begins at a doubtful line, its last line, and `fast`, `odd`, `open` or why it is broken."""
    line = candidates[place]
    last, reason = _closed(lines, dialect, candidates, place, at_end=at_end)
    if reason is not None:
        return lines.part(line, line), line, reason
    record = lines.part(line, last)
    if b"\0" in record:
        return record, last, "nul-byte"
    if not _is_utf8(record):
        return record, last, "broken-utf8"
    if dialect.delimiter is not None and record.count(b"\r") != record.count(b"\r\n"):
        return record, last, "odd"
    return record, last, "fast"


def _closed(
    lines: _Lines, dialect: Dialect, candidates: list[int], place: int, *, at_end: bool
) -> tuple[int, str | None]:
    """The last line of the record that begins at a doubtful line; or why there is none: `open`, `broken-quotes`."""
    line = last = candidates[place]
    record = lines.part(line, line)
    if dialect.quote is not None and not dialect.is_whole(record.rstrip(b"\r\n")):
        # Only a line whose quotes do not pair up can close the cell, and such a line is doubtful itself.
        for last in candidates[place + 1 : place + 1 + _LINES_TRIED]:
            if lines.ends[last] - lines.starts[line] > LONGEST_RECORD or not _still_open(record, dialect):
                return line, "broken-quotes"
            record = lines.part(line, last)
            if dialect.is_whole(record.rstrip(b"\r\n")):
                break
        else:
            open_yet = place + 1 + _LINES_TRIED > len(candidates) and _still_open(record, dialect)
            return line, "open" if open_yet else "broken-quotes"
        if last > line and dialect.width not in {None, len(dialect.cells(record.rstrip(b"\r\n")))}:
            swallowed = _swallows(lines, dialect, line, last)
            if swallowed or (swallowed is None and not at_end):
                return line, "broken-quotes" if swallowed else "open"
    return last, None


def _swallows(lines: _Lines, dialect: Dialect, first: int, last: int) -> bool | None:
    """Whether a record of several lines and the wrong width hides one of the right width that begins at a later line.

    Then its own quote was never closed, and a quote of the hidden one only seems to close it. `None`: more text would
    tell.
    """
    told: bool | None = False
    for line in range(first + 1, last + 1):
        for end in range(line, min(line + _LINES_TRIED, len(lines.ends))):
            record = lines.part(line, end)
            if dialect.is_whole(record.rstrip(b"\r\n")):
                if len(dialect.cells(record.rstrip(b"\r\n"))) == dialect.width:
                    return True
                break
            if not _still_open(record, dialect):
                break
        else:
            told = None if line + _LINES_TRIED > len(lines.ends) else told
    return told


def _still_open(record: bytes, dialect: Dialect) -> bool:
    """The text so far is well formed but for a last cell whose quote may yet be closed."""
    return dialect.is_whole(record + (dialect.quote or "").encode())


def _join(lines: _Lines, kept: npt.NDArray[np.bool_], used: int) -> bytes:
    """The kept lines, joined; the text itself when all were kept."""
    if kept.all():
        return lines.text[:used]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], kept, [False])).astype(np.int8)))
    return b"".join(lines.part(first, last - 1) for first, last in zip(edges[::2], edges[1::2], strict=True))
