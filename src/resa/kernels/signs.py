"""Signs: several things of which each opening shows some, counted together in one pass.

Sign s is bit s of a byte. An opening that is looked at for a sign (`among`) shows it where it was not met (`met`); what
is said of openings as trials and of totals is that of `resa.kernels.tallies`, for each sign by itself.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import inlined, kernel
from resa.kernels.journeys import read_only
from resa.kernels.ranges import in_threads
from resa.kernels.tallies import Totals, cut_between_customers, design_effect, totals_of

__all__ = [
    "MOST_SIGNS",
    "Signs",
    "SignsTogether",
    "SignsTrials",
    "first_together",
    "totals_by_group",
    "trials_together",
]

MOST_SIGNS: Final = 8
"""Bits of a byte. Sums of all of them are added up at once, whether they are used or not."""

Bits = npt.NDArray[np.uint8]
Sums = npt.NDArray[np.int64]

_TRIALS: Final = 8  # the first row of sums of trials
_OPENINGS: Final = 4
_MET: Final = 5
_EVER_MET: Final = 6
_EVER_UNMET: Final = 7
_SUMS: Final = 12


class Signs(NamedTuple):
    """Openings with their signs.

    Attributes:
        customer: i32[n], whose each is; a customer's stand together, in the order of time.
        met: u8[n], which signs it does not show.
        among: u8[n], for which signs it is looked at.
        how_many: How many signs there are, at most `MOST_SIGNS`.
    """

    customer: npt.NDArray[np.int32]
    met: Bits
    among: Bits
    how_many: int


class SignsTrials(NamedTuple):
    """The openings of one sign, as trials.

    Attributes:
        counts: i64[strata, weeks, 2], trials that were not met, and that were.
        effect: How much less several trials of one customer say than as many of different customers; at least 1.
        whole: All of the openings.
    """

    counts: npt.NDArray[np.int64]
    effect: float
    whole: Totals


class SignsTogether(NamedTuple):
    """Openings as trials.

    Attributes:
        first: u8[n], of which signs each is a trial.
        places: i32[n], twice the number of its stratum and week.
        of: Of each sign.
    """

    first: Bits
    places: npt.NDArray[np.int32]
    of: tuple[SignsTrials, ...]


@inlined
def _add(flags: int, sums: Sums) -> None:
    """Add a byte's bits, each to its own sum."""
    for sign in range(MOST_SIGNS):
        sums[sign] += (flags >> sign) & 1


@inlined
def _add_customer(openings: Sums, met: Sums, sums: Sums) -> None:
    """Add a customer's openings to the sums, i64[8, signs], and forget them."""
    for sign in range(MOST_SIGNS):
        m, y = openings[sign], met[sign]
        sums[0, sign] += m > 0
        sums[1, sign] += m * m
        sums[2, sign] += m * y
        sums[3, sign] += y * y
        sums[4, sign] += m
        sums[5, sign] += y
        sums[6, sign] += y > 0
        sums[7, sign] += y < m
        openings[sign] = met[sign] = 0


@inlined
def _add_trials(trials: Sums, hits: Sums, sums: Sums) -> None:
    """Likewise of trials, to the sums from `_TRIALS` on."""
    for sign in range(MOST_SIGNS):
        m, y = trials[sign], hits[sign]
        sums[8, sign] += m > 0
        sums[9, sign] += m * m
        sums[10, sign] += m * y
        sums[11, sign] += y * y
        trials[sign] = hits[sign] = 0


@kernel
def _trials_together(
    customer: npt.NDArray[np.int32],
    week: npt.NDArray[np.int32],
    stratum: npt.NDArray[np.int32],
    weeks: int,
    met: Bits,
    among: Bits,
    first: Bits,
    places: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int64],
    sums: Sums,
) -> None:
    """Write of which signs each row is a trial, and where; add up counts, i64[signs, places], and sums, i64[12, 8]."""
    rows, signs = len(customer), counts.shape[0]
    openings, hit = np.zeros(MOST_SIGNS, np.int64), np.zeros(MOST_SIGNS, np.int64)
    trials, trials_hit = np.zeros(MOST_SIGNS, np.int64), np.zeros(MOST_SIGNS, np.int64)
    seen = np.int64(0)  # signs of which this customer has a trial this week
    for row in range(rows):
        counted = np.int64(among[row])
        good = np.int64(met[row]) & counted
        new = counted & ~seen
        seen |= counted
        first[row] = new
        place = (stratum[row] * weeks + week[row]) * 2
        places[row] = place
        for sign in range(signs):
            if (new >> sign) & 1:
                counts[sign, place + ((good >> sign) & 1)] += 1
        _add(counted, openings)
        _add(good, hit)
        _add(new, trials)
        _add(new & good, trials_hit)
        last = row + 1 == rows or customer[row + 1] != customer[row]
        if last:
            _add_customer(openings, hit, sums)
            _add_trials(trials, trials_hit, sums)
        if last or week[row + 1] != week[row]:
            seen = np.int64(0)


def trials_together(
    signs: Signs,
    week: npt.NDArray[np.int32],
    stratum: npt.NDArray[np.int32],
    *,
    size: tuple[int, int],
    threads: int | None = None,
) -> SignsTogether:
    """Find the trials of every sign among openings, and count them, in one pass; as `weekly_trials` does for one.

    Args:
        signs: The openings.
        week: In which week each opened; in the order of time within a customer.
        stratum: In which stratum.
        size: How many strata and weeks there are; both are numbered from 0.
        threads: How many threads; `None`: as many as there are processors, fewer when there are few openings.

    Raises:
        ValueError: The arrays differ in length, or a number is out of bounds.
    """
    customer, met, among = _plain(signs)
    if not len(customer) == len(week) == len(stratum):
        raise ValueError(f"{len(week)} weeks and {len(stratum)} strata for {len(customer)} openings")
    for numbers, bound in zip((stratum, week), size, strict=True):
        if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < bound:
            raise ValueError(f"strata and weeks are numbered 0 to {bound - 1}")
    strata, weeks = size
    columns = (customer, read_only(week, np.int32), read_only(stratum, np.int32))
    first, places = np.empty(len(customer), np.uint8), np.empty(len(customer), np.int32)

    def run(start: int, stop: int) -> tuple[npt.NDArray[np.int64], Sums]:
        part = slice(start, stop)
        counts, sums = np.zeros((signs.how_many, strata * weeks * 2), np.int64), np.zeros((_SUMS, MOST_SIGNS), np.int64)
        cut = (column[part] for column in columns)
        _trials_together(*cut, weeks, met[part], among[part], first[part], places[part], counts, sums)
        return counts, sums

    parts = in_threads(run, cut_between_customers(customer, threads))
    counts, sums = (sum(column[1:], column[0]) for column in zip(*parts, strict=True))
    of = []
    for sign, own in enumerate(sums.T.tolist()[: signs.how_many]):
        cells = counts[sign].reshape(strata, weeks, 2)
        effect = design_effect(int(cells[..., 1].sum()), int(cells.sum()), own[_TRIALS:])
        of.append(SignsTrials(cells, effect, _totals(own)))
    return SignsTogether(first, places, tuple(of))


def _totals(sums: list[int]) -> Totals:
    return totals_of(sums[_MET], sums[_OPENINGS], sums[_EVER_MET], sums[_EVER_UNMET], sums)


def _plain(signs: Signs) -> tuple[npt.NDArray[np.int32], Bits, Bits]:
    """The columns as kernels want them.

    Raises:
        ValueError: They differ in length, or there are too many signs.
    """
    if not len(signs.customer) == len(signs.met) == len(signs.among) or not 0 < signs.how_many <= MOST_SIGNS:
        raise ValueError(f"columns of one length are needed, and 1 to {MOST_SIGNS} signs, not {signs.how_many}")
    return read_only(signs.customer, np.int32), read_only(signs.met, np.uint8), read_only(signs.among, np.uint8)


@kernel
def _first_together(
    first: Bits,
    met: Bits,
    places: npt.NDArray[np.int32],
    codes: Bits,
    lowest: int,
    counts: npt.NDArray[np.int32],
) -> None:
    """Add up the signs from `lowest` on, i32[signs, groups, places]."""
    signs, groups = counts.shape[:2]
    for row in range(len(first)):
        group = np.int64(codes[row]) - 1
        new, good = np.int64(first[row]) >> lowest, np.int64(met[row]) >> lowest
        if new == 0 or not 0 <= group < groups:
            continue
        for sign in range(signs):
            if (new >> sign) & 1:
                counts[sign, group, places[row] + ((good >> sign) & 1)] += 1


def first_together(
    found: SignsTogether, met: Bits, codes: npt.NDArray[np.integer[Any]], groups: int, signs: range
) -> npt.NDArray[np.int32]:
    """The trials of some signs by group, i32[signs, groups, strata, weeks, 2].

    Args:
        found: The trials.
        met: Which signs each opening does not show.
        codes: u8[n], the number of each opening's group plus 1; 0: in none.
        groups: How many groups there are.
        signs: Which signs, without gaps.

    Raises:
        TypeError: The codes are not u8.
        ValueError: The arrays differ in length.
    """
    if not len(found.first) == len(met) == len(codes):
        raise ValueError(f"{len(codes)} codes for {len(found.first)} openings")
    shape = found.of[0].counts.shape
    counts = np.zeros((len(signs), groups, int(np.prod(shape))), np.int32)
    flags = (read_only(found.first, np.uint8), read_only(met, np.uint8))
    _first_together(*flags, read_only(found.places, np.int32), read_only(codes, np.uint8), signs.start, counts)
    return counts.reshape(len(signs), groups, *shape)


@kernel
def _totals_by_group(
    customer: npt.NDArray[np.int32],
    met: Bits,
    among: Bits,
    group: npt.NDArray[np.int32],
    latest: npt.NDArray[np.int32],
    openings: Sums,
    hit: Sums,
    sums: Sums,
) -> bool:
    """Add up, i64[groups, 8, signs]; `False` if a group is out of bounds."""
    for row in range(len(customer)):
        own = group[row]
        if own >= len(sums):
            return False
        if own < 0:
            continue
        if latest[own] != customer[row]:
            _add_customer(openings[own], hit[own], sums[own])
            latest[own] = customer[row]
        counted = np.int64(among[row])
        _add(counted, openings[own])
        _add(np.int64(met[row]) & counted, hit[own])
    for own in range(len(sums)):
        _add_customer(openings[own], hit[own], sums[own])
    return True


def totals_by_group(signs: Signs, group: npt.NDArray[np.int32], groups: int) -> list[list[Totals]]:
    """The openings of each group and sign: a list a group.

    Args:
        signs: The openings.
        group: Of each, 0 to `groups` - 1; below 0: it is in none.
        groups: How many groups there are.

    Raises:
        ValueError: The arrays differ in length, or a group is out of bounds.
    """
    columns = _plain(signs)
    if len(group) != len(signs.customer):
        raise ValueError(f"{len(group)} groups for {len(signs.customer)} openings")
    some = [np.zeros((groups, MOST_SIGNS), np.int64) for _ in range(2)]
    sums = np.zeros((groups, _TRIALS, MOST_SIGNS), np.int64)
    if not _totals_by_group(*columns, read_only(group, np.int32), np.full(groups, -1, np.int32), *some, sums):
        raise ValueError(f"groups are numbered 0 to {groups - 1}")
    return [[_totals(own) for own in of_group.T.tolist()[: signs.how_many]] for of_group in sums]
