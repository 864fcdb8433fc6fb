"""Improvements that show an effect: looked at a few times, and told apart from chance although they are.

The share of what an improvement should move is compared with as many days before, once 7, 14, 28, 56 and 112 days of
each side can be counted, and never in between. Of n improvements each look has Newcombe's interval (1998, method 10) at
a confidence of 1 - 0.05 / (5 n), by customer, so that with 95 % all of them hold (Bonferroni), however often somebody
asks. It is a comparison in time, no experiment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from resa.analytics.answers.improvements import ComparedImprovement
from resa.analytics.questions.kinds import ImprovementsQuestion
from resa.analytics.scope.selection import Selection
from resa.kernels import difference_interval
from resa.model.verdicts import FEWEST

if TYPE_CHECKING:
    from resa.analytics.measure import Measure

__all__ = ["Effect", "effects"]

_LOOKS: Final = (7, 14, 28, 56, 112)
_ERROR: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What an improvement showed at the first look that told it apart from chance.

    Attributes:
        improvement: Its key.
        expectation: Name of what it should move.
        since: First day it was in force.
        days: Days that were compared on each side.
        before: The share in the days before.
        after: The share from then on.
        difference: after - before.
        low: Lower end of its interval; with 95 % those of all improvements and looks hold.
        high: Upper end.
    """

    improvement: str
    expectation: str
    since: date
    days: int
    before: float
    after: float
    difference: float
    low: float
    high: float


def effects(measure: Measure, map_key: str) -> tuple[Effect, ...]:
    """The improvements of a map that show an effect, in its order.

    Args:
        measure: Answers questions about the map.
        map_key: Of the map.

    Raises:
        QuestionError: The events were not yet matched with the map.
    """
    selection = Selection(measure.snapshot(map_key), ImprovementsQuestion.from_document({"map": map_key}))
    journey_map = selection.snapshot.journey_map
    asked = [
        (one, one.since, journey_map.expectation[name])
        for one in journey_map.improvements
        if one.since is not None and (name := journey_map.expectation_named(one.should_move or "")) is not None
    ]
    confidence = 1 - _ERROR / (len(_LOOKS) * max(1, len(asked)))
    found = []
    for improvement, since, arrow in asked:
        looks = (ComparedImprovement(selection, improvement, arrow, since, days) for days in _LOOKS)
        found += list(_first(looks, confidence))
    return tuple(found)


def _first(looks: Iterator[ComparedImprovement], confidence: float) -> Iterator[Effect]:
    """The first look that tells before and after apart, if any does."""
    for look in looks:
        if look.days < (look.most or 0):
            return
        (_, before, _, one), (_, after, _, two) = look.sides(slice(None), confidence)
        difference, low, high = difference_interval(one, two)
        if min(before, after) >= FEWEST and (low > 0 or high < 0):
            yield Effect(
                improvement=look.improvement.key,
                expectation=look.arrow.name,
                since=look.since,
                days=look.days,
                before=one.share,
                after=two.share,
                difference=difference,
                low=low,
                high=high,
            )
            return
