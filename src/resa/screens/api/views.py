"""Saved views over the API: those of everyone, and those of a key's person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from litestar import Request, delete, get, post, put
from litestar.params import JSONBody

from resa.base.language import sentence
from resa.model.people import Person
from resa.screens.api.answers import Page
from resa.screens.api.calling import Cursor, Limit, Line, Number, Prose, part_after
from resa.screens.api.repeating import once
from resa.screens.api.writers import Numbered, forbidden, missing, said_well, writer_of
from resa.screens.frame import Visiting
from resa.screens.visits import Visit
from resa.workspace.saved_views import SavedViews, may_change

__all__ = ["ROUTES"]


@dataclass(frozen=True, kw_only=True)
class ViewLine:
    """A screen that somebody wants to find again.

    Attributes:
        number: Its own.
        name: What it is called.
        address: Path and query of the screen.
        shared: Everyone sees it; else who saved it alone.
        by: Who saved it.
        at: When, UTC.
    """

    number: int
    name: str
    address: str
    shared: bool
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class NewView:
    """A screen to be found again.

    Attributes:
        name: What it shall be called.
        address: Path and query of the screen, such as `/explore/funnel?steps=cart`.
        shared: Everyone sees it.
    """

    name: Line
    address: Prose
    shared: bool = False


@dataclass(frozen=True, kw_only=True)
class Called:
    """How a view is called, and who sees it.

    Attributes:
        name: What it shall be called.
        shared: Everyone sees it.
    """

    name: Line
    shared: bool


@get("/views", operation_id="views", summary="Saved views", opt={"needs": "see"}, sync_to_thread=True)
def views(visit: Visiting, limit: Limit = 200, cursor: Cursor = "") -> Page[ViewLine]:
    """The views of everyone, by name, and those of the key's person, if it writes for one."""
    kept = SavedViews(visit.shop)
    everything = kept.of_everyone() if visit.author is None else kept.of(visit.author)
    found, following = part_after(everything, lambda one: one.id, "views", limit, cursor)
    return Page(
        [
            ViewLine(number=one.id, name=one.name, address=one.address, shared=one.shared, by=one.by.called, at=one.at)
            for one in found
        ],
        following,
    )


@post(
    "/views",
    operation_id="save_view",
    summary="Save a view",
    opt={"needs": "write", "repeats": True},
    sync_to_thread=True,
)
def save(visit: Visiting, request: Request[Any, Any, Any], data: JSONBody[NewView]) -> Numbered:
    """Save a view, for the key's person or for everyone."""
    person = writer_of(visit)

    def saved() -> Numbered:
        with said_well():
            return Numbered(number=SavedViews(visit.shop).save(person, data.name, data.address, shared=data.shared))

    return once(visit, request, data, saved)


@put(
    "/views/{number:int}",
    operation_id="change_view",
    summary="Change a view",
    status_code=204,
    opt={"needs": "write"},
    sync_to_thread=True,
)
def change(visit: Visiting, number: Number, data: JSONBody[Called]) -> None:
    """Call a view otherwise, and say who sees it."""
    person = writer_of(visit)
    _check(visit, person, number)
    with said_well("name"):
        SavedViews(visit.shop).change(person, number, data.name, shared=data.shared)


@delete(
    "/views/{number:int}",
    operation_id="remove_view",
    summary="Take a view away",
    opt={"needs": "write"},
    sync_to_thread=True,
)
def remove(visit: Visiting, number: Number) -> None:
    """Take a view away; reports that were made of it stay as they are."""
    person = writer_of(visit)
    _check(visit, person, number)
    SavedViews(visit.shop).remove(person, number)


def _check(visit: Visit, person: Person, number: int) -> None:
    found = next((one for one in SavedViews(visit.shop).of(person) if one.id == number), None)
    if found is None:
        raise missing(sentence("there is no such view; it may have been taken away"))
    if not may_change(person, found):
        raise forbidden(sentence("only who saved this view, or an administrator, can change it"))


ROUTES: Final = (views, save, change, remove)
