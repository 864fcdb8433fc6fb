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
from tests.support.every_screen import PAGES, fill
from tests.support.properties import by_night
from tests.support.served import Served

from resa.base.language import LANGUAGES

FEW: Final = (360, 1280)
"""By day each page is looked at by one of these, the next by the other, and axe looks at each second one."""

ALL: Final = (360, 600, 768, 1024, 1280, 1920)
LOOKS: Final = [("en", "light", FEW), *((one, theme, ALL) for theme in ("light", "dark") for one in LANGUAGES)]

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
    token = fill(folder)
    with Served(folder) as server:
        yield server, token


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
