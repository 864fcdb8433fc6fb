"""Who answers for what: all owners, and all that one of them owns."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from litestar import get
from litestar.params import FromQuery

from resa.analytics import arrow_name
from resa.screens.frame import Html, Visiting, page
from resa.workspace.owning import Owned, owned, owners

__all__ = ["ROUTES"]


@get("/owners", opt={"needs": "see"}, sync_to_thread=True)
def owners_page(visit: Visiting, owner: FromQuery[str] = "") -> Html:
    """All owners, or what one of them owns."""
    maps = list(visit.shop.maps.values())
    found = owned(maps, owner) if owner.strip() else []
    return page(
        visit,
        "owners",
        visit.say("owned_by", owner=found[0].owner if found else owner[:120]) if owner.strip() else visit.say("owners"),
        owner=owner.strip(),
        owners=[(one, len(owned(maps, one))) for one in owners(maps)],
        rows=[(visit.say(f"owned_{one.kind}"), _called(one), _where(one), one.map.title) for one in found],
    )


def _called(one: Owned) -> str:
    """What people call it."""
    named = {
        "map": {one.map.key: one.map.title},
        "touchpoint": {item.key: item.name for item in one.map.touchpoints},
        "improvement": {item.key: item.name for item in one.map.improvements},
        "metric": {item.key: item.name for item in one.map.metrics},
        "segment": {item.key: item.name for item in one.map.segments},
    }.get(one.kind)
    return arrow_name(one.map, one.key) if named is None else named[one.key]


def _where(one: Owned) -> str:
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
