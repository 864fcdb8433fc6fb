"""Tests for what is unusual: a group of openings that was met less often, or more, than if nothing had happened.

*The null hypothesis* of a test: within a stratum, whether an opening is met does not depend on whether it is inside
the group. Two kinds of groups are looked at, runs of consecutive weeks of each:

* *against its own history*: a segment's openings of these weeks, against the same segment's other weeks; strata are
  personas, channel and device. A segment is everybody, a persona, a channel, a device, or a value of a trait or
  property. Of two runs that complete each other the later is the change, so a run from the first week on is not
  looked at, nor one in between that holds more than half of the openings: there the rest is what differs.
* *against the others*: a segment given by a trait or property, in these weeks, against everybody else in the same
  weeks; strata are personas, channel, device and week. Personas, channels and devices are not compared with each
  other: they are meant to differ.

*The test.* With n_s openings inside the group in stratum s, x met of all N = sum n_s, and m = sum n_s p_s expected by
the stratum's share p_s, inside and outside together, the count given all margins is a sum of hypergeometric
variables, each dominated in the convex order by a binomial one (Hoeffding, JASA 58 (1963), theorem 4), and so by
Chernoff and Jensen

    P(X <= x) <= exp(-N KL(x/N, m/N)),   KL(a, b) = a ln(a/b) + (1 - a) ln((1 - a)/(1 - b)),   x < m

and the same from the other side, where the group is more than half of the whole. A rise is tested by counting those
that were not met; the smaller of the two bounds is doubled, since either side may stand out. The bound is conservative
for any sizes. A customer's openings follow each other, so that given the past each is a new trial; where customers
nevertheless differ, the design effect says how many trials there are worth, and N is divided by it.

*Many tests.* A group is called unusual if its bound times the number of tests made is at most the family-wise level
(Bonferroni). Which tests are made depends on how many openings there are, never on how many were met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["FAMILY_WISE", "FEWEST", "Cell", "Table", "Trials", "against_history", "against_others", "log_bound"]

FAMILY_WISE: Final = 0.001
"""Chance that anything is called unusual when nothing is."""

FEWEST: Final = 30
"""A group is tested if it, and what it is compared with, have at least so many openings."""

_MOST_CELLS: Final = 4_000_000
"""Cells that are counted at once."""

Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Openings counted by stratum and week: i64[groups, strata, weeks], or without the first axis.

    Attributes:
        openings: How many there are.
        met: How many of them were met.
    """

    openings: Whole
    met: Whole


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

    @cached_property
    def strata(self) -> int:
        """How many strata there are."""
        return int(self.stratum.max()) + 1 if len(self.stratum) else 0

    @cached_property
    def _place(self) -> Whole:
        """Where each opening is counted: stratum, week, and whether it was met."""
        place: Whole = (self.stratum * self.weeks + self.week) * 2 + self.met
        return place

    @cached_property
    def table(self) -> Table:
        """All openings, without groups."""
        every = self._counted(None, 0, 1)
        return Table(every.openings[0], every.met[0])

    def tables(self, codes: npt.NDArray[np.unsignedinteger], groups: int) -> Iterator[tuple[int, Table]]:
        """The openings by group, some groups at a time, each time with the number of the first.

        Args:
            codes: The number of each opening's group plus 1; 0: in none.
            groups: How many groups there are.
        """
        step = max(1, _MOST_CELLS // max(1, self.strata * self.weeks * 2))
        for first in range(0, groups, step):
            yield first, self._counted(codes, first + 1, min(step, groups - first))

    def known(self, codes: npt.NDArray[np.unsignedinteger]) -> Table:
        """The openings that are in any group."""
        unknown = self._counted(codes, 0, 1)
        return Table(self.table.openings - unknown.openings[0], self.table.met - unknown.met[0])

    def _counted(self, codes: npt.NDArray[np.integer] | None, first: int, groups: int) -> Table:
        size = self.strata * self.weeks * 2
        place = self._place
        if codes is not None:
            own = codes.astype(np.int64) - first
            if first or int(own.max(initial=0)) >= groups:
                inside = (own >= 0) & (own < groups)
                own, place = own[inside], place[inside]
            place = own * size + place
        counts = np.bincount(place, minlength=groups * size).reshape(groups, self.strata, self.weeks, 2)
        return Table(counts.sum(axis=3), counts[..., 1])


@dataclass(frozen=True)
class Cell:
    """One tested group.

    Attributes:
        first: Its first week.
        last: Its last week, included.
        openings: How many it has.
        expected: The share it would have if it were like what it is compared with.
        rise: More were met than expected, not fewer.
        log_p: Natural logarithm of the bound of the two-sided p-value.
    """

    first: int
    last: int
    openings: int
    expected: float
    rise: bool
    log_p: float


def log_bound(met: Numbers, openings: Numbers, expected: Numbers) -> Numbers:
    """-N KL(x/N, m/N) where fewer were met than expected, else 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = met / openings, expected / openings
        first = np.where(a > 0, a * np.log(a / b), 0.0)
        second = np.where(a < 1, (1 - a) * np.log((1 - a) / (1 - b)), 0.0)
    low = np.where((met < expected) & (openings > 0), -openings * (first + second), 0.0)
    return np.asarray(low, np.float64)


def against_history(segments: Table, effect: float) -> tuple[list[Cell | None], int]:
    """For each segment its most unusual run of weeks against its other weeks; and how many runs were tested.

    Args:
        segments: i64[segments, strata, weeks].
        effect: Design effect, at least 1.
    """
    openings = segments.openings.sum(axis=2, keepdims=True)
    share = segments.met.sum(axis=2, keepdims=True) / np.maximum(openings, 1)
    weekly = np.stack(
        [
            segments.openings.sum(axis=1),
            segments.met.sum(axis=1),
            (segments.openings * share).sum(axis=1),
        ]
    )
    first, last, inside = _runs(weekly)
    other = weekly.sum(axis=2)[:, :, None] - inside
    # Of a run and its complement one is tested: the later, or else the smaller.
    told = (first > 0) & ((last == segments.openings.shape[2] - 1) | (inside[0] <= other[0]))
    return _best(first, last, inside, other, told, effect)


def against_others(groups: Table, known: Table, effect: float) -> tuple[list[Cell | None], int]:
    """For each group its most unusual run of weeks against everybody else then; and how many runs were tested.

    Args:
        groups: i64[groups, strata, weeks].
        known: i64[strata, weeks], all of which it is known in which group they are.
        effect: Design effect, at least 1.
    """
    share = known.met / np.maximum(known.openings, 1)
    everybody = np.stack(
        [known.openings.sum(axis=0), known.met.sum(axis=0), (known.openings * share).sum(axis=0)],
    )
    weekly = np.stack(
        [
            groups.openings.sum(axis=1),
            groups.met.sum(axis=1),
            (groups.openings * share).sum(axis=1),
        ]
    )
    first, last, inside = _runs(weekly)
    _, _, other = _runs(everybody[:, None, :] - weekly)
    return _best(first, last, inside, other, np.ones(inside.shape[1:], np.bool_), effect)


def _runs(weekly: Numbers) -> tuple[Whole, Whole, Numbers]:
    """First and last week of every run of weeks, and the sums over them along the last axis."""
    first, last = np.triu_indices(weekly.shape[-1])
    total = np.concatenate([np.zeros((*weekly.shape[:-1], 1)), np.cumsum(weekly, axis=-1)], axis=-1)
    return first, last, total[..., last + 1] - total[..., first]


def _best(
    first: Whole, last: Whole, inside: Numbers, other: Numbers, told: npt.NDArray[np.bool_], effect: float
) -> tuple[list[Cell | None], int]:
    """Test the runs of each segment; `inside` and `other` are openings, met and expected, by segment and run."""
    tested = told & (inside[0] >= FEWEST) & (other[0] >= FEWEST)
    if not tested.any():
        return [None] * len(tested), 0
    # Few are judged by themselves; where they are many, by how the few outside differ to the other side.
    few = inside[0] <= other[0]
    openings, met, expected = np.where(few, inside, other) / effect
    fewer = log_bound(met, openings, expected)
    more = log_bound(openings - met, openings, openings - expected)
    side = np.minimum(fewer, more) + np.log(2)
    log_p = np.where(tested & (side < 0), side, 0.0)
    found: list[Cell | None] = []
    for row, run in enumerate(np.argmin(log_p, axis=1).tolist()):
        if log_p[row, run] >= 0:
            found.append(None)
            continue
        rise = bool((more[row, run] < fewer[row, run]) == few[row, run])
        share = _expected_share(inside[:, row, run], other[:, row, run])
        start, end, size = int(first[run]), int(last[run]), int(inside[0, row, run])
        found.append(Cell(start, end, size, share, rise, float(log_p[row, run])))
    return found, int(tested.sum())


def _expected_share(inside: Numbers, other: Numbers) -> float:
    """What the group would have, were it like the others: those outside tell, taken to the group's strata."""
    if not other[2]:
        return 0.0
    return min(1.0, float(inside[2] / inside[0] * other[1] / other[2]))
