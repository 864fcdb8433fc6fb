"""A shop with some of everything that can be asked about, and a question of every kind to it."""

from __future__ import annotations

import random
from pathlib import Path

from resa.cli.app import run

__all__ = ["ASKED_FOR", "MAP", "explored_shop"]

MAP = """
title: A shop
goal: {from: look, reach: buy, within: 2 days}
stages: {before: [look, cart], after: [buy, come back]}
personas: {fan: {name: Fan, path: [look, cart, buy], who: "count(look) > 1"}}
improvements: {faster: {since: 2026-05-06, should_move: cart.buy, state: done}}
metrics: {orders: {of: buy, count: visits}}
touchpoints:
  look: {expect: {next: cart, within: 1 day}}
  cart: {expect: {next: buy, within: 1 hour, target: 60 %, owner: Ali}}
signals:
  look: {event: look}
  cart: {event: cart}
  buy: {event: buy}
  come_back: {event: back}
"""
WAYS = (
    *(("look", "cart", "buy", "back"), ("look", "look", "cart", "buy"), ("look", "cart"), ("cart", "buy", "look")),
    *(("look",), ("look", "back"), ("cart", "buy", "cart", "buy")),
)
ASKED_FOR = (
    "kind=funnel&steps=look&steps=come_back,cart&steps=cart?&within=7 days&mature=yes&unless=buy",
    "kind=funnel&steps=look&steps=cart&directly=yes&channel=web&channel=store&from=2026-05-02&until=2026-05-20",
    "kind=expectations&names=look.cart&kinds=expectation&curve=yes&by=channel&compare=web&compare=store",
    "kind=transitions&where=count(look) > 0&events=channel = 'web'",
    "kind=process&touchpoints=90&arrows=33.3&show=median",
    "kind=paths&start=look&steps=4&collapse=no&sessions=30 min",
    "kind=paths&end=buy&top=3&device=phone",
    "kind=variants&collapse=yes&by=week",
    "kind=trend&of=look&every=month&by=persona",
    "kind=retention&start=look&returns=buy&every=day&periods=3&rolling=yes",
    "kind=retention&brackets=0&brackets=1-3",
    "kind=stages&quiet_after=3 days&every=month",
    "kind=improvements&names=faster&days=3",
    "kind=channels&of=device&within=2 days",
    "kind=metrics&names=orders&as_of=2026-05-20T00:00:00Z",
    "kind=friction&within=2 days&limit=3",
    "kind=planned&plans=fan",
    "kind=conformance&plans=fan&collapse=no&top=4",
    "kind=touchpoints&persona=fan",
    "kind=coverage&until=2026-05-20",
)
"""Questions as addresses of screens: the kind, and what is asked."""


def explored_shop(place: Path) -> Path:
    """Make the shop."""
    (place / "journey.yaml").write_text(MAP)
    draw = random.Random(5)  # noqa: S311 - no secret
    lines = ["time,customer,event,channel,device"]
    for customer in range(140):
        day = draw.randrange(1, 20)
        for hour, event in enumerate(draw.choice(WAYS)):
            channel, device = draw.choice(["web", "store"]), draw.choice(["phone", "desk"])
            lines.append(f"2026-05-{day:02d}T{8 + hour:02d}:30:00Z,customer-{customer},{event},{channel},{device}")
    (place / "events.csv").write_text("\n".join(lines))
    assert run(["collect", str(place / "events.csv"), "--as", "occurred_at=time", "--yes", "-w", str(place)]) == 0
    return place
