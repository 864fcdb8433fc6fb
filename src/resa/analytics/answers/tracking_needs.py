"""What a map needs of the events: how each touchpoint is seen, and which fields of its events are read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from resa.analytics.answers.coverage import SEEN_BY
from resa.analytics.scope.selection import Selection
from resa.base.clock import from_microseconds, to_microseconds
from resa.model.journey import JourneyMap, Signal

__all__ = ["BY_CHANCE", "Need", "Place", "needs", "numbers_by_day", "places"]

BY_CHANCE: Final = 0.001
"""Chance below which what does not come is missing."""


class Place(NamedTuple):
    """A touchpoint, and what is to come of it.

    Attributes:
        touchpoint: Its key.
        needs: Which events show it, as its signals say; empty: nothing tells.
        seen_by: By what it is seen: events, a number by day, not seen, or no signal.
        complete: The day that is not complete yet, or lies behind the period; `None`: it is not known.
    """

    touchpoint: str
    needs: str
    seen_by: str
    complete: date | None


class Need(NamedTuple):
    """A field of events that the map reads at a touchpoint."""

    touchpoint: str
    field: str


def places(selection: Selection) -> Iterator[Place]:
    """The touchpoints of the map."""
    journey_map = selection.snapshot.journey_map
    seen_by = {signal.touchpoint: SEEN_BY[signal.kind] for signal in journey_map.signals}
    for touchpoint in journey_map.touchpoints:
        key = touchpoint.key
        told = "; ".join(_said(signal) for signal in journey_map.signals if signal.touchpoint == key)
        yield Place(key, told, seen_by.get(key, "no signal"), _complete(selection, key))


def numbers_by_day(journey_map: JourneyMap) -> dict[str, str]:
    """The touchpoint that each number by day shows."""
    return {one.daily_number: one.touchpoint for one in journey_map.signals if one.daily_number is not None}


def needs(selection: Selection) -> Iterator[Need]:
    """What the map reads of the events of each touchpoint, beside their names."""
    journey_map = selection.snapshot.journey_map
    for touchpoint in journey_map.touchpoints:
        texts = list(dict.fromkeys(_texts(journey_map, touchpoint.key)))
        fields = {field for text in texts for field in selection.snapshot.event_expression(text, "scalar").fields}
        for name in sorted(fields - {"event", "occurred_at"}):
            yield Need(touchpoint.key, name)


def _texts(journey_map: JourneyMap, key: str) -> Iterator[str]:
    """Expressions over the events of a touchpoint."""
    for signal in journey_map.signals:
        if signal.touchpoint == key:
            yield from (text for text in (signal.when, signal.value, signal.score) if text is not None)
    for arrow in journey_map.expectations:
        if arrow.per is not None and key in {arrow.after, *arrow.next}:
            yield arrow.per
    for metric in journey_map.metrics:
        if metric.number is not None and (not metric.of or key in metric.of):
            yield metric.number


def _said(signal: Signal) -> str:
    """What shows a touchpoint; nothing where that is not seen."""
    text = signal.when or signal.daily_number or ""
    if signal.occurrence is None:
        return text
    first, last = signal.occurrence
    return f"{text}, occurrence {first}{'+' if last is None else '' if last == first else f'-{last}'}"


def _complete(selection: Selection, key: str) -> date | None:
    """The day that is not complete yet, or lies behind the period: every source that delivered it counts."""
    snapshot = selection.snapshot
    known = selection.question.as_of or snapshot.complete_to([snapshot.journey_map.code[key]])
    if known is None:
        return None
    end = from_microseconds(min(to_microseconds(known), selection.bounds[1]))
    return end.astimezone(ZoneInfo(snapshot.journey_map.timezone)).date()
