"""Transitions: which touchpoint follows which, how often, for how many customers, after how long.

A transition is two touchpoint events of a customer with no other touchpoint event between them (events without a
touchpoint, code 0, are looked past). With a session gap, two events that lie further apart than the gap are no
transition: the first is an exit, the second an entry. Without one, a customer's first touchpoint event is the entry and
the last the exit. A period keeps the transitions whose first event lies in it, and the entries and exits that do; what
follows what does not depend on the period. A touchpoint followed by itself is a loop: the diagonal.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.histogram import BUCKETS, bucket_of, quantiles
from resa.kernels.journeys import (
    CODES,
    MICROS,
    WHOLE_TIME,
    Journeys,
    Period,
    moment,
    plain_customers,
    plain_journeys,
    read_only,
)
from resa.kernels.ranges import over_customers

__all__ = ["Transitions", "plain_groups", "transitions"]

NO_GAP: Final = 2**62

_COUNT: Final = 0
_MICROS: Final = 1
_CUSTOMERS: Final = 2
_LAST: Final = 3

_WORTH: Final = 10_000_000  # events that make a further thread worth its start: counting runs at the speed of memory

_FULL: Final = 2**62  # one customer adds less than 2^53


class Transitions(NamedTuple):
    """Transitions from touchpoint a to b for each group g; code 0 is unused.

    Those of other customers add up: field by field, the sums with a carry from `micros` to `seconds`.

    Attributes:
        counts: i64[G, K, K], how often b followed a.
        customers: i64[G, K, K], how many customers did that at least once.
        seconds: i64[G, K, K], the exact sum of the time between, whole seconds.
        micros: i64[G, K, K], what the sum has beyond `seconds`, 0 to 999,999 microseconds (one sum of microseconds may
            exceed 64 bits).
        entries: i64[G, K], sessions (or journeys) that began there.
        exits: i64[G, K], sessions (or journeys) that ended there.
        edges: i64[E, 3], the (g, a, b) that occur, ascending.
        histograms: u32[E, BUCKETS], each edge's times, see `histogram`; without rows when they were not asked for.
    """

    counts: npt.NDArray[np.int64]
    customers: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.int64]
    micros: npt.NDArray[np.int64]
    entries: npt.NDArray[np.int64]
    exits: npt.NDArray[np.int64]
    edges: npt.NDArray[np.int64]
    histograms: npt.NDArray[np.uint32]

    def total_microseconds(self, group: int, start: int, end: int) -> int:
        """The exact sum of the times from `start` to `end`, an integer of any size."""
        return int(self.seconds[group, start, end]) * MICROS + int(self.micros[group, start, end])

    def mean_seconds(self) -> npt.NDArray[np.float64]:
        """f64[G, K, K], the mean time between; NaN where there is no transition."""
        total = self.seconds + self.micros / MICROS
        mean = np.full(total.shape, np.nan)
        np.divide(total, self.counts, out=mean, where=self.counts > 0)
        return mean

    def quantile_seconds(self, share: float) -> npt.NDArray[np.float64]:
        """f64[G, K, K], such as the median (0.5), off by at most 1/64; NaN where there is nothing to tell it from."""
        answer = np.full(self.counts.shape, np.nan)
        if len(self.histograms):
            answer[tuple(self.edges.T)] = quantiles(self.histograms, share)[:, 0] / MICROS
        return answer


def plain_groups(groups: npt.NDArray[np.uint16] | None, journeys: Journeys) -> npt.NDArray[np.uint16]:
    """Each customer's group as kernels want it; empty: all are of group 0.

    Raises:
        ValueError: There is not one group a customer.
    """
    if groups is None:
        groups = np.zeros(0, np.uint16)
    elif len(groups) != journeys.customers:
        raise ValueError(f"{len(groups)} groups for {journeys.customers} customers")
    return read_only(groups, np.uint16)


@kernel
def _carry(cells: npt.NDArray[np.int64], seconds: npt.NDArray[np.int64]) -> None:
    """Move whole seconds out of the cells' sums of microseconds, so that they never overflow."""
    for cell in range(len(cells)):
        seconds[cell] += cells[cell, _MICROS] // MICROS
        cells[cell, _MICROS] %= MICROS


@kernel
def _transitions(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    codes: int,
    gap: int | None,
    who: tuple[npt.NDArray[np.bool_], npt.NDArray[np.uint16]] | None,
    period: tuple[int, int] | None,
    distinct: bool | None,
    first: int,
    last: int,
    cells: npt.NDArray[np.int64],
    visits: npt.NDArray[np.int64],
) -> int:
    """Add up customers from `first` on; returns where to go on once `_carry` is due, or -1 if a code is too large.

    What a journey or session begins with is a transition from code 0, whose sum of time means nothing. Where `gap`,
    `who` (mask and groups), `period` or `distinct` is `None`, Numba leaves it out; only a period needs `visits`.
    """
    customer, end = first - 1, offsets[first]
    asked, counted, inside = True, False, False
    group = before = time_before = begun = np.int64(0)
    spent = np.int64(0)  # no cell's sum of microseconds can be larger
    for position in range(offsets[first], offsets[last]):
        if position == end:
            while position == end:
                customer += 1
                end = offsets[customer + 1]
            spent += time_before - begun
            if spent > _FULL:
                return customer
            begun = time_before = moment(seconds, micros, position)
            before = np.int64(0)
            if who is not None:
                asked = who[0].size == 0 or who[0][customer]
                group = np.int64(who[1][customer]) * codes if who[1].size > 0 else np.int64(0)
        code = np.int64(touchpoints[position])
        if code == 0 or (who is not None and not asked):
            continue
        if code >= codes:
            return -1
        time = moment(seconds, micros, position)
        if gap is not None:
            before = before if time - time_before <= gap else np.int64(0)
        if period is not None:
            inside = period[0] <= time < period[1]
            visits[group + code] += inside
            counted = inside if before == 0 else counted
        if period is None or counted:
            cell = (group + before) * codes + code
            cells[cell, _COUNT] += 1
            cells[cell, _MICROS] += time - time_before
            if distinct is not None:
                cells[cell, _CUSTOMERS] += cells[cell, _LAST] != customer
                cells[cell, _LAST] = customer
        counted = inside
        before = code
        time_before = time
    return last


@kernel
def _durations(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    codes: int,
    groups: npt.NDArray[np.uint16],
    gap: int,
    period: tuple[int, int],
    mask: npt.NDArray[np.bool_],
    first: int,
    last: int,
    edge_of: npt.NDArray[np.int32],
    histograms: npt.NDArray[np.uint32],
) -> None:
    """Add a range's times to the histograms of the edges that occur: of the transitions that `_transitions` counts."""
    for customer in range(first, last):
        if mask.size > 0 and not mask[customer]:
            continue
        row = np.int64(groups[customer]) * codes if groups.size > 0 else 0
        before = np.int64(-1)
        time_before = np.int64(0)
        for position in range(offsets[customer], offsets[customer + 1]):
            code = np.int64(touchpoints[position])
            if code == 0:
                continue
            time = moment(seconds, micros, position)
            if before >= 0 and time - time_before <= gap and period[0] <= time_before < period[1]:
                histograms[edge_of[(row + before) * codes + code], bucket_of(time - time_before)] += np.uint32(1)
            before = code
            time_before = time


def _histograms(
    plain: Journeys, asked: tuple[object, ...], edge_of: npt.NDArray[np.int32], threads: int | None
) -> npt.NDArray[np.uint32]:
    """The histograms of all edges that `edge_of` numbers, one row an edge."""
    edges = int(edge_of.max(initial=-1)) + 1

    def fill(first: int, last: int) -> npt.NDArray[np.uint32]:
        part = np.zeros((edges, BUCKETS), np.uint32)
        _durations(*plain, *asked, first, last, edge_of, part)
        return part

    parts = over_customers(plain, fill, threads) or [fill(0, 0)]
    for part in parts[1:]:
        parts[0] += part
    return parts[0]


def transitions(
    journeys: Journeys,
    codes: int,
    *,
    groups: npt.NDArray[np.uint16] | None = None,
    session_gap_us: int | None = None,
    durations: bool = True,
    distinct: bool = True,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> Transitions:
    """Count which touchpoint follows which; the module's text says exactly what that means.

    Args:
        journeys: The index.
        codes: K, one more than the largest touchpoint code.
        groups: u16[C], each customer's group; `None`: one group.
        session_gap_us: Events further apart than this many microseconds are no transition; `None`: whole journeys.
        durations: Keep histograms, for medians; costs a second pass.
        distinct: Count customers too; `False` leaves `customers` 0 and is a little cheaper.
        period: Which transitions, entries and exits count, by their first event; `None`: all.
        customers: bool[C], who takes part; `None`: all.
        threads: See `over_customers`.

    Raises:
        ValueError: A touchpoint's code is not below `codes`, or an array has the wrong length.
    """
    plain = plain_journeys(journeys)
    mask = plain_customers(customers, plain)
    plain_group = plain_groups(groups, plain)
    kinds = int(plain_group.max()) + 1 if plain_group.size else 1
    if not 1 <= codes <= CODES:
        raise ValueError(f"there can be 1 to {CODES} codes, not {codes}")

    def run(first: int, last: int) -> tuple[npt.NDArray[np.int64], ...]:
        cells = np.zeros((kinds * codes * codes, 4), np.int64)
        cells[:, _LAST] = -1
        sums, visits = np.zeros(len(cells), np.int64), np.zeros(kinds * codes, np.int64)
        who = (mask, plain_group) if mask.size or plain_group.size else None
        asked = (codes, session_gap_us, who, period, distinct or None)
        while 0 <= first < last:
            first = _transitions(*plain, *asked, first, last, cells, visits)
            _carry(cells, sums)
        if first < 0:
            raise ValueError(f"a touchpoint's code is not below {codes}")
        return cells, sums, visits

    parts = over_customers(plain, run, threads, worth=_WORTH) or [run(0, 0)]
    cells, sums, visits = (sum(column[1:], column[0]) for column in zip(*parts, strict=True))
    _carry(cells, sums)
    found = _tables(cells, sums, visits if period else None, (kinds, codes, codes))
    if not durations:
        return found
    edge_of = np.full(found.counts.size, -1, np.int32)
    edge_of[np.flatnonzero(found.counts)] = np.arange(len(found.edges), dtype=np.int32)
    gap = NO_GAP if session_gap_us is None else session_gap_us
    asked = (codes, plain_group, gap, period or WHOLE_TIME, mask)
    return found._replace(histograms=_histograms(plain, asked, edge_of, threads))


def _tables(
    cells: npt.NDArray[np.int64],
    sums: npt.NDArray[np.int64],
    visits: npt.NDArray[np.int64] | None,
    shape: tuple[int, int, int],
) -> Transitions:
    """What `_transitions` added up, with entries and exits told apart from transitions."""
    counts, micros, reached = (cells[:, column].reshape(shape).copy() for column in (_COUNT, _MICROS, _CUSTOMERS))
    totals = sums.reshape(shape)
    entries = counts[:, 0].copy()
    visited = counts.sum(axis=1) if visits is None else visits.reshape(shape[:2])
    for table in (counts, micros, reached, totals):
        table[:, 0] = 0
    exits = visited - counts.sum(axis=2)
    nothing = np.zeros((0, BUCKETS), np.uint32)
    return Transitions(counts, reached, totals, micros, entries, exits, np.argwhere(counts), nothing)
