"""How the numbers of a map differ between two times."""

from __future__ import annotations

from datetime import date, timedelta

from resa.drawing import Difference, Direction
from resa.kernels import Interval, difference_interval
from resa.model.verdicts import FEWEST
from resa.reporting.gathering import Days, Numbers, Row

__all__ = ["changes_between", "days_before"]


def days_before(days: Days, *, years: int = 0) -> Days:
    """As many days right before, or the same days a year ago or more.

    Args:
        days: With a first and a last day.
        years: How many years before; 0: right before.
    """
    if days.since is None or days.until is None:
        return Days()
    if years:
        return Days(since=_years_before(days.since, years), until=_years_before(days.until, years))
    length = days.until - days.since + timedelta(days=1)
    return Days(since=days.since - length, until=days.until - length)


def _years_before(day: date, years: int) -> date:
    """The same day of another year; of 29 February the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def changes_between(now: Numbers, before: Numbers) -> list[Difference]:
    """How the shares of all expectations and promises, and of the goal, differ, the largest change beyond chance first.

    The interval of each difference is Newcombe's, of the two shares' own (see `resa.kernels.difference_interval`). It
    holds for each by itself: of twenty that did not change, one looks as if it had.

    Args:
        now: The numbers of one time.
        before: Those of another.
    """
    teller, earlier = now.teller, {row["expectation"]: row for _, row in before.arrows}
    found = [
        _difference(teller.sentence(arrow), row, other)
        for arrow, row in now.arrows
        if (other := earlier.get(arrow.name)) is not None and row["mature"] and other["mature"]
    ]
    return sorted(found, key=lambda one: (one.direction in {"same", "few"}, -abs(one.difference)))


def _difference(name: str, now: Row, before: Row) -> Difference:
    share, other = (Interval(row["share"], row["low"], row["high"]) for row in (now, before))
    found = difference_interval(other, share)
    direction: Direction = "higher" if found.low > 0 else "lower" if found.high < 0 else "same"
    return Difference(
        name=name,
        share=share.share,
        other_share=other.share,
        low=found.low,
        high=found.high,
        direction="few" if min(now["mature"], before["mature"]) < FEWEST else direction,
    )
