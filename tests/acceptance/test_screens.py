"""Every screen in a real browser: nothing fails, nothing is cut or hangs over, and axe finds nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from tests.support.chromium import browser
from tests.support.properties import by_night
from tests.support.screens import PASSWORD
from tests.support.served import Served

from resa import workspace
from resa.base.language import LANGUAGES
from resa.workspace.comments import Comments
from resa.workspace.composed_reports import ComposedReports
from resa.workspace.day_notes import DayNotes
from resa.workspace.saved_views import SavedViews

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
FEW: Final = (360, 1280)
"""By day each page is looked at by one of these, the next by the other, and axe looks at each second one."""

ALL: Final = (360, 600, 768, 1024, 1280, 1920)
LOOKS: Final = [("en", "light", FEW), *((one, theme, ALL) for theme in ("light", "dark") for one in LANGUAGES)]

LONG: Final = "Leveranstidsuppskattningsundersökningar" * 2
"""A word that fits nowhere."""

_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

_CUT: Final = """() => [...document.querySelectorAll("button, .button, label, th, h1, h2, h3, nav a, .value")]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display != "inline")
    .filter(one => getComputedStyle(one).overflowX != "visible" && !one.matches(".unseen"))
    .map(one => one.textContent.slice(0, 60))"""
"""Texts that do not fit into what holds them."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    """A shop with made-up customers, served; and the token of who is signed in."""
    folder = tmp_path_factory.mktemp("screens") / "shop"
    workspace.create(folder, template="retail", language="en")
    with workspace.open(folder) as shop:
        shop.simulate(customers=400)
        shop.collect()
        token = shop.people.accept(shop.people.invite("anna@shop.se", "Anna Berg", "admin"), PASSWORD)
        write(shop)
    with Served(folder) as server:
        yield server, token


def write(shop: workspace.Workspace) -> None:
    """Let people have written something of everything."""
    anna = shop.people.called("anna@shop.se")
    assert anna is not None
    comments, notes, reports = Comments(shop), DayNotes(shop), ComposedReports(shop)
    comments.answer(anna, comments.write(anna, "journey", "touchpoint", "cart", f"Why? {LONG}"), "Because of freight.")
    comments.resolve(anna, comments.write(anna, "journey", "map", "", "Well drawn."))
    notes.add(anna, "Campaign started", first="2026-06-05")
    notes.add(anna, f"Site was slow {LONG}", first="2026-05-10", last="2026-05-24")
    SavedViews(shop).save(anna, f"Our view {LONG}", "/explore/trend", shared=True)
    number = reports.begin(anna, f"The spring {LONG}")
    for address in ("/explore/trend", "/map/journey?lanes=numbers", "/segments", "/map/journey/cart", "/explore/paths"):
        reports.add(anna, number, address=address, heading=address, text="What it says.")
    reports.add(anna, number, heading="What we did", text=LONG)
    reports.share(anna, number, shop.clock().date().isoformat())


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.mark.parametrize("look", by_night(LOOKS, beyond=1), ids=str)
def test_every_screen_is_whole(
    chromium: Browser, served: tuple[Served, str], look: tuple[str, str, tuple[int, ...]]
) -> None:
    (language, theme, widths), (server, token) = look, served
    context = chromium.new_context(locale="en-GB")
    for name, value in {"session": token, "language": language, "theme": theme}.items():
        context.add_cookies([{"name": f"resa-{name}", "value": value, "url": server.address}])
    errors: list[str] = []

    def told(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.location['url']}: {message.text}")

    def asked(request: Request) -> None:
        if not request.url.startswith((server.address, "data:")):
            errors.append(request.url)

    context.on("console", told)
    context.on("request", asked)
    for number, path in enumerate(PAGES):
        page = context.new_page()  # hundreds of pictures in one and the same are more than it can hold
        for width in widths if widths != FEW else (FEW[number % 2],):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(server.address + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            assert page.evaluate(_CUT) == [], (path, width)
            name = re.sub(r"\W+", "-", path.strip("/")) or "home"
            keep(page, f"{language}-{theme}-{width}-{name}")
        if widths != FEW or number % 2 == 0:
            found = Axe().run(page, options={"runOnly": {"type": "tag", "values": _TAGS}}).response["violations"]
            assert [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found] == [], path
        page.close()
    assert [one for one in errors if "/nothing" not in one] == []
    context.close()


def keep(page: Page, name: str) -> None:
    """Keep a picture for people to look at, where the run says where to."""
    if folder := os.environ.get("RESA_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
