"""Moves: every visit that is looked at, written out with the customer's next one, for what is counted visit by visit.

A visit is an event that shows a touchpoint, and what follows it is the customer's next visit, whenever that comes. A
period keeps the visits that lie in it; what follows them may lie behind it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.journeys import Journeys, Period, moment, plain_customers, plain_journeys
from resa.kernels.memory import columns
from resa.kernels.ranges import in_threads, over_customers

__all__ = ["Moves", "moves"]


class Moves(NamedTuple):
    """One row a visit, by customer and order.

    Attributes:
        positions: i64[M], where it stands in the index.
        customers: i32[M], whose it is.
        codes: u16[M], its touchpoint.
        following: u16[M], that of the customer's next visit; 0: there is none.
        waited: i64[M], microseconds to it; 0 where there is none.
        first: bool[M], whether it is the first of all the customer's visits.
    """

    positions: npt.NDArray[np.int64]
    customers: npt.NDArray[np.int32]
    codes: npt.NDArray[np.uint16]
    following: npt.NDArray[np.uint16]
    waited: npt.NDArray[np.int64]
    first: npt.NDArray[np.bool_]


@kernel
def _count(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    period: tuple[int, int] | None,
    mask: npt.NDArray[np.bool_],
    first: int,
    last: int,
) -> int:
    """How many rows a range of customers has."""
    rows = 0
    for customer in range(first, last):
        if mask.size > 0 and not mask[customer]:
            continue
        for position in range(offsets[customer], offsets[customer + 1]):
            shown = touchpoints[position] != 0
            if period is not None:
                shown = shown and period[0] <= moment(seconds, micros, position) < period[1]
            rows += shown
    return rows


@kernel
def _write(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    period: tuple[int, int] | None,
    mask: npt.NDArray[np.bool_],
    first: int,
    last: int,
    row: int,
    positions: npt.NDArray[np.int64],
    customers: npt.NDArray[np.int32],
    codes: npt.NDArray[np.uint16],
    following: npt.NDArray[np.uint16],
    waited: npt.NDArray[np.int64],
    firsts: npt.NDArray[np.bool_],
) -> None:
    """Write the rows of a range of customers from `row` on."""
    for customer in range(first, last):
        if mask.size > 0 and not mask[customer]:
            continue
        seen = waits = False  # whether there was a visit, and whether the last one has a row
        before = np.int64(0)
        for position in range(offsets[customer], offsets[customer + 1]):
            code = touchpoints[position]
            if code == 0:
                continue
            time = moment(seconds, micros, position)
            if waits:
                following[row - 1], waited[row - 1] = code, time - before
            waits = True
            if period is not None:
                waits = period[0] <= time < period[1]
            if waits:
                positions[row], customers[row], codes[row] = position, customer, code
                following[row], waited[row], firsts[row] = 0, 0, not seen
                row += 1
            before, seen = time, True


def moves(
    journeys: Journeys,
    *,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> Moves:
    """Write the visits out; the module's text says exactly what that means.

    Args:
        journeys: The index.
        period: In which visits are kept; `None`: all.
        customers: bool[C], who takes part; `None`: all.
        threads: See `over_customers`.
    """
    plain = plain_journeys(journeys)
    asked = (period, plain_customers(customers, plain))

    def count(first: int, last: int) -> tuple[int, int, int]:
        return first, last, _count(*plain, *asked, first, last)

    parts = over_customers(plain, count, threads)
    begins = dict(zip((part[0] for part in parts), np.cumsum([0, *(part[2] for part in parts)]).tolist(), strict=False))
    found = Moves(
        *columns(sum(part[2] for part in parts), np.int64, np.int32, np.uint16, np.uint16, np.int64, np.bool_)
    )
    in_threads(
        lambda first, last: _write(*plain, *asked, first, last, begins[first], *found),
        [part[:2] for part in parts],
    )
    return found
