"""Tallies: openings by what became of them, and the interval of the share that was met, group by group; and trials.

A group's interval is that of `resa.kernels.intervals.clustered`. What it needs, the sum over customers with m openings
of which y were met of (y - p m)², is (N² Σy² - 2 Y N Σym + Y² Σm²) / N² with p = Y / N: sums of integers, so one pass
suffices and nothing is rounded before the end.

A *trial* is the first of a customer's openings in a week: the others are hardly news (`weekly_trials`).
"""

from __future__ import annotations

import os
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import inlined, kernel
from resa.kernels.intervals import Interval, clustered
from resa.kernels.journeys import read_only
from resa.kernels.ranges import in_threads

__all__ = [
    "Tallies",
    "Totals",
    "WeeklyTrials",
    "clustered_interval",
    "cut_between_customers",
    "design_effect",
    "tally",
    "totals_of",
    "weekly_trials",
]

_OUTCOMES: Final = 4
_WORTH_A_THREAD: Final = 150_000  # openings
_CUSTOMERS: Final = 0
_SQUARES: Final = 1
_PRODUCTS: Final = 2
_MET_SQUARES: Final = 3


class Tallies(NamedTuple):
    """Openings of each group.

    Attributes:
        counts: i64[G, 4, 2], by outcome, then by whether they are mature.
        intervals: Of the mature ones, the share with outcome 0.
    """

    counts: npt.NDArray[np.int64]
    intervals: list[Interval]


@inlined
def _add_customer(
    sums: npt.NDArray[np.int64], openings: npt.NDArray[np.int64], met: npt.NDArray[np.int64], place: int
) -> None:
    """Add a group's last customer to its sums."""
    sums[place, _CUSTOMERS] += openings[place] > 0
    sums[place, _SQUARES] += openings[place] * openings[place]
    sums[place, _PRODUCTS] += openings[place] * met[place]
    sums[place, _MET_SQUARES] += met[place] * met[place]
    openings[place] = met[place] = 0


@kernel
def _tally(
    customer: npt.NDArray[np.int32],
    outcome: npt.NDArray[np.uint8],
    mature: npt.NDArray[np.bool_],
    group: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int64],
    sums: npt.NDArray[np.int64],
) -> None:
    """Add all up; `group` is empty where there is one only."""
    last = np.full(len(sums), -1, np.int64)
    openings = np.zeros(len(sums), np.int64)
    met = np.zeros(len(sums), np.int64)
    for row in range(len(customer)):
        place = group[row] if group.size > 0 else 0
        counts[place, outcome[row], np.int64(mature[row])] += 1
        if not mature[row]:
            continue
        if customer[row] != last[place]:
            _add_customer(sums, openings, met, place)
            last[place] = customer[row]
        openings[place] += 1
        met[place] += outcome[row] == 0
    for place in range(len(sums)):
        _add_customer(sums, openings, met, place)


def tally(
    customer: npt.NDArray[np.int32],
    outcome: npt.NDArray[np.uint8],
    mature: npt.NDArray[np.bool_],
    group: npt.NDArray[np.int32] | None = None,
    groups: int = 1,
    *,
    confidence: float = 0.95,
) -> Tallies:
    """Count openings and find their intervals, in one pass.

    Args:
        customer: Whose opening each row is; a customer's rows stand together.
        outcome: What became of it, 0 to 3; 0: it was met.
        mature: Whether it counts for the share.
        group: Of each row, 0 to `groups` - 1; `None`: all are in group 0.
        groups: How many groups there are.
        confidence: Such as 0.95.

    Raises:
        QuestionError: The confidence is not between 0 and 1.
        ValueError: The arrays differ in length, or a group or an outcome is out of bounds.
    """
    lengths = {len(customer), len(outcome), len(mature), len(customer if group is None else group)}
    if len(lengths) != 1:
        raise ValueError(f"columns of one length are needed, not of {sorted(lengths)}")
    plain_group = read_only(np.zeros(0, np.int32) if group is None else group, np.int32)
    if plain_group.size and not 0 <= int(plain_group.min()) <= int(plain_group.max()) < groups:
        raise ValueError(f"groups are numbered 0 to {groups - 1}")
    if int(outcome.max(initial=0)) >= _OUTCOMES:
        raise ValueError(f"outcomes are numbered 0 to {_OUTCOMES - 1}")
    counts, sums = np.zeros((groups, _OUTCOMES, 2), np.int64), np.zeros((groups, 4), np.int64)
    _tally(
        *(read_only(customer, np.int32), read_only(outcome, np.uint8), read_only(mature, np.bool_)),
        *(plain_group, counts, sums),
    )
    intervals = []
    for mature_counts, row in zip(counts[:, :, 1].tolist(), sums.tolist(), strict=True):
        intervals.append(_interval(mature_counts[0], sum(mature_counts), row, confidence))
    return Tallies(counts, intervals)


def _interval(met: int, total: int, sums: list[int], confidence: float) -> Interval:
    return clustered(met / max(total, 1), total, sums[_CUSTOMERS], _spread(met, total, sums), confidence)


def _spread(met: int, total: int, sums: list[int]) -> float:
    """The sum over customers of (y - p m)²."""
    spread = total**2 * sums[_MET_SQUARES] - 2 * met * total * sums[_PRODUCTS] + met**2 * sums[_SQUARES]
    return spread / max(total, 1) ** 2


class Totals(NamedTuple):
    """Openings, whether they are trials or not.

    Attributes:
        openings: How many.
        met: How many of them were met.
        customers: Of how many customers.
        ever_met: Customers with one that was met.
        ever_unmet: Customers with one that was not.
        interval: The share that was met, with its 95 % interval by customer.
    """

    openings: int
    met: int
    customers: int
    ever_met: int
    ever_unmet: int
    interval: Interval


def totals_of(met: int, openings: int, ever_met: int, ever_unmet: int, sums: list[int]) -> Totals:
    """Openings with the interval that sums over customers give: how many, of m², of m y, of y²."""
    return Totals(openings, met, sums[_CUSTOMERS], ever_met, ever_unmet, _interval(met, openings, sums, 0.95))


class WeeklyTrials(NamedTuple):
    """Openings as trials.

    Attributes:
        places: i32[n], where in `counts` each is counted; one behind its end: it is no trial.
        counts: i64[strata, weeks, 2], trials that were not met, and that were.
        effect: How much less several trials of one customer say than as many of different customers; at least 1.
        whole: All of the openings.
    """

    places: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int64]
    effect: float
    whole: Totals


@kernel
def _weekly_trials(
    customer: npt.NDArray[np.int32],
    week: npt.NDArray[np.int32],
    stratum: npt.NDArray[np.int32],
    weeks: int,
    met: npt.NDArray[np.bool_],
    among: npt.NDArray[np.bool_],
    places: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Sums over customers of all openings and of trials; of all openings how many, were met, of whom met and unmet."""
    nowhere, rows = len(counts) - 1, len(customer)
    m = y = trials = hits = np.int64(0)  # this customer's openings, those met, trials, those met
    all_m = all_y = ever_met = ever_unmet = np.int64(0)
    customers = squares = products = met_squares = np.int64(0)
    trial_customers = trial_squares = trial_products = trial_met_squares = np.int64(0)
    last_week = np.int32(-1)
    for row in range(rows):
        counted, hit = np.int64(among.size == 0 or among[row]), np.int64(met[row])
        first = counted * np.int64(week[row] != last_week)
        last_week = week[row] if counted else last_week
        m, y, trials, hits = m + counted, y + counted * hit, trials + first, hits + first * hit
        place = (np.int64(stratum[row]) * weeks + week[row]) * 2 + hit
        places[row] = place if first else nowhere
        counts[places[row]] += 1
        if row + 1 == rows or customer[row + 1] != customer[row]:
            customers, trial_customers = customers + np.int64(m > 0), trial_customers + np.int64(trials > 0)
            squares, products, met_squares = squares + m * m, products + m * y, met_squares + y * y
            trial_squares, trial_products = trial_squares + trials * trials, trial_products + trials * hits
            trial_met_squares += hits * hits
            all_m, all_y = all_m + m, all_y + y
            ever_met, ever_unmet = ever_met + np.int64(y > 0), ever_unmet + np.int64(y < m)
            m = y = trials = hits = np.int64(0)
            last_week = np.int32(-1)
    return (
        np.array([customers, squares, products, met_squares]),
        np.array([trial_customers, trial_squares, trial_products, trial_met_squares]),
        np.array([all_m, all_y, ever_met, ever_unmet]),
    )


def cut_between_customers(customer: npt.NDArray[np.int32], threads: int | None) -> list[tuple[int, int]]:
    """About equal ranges of rows, none of which begins within a customer's; at least one."""
    rows = len(customer)
    if threads is None:
        threads = max(1, min(os.cpu_count() or 1, rows // _WORTH_A_THREAD))
    cuts = [0]
    for aim in np.linspace(0, rows, threads + 1).astype(np.int64).tolist()[1:-1]:
        others = np.flatnonzero(customer[aim:] != customer[aim - 1]) if aim else np.zeros(1, np.int64)
        cuts.append(max(cuts[-1], aim + int(others[0]) if len(others) else rows))
    return list(pairwise([*cuts, rows]))


def weekly_trials(
    customer: npt.NDArray[np.int32],
    week: npt.NDArray[np.int32],
    stratum: npt.NDArray[np.int32],
    met: npt.NDArray[np.bool_],
    among: npt.NDArray[np.bool_] | None = None,
    *,
    size: tuple[int, int],
    threads: int | None = None,
) -> WeeklyTrials:
    """Find the trials among openings, count them by stratum and week, and judge the share that was met, in one pass.

    Args:
        customer: Whose opening each row is; a customer's stand together, in the order of time.
        week: In which week.
        stratum: In which stratum.
        met: Whether it was met.
        among: Which openings are looked at; `None`: all.
        size: How many strata and weeks there are; both are numbered from 0.
        threads: How many threads; `None`: as many as there are processors, fewer when there are few openings.

    Raises:
        ValueError: The arrays differ in length, or a number is out of bounds.
    """
    lengths = {len(customer), len(week), len(stratum), len(met), len(customer if among is None else among)}
    if len(lengths) != 1:
        raise ValueError(f"columns of one length are needed, not of {sorted(lengths)}")
    for numbers, count in zip((stratum, week), size, strict=True):
        if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < count:
            raise ValueError(f"strata and weeks are numbered 0 to {count - 1}")
    strata, weeks = size
    places, counts = np.empty(len(customer), np.int32), np.zeros(strata * weeks * 2 + 1, np.int64)
    columns = (read_only(customer, np.int32), read_only(week, np.int32), read_only(stratum, np.int32))
    flags = (read_only(met, np.bool_), read_only(np.zeros(0, np.bool_) if among is None else among, np.bool_))

    def run(first: int, last: int) -> tuple[npt.NDArray[np.int64], ...]:
        part, own = slice(first, last), np.zeros(len(counts), np.int64)
        cut = (column[part] for column in columns)
        return own, *_weekly_trials(*cut, weeks, *(flag[part] for flag in flags), places[part], own)

    parts = in_threads(run, cut_between_customers(columns[0], threads))
    counts, *found = (sum(column[1:], column[0]) for column in zip(*parts, strict=True))
    every, trials, (openings, successes, ever_met, ever_unmet) = (column.tolist() for column in found)
    whole = totals_of(successes, openings, ever_met, ever_unmet, every)
    cells = counts[:-1].reshape(strata, weeks, 2)
    return WeeklyTrials(places, cells, design_effect(int(cells[..., 1].sum()), int(cells.sum()), trials), whole)


def design_effect(met: int, total: int, sums: list[int]) -> float:
    """The variance of the share by customer over that of independent trials; at least 1.

    The former as a ratio of totals by customer (W. G. Cochran, Sampling Techniques, 3rd ed. 1977, eq. 6.13 with the
    finite-population correction left out), for the quotient see L. Kish, Survey Sampling, 1965, 8.2.
    """
    customers = sums[_CUSTOMERS]
    if met in (0, total):
        return 1.0
    if customers == 1:
        return float(total)
    p = met / total
    variance = customers / (customers - 1) * _spread(met, total, sums) / total**2
    return max(1.0, variance / (p * (1 - p) / total))


def clustered_interval(
    customer: npt.NDArray[np.integer], met: npt.NDArray[np.bool_], confidence: float = 0.95
) -> Interval:
    """The interval for a share of openings, by customer.

    Args:
        customer: Whose opening each row is, any order.
        met: Whether it was met.
        confidence: Such as 0.95.

    Raises:
        QuestionError: The confidence is not between 0 and 1.
        ValueError: The arrays differ in length.
    """
    if len(customer) != len(met):
        raise ValueError(f"{len(customer)} customers for {len(met)} openings")
    if (customer[1:] < customer[:-1]).any():  # most callers have them in order
        order = np.argsort(customer, kind="stable")
        customer, met = customer[order], met[order]
    counted = np.ones(len(customer), np.bool_)
    return tally(customer.astype(np.int32), (~met).view(np.uint8), counted, confidence=confidence).intervals[0]
