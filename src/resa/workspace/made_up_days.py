"""Days of made-up customers, as the calls that a shop's systems would send at their moments."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from resa.workspace.create import create
from resa.workspace.workspace import Workspace

__all__ = ["MadeUpCall", "made_up_days"]


class MadeUpCall(NamedTuple):
    """A call, and when it is to be made, UTC."""

    at: datetime
    call: Mapping[str, Any]


def made_up_days(template: str, start: date, *, days: int, customers: int, seed: int) -> list[MadeUpCall]:
    """What customers who come on some days do on these, in the order of time, as calls of Segment's API.

    They are drawn and collected in a workspace of their own, so that their events are what that template's sources make
    of them. Their numbers begin with L, and are nobody else's.

    Args:
        template: Which shop.
        start: First day, in the shop's zone.
        days: How many.
        customers: How many come.
        seed: The same one gives the same customers.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "shop"
        create(folder, template=template, language="en")
        with Workspace(folder) as shop:
            shop.simulate(customers=customers, seed=seed, start=start, days=days)
            shop.collect()
            records, events = shop.store.rows("customers"), shop.store.rows("events").sort_by("occurred_at")
    traits = dict(zip(_people(records), records.column("traits").to_pylist(), strict=True))
    return list(_calls(events, traits))


def _people(rows: pa.Table) -> list[str]:
    return [f"L{named[0]['value']}" for named in rows.column("identifiers").to_pylist()]


def _calls(events: pa.Table, traits: dict[str, str]) -> Iterator[MadeUpCall]:
    """Each event, and before the first of a customer what the customer is."""
    wanted = events.select(["occurred_at", "event", "channel", "device", "properties"])
    for row, who in zip(wanted.to_pylist(), _people(events), strict=True):
        at, timestamp = row["occurred_at"], row["occurred_at"].isoformat()
        if who in traits:
            yield MadeUpCall(
                at,
                {"type": "identify", "userId": who, "timestamp": timestamp, "traits": json.loads(traits.pop(who))},
            )
        call = {"userId": who, "timestamp": timestamp, "properties": json.loads(row["properties"] or "{}")}
        kind = {"type": "page"} if row["event"] == "page" else {"type": "track", "event": row["event"]}
        where = {"channel": row["channel"], "device": {"type": row["device"]}}
        yield MadeUpCall(at, {**kind, **call, "context": {name: part for name, part in where.items() if part}})
