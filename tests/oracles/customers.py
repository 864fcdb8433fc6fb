"""Computed traits and what expressions say of a customer, one event at a time in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.support.small_store import Happened

from resa.model.customers import ComputedTrait

__all__ = ["CONDITIONS", "VALUES", "trait_of"]

VALUES: Mapping[str, Callable[[Happened], Any]] = {
    "channel": lambda event: event.channel,
    "event": lambda event: event.event,
    "value": lambda event: event.value,
    "occurred_at": lambda event: event.moment,
    "properties.k": lambda event: event.properties.get("k"),
}
CONDITIONS: Mapping[str, Callable[[Happened], bool]] = {
    "device = 'phone'": lambda event: event.device == "phone",
    "value > 5": lambda event: event.value is not None and event.value > 5,
    "event <> 'x'": lambda event: event.event != "x",
}


def trait_of(trait: ComputedTrait, events: Sequence[Happened], now: datetime) -> Any:
    """The trait of one customer.

    Args:
        trait: How it is computed.
        events: All of hers, in the one order.
        now: Later ones do not count.
    """
    chosen = [event for event in events if event.moment <= now]
    if trait.in_last is not None:
        chosen = [event for event in chosen if event.moment > now - timedelta(seconds=trait.in_last.seconds)]
    if trait.of:
        chosen = [event for event in chosen if event.event in trait.of]
    if trait.when is not None:
        chosen = [event for event in chosen if CONDITIONS[trait.when](event)]
    if trait.way == "count":
        return len(chosen)
    if trait.way.startswith("days_since"):
        end = 0 if trait.way.endswith("first") else -1
        return (now - chosen[end].moment) / timedelta(days=1) if chosen else None
    said = [VALUES[trait.value or "value"](event) for event in chosen]
    return _one(trait.way, [value for value in said if value is not None])


def _one(way: str, known: list[Any]) -> Any:
    if way == "sum":
        return sum(known)
    if not known:
        return None
    if way in {"first", "last"}:
        return known[0 if way == "first" else -1]
    often = Counter(known)
    return max(known, key=lambda value: (often[value], len(known) - known[::-1].index(value)))
