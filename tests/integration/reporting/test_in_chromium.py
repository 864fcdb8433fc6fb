"""The report and the page of `resa map watch` in a real browser: accessible, inert, laid out, and without a network."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from tests.support.chromium import browser as chromium
from tests.support.hostile_shop import hostile

from resa.cli.watch import PageServer
from resa.drawing import draw_map, font_css, tokens_css
from resa.reporting import HtmlReport
from resa.workspace import Workspace

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def files(report: HtmlReport, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports by what is special about them."""
    folder = tmp_path_factory.mktemp("pages")
    pages = {"demo": report.html}
    with hostile(folder / "shop") as shop:
        pages["empty"] = shop.report().html
        shop.collect()
        pages["hostile"] = shop.report(names=True).html
    for name, html in pages.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in pages}


def shown(browser: Browser, address: str, *, width: int = 1440, dark: bool = False) -> tuple[Page, list[str]]:
    """The page, and what it asked for and complained of."""
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", reduced_motion="reduce"
    )
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(f"console: {message.text}"))
    page.on("dialog", lambda dialog: seen.append(f"dialog: {dialog.message}"))
    page.goto(address)
    page.evaluate("document.fonts.ready.then(() => null)")
    return page, seen


def violations(page: Page, rules: list[str] = RULES) -> list[str]:
    found = Axe().run(page, options={"runOnly": rules}).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["demo", "empty", "hostile"])
def test_a_report_breaks_no_rule_of_accessibility(
    browser: Browser, files: dict[str, Path], name: str, *, dark: bool
) -> None:
    page, _ = shown(browser, files[name].as_uri(), dark=dark)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    # Only colours differ in the dark, and all rules take long on a large page.
    assert violations(page, ["color-contrast"] if dark else RULES) == []
    page.close()


@pytest.mark.parametrize("name", ["demo", "empty", "hostile"])
def test_a_report_asks_the_network_for_nothing_and_runs_nothing(
    browser: Browser, files: dict[str, Path], name: str
) -> None:
    page, seen = shown(browser, files[name].as_uri())
    page.emulate_media(media="print")
    page.wait_for_timeout(200)
    assert [address for address in seen if not address.startswith("data:")] == [files[name].as_uri()]
    assert page.evaluate("document.querySelectorAll('script, iframe, object, foreignObject, [onerror]').length") == 0
    page.close()


@pytest.mark.parametrize("name", ["demo", "empty", "hostile"])
def test_nothing_is_wider_than_the_screen(browser: Browser, files: dict[str, Path], name: str) -> None:
    page, _ = shown(browser, files[name].as_uri())
    for width in (390, 768, 1440, 2560):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate(
            """() => [...document.querySelectorAll('body *')]
            .filter(one => !one.closest('.scroll svg, .scroll table'))
            .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
            .map(one => one.outerHTML.slice(0, 120))"""
        )
        assert wide == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_tables_stay_tables_on_a_phone(browser: Browser, files: dict[str, Path]) -> None:
    page, _ = shown(browser, files["hostile"].as_uri(), width=390)
    rows = page.get_by_role("table", name="What we expect of customers").get_by_role("row")
    assert rows.count() == 2
    assert rows.nth(1).get_by_role("cell").count() == 5
    assert violations(page) == []
    page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_on_paper_the_map_comes_last_and_no_page_is_empty(
    browser: Browser, files: dict[str, Path], tmp_path: Path, *, dark: bool
) -> None:
    page, _ = shown(browser, files["demo"].as_uri(), dark=dark)
    sheets = page.locator(".sheets figure").count()
    signs = "[...document.querySelectorAll('.verdict')].map(one => getComputedStyle(one, '::before').printColorAdjust)"
    assert set(page.evaluate(signs)) == {"exact"}
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    page.close()
    text = subprocess.run(
        ["pdftotext", tmp_path / "report.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    pages = text.removesuffix("\f").split("\f")
    assert all(len(words.strip()) > 100 for words in pages)
    assert f"Sheet {sheets} of {sheets}" in pages[-1]
    grey = subprocess.run(
        ["pdftoppm", "-gray", "-r", "20", "-l", "1", tmp_path / "report.pdf"], capture_output=True, check=True
    ).stdout
    assert sorted(grey[-10_000:])[5_000] > 250  # dark letters on light paper, whatever the reader's screen is like


def test_pictures_within_the_workspace_are_carried_inside(files: dict[str, Path]) -> None:
    html = files["hostile"].read_text(encoding="utf-8")
    assert html.count("data:image/png;base64,") == 2  # the persona's face, on the screen's map and on the printed one
    assert "image/svg" not in html
    assert "Picture: evil.svg" in html
    assert "Picture: outside.png" in html


def test_the_keyboard_reaches_every_part(browser: Browser, files: dict[str, Path]) -> None:
    page, _ = shown(browser, files["demo"].as_uri())
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        name = "e => (e.getAttribute('href') || e.getAttribute('aria-label') || e.tagName)"
        reached.add(page.evaluate(f"({name})(document.activeElement)"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none" or page.evaluate("document.activeElement === document.body")
    assert {"#map", "#data", "The journey", "What we promised", "SUMMARY"} <= reached
    page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_watched_map_is_accessible_and_redrawn(browser: Browser, shop: Workspace, *, dark: bool) -> None:
    server = PageServer(0, font_css() + tokens_css())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    svg = draw_map(shop.map())
    server.show(
        f'<div class="map" tabindex="0" role="region" aria-label="Map">{svg.inline("m")}</div>',
        title="A map",
        language="en",
    )
    page, seen = shown(browser, server.address, width=390, dark=dark)
    assert violations(page) == []
    server.show(
        '<div class="problems" role="alert"><p>Not drawn yet</p><ul><li>x</li></ul></div>', title="B", language="en"
    )
    page.wait_for_selector(".problems")
    assert page.title() == "B"
    assert violations(page) == []
    assert not [line for line in seen if line.startswith(("console:", "dialog:"))]
    assert all(line.startswith((server.address, "data:")) for line in seen)
    page.close()
    server.shutdown()
    server.server_close()
