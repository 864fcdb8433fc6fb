"""What people write, played through in a real browser: said, noted, saved, composed, and shown to a stranger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright
from tests.support.chromium import browser
from tests.support.known_customers import made_shop
from tests.support.screens import PASSWORD
from tests.support.served import Served

_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of nobody yet."""
    folder: Path = made_shop(tmp_path_factory.mktemp("writing") / "shop")
    with Served(folder) as server, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        context = chromium.new_context(base_url=server.address, locale="en-GB")
        found = context.new_page()
        found.set_default_timeout(20_000)
        yield found
        chromium.close()


def test_from_a_comment_to_a_report_that_a_stranger_reads(page: Page) -> None:
    page.goto("/map/journey/cart")
    page.get_by_label("E-mail").fill("marketer@shop.se")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")

    # Said of a touchpoint, and seen on the map
    page.get_by_label("Your comment").fill("Why so few? 🙂 árvíztűrő שלום")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator("article")).to_contain_text("Why so few? 🙂 árvíztűrő שלום")
    page.goto("/map/journey")
    expect(page.locator("figure svg").first).to_contain_text("1 open comment")

    # Noted on a day, from the trend that shows it
    page.goto("/explore/trend?of=cart&every=day")
    page.locator("#notes summary").click()
    page.get_by_label("First day").fill("2026-05-05")
    page.get_by_label("What happened").fill("Campaign started")
    page.get_by_role("button", name="Add a note").click()
    expect(page.locator("figure svg").first).to_contain_text("5 May 2026: Campaign started")
    expect(page.locator("#notes li")).to_contain_text("Campaign started")

    # Saved for everyone, and found in Explore
    page.get_by_label("Name").fill("Carts by day")
    page.get_by_label("for everyone").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto("/explore")
    page.get_by_role("link", name="Carts by day").click()
    expect(page).to_have_url(re.compile(r"/explore/trend\?of=cart&every=day$"))

    # Composed by keyboard: a view, a text, and the text moved before it
    page.get_by_text("Add to a report").press("Enter")
    page.locator(".keep details").get_by_role("button", name="Add").press("Enter")
    expect(page).to_have_url(re.compile(r"/reports/composed/\d+/edit$"))
    page.get_by_label("Text").last.fill("The campaign brought many.")
    page.get_by_role("button", name="Add").last.press("Enter")
    page.get_by_role("button", name="Up: a text").press("Enter")
    expect(page.locator(".parts > li").first).to_contain_text("The campaign brought many.")

    # Shared, opened by somebody who is not signed in, and ended
    page.get_by_role("button", name="Make a link").click()
    link = page.locator(".good pre").inner_text()
    stranger = page.context.browser.new_context().new_page()  # type: ignore[union-attr]  # it was launched
    asked: list[str] = []
    stranger.on("request", lambda request: asked.append(request.url))
    stranger.goto(link)
    expect(stranger.locator("main")).to_contain_text("The campaign brought many.")
    expect(stranger.locator("svg").first).to_contain_text("Campaign started")
    assert [one for one in asked if not one.startswith("data:")] == [link]
    assert stranger.locator("a, form, script").count() == 0
    stranger.set_viewport_size({"width": 360, "height": 800})
    assert stranger.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(stranger, options={"runOnly": {"type": "tag", "values": _TAGS}}).response["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found] == []
    page.get_by_role("button", name="End it now").click()
    stranger.reload()
    expect(stranger.locator("main")).to_contain_text("shows nothing any more")
