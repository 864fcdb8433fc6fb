"""The first page: what needs somebody, what changed since one was here last, and how fresh its numbers are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql
from tests.support.screens import visiting

import resa
from resa.analytics import lately
from resa.reporting import report_content
from resa.screens import reports
from resa.storage import keep_visit
from resa.workspace.identities import Identity

MAP = """
title: A shop
stages: {consideration: [page], conversion: [cart, purchase]}
touchpoints:
  page: {expect: [{next: cart, within: 1 day, target: 20 %}]}
  cart: {expect: [{next: purchase, within: 1 day, target: 75 %}]}
  purchase: {}
improvements:
  one_page: {name: Checkout on one page, owner: Maja, state: doing, since: 2026-06-20, should_move: cart.purchase}
  fields: {name: Fewer fields, state: planned, should_move: page.cart}
  depot: {name: A second depot, state: idea}
  stickers: {name: Stickers, state: dropped}
signals: {page: {event: page}, cart: {event: cart}, purchase: {event: order}}
"""
SOURCE = "path: {name}*.csv\ncolumns: {{occurred_at: time, identifiers: {{user_id: user}}, event: event}}\n"
BEGIN = datetime(2026, 5, 4, 8, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = 70


def rows(first: int, last: int, bought: int) -> Iterator[str]:
    """A file of some days: each day ten customers put something into the cart, and so many of them buy it."""
    yield "time,user,event"
    for day in range(first, last):
        for number in range(10):
            at = BEGIN + day * DAY + timedelta(minutes=number)
            who = f"u{day}_{number}"
            yield f"{at:%Y-%m-%dT%H:%M:%SZ},{who},page"
            yield f"{at + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ},{who},cart"
            if number < bought:
                yield f"{at + timedelta(minutes=9):%Y-%m-%dT%H:%M:%SZ},{who},order"


def made(folder: Path, name: str, lines: Iterable[str]) -> None:
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sources").mkdir()
    (tmp_path / "journey.yaml").write_text(MAP, encoding="utf-8")
    for name in ("web", "app"):
        (tmp_path / "sources" / f"{name}.yaml").write_text(SOURCE.format(name=name), encoding="utf-8")
    made(tmp_path, "web_1", rows(0, 40, 8))
    made(tmp_path, "web_2", rows(40, DAYS, 4))
    opened = (f"{BEGIN + day * DAY:%Y-%m-%dT%H:%M}:{n:02}Z,a{n},opened" for day in range(40) for n in range(6))
    made(tmp_path, "app_1", chain(["time,user,event"], opened))
    with resa.open(tmp_path) as shop:
        shop.collect()
    return tmp_path


def lines_of(html: str) -> dict[str, tuple[str, str]]:
    """What each line says, with where it leads and its note."""
    found = re.findall(r'<li><a href="([^"]+)">([^<]+)</a>(?: <span class="muted">· ([^<]*)</span>)?</li>', html)
    return {unescape(text): (unescape(to), unescape(note)) for to, text, note in found}


def test_each_line_leads_to_what_it_tells_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Identity, "count_undecided", lambda _: 3)
    with visiting(folder, "admin") as admin:
        html = admin.get("/").text
        lines = lines_of(html)
        assert lines["app has stopped to deliver"][0] == "/live"
        assert lines["3 pairs of customers wait for somebody to decide whether they are one"][0] == "/customers/review"
        to, note = lines["Cart → Purchase"]
        assert to == "/explore/trend?map=journey&of=cart.purchase"
        fell = re.fullmatch(
            r"4\d% in the four weeks from .* 2026, [78]\d% in the four before: (.*) points \((.*) to (.*)\)", note
        )
        assert fell is not None
        difference, low, high = (float(number.replace("−", "-")) for number in fell.groups())
        assert low < difference < high < 0
        to, note = lines["After Cart we expect Purchase within 1 day"]
        assert (to, "target 75%" in note) == ("/explore/expectations?map=journey&names=cart.purchase", True)
        assert "After Page we expect Cart within 1 day" not in lines  # it is above its target
        assert lines["Checkout on one page"] == ("/explore/improvements?map=journey&names=one_page", "under way, Maja")
        assert lines["A second depot"] == ("/map/journey", "an idea")
        assert lines["Fewer fields"] == ("/explore/trend?map=journey&of=page.cart", "planned")
        assert list(lines).index("Checkout on one page") < list(lines).index("A second depot")
        assert "Stickers" not in lines
        places = re.findall(r'<h3><a href="([^"]+)">', html)
        assert places
        for address in [to for to, _ in lines.values()] + [unescape(place) for place in places]:
            answer = admin.client.get(address, headers={"x-resa-secret": "of the front door"}, follow_redirects=True)
            assert answer.status_code == 200, address


def test_who_may_not_know_is_not_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Identity, "count_undecided", lambda _: 3)
    with visiting(folder, "analyst") as analyst, visiting(folder, "viewer") as viewer:
        assert "/customers/review" not in analyst.get("/").text
        assert lines_of(viewer.get("/").text)["app has stopped to deliver"][0] == "/reports/journey"
        (folder / "sources" / "odd.yaml").write_text("force: yes\n", encoding="utf-8")
        wrong = [text for text in lines_of(analyst.get("/").text) if text.startswith("sources/odd.yaml:1")]
        assert wrong
        assert wrong[0] not in lines_of(viewer.get("/").text)


def test_what_did_not_change_beyond_chance_is_not_told(folder: Path) -> None:
    made(folder, "web_2", rows(40, DAYS, 8))
    with resa.open(folder) as shop:
        shop.collect(replace=True)
        changes = {one.expectation: one for one in lately(shop.measure, "journey")}
        assert set(changes) == {"page.cart", "cart.purchase"}
        assert not [one for one in changes.values() if one.fell or one.rose]
        assert changes["cart.purchase"].low < changes["cart.purchase"].difference < changes["cart.purchase"].high
        change = changes["cart.purchase"]
        error = ((change.before * (1 - change.before) + change.after * (1 - change.after)) / change.openings) ** 0.5
        # Two arrows are looked at: 2.24 is the normal quantile of 1 - 0.05 / 2, where one alone has 1.96.
        assert (change.high - change.low) / 2 / error == pytest.approx(2.24, rel=0.03)
    made(folder, "web_2", rows(40, DAYS, 10))
    with resa.open(folder) as shop:
        shop.collect(replace=True)
        assert [one.expectation for one in lately(shop.measure, "journey") if one.rose] == ["cart.purchase"]
    with visiting(folder, "viewer") as viewer:
        assert "Shares that fell" not in viewer.get("/").text


def test_few_openings_or_a_short_history_tell_nothing(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "journey.yaml").write_text(MAP, encoding="utf-8")
    (tmp_path / "sources" / "web.yaml").write_text(SOURCE.format(name="web"), encoding="utf-8")
    made(tmp_path, "web_1", rows(0, 50, 8))  # seven weeks
    with resa.open(tmp_path) as shop:
        shop.collect()
        assert lately(shop.measure, "journey") == ()


def away(folder: Path, email: str, hours: float) -> None:
    """Let somebody have been away."""
    with resa.open(folder) as shop:
        person = shop.people.called(email)
        assert person is not None
        with shop.store.database.changing() as connection:
            micros = round(hours * 3600 * 1_000_000)
            connection.execute(
                sql("UPDATE last_visits SET at = at - :m WHERE person = :p"), {"m": micros, "p": person.id}
            )


def collected(folder: Path, first: int, last: int, bought: int) -> None:
    made(folder, f"web_{first}", rows(first, last, bought))
    with resa.open(folder) as shop:
        shop.collect()


def test_what_changed_since_one_was_here_last(folder: Path) -> None:
    with visiting(folder, "viewer") as viewer:
        assert "Since you were here last" not in viewer.get("/").text
        collected(folder, DAYS, DAYS + 2, 0)
        assert "Since you were here last" not in viewer.get("/").text  # it is the same visit
        away(folder, "viewer@shop.se", 25)
        html = viewer.get("/").text
        assert "Since you were here last" in html
        lines = lines_of(html)
        assert lines["Customers: 700 then, 720 now"][0] == "/map/journey"
        assert lines_of(viewer.get("/").text) == lines  # as long as one looks around
        away(folder, "viewer@shop.se", 25)
        assert "Nothing changed." in viewer.get("/").text


def test_what_turned_is_told(folder: Path) -> None:
    (folder / "web_2.csv").unlink()
    with resa.open(folder) as shop:
        shop.remove_loads([load.id for load in shop.loads() if load.source_id == "web"][-1:])
    with visiting(folder, "viewer") as viewer:
        viewer.get("/")
        away(folder, "viewer@shop.se", 2)
        collected(folder, 40, DAYS, 1)
        lines = lines_of(viewer.get("/").text)
        to = lines["Fell below its target: After Cart we expect Purchase within 1 day"][0]
        assert to == "/explore/expectations?map=journey&names=cart.purchase"
        assert [one for one in lines if one.startswith("New: ")]


def test_visits_are_written_down_seldom(folder: Path) -> None:
    now = [BEGIN]
    with resa.open(folder) as opened:
        opened.people.accept(opened.people.invite("anna@shop.se"), "nine herons in a row")
    with resa.Workspace(folder, clock=lambda: now[0]) as shop:
        person = shop.people.called("anna@shop.se")
        assert person is not None

        def look(minutes: float, seen: int) -> Any:
            now[0] += timedelta(minutes=minutes)
            before = keep_visit(shop.store, person, {"seen": seen})
            return None if before is None else before.seen["seen"]

        assert [look(0, 1), look(4, 2), look(50, 3)] == [None, None, None]
        assert [look(61, 4), look(3, 5), look(30, 6)] == [3, 3, 3]
        assert look(60 * 24, 7) == 6


def counting(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a report is worked out."""
    counted: list[int] = []
    real = report_content

    def count(*given: Any, **named: Any) -> Any:
        counted.append(1)
        return real(*given, **named)

    monkeypatch.setattr(reports, "report_content", count)
    return counted


def test_it_is_worked_out_once_for_all_and_anew_once_data_came(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = counting(monkeypatch)
    with visiting(folder, "viewer") as viewer:
        first = viewer.get("/").text
        assert re.search(r"Numbers as of [^<]*<time [^>]*>[^<]+ \([^<]+\)<|Numbers as of [^;]+ \([A-Za-z/]+\);", first)
        assert "700" in viewer.get("/map/journey").text
        assert "700" in viewer.get("/reports/journey").text
        assert len(counted) == 1
        collected(folder, DAYS, DAYS + 1, 5)
        assert "710" in viewer.get("/map/journey").text
        assert "710" in viewer.get("/").text
        assert len(counted) == 2


def test_two_shops_of_one_process_are_told_apart(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "sources").mkdir()
    (other / "journey.yaml").write_text(MAP, encoding="utf-8")
    (other / "sources" / "web.yaml").write_text(SOURCE.format(name="web"), encoding="utf-8")
    made(other, "web_1", rows(0, 12, 8))
    with resa.open(other) as shop:
        shop.collect()
    with visiting(folder, "viewer") as one, visiting(other, "viewer") as two:
        assert "700" in one.get("/").text
        assert "120" in two.get("/").text


def test_slides_tell_what_the_home_page_tells_one_after_another(folder: Path) -> None:
    with visiting(folder, "viewer") as viewer:
        first = viewer.get("/map/journey/present").text
        assert "700" in first
        count = int(re.findall(r">1/(\d+) ·", first)[0])
        told = [viewer.get(f"/map/journey/present?slide={number}").text for number in range(1, count + 1)]
        for number, html in enumerate(told, start=1):
            turns = re.findall(r'<a rel="(\w+)" href="([^"]+)"', html)
            expected = [("prev", f"/map/journey/present?slide={number - 1}")] * (number > 1)
            expected += [("next", f"/map/journey/present?slide={number + 1}")] * (number < count)
            assert turns == expected
            assert re.search(r'<a rel="up" class="leave" href="/map/journey"', html)
        assert any("After Cart we expect Purchase within 1 day" in html for html in told)
