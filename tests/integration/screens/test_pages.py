"""Pages about a workspace whose every text tries to break out of them, in every language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from tests.support.hostile_shop import hostile
from tests.support.screens import Visitor, visiting

from resa.base.language import LANGUAGES, in_language, sentence
from resa.screens.frame import script

PAGES = (
    "/",
    "/map",
    "/map/journey",
    "/map/journey?lanes=blueprint&persona=everyone",
    "/map/journey?plain=1",
    "/map/journey?persona=*",
    "/map/journey?from=2026-03-01&until=2026-03-31&against=before",
    "/map/journey/present",
    "/map/journey/present?slide=2",
    "/edit/journey",
    "/edit/journey?touchpoint=start",
    "/edit/journey/text",
    "/edit/journey/entries",
    "/edit/journey/changes",
    "/edit/journey/history",
    "/map/journey/start",
    "/map/journey/end",
    "/reports",
    "/reports/journey",
    "/live",
    "/live/tracking/journey",
    "/data-health",
    "/settings",
    "/settings/account",
    "/settings/people",
    "/settings/keys",
    "/settings/audit",
    "/settings/file",
)

WRONG = {
    "/map/jurney": 404,
    "/map/journey?lanes=all-of-them": 404,
    "/map/journey?persona=nobody": 404,
    "/map/journey/nowhere": 404,
    "/map/journey?from=yesterday": 404,
    "/map/journey?until=9999-12-31": 404,
    "/map/journey?from=2026-03-02&until=2026-03-01": 422,
    "/map/journey?from=2026-03-02&against=year": 422,
    "/edit/jurney": 404,
    "/map/journey/present?slide=0": 404,
    "/map/journey/present?slide=99": 404,
    "/map/jurney/present": 404,
    "/map/journey/files/journey.exe": 404,
    "/reports/nothing": 404,
    "/nothing/at/all": 404,
}

OURS = ("script", {"type": "module", "src": f"/static/{script()[0]}"})
"""The one script that there is, by its own name; what stands between its tags would be found as another."""

RUNNING = {"script", "iframe", "object", "embed", "base", "foreignobject"}


class Tags(HTMLParser):
    """What a page is made of, as a browser reads it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    folder = tmp_path_factory.mktemp("hostile") / "shop"
    with hostile(folder) as shop:
        shop.collect()
        shop.keys.make("<script>alert(6)</script>", "web")
        shop.people.invite("mallory@evil.example", "<img src=x onerror=alert(7)>")
    with visiting(folder, "admin") as visitor:
        yield visitor


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_nothing_that_people_or_data_say_becomes_markup(admin: Visitor, path: str, language: str) -> None:
    admin.client.cookies.set("resa-language", language)
    answer = admin.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for tag, attributes in Tags(answer.text).found:
        if (tag, attributes) == OURS:
            continue
        assert tag not in RUNNING
        assert not [name for name in attributes if name.startswith("on")]
        assert not (attributes.get("href") or "").startswith(("javascript", "//", "http")), attributes
        assert not attributes.get("src")
    if not path.startswith("/reports/"):  # a report is of one language, that of its map
        assert f'<html lang="{language}">' in answer.text
        if "/present" not in path:  # slides are alone in the room
            assert '<form class="out" method="post" action="/sign-out">' in answer.text


@pytest.mark.parametrize("path", WRONG)
def test_what_there_is_not_is_said_on_a_page(admin: Visitor, path: str) -> None:
    answer = admin.get(path)
    assert answer.status_code == WRONG[path]
    assert "<h1" in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("from=2026-03-02&until=2026-03-01", "the last day lies before the first one"),
        ("from=2026-03-02&against=before", "say the first and the last day of what is to be compared"),
        ("against=year", "say the first and the last day of what is to be compared"),
    ],
)
def test_days_of_a_map_that_do_not_go_together_are_told_beside_what_was_typed(
    admin: Visitor, query: str, why: str
) -> None:
    html = admin.get(f"/map/journey?{query}").text
    assert any(in_language(sentence(why), language) in html for language in LANGUAGES)
    for name, value in parse_qsl(query):
        assert re.search(rf'name="{name}"[^>]* value="{value}"|value="{value}" selected', html), name
    assert "<svg" in html
    assert 'action="/views"' not in html  # it could not be opened again


def test_a_map_as_planned_is_compared_with_nothing(admin: Visitor) -> None:
    answer = admin.get("/map/journey?plain=1&against=before")
    assert answer.status_code == 200
    assert 'action="/views"' in answer.text


@pytest.mark.parametrize(
    ("form", "begins"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("pptx", b"PK"), ("xlsx", b"PK")]
)
def test_the_map_is_taken_away_as_a_file(admin: Visitor, form: str, begins: bytes) -> None:
    answer = admin.get(f"/map/journey/files/journey.{form}")
    assert answer.status_code == 200
    assert answer.content.startswith(begins)
    assert answer.headers["content-disposition"] == f'attachment; filename="journey.{form}"'


def test_names_are_for_those_who_need_them(admin: Visitor, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("named") / "shop"
    with hostile(folder) as shop:
        shop.collect()
    with visiting(folder, "analyst") as analyst:
        assert "secret-" not in analyst.get("/live").text
    assert "secret-" in admin.get("/live").text


def test_an_edit_of_the_files_is_seen_at_once(tmp_path: Path) -> None:
    with hostile(tmp_path / "shop") as shop:
        shop.collect()
    with visiting(tmp_path / "shop", "viewer") as visitor:
        assert "A new title" not in visitor.get("/").text
        path = tmp_path / "shop" / "journey.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("title: ", "title: A new title  # ", 1), encoding="utf-8")
        assert "A new title" in visitor.get("/").text
