"""Saved views and composed reports: whose they are, their order, and links that end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

import resa
from resa.base.errors import QuestionError
from resa.model.people import Person, Role
from resa.storage import search_everything
from resa.storage.needles import Needles
from resa.workspace import Workspace
from resa.workspace.composed_reports import MOST_PARTS, ComposedReports
from resa.workspace.owning import owned_things
from resa.workspace.saved_views import SavedViews

FUNNEL = "/explore/funnel?steps=page&steps=cart"
MAP = """title: A shop
owner: Karin
stages: {conversion: [page, cart]}
touchpoints:
  page: {owner: " ali  BERG ", expect: [{next: cart, within: 1 day, owner: Ali Berg}]}
improvements: {early: {about: Earlier., owner: Karin}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "journey.yaml").write_text(MAP)
    return tmp_path


def somebody(shop: Workspace, email: str, role: Role = "marketer") -> Person:
    shop.people.invite(email, "", role)
    found = shop.people.called(email)
    assert found is not None
    return found


def test_views_are_ones_own_or_everyones(folder: Path) -> None:
    with resa.open(folder) as shop:
        anna, bo, chief = (somebody(shop, f"{name}@shop.se") for name in ("anna", "bo", "chief"))
        shop.people.change_role("chief@shop.se", "admin")
        chief = shop.people.called("chief@shop.se") or chief
        views = SavedViews(shop)
        mine = views.save(anna, "Mine", FUNNEL)
        ours = views.save(anna, "ours", "/map/journey?lanes=numbers", shared=True)
        assert [one.name for one in views.of(anna)] == ["Mine", "ours"]
        assert [(one.name, one.by.called) for one in views.of(bo)] == [("ours", "anna@shop.se")]
        for number, why in ((mine, "no such view"), (ours, "only who saved this view")):
            with pytest.raises(QuestionError, match=why):
                views.remove(bo, number)
        with pytest.raises(QuestionError, match="no such view"):
            views.change(chief, mine, "x", shared=True)  # an admin sees nobody's own views either
        views.change(chief, ours, "All of us", shared=True)
        views.remove(anna, mine)
        assert [one.name for one in views.of(anna)] == ["All of us"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "//evil.example",
        "https://evil.example/map/x",
        "/settings",
        "/customers/0123",
        "/explore/funnel#x",
        "/map/a/b/c",
        "/map/a\n",
        "/explore/funnel?\u202e",
        "/explore/funnel?" + "x" * 7_000,
        "javascript:alert(1)",
    ],
)
def test_only_pages_that_show_a_question_again_are_saved(folder: Path, address: str) -> None:
    with resa.open(folder) as shop, pytest.raises(QuestionError, match="cannot be saved"):
        SavedViews(shop).save(somebody(shop, "anna@shop.se"), "x", address)


def test_a_report_is_put_together_and_keeps_its_order(folder: Path) -> None:
    with resa.open(folder) as shop:
        anna, bo, kept = somebody(shop, "anna@shop.se"), somebody(shop, "bo@shop.se"), ComposedReports(shop)
        number = kept.begin(anna, "The spring")
        kept.add(anna, number, address=FUNNEL, heading="Funnel")
        kept.add(anna, number, heading="Why", text="Because.")
        kept.add(anna, number, address="/segments", heading="Segments")
        first, second, third = (one.id for one in kept.one(number).parts)
        kept.move(anna, number, third, -1)
        kept.move(anna, number, first, -1)  # it is the first already
        kept.move(anna, number, first, 1)
        assert [one.id for one in kept.one(number).parts] == [third, first, second]
        kept.change(anna, number, second, heading="", text="So.")
        kept.take_out(anna, number, third)
        assert [(one.heading, one.text, one.address) for one in kept.one(number).parts] == [
            ("Funnel", "", FUNNEL),
            ("", "So.", ""),
        ]
        changes: list[Callable[[], None]] = [
            partial(kept.add, bo, number, text="x"),
            partial(kept.call, bo, number, "x"),
            partial(kept.move, bo, number, first, 1),
            partial(kept.take_out, bo, number, first),
            partial(kept.change, bo, number, first, heading="x", text=""),
            partial(kept.remove, bo, number),
        ]
        for change in changes:
            with pytest.raises(QuestionError, match="only who composed"):
                change()
        with pytest.raises(QuestionError, match="nothing written"):
            kept.change(anna, number, second, heading=" ", text="")
        for _ in range(MOST_PARTS - 2):
            kept.add(anna, number, text="x")
        with pytest.raises(QuestionError, match="at most 40 parts"):
            kept.add(anna, number, text="x")
        kept.remove(anna, number)
        assert kept.all() == []


def test_a_link_shows_a_report_until_it_ends(folder: Path) -> None:
    now = [datetime(2026, 11, 29, 12, tzinfo=UTC)]
    with Workspace(folder, clock=lambda: now[0]) as shop:
        anna, kept = somebody(shop, "anna@shop.se"), ComposedReports(shop)
        number = kept.begin(anna, "The spring")
        secret, other = kept.share(anna, number, "2026-11-30"), kept.share(anna, number, "2026-12-24")
        assert len(secret) >= 43
        found = kept.shared(secret)
        assert found is not None
        assert (found[0].by.called, found[1].title) == ("anna@shop.se", "The spring")
        assert kept.shared(secret + "x") is None
        assert kept.shared("\ud800") is None
        now[0] += timedelta(hours=35)  # the last day is still going on
        assert kept.shared(secret) is not None
        now[0] += timedelta(hours=1)
        assert kept.shared(secret) is None
        (link,) = kept.links(number)
        kept.end(anna, number, link.id)
        kept.end(anna, number, link.id)
        assert kept.shared(other) is None
        assert kept.links(number) == []
        logged = [(one.what, one.who, one.detail) for one in shop.audit.entries() if one.what.startswith("report.")]
        assert logged == [
            ("report.end_link", "anna@shop.se", {"report": number, "link": link.id}),
            ("report.share", "anna@shop.se", {"report": number, "until": "2026-12-24"}),
            ("report.share", "anna@shop.se", {"report": number, "until": "2026-11-30"}),
        ]
        assert search_everything(shop.store.layout, Needles(frozenset({secret, other})), arrived=0) == []


def test_a_link_ends_with_its_report_and_with_who_made_it(folder: Path) -> None:
    with resa.open(folder) as shop:
        anna, kept = somebody(shop, "anna@shop.se"), ComposedReports(shop)
        somebody(shop, "chief@shop.se", "admin")
        today = shop.clock().date().isoformat()
        one, other = kept.begin(anna, "One"), kept.begin(anna, "Other")
        first, second = kept.share(anna, one, today), kept.share(anna, other, today)
        kept.remove(anna, one)
        assert kept.shared(first) is None
        assert kept.shared(second) is not None
        shop.people.end("anna@shop.se")
        assert kept.shared(second) is None


@pytest.mark.parametrize("day", ["", "2026-02-30", "2000-01-01", "2200-01-01"])
def test_a_link_needs_a_day_that_comes(folder: Path, day: str) -> None:
    with resa.open(folder) as shop:
        anna, kept = somebody(shop, "anna@shop.se"), ComposedReports(shop)
        number = kept.begin(anna, "x")
        with pytest.raises(QuestionError, match=r"is no day|between today and a year"):
            kept.share(anna, number, day)


def test_all_that_an_owner_answers_for(folder: Path) -> None:
    with resa.open(folder) as shop:
        everything = owned_things(shop.maps.values())
        assert {owner: [(one.kind, one.key) for one in things] for owner, things in everything.items()} == {
            "Karin": [("map", "journey"), ("improvement", "early")],
            "ali BERG": [("touchpoint", "page"), ("expectation", "page.cart")],
        }
