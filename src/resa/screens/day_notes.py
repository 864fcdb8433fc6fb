"""Notes on days: on a page of their own, and under each trend that shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import get, post

from resa.base.errors import ResaError
from resa.base.language import in_language, said_by
from resa.drawing import format_days
from resa.model.writing import DayNote
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.moments import when_in
from resa.screens.signing_in import Form
from resa.screens.visits import Visit
from resa.screens.writing import author_of, number_in, way_back
from resa.workspace.day_notes import MOST_LETTERS, DayNotes

__all__ = ["ROUTES", "told_notes"]


@get("/notes", opt={"needs": "see"}, sync_to_thread=True)
def notes(visit: Visiting) -> Html:
    """What happened on which days."""
    return _page(visit)


_SAVED: Final = {"add": "saved_note", "change": "saved_note", "remove": "gone_note"}


@post("/notes", opt={"needs": "write"}, sync_to_thread=True)
def change_notes(visit: Visiting, data: Form) -> Html:
    """Add a note, change it, or take it away."""
    kept, person, number = DayNotes(visit.shop), author_of(visit), number_in(data, "note")
    said: dict[str, str] = {name: data.get(name, "") for name in ("first", "last")}
    said["map_key"] = data.get("map", "")
    try:
        match data.get("do"):
            case "add":
                kept.add(person, data.get("text", ""), **said)
            case "change":
                kept.change(person, number, data.get("text", ""), **said)
            case "remove":
                kept.remove(number)
            case _:
                pass
    except ResaError as error:
        return _page(visit, status=422, typed=data, why=in_language(said_by(error), visit.language))
    path, fragment = way_back(data, "/notes")
    return redirect(path, fragment=fragment, saved=_SAVED.get(data.get("do", ""), ""))


def _page(visit: Visit, *, status: int = 200, typed: Mapping[str, str] | None = None, why: str = "") -> Html:
    found = DayNotes(visit.shop).all()
    return page(
        visit,
        "day_notes",
        visit.say("day_notes"),
        status=status,
        notes=told_notes(visit, reversed(found)),
        maps=list(visit.shop.maps.values()),
        most=MOST_LETTERS,
        typed=typed or {},
        why=why,
    )


def told_notes(visit: Visit, found: Iterable[DayNote]) -> list[dict[str, Any]]:
    """Notes as a page sets them.

    Args:
        visit: Who looks.
        found: The notes, in the order in which they are shown.
    """
    maps = visit.shop.maps
    rows = []
    for note in found:
        journey_map = maps.get(note.map_key)
        when = when_in(visit.zone if journey_map is None else journey_map.timezone, visit.language)
        rows.append(
            {
                "one": note,
                "days": format_days(note.first, note.last, visit.language),
                "map": visit.say("day_note_all_maps")
                if not note.map_key
                else getattr(journey_map, "title", note.map_key),
                "at": when(note.at),
                "changed": None if note.changed_at is None else when(note.changed_at),
            }
        )
    return rows


ROUTES: Final = (notes, change_notes)
