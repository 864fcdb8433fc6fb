"""Counting segments for whoever asks: how many are in each, of how many, and how that was week by week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from resa.analytics import Measure, condition_flags, segment_flags
from resa.base.clock import from_microseconds, to_microseconds
from resa.model.journey import JourneyMap
from resa.storage import Store

__all__ = ["WEEKS", "SegmentFigure", "count_condition", "count_segments", "looked_from"]

WEEKS: Final = 8
"""So many weeks back a trend goes."""

ARRIVALS: Final = "arrivals of "
"""How the origins of loads begin whose rows came over HTTP."""


@dataclass(frozen=True, kw_only=True)
class SegmentFigure:
    """How many are in a segment.

    Attributes:
        segment: Its key.
        name: Name for people.
        map: Key of the map that it is about.
        about: One or two sentences.
        owner: Who answers for it.
        who: The expression that selects its customers.
        customers: How many are in it.
        share: Of all customers, 0 to 1; `None`: there are none.
        counted_at: The moment as of which they were counted, UTC; `None`: there are no data.
        trend: How many were in it at the end of each of the last weeks, oldest first, now last: with the events as they
            are known now, and with what sources say of customers now.
    """

    segment: str
    name: str
    map: str
    about: str
    owner: str
    who: str
    customers: int
    share: float | None
    counted_at: datetime | None
    trend: tuple[int, ...] = ()


def looked_from(store: Store, overall: datetime | None) -> datetime | None:
    """The moment from which segments are looked at; `None`: there are no data.

    What is known to have happened by then counts. While events come over HTTP that is now, afterwards the moment up to
    which they came; of files alone, the moment up to which the data are complete.

    Args:
        store: The data folder.
        overall: Up to when the data are complete.
    """
    live = [load for load in store.loads() if load.origin.startswith(ARRIVALS)]
    if any(load.state == "running" for load in live):
        return store.clock()
    ends = [load.finished_at for load in live if load.finished_at is not None]
    return max((end for end in (overall, *ends) if end is not None), default=None)


def count_condition(store: Store, measure: Measure, journey_map: JourneyMap, who: str) -> tuple[int, int]:
    """How many customers a condition selects that is no segment's yet, and of how many.

    Args:
        store: The data folder.
        measure: Of the same store.
        journey_map: Whose touchpoints, expectations, personas and segments are meant.
        who: The condition.

    Raises:
        ExpressionError: The condition is wrong.
    """
    snapshot = measure.snapshot(journey_map.key)
    moment = looked_from(store, snapshot.index.as_of.overall)
    flags = condition_flags(snapshot, who, now=None if moment is None else to_microseconds(moment))
    return int(np.count_nonzero(flags)), len(flags)


def count_segments(
    store: Store, measure: Measure, journey_map: JourneyMap, *, weeks: int = WEEKS
) -> list[SegmentFigure]:
    """The segments of a map, in the order of their file.

    Args:
        store: The data folder.
        measure: Of the same store.
        journey_map: The map.
        weeks: So many weeks back the trend goes.
    """
    snapshot = measure.snapshot(journey_map.key)
    moment = looked_from(store, snapshot.index.as_of.overall)
    now = None if moment is None else to_microseconds(moment)
    inside = segment_flags(snapshot, now=now)
    sizes: dict[str, list[int]] = {key: [] for key in inside}
    for back in range(weeks if moment is not None else 0, 0, -1):
        then = segment_flags(snapshot, as_of=to_microseconds(moment - timedelta(weeks=back))) if moment else {}
        for key, flags in then.items():
            sizes[key].append(int(np.count_nonzero(flags)))
    count = len(snapshot.index.offsets) - 1
    figures = []
    for segment in journey_map.segments:
        customers = int(np.count_nonzero(inside[segment.key]))
        figures.append(
            SegmentFigure(
                segment=segment.key,
                name=segment.name,
                map=journey_map.key,
                about=segment.about,
                owner=segment.owner,
                who=segment.who,
                customers=customers,
                share=customers / count if count else None,
                counted_at=None if now is None else from_microseconds(now),
                trend=(*sizes[segment.key], customers),
            )
        )
    return figures
