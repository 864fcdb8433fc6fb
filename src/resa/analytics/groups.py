"""Groups that customers belong to, such as firms and households, each with a role: what events named `group` say.

Nothing is kept beside the events: who is joined, split or erased takes hers along, or leaves them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np

from resa.analytics.scope.snapshot import Positions, Snapshot
from resa.base.clock import from_microseconds

__all__ = ["Membership", "memberships", "memberships_of"]

_EVENT: Final = "group"
"""As Segment's call becomes an event; a file may have events of this name, too."""


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A customer belongs to a group.

    Attributes:
        customer: Her number in this generation of the index.
        group_id: What the group is called by those who send it.
        kind: Such as account or household; `None`: nobody says.
        name: Of the group, for people; `None`: nobody says.
        role: Hers in it; `None`: nobody says.
        since: Since when she has this role, or, without one, belongs to the group, UTC.
        source: Which source said so.
    """

    customer: int
    group_id: str
    kind: str | None
    name: str | None
    role: str | None
    since: datetime
    source: str


def memberships(snapshot: Snapshot, as_of: int | None = None) -> list[Membership]:
    """All memberships, by customer, each customer's in the order in which she came into the groups.

    Args:
        snapshot: The events.
        as_of: Events until then count, microseconds since 1970; `None`: all.
    """
    positions = np.flatnonzero(snapshot.event_flags(f"event = '{_EVENT}'"))
    if as_of is not None:
        positions = positions[snapshot.times(positions) <= as_of]
    return list(_read(snapshot, positions))


def memberships_of(snapshot: Snapshot, customer: int) -> list[Membership]:
    """The same of one customer, without a look at all the others' events."""
    positions = np.arange(*snapshot.index.offsets[customer : customer + 2])
    events = snapshot.index.event_rows(positions, ["event"]).column("event").to_pylist()
    return list(_read(snapshot, positions[[event == _EVENT for event in events]]))


def _read(snapshot: Snapshot, positions: Positions) -> Iterator[Membership]:
    rows = snapshot.index.event_rows(positions, ["source_id", "properties"]).to_pylist()
    customers, times = snapshot.customers_at(positions).tolist(), snapshot.times(positions).tolist()
    found: dict[tuple[int, str], Membership] = {}
    for customer, time, row in zip(customers, times, rows, strict=True):
        said = _said(json.loads(row["properties"] or "{}"))
        group = said.pop("group_id")
        if group is None:
            continue
        before = found.get((customer, group))
        if before is None or (said["role"] is not None and said["role"] != before.role):
            since, source = from_microseconds(time), row["source_id"]
        else:
            since, source = before.since, before.source
        kept = {} if before is None else {name: getattr(before, name) for name in said}
        told = {name: kept.get(name) if value is None else value for name, value in said.items()}
        found[customer, group] = Membership(customer=customer, group_id=group, since=since, source=source, **told)
    yield from found.values()


def _said(properties: Mapping[str, Any]) -> dict[str, str | None]:
    """What one event says of the group; Segment's `group` has all but the id among the group's traits."""
    traits = properties.get("traits")
    places = (properties, traits if isinstance(traits, dict) else {})
    names = {"group_id": "group_id", "kind": "type", "name": "name", "role": "role"}
    return {
        name: next((text for place in places if (text := _text(place.get(key))) is not None), None)
        for name, key in names.items()
    }


def _text(value: Any) -> str | None:
    """A name or an id; whole numbers are ids, too."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None
