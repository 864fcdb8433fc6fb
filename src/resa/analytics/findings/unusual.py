"""Tests for what is unusual: a group of openings that was met less often, or more, than if nothing had happened to it.

A *place* is a segment in a run of consecutive weeks. Three questions are put, each with its null hypothesis:

* *Everybody against the other weeks.* Null: the weeks lie about a straight line, as far from it as they usually do, so
  that neither a slow trend nor weeks that always vary are unusual.
* *A persona, channel or device against its own past and the others.* Null: each stratum has its level, and each week
  moves the log-odds of all strata alike, logit p = a(stratum) + b(week). How a persona differs at all times is in a,
  seasons and trends that all share are in b; what remains is a change that the others do not have.
* *A value of a trait or property against the others in the same weeks.* Null: in a stratum and week the value makes no
  difference. Such a group may differ at all times.

Strata are what personas, channel and device have in common. Of two runs that complete each other the later is the
change: against the past no run is tested that begins with the first week, nor one in between that holds more than half
of the openings.

*Trials.* Of a customer's openings in a week the first counts; the others are hardly news. The dependence that is left
between a customer's weeks is allowed for by the design effect of the whole, and for a place that is to be named by its
own, with customers as units: n trials are taken for n / effect (J. N. K. Rao and A. J. Scott, Biometrics 48 (1992),
577).

*Statistic.* u, how many more were met in the place than was to be expected, given how many were met in all. For a trait
or property it is the sum of hypergeometric numbers of N. Mantel and W. Haenszel (J. Nat. Cancer Inst. 22 (1959), 719);
else the efficient score of the place (D. R. Cox and D. V. Hinkley, Theoretical Statistics, 1974, 9.3), the variance of
which is what the weeks' information I leaves of the segment's own, J - J I^- J. The chance of u is that of a table with
this variance (`tails`): near the exact one, however small. Everybody's must be as small by Student's t with the
variance between weeks, of their counts and of their log-odds.

*Many tests.* Each side of each place is a test. A place is unusual if its chance times the number of tests, of all
expectations together, is at most the family-wise level (Bonferroni). Half of the level is for runs that last to the
end: they are few, and what still goes on matters most (weights: C. Genovese, K. Roeder and L. Wasserman, Biometrika 93
(2006), 509). How many tests are made depends on how many openings there are, and were met in all, never on which.
To leave out those that could not be significant (R. E. Tarone, Biometrics 46 (1990), 515) was tried: a fifth of the
tests, and a hundredth of the evidence that is asked for. Permutations (P. H. Westfall and S. S. Young, 1993) would gain
more, but need thousands of counts of everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from resa.analytics.findings.tails import log_student_tail, log_table_tail
from resa.analytics.findings.trials import Table, Trials

__all__ = ["FAMILY_WISE", "FEWEST", "Places", "against_others", "against_past", "everybody"]

FAMILY_WISE: Final = 0.001
"""Chance that anything is called unusual when nothing is."""

FEWEST: Final = 30
"""A place is tested if it, and what it is compared with, have at least so many trials."""

_NEWTON_STEPS: Final = 30
_FARTHEST: Final = 12.0
"""Log-odds beyond which a share is as good as 0 or 1."""

_HELD: Final = 0.1
"""How firmly weeks are held together: the inverse of a variance of log-odds."""

_STANDS_OUT: Final = 2.5
"""Standard deviations below which no place is significant among many."""

_TINY: Final = 1e-9

Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Places:
    """The places of some segments that stand out; numbers are f64[places].

    Attributes:
        runs: The runs of weeks.
        tests: How many were made, of runs that ended before the last week, and of runs that last.
        row: Number of each place's segment.
        run: Number of its run.
        stands: How far it stands out.
        log_p: Natural logarithm of the chance to be so far out on the side to which it is.
        past: How far each segment stands out of its own past, or of the others, alone.
        effect: Design effect.
        share: From segment to the share expected by stratum and week, f64[strata, weeks].
        others: From segment and run to how much an opening is taken for one of the others, f64[strata, weeks].
        reference: From segment and run to the share that the others let expect.
    """

    runs: _Runs
    tests: tuple[int, int]
    row: Whole
    run: Whole
    stands: _Stands
    log_p: Numbers
    past: Callable[[], _Stands]
    effect: float
    share: Callable[[int], Numbers]
    others: Callable[[int, int], Numbers]
    reference: Callable[[int, int], float]

    def weeks(self, place: int) -> tuple[int, int]:
        """First and last week of a place."""
        first, last = self.runs.ends
        return int(first[self.run[place]]), int(last[self.run[place]])

    @cached_property
    def change(self) -> Numbers:
        """How much each changed: as `log_p`, against its own past, or the others, alone; and without the sign."""
        return -self.past().at(self.row, self.run).log_p(self.effect)

    @cached_property
    def lasts(self) -> Flags:
        """Which places last to the end."""
        return np.asarray(self.runs.ends[1][self.run] == self.runs.weeks - 1)

    def checked(self, place: int, trials: Trials, members: Flags, known: Flags | None = None) -> float:
        """The logarithm of a place's chance with its own design effect.

        Args:
            place: Number of the place.
            trials: What was tested.
            members: Which openings are in the segment.
            known: Of which it is known whether they are; `None`: of all.
        """
        row, run = int(self.row[place]), int(self.run[place])
        chosen = np.flatnonzero(trials.first if known is None else trials.first & known)
        stratum, week, customer = trials.stratum[chosen], trials.week[chosen] - trials.origin, trials.customer[chosen]
        inside = members[chosen] * self.runs.flags(run)[week]
        if len(np.unique(customer[inside > 0])) < FEWEST:
            return 0.0
        counted = inside - self.others(row, run)[stratum, week]
        expected = self.share(row)[stratum, week]
        starts = np.flatnonzero(np.diff(customer, prepend=-1))
        each = counted * (trials.met[chosen] - expected)
        sums = np.add.reduceat(each, starts)
        effect = float(sums @ sums) / max(float(each @ each), _TINY)
        own = self.stands.log_p(max(trials.effect, effect))
        return max(float(own[place]), float(self.log_p[place]))


def everybody(table: Table, effect: float) -> Places:
    """Everybody in each run of weeks, against a straight line through the weeks.

    Args:
        table: i64[strata, weeks].
        effect: Design effect, at least 1.
    """
    null, runs = _Null.of(table, _levels(table)), _Runs(table.openings.shape[1])
    every = np.ones((1, len(table.openings)))
    whole, score = null.information(every)[0], null.residual.sum(axis=0)
    line = np.arange(runs.weeks, dtype=np.float64) - (runs.weeks - 1) / 2
    slope = whole @ line / max(float(line @ whole @ line), _TINY)
    information, score = whole - np.outer(slope, whole @ line), score - slope * (line @ score)
    u, variance = runs.sums(score[None]), runs.blocks(information[None])
    stands = _Stands(u, variance, runs.divided(null.counts(every)))
    # Weeks vary by more than chance: as counts do, or as their log-odds, each week alike. It has to stand out of both.
    flat = np.eye(runs.weeks) - 1 / runs.weeks
    alike = flat - np.outer(line, line) / max(float(line @ line), _TINY)

    def by_weeks() -> Numbers:
        odds = _odds(table, null.share)
        return np.maximum(_student(score, information, runs), _student(alike @ odds, alike, runs))

    def others(_: int, run: int) -> Numbers:
        inside = runs.flags(run)
        return null.projected(every.T * inside, line * float(slope @ inside))

    def reference(_: int, run: int) -> float:
        place = runs.flags(run)
        return _mean(_levels(_outside(table, place)), table.openings * place)

    told = runs.later(table.openings.sum(axis=0)[None])
    return _places(
        stands,
        lambda: _past(null, every, runs),
        runs,
        told,
        effect,
        at_least=by_weeks,
        share=lambda _: null.share,
        others=others,
        reference=reference,
    )


def against_past(table: Table, segments: Flags, effect: float) -> Places:
    """Segments of strata in each run of weeks, against their own past and the other strata.

    Args:
        table: i64[strata, weeks].
        segments: Which strata are in each, bool[segments, strata].
        effect: Design effect, at least 1.
    """
    mixed = _mixed(table)
    null, runs = _Null.of(mixed, _levels_and_weeks(mixed)), _Runs(table.openings.shape[1])
    inside, every = segments.astype(np.float64), np.ones((1, len(table.openings)))
    own = null.information(inside)
    by_weeks = _inverse(null.information(every)[0]) @ own
    score = inside @ null.residual - null.residual.sum(axis=0) @ by_weeks
    mine, everyone = (runs.divided(null.counts(part)) for part in (inside, every))
    cells = np.concatenate([mine, everyone - mine], axis=1)
    stands = _Stands(runs.sums(score), runs.blocks(own - own @ by_weeks), cells)

    def others(row: int, run: int) -> Numbers:
        within = runs.flags(run)
        return null.projected(inside[row][:, None] * within, by_weeks[row] @ within)

    def reference(row: int, run: int) -> float:
        place = inside[row][:, None] * runs.flags(run)
        return _mean(_levels_and_weeks(_outside(table, place)), table.openings * place)

    told = runs.later(inside @ table.openings)

    def past() -> _Stands:
        return _past(_Null.of(table, _levels(table)), inside, runs)

    return _places(stands, past, runs, told, effect, share=lambda _: null.share, others=others, reference=reference)


def against_others(groups: Table, known: Table, effect: float) -> Places:
    """Groups in each run of weeks, against everybody else then.

    Args:
        groups: i64[groups, strata, weeks].
        known: i64[groups, strata, weeks], everybody whom each group is held against, and itself.
        effect: Design effect, at least 1.
    """
    share, runs = known.met / np.maximum(known.openings, 1), _Runs(known.openings.shape[-1])
    part = groups.openings / np.maximum(known.openings, 1)
    expected = groups.openings * share
    # The variance of one, given how many were met; nothing where there is nobody to compare with.
    compared = (groups.openings > 0) & (groups.openings < known.openings)
    one = np.where(compared, share * (1 - share) * (known.openings / np.maximum(known.openings - 1, 1)), 0)
    weights = (one * groups.openings, one * (known.openings - groups.openings))
    cells = np.array([[cell.sum(axis=1) for cell in weights], [(cell * share).sum(axis=1) for cell in weights]])
    u = runs.sums((groups.met - expected).sum(axis=1))
    stands = _Stands(u, runs.sums((weights[0] * (1 - part)).sum(axis=1)), runs.sums(cells))
    openings = runs.sums(groups.openings.sum(axis=1))
    rest = runs.sums(known.openings.sum(axis=1)) - openings

    def others(row: int, run: int) -> Numbers:
        return np.asarray(part[row] * runs.flags(run))

    def reference(row: int, run: int) -> float:
        """Those outside tell, taken to the group's strata."""
        within = runs.flags(run)
        own, every = float((expected[row] * within).sum()), float((known.met[row] * within).sum())
        met = float(((known.met[row] - groups.met[row]) * within).sum())
        return min(1.0, own / float(openings[row, run]) * met / max(every - own, _TINY))

    told = (openings >= FEWEST) & (rest >= FEWEST)
    more: dict[str, Any] = {"share": share.__getitem__, "others": others, "reference": reference}
    return _places(stands, lambda: stands, runs, told, effect, **more)


def _places(
    stands: _Stands,
    past: Callable[[], _Stands],
    runs: _Runs,
    told: Flags,
    effect: float,
    *,
    at_least: Callable[[], Numbers] | None = None,
    **more: Any,
) -> Places:
    """Test places; only those that stand out are looked at closely."""
    told = told & (stands.variance > _TINY)
    row, run = np.nonzero(told & (stands.u**2 > _STANDS_OUT**2 * effect * stands.variance))
    log_p = stands.at(row, run).log_p(effect)
    if at_least is not None and len(row):
        log_p = np.maximum(log_p, at_least()[row, run])
    lasting = 2 * int(told[:, runs.ends[1] == runs.weeks - 1].sum())
    return Places(
        runs=runs,
        tests=(2 * int(told.sum()) - lasting, lasting),
        row=row,
        run=run,
        stands=stands.at(row, run),
        log_p=log_p,
        past=past,
        effect=effect,
        **more,
    )


def _past(levels: _Null, segments: Numbers, runs: _Runs) -> _Stands:
    """How far each segment stands out of its own other weeks alone."""
    u, variance = runs.sums(segments @ levels.residual), runs.blocks(levels.information(segments))
    return _Stands(u, variance, runs.divided(levels.counts(segments)))


@dataclass(frozen=True)
class _Runs:
    """All runs of consecutive weeks.

    Attributes:
        weeks: How many weeks there are.
    """

    weeks: int

    @cached_property
    def ends(self) -> tuple[Whole, Whole]:
        """First and last week of each."""
        first, last = np.triu_indices(self.weeks)
        return first, last

    def flags(self, run: int) -> Numbers:
        """1 in the weeks of a run, else 0."""
        first, last = self.ends
        week = np.arange(self.weeks)
        return np.asarray((week >= first[run]) & (week <= last[run]), np.float64)

    def sums(self, weekly: npt.NDArray[Any]) -> Numbers:
        """Sums over the runs along the last axis."""
        first, last = self.ends
        total = np.concatenate([np.zeros((*weekly.shape[:-1], 1)), np.cumsum(weekly, axis=-1)], axis=-1)
        return np.asarray(total[..., last + 1] - total[..., first])

    def blocks(self, matrices: Numbers) -> Numbers:
        """Sums over the runs along both of the last axes, which are alike."""
        first, last = self.ends
        total = np.zeros((len(matrices), self.weeks + 1, self.weeks + 1))
        np.cumsum(matrices, axis=1, out=total[:, 1:, 1:])
        np.cumsum(total[:, 1:, 1:], axis=2, out=total[:, 1:, 1:])
        end = last + 1
        return np.asarray(total[:, end, end] - total[:, first, end] - total[:, end, first] + total[:, first, first])

    def divided(self, counts: Numbers) -> Numbers:
        """Counts of the runs and of all other weeks, f64[2, 2, segments, runs]; see `_Null.counts`."""
        inside = self.sums(counts)
        return np.stack([inside, counts.sum(axis=-1, keepdims=True) - inside], axis=1)

    def later(self, weekly: npt.NDArray[Any]) -> Flags:
        """Which runs are tested against other weeks."""
        first, last = self.ends
        inside = self.sums(weekly)
        rest = weekly.sum(axis=-1, keepdims=True) - inside
        told = (first > 0) & ((last == self.weeks - 1) | (inside <= rest))
        return np.asarray(told & (inside >= FEWEST) & (rest >= FEWEST))


@dataclass(frozen=True)
class _Null:
    """What is to be expected by stratum and week, f64[strata, weeks].

    Attributes:
        share: Share that is met.
        weight: Variance of how many are met, where the strata's totals are given.
        residual: How many more were met.
    """

    share: Numbers
    weight: Numbers
    residual: Numbers

    @classmethod
    def of(cls, table: Table, share: Numbers) -> _Null:
        """For a table and its expected shares."""
        openings = table.openings.sum(axis=1, keepdims=True)
        given = openings / np.maximum(openings - 1, 1)
        return cls(share, table.openings * share * (1 - share) * given, table.met - table.openings * share)

    def information(self, segments: Numbers) -> Numbers:
        """Covariances between the weeks of each segment, each stratum's total given, f64[segments, weeks, weeks]."""
        own = self.weight.sum(axis=1)
        part = segments / np.where(own > 0, own, 1)
        given = (part[:, :, None] * self.weight).transpose(0, 2, 1) @ self.weight
        return np.asarray((segments @ self.weight)[:, :, None] * np.eye(self.weight.shape[1]) - given)

    def counts(self, segments: Numbers) -> Numbers:
        """Weight, and weight times share, of each segment by week, f64[2, segments, weeks]."""
        return np.stack([segments @ self.weight, segments @ (self.weight * self.share)])

    def projected(self, inside: Numbers, weeks: Numbers) -> Numbers:
        """What weeks and strata together tell of a place."""
        own = self.weight.sum(axis=1)
        strata = (self.weight * (inside - weeks)).sum(axis=1) / np.where(own > 0, own, 1)
        return np.asarray(weeks + strata[:, None])


@dataclass(frozen=True)
class _Stands:
    """How far places stand out; f64[…, places].

    Attributes:
        u: How many more were met than expected.
        variance: Of u.
        cells: Weight, and weight times share, of the cells of the table, f64[2, cells, places].
    """

    u: Numbers
    variance: Numbers
    cells: Numbers

    def at(self, row: Whole, run: Whole) -> _Stands:
        """Some of them."""
        return _Stands(self.u[row, run], self.variance[row, run], self.cells[:, :, row, run])

    def log_p(self, effect: float) -> Numbers:
        """Logarithm of the chance to be so far out, on the side to which each is."""
        weight = np.maximum(self.cells[0], _TINY)
        shares = np.clip(self.cells[1] / weight, _TINY, 1 - _TINY)
        trials = weight / (shares * (1 - shares)) * self.variance * (1 / weight).sum(axis=0)
        return log_table_tail(np.abs(self.u), trials, np.where(self.u > 0, shares, 1 - shares), effect)


def _levels(table: Table) -> Numbers:
    """Each stratum's share, in all weeks the same; of an empty stratum everybody's."""
    openings, met = table.openings.sum(axis=1, keepdims=True), table.met.sum(axis=1, keepdims=True)
    overall = met.sum() / max(openings.sum(), 1)
    share = np.where(openings > 0, met / np.maximum(openings, 1), overall)
    return np.asarray(np.broadcast_to(share, table.openings.shape))


def _mixed(table: Table) -> Table:
    """The table without strata and weeks in which all or none were met: given how many were, they tell nothing."""
    openings, met = table.openings, table.met
    while True:
        told = np.ones(openings.shape, np.bool_)
        for axis in (0, 1):
            part = met.sum(axis=axis, keepdims=True)
            told &= (part > 0) & (part < openings.sum(axis=axis, keepdims=True))
        if not (openings[~told] > 0).any():
            return Table(openings, met)
        openings, met = openings * told, met * told


def _levels_and_weeks(table: Table) -> Numbers:
    """Shares with logit p = a(stratum) + b(week), by maximum likelihood (Newton's method).

    Weeks are held together a little, as by a normal prior, so that those with few openings do not run away; the
    efficient score is not moved by that (J. Neyman's C(alpha), 1959).
    """
    openings, met = table.openings, table.met
    whole, half = openings.sum(axis=1), met.sum(axis=1)
    overall = (half.sum() + 0.5) / (whole.sum() + 1)
    level = np.log((half + overall) / (whole - half + 1 - overall))
    week = np.zeros(openings.shape[1])
    held = _HELD * np.eye(len(week))
    for _ in range(_NEWTON_STEPS):
        share = 1 / (1 + np.exp(-(level[:, None] + week)))
        null = _Null(share, openings * share * (1 - share), met - openings * share)
        own = np.maximum(null.weight.sum(axis=1), _TINY)
        behind = null.residual.sum(axis=1)
        slope = null.residual.sum(axis=0) - (behind / own) @ null.weight - _HELD * week
        by_week = np.linalg.solve(null.information(np.ones((1, len(openings))))[0] + held, slope)
        by_level = (behind - null.weight @ by_week) / own
        week = np.clip(week + np.clip(by_week, -1, 1), -_FARTHEST, _FARTHEST)
        level = np.clip(level + np.clip(by_level, -1, 1), -_FARTHEST, _FARTHEST)
        if max(np.abs(by_week).max(), np.abs(by_level[whole > 0]).max(initial=0)) < 1e-6:
            break
    return np.asarray(1 / (1 + np.exp(-(level[:, None] + week))))


def _inverse(information: Numbers) -> Numbers:
    """A generalised inverse of the weeks' information, in which rows add up to nothing."""
    weeks = len(information)
    size = max(float(np.trace(information)) / weeks, _TINY)
    return np.asarray(np.linalg.inv(information + size * (np.full((weeks, weeks), 1 / weeks) + _TINY * np.eye(weeks))))


def _odds(table: Table, share: Numbers) -> Numbers:
    """How far the log-odds of each week lie above what is expected."""
    openings, met, expected = table.openings.sum(axis=0), table.met.sum(axis=0), (table.openings * share).sum(axis=0)
    ratio = (met + 0.5) * (openings - expected + 0.5) / ((openings - met + 0.5) * (expected + 0.5))
    return np.asarray(np.log(ratio))


def _student(score: Numbers, information: Numbers, runs: _Runs) -> Numbers:
    """Logarithm of each run's chance with what is left of the weeks beside it for variance, f64[1, runs]."""
    freedom = runs.weeks - 3
    u, variance = runs.sums(score[None]), runs.blocks(information[None])
    if freedom < 2:
        return np.zeros_like(u)
    squares = u * u / np.maximum(variance, _TINY)
    left = np.maximum(float(score @ _inverse(information) @ score) - squares, _TINY)
    return log_student_tail(np.sqrt(squares / left * freedom), freedom)


def _outside(table: Table, place: Numbers) -> Table:
    """What lies outside a place, which is 1 where it is."""
    outside = (1 - place).astype(np.int64)
    return Table(table.openings * outside, table.met * outside)


def _mean(share: Numbers, openings: Numbers) -> float:
    return float((share * openings).sum() / max(float(openings.sum()), _TINY))
