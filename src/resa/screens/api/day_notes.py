"""Notes on days over the API: a deployment or a campaign writes itself down beside the numbers that it moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from litestar import Request, delete, get, post, put
from litestar.params import JSONBody

from resa.base.language import sentence
from resa.screens.api.answers import Page
from resa.screens.api.calling import Cursor, Limit, Line, Number, part_after
from resa.screens.api.repeating import once
from resa.screens.api.writers import Numbered, missing, said_well, writer_of
from resa.screens.frame import Visiting
from resa.screens.visits import Visit
from resa.workspace.day_notes import DayNotes

__all__ = ["ROUTES"]


@dataclass(frozen=True, kw_only=True)
class NoteLine:
    """What happened on a day or some days.

    Attributes:
        number: Its own.
        map: Key of the map whose trends show it; empty: those of all.
        first: The first day, in the map's zone.
        last: The last day; the same for a single one.
        text: What happened.
        by: Who wrote it down.
        at: When, UTC.
        changed_at: When it was changed last, UTC; `null`: never.
    """

    number: int
    map: str
    first: date
    last: date
    text: str
    by: str
    at: datetime
    changed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class NewNote:
    """What happened.

    Attributes:
        text: In one line.
        first: The first day.
        last: The last day; `null`: it was one day.
        map: Key of the map whose trends show it; empty: those of all.
    """

    text: Line
    first: date
    last: date | None = None
    map: Line = ""


@get("/notes", operation_id="notes", summary="Notes on days", opt={"needs": "see"}, sync_to_thread=True)
def notes(visit: Visiting, limit: Limit = 200, cursor: Cursor = "") -> Page[NoteLine]:
    """What happened on which days, by the first day. Trends show it, too."""
    found, following = part_after(DayNotes(visit.shop).all(), lambda one: one.id, "notes", limit, cursor)
    return Page(
        [
            NoteLine(
                number=one.id,
                map=one.map_key,
                first=one.first,
                last=one.last,
                text=one.text,
                by=one.by.called,
                at=one.at,
                changed_at=one.changed_at,
            )
            for one in found
        ],
        following,
    )


@post(
    "/notes",
    operation_id="write_note",
    summary="Write a note",
    opt={"needs": "write", "repeats": True},
    sync_to_thread=True,
)
def write(visit: Visiting, request: Request[Any, Any, Any], data: JSONBody[NewNote]) -> Numbered:
    """Write down what happened on a day, or on some."""
    person = writer_of(visit)

    def written() -> Numbered:
        with said_well():
            return Numbered(number=DayNotes(visit.shop).add(person, data.text, **_said(data)))

    return once(visit, request, data, written)


@put(
    "/notes/{number:int}",
    operation_id="change_note",
    summary="Change a note",
    status_code=204,
    opt={"needs": "write"},
    sync_to_thread=True,
)
def change(visit: Visiting, number: Number, data: JSONBody[NewNote]) -> None:
    """Write a note anew."""
    person = writer_of(visit)
    _check(visit, number)
    with said_well():
        DayNotes(visit.shop).change(person, number, data.text, **_said(data))


@delete(
    "/notes/{number:int}",
    operation_id="remove_note",
    summary="Take a note away",
    opt={"needs": "write"},
    sync_to_thread=True,
)
def remove(visit: Visiting, number: Number) -> None:
    """Take a note away."""
    writer_of(visit)
    _check(visit, number)
    DayNotes(visit.shop).remove(number)


def _check(visit: Visit, number: int) -> None:
    if all(one.id != number for one in DayNotes(visit.shop).all()):
        raise missing(sentence("this note was taken away meanwhile; add it anew"))


def _said(data: NewNote) -> dict[str, str]:
    last = "" if data.last is None else data.last.isoformat()
    return {"first": data.first.isoformat(), "last": last, "map_key": data.map}


ROUTES: Final = (notes, write, change, remove)
