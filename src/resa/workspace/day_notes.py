"""Notes on days: what happened then, so that whoever looks at a trend sees why it may have turned."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.model.people import Person
from resa.model.writing import DayNote
from resa.storage import add_day_note, change_day_note, list_day_notes, remove_day_note
from resa.workspace.texts import full, line_of

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["MOST_LETTERS", "MOST_NOTES", "DayNotes"]

MOST_LETTERS: Final = 200
"""Of one note: it is read beside a picture."""

MOST_NOTES: Final = 2_000
"""Of one person."""

_FIRST_YEAR, _LAST_YEAR = 1930, 2068  # of which an index holds moments


class DayNotes:
    """The notes on days of a workspace, changed beside a running server too.

    Args:
        shop: The workspace.
    """

    def __init__(self, shop: Workspace) -> None:
        self._shop = shop

    def all(self, map_key: str | None = None) -> tuple[DayNote, ...]:
        """All notes by their first day; of one map and of all maps, if one is named."""
        found = list_day_notes(self._shop.store)
        return found if map_key is None else tuple(one for one in found if one.map_key in {"", map_key})

    def add(self, person: Person, text: str, *, first: str, last: str = "", map_key: str = "") -> int:
        """Write a note; its number.

        Args:
            person: Who writes.
            text: What happened.
            first: The first day, such as 2026-09-14.
            last: The last; empty: it was one day.
            map_key: The map whose trends show it; empty: those of all.

        Raises:
            QuestionError: A day is none, the last lies before the first, or the text is empty or too long.
        """
        begins, ends = self._days(first, last)
        said = line_of(text, MOST_LETTERS)
        where = self._map(map_key)
        number = add_day_note(self._shop.store, person, said, map_key=where, first=begins, last=ends, most=MOST_NOTES)
        if number is None:
            raise full(MOST_NOTES)
        return number

    def change(self, person: Person, number: int, text: str, *, first: str, last: str = "", map_key: str = "") -> None:
        """Write a note anew; the arguments and errors are those of `add`.

        Raises:
            QuestionError: It was taken away meanwhile, besides.
        """
        begins, ends = self._days(first, last)
        said, where = line_of(text, MOST_LETTERS), self._map(map_key)
        if not change_day_note(self._shop.store, person, number, said, map_key=where, first=begins, last=ends):
            raise QuestionError(sentence("this note was taken away meanwhile; add it anew"))

    def remove(self, number: int) -> None:
        """Take a note away."""
        remove_day_note(self._shop.store, number)

    def _map(self, key: str) -> str:
        return self._shop.map(key).key if key else ""

    def _days(self, first: str, last: str) -> tuple[date, date]:
        begins = _day(first)
        ends = _day(last) if last.strip() else begins
        if ends < begins:
            raise QuestionError(sentence("the last day lies before the first one"))
        return begins, ends


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise QuestionError(sentence("'{text}' is no day; write such as 2026-03-31", text=text[:40]))
    return found
