"""Expectations and promises as they are drawn on the wall, under the touchpoints that they join."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resa.model.journey import Expectation, JourneyMap

__all__ = ["Drawn", "columns_of", "tracks_of"]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """An arrow over some half columns of the wall: from the middle of one touchpoint's to the middle of another's.

    Attributes:
        name: Of the arrow.
        kind: `expectation` or `promise`.
        words: What the file says of it.
        first: The number of its first half column, from 0.
        halves: Over how many it goes.
        start: Where it starts, in hundredths of its width.
        heads: Where it leads, each with whether it comes there from the left; none: to its own touchpoint alone.
    """

    name: str
    kind: str
    words: Mapping[str, Any]
    first: int
    halves: int
    start: float
    heads: tuple[tuple[float, bool], ...]


def columns_of(journey_map: JourneyMap) -> tuple[dict[str, int], int]:
    """The number of each touchpoint's column on the wall, from 0, and of all; an empty stage has one, too."""
    found, number = dict[str, int](), 0
    for stage in journey_map.stages:
        found |= {key: number + at for at, key in enumerate(stage.touchpoints)}
        number += max(len(stage.touchpoints), 1)
    return found, number


def tracks_of(journey_map: JourneyMap, words: Mapping[str, Mapping[str, Any]]) -> list[list[tuple[int, Drawn | None]]]:
    """The arrows in rows, so that none lie on another: over how many half columns each goes, and what is empty.

    Args:
        journey_map: Whose arrows.
        words: What the file says of each, by name.
    """
    columns, count = columns_of(journey_map)
    drawn = [_drawn(one, words.get(one.name, {}), columns) for one in journey_map.expectations]
    tracks: list[list[Drawn]] = []
    for arrow in sorted(drawn, key=lambda one: (one.halves > count, one.first, one.halves)):
        track = next((track for track in tracks if track[-1].first + track[-1].halves <= arrow.first), None)
        if track is None:
            tracks.append([arrow])
        else:
            track.append(arrow)
    return [_row(track, count * 2) for track in tracks]


def _drawn(arrow: Expectation, words: Mapping[str, Any], columns: Mapping[str, int]) -> Drawn:
    here = columns[arrow.after]
    ends = sorted({columns[key] for key in arrow.next} - {here})
    first, last = min([here, *ends]), max([here, *ends])

    def middle(column: int) -> float:
        return round((column - first) * 100 / (last - first), 2) if last > first else 50.0

    return Drawn(
        name=arrow.name,
        kind=arrow.kind,
        words=words,
        first=2 * first + bool(ends),
        halves=2 * (last - first) or 2,
        start=middle(here),
        heads=tuple((middle(end), end > here) for end in ends),
    )


def _row(track: list[Drawn], count: int) -> list[tuple[int, Drawn | None]]:
    found: list[tuple[int, Drawn | None]] = []
    at = 0
    for arrow in track:
        found += [(arrow.first - at, None)] if arrow.first > at else []
        found.append((arrow.halves, arrow))
        at = arrow.first + arrow.halves
    return found + ([(count - at, None)] if count > at else [])
