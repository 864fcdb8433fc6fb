"""In a real browser: an unknown event becomes a touchpoint that is measured, and a segment is built and counted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from tests.support.chromium import browser
from tests.support.screens import PASSWORD
from tests.support.served import Served, new_shop

from resa import workspace

SENT = (("anna", "product_added", 40), ("anna", "review", 5), ("bo", "review", 2), ("cecilia", "review", 4))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("composing") / "shop"


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator[Page]:
    """A page of somebody who may edit, of a server that takes events."""
    key = new_shop(folder)
    with workspace.open(folder) as shop:
        token = shop.people.accept(shop.people.invite("anna@shop.se", "Anna Berg", "marketer"), PASSWORD)
    with Served(folder) as server, sync_playwright() as playwright:
        began = datetime.now(UTC) - timedelta(minutes=10)
        calls = [
            {
                "type": "track",
                "userId": who,
                "event": event,
                "messageId": f"m{number}",
                "timestamp": (began + timedelta(seconds=number)).isoformat(),
                "properties": {"stars": stars},
            }
            for number, (who, event, stars) in enumerate(SENT)
        ]
        assert server.post("/v1/batch", json.dumps({"writeKey": key, "batch": calls}).encode()) == 200
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        context = chromium.new_context(base_url=server.address, locale="en-GB")
        context.add_cookies([{"name": "resa-session", "value": token, "url": server.address}])
        found = context.new_page()
        found.set_default_timeout(20_000)
        yield found
        chromium.close()


def again(page: Page, path: str, words: str) -> None:
    """Look at a page until it says something: what was saved is taken up within seconds."""
    began = time.monotonic()
    while True:
        page.goto(path)
        if words in page.inner_text("main"):
            return
        assert time.monotonic() - began < 30, page.inner_text("main")
        time.sleep(0.5)


def test_an_unknown_event_becomes_a_touchpoint_that_is_measured(page: Page, folder: Path) -> None:
    again(page, "/live/tracking/journey", "Make a touchpoint")
    page.get_by_role("link", name="Make a touchpoint: review").click()
    expect(page.get_by_text("3 of the last 4 events match")).to_be_visible()
    page.wait_for_load_state()
    page.get_by_label("In the stage").select_option("conversion")

    # A row more, chosen by keyboard; text and matches follow while one types
    page.get_by_label("Field 2").focus()
    page.keyboard.type("stars")
    page.get_by_label("Comparison 2").select_option("is at least")
    page.get_by_label("Value 2").fill("4")
    text = page.get_by_label("The same as an expression")
    expect(text).to_have_value("event = 'review' and properties.stars >= 4")
    expect(page.get_by_text("2 of the last 4 events match")).to_be_visible()

    # The text changes the rows
    text.fill("event = 'review' and properties.stars >= 3")
    expect(page.get_by_label("Value 2")).to_have_value("3")
    text.fill("event = 'review' and propertis.stars >= 3")
    expect(page.locator("mark")).to_have_text("propertis.stars")
    text.fill("event = 'review' and properties.stars >= 3")
    expect(page.get_by_text("2 of the last 4 events match")).to_be_visible()
    page.get_by_role("button", name="Keep in the draft").click()

    # On the wall, and from there back to its condition
    page.wait_for_url("**/edit/journey?touchpoint=review#opened")
    page.get_by_role("link", name="By which events it is seen").click()
    page.wait_for_url("**/when/**")
    page.get_by_label("Value 2").fill("5")
    expect(page.get_by_text("1 of the last 4 events match")).to_be_visible()
    page.get_by_role("button", name="Keep in the draft").click()
    page.get_by_role("link", name="Look at it and save").click()
    page.get_by_role("button", name="Save into journey.yaml").click()
    page.wait_for_url("**/map/journey")
    assert "event = 'review' and properties.stars >= 5" in (folder / "journey.yaml").read_text(encoding="utf-8")
    again(page, "/live/tracking/journey", "properties.stars >= 5")
    row = page.locator("tr", has=page.get_by_role("rowheader", name="Review", exact=True)).first
    expect(row).to_contain_text("comes")
    assert "1" in row.inner_text().split()


def test_a_segment_is_built_counted_and_followed(page: Page, folder: Path) -> None:
    page.goto("/segments")
    page.get_by_role("link", name="Make a segment").click()
    page.wait_for_url("**/segment-builder*")
    page.get_by_label("Name").fill("Has a cart")
    page.get_by_label("Field 1").select_option("count(cart)")
    page.get_by_label("in the last").first.fill("90 days")
    page.get_by_label("Comparison 1").select_option("is at least")
    page.get_by_label("Value 1").fill("1")
    expect(page.get_by_text("1 of 3 customers")).to_be_visible()
    expect(page.get_by_label("The same as an expression")).to_have_value("count(cart, last => '90 days') >= 1")

    # One row more by its button, taken away again
    page.get_by_role("button", name="One more row").click()
    expect(page.get_by_label("Field 2")).to_be_focused()
    page.get_by_label("Field 2").select_option("has_open()")
    page.get_by_label("Comparison 2").select_option("is not true")
    expect(page.get_by_text("0 of 3 customers")).to_be_visible()
    page.get_by_role("button", name="One more row").click()
    page.get_by_role("button", name="Take row 2 away").click()
    expect(page.get_by_text("1 of 3 customers")).to_be_visible()
    page.get_by_role("button", name="Save into segments.yaml").click()
    page.wait_for_url("**/segments/has_a_cart")
    assert "count(cart, last => '90 days') >= 1" in (folder / "segments.yaml").read_text(encoding="utf-8")

    # The server that runs follows it from now on
    again(page, "/segments/has_a_cart", "Followed since")
    assert "anna" in page.inner_text("main")


def test_a_condition_is_changed_without_a_script(page: Page) -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False, base_url=page.url.partition("/segments")[0])
    context.add_cookies(page.context.cookies())  # type: ignore[arg-type]  # what it gives is what it takes
    plain = context.new_page()
    plain.goto("/edit/journey/when/cart")
    plain.get_by_label("Field 2").select_option("properties.stars")
    plain.get_by_label("Comparison 2").select_option("is more than")
    plain.get_by_label("Value 2").fill("39")
    plain.get_by_role("button", name="Count").last.click()
    expect(plain.get_by_text("1 of the last 4 events match")).to_be_visible()
    expect(plain.get_by_label("The same as an expression")).to_have_value(
        "event = 'product_added' and properties.stars > 39"
    )
    plain.get_by_role("button", name="Keep in the draft").click()
    expect(plain.get_by_text("One change is not saved yet")).to_be_visible()
    context.close()
