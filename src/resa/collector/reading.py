"""Reading files of rows piece by piece: what all formats have in common, and which reader is for which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["KEY", "LINE", "ROW", "Piece", "Reader", "Refused", "numbered", "pieces_by_rows", "unique_names"]

ROW = "\x1frow"
"""Column that a reader adds: the number of the row in its file, from 1, the heading not counted. Its name begins with a
control character, as that of no column does which people name."""

KEY = "\x1fkey"
"""Column of rows of a database that have no ids of their own: one text by which each is told apart, whatever is made of
it."""

PIECE_BYTES = 256 << 20
"""About how much of a file is in memory at a time, however wide its rows are."""

LINE = "\x1fline"
"""The one column of a file of JSON lines: a line each."""


@dataclass(frozen=True)
class Refused:
    """A row that could not even be read.

    Attributes:
        row: Its number.
        reason: Stable name.
        payload: What it held: a JSON list of its heading (if there is one) and itself as text or, where it is no
            text, base64 of both.
    """

    row: int
    reason: str
    payload: str


@dataclass(frozen=True)
class Piece:
    """Some rows of a file, in order.

    Attributes:
        table: The columns of the file and `ROW`.
        refused: Rows that are not in the table because they could not be read.
        last_row: Number of the last row of the piece, refused ones counted.
        position: Bytes (of columnar files: rows) of the file that were read so far.
        places: Of rows that a SELECT gave before: the place of each among those made of one row of the file.
        orders: Of rows of a database, which follow each other: what their cursors say of the order among events of one
            moment; `None`: the numbers of the rows say it.
    """

    table: pa.Table
    refused: Sequence[Refused]
    last_row: int
    position: int
    places: npt.NDArray[np.int64] | None = None
    orders: npt.NDArray[np.int64] | None = None


class Reader(Protocol):
    """A file of rows, opened far enough to know its columns."""

    @property
    def columns(self) -> dict[str, pa.DataType]:
        """Names and types of the columns; of JSON lines only `LINE`."""

    @property
    def length(self) -> int:
        """The whole file in the unit of `Piece.position`; 0 where it is not known."""

    def pieces(self, *, after: int = 0, needed: frozenset[str] | None = None) -> Iterator[Piece]:
        """The rows after a number, with at least the columns that are needed (`None`: all)."""

    def whole(self, table: pa.Table) -> pa.Table:
        """Some rows of a piece with all columns of the file, and `ROW`."""


def numbered(table: pa.Table, rows: npt.NDArray[np.int64]) -> pa.Table:
    """The table with the numbers of its rows."""
    return table.append_column(ROW, pa.array(rows, pa.int64()))


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names for all columns: empty ones are numbered, and those that an earlier one has, as SQL compares names."""
    found: dict[str, str] = {}
    for number, given in enumerate(names, start=1):
        name = given or f"column_{number}"
        while name.casefold() in found:
            name = f"{name}_{number}"
        found[name.casefold()] = name
    return tuple(found.values())


def pieces_by_rows(pieces: Iterator[Piece], rows: int) -> Iterator[Piece]:
    """The same rows in pieces of about so many rows, refused ones counted, and of bounded size."""
    waiting: list[Piece] = []
    begun, size = -1, 0
    for piece in pieces:
        rest: Piece | None = piece
        while rest is not None:
            if begun < 0:
                begun = _first_row(rest) - 1
            now, rest = _split(rest, begun + rows)
            if now is not None:
                waiting.append(now)
                size += now.table.nbytes
            if rest is not None or size > PIECE_BYTES or (waiting and waiting[-1].last_row >= begun + rows):
                if waiting:
                    yield _joined(waiting)
                waiting, begun, size = [], -1, 0
    if waiting:
        yield _joined(waiting)


def _first_row(piece: Piece) -> int:
    rows = [refused.row for refused in piece.refused]
    if piece.table.num_rows:
        rows.append(piece.table.column(ROW)[0].as_py())
    return min(rows, default=piece.last_row)


def _split(piece: Piece, last: int) -> tuple[Piece | None, Piece | None]:
    """What lies up to a row, and what lies behind it."""
    if piece.last_row <= last:
        return piece, None
    numbers = piece.table.column(ROW).to_numpy()
    cut = int(np.searchsorted(numbers, last, side="right"))
    before = [refused for refused in piece.refused if refused.row <= last]
    behind = [refused for refused in piece.refused if refused.row > last]
    head = Piece(piece.table.slice(0, cut), before, last, piece.position) if cut or before else None
    return head, Piece(piece.table.slice(cut), behind, piece.last_row, piece.position)


def _joined(pieces: Sequence[Piece]) -> Piece:
    if len(pieces) == 1:
        return pieces[0]
    table = pa.concat_tables([piece.table for piece in pieces])
    refused = [refused for piece in pieces for refused in piece.refused]
    return Piece(table, refused, pieces[-1].last_row, pieces[-1].position)
