"""Comments: what people say of maps, stages and touchpoints, on one page, and on each touchpoint's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import get, post
from litestar.params import FromQuery

from resa.base.errors import ResaError
from resa.base.language import in_language, said_by
from resa.model.journey import JourneyMap
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.moments import when_in
from resa.screens.signing_in import Form
from resa.screens.visits import Visit
from resa.screens.writing import author_of, number_in, way_back
from resa.workspace.comments import MOST_LETTERS, Comments, Thread, may_remove

__all__ = ["ROUTES", "told_threads"]


@get("/comments", opt={"needs": "see"}, sync_to_thread=True)
def comments(visit: Visiting, map: FromQuery[str] = "") -> Html:  # noqa: A002 - the name of the parameter
    """What was said of all maps, or of one."""
    return _page(visit, map)


_SAVED: Final = {
    "write": "saved_comment",
    "answer": "saved_comment",
    "resolve": "saved_comment_resolved",
    "reopen": "saved_comment_reopened",
    "remove": "gone_comment",
}


@post("/comments", opt={"needs": "see"}, sync_to_thread=True)
def change_comments(visit: Visiting, data: Form) -> Html:
    """Write, answer, resolve or take away."""
    said, person, number = Comments(visit.shop), author_of(visit), number_in(data, "comment")
    kind, _, key = data.get("place", "").partition(":")
    try:
        match data.get("do"):
            case "write":
                number = said.write(person, data.get("map", ""), kind, key, data.get("text", ""))
            case "answer":
                said.answer(person, number, data.get("text", ""))
            case "resolve" | "reopen":
                said.resolve(person, number, resolved=data["do"] == "resolve")
            case "remove":
                said.remove(person, number)
            case _:
                pass
    except ResaError as error:
        why = in_language(said_by(error), visit.language)
        return _page(visit, data.get("map", ""), status=422, typed=data, why=why)
    path, fragment = way_back(data, "/comments")
    return redirect(path, fragment=fragment or "comments", saved=_SAVED.get(data.get("do", ""), ""))


def _page(
    visit: Visit, map_key: str, *, status: int = 200, typed: Mapping[str, str] | None = None, why: str = ""
) -> Html:
    shop, said = visit.shop, Comments(visit.shop).threads()
    shown = [one for key, one in shop.maps.items() if map_key in {"", key}]
    gone = sorted({one.first.map_key for one in said} - set(shop.maps))
    return page(
        visit,
        "comments",
        visit.say("comments"),
        status=status,
        maps=[_of_map(visit, one, said) for one in shown],
        gone=[(key, told_threads(visit, _of(said, key), visit.zone)) for key in gone if not map_key],
        most=MOST_LETTERS,
        typed=typed or {},
        why=why,
        here="/comments" + (f"?map={map_key}" if map_key in shop.maps else ""),
    )


def _of(threads: Iterable[Thread], map_key: str) -> list[Thread]:
    return [one for one in threads if one.first.map_key == map_key]


def _of_map(visit: Visit, journey_map: JourneyMap, threads: Iterable[Thread]) -> dict[str, Any]:
    """What is said of a map, and of what one can say something."""
    mine = _of(threads, journey_map.key)
    zone = journey_map.timezone
    names = {one.key: one.name for one in journey_map.touchpoints}
    return {
        "map": journey_map,
        "open": told_threads(visit, [one for one in mine if one.place and one.open], zone),
        "resolved": told_threads(visit, [one for one in mine if one.place and not one.open], zone),
        "gone": told_threads(visit, [one for one in mine if one.place is None], zone),
        "places": [
            (
                stage.name,
                [(f"stage:{stage.key}", stage.name)] + [(f"touchpoint:{key}", names[key]) for key in stage.touchpoints],
            )
            for stage in journey_map.stages
        ],
    }


def told_threads(visit: Visit, threads: Iterable[Thread], timezone: str) -> list[dict[str, Any]]:
    """Comments as a page sets them: where, by whom, when, and what who looks may do.

    Args:
        visit: Who looks.
        threads: The comments.
        timezone: Of the map.
    """
    when, person = when_in(timezone, visit.language), visit.person

    def told(comment: Any) -> dict[str, Any]:
        return {
            "one": comment,
            "at": when(comment.at),
            "mine": person is not None and bool(comment.text) and may_remove(person, comment),
            "short": " ".join(comment.text.split())[:40],
        }

    return [
        {
            **told(one.first),
            "answers": [told(answer) for answer in one.answers],
            "place": one.place,
            "open": one.open,
            "resolved": when(one.first.resolved_at) if one.first.resolved_at else None,
            "link": f"/map/{one.first.map_key}/{one.place.key}#comments"
            if one.place and one.place.kind == "touchpoint"
            else "",
        }
        for one in threads
    ]


ROUTES: Final = (comments, change_comments)
