"""Segments made, changed, laid over each other and taken away on screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from tests.integration.screens.test_composing_screens import asked, form_of, sent, words
from tests.support.known_customers import Browser, made_shop, screens_of
from tests.support.screens import visiting

import resa
from resa import workspace
from resa.screens import segment_building
from resa.workspace.people import Role

Screens = Callable[[Role], Browser]
EDIT = "/segment-builder/regulars"
NEW = "/segment-builder"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_shop(tmp_path_factory.mktemp("shops") / "shop")


@pytest.fixture(scope="module")
def screens(folder: Path) -> Iterator[Screens]:
    with screens_of(folder) as screens:
        yield screens


@pytest.fixture
def file(folder: Path) -> Iterator[Path]:
    """`segments.yaml`, which is as it was afterwards."""
    path = folder / "segments.yaml"
    before = path.read_bytes()
    yield path
    path.write_bytes(before)


def test_a_segment_stands_there_as_rows_expression_file_and_size(screens: Screens) -> None:
    html = screens("marketer").get(EDIT).text
    form = form_of(html)
    assert form["text"] == "traits.orders >= 2 and traits.town in ('Lund', 'Malmö')"
    assert [form[f"0.1.{name}"] for name in ("field", "sign", "value")] == ["traits.town", "in", "Lund, Malmö"]
    assert "1 of" in words(html)
    assert "who: traits.orders >= 2 and traits.town in" in unescape(html)
    assert "Nothing would change in the file" in html
    for choice in ("count(cart)", "days_since(purchase)", "missed(cart.purchase)", "has_open()", "segment(southern)"):
        assert f'<option value="{choice}"' in html
    assert '<option value="persona(fan)"' in html
    assert '<option value="segment(regulars)"' not in html
    assert re.search(r'<datalist id="v-\w+">.*<option value="Lund">', html)


def test_the_size_follows_what_is_asked(screens: Screens) -> None:
    browser = screens("marketer")
    form = form_of(browser.get(EDIT).text)
    more = {
        **form,
        "0.0.value": "1",
        "0.2.field": "count(cart)",
        "0.2.last": "900 days",
        "0.2.sign": ">=",
        "0.2.value": "1",
    }
    html = asked(browser, EDIT, **{**form, **more}).text
    assert form_of(html)["text"].endswith(" and count(cart, last => '900 days') >= 1")
    assert "As it is saved, there are 1" in words(html)
    html = asked(browser, EDIT, **{**form, "text": "missed(cart.sold) or traits.town = 'Lund'"}).text
    assert "<mark>cart.sold</mark>" in html
    assert "must be mended" in html


def test_a_segment_is_made_and_the_file_keeps_everything_else(screens: Screens, file: Path) -> None:
    browser = screens("marketer")
    before = file.read_text(encoding="utf-8")
    form = form_of(browser.get(NEW).text)
    assert sent(browser, NEW, **{**form, "name": "Carts"}).status_code == 422
    rows = {"0.0.field": "has_open(cart.purchase)", "0.0.sign": "holds"}
    answer = sent(browser, NEW, **{**form, **rows, "name": "Open carts", "owner": "Bo"})
    assert answer.headers["location"] == "/segments/open_carts"
    after = file.read_text(encoding="utf-8")
    assert after == before + "open_carts:\n  owner: Bo\n  who: has_open(cart.purchase)\n"  # the key says the name
    assert "Open carts" in browser.get("/segments").text
    assert browser.get("/segments/open_carts").status_code == 200

    # and taken away again
    form = form_of(browser.get(f"{NEW}/open_carts").text)
    assert sent(browser, f"{NEW}/open_carts", do="remove", seen=form["seen"]).headers["location"] == "/segments"
    assert file.read_text(encoding="utf-8") == before


def test_what_somebody_else_saved_meanwhile_is_shown_first(screens: Screens, file: Path) -> None:
    browser = screens("marketer")
    form = form_of(browser.get(EDIT).text)
    file.write_text(file.read_text(encoding="utf-8").replace("owner: Karin", "owner: Nora"), encoding="utf-8")
    mine = {**form, "owner": "Bo", "text": "traits.orders >= 7"}
    answer = sent(browser, EDIT, **mine)
    assert answer.status_code == 409
    assert "Somebody else changed this segment" in answer.text
    assert "owner: Nora" in answer.text
    assert "owner: Nora" in file.read_text(encoding="utf-8")
    again = form_of(answer.text)
    assert (again["owner"], again["text"]) == ("Bo", "traits.orders >= 7")
    assert sent(browser, EDIT, **again).status_code == 303
    assert "owner: Bo" in file.read_text(encoding="utf-8")

    # Taken away meanwhile
    form = form_of(browser.get(EDIT).text)
    text = file.read_text(encoding="utf-8")
    file.write_text(text[text.index("southern:") :], encoding="utf-8")
    answer = sent(browser, EDIT, **form)
    assert "took this segment away meanwhile" in answer.text
    assert sent(browser, EDIT, **form_of(answer.text)).status_code == 303
    assert "regulars:" in file.read_text(encoding="utf-8")


def test_a_segment_that_others_need_stays(screens: Screens, file: Path) -> None:
    browser = screens("marketer")
    form = form_of(browser.get(NEW).text)
    assert sent(browser, NEW, **{**form, "name": "Needs it", "text": "segment(southern)"}).status_code == 303
    form = form_of(browser.get(f"{NEW}/southern").text)
    answer = sent(browser, f"{NEW}/southern", do="remove", seen=form["seen"])
    assert answer.status_code == 422
    assert "is not a segment of this map" in unescape(answer.text)
    assert "southern:" in file.read_text(encoding="utf-8")


def test_a_name_can_be_anything(screens: Screens, file: Path) -> None:
    browser = screens("marketer")
    name = "<b>Ö: #1</b> {x}"
    form = form_of(browser.get(NEW).text)
    answer = sent(browser, NEW, **{**form, "name": name, "text": "traits.town = '\"</textarea>'"})
    place = answer.headers["location"]
    html = browser.get(place).text
    assert "<b>Ö" not in html
    said = form_of(browser.get(place.replace("/segments/", "/segment-builder/")).text)
    assert (said["name"], said["text"]) == (name, "traits.town = '\"</textarea>'")
    assert file.read_text(encoding="utf-8").count("who:") == 3


def test_a_disk_that_takes_nothing_is_said(screens: Screens, monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    browser = screens("marketer")
    form = form_of(browser.get(EDIT).text)
    before = file.read_bytes()
    monkeypatch.setattr("resa.workspace.segment_editing.write_text_durably", full)
    answer = sent(browser, EDIT, **{**form, "text": "traits.orders > 5"})
    assert answer.status_code == 507
    assert form_of(answer.text)["text"] == "traits.orders > 5"
    assert file.read_bytes() == before


def test_a_count_that_takes_long_goes_on(screens: Screens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_building, "trial_size", lambda *_: None)
    assert "Counting takes a while" in screens("marketer").get(EDIT).text


def test_who_may_not_know_names_learns_nothing_of_single_customers(screens: Screens) -> None:
    html = screens("analyst").get(EDIT).text
    assert "fewer than 5 of" in words(html)
    assert '<option value="Lund">' not in html
    assert "anna" not in html
    for role in ("viewer", "service"):
        assert screens(role).get(EDIT).status_code == 403


def test_segments_are_laid_over_each_other(screens: Screens, folder: Path) -> None:
    browser = screens("marketer")
    html = browser.get("/segment-overlaps/journey?of=regulars&of=southern").text
    assert html.count("<svg") == 1
    assert "Regulars + In the south 1 ● ●" in words(html)
    assert "In the south 1 · ●" in words(html)
    with resa.open(folder) as shop:
        members = {key: set(shop.segments.members(key).column("value").to_pylist()) for key in ("regulars", "southern")}
    people = [unescape(one) for one in re.findall(r'href="(/segment-overlaps/journey/people\?[^"]+)"', html)]
    found = [browser.get(one).text for one in people]
    expected = [members["southern"] - members["regulars"], members["southern"] & members["regulars"]]
    assert sorted(sorted(re.findall(r"user_id</span> (\w+)<", one)) for one in found) == sorted(map(sorted, expected))
    assert "anna" not in screens("viewer").get(people[0]).text + screens("viewer").get(people[1]).text
    for wrong in ("?of=regulars&of=none", "/people?of=regulars", "/people"):
        assert browser.get(f"/segment-overlaps/journey{wrong}").status_code in {200, 404}
    assert browser.get("/segment-overlaps/nothing").status_code == 404


def test_who_entered_and_for_how_long_opens_the_people(screens: Screens) -> None:
    browser = screens("marketer")
    html = browser.get("/segments/regulars").text
    day = re.search(r'href="(/segments/regulars/days/[\d-]+)"', html)
    age = re.search(r'href="(/segments/regulars/ages/\w+)"', html)
    assert day is not None
    assert age is not None
    assert "entered anna" in words(browser.get(day[1]).text)
    assert "anna" in browser.get(age[1]).text
    for place in (day[1], age[1]):
        assert "anna" not in screens("viewer").get(place).text
    for wrong in ("days/yesterday", "days/2026-99-99", "ages/never"):
        assert browser.get(f"/segments/regulars/{wrong}").status_code == 404


def test_of_several_maps_one_is_chosen_and_written_down(tmp_path: Path) -> None:
    for name in ("web", "shop"):
        text = f"title: {name}\nstages: {{all: [{name}_visit]}}\nsignals: {{{name}_visit: {{event: {name}}}}}\n"
        (tmp_path / "journeys").mkdir(exist_ok=True)
        (tmp_path / "journeys" / f"{name}.yaml").write_text(text, encoding="utf-8")
    with visiting(tmp_path, "marketer") as visitor:
        html = visitor.get("/segment-builder?map=shop").text
        assert '<option value="count(shop_visit)"' in html
        assert '<option value="count(web_visit)"' not in html
        form = {**form_of(html), "name": "Came in", "text": "count(shop_visit) > 0"}
        assert visitor.post("/segment-builder", **form).headers["location"] == "/segments/came_in"
        html = visitor.get("/segment-builder/came_in").text
        assert '<option value="count(shop_visit)"' in html
        assert "0 of 0 customers" in words(html)
    assert (tmp_path / "segments.yaml").read_text(encoding="utf-8") == (
        'came_in:\n  map: shop\n  who: "count(shop_visit) > 0"\n'
    )


def test_where_nothing_came_yet_a_condition_can_be_said_all_the_same(tmp_path: Path) -> None:
    workspace.create(tmp_path / "new", template="retail", language="en")
    with visiting(tmp_path / "new", "marketer") as visitor:
        html = visitor.get("/edit/journey/when/cart").text
        assert "There are no events yet" in html
        form = {**form_of(html), "text": "event = 'other'"}
        assert visitor.post("/edit/journey/when/cart", **form).status_code == 303
        assert "signals.yaml says so, for all maps" not in visitor.get("/edit/journey/when/cart").text
        assert "signals.yaml says so, for all maps" in visitor.get("/edit/journey/when/checkout").text
        assert "Until now it is not seen" in visitor.get("/edit/journey/when/friend_tells").text
        assert "a number by day shows it: footfall" in unescape(visitor.get("/edit/journey/when/store_visit").text)
        assert visitor.get("/segment-builder/waiting_carts").status_code == 200
        assert visitor.get("/segment-overlaps/journey").status_code == 200
