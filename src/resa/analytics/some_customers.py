"""Some customers as a list tells of them: since when, how much, where they were last. Nothing is read of any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from resa.analytics.scope.customers import CustomerExpressions
from resa.analytics.scope.snapshot import EventIndex, Snapshot
from resa.base.clock import from_microseconds

__all__ = ["SeenBriefly", "seen_briefly"]


@dataclass(frozen=True, kw_only=True)
class SeenBriefly:
    """One customer as a map sees her, in short.

    Attributes:
        events: How many events she has.
        first_seen: When the first of them happened, UTC; `None`: she has none.
        last_seen: When the last of them happened.
        touchpoint: Key of the touchpoint she visited last; `None`: none.
        value: What all her visits are worth together, in the map's currency; `None`: nothing tells.
        personas: Keys of the personas that she is, as of now.
    """

    events: int
    first_seen: datetime | None
    last_seen: datetime | None
    touchpoint: str | None
    value: float | None
    personas: tuple[str, ...]


def seen_briefly(snapshot: Snapshot, customers: Sequence[int], alone: EventIndex | None = None) -> list[SeenBriefly]:
    """What a map sees of some customers, in the order in which they are given.

    Args:
        snapshot: The events.
        customers: Their numbers in this generation of the index.
        alone: These customers alone as an index of its own, in ascending order of their numbers: of them it is found
            out who is which persona, unless that is known of all already. `None`: personas are not told.
    """
    personas = [()] * len(customers) if alone is None else _personas(snapshot, customers, alone)
    worth = _worth(snapshot, customers)
    return [_seen(snapshot, *one) for one in zip(customers, personas, worth, strict=True)]


def _worth(snapshot: Snapshot, customers: Sequence[int]) -> list[float | None]:
    """What all events of each are worth together; what is read of them is read at once."""
    positions, numbers = snapshot.column.values
    whose = np.asarray(customers, np.int64)
    begins, ends = (np.searchsorted(positions, snapshot.index.offsets[whose + after]) for after in (0, 1))
    sizes = ends - begins
    places = np.arange(sizes.sum()) + np.repeat(begins - (np.cumsum(sizes) - sizes), sizes)
    row = np.repeat(np.arange(len(whose)), sizes)
    own = ~snapshot.are_foreign(np.asarray(positions[places], np.int64))
    sums = np.bincount(row[own], weights=numbers[places[own]], minlength=len(whose))
    known = np.bincount(row[own], minlength=len(whose)) > 0
    return [worth if told else None for worth, told in zip(sums.tolist(), known.tolist(), strict=True)]


def _personas(snapshot: Snapshot, customers: Sequence[int], alone: EventIndex) -> list[tuple[str, ...]]:
    every = CustomerExpressions(snapshot)
    if every.personas_at_hand:
        return every.personas_of(customers)
    places = np.unique(customers, return_inverse=True)[1].tolist()
    return CustomerExpressions(snapshot.over(alone)).personas_of(places)


def _seen(snapshot: Snapshot, customer: int, personas: tuple[str, ...], worth: float | None) -> SeenBriefly:
    begin, end = snapshot.index.offsets[customer : customer + 2].tolist()
    codes = snapshot.column.touchpoints[begin:end]
    visited = np.flatnonzero(codes)
    first, last = (None, None)
    if begin < end:
        first, last = map(from_microseconds, snapshot.times(np.array([begin, end - 1])).tolist())
    return SeenBriefly(
        events=end - begin,
        first_seen=first,
        last_seen=last,
        touchpoint=snapshot.names[codes[visited[-1]]] if len(visited) else None,
        value=worth,
        personas=personas,
    )
