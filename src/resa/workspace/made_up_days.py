"""Days of made-up customers, as the calls that a shop's systems would send at their moments.

`python -m resa.workspace.made_up_days TEMPLATE DAY CUSTOMERS` writes those of a day, then those of the next, and so on,
a line of JSON each, as fast as they are read: the next day is drawn once the one before was taken. It ends with its
output.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

from resa.workspace.create import create
from resa.workspace.simulating import write_simulated
from resa.workspace.workspace import Workspace

__all__ = ["MadeUpCall", "made_up_days"]


_NICE: Final = 2
"""Whoever looks at a screen comes first."""

_SEED: Final = 2


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
        over = datetime.combine(start, time(), UTC) + timedelta(days=days + 1)
        with Workspace(folder, clock=lambda: over) as shop:  # nothing of these days is still to come
            journey_map = shop.map()
            write_simulated(folder, journey_map, customers=customers, seed=seed, start=start, days=days, stated=False)
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


def _write(template: str, start: date, customers: int) -> None:
    """Write one day after the other to the output, each drawn when it is due."""
    with suppress(OSError, AttributeError):  # where the system knows no such thing
        os.nice(_NICE)
    for number in count():
        day = start + timedelta(days=number)
        for at, call in made_up_days(template, day, days=1, customers=customers, seed=_SEED + number):
            sys.stdout.write(json.dumps({"at": at.isoformat(), "call": call}) + "\n")


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        _write(sys.argv[1], date.fromisoformat(sys.argv[2]), int(sys.argv[3]))
