"""Who answers for what: all owners, and all that one of them owns."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from litestar import get
from litestar.params import FromQuery

from resa.analytics import arrow_name
from resa.model.journey import Improvement, JourneyMap
from resa.screens.frame import Html, Visiting, page
from resa.workspace.owning import Owned, owned_things

__all__ = ["ROUTES", "called", "place_of", "place_of_improvement", "place_of_question"]


@get("/owners", opt={"needs": "see"}, sync_to_thread=True)
def owners_page(visit: Visiting, owner: FromQuery[str] = "") -> Html:
    """All owners, or what one of them owns."""
    everything, asked = owned_things(visit.shop.maps.values()), " ".join(owner.split())
    asked = next((one for one in everything if one.casefold() == asked.casefold()), asked)
    return page(
        visit,
        "owners",
        visit.say("owned_by", owner=asked[:120]) if asked else visit.say("owners"),
        owner=asked,
        owners=[(one, len(things)) for one, things in sorted(everything.items()) if one],
        rows=[
            (visit.say(f"owned_{one.kind}"), called(one), place_of(one), one.map.title)
            for one in (everything.get(asked, ()) if asked else ())
        ],
    )


def called(one: Owned) -> str:
    """What people call it."""
    named = {
        "map": {one.map.key: one.map.title},
        "touchpoint": {item.key: item.name for item in one.map.touchpoints},
        "improvement": {item.key: item.name for item in one.map.improvements},
        "metric": {item.key: item.name for item in one.map.metrics},
        "segment": {item.key: item.name for item in one.map.segments},
    }.get(one.kind)
    return arrow_name(one.map, one.key) if named is None else named[one.key]


def place_of(one: Owned) -> str:
    """Where it is looked at."""
    match one.kind:
        case "map":
            return f"/map/{one.key}"
        case "touchpoint":
            return f"/map/{one.map.key}/{one.key}"
        case "segment":
            return f"/segments/{one.key}"
        case "improvement":
            return place_of_improvement(one.map, next(item for item in one.map.improvements if item.key == one.key))
        case "metric":
            return place_of_question(one.map, "metrics", names=one.key)
        case _:
            return place_of_question(one.map, "expectations", names=one.key)


def place_of_improvement(journey_map: JourneyMap, one: Improvement) -> str:
    """What it moves: before and after where it is in force, else the share that it shall move."""
    if one.should_move is None:
        return f"/map/{journey_map.key}"
    if one.since is None:
        return place_of_question(journey_map, "trend", of=one.should_move)
    return place_of_question(journey_map, "improvements", names=one.key)


def place_of_question(journey_map: JourneyMap, kind: str, **asked: str) -> str:
    """Where a question is answered."""
    return f"/explore/{kind}?{urlencode({'map': journey_map.key, **asked})}"


ROUTES: Final = (owners_page,)
