"""A new user in a browser: from an empty folder to a map of their own, measured on their own file, without reading."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.support.chromium import browser as executable
from tests.support.served import Served

PASSWORD = "a long sentence of tests"  # noqa: S105 - of tests


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """More than the largest body of events: 20,000 rows of a shop, with names of columns of its own."""
    rows = ["who;did;at;paid"]
    for number in range(9_000):
        day, minute = number % 28 + 1, number % 60
        rows.append(f"visitor-{number};saw product;2026-10-{day:02} 09:{minute:02};")
        if number % 3:
            rows.append(f"visitor-{number};put in cart;2026-10-{day:02} 10:{minute:02};")
        if number % 2:
            rows.append(f"visitor-{number};bought;2026-10-{day:02} 11:{minute:02};249,50")
    found = tmp_path / "Our events.csv"
    found.write_text("\n".join(rows), encoding="utf-8")
    assert found.stat().st_size > 600_000
    return found


def link_of(served: Served) -> str:
    assert served.process.stderr is not None
    while (found := re.search(r"http://127\.0\.0\.1:\d+/setup/\S+", served.output)) is None:
        served.output += served.process.stderr.readline()
    return found[0]


def check_map(page: Page) -> None:
    """The map is there, with its numbers."""
    page.wait_for_url("**/map")
    text = page.locator("main").inner_text()
    assert "Saw product" in text
    assert "9,000" in text


def test_by_mouse(tmp_path: Path, file: Path, chromium: Browser) -> None:
    with Served(tmp_path / "mine", "--new") as served:
        page = chromium.new_context(java_script_enabled=False).new_page()
        page.set_default_timeout(90_000)
        page.goto(link_of(served))
        began = time.monotonic()
        page.get_by_label("E-mail").fill("anna@shop.se")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Begin").click()
        assert page.locator("h1").inner_text() == "Your own data"
        page.get_by_label("File").set_input_files(file)
        page.get_by_role("button", name="Upload").click()
        page.get_by_label("When it happened").select_option("at")
        page.get_by_label("What happened").select_option("did")
        page.get_by_label("Who did it").select_option("who")
        page.get_by_role("button", name="Look again").click()
        page.get_by_role("button", name="Draw the map").click()
        check_map(page)
        assert time.monotonic() - began < 600
        page.get_by_role("link", name="Home").click()
        assert "9,000" in page.locator("main").inner_text()
        page.context.close()
    assert served.process.returncode == 0


def press_to(page: Page, words: str) -> None:
    """Press Tab until what has these words, or this label, has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        said = page.evaluate(
            "() => { const at = document.activeElement;"
            " return [at.labels?.[0]?.innerText ?? '', at.tagName === 'BUTTON' ? at.innerText : ''].join(' ') }"
        )
        if words in said:
            return
    raise AssertionError(f"Tab does not lead to {words!r}")


def test_by_keyboard_alone(tmp_path: Path, file: Path, chromium: Browser) -> None:
    with Served(tmp_path / "mine", "--new") as served:
        page = chromium.new_context().new_page()
        page.set_default_timeout(90_000)
        page.on("filechooser", lambda _: None)  # the browser is told now that we take its choosers, not beside the key
        page.goto(link_of(served))
        began = time.monotonic()
        press_to(page, "E-mail")
        page.keyboard.type("anna@shop.se")
        press_to(page, "Password")
        page.keyboard.type(PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        press_to(page, "File")
        with page.expect_file_chooser() as chosen:
            page.keyboard.press("Space")
        chosen.value.set_files(file)
        press_to(page, "Upload")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        for label, column in (("When it happened", "at"), ("What happened", "did"), ("Who did it", "who")):
            press_to(page, label)
            page.keyboard.type(column)
        press_to(page, "Look again")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        press_to(page, "Draw the map")
        page.keyboard.press("Enter")
        check_map(page)
        assert time.monotonic() - began < 600
        page.context.close()
