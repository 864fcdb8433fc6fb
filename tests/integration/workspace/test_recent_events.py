"""The newest events: which they are, what there is to choose from, and what a condition meets among them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import resa
from resa.base.errors import ExpressionError
from resa.storage import BOTS, newest_events
from resa.workspace import segment_numbers
from resa.workspace.recent_events import Matches, RecentEvents
from resa.workspace.segment_numbers import trial_size

MAP = """title: A shop
timezone: Europe/Stockholm
stages: {all: [small, large, again]}
signals:
  large: {when: event = 'order' and properties.total > 50}
  again: {event: order, occurrence: 2+}
  small: {event: order}
"""
SOURCE = """path: events*.jsonl
columns:
  occurred_at: time
  identifiers: {user_id: who}
  event: event
  device: device
  properties: [total, kind, staff, path, cart, tags]
exclude: [properties.staff = true]
"""


def row(minute: int, who: str, event: str = "order", device: str = "phone", **properties: object) -> str:
    said = {"time": f"2026-05-01T10:{minute:02}:00Z", "who": who, "event": event, "device": device}
    return json.dumps({**said, **properties}) + "\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[resa.Workspace]:
    folder: Path = tmp_path_factory.mktemp("shops") / "shop"
    (folder / "sources").mkdir(parents=True)
    (folder / "journey.yaml").write_text(MAP, encoding="utf-8")
    (folder / "sources" / "shop.yaml").write_text(SOURCE, encoding="utf-8")
    rows = [row(minute, f"c{minute % 7}", total=10 * minute, kind=f"k{minute % 2}") for minute in range(10)]
    rows += [row(50, "me", staff=True, total=1), row(51, "robot", device="bot", total=1)]
    rows.append(row(20, "c1", "page", path="/p/1", cart={"size": 2, "odd name": "x"}, tags=["a"]))
    (folder / "events.jsonl").write_text("".join(reversed(rows)), encoding="utf-8")
    with resa.open(folder) as opened:
        opened.collect()
        yield opened


def test_the_newest_come_first_without_those_that_are_left_out(shop: resa.Workspace) -> None:
    table = newest_events(shop.store, 4, shop.exclude)
    assert table.column("event").to_pylist() == ["page", "order", "order", "order"]
    moments = table.column("occurred_at").to_pylist()
    assert moments == sorted(moments, reverse=True)
    assert newest_events(shop.store, 4, shop.exclude) is table
    assert newest_events(shop.store, 2, [BOTS]).num_rows == 2
    assert newest_events(shop.store, 99, shop.exclude).num_rows == 11


def test_there_is_to_choose_what_events_say(shop: resa.Workspace) -> None:
    found = {one.path: one for one in RecentEvents(shop).fields()}
    assert list(found)[:3] == ["event", "channel", "device"]
    assert found["event"].values == (("order", 10), ("page", 1))
    assert found["properties.total"].numbers
    assert not found["properties.kind"].numbers
    assert {"properties.cart.size", 'properties.cart."odd name"'} <= set(found)
    assert "properties.tags" not in found
    assert "properties.staff" not in found
    several = {one.path: one.values for one in RecentEvents(shop).fields(several=5)}
    assert [value for value, _ in several["event"]] == ["order"]
    assert several["properties.total"] == ()


def test_a_condition_meets_some_of_which_others_take_their_share(shop: resa.Workspace) -> None:
    found = RecentEvents(shop).matches("event = 'order' and properties.total >= 30", shop.map(), "small")
    assert (found.looked_at, found.matched) == (11, 7)
    assert found.earlier == (("large", 4),)  # of which of a customer's events `again` is, nothing is known
    assert found.by_event == (("order", 7, 10),)
    assert [one.said["properties.total"] for one in found.newest][:2] == ["90", "80"]
    assert found.newest[0].who == "c2"
    assert RecentEvents(shop).matches("event = 'none'", shop.map(), "small").matched == 0
    with pytest.raises(ExpressionError):
        RecentEvents(shop).matches("traits.x = 1", shop.map(), "small")


def test_of_few_customers_nothing_is_counted_where_only_several_are_told(shop: resa.Workspace) -> None:
    def met(text: str, several: int = 5) -> Matches:
        return RecentEvents(shop).matches(text, shop.map(), "small", several=several)

    few = "event = 'order' and properties.total <= 30"  # four events of as many customers
    assert met(few, 4).matched == 4
    assert (met(few).matched, met("event = 'none'").matched) == (None, 0)
    everyone = met("event = 'order' or event = 'page'")
    assert (everyone.matched, everyone.newest) == (11, ())
    assert everyone.by_event == (("order", 10, 10), ("page", None, 1))
    assert everyone.earlier == (("large", None),)


def test_one_customer_under_several_names_is_one(tmp_path: Path) -> None:
    columns = "{occurred_at: time, identifiers: {browser: who, user_id: user}, event: event, properties: [note, mail]}"
    rows = [
        {"time": f"2026-05-01T10:0{n}:00Z", "who": f"b{n}", "user": "anna", "event": "page", "note": "mine", "mail": ""}
        for n in range(6)
    ]
    rows += [
        {"time": f"2026-05-01T11:0{n}:00Z", "who": f"z{n}", "user": "", "event": "page", "note": "", "mail": "a@b.se"}
        for n in range(6)
    ]
    (tmp_path / "sources").mkdir()
    (tmp_path / "journey.yaml").write_text("stages: {all: [page]}\nsignals: {page: {event: page}}\n", encoding="utf-8")
    (tmp_path / "sources" / "web.yaml").write_text(f"path: web.jsonl\ncolumns: {columns}\n", encoding="utf-8")
    (tmp_path / "web.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    with resa.open(tmp_path) as shop:
        shop.collect()
        recent = RecentEvents(shop)
        every = {one.path: dict(one.values) for one in recent.fields()}
        several = {one.path: dict(one.values) for one in recent.fields(several=5)}
        assert every["properties.note"]["mine"] == every["properties.mail"]["a@b.se"] == 6
        assert "properties.note" not in several or "mine" not in several["properties.note"]
        assert "a@b.se" not in several.get("properties.mail", {})
        assert recent.matches("properties.note = 'mine'", shop.map(), "page", several=5).matched is None
        assert recent.matches("event = 'page'", shop.map(), "page", several=5).matched == 12


def test_a_field_that_few_have_is_not_named_where_only_several_are_told(shop: resa.Workspace) -> None:
    assert "properties.path" in {one.path for one in RecentEvents(shop).fields()}
    assert "properties.path" not in {one.path for one in RecentEvents(shop).fields(several=5)}


def test_what_came_meanwhile_is_seen(shop: resa.Workspace) -> None:
    late = row(59, "c9", "late", total=1, kind="", staff=False, path="", cart=None, tags=[])
    (shop.folder / "events_2.jsonl").write_text(late, encoding="utf-8")
    shop.collect()
    assert RecentEvents(shop).matches("event = 'late'", shop.map(), "small").matched == 1


def test_who_was_erased_is_gone_from_what_was_read(shop: resa.Workspace) -> None:
    assert any(one.who == "c6" for one in RecentEvents(shop).matches("event = 'order'", shop.map(), "small").newest)
    shop.erase("c6")
    assert not any(one.who == "c6" for one in RecentEvents(shop).matches("event = 'order'", shop.map(), "small").newest)


def test_counting_has_a_limit_of_time(shop: resa.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_numbers, "_counted", segment_numbers._counted.__class__())
    assert trial_size(shop, shop.map(), "count(small) > 0", seconds=30) == (6, 7)
    assert trial_size(shop, shop.map(), "count(small) > 1", seconds=0) is None
    assert trial_size(shop, shop.map(), "count(small) > 1", seconds=30) is not None
    with pytest.raises(ExpressionError):
        trial_size(shop, shop.map(), "count(nowhere) > 1", seconds=30)
