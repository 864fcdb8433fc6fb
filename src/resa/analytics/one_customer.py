"""One customer, seen through a map: what she did, where she is, and what is still expected of her."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from resa.analytics.groups import Membership, memberships_of
from resa.analytics.scope.customers import CustomerExpressions
from resa.analytics.scope.outcomes import OUTCOMES, expectation_as_of, outcomes_of
from resa.analytics.scope.snapshot import Positions, Snapshot
from resa.base.clock import from_microseconds, to_microseconds

__all__ = ["Place", "SeenCustomer", "SeenEvent", "SeenOpening", "seen_customer"]

Place = tuple[datetime, int]
"""A place in a timeline, newest first: the moment of the last event that was seen, UTC, and how many of that moment
were. It stays what it is when events arrive later. Of a number below 0, so many of what came after it are seen, too."""

_READ: Final = ("event", "source_id", "device", "value", "properties")


@dataclass(frozen=True, kw_only=True)
class SeenEvent:
    """One event of the customer.

    Attributes:
        at: When it happened, UTC.
        event: Its name.
        touchpoint: Key of the touchpoint that it shows; `None`: none of the map.
        source: Which source delivered it.
        channel: The channel that counts; `None`: not known.
        device: Its device; `None`: not known.
        value: Its own value, in the source's currency.
        properties: A JSON object, as text.
    """

    at: datetime
    event: str
    touchpoint: str | None
    source: str
    channel: str | None
    device: str | None
    value: float | None
    properties: str | None


@dataclass(frozen=True, kw_only=True)
class SeenOpening:
    """One opening of an expectation or promise.

    Attributes:
        expectation: Its name.
        opened_at: When, UTC.
        deadline: Until when it can be met, UTC.
        outcome: met, missed, open or cancelled.
        closed_at: When it was met or cancelled, UTC; `None`: neither.
    """

    expectation: str
    opened_at: datetime
    deadline: datetime
    outcome: str
    closed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class SeenCustomer:
    """One customer as a map sees her.

    Attributes:
        events: How many events she has.
        visits: How many of them are touchpoints of the map.
        visited: How often she visited each touchpoint, by its key, in the order of the map.
        touchpoint: Key of the touchpoint she visited last; `None`: none.
        personas: Keys of the personas that she is, as of now.
        timeline: Her newest events, the newest first, from where she was asked for.
        older: The place behind the last event of the timeline; `None`: there are no older ones.
        openings: What was expected of her, the newest first.
        groups: Firms, households and the like that she belongs to.
        computed: Traits that Resa computes, by name, as of when the data are complete; `None`: not known.
        as_of: Up to when the data are complete; `None`: there are none.
    """

    events: int
    visits: int
    visited: Mapping[str, int]
    touchpoint: str | None
    personas: tuple[str, ...]
    timeline: tuple[SeenEvent, ...]
    openings: tuple[SeenOpening, ...]
    as_of: datetime | None
    older: Place | None = None
    groups: tuple[Membership, ...] = ()
    computed: Mapping[str, Any] = field(default_factory=dict)


def seen_customer(snapshot: Snapshot, customer: int, newest: int, before: Place | None = None) -> SeenCustomer:
    """What a map sees of a customer.

    Args:
        snapshot: The events.
        customer: Her number in this generation of the index.
        newest: How many events the timeline holds at most.
        before: Only events behind this place; `None`: all.
    """
    first, last = snapshot.index.offsets[customer], snapshot.index.offsets[customer + 1]
    codes = snapshot.column.touchpoints[first:last]
    visited = np.flatnonzero(codes)
    counts = np.bincount(codes, minlength=len(snapshot.names))
    times = snapshot.times(np.arange(first, last))
    end = len(times) if before is None else _end(times, before)
    begin = max(0, end - newest)
    expressions = CustomerExpressions(snapshot)
    return SeenCustomer(
        events=int(last - first),
        visits=len(visited),
        visited={name: int(n) for name, n in zip(snapshot.names, counts, strict=True) if name and n},
        touchpoint=snapshot.names[codes[visited[-1]]] if len(visited) else None,
        personas=tuple(key for key in expressions.personas_known if expressions.persona(key)[customer]),
        timeline=_timeline(snapshot, np.arange(first + begin, first + end)[::-1]),
        openings=_openings(snapshot, customer),
        as_of=snapshot.index.as_of.overall,
        older=_place(times, begin) if 0 < begin < end else None,
        groups=tuple(memberships_of(snapshot, customer)),
        computed={key: expressions.trait(key)[customer].as_py() for key in snapshot.journey_map.trait},
    )


def _end(times: npt.NDArray[np.int64], before: Place) -> int:
    """How many events are older than a place, of moments in ascending order."""
    moment, seen = before
    end = int(np.searchsorted(times, to_microseconds(moment), side="right")) - seen
    return min(max(0, end), len(times))


def _place(times: npt.NDArray[np.int64], begin: int) -> Place:
    """The place behind the event of a number."""
    return from_microseconds(int(times[begin])), int(np.searchsorted(times, times[begin], side="right")) - begin


def _timeline(snapshot: Snapshot, positions: Positions) -> tuple[SeenEvent, ...]:
    rows = snapshot.index.event_rows(positions, list(_READ)).to_pylist()
    times = snapshot.times(positions).tolist()
    codes, channels = snapshot.column.touchpoints[positions], snapshot.channels_at(positions)
    return tuple(
        SeenEvent(
            at=from_microseconds(time),
            event=row["event"],
            touchpoint=snapshot.names[code] or None,
            source=row["source_id"],
            channel=snapshot.channel_labels[channel] or None,
            device=row["device"],
            value=row["value"],
            properties=row["properties"],
        )
        for row, time, code, channel in zip(rows, times, codes, channels, strict=True)
    )


def _openings(snapshot: Snapshot, customer: int) -> tuple[SeenOpening, ...]:
    """All openings, of all expectations."""
    alone = np.zeros(len(snapshot.index.offsets) - 1, np.bool_)
    alone[customer] = True
    seen: list[SeenOpening] = []
    for expectation in snapshot.journey_map.expectations:
        as_of = expectation_as_of(snapshot, expectation)
        found = outcomes_of(snapshot, expectation, as_of=as_of, customers=alone)
        ends = snapshot.times(np.maximum(found.closed, 0))
        for place in range(len(found.opened)):
            closed = found.closed[place] >= 0
            seen.append(
                SeenOpening(
                    expectation=expectation.name,
                    opened_at=from_microseconds(int(found.opened_at[place])),
                    deadline=from_microseconds(int(found.deadline[place])),
                    outcome=OUTCOMES[found.outcome[place]],
                    closed_at=from_microseconds(int(ends[place])) if closed else None,
                )
            )
    return tuple(sorted(seen, key=lambda opening: opening.opened_at, reverse=True))
