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
    assert re.search(r"entered while nobody looked 1 ", words(html))
    assert screens(role).send("/segments/regulars/export", form="csv").status_code == 403


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
