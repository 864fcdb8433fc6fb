"""Which arrows changed lately: their share in four weeks against the four weeks before.

The weeks are the newest whose openings have had their full time, so they differ by arrow. Of k arrows that can be
compared each difference has Newcombe's interval (1998, method 10) at a confidence of 1 - 0.05 / k, by customer, so that
with 95 % all k hold (Bonferroni): what is called a change is beyond chance although many arrows were looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from resa.analytics.answers.expectations import Measured, measured
from resa.analytics.calendar import DAY
from resa.analytics.questions.kinds import ExpectationsQuestion
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Flags
from resa.base.clock import from_microseconds
from resa.kernels import Interval, difference_interval, tally
from resa.model.verdicts import FEWEST

if TYPE_CHECKING:
    from resa.analytics.measure import Measure

__all__ = ["Change", "lately"]

_DAYS: Final = 28
_CONFIDENCE: Final = 0.95


@dataclass(frozen=True, kw_only=True)
class Change:
    """How the share of an arrow changed.

    Attributes:
        expectation: Name of the arrow.
        since: First day of the newer four weeks, in the map's zone.
        before: The share in the four weeks before.
        after: The share in the newer four weeks.
        openings: Mature openings of the newer four weeks.
        difference: after - before.
        low: Lower end of its interval; with 95 % all intervals that were made together hold.
        high: Upper end.
    """

    expectation: str
    since: date
    before: float
    after: float
    openings: int
    difference: float
    low: float
    high: float

    @property
    def fell(self) -> bool:
        """Whether it fell, beyond chance."""
        return self.high < 0

    @property
    def rose(self) -> bool:
        """Whether it rose, beyond chance."""
        return self.low > 0


@dataclass(frozen=True)
class _Compared:
    """An arrow that has enough mature openings in both spans of four weeks."""

    item: Measured
    edge: int
    sides: tuple[Flags, Flags]

    def change(self, confidence: float) -> Change:
        """The difference, with an interval of this confidence."""
        found = self.item.outcomes
        local = int(self.item.snapshot.zone.local(np.array([self.edge], dtype=np.int64))[0])
        intervals: list[Interval] = []
        for chosen in self.sides:
            of = found.customer[chosen], found.outcome[chosen], found.mature[chosen]
            intervals.append(tally(*of, confidence=confidence)[1][0])
        before, after = intervals
        difference, low, high = difference_interval(before, after)
        return Change(
            expectation=self.item.expectation.name,
            since=from_microseconds(local).date(),
            before=before.share,
            after=after.share,
            openings=int(np.count_nonzero(self.sides[1])),
            difference=difference,
            low=low,
            high=high,
        )


def lately(measure: Measure, map_key: str) -> tuple[Change, ...]:
    """How each arrow changed of which there are enough openings in both spans, in the order of the map.

    Args:
        measure: Answers questions about the map.
        map_key: Of the map.

    Raises:
        QuestionError: The events were not yet matched with the map.
    """
    question = ExpectationsQuestion.from_document({"map": map_key})
    found = list(_compared(Selection(measure.snapshot(map_key), question)))
    return tuple(one.change(1 - (1 - _CONFIDENCE) / len(found)) for one in found)


def _compared(selection: Selection) -> Iterator[_Compared]:
    oldest = selection.snapshot.oldest
    for arrow in selection.snapshot.journey_map.expectations:
        item = measured(selection, arrow)
        found = item.outcomes
        end = found.last_start + 1
        edge, begin = end - _DAYS * DAY, end - 2 * _DAYS * DAY
        if oldest is None or begin < oldest:
            continue
        opened = found.opened_at
        before = found.mature & (opened >= begin) & (opened < edge)
        after = found.mature & (opened >= edge) & (opened < end)
        if min(np.count_nonzero(before), np.count_nonzero(after)) >= FEWEST:
            yield _Compared(item, edge, (before, after))
