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
from resa.workspace.recent_events import RecentEvents
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
