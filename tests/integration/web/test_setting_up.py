"""The link of the first start, by the real server: it makes the first key once, and nothing else does."""

from __future__ import annotations

import http.client
import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.support.chromium import browser as executable
from tests.support.served import MAP, Served

import resa

KEY = re.compile(r"resa_[0-9A-Za-z]{28}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "journey.yaml").write_text(MAP, encoding="utf-8")
    return tmp_path


def path_in(served: Served) -> str:
    """The path of the link that is printed after the address at which the server listens."""
    assert served.process.stderr is not None
    while (found := re.search(r"(http://127\.0\.0\.1:\d+)(/setup/\S+)", served.output)) is None:
        served.output += served.process.stderr.readline()
    assert found[1] == served.address
    return found[2]


def ask(served: Served, method: str, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    with closing(connection):
        connection.request(method, path, None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}


def test_a_person_opens_it_and_sends_with_what_it_shows(shop: Path, chromium: Browser) -> None:
    with Served(shop) as served:
        path = path_in(served)
        for method in ("GET", "HEAD", "GET"):  # a chat program looks at every link that is sent by it
            assert ask(served, method, path)[0] == 200
        with resa.open(shop) as opened:
            assert list(opened.keys.all()) == []
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        page.goto(served.address + path)
        assert page.locator("h1").inner_text() == "Make the first key"
        page.get_by_role("button").click()
        key, script, curl, tail = page.locator("pre").all_inner_texts()
        assert KEY.fullmatch(key)
        assert script == f'<script async src="{served.address}/resa.js" data-key="{key}"></script>'
        assert curl.startswith(f"curl -u {key}: {served.address}/v1/track -d '")
        assert tail == "resa tail"
        body = curl.partition(" -d '")[2].removesuffix("'")
        assert served.post("/v1/track", json.dumps({**json.loads(body), "writeKey": key}).encode()) == 200
        assert "not encrypted" not in page.locator("main").inner_text()
        assert refused == []
        page.reload()  # the browser sends the form again
        assert page.locator("h1").inner_text() == "This link holds no more."
        context.close()
        for method in ("GET", "POST", "HEAD"):
            assert ask(served, method, path)[0] == 410
    assert key not in served.output
    with resa.open(shop) as opened:
        (made,) = opened.keys.all()
        assert (made.name, made.source_id, made.scope) == ("web", "web", "collect")
        (entry,) = [one for one in opened.audit.entries() if one.what == "key.make"]
        assert entry.way == "http"
        assert sum(load.rows_in for load in opened.loads("web")) == 1


def test_of_many_who_press_at_once_one_gets_the_key(shop: Path) -> None:
    with Served(shop) as served:
        path = path_in(served)
        with ThreadPoolExecutor(25) as pool:
            found = list(pool.map(lambda _: ask(served, "POST", path), range(50)))
    assert Counter(status for status, _, _ in found) == {200: 1, 410: 49}
    assert len({key for _, text, _ in found for key in KEY.findall(text)}) == 1
    with resa.open(shop) as opened:
        assert len(opened.keys.all()) == 1


def test_what_is_not_the_link_makes_nothing(shop: Path) -> None:
    with Served(shop) as served:
        path = path_in(served)
        last = "A" if path[-1] != "A" else "B"
        for other in (path[:-1] + last, path + "A", path[:-1], "/setup/x", "/setup/%ff", "/setup/" + "x" * 5_000):
            for method in ("GET", "POST"):
                status, text, headers = ask(served, method, other)
                assert status == 404
                assert "<h1>There is nothing at this address.</h1>" in text
                assert headers["content-type"] == "text/html; charset=utf-8"
        assert ask(served, "PUT", path)[0] == 405
        status, _, headers = ask(served, "GET", path)
        assert status == 200
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'; style-src 'sha256-" in headers["content-security-policy"]
    with resa.open(shop) as opened:
        assert list(opened.keys.all()) == []


def test_it_holds_only_while_nobody_has_a_key_and_each_start_has_another(shop: Path) -> None:
    with Served(shop) as served:
        former = path_in(served)
    with Served(shop) as served:
        path = path_in(served)
        assert path != former
        assert ask(served, "POST", former)[0] == 404
        with resa.open(shop) as opened:
            opened.keys.make("shop")
        assert ask(served, "GET", path)[0] == 410
        assert ask(served, "POST", path)[0] == 410
        with resa.open(shop) as opened:
            opened.keys.revoke("shop")
            opened.keys.make_for("metrics", "web")  # it sends nothing, and has the name
        assert "data-key" in ask(served, "POST", path, Host='shop.se"><b>')[1]
    with resa.open(shop) as opened:
        assert [key.name for key in opened.keys.all()] == ["shop", "web", "web-2"]
    with Served(shop) as served:
        assert ask(served, "GET", path)[0] == 404
    assert "/setup/" not in served.output


def test_the_lines_name_the_address_that_was_asked(shop: Path) -> None:
    (shop / "resa.toml").write_text('trusted_proxies = ["127.0.0.1"]\n')
    with Served(shop) as served:
        proxied = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "Host": "events.shop.se"}
        text = ask(served, "POST", path_in(served), **proxied)[1]
    assert "https://events.shop.se/resa.js" in text
    assert "not encrypted" not in text


def test_whoever_reads_without_tls_is_told(shop: Path) -> None:
    with Served(shop) as served:
        text = ask(served, "POST", path_in(served), Host="events.shop.se:8787")[1]
    assert "http://events.shop.se:8787/resa.js" in text
    assert "not encrypted" in text


@pytest.mark.parametrize(
    ("language", "button"), [("sv", "Skapa nyckeln"), ("nb", "Lag nøkkelen"), ("hu", "Kulcs készítése")]
)
def test_it_speaks_the_language_of_the_map(language: str, button: str, shop: Path) -> None:
    (shop / "journey.yaml").write_text(MAP + f"language: {language}\n", encoding="utf-8")
    with Served(shop) as served:
        path = path_in(served)
        asked, shown = ask(served, "GET", path)[1], ask(served, "POST", path)[1]
    assert f'<html lang="{language}">' in asked
    assert f"<button>{button}</button>" in asked
    assert KEY.search(shown)
    assert "Your key" not in shown
