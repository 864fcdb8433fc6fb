"""Take the README's pictures of the screens: `make screenshots`. A demo is served, and looked at in Chromium."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

IMAGES: Final = Path(__file__).resolve().parent.parent / "docs" / "images"
SIZE: Final = ViewportSize(width=1280, height=980)
COLOURS: Final = 128
"""Enough for flat colours and text; a quarter of the size."""

_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_LINK: Final = re.compile(r"(http://127\.0\.0\.1:\d+)/demo/\S+")


def show_map(page: Page, home: str) -> None:
    """The map with its numbers."""
    page.goto(f"{home}/map/journey")


def show_explorer(page: Page, home: str) -> None:
    """A funnel with two groups beside each other."""
    page.goto(f"{home}/explore/funnel")
    page.locator("figure, .picture").first.scroll_into_view_if_needed()


def show_customer(page: Page, home: str) -> None:
    """Somebody who bought, opened from the number of a funnel."""
    page.goto(f"{home}/explore/funnel")
    page.locator("a[href*='/people?']").last.click()
    page.locator("main a[href*='/customers/']").first.click()
    page.goto(page.url.partition("?")[0])  # as she is now, from the top


def show_wall(page: Page, home: str) -> None:
    """The wall on which a map is edited."""
    page.goto(f"{home}/edit/journey?touchpoint=checkout")


SHOWN: Final[dict[str, Callable[[Page, str], None]]] = {
    "screen_map": show_map,
    "screen_explore": show_explorer,
    "screen_customer": show_customer,
    "screen_edit": show_wall,
}


def main() -> None:
    """Take all pictures."""
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        sys.exit("no Chromium is installed; on Debian: apt install chromium")
    with TemporaryDirectory(prefix="resa-screenshots-") as folder:
        command = [str(Path(sys.executable).with_name("resa")), "demo", f"{folder}/shop", "--no-open"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
            try:
                printed = (_LINK.search(line) for line in demo.stdout or ())
                link = next(filter(None, printed), None)
                if link is None:
                    sys.exit("the demo did not start")
                take_all(browser, link[0], link[1])
            finally:
                demo.terminate()


def take_all(browser: str, link: str, home: str) -> None:
    """Sign in by the link, and take each picture."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport=SIZE, locale="en-GB", color_scheme="light")
        page.goto(link)
        if (leave := page.locator("form.tour button, .tour button").last).count():
            leave.click()
        for name, show in SHOWN.items():
            show(page, home)
            path = IMAGES / f"{name}.png"
            page.screenshot(path=path)
            with Image.open(path) as picture:
                picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)
            sys.stdout.write(f"wrote {path.name}, {path.stat().st_size // 1000} kB\n")
        chromium.close()


if __name__ == "__main__":
    main()
