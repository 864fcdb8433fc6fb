"""The link of the first start, by the real server: the first person comes in by it once, and nobody else does."""

from __future__ import annotations

import http.client
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.support.chromium import browser as executable
from tests.support.properties import by_night
from tests.support.screens import PASSWORD
from tests.support.served import MAP, Served

import resa

FORM = {"content-type": "application/x-www-form-urlencoded"}


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


def ask(
    served: Served, method: str, path: str, body: str = "", **headers: str
) -> tuple[int, str, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    with closing(connection):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers


def opened(served: Served, path: str) -> dict[str, str]:
    """What the page of the link gives for its form."""
    status, text, headers = ask(served, "GET", path)
    assert status == 200
    found = re.search('name="_csrf_token" value="([^"]+)"', text)
    assert found is not None
    return {"_csrf_token": found[1], "cookie": headers["set-cookie"].partition(";")[0]}


def send(served: Served, path: str, form: dict[str, str], email: str, password: str = PASSWORD) -> int:
    body = urlencode({"_csrf_token": form["_csrf_token"], "email": email, "name": "", "password": password})
    return ask(served, "POST", path, body, cookie=form["cookie"], **FORM)[0]


def test_a_person_names_herself_and_makes_the_first_key(shop: Path, chromium: Browser) -> None:
    with Served(shop) as served:
        path = path_in(served)
        for _ in range(3):  # a chat program looks at every link that is sent by it
            assert ask(served, "GET", path)[0] == 200
        with resa.open(shop) as workspace:
            assert list(workspace.people.all()) == []
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        page.goto(served.address + path)
        assert page.locator("h1").inner_text() == "You are the first here"
        page.get_by_label("E-mail").fill("Anna@shop.se")
        page.get_by_label("Name, as others call you").fill("Anna")
        page.get_by_label("Password").fill("anna anna anna")
        page.get_by_role("button", name="Begin").click()
        assert "says little more than" in page.get_by_role("alert").inner_text()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Begin").click()
        assert page.locator(".who").inner_text() == "Anna"
        page.goto(f"{served.address}/settings/keys")
        page.locator("form.filters input[name=name]").fill("web")
        page.get_by_role("button", name="Make a key").click()
        key, script, curl, _ = page.locator("pre").all_inner_texts()
        assert script == f'<script async src="{served.address}/resa.js" data-key="{key}"></script>'
        assert curl.startswith(f"curl -u {key}: {served.address}/v1/track -d '")
        body = curl.partition(" -d '")[2].removesuffix("'")
        assert served.post("/v1/track", body.replace("{", f'{{"writeKey": "{key}", ', 1).encode()) == 200
        assert not [text for text in refused if "422" not in text]  # the wrong password's answer alone
        page.goto(served.address + path)
        assert page.locator("h1").inner_text() == "This link holds no more"
        context.close()
    assert key not in served.output
    assert PASSWORD not in served.output
    with resa.open(shop) as workspace:
        (anna,) = workspace.people.all()
        assert (anna.email, anna.name, anna.role) == ("anna@shop.se", "Anna", "admin")
        (entry,) = [one for one in workspace.audit.entries() if one.what == "person.first"]
        assert (entry.way, entry.who) == ("http", "anna@shop.se")
        assert sum(load.rows_in for load in workspace.loads("web")) == 1


def test_of_many_who_come_at_once_one_is_first(shop: Path) -> None:
    with Served(shop) as served:
        path = path_in(served)
        form = opened(served, path)
        with ThreadPoolExecutor(50) as pool:
            found = list(pool.map(lambda number: send(served, path, form, f"u{number}@shop.se"), range(50)))
    assert Counter(found) == {303: 1, 410: 49}
    with resa.open(shop) as workspace:
        assert [one.role for one in workspace.people.all()] == ["admin"]
        assert len(workspace.people.sessions()) == 1


def test_what_is_not_the_link_lets_nobody_in(shop: Path) -> None:
    with Served(shop) as served:
        path = path_in(served)
        form = opened(served, path)
        last = "A" if path[-1] != "A" else "B"
        demo = path.replace("setup", "demo")
        for other in (path[:-1] + last, path + "A", path[:-1], "/setup/x", "/setup/%ff", "/setup/" + "x" * 5_000, demo):
            assert ask(served, "GET", other)[0] == 404
            assert send(served, other, form, "eve@shop.se") in {404, 405}
        assert ask(served, "POST", path, urlencode({"email": "eve@shop.se", "password": PASSWORD}), **FORM)[0] == 403
        status, _, headers = ask(served, "GET", path)
        assert status == 200
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
    with resa.open(shop) as workspace:
        assert list(workspace.people.all()) == []


def test_it_holds_only_while_nobody_may_sign_in_and_each_start_has_another(shop: Path) -> None:
    with Served(shop) as served:
        former = path_in(served)
    with resa.open(shop) as workspace:
        token = workspace.people.invite("anna@shop.se", "Anna", "viewer")
    with Served(shop) as served:  # who is invited may not sign in before she accepts
        path = path_in(served)
        assert served.output.startswith("open this link in a browser to be the first")  # the one thing to do first
        assert "\n  listening at " in served.output
        assert path != former
        assert ask(served, "GET", former)[0] == 404
        form = opened(served, path)
        with resa.open(shop) as workspace:
            workspace.people.accept(token, PASSWORD)
        assert ask(served, "GET", path)[0] == 410
        assert send(served, path, form, "eve@shop.se") == 410
    with Served(shop) as served:
        assert ask(served, "GET", path)[0] == 404
    assert "/setup/" not in served.output
    assert "/settings/keys" in served.output
    with resa.open(shop) as workspace:
        assert [one.role for one in workspace.people.all()] == ["viewer"]


BUTTONS = {"hu": "Kezdés", "sv": "Börja", "nb": "Begynn"}


@pytest.mark.parametrize("language", by_night(BUTTONS, beyond=1))
def test_it_speaks_the_language_of_who_opens_it(language: str, shop: Path) -> None:
    with Served(shop) as served:
        text = ask(served, "GET", path_in(served), **{"accept-language": language})[1]
    assert f'<html lang="{language}">' in text
    assert f"<button>{BUTTONS[language]}</button>" in text
