"""Tables as a page sets them: headings and cells in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["Linked", "Shown", "shown_rows"]


class Linked(NamedTuple):
    """A cell that leads somewhere."""

    text: str
    link: str


@dataclass(frozen=True)
class Shown:
    """A table as text.

    Attributes:
        headings: Of its columns.
        rows: Their cells; the first heads its row.
        numeric: Which columns hold numbers, and are set right.
        languages: Of columns that are in another one than the page.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str | Linked]]
    numeric: Sequence[bool]
    languages: Mapping[int, str] = field(default_factory=dict)


def shown_rows(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Iterable[int] = (),
    links: Mapping[tuple[int, int], str] = MappingProxyType({}),
    languages: Mapping[int, str] = MappingProxyType({}),
) -> Shown:
    """A table of words.

    Args:
        headings: Of its columns.
        rows: Their cells.
        numbers: Places of the columns that hold numbers.
        links: Where cells that hold something lead, by row and column.
        languages: Of columns that are in another one than the page.
    """
    right = set(numbers)
    cells = [
        [_linked(cell, links.get((number, place), "")) for place, cell in enumerate(row)]
        for number, row in enumerate(rows)
    ]
    return Shown(headings, cells, [place in right for place in range(len(headings))], languages)


def _linked(cell: str, to: str) -> str | Linked:
    """A cell, and where it leads, if there is something in it and somewhere to go."""
    return Linked(cell, to) if cell and to else cell
