"""A shop in which everybody wrote and made something, and the pages that show it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.support.screens import PASSWORD

from resa import workspace
from resa.workspace.comments import Comments
from resa.workspace.composed_reports import ComposedReports
from resa.workspace.day_notes import DayNotes
from resa.workspace.saved_views import SavedViews

__all__ = ["PAGES", "fill"]

PAGES: Final = (
    "/",
    "/map/journey",
    "/map/journey?lanes=blueprint",
    "/map/journey?from=2026-10-01&until=2026-10-31&against=before",
    "/map/journey?persona=*",
    "/map/journey/cart",
    "/map/journey/present",
    "/map/journey/present?slide=2",
    "/edit/journey",
    "/edit/journey?touchpoint=cart",
    "/edit/journey?stage=conversion",
    "/edit/journey?arrow=cart.checkout",
    "/edit/journey?touchpoint=cart&text=1",
    "/edit/journey?from=cart&text=1",
    "/edit/journey/text",
    "/edit/journey/entries",
    "/edit/journey/changes",
    "/edit/journey/history",
    "/edit/journey/when/recommends",
    "/edit/journey/new?event=mail_sent",
    "/explore",
    "/explore/expectations",
    "/explore/funnel",
    "/explore/funnel/people?part=steps&column=customers&row=0",
    "/explore/paths",
    "/explore/process",
    "/explore/retention",
    "/explore/trend",
    "/customers",
    "/customers/review",
    "/segments",
    "/segments/waiting_carts",
    "/segment-builder",
    "/segment-builder/silent_regulars",
    "/segment-overlaps/journey",
    "/reports",
    "/reports/composed/1",
    "/reports/composed/1/edit",
    "/comments",
    "/notes",
    "/views",
    "/owners?owner=Ali Demir, e-commerce",
    "/reviews",
    "/reviews/journey",
    "/live",
    "/live/tracking/journey",
    "/data-health",
    "/start",
    "/typed",
    "/settings",
    "/settings/account",
    "/settings/told",
    "/settings/owners",
    "/settings/people",
    "/settings/keys",
    "/settings/audit",
    "/settings/file",
    "/nothing",
)

LONG: Final = "Leveranstidsuppskattningsundersökningar" * 2
"""A word that fits nowhere."""


def fill(folder: Path, language: str = "en") -> str:
    """Make the shop, with made-up customers.

    Args:
        folder: Where.
        language: Of its map.

    Returns:
        The token of an admin's session.
    """
    workspace.create(folder, template="retail", language=language)
    with workspace.open(folder) as shop:
        shop.simulate(customers=400)
        shop.collect()
        token = shop.people.accept(shop.people.invite("anna@shop.se", "Anna Berg", "admin"), PASSWORD)
        _write(shop)
    return token


def _write(shop: workspace.Workspace) -> None:
    """Let people have written something of everything."""
    anna = shop.people.called("anna@shop.se")
    assert anna is not None
    comments, notes, reports = Comments(shop), DayNotes(shop), ComposedReports(shop)
    comments.answer(anna, comments.write(anna, "journey", "touchpoint", "cart", f"Why? {LONG}"), "På grund av frakten.")
    comments.resolve(anna, comments.write(anna, "journey", "map", "", "Well drawn."))
    notes.add(anna, "Campaign started", first="2026-06-05")
    notes.add(anna, f"Site was slow {LONG}", first="2026-05-10", last="2026-05-24")
    SavedViews(shop).save(anna, f"Our view {LONG}", "/explore/trend", shared=True)
    number = reports.begin(anna, f"The spring {LONG}")
    for address in ("/explore/trend", "/map/journey?lanes=numbers", "/segments", "/map/journey/cart", "/explore/paths"):
        reports.add(anna, number, address=address, heading=address, text="Vad den visar.")
    reports.add(anna, number, heading="Vad vi gjorde", text=LONG)
    reports.share(anna, number, shop.clock().date().isoformat())
