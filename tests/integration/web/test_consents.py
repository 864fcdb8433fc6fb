"""Consents over HTTP, by the real server: recorded with a key, confirmed by a link that holds once."""

from __future__ import annotations

import http.client
import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.support.chromium import browser as executable
from tests.support.served import Served, new_shop

import resa

CONSENT = """
purposes: {marketing: {}, analytics: {}}
events: {need: analytics, from: web}
topics:
  letter:
    name: Weekly letter
    purpose: marketing
    double_opt_in: true
    wordings: {v1: "Send me the letter <b>once</b> a week."}
  offers: {purpose: marketing}
"""


class Shop(NamedTuple):
    folder: Path
    served: Served
    keys: dict[str, str]

    def ask(self, method: str, path: str, body: object = None, key: str = "") -> tuple[int, str, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.served.port, timeout=60)
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        with closing(connection):
            connection.request(method, path, content, {"Authorization": f"Bearer {key}"} if key else {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.getheaders())

    def say(self, what: str, about: str = "letter", key: str = "consent", **more: Any) -> tuple[int, Any]:
        body = {"identifier": {"kind": "email", "value": "Anna@shop.se"}, "about": about, "what": what, **more}
        status, text, _ = self.ask("POST", "/consents", body, self.keys[key])
        return status, json.loads(text)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    keys = {"web": new_shop(folder)}
    (folder / "consent.yaml").write_text(CONSENT)
    with resa.open(folder) as opened:
        keys["consent"] = opened.keys.make_for("consent", "backend")
        keys["metrics"] = opened.keys.make_for("metrics", "prometheus")
    with Served(folder) as served:
        yield Shop(folder, served, keys)
    with resa.open(folder) as opened:
        assert opened.verify() == []


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


def stands(shop: Shop, about: str) -> bool:
    with resa.open(shop.folder) as opened:
        return opened.consents.allows(("email", "anna@shop.se"), about)


def test_who_has_the_key_records_and_what_comes_again_counts_once(shop: Shop) -> None:
    assert shop.say("given", "offers", messageId="m1", page="https://shop.se/signup?id=7") == (200, {"success": True})
    assert stands(shop, "offers")
    assert shop.say("withdrawn", "offers") == (200, {"success": True})
    assert not stands(shop, "offers")
    assert shop.say("given", "offers", messageId="m1")[0] == 200  # a repeat of what was said before
    assert not stands(shop, "offers")
    with resa.open(shop.folder) as opened:
        first = opened.consents.of(("email", "anna@shop.se")).records[0]
        assert (first.who, first.source, first.page) == ("backend", "backend", "https://shop.se/signup")


def test_others_record_nothing(shop: Shop) -> None:
    assert shop.say("given", "offers", key="web")[0] == 401  # it stands in a page: anybody could speak for anybody
    assert shop.say("given", "offers", key="metrics")[0] == 401
    assert shop.say("given", "offer")[0] == 422
    assert "did you mean" in shop.say("given", "offer")[1]["detail"]
    assert shop.say("perhaps")[0] == 422
    assert shop.say("given", at="2026-05-01")[0] == 400
    assert shop.say("given", identifier={"kind": "email", "value": "nobody"})[0] == 422
    assert shop.ask("POST", "/consents", b"{", shop.keys["consent"])[0] == 400
    assert shop.ask("GET", "/consents", None, shop.keys["consent"])[0] == 405
    with resa.open(shop.folder) as opened:
        assert not any(one.what == "given" and one.source == "web" for one in opened.consents.of(ANNA).records)


ANNA = ("email", "anna@shop.se")


def test_a_link_confirms_once_and_only_when_it_is_pressed(shop: Shop, chromium: Browser) -> None:
    status, answer = shop.say("asked", wording="v1")
    assert status == 200
    path = answer["confirm"]
    for method in ("GET", "HEAD", "GET"):
        assert shop.ask(method, path)[0] == 200
    assert not stands(shop, "letter")  # scanners open links
    page = chromium.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(shop.served.address + path)
    assert page.locator("h1").inner_text() == "Do you agree to “Weekly letter”?"
    assert "<b>once</b>" in page.locator("main").inner_text()
    page.get_by_role("button").click()
    assert "withdraw it at any time" in page.locator("h1").inner_text()
    assert refused == []
    page.close()
    assert stands(shop, "letter")
    assert shop.ask("POST", path)[0] == 404
    assert shop.ask("GET", path)[0] == 404
    for other in (path[:-1] + ("A" if path[-1] != "A" else "B"), path.replace("/c/", "/c/1"), "/c/1-9-x"):
        assert shop.ask("POST", other)[0] == 404
    shop.say("withdrawn")
    assert not stands(shop, "letter")


def test_of_many_who_press_at_once_one_confirms(shop: Shop) -> None:
    path = shop.say("asked")[1]["confirm"]
    with ThreadPoolExecutor(25) as pool:
        found = Counter(pool.map(lambda _: shop.ask("POST", path)[0], range(50)))
    assert found == {200: 1, 404: 49}


def test_events_are_kept_with_the_person_only_where_she_consents(shop: Shop) -> None:
    said = [{"consent": {"categoryPreferences": {"Analytics": word}}} for word in (True, False)]
    calls: list[dict[str, Any]] = [
        {"type": "track", "event": "product_added", "userId": "u1", "context": said[0]},
        {"type": "track", "event": "product_added", "userId": "u2", "context": said[1]},
        {"type": "track", "event": "order_completed", "userId": "u3"},
    ]
    assert shop.ask("POST", "/v1/batch", {"batch": calls}, shop.keys["web"])[0] == 200
    began = time.monotonic()
    with resa.open(shop.folder) as opened:
        while sum(load.rows_in for load in opened.loads("web")) < len(calls):
            assert time.monotonic() - began < 60
            time.sleep(0.1)
        names = [row["identifiers"][0]["value"] for row in opened.store.rows("events").to_pylist()]
        counted = opened.store.rows("daily_numbers").column("properties").to_pylist()
    assert names == ["u1"]
    assert sorted(counted) == ['{"journey": "cart"}', '{"journey": "purchase"}']


def test_a_link_ends(tmp_path: Path) -> None:
    (tmp_path / "resa.toml").write_text("")
    (tmp_path / "consent.yaml").write_text(CONSENT)
    with resa.open(tmp_path) as opened:
        link = opened.consents.ask(ANNA, "letter", valid=timedelta(days=2), server="https://shop.se/")
        token = urlsplit(link).path.removeprefix("/c/")
        assert link.startswith("https://shop.se/c/")
        real, opened.clock = opened.clock, lambda: real() + timedelta(days=3)
        assert opened.consents.asked(token) is None
        assert opened.consents.confirm(token) is None
        opened.clock = real
        assert opened.consents.confirm(token) is not None
        assert opened.consents.confirm(token) is None
        assert opened.consents.allows(ANNA, "letter")
        again = opened.consents.ask(ANNA, "letter")
        opened.erase("anna@shop.se")
        assert opened.consents.confirm(urlsplit(again).path.removeprefix("/c/")) is None


def test_a_link_of_before_a_backup_was_restored_confirms_nothing_of_anybody_else(tmp_path: Path) -> None:
    shop, backup = tmp_path / "shop", tmp_path / "backup"
    shop.mkdir()
    (shop / "resa.toml").write_text("")
    (shop / "consent.yaml").write_text(CONSENT)
    with resa.open(shop) as opened:
        kept = opened.consents.ask(ANNA, "letter")
    shutil.copytree(shop, backup)
    with resa.open(shop) as opened:
        lost = opened.consents.ask(("email", "bo@shop.se"), "letter")
    with resa.open(backup) as opened:
        opened.consents.withdraw(ANNA, "letter")  # takes the number
        assert opened.consents.confirm(urlsplit(lost).path.removeprefix("/c/")) is None
        assert not opened.consents.allows(ANNA, "letter")
        assert opened.consents.confirm(urlsplit(kept).path.removeprefix("/c/")) is not None
