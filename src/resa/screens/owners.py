"""Who answers for what: all owners, and all that one of them owns."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from litestar import get
from litestar.params import FromQuery

from resa.analytics import arrow_name
from resa.screens.frame import Html, Visiting, page
from resa.workspace.owning import Owned, owned_things

__all__ = ["ROUTES", "called", "place_of"]


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
            return "/explore/improvements?" + urlencode({"map": one.map.key, "names": one.key})
        case "metric":
            return "/explore/metrics?" + urlencode({"map": one.map.key, "names": one.key})
        case _:
            return "/explore/expectations?" + urlencode({"map": one.map.key, "names": one.key})


ROUTES: Final = (owners_page,)
