"""Tables of answers as a page sets them: headings and cells in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from resa.analytics import table_cells

__all__ = ["Shown", "shown", "shown_rows"]


@dataclass(frozen=True)
class Shown:
    """A table as text.

    Attributes:
        headings: Of its columns.
        rows: Their cells; the first heads its row.
        numeric: Which columns hold numbers, and are set right.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]


def shown(table: pa.Table, language: str) -> Shown:
    """A table of an answer."""
    headings, *rows = table_cells(table, language)
    headings = [name[:1].upper() + name[1:].replace("_", " ") for name in headings]
    numeric = [pa.types.is_floating(item.type) or pa.types.is_integer(item.type) for item in table.schema]
    return Shown(headings, rows, numeric)


def shown_rows(headings: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Iterable[int] = ()) -> Shown:
    """A table of words.

    Args:
        headings: Of its columns.
        rows: Their cells.
        numbers: Places of the columns that hold numbers.
    """
    right = set(numbers)
    return Shown(headings, list(rows), [place in right for place in range(len(headings))])
