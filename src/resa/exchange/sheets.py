"""Sheets between a map and the program that reads or writes them: cells with a text, a note and a place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from resa.documents import Path

__all__ = ["Book", "Cell", "Sheet", "address", "column_letters"]

Look = Literal["stage", "head", "label", "text", "quiet", "moment", "code"]
"""How a cell is to be read: a heading of stages, a heading, the name of a lane, a text, something that few look at."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        value: What stands in it.
        note: What somebody remarked beside it.
        place: Where it was read, `wall.xlsx:Wall!C7`.
        look: How it is written.
        path: What of the map it holds, where its note belongs.
        items: How many items stand in it, one a line; 0: it is no list.
    """

    value: str | int | float | None = None
    note: str = ""
    place: str = ""
    look: Look = "text"
    path: Path | None = None
    items: int = 0

    @property
    def text(self) -> str:
        """What stands in it, as text."""
        return "" if self.value is None else str(self.value)

    @property
    def empty(self) -> bool:
        """Nothing stands in it that can be seen."""
        return not self.text.strip()


@dataclass(kw_only=True)
class Sheet:
    """One sheet.

    Attributes:
        name: On its tab.
        rows: Cells from the top left.
        merged: Cells of a row that are one, as row, first and last column, from 0.
        widths: Of the columns, in letters.
        frozen: How many rows and columns stay in sight.
        file: Where it was read.
    """

    name: str
    rows: list[list[Cell]] = field(default_factory=list)
    merged: list[tuple[int, int, int]] = field(default_factory=list)
    widths: Sequence[float] = ()
    frozen: tuple[int, int] = (1, 0)
    file: str = ""

    def cells(self) -> Iterator[Cell]:
        """Every cell, row by row."""
        for row in self.rows:
            yield from row


Book = list[Sheet]
"""The sheets of a file, in order."""


def column_letters(column: int) -> str:
    """`A` for the first column, number 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def address(row: int, column: int) -> str:
    """`C7`, as spreadsheets name a cell; row and column count from 0."""
    return f"{column_letters(column)}{row + 1}"
