"""Hundreds of texts that would run in a page, sent by whoever may send events: none runs on any screen."""

from __future__ import annotations

import json
import re
import time
from itertools import cycle, product
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, sync_playwright
from tests.support.chromium import browser
from tests.support.screens import PASSWORD
from tests.support.served import Served, new_shop

from resa import workspace

ESCAPES: Final = ("", '">', "'>", "</textarea>", "</title>", "</script>", "-->", "]]>", "`", "</style>", "&quot;>")
RUNS: Final = (
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    "<svg onload=hit()>",
    "<svg><script>hit()</script></svg>",
    "<iframe srcdoc='<script>parent.hit()</script>'>",
    "<a href=javascript:hit()>x</a>",
    "<details open ontoggle=hit()>",
    "<input autofocus onfocus=hit()>",
    "<body onload=hit()>",
    "<math><mi xlink:href=javascript:hit()>",
    "<object data=javascript:hit()>",
    "<meta http-equiv=refresh content=0;url=javascript:hit()>",
    "<style>@import 'javascript:hit()'</style>",
    "<form action=javascript:hit()><button autofocus>x</button></form>",
    "' onmouseover=hit() x='",
    '" autofocus onfocus=hit() x="',
    "javascript:hit()",
    "{{7*7}}{% import 'os' as os %}",
    "${hit()}#{hit()}",
    "<base href=https://example.com/>",
    "<template><script>hit()</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=hit()>'>",
)
ENDS: Final = ("", "<!--", "//")
PAYLOADS: Final = [f"{escape}{run}{end}" for end, escape, run in product(ENDS, ESCAPES, RUNS)]
SENT: Final = 500


def calls() -> list[dict[str, object]]:
    """As many calls, each with payloads in every place that a sender fills."""
    texts = cycle(PAYLOADS)
    return [
        {
            "type": ("track", "page", "identify", "group")[number % 4],
            "event": next(texts)[:200],
            "name": next(texts),
            "groupId": next(texts),
            "userId": f"u{number}" if number % 3 else next(texts),
            "anonymousId": next(texts),
            "traits": {"email": f"{number}@example.com", "name": next(texts), next(texts): next(texts)},
            "properties": {"url": next(texts), "referrer": next(texts), "path": next(texts), next(texts): next(texts)},
            "context": {
                "page": {"title": next(texts), "referrer": next(texts), "url": next(texts)},
                "userAgent": next(texts),
                "campaign": {"name": next(texts), "source": next(texts)},
            },
        }
        for number in range(SENT)
    ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    folder = tmp_path_factory.mktemp("payloads") / "shop"
    key = new_shop(folder)
    with workspace.open(folder) as found:
        token = found.people.accept(found.people.invite("anna@shop.se", "<img src=x onerror=hit()>", "admin"), PASSWORD)
    return folder, key, token


def test_nothing_that_was_sent_runs(shop: tuple[Path, str, str]) -> None:
    folder, key, token = shop
    assert len(set(PAYLOADS)) >= SENT
    with Served(folder) as server, sync_playwright() as playwright:
        batch = calls()
        for first in range(0, SENT, 100):
            body = json.dumps({"batch": batch[first : first + 100], "writeKey": key}).encode()
            assert server.post("/v1/batch", body) == 200
        server.post("/v1/track", json.dumps({"userId": 1, "writeKey": key, "event": {"x": PAYLOADS[0]}}).encode())
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        context = chromium.new_context(base_url=server.address)
        context.add_cookies([{"name": "resa-session", "value": token, "url": server.address}])
        context.add_init_script("window.hits = 0; window.hit = () => { window.hits += 1 }")
        page = context.new_page()
        page.set_default_timeout(30_000)
        wait_for_events(page)
        check(page)
        chromium.close()


def wait_for_events(page: Page) -> None:
    """Until what was sent is on the screens."""
    began = time.monotonic()
    while "onerror" not in page.goto("/live/tracking/journey").text():  # type: ignore[union-attr]
        assert time.monotonic() - began < 60
        time.sleep(0.5)


ADDRESSES: Final = (
    "/",
    "/live",
    "/live/tracking/journey",
    "/edit/journey/new?event=<img+src=x+onerror=alert(1)>&shown=&text=event+is+not+null",
    "/edit/journey/when/cart?shown=&text=properties.referrer+like+'%25onerror%25'",
    "/segment-builder?name=<script>alert(1)</script>&shown=&text=traits.name+is+not+null+or+traits.x+=+'</textarea><script>'",
    "/map/journey",
    "/data-health",
    "/settings/people",
    "/explore/touchpoints?by=properties.referrer",
    "/explore/channels",
    "/settings/audit",
    "/segments",
    *(f"/customers/show?kind=user_id&value=u{number}" for number in (1, 2, 4, 5, 7, 8)),
)
RUNNING: Final = "main img, main iframe, main object, main base, [onerror], [onload], [onfocus]"


def check(page: Page) -> None:
    """Look at every screen that shows any of it: nothing ran, nothing tried to, nothing was asked elsewhere."""
    told: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            told.append(f"{page.url}: {message.text}")

    def asked(request: Request) -> None:
        if "example.com" in request.url:
            told.append(request.url)

    page.on("console", heard)
    page.on("dialog", lambda dialog: told.append(dialog.message))
    page.on("request", asked)
    shown = 0
    for address in ADDRESSES:
        page.goto(address)
        if re.search(r"/customers/[^/?]+$", page.url):
            page.goto(f"{page.url}/events")
        content = page.content()
        shown += "onerror" in content or "hit()" in content
        assert page.evaluate("window.hits") == 0, address
        assert page.locator(RUNNING).count() == 0, address
    assert shown >= 8, "the payloads are on the screens"
    assert told == []
