"""What readers share: one generation for all, and for a moment, while events come in all the time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.integration.screens.test_leaving import MAP

import resa
from resa.screens import sharing
from resa.screens.sharing import Kept, Shared
from resa.workspace import Workspace

SOURCE = """\
path: web*.csv
columns:
  customer: customer
  event: event
  occurred_at: time
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "journey.yaml").write_text(MAP, encoding="utf-8")
    (tmp_path / "signals.yaml").write_text("signals: {look: {event: look}, buy: {event: buy}}", encoding="utf-8")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "web.yaml").write_text(SOURCE, encoding="utf-8")
    with resa.open(tmp_path) as shop:
        come(shop, 1)
        yield shop


def come(shop: Workspace, customers: int) -> None:
    """So many customers look, in a file of their own."""
    rows = [f"c{customers}-{one},look,2026-03-01T10:00:00Z" for one in range(customers)]
    text = "\n".join(["customer,event,time", *rows])
    (shop.folder / f"web{customers}.csv").write_text(text, encoding="utf-8")
    shop.collect()


def visits(kept: Kept) -> int:
    """What a page would say that is opened now."""
    shared = Shared(kept)
    return shared.of(("visits",), lambda: int(sum(shared.measure.touchpoints().table.column("visits").to_pylist())))


def live(shop: Workspace) -> None:
    """Have a source that brings events all the time."""
    with shop.store.writing() as writer:
        load = writer.begin_load(source_id="site", origin="arrivals of site")
        writer.state_complete(load, datetime(2026, 3, 1, tzinfo=UTC))


def test_what_came_by_a_file_is_seen_at_once(shop: Workspace) -> None:
    kept = Kept(shop)
    assert visits(kept) == 1
    come(shop, 2)
    assert visits(kept) == 3


def test_while_events_come_in_all_see_one_generation_for_a_moment(shop: Workspace) -> None:
    live(shop)
    kept = Kept(shop)
    assert visits(kept) == 1
    kept.spend(1.0)
    come(shop, 2)
    assert visits(kept) == 1
    assert Shared(kept).measure.touchpoints().table.column("visits").to_pylist()[0] == 1  # asked anew, too
    assert shop.measure.touchpoints().table.column("visits").to_pylist()[0] == 3


def test_after_that_the_old_is_shown_while_the_new_is_worked_out(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(shop)
    kept = Kept(shop)
    assert visits(kept) == 1
    monkeypatch.setattr(sharing, "_LONGEST", 0.0)
    come(shop, 2)
    at = Shared(kept).at
    assert visits(kept) == 1
    until = time.monotonic() + 30
    while visits(kept) != 3:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert Shared(kept).at >= at
    monkeypatch.setattr(sharing, "_STALE", 0.0)
    come(shop, 4)
    assert visits(kept) == 7  # what was old for too long is waited for


def test_one_page_tells_of_one_generation(shop: Workspace) -> None:
    kept = Kept(shop)
    shared = Shared(kept)
    assert shared.of(("a",), lambda: 1) == 1
    come(shop, 2)
    assert shared.of(("a",), lambda: 2) == 1
    assert Shared(kept).of(("a",), lambda: 3) == 3


def test_who_was_erased_is_gone_from_what_is_kept_at_once(shop: Workspace) -> None:
    live(shop)
    come(shop, 2)
    kept = Kept(shop)
    assert visits(kept) == 3
    kept.spend(1.0)
    shop.erase("c2-1")
    assert visits(kept) == 2
