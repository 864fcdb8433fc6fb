"""Segments beside a running server: who enters and leaves is kept within seconds, and survives."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.served import Served, new_shop

from resa import workspace
from resa.workspace.segments import Passage

SEGMENTS = """
buyers: traits.orders >= 1
waiting: has_open(cart.purchase)
just_now: count(cart, last => '3 seconds') > 0
"""
TRAITS = "orders: {of: purchase, count: events}\n"


def shop_with_segments(folder: Path) -> str:
    key = new_shop(folder)
    (folder / "segments.yaml").write_text(SEGMENTS, encoding="utf-8")
    (folder / "traits.yaml").write_text(TRAITS, encoding="utf-8")
    return key


def send(server: Served, key: str, user: str, event: str) -> None:
    body = json.dumps({"userId": user, "event": event, "messageId": f"{user} {event}"}).encode()
    authorization = "Basic " + b64encode(f"{key}:".encode()).decode()
    assert server.post("/v1/track", body, Authorization=authorization, **{"Content-Type": "application/json"}) == 200


def seen_until(folder: Path, enough: Callable[[Sequence[Passage]], bool], seconds: float = 90) -> list[Passage]:
    """What was kept, once it is enough."""
    until = time.monotonic() + seconds
    while True:
        with workspace.open(folder) as shop:
            found = list(shop.segments.changes())
        if enough(found):
            return found
        assert time.monotonic() < until, found
        time.sleep(0.1)


def short(found: Sequence[Passage]) -> set[tuple[str | None, str, str]]:
    return {(one.value, one.change, one.segment) for one in found}


def test_who_enters_and_leaves_is_kept_at_once(tmp_path: Path) -> None:
    key = shop_with_segments(tmp_path)
    with Served(tmp_path) as server:
        waited = []
        for user in ("ada", "bo", "cilla"):
            send(server, key, user, "product_added")
            found = seen_until(tmp_path, lambda all_: (user, "entered", "waiting") in short(all_))  # noqa: B023
            (entered,) = [one for one in found if (one.value, one.segment, one.change) == (user, "waiting", "entered")]
            assert entered.cause == "event"
            assert entered.happened_at is not None
            waited.append(entered.at - entered.happened_at)
        assert min(waited) < timedelta(seconds=2), waited
        send(server, key, "ada", "order_completed")
        found = seen_until(tmp_path, lambda all_: ("ada", "left", "waiting") in short(all_))
        assert ("ada", "entered", "buyers") in short(found)
        kept = [one for one in found if one.segment != "just_now"]
    with workspace.open(tmp_path) as shop:
        after = [one for one in shop.segments.changes() if one.segment != "just_now"]
        assert after == kept  # nothing more when it ended
        members = shop.segments.members("buyers").to_pylist()
        assert [(row["value"], row["since"]) for row in members] == [
            ("ada", next(one.at for one in kept if one.segment == "buyers"))
        ]
        sizes = {figure.segment: figure.customers for figure in shop.segments.all()}
        assert sizes["waiting"] == 2


@pytest.mark.nightly
def test_who_leaves_as_time_passes_is_kept_within_a_minute(tmp_path: Path) -> None:
    key = shop_with_segments(tmp_path)
    with Served(tmp_path) as server:
        send(server, key, "ada", "product_added")
        found = seen_until(tmp_path, lambda all_: ("ada", "left", "just_now") in short(all_))
    entered, left = sorted((one for one in found if one.segment == "just_now"), key=lambda one: one.at)
    assert (entered.change, left.change, left.cause) == ("entered", "left", "time")
    assert entered.happened_at is not None
    assert timedelta(seconds=3) <= left.at - entered.happened_at < timedelta(seconds=63)


def test_what_happened_while_nobody_looked_is_told_at_the_next_start(tmp_path: Path) -> None:
    key = shop_with_segments(tmp_path)
    with Served(tmp_path) as server:
        send(server, key, "ada", "product_added")
        seen_until(tmp_path, lambda all_: ("ada", "entered", "waiting") in short(all_))
        send(server, key, "ada", "order_completed")
        server.kill()
    (tmp_path / "segments.yaml").write_text(SEGMENTS.replace(">= 1", ">= 0"), encoding="utf-8")
    with Served(tmp_path) as server:
        found = seen_until(tmp_path, lambda all_: ("ada", "left", "waiting") in short(all_))
        left = [one for one in found if (one.value, one.segment, one.change) == ("ada", "waiting", "left")]
        assert len(left) == 1
        send(server, key, "bo", "product_added")
        found = seen_until(tmp_path, lambda all_: ("bo", "entered", "buyers") in short(all_))
    assert [one.cause for one in found if (one.value, one.segment) == ("bo", "buyers")] == ["event"]
