"""Signing in by the company's provider in a real browser, over a server, in four languages."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, sync_playwright
from tests.support.chromium import browser
from tests.support.company_provider import SECRET, providing
from tests.support.company_visits import settings
from tests.support.properties import by_night
from tests.support.served import Served, new_shop

import resa
from resa.base.language import LANGUAGES

_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def tell(errors: list[str], said: ConsoleMessage) -> None:
    """Keep what the browser complains of."""
    if said.type == "error":
        errors.append(said.text)


def look(page: Page, address: str, errors: list[str], *, closely: bool) -> None:
    """See that a page is whole at two widths and in two looks."""
    page.wait_for_url(address)
    for width, scheme in ((360, "dark"), (1280, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        if not closely:
            continue
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": _TAGS}}).response["violations"]
        assert [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found] == [], page.url
    assert errors == []


@pytest.mark.parametrize("languages", by_night([("hu",), LANGUAGES], beyond=1), ids=str)
def test_somebody_signs_in_and_out_by_their_company(
    languages: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESA_OIDC_SECRET", SECRET)
    new_shop(tmp_path)
    with providing() as company, sync_playwright() as playwright:
        server = Served(tmp_path)
        settings(tmp_path, company, address=server.address)
        with resa.open(tmp_path) as shop:
            shop.people.invite("anna@shop.se", "Anna Lind", "admin")
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        with server:
            for language in languages:
                context = chromium.new_context(locale=language)
                page, errors = context.new_page(), list[str]()
                page.on("console", partial(tell, errors))
                at, closely = server.address, language in {"en", "hu"}
                page.goto(f"{at}/settings/account")
                look(page, f"{at}/sign-in?to=%2Fsettings%2Faccount", errors, closely=closely)
                page.click("a.button")
                look(page, f"{at}/settings/account", errors, closely=closely)
                page.goto(f"{at}/settings/people")
                look(page, f"{at}/settings/people", errors, closely=closely)
                page.click(".out button")
                look(page, f"{at}/sign-in?out=company", errors, closely=closely)
                assert page.get_attribute(".notice a", "href") == f"{company.issuer}/leave?client_id=resa-of-tests"
                company.as_new(sub="x", email="stranger@evil.example")
                page.click("a.button")
                page.wait_for_url("**/sign-in/company/back?*")
                assert page.text_content(".notice")
                page.goto(f"{at}/settings")
                page.wait_for_url(f"{at}/sign-in?to=%2Fsettings")
                company.as_new()
                context.close()
        chromium.close()
