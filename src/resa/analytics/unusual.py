"""Tests for what is unusual: a group of openings that was met less often than it would be if nothing had happened.

*The null hypothesis* of a test: within a stratum, whether an opening is met does not depend on whether it is inside
the group. Two kinds of groups are looked at, every run of consecutive weeks of each:

* *against its own history*: a segment's openings of these weeks, against the same segment's other weeks; strata are
  personas, channel and device. A segment is everybody, a persona, a channel, a device, or a value of a trait or
  property.
* *against the others*: a segment given by a trait or property, in these weeks, against everybody else in the same
  weeks; strata are personas, channel, device and week. Personas, channels and devices are not compared with each
  other: they are meant to differ.

*The test.* With n_s openings inside the group in stratum s, x met of all N = sum n_s, and m = sum n_s p_s expected by
the stratum's share p_s, inside and outside together, the count given all margins is a sum of hypergeometric
variables, each dominated in the convex order by a binomial one (Hoeffding, JASA 58 (1963), theorem 4), and so by
Chernoff and Jensen

    P(X <= x) <= exp(-N KL(x/N, m/N)),   KL(a, b) = a ln(a/b) + (1 - a) ln((1 - a)/(1 - b)),   x < m

and the same from the other side, where the group is more than half of the whole. The bound is conservative for any
sizes. A customer's openings follow each other, so that given the past each is a new trial; where customers
nevertheless differ, the design effect says how many trials there are worth, and N is divided by it.

*Many tests.* A group is called unusual if its bound times the number of tests made is at most the family-wise level
(Bonferroni). Which tests are made depends on how many openings there are, never on how many were met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["FAMILY_WISE", "FEWEST", "Cell", "Trials", "against_history", "against_others", "log_bound"]

FAMILY_WISE: Final = 0.001
"""Chance that anything is called unusual when nothing is."""

FEWEST: Final = 30
"""A group is tested if it, and what it is compared with, have at least so many openings."""

Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Column = npt.NDArray[np.integer] | npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trials:
    """Openings of one expectation as trials.

    Attributes:
        met: Whether each was met.
        week: Number of the week in which each opened.
        stratum: Number of the stratum of each, weeks left aside.
        weeks: How many weeks there are.
        effect: Design effect, at least 1.
    """

    met: npt.NDArray[np.bool_]
    week: Whole
    stratum: Whole
    weeks: int
    effect: float


@dataclass(frozen=True)
class Cell:
    """One tested group.

    Attributes:
        first: Its first week.
        last: Its last week, included.
        openings: How many it has.
        expected: The share it would have if it were like what it is compared with.
        log_p: Natural logarithm of the bound of the p-value.
    """

    first: int
    last: int
    openings: int
    expected: float
    log_p: float


def log_bound(met: Numbers, openings: Numbers, expected: Numbers) -> Numbers:
    """-N KL(x/N, m/N) where fewer were met than expected, else 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = met / openings, expected / openings
        first = np.where(a > 0, a * np.log(a / b), 0.0)
        second = np.where(a < 1, (1 - a) * np.log((1 - a) / (1 - b)), 0.0)
    low = np.where((met < expected) & (openings > 0), -openings * (first + second), 0.0)
    return np.asarray(low, np.float64)


def against_history(trials: Trials, segment: npt.NDArray[np.bool_]) -> tuple[Cell | None, int]:
    """The most unusual run of weeks of a segment against its other weeks, and how many runs were tested."""
    met, week, stratum = trials.met[segment], trials.week[segment], trials.stratum[segment]
    if not len(met):
        return None, 0
    _, stratum = np.unique(stratum, return_inverse=True)
    shape = (int(stratum.max()) + 1, trials.weeks)
    place = stratum * trials.weeks + week
    openings = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape)
    reached = np.bincount(place, weights=met, minlength=shape[0] * shape[1]).reshape(shape)
    share = reached.sum(axis=1) / openings.sum(axis=1)
    return _best(
        openings.sum(axis=0), reached.sum(axis=0), (openings * share[:, None]).sum(axis=0), None, trials.effect
    )


def against_others(
    trials: Trials, inside: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]
) -> tuple[Cell | None, int]:
    """The most unusual run of weeks of a group against everybody else then, and how many runs were tested.

    Args:
        trials: All openings.
        inside: Which of them are in the group.
        known: Of which of them it is known whether they are.
    """
    met, week, chosen = trials.met[known], trials.week[known], inside[known]
    if not len(met):
        return None, 0
    _, stratum = np.unique(trials.stratum[known] * trials.weeks + week, return_inverse=True)
    share = np.bincount(stratum, weights=met) / np.bincount(stratum)
    openings = np.bincount(week[chosen], minlength=trials.weeks)
    reached = np.bincount(week[chosen], weights=met[chosen], minlength=trials.weeks)
    expected = np.bincount(week[chosen], weights=share[stratum[chosen]], minlength=trials.weeks)
    outside = [
        np.bincount(week[~chosen], minlength=trials.weeks),
        np.bincount(week[~chosen], weights=met[~chosen], minlength=trials.weeks),
        np.bincount(week[~chosen], weights=share[stratum[~chosen]], minlength=trials.weeks),
    ]
    return _best(openings, reached, expected, outside, trials.effect)


def _best(
    openings: Column, met: Column, expected: Column, outside: Sequence[Column] | None, effect: float
) -> tuple[Cell | None, int]:
    """Test every run of weeks. `outside`: what stands against each week; `None`: all other weeks."""
    weeks = len(openings)
    sums = [np.concatenate([[0.0], np.cumsum(column)]) for column in (openings, met, expected)]
    first, last = np.triu_indices(weeks)
    inside = [total[last + 1] - total[first] for total in sums]
    if outside is None:
        other = [total[-1] - part for total, part in zip(sums, inside, strict=True)]
    else:
        rest = [np.concatenate([[0.0], np.cumsum(column)]) for column in outside]
        other = [total[last + 1] - total[first] for total in rest]
    tested = (inside[0] >= FEWEST) & (other[0] >= FEWEST)
    if not tested.any():
        return None, 0
    few = inside[0] <= other[0]
    below = log_bound(inside[1] / effect, inside[0] / effect, inside[2] / effect)
    # Seen from the other side: those outside were met more often than expected, so missed less often.
    above = log_bound((other[0] - other[1]) / effect, other[0] / effect, (other[0] - other[2]) / effect)
    log_p = np.where(tested, np.where(few, below, above), 0.0)
    best = int(np.argmin(log_p))
    if log_p[best] >= 0:
        return None, int(tested.sum())
    start, end = int(first[best]), int(last[best])
    # What the group would have, were it like the others: those outside tell, taken to the group's strata.
    outside_share = other[1][best] / other[0][best]
    outside_expected = other[2][best] / other[0][best]
    expected_share = (
        min(1.0, float(inside[2][best] / inside[0][best] * outside_share / outside_expected))
        if outside_expected
        else 0.0
    )
    return Cell(start, end, int(inside[0][best]), expected_share, float(log_p[best])), int(tested.sum())
