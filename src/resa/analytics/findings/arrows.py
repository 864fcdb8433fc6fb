"""The arrows that changed, or are furthest below target: where, who, how many, at what cost at most.

A place is an expectation, for everybody or for a group of openings. Three reasons bring it on the list, in this
order: it is *unusual*, a fall or a rise (`unusual` says how that is tested: with nothing going on, nothing is called so
but once in a thousand reports), it is *below target*, or, without a target, *below its own history*. How much it costs
is what would have been met at the target, or at the share that was to be expected; never at 100 %, and a rise costs
nothing. It is an upper limit: who is helped over one step may still leave at the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from resa.analytics.answers.expectations import Measured, measured
from resa.analytics.calendar import DAY
from resa.analytics.findings.beginnings import Beginnings, prepared
from resa.analytics.findings.found import Finding, Findings, Reason
from resa.analytics.findings.places import Place, Watched, loss, placed, unusual, urgency, who
from resa.analytics.findings.statement import finding_sql
from resa.analytics.findings.unusual import FAMILY_WISE
from resa.analytics.scope.selection import Selection
from resa.base.clock import from_microseconds
from resa.kernels import clustered_interval
from resa.model.journey import Expectation
from resa.model.verdicts import judged

__all__ = ["Arrow", "below_target", "find"]

_RECENT_DAYS: Final = 28


@dataclass(frozen=True, kw_only=True)
class Arrow(Watched):
    """The mature openings of one expectation; at least one.

    Attributes:
        item: All openings.
    """

    item: Measured

    @classmethod
    def of(cls, selection: Selection, item: Measured) -> Arrow:
        """Those of a measured expectation."""
        found = item.outcomes
        rows = np.flatnonzero(found.mature)
        beginnings = Beginnings(selection, found.opened[rows], found.customer[rows], found.opened_at[rows])
        return cls(beginnings, found.named("met")[rows], item=item)

    @property
    def expectation(self) -> Expectation:
        """The arrow."""
        return self.item.expectation

    @cached_property
    def value_of_one(self) -> float | None:
        """What one opening is worth when it is met: the mean value of the events that met it and have one."""
        positions, numbers = self.beginnings.selection.snapshot.values
        closed = self.item.outcomes.closed[self.item.outcomes.mature][self.met]
        if not len(positions) or not len(closed):
            return None
        place = np.minimum(np.searchsorted(positions, closed), len(positions) - 1)
        found = positions[place] == closed
        return float(numbers[place[found]].mean()) if found.any() else None

    def value(self, place: Place) -> int | None:
        """What is missing at a place would have been worth, in hundredths of the map's currency."""
        worth = self.value_of_one
        return None if worth is None else round(place.missing * worth * 100)


def _arrows_of(selection: Selection) -> list[Arrow]:
    """The map's expectations that have mature openings."""
    found = [measured(selection, arrow) for arrow in selection.snapshot.journey_map.expectations]
    return [Arrow.of(selection, item) for item in found if item.outcomes.mature.any()]


def below_target(selection: Selection) -> Iterator[tuple[Arrow, Place]]:
    """The map's expectations that are below their target, as a whole."""
    for arrow in selection.snapshot.journey_map.expectations:
        if arrow.target is None:
            continue
        item = measured(selection, arrow, in_groups=False)
        counts, [whole] = item.whole
        if judged(int(counts[0, :, 1].sum()), whole.low, whole.high, arrow.target) == "below":
            below = Arrow.of(selection, item)
            yield below, placed(below, below.all, arrow.target)


def find(selection: Selection, *, limit: int = 5, level: float = FAMILY_WISE) -> Findings:
    """The places that are furthest from what they should be.

    Args:
        selection: What is looked at; its period holds for when openings opened.
        limit: How many are listed.
        level: Family-wise level at which a place is called unusual.
    """
    arrows = _arrows_of(prepared(selection))
    changed, tests = unusual(arrows, level)
    pairs = [(arrow, place) for arrow, place in zip(arrows, changed, strict=True) if place is not None]
    pairs.sort(key=lambda pair: urgency(pair[1]))
    named = {arrow.expectation.name for arrow, _ in pairs}
    others = [
        (arrow, reason, place)
        for arrow in arrows
        if arrow.expectation.name not in named
        for reason, place in _short_of(arrow)
    ]
    others.sort(key=lambda item: loss(item[2]))
    listed: list[tuple[Arrow, Reason, Place]] = [*((arrow, "unusual", place) for arrow, place in pairs), *others]
    places = tuple(_finding(*item) for item in listed[:limit])
    return Findings(places=places, tests=tests, level=level, warnings=selection.snapshot.value_warnings)


def _finding(arrow: Arrow, reason: Reason, place: Place) -> Finding:
    return Finding(
        expectation=arrow.expectation.name,
        reason=reason,
        openings=place.size,
        customers=place.people,
        share=place.interval.share,
        low=place.interval.low,
        high=place.interval.high,
        reference=place.reference,
        lost_at_most=place.lost_at_most,
        value_at_most=arrow.value(place),
        p_value=place.labels.get("p_value"),
        who=who(place),
        people=tuple(place.unmet.tolist()),
        sql=finding_sql(arrow.beginnings.selection, arrow.item, place.bounds, place.group),
        **{name: value for name, value in place.labels.items() if name not in {"p_value", "log_p"}},
    )


def _short_of(arrow: Arrow) -> Iterator[tuple[Reason, Place]]:
    """The whole expectation, if it is below its target, or without one below its own history."""
    target = arrow.expectation.target
    if target is not None:
        place = placed(arrow, arrow.all, target)
        if place.judged(target) == "below":
            yield "below target", place
        return
    if arrow.item.outcomes.as_of is None:
        return
    opened_at = arrow.beginnings.began_at
    latest = int(opened_at.max())
    start = latest - _RECENT_DAYS * DAY + 1
    recent = opened_at >= start
    if recent.all():
        return
    before = clustered_interval(arrow.customers[~recent], arrow.met[~recent])
    zone = arrow.beginnings.selection.snapshot.zone
    first = int(zone.local(opened_at[recent].min(keepdims=True))[0])
    day = from_microseconds(first).date()
    place = placed(arrow, recent, before.share, bounds=(start, latest + 1), labels={"since": day})
    if judged(int(np.count_nonzero(~recent)), before.low, before.high, None) != "few" and (
        place.judged(before.low) == "below"
    ):
        yield "below history", place
