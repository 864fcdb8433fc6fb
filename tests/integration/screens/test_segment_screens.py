"""Segments on the screens: numbers for everybody, names for those who may know them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.support.known_customers import Browser, made_shop, screens_of
from tests.support.programs import asking

import resa
from resa.workspace.people import Role

Screens = Callable[[Role], Browser]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_shop(tmp_path_factory.mktemp("shops") / "shop")


@pytest.fixture(scope="module")
def screens(folder: Path) -> Iterator[Screens]:
    with screens_of(folder) as screens:
        yield screens


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_all_segments_with_size_share_and_trend(screens: Screens) -> None:
    html = screens("viewer").get("/segments").text
    assert "Regulars Owner: Karin Counted as of" in words(html)
    assert "traits.town in ('Lund', 'Malmö')" in unescape(html)
    assert html.count("<svg") == 2
    assert 'href="/segments/regulars"' in html


def test_one_segment_names_its_members_to_those_who_may_know(screens: Screens) -> None:
    html = screens("marketer").get("/segments/regulars").text
    address = re.search(r'href="(/customers/[0-9a-f]{32})">anna</a>', html)
    assert address is not None
    assert screens("marketer").get(address[1]).status_code == 200
    assert "In the south 1 100%" in words(html)
    assert re.search(r"entered anna while nobody looked", words(html))
    assert "all of these" in html


def test_who_saw_the_names_of_a_segment_is_written_down(screens: Screens, folder: Path) -> None:
    for role in ("viewer", "service"):
        assert screens(role).get("/segments/southern").status_code == 200
    with resa.open(folder) as shop:
        noted = [one for one in shop.audit.entries() if one.detail.get("segment") == "southern"]
    assert [(one.what, one.who, one.detail["customers"]) for one in noted] == [("people.show", "service@shop.se", 2)]


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_others_see_counts_and_no_name(screens: Screens, role: Role) -> None:
    html = screens(role).get("/segments/regulars").text
    assert "anna" not in html
    assert "/customers/" not in html
    assert "entered while nobody looked" not in words(html), "that somebody did tells of few"
    assert "groups of fewer than 5 customers are not shown to your role" in words(html)
    assert screens(role).send("/segments/regulars/export", form="csv").status_code == 403


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_who_may_not_know_names_is_not_told_how_few_are_in_a_segment(
    screens: Screens, folder: Path, role: Role
) -> None:
    table = re.search(r'<table class="segments">.*?</table>', screens(role).get("/segments").text, re.DOTALL)
    assert table
    assert re.findall(r'<td class="number">([^<]+)</td>', table[0]) == ["fewer than 5", "–"] * 2
    assert not re.search(r"from [0-4] to|to [0-4]\b", words(table[0]))
    pages = [
        screens(role).get(f"/segments/{key}").text
        for key in ("regulars", "southern", "regulars/ages/unknown", "southern/ages/day")
    ]
    pages.append(screens(role).get("/segment-overlaps/journey").text)
    for page in pages[:2]:
        assert "fewer than 5" in page
        numbers = re.findall(r'<td class="number">(?:<a[^>]*>)?([^<]+)', page)
        assert set(numbers) <= {"fewer than 5", "–"}, numbers
    assert not re.findall(r'<td class="number">', pages[4])
    assert "<svg" not in pages[4].partition("<main")[2].partition("</main>")[0]
    health = words(screens("analyst").get("/data-health").text)
    assert "Regulars fewer than 5" in health
    assert "In the south fewer than 5" in health
    named = screens("marketer").get("/segments").text
    assert "fewer than" not in named
    for scopes, told in ((("read:numbers",), None), (("read:numbers", "read:names"), 1)):
        with asking(folder, *scopes) as program:
            line = program.get("/segments").json()["data"][0]
            assert (line["customers"], line["share"] is None, line["trend"][-1]) == (told, told is None, told)
            detail = program.get("/segments/regulars").json()
            assert detail["size"] == line
            assert {one["changes"] for one in detail["flows"]} == ({told} if told else set())
            assert {one["customers"] for one in detail["overlaps"]} == {told}


def test_the_list_is_a_file_and_who_took_it_is_written_down(screens: Screens, folder: Path) -> None:
    browser = screens("marketer")
    csv = browser.send("/segments/southern/export", form="csv")
    assert csv.headers["content-disposition"] == 'attachment; filename="southern.csv"'
    assert {line.split(",")[1].strip('"') for line in csv.text.splitlines()[1:]} == {"anna", "bo"}
    parquet = browser.send("/segments/southern/export", form="parquet")
    assert pq.read_table(io.BytesIO(parquet.content)).num_rows == 2
    assert browser.send("/segments/southern/export", form="xlsx").content.startswith(b"PK")
    for wrong in ("exe", "", "../csv"):
        assert browser.send("/segments/southern/export", form=wrong).status_code == 404
    with resa.open(folder) as shop:
        noted = [one for one in shop.audit.entries() if one.what == "segment.export"]
    assert {one.who for one in noted} == {"marketer@shop.se"}
    assert len(noted) == 3


def test_a_segment_that_is_none_says_so(screens: Screens) -> None:
    browser = screens("marketer")
    for answer in (browser.get("/segments/none"), browser.send("/segments/none/export", form="csv")):
        assert answer.status_code == 404
        assert "there is no segment" in answer.text
