"""Saved views: saved on the page that they show, listed, called otherwise, opened with the numbers of today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from litestar import get, post
from litestar.params import FromPath

from resa.base.errors import QuestionError, ResaError
from resa.base.language import in_language, said_by, sentence
from resa.model.writing import SavedView
from resa.screens.asking import pairs_of
from resa.screens.explore import result_at
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.maps import check_look, look_of, touchpoint_of
from resa.screens.signing_in import Form
from resa.screens.visits import Visit
from resa.screens.writing import author_of, number_in, way_back
from resa.workspace.saved_views import MOST_LETTERS, SavedViews, may_change

__all__ = ["ROUTES", "check_view", "missing_of", "taken_apart"]

_PLACES: Final = frozenset({"steps", "start", "end", "returns", "unless", "persona"})
"""What a question says by keys of touchpoints, stages and personas."""


@get("/views", opt={"needs": "see"}, sync_to_thread=True)
def views(visit: Visiting) -> Html:
    """One's own views, and those of everyone."""
    return _page(visit)


_SAVED: Final = {"save": "saved_view", "change": "saved_view", "remove": "gone_view"}


@post("/views", opt={"needs": "see"}, sync_to_thread=True)
def change_views(visit: Visiting, data: Form) -> Html:
    """Save a view, call it otherwise, show it to everyone or no more, or take it away."""
    kept, person, number = SavedViews(visit.shop), author_of(visit), number_in(data, "view")
    shared = bool(data.get("shared")) and visit.may("write")
    try:
        match data.get("do"):
            case "save":
                kept.save(person, data.get("name", ""), data.get("address", ""), shared=shared)
            case "change":
                kept.change(person, number, data.get("name", ""), shared=shared)
            case "remove":
                kept.remove(person, number)
            case _:
                pass
    except ResaError as error:
        return _page(visit, status=422, typed=data, why=in_language(said_by(error), visit.language))
    path, fragment = way_back(data, "/views")
    return redirect(path, fragment=fragment, saved=_SAVED.get(data.get("do", ""), ""))


@get("/views/{number:int}", opt={"needs": "see"}, sync_to_thread=True)
def view(visit: Visiting, number: FromPath[int]) -> Html:
    """Open a view; one that cannot be understood any more says why."""
    found = SavedViews(visit.shop).one(author_of(visit), number)
    try:
        check_view(visit, found.address)
    except QuestionError as error:
        why = in_language(said_by(error), visit.language)
        mine = may_change(author_of(visit), found)
        return page(visit, "view_broken", found.name, status=404, view=found, why=why, mine=mine)
    path, _, query = found.address.partition("?")
    return redirect(path + (f"?{query}" if query else ""))


def _page(visit: Visit, *, status: int = 200, typed: Mapping[str, str] | None = None, why: str = "") -> Html:
    person = author_of(visit)
    return page(
        visit,
        "views",
        visit.say("views"),
        status=status,
        views=[
            (one, may_change(person, one), ", ".join(_missing(visit, one))) for one in SavedViews(visit.shop).of(person)
        ],
        most=MOST_LETTERS,
        typed=typed or {},
        why=why,
    )


def _missing(visit: Visit, view: SavedView) -> list[str]:
    try:
        return missing_of(visit, view.address)
    except QuestionError:  # one that cannot be read says so when it is opened, and hides no others
        return []


def taken_apart(address: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The names in a path, and what its query says.

    Raises:
        QuestionError: The query says more than any question has.
    """
    path, _, query = address.partition("?")
    return [unquote(name) for name in path.strip("/").split("/")], pairs_of(query)


def check_view(visit: Visit, address: str) -> None:
    """See whether a view can be shown as things are now.

    Args:
        visit: Who looks.
        address: Of the view.

    Raises:
        QuestionError: It cannot; the message says why.
    """
    names, pairs = taken_apart(address)
    match names:
        case ["explore", kind, *_]:
            result_at(visit, kind, [pair for pair in pairs if pair[0] not in {"part", "column", "row"}])
        case ["map", key]:
            check_look(look_of(pairs), visit.shop.map(key))
        case ["map", key, touchpoint]:
            touchpoint_of(visit.shop.map(key), touchpoint)
        case ["segments", key]:
            visit.shop.segments.map_of(key)
        case ["segments"]:
            pass
        case _:
            raise QuestionError(sentence("there is no such page any more"))


def missing_of(visit: Visit, address: str) -> list[str]:
    """What a view names that is in no map any more; looked up without asking its question.

    Args:
        visit: Who looks.
        address: Of the view.
    """
    names, pairs = taken_apart(address)
    maps, said = visit.shop.maps, dict(pairs)
    key = names[1] if names[0] == "map" else said.get("map", "")
    if key and key not in maps:
        return [key]
    journey_map = maps.get(key) or next(iter(maps.values()), None)
    if journey_map is None or names[0] == "segments":
        return []
    if names[0] == "map":
        return [one for one in names[2:] if one not in journey_map.touchpoint]
    known = {*journey_map.persona, *(one.key for one in journey_map.stages)}
    asked = [one.strip().removesuffix("?") for name, value in pairs if name in _PLACES for one in value.split(",")]
    return [
        one
        for one in dict.fromkeys(filter(None, asked))
        if one not in known and not journey_map.touchpoint_named(one) and not journey_map.expectation_named(one)
    ]


ROUTES: Final = (views, change_views, view)
