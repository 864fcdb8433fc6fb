"""Scores of touchpoints, from the events that carry one and from feedback, each on its own scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from resa.analytics import Result
from resa.model.journey import JourneyMap

__all__ = ["Scores", "emotion_of", "scores_of"]

_LOWEST: Final = -2.0
_HIGHEST: Final = 2.0


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What a touchpoint was given on one scale.

    Attributes:
        touchpoint: Its key; not necessarily one of the map's.
        low: Lowest possible score.
        high: Highest possible score.
        mean: Mean score.
        count: How many.
    """

    touchpoint: str
    low: float
    high: float
    mean: float
    count: int

    @property
    def rescaled(self) -> float:
        """The mean on the map's scale, -2 to +2."""
        return _LOWEST + (_HIGHEST - _LOWEST) * (self.mean - self.low) / (self.high - self.low)


def feedback_on(journey_map: JourneyMap, feedback: pa.Table) -> pa.Table:
    """The same rows with the map's own keys where a touchpoint is, or was, called so, however it is spelt."""
    named = feedback.column("touchpoint").combine_chunks().dictionary_encode()
    keys = [journey_map.touchpoint_named(name) or name for name in named.dictionary.to_pylist()]
    recoded = pa.array(keys, pa.string()).take(named.indices)
    return feedback.set_column(feedback.schema.get_field_index("touchpoint"), "touchpoint", recoded)


def scores_of(journey_map: JourneyMap, touchpoints: Result, feedback: pa.Table) -> tuple[Scores, ...]:
    """All scores, those of one touchpoint and scale added up.

    Args:
        journey_map: Its signals state the scales of events' scores.
        touchpoints: The answer about all touchpoints.
        feedback: Rows with touchpoint, score, scale_low and scale_high.
    """
    sums: dict[tuple[str, float, float], tuple[float, int]] = {}

    def add(key: str, low: float | None, high: float | None, mean: float | None, count: int) -> None:
        if low is None or high is None or mean is None or not low < high or not count:
            return
        total, before = sums.get((key, low, high), (0.0, 0))
        sums[key, low, high] = (total + mean * count, before + count)

    for row in touchpoints.table.to_pylist():
        signal = journey_map.signal.get(row["touchpoint"])
        low, high = (None, None) if signal is None or signal.scale is None else signal.scale
        add(row["touchpoint"], low, high, row["score"], row["scores"])
    scored = feedback.filter(pc.is_valid(feedback.column("score")))
    groups = scored.group_by(["touchpoint", "scale_low", "scale_high"]).aggregate(
        [("score", "mean"), ("score", "count")]
    )
    for row in groups.to_pylist():
        add(row["touchpoint"], row["scale_low"], row["scale_high"], row["score_mean"], row["score_count"])
    return tuple(
        Scores(touchpoint=key, low=low, high=high, mean=total / count, count=count)
        for (key, low, high), (total, count) in sorted(sums.items())
    )


def emotion_of(scores: Sequence[Scores]) -> Mapping[str, tuple[float, int]]:
    """By touchpoint the mean of all its scores on the map's scale, and how many they are."""
    sums: dict[str, tuple[float, int]] = {}
    for item in scores:
        total, count = sums.get(item.touchpoint, (0.0, 0))
        sums[item.touchpoint] = (total + item.rescaled * item.count, count + item.count)
    return {key: (total / count, count) for key, (total, count) in sums.items()}
