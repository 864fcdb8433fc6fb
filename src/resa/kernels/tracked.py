"""Tracked: how many events of each kind there are, the first and last of them, whose they are, and on which days.

A *cell* is what some events have in common, such as a touchpoint and what they carry; each event is in one. A *group*
is some cells of which customers are counted, each once; a cell may be in none.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.journeys import Journeys, Period, moment, plain_journeys, read_only
from resa.kernels.ranges import over_customers

__all__ = ["NEVER", "After", "Cells", "Clock", "Tracked", "came_after", "tracked"]

NEVER: Final = 2**62
"""Later than every moment of an index; -NEVER is before them."""

_DAY: Final = 86_400


class Cells(NamedTuple):
    """Where events are counted.

    Attributes:
        numbers: i32[N], the cell of each event.
        rows: i32[cells], the row of `Tracked.days` that is each cell's.
        groups: i32[cells], the group of each; below 0: none.
    """

    numbers: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    groups: npt.NDArray[np.int32]


class Clock(NamedTuple):
    """What day it is.

    Attributes:
        starts: i64[Z], second from which on each offset holds, since the index epoch, ascending; at least one.
        offsets: i64[Z], seconds to add to get seconds of the wall clock.
        first: The day that is number 0, in days of the wall clock.
        days: How many days there are.
    """

    starts: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    first: int
    days: int


class Tracked(NamedTuple):
    """What there is.

    Attributes:
        counts: i64[cells], events.
        first: i64[cells], when the earliest was, microseconds since the index epoch; `NEVER`: there is none.
        last: i64[cells], when the latest was; -`NEVER`: there is none.
        customers: i64[groups], customers with an event in one of the group's cells.
        days: bool[rows, days], whether there was an event on a day.
    """

    counts: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    customers: npt.NDArray[np.int64]
    days: npt.NDArray[np.bool_]


@kernel
def _tracked(
    journeys: tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int32]],
    cells: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]],
    clock: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int, int],
    period: tuple[int, int],
    range_of_customers: tuple[int, int],
    latest: npt.NDArray[np.int64],
    found: tuple[
        npt.NDArray[np.int64],
        npt.NDArray[np.int64],
        npt.NDArray[np.int64],
        npt.NDArray[np.int64],
        npt.NDArray[np.bool_],
    ],
) -> bool:
    """Add up a range of customers; `latest` knows of whom each group's last event was. `False`: a day is missing."""
    offsets, seconds, micros = journeys
    numbers, rows, groups = cells
    starts, shifts, first_day, number_of_days = clock
    counts, firsts, lasts, customers, days = found
    for customer in range(*range_of_customers):
        span = -1  # not looked for yet
        for position in range(offsets[customer], offsets[customer + 1]):
            time = moment(seconds, micros, position)
            if not period[0] <= time < period[1]:
                continue
            cell, second = numbers[position], np.int64(seconds[position])
            counts[cell] += 1
            firsts[cell], lasts[cell] = min(firsts[cell], time), max(lasts[cell], time)
            group = groups[cell]
            if group >= 0:
                customers[group] += latest[group] != customer
                latest[group] = customer
            if span < 0:
                span = max(int(np.searchsorted(starts, second, side="right")) - 1, 0)
            while span + 1 < len(starts) and starts[span + 1] <= second:
                span += 1
            day = (second + shifts[span]) // _DAY - first_day
            if not 0 <= day < number_of_days:
                return False
            days[rows[cell], day] = True
    return True


def tracked(
    journeys: Journeys, cells: Cells, clock: Clock, *, period: Period, size: tuple[int, int], threads: int | None = None
) -> Tracked:
    """Count the events of each cell; the module's text says exactly what that means.

    Args:
        journeys: The index.
        cells: Which events are counted together.
        clock: The days; every event of the period lies on one of them.
        period: Which events count.
        size: How many rows of days there are, and how many groups.
        threads: See `over_customers`.

    Raises:
        ValueError: A number is out of bounds.
    """
    plain = plain_journeys(journeys)
    numbers, rows, groups = (read_only(column, np.int32) for column in cells)
    known, bounds = len(rows), ((numbers, len(rows)), (rows, size[0]), (groups + 1, size[1] + 1))
    if len(numbers) != plain.events or any(
        len(column) and not 0 <= int(column.min()) <= int(column.max()) < bound for column, bound in bounds
    ):
        raise ValueError(f"every event needs a cell, 0 to {known - 1}, and every cell one of {size} rows and groups")
    told = (read_only(clock.starts, np.int64), read_only(clock.offsets, np.int64), clock.first, clock.days)

    def run(first: int, last: int) -> Tracked:
        moments = np.full(known, NEVER, np.int64), np.full(known, -NEVER, np.int64)
        sums = np.zeros(known, np.int64), *moments, np.zeros(size[1], np.int64)
        found = Tracked(*sums, np.zeros((size[0], clock.days), np.bool_))
        latest = np.full(size[1], -1, np.int64)
        asked = (tuple(plain[:3]), (numbers, rows, groups), told, period, (first, last))
        if not _tracked(*asked, latest, tuple(found)):
            raise ValueError(f"an event lies on none of the {clock.days} days")
        return found

    whole, *others = over_customers(plain, run, threads) or [run(0, 0)]
    for part in others:
        whole = Tracked(
            whole.counts + part.counts,
            np.minimum(whole.first, part.first),
            np.maximum(whole.last, part.last),
            whole.customers + part.customers,
            whole.days | part.days,
        )
    return whole


class After(NamedTuple):
    """Visits after a moment.

    Attributes:
        counts: i64[asked], how many.
        first: i64[asked], when the earliest of them was, microseconds since the index epoch; `NEVER`: there is none.
    """

    counts: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]


@kernel
def _came_after(
    journeys: tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.uint16]],
    heads: npt.NDArray[np.int64],
    moments: npt.NDArray[np.int64],
    until: int,
    range_of_customers: tuple[int, int],
    counts: npt.NDArray[np.int64],
    firsts: npt.NDArray[np.int64],
) -> None:
    """Add up a range of customers."""
    offsets, seconds, micros, touchpoints = journeys
    for position in range(offsets[range_of_customers[0]], offsets[range_of_customers[1]]):
        code = touchpoints[position]
        if code + 1 >= len(heads) or heads[code] == heads[code + 1]:
            continue
        time = moment(seconds, micros, position)
        for asked in range(heads[code], heads[code + 1]):
            if moments[asked] < time < until:
                counts[asked] += 1
                firsts[asked] = min(firsts[asked], time)


def came_after(
    journeys: Journeys,
    heads: npt.NDArray[np.int64],
    moments: npt.NDArray[np.int64],
    *,
    until: int,
    threads: int | None = None,
) -> After:
    """Count the visits of touchpoints after each of some moments.

    Args:
        journeys: The index.
        heads: i64[K + 1]; of touchpoint code k the moments `heads[k]` up to, not including, `heads[k + 1]` are asked.
        moments: i64[asked], microseconds since the index epoch.
        until: Visits from then on do not count.
        threads: See `over_customers`.
    """
    plain = plain_journeys(journeys)
    asked = (read_only(heads, np.int64), read_only(moments, np.int64), until)

    def run(first: int, last: int) -> After:
        found = After(np.zeros(len(moments), np.int64), np.full(len(moments), NEVER, np.int64))
        _came_after(tuple(plain), *asked, (first, last), *found)
        return found

    parts = over_customers(plain, run, threads) or [run(0, 0)]
    counts, firsts = zip(*parts, strict=True)
    return After(np.sum(counts, axis=0), np.min(firsts, axis=0))
