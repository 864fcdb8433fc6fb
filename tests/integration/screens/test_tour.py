"""The tour: five steps, each on its page, begun and left on any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.screens import Visitor, visiting
from tests.support.served import new_shop

from resa.base.language import LANGUAGES
from resa.screens import beginning, tour_steps
from resa.screens.tour_steps import STEPS
from resa.workspace.people import Role


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("shop")
    new_shop(place)
    return place


@pytest.fixture
def admin(folder: Path) -> Iterator[Visitor]:
    with visiting(folder, "admin") as visitor:
        visitor.get("/")
        yield visitor


def go(visitor: Visitor, step: int, to: str = "/") -> str:
    """Press a button of the tour; where it leads."""
    answer = visitor.post("/tour", step=str(step), to=to)
    assert answer.status_code == 303
    return answer.headers["location"]


def panel(text: str) -> str:
    found = re.search(r'<aside class="tour".*?</aside>', text, re.DOTALL)
    return found[0] if found else ""


def test_it_leads_through_five_pages(admin: Visitor) -> None:
    assert panel(admin.get("/").text) == ""
    assert "Take the tour" in admin.get("/settings").text
    titles = set()
    for number, path in enumerate(STEPS, 1):
        assert go(admin, number) == path
        shown = panel(admin.get(path).text)
        assert f"{number} of 5" in shown
        assert "Go there" not in shown
        assert (f'value="{number + 1}"' in shown) == (number < 5)
        titles.add(re.findall("<h2>.*?</h2>", shown)[0])
    assert len(titles) == 5
    assert go(admin, 0, "/live") == "/live"
    assert panel(admin.get("/live").text) == ""


def test_who_goes_elsewhere_keeps_the_step_and_is_led_back(admin: Visitor) -> None:
    go(admin, 2)
    shown = panel(admin.get("/settings").text)
    assert "2 of 5" in shown
    assert "Go there" in shown
    assert go(admin, 2, "/settings") == "/map"
    assert "Go there" not in panel(admin.get("/map/journey").text)
    assert go(admin, 0, "/settings") == "/settings"


@pytest.mark.parametrize("step", ["6", "-1", "", "1e0", "٣", "x"])
def test_a_step_that_is_none_ends_it(admin: Visitor, step: str) -> None:
    go(admin, 1)
    answer = admin.post("/tour", step=step, to="//elsewhere.example/")
    assert answer.headers["location"] == "/"
    assert panel(admin.get("/").text) == ""
    if step.isascii():
        admin.client.cookies.set("resa-tour", step)
        assert panel(admin.get("/").text) == ""


@pytest.mark.parametrize(("role", "last"), [("viewer", "/reports"), ("analyst", "/live"), ("service", "/reports")])
def test_it_ends_on_a_page_that_the_role_may_see(folder: Path, role: Role, last: str) -> None:
    with visiting(folder, role) as visitor:
        visitor.get("/")
        for number in range(1, 6):
            path = go(visitor, number)
            answer = visitor.get(path)
            assert answer.status_code == 200
            assert f"{number} of 5" in panel(answer.text)
        assert path == last


def test_who_is_not_signed_in_sees_none(folder: Path) -> None:
    with visiting(folder) as stranger:
        stranger.client.cookies.set("resa-tour", "1")
        text = stranger.get("/sign-in").text
        assert panel(text) == ""
        assert "Take the tour" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_to_be_typed_is_named_as_a_terminal_finds_it(
    admin: Visitor, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    for place in (tour_steps, beginning):
        monkeypatch.setattr(place, "installed_program", lambda: ".venv/bin/resa")
    admin.client.cookies.set("resa-language", language)
    go(admin, 5)
    assert ".venv/bin/resa serve --new -w mine" in panel(admin.get("/live").text)
    assert ".venv/bin/resa serve --new -w mine" in admin.get("/start").text
