"""Who answers for what in the maps: who is named there, else further out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from resa.model.journey import Expectation, Improvement, JourneyMap, Metric

__all__ = ["Owned", "owned_things", "owner_of"]


@dataclass(frozen=True, kw_only=True)
class Owned:
    """Something that somebody answers for.

    Attributes:
        map: The map in which it stands.
        kind: What it is.
        key: Its key or name in the map.
    """

    map: JourneyMap
    kind: Literal["map", "touchpoint", "expectation", "promise", "improvement", "metric", "segment"]
    key: str


def owner_of(journey_map: JourneyMap, one: Expectation | Metric | Improvement | None = None) -> str:
    """Who answers for something of a map, or for the map: who is named there, else further out; empty: nobody is."""
    named = "" if one is None else one.owner
    if isinstance(one, Expectation):
        named = named or journey_map.touchpoint[one.after].owner
    return _said(named or journey_map.owner)


def owned_things(maps: Iterable[JourneyMap]) -> Mapping[str, list[Owned]]:
    """What each owner answers for, in the order of the maps; empty text: what nobody answers for.

    Capitals and further spaces do not matter: who is written in several ways stands here as they are written first.
    """
    found: dict[str, list[Owned]] = {}
    first: dict[str, str] = {}
    for journey_map in maps:
        for owner, owned in _owned(journey_map):
            found.setdefault(first.setdefault(owner.casefold(), owner), []).append(owned)
    return found


def _owned(journey_map: JourneyMap) -> Iterator[tuple[str, Owned]]:
    yield owner_of(journey_map), Owned(map=journey_map, kind="map", key=journey_map.key)
    for touchpoint in journey_map.touchpoints:
        if touchpoint.owner:
            yield _said(touchpoint.owner), Owned(map=journey_map, kind="touchpoint", key=touchpoint.key)
    for arrow in journey_map.expectations:
        yield owner_of(journey_map, arrow), Owned(map=journey_map, kind=arrow.kind, key=arrow.name)
    for improvement in journey_map.improvements:
        yield owner_of(journey_map, improvement), Owned(map=journey_map, kind="improvement", key=improvement.key)
    for metric in journey_map.metrics:
        yield owner_of(journey_map, metric), Owned(map=journey_map, kind="metric", key=metric.key)
    for segment in journey_map.segments:
        if segment.owner:
            yield _said(segment.owner), Owned(map=journey_map, kind="segment", key=segment.key)


def _said(owner: str) -> str:
    return " ".join(owner.split())
