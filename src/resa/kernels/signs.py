"""Signs: several things of which each opening shows some, counted together in one pass.

Sign s is bit s of a byte. An opening that is looked at for a sign (`among`) shows it where it was not met (`met`); what
is said of openings as trials and of totals is that of `resa.kernels.tallies`, for each sign by itself.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.journeys import read_only
from resa.kernels.ranges import in_threads
from resa.kernels.tallies import Totals, cut_between_customers, design_effect, totals_of

__all__ = [
    "MOST_SIGNS",
    "Signs",
    "SignsTogether",
    "SignsTrials",
    "first_met",
    "first_together",
    "totals_by_group",
    "trials_together",
]

MOST_SIGNS: Final = 8
"""Bits of a byte. Sums of all of them are added up at once, whether they are used or not."""

Bits = npt.NDArray[np.uint8]
Sums = npt.NDArray[np.int64]

_BLOCK: Final = 1024  # customers added up at a time: their words stay in the processor's cache
_OPENINGS: Final = 4
_MET: Final = 5
_EVER_MET: Final = 6
_EVER_UNMET: Final = 7
_SUMS: Final = 8

Words = npt.NDArray[np.uint64]


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
        places: i32[n], the number of its stratum and week.
        of: Of each sign.
    """

    first: Bits
    places: npt.NDArray[np.int32]
    of: tuple[SignsTrials, ...]


# A customer's openings of all signs are counted in one word: so many bits for each sign, the lowest for the first.


@lru_cache(MOST_SIGNS)
def _words(how_many: int) -> tuple[Words, int]:
    """For each byte the word that counts 1 for each of its signs; and how many bits a sign has."""
    bits = min(64 // how_many, 32)
    words = [sum((byte >> sign & 1) << sign * bits for sign in range(how_many)) for byte in range(256)]
    return read_only(np.array(words, np.uint64), np.uint64), bits


@kernel
def _add_customers(openings: Words, met: Words, customers: int, bits: int, sums: Sums) -> None:
    """Add the words of some customers to the sums of each sign, i64[signs, 8]."""
    mask = np.uint64((1 << bits) - 1)
    for sign in range(len(sums)):
        shift = np.uint64(sign * bits)
        some = squares = products = met_squares = all_m = all_y = ever_met = ever_unmet = np.int64(0)
        for customer in range(customers):
            m, y = np.int64((openings[customer] >> shift) & mask), np.int64((met[customer] >> shift) & mask)
            some, squares, products, met_squares = (
                some + (m > 0),
                squares + m * m,
                products + m * y,
                met_squares + y * y,
            )
            all_m, all_y, ever_met, ever_unmet = all_m + m, all_y + y, ever_met + (y > 0), ever_unmet + (y < m)
        own = (some, squares, products, met_squares, all_m, all_y, ever_met, ever_unmet)
        for place in range(_SUMS):
            sums[sign, place] += own[place]


@kernel
def _spill(openings: np.uint64, met: np.uint64, bits: int, wide: Sums) -> None:
    """Add a customer's words to wide ones, i64[2, signs], before they are full."""
    mask = np.uint64((1 << bits) - 1)
    for sign in range(wide.shape[1]):
        wide[0, sign] += np.int64((openings >> np.uint64(sign * bits)) & mask)
        wide[1, sign] += np.int64((met >> np.uint64(sign * bits)) & mask)


@kernel
def _add_wide(wide: Sums, sums: Sums) -> None:
    """Add a customer's wide words to the sums, and forget them."""
    for sign in range(len(sums)):
        m, y = wide[0, sign], wide[1, sign]
        own = (np.int64(m > 0), m * m, m * y, y * y, m, y, np.int64(y > 0), np.int64(y < m))
        for place in range(_SUMS):
            sums[sign, place] += own[place]
    wide[:] = 0


@kernel
def _trials_together(
    columns: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32], Bits, Bits],
    weeks: int,
    words: tuple[Words, int],
    first: Bits,
    places: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int32],
    sums: Sums,
) -> None:
    """Write of which signs each row is a trial, and its place; add up counts, i32[places, signs, 2], and sums.

    The sums are i64[2, signs, 8], of openings and of trials.
    """
    customer, week, stratum, met, among = columns
    of_byte, bits = words
    rows, signs, full = len(customer), counts.shape[1], (1 << bits) - 1
    block, wide = np.zeros((4, _BLOCK), np.uint64), np.zeros((2, 2, signs), np.int64)
    m = y = trials = hits = np.uint64(0)  # this customer's openings, those met, trials, those met
    waiting, own, spilled, seen = 0, 0, False, np.int64(0)  # seen: of which signs the customer has a trial this week
    for row in range(rows):
        counted = np.int64(among[row])
        good, new = np.int64(met[row]) & counted, counted & ~seen
        seen |= counted
        first[row], place = new, stratum[row] * weeks + week[row]
        places[row] = place
        for sign in range(signs):
            counts[place, sign, (good >> sign) & 1] += (new >> sign) & 1
        m, y = m + of_byte[counted], y + of_byte[good]
        trials, hits, own = trials + of_byte[new], hits + of_byte[new & good], own + 1
        last = row + 1 == rows or customer[row + 1] != customer[row]
        if own == full or (last and spilled):
            _spill(m, y, bits, wide[0])
            _spill(trials, hits, bits, wide[1])
            spilled, own = True, 0
            m = y = trials = hits = np.uint64(0)
        if last and spilled:
            _add_wide(wide[0], sums[0])
            _add_wide(wide[1], sums[1])
            spilled = False
        elif last:
            block[0, waiting], block[1, waiting], block[2, waiting], block[3, waiting] = m, y, trials, hits
            m = y = trials = hits = np.uint64(0)
            waiting += 1
        if waiting == _BLOCK or row + 1 == rows:
            _add_customers(block[0], block[1], waiting, bits, sums[0])
            _add_customers(block[2], block[3], waiting, bits, sums[1])
            waiting = 0
        if last:
            own = 0
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
    columns = (customer, read_only(week, np.int32), read_only(stratum, np.int32), met, among)
    first, places = np.empty(len(customer), np.uint8), np.empty(len(customer), np.int32)
    words = _words(signs.how_many)

    def run(start: int, stop: int) -> tuple[npt.NDArray[np.int32], Sums]:
        part = slice(start, stop)
        counts = np.zeros((strata * weeks, signs.how_many, 2), np.int32)
        sums = np.zeros((2, signs.how_many, _SUMS), np.int64)
        cut = tuple(column[part] for column in columns)
        _trials_together(cut, weeks, words, first[part], places[part], counts, sums)
        return counts, sums

    parts = in_threads(run, cut_between_customers(customer, threads))
    counts, sums = (sum(column[1:], column[0]) for column in zip(*parts, strict=True))
    of = []
    for sign, (every, trials) in enumerate(zip(*sums.tolist(), strict=True)):
        cells = counts[:, sign].astype(np.int64).reshape(strata, weeks, 2)
        effect = design_effect(int(cells[..., 1].sum()), int(cells.sum()), trials)
        of.append(SignsTrials(cells, effect, _totals(every)))
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
def _first_met(customer: npt.NDArray[np.int32], met: Bits, among: Bits, sign: int, rows: npt.NDArray[np.int64]) -> int:
    """Write them; gives how many."""
    found, latest = 0, np.int32(-1)
    for row in range(len(customer)):
        if ((met[row] & among[row]) >> sign) & 1 and customer[row] != latest:
            rows[found], latest = row, customer[row]
            found += 1
    return found


def first_met(signs: Signs, sign: int) -> npt.NDArray[np.int64]:
    """The rows of each customer's first opening that is looked at for a sign and does not show it."""
    customer, met, among = _plain(signs)
    rows = np.empty(len(customer), np.int64)  # memory that is not written to is not taken from the machine
    return rows[: _first_met(customer, met, among, sign, rows)]


@kernel
def _first_together(
    first: Bits,
    met: Bits,
    places: npt.NDArray[np.int32],
    codes: Bits,
    lowest: int,
    counts: npt.NDArray[np.int32],
) -> None:
    """Add up the signs from `lowest` on, i32[groups, places, signs, 2]."""
    groups, signs = len(counts), counts.shape[2]
    for row in range(len(first)):
        group = np.int64(codes[row]) - 1
        new, good = np.int64(first[row]) >> lowest, np.int64(met[row]) >> lowest
        if new == 0 or not 0 <= group < groups:
            continue
        for sign in range(signs):
            counts[group, places[row], sign, (good >> sign) & 1] += (new >> sign) & 1


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
    strata, weeks, _ = found.of[0].counts.shape
    counts = np.zeros((groups, strata * weeks, len(signs), 2), np.int32)
    flags = (read_only(found.first, np.uint8), read_only(met, np.uint8))
    _first_together(*flags, read_only(found.places, np.int32), read_only(codes, np.uint8), signs.start, counts)
    by_sign = np.ascontiguousarray(counts.transpose(2, 0, 1, 3))
    return by_sign.reshape(len(signs), groups, strata, weeks, 2)


@kernel
def _add_customer(openings: np.uint64, met: np.uint64, bits: int, sums: Sums) -> None:
    """Add a customer's words to the sums of each sign, i64[signs, 8]."""
    mask = np.uint64((1 << bits) - 1)
    for sign in range(len(sums)):
        m, y = np.int64(openings & mask), np.int64(met & mask)
        openings, met = openings >> np.uint64(bits), met >> np.uint64(bits)
        own = sums[sign]
        own[0] += m > 0
        own[1] += m * m
        own[2] += m * y
        own[3] += y * y
        own[4] += m
        own[5] += y
        own[6] += y > 0
        own[7] += y < m


@kernel
def _totals_by_group(
    columns: tuple[npt.NDArray[np.int32], Bits, Bits, npt.NDArray[np.int32]],
    words: tuple[Words, int],
    latest: npt.NDArray[np.int32],
    own: Words,
    wide: Sums,
    sums: Sums,
) -> bool:
    """Add up, i64[groups, signs, 8]; `False` if a group is out of bounds.

    Of each group `own`, u64[groups, 4], has the words of its latest customer, how many openings these hold, and
    whether `wide`, i64[groups, 2, signs], has what was in them before they were full.
    """
    customer, met, among, group = columns
    of_byte, bits = words
    full, one = np.uint64((1 << bits) - 1), np.uint64(1)
    for row in range(len(customer) + len(sums)):
        last = row >= len(customer)  # at the end each group's latest customer is added
        place = row - len(customer) if last else group[row]
        if place >= len(sums):
            return False
        if place < 0:
            continue
        now = own[place]
        another = last or latest[place] != customer[row]
        if now[2] == full or (another and now[3] != 0):
            _spill(now[0], now[1], bits, wide[place])
            now[0], now[1], now[2], now[3] = 0, 0, 0, one
        if another and now[3] != 0:
            _add_wide(wide[place], sums[place])
            now[3] = 0
        elif another:
            _add_customer(now[0], now[1], bits, sums[place])
            now[0], now[1], now[2] = 0, 0, 0
        if not last:
            latest[place] = customer[row]
            now[0] += of_byte[among[row]]
            now[1] += of_byte[among[row] & met[row]]
            now[2] += one
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
    own, wide = np.zeros((groups, 4), np.uint64), np.zeros((groups, 2, signs.how_many), np.int64)
    sums, latest = np.zeros((groups, signs.how_many, _SUMS), np.int64), np.full(groups, -1, np.int32)
    numbers = read_only(group, np.int32)
    if not _totals_by_group((*columns, numbers), _words(signs.how_many), latest, own, wide, sums):
        raise ValueError(f"groups are numbered 0 to {groups - 1}")
    return [[_totals(own) for own in of_group] for of_group in sums.tolist()]
