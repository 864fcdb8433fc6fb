"""What was measured of a map, worked out once for all who look at the same generation, and its one-page report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from resa.analytics import Change, lately
from resa.drawing import read_pictures
from resa.model.journey import JourneyMap
from resa.reporting import Report, gather, report_content, report_page
from resa.screens.frame import Html, Visiting, page
from resa.screens.sharing import Shared
from resa.screens.spoken import spoken_map
from resa.screens.visits import Visit
from resa.workspace import Workspace
from resa.workspace.composed_reports import ComposedReports

__all__ = ["POLICY", "ROUTES", "Told", "told", "told_of"]

POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""The report is complete in itself: its styles stand inside, and it runs nothing."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What there is to say of a map.

    Attributes:
        report: All of it, in its words.
        changes: How the share of each arrow changed lately.
        at: When it was worked out, UTC.
    """

    report: Report
    changes: tuple[Change, ...]
    at: datetime


def told(visit: Visit, key: str | None) -> Told:
    """What there is to say of a map in the page's language.

    It is a moment old at most where events come in all the time; `Told.at` says how old.

    Args:
        visit: Who asks.
        key: Of the map; `None`: the only one.

    Raises:
        QuestionError: There is no such map.
        WorkspaceBusy: Many wait for it already.
    """
    return told_of(visit.shop, visit.shared, spoken_map(visit, visit.shop.map(key)))


def told_of(shop: Workspace, shared: Shared, journey_map: JourneyMap) -> Told:
    """The same, of a map of a workspace, in the map's language."""
    measure, definition = shared.measure, (journey_map.key, journey_map.hash)

    def make() -> Told:
        pictures = read_pictures(journey_map, (shop.folder / journey_map.file).parent, shop.folder)
        gathered, changes, at = shared.of(
            ("gathered", *definition),
            lambda: (gather(measure, journey_map), lately(measure, journey_map.key), shared.at),
        )
        told_in = gathered.said_in(journey_map.language)
        report = report_content(measure, shop.store, told_in, pictures=pictures, clock=shop.clock)
        return Told(report=report, changes=changes, at=at)

    return shared.of(("told", *definition, journey_map.language), make)


@get("/reports", opt={"needs": "see"}, sync_to_thread=True)
def reports(visit: Visiting) -> Html:
    """The reports that there are: one of each map, and those that people composed."""
    shop = visit.shop
    composed = [(one, visit.when(one.changed_at)) for one in ComposedReports(shop).all()]
    return page(visit, "reports", visit.say("reports"), maps=list(shop.maps.values()), composed=composed)


@get("/reports/{key:str}", opt={"needs": "see"}, sync_to_thread=True)
def report(visit: Visiting, key: FromPath[str]) -> Response[str]:
    """A map's report, one page that can be kept and sent, in the map's language."""
    found = told_of(visit.shop, visit.shared, visit.shop.map(key))
    html = visit.shared.of(("report", key, found.at), lambda: report_page(found.report))
    headers = {"content-security-policy": POLICY}
    return Response(html, media_type="text/html", headers=headers)


ROUTES: Final = (reports, report)
