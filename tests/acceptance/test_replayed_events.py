"""Events that come again, in whatever order, change no number: those of a first sending in order stay."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import resa
from resa.base.clock import to_microseconds
from resa.runtime import Drainer
from resa.storage import Arrival

MAP = """resa: 1
title: A shop
stages:
  consideration: [product_page]
  conversion: [cart, purchase]
touchpoints:
  product_page: {expect: [{next: cart, within: 1 day}]}
  cart: {expect: [{next: purchase, within: 4 hours}]}
signals:
  product_page: {page: /p/*}
  cart: {event: product_added}
  purchase: {event: order_completed, value: properties.total}
"""
START = datetime(2026, 5, 4, tzinfo=UTC)
BATCH = 500


def calls_of(count: int) -> list[dict[str, Any]]:
    """What visitors do, a third of whom are known, some on two devices; one moment each."""
    drawn = random.Random(7)  # noqa: S311 - made-up data
    made: list[dict[str, Any]] = []
    for number in range(count):
        visitor = drawn.randrange(max(count // 12, 1))
        at = START + timedelta(milliseconds=drawn.randrange(60 * 86_400) * 1_000 + number % 1_000, microseconds=number)
        call: dict[str, Any] = {
            "messageId": f"m{number}",
            "anonymousId": f"visitor-{visitor}-{drawn.randrange(2)}",
            "timestamp": at.isoformat(),
        }
        if visitor % 3 == 0 and drawn.random() < 0.5:
            call["userId"] = f"user-{visitor}"
        kind = drawn.choices(["page", "cart", "order", "identify"], [6, 2, 1, 1])[0]
        if kind == "page":
            call |= {"type": "page", "properties": {"path": f"/p/{drawn.randrange(9)}"}}
        elif kind == "identify":
            call |= {"type": "identify", "traits": {"visits": number}}
        else:
            call |= {"type": "track", "event": {"cart": "product_added", "order": "order_completed"}[kind]}
            call["properties"] = {"total": drawn.randrange(1, 900)}
        made.append(call)
    return made


def send(shop: resa.Workspace, drainer: Drainer, calls: Sequence[dict[str, Any]], refreshes: int) -> None:
    """Take the calls in batches, make events of them, and bring the numbers up to date some times on the way."""
    arrivals, writer = drainer.arrivals, drainer.writer
    at = to_microseconds(shop.clock())
    batches = [calls[begin : begin + BATCH] for begin in range(0, len(calls), BATCH)]
    due = max(len(batches) // refreshes, 1)
    for number, batch in enumerate(batches, start=1):
        waiting = arrivals.append(Arrival("web", at, "batch", json.dumps({"batch": batch}).encode()))
        if number % due == 0 or number == len(batches):
            waiting.result()
            while drainer.drain().arrivals:
                pass
            shop.refresh(writer, soon=True)


def numbers_of(shop: resa.Workspace) -> dict[str, Any]:
    """What is measured and who did what, by names: keys and numbers of rows are a workspace's own."""
    index = shop.store.index()
    names = [f"{row['kind']}={row['value']}" for row in index.identifiers().to_pylist()]
    ids = index.event_rows(np.arange(index.events), ["message_id"]).column("message_id").to_pylist()
    codes = index.column("journey").touchpoints.tolist()
    offsets = index.offsets.tolist()
    traits = shop.store.customer_traits(index).to_pylist()
    persons = index.persons.to_pylist()
    return {
        "events": {
            name: (ids[begin:end], codes[begin:end])
            for name, begin, end in zip(names, offsets[:-1], offsets[1:], strict=True)
        },
        "traits": {names[row["customer"]]: json.loads(row["traits"]) for row in traits},
        "persons": {(one["kind"], one["value"]): persons[one["name"]]["value"] for one in persons},
        "expectations": shop.measure.expectations().table.to_pylist(),
        "funnel": shop.measure.funnel(["product_page", "cart", "purchase"]).table.to_pylist(),
    }


def opened(folder: Path) -> resa.Workspace:
    folder.mkdir(exist_ok=True)
    (folder / "journey.yaml").write_text(MAP, encoding="utf-8")
    return resa.Workspace(folder, clock=lambda: START + timedelta(days=90))


@pytest.mark.parametrize("count", [3_000, pytest.param(1_000_000, marks=pytest.mark.nightly)])
def test_events_that_come_again_shuffled_change_no_number(count: int, tmp_path: Path) -> None:
    calls = calls_of(count)
    with opened(tmp_path / "once") as shop, shop.store.writing() as writer, shop.store.arrivals() as arrivals:
        send(shop, Drainer(writer, arrivals), calls, refreshes=1)
        once = numbers_of(shop)
    assert sum(len(ids) for ids, _ in once["events"].values()) == sum(call["type"] != "identify" for call in calls)
    shuffled = list(calls)
    with opened(tmp_path / "again") as shop, shop.store.writing() as writer, shop.store.arrivals() as arrivals:
        drainer = Drainer(writer, arrivals)
        for seed in range(3):
            random.Random(seed).shuffle(shuffled)  # noqa: S311 - an order
            send(shop, drainer, shuffled, refreshes=4)
            assert numbers_of(shop) == once
        loads = shop.store.loads()
        assert sum(load.good for load in loads) == count
        assert sum(load.duplicate for load in loads) == 2 * count
    with opened(tmp_path / "again") as shop:
        assert shop.verify() == []
