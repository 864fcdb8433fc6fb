"""What was measured of a map, worked out once for all who look at the same generation, and its one-page report."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from resa.drawing import read_pictures
from resa.reporting import Report, report_content
from resa.screens.frame import Html, Visiting, page
from resa.screens.visits import Visit
from resa.workspace import Workspace

__all__ = ["ROUTES", "told", "told_of"]

_KEPT: Final = 8
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""The report is complete in itself: its styles stand inside, and it runs nothing."""

_known: OrderedDict[tuple[str, str, int, tuple[str, ...]], Report] = OrderedDict()
_locks: dict[tuple[str, str, int, tuple[str, ...]], Lock] = {}
_lock = Lock()


def told(visit: Visit, key: str | None) -> Report:
    """What there is to say of a map, with its numbers; see `told_of`."""
    return told_of(visit.shop, key)


def told_of(shop: Workspace, key: str | None) -> Report:
    """What there is to say of a map, with its numbers; who asks for the same at the same time waits for one answer.

    Args:
        shop: The workspace.
        key: Of the map; `None`: the only one.

    Raises:
        QuestionError: There is no such map.
    """
    journey_map, measure = shop.map(key), shop.measure
    place = (journey_map.key, journey_map.hash, shop.store.generation, tuple(map(str, measure.notes)))
    with _lock:
        own = _locks.setdefault(place, Lock())
    with own:
        if place not in _known:
            pictures = read_pictures(journey_map, (shop.folder / journey_map.file).parent, shop.folder)
            _known[place] = report_content(measure, shop.store, journey_map, pictures=pictures, clock=shop.clock)
        _known.move_to_end(place)
    with _lock:
        while len(_known) > _KEPT:
            old, _ = _known.popitem(last=False)
            _locks.pop(old, None)
    return _known.get(place) or told_of(shop, key)


@get("/reports", opt={"needs": "see"}, sync_to_thread=True)
def reports(visit: Visiting) -> Html:
    """The reports that there are: one of each map."""
    return page(visit, "reports", visit.say("reports"), maps=list(visit.shop.maps.values()))


@get("/reports/{key:str}", opt={"needs": "see"}, sync_to_thread=True)
def report(visit: Visiting, key: FromPath[str]) -> Response[str]:
    """A map's report, one page that can be kept and sent."""
    made = visit.shop.report(key)
    headers = {"content-security-policy": _POLICY}
    return Response(made.html, media_type="text/html", headers=headers)


ROUTES: Final = (reports, report)
