"""Continuations: what follows each visit, not later than a time within which customers are expected to go on.

What is meant, exactly
----------------------
A *visit* is an event that shows a touchpoint. What follows it is the customer's next visit, if that comes not more than
`within` later; else the customer *left off* here. A visit that is followed by one of the same touchpoint is *repeated*.
One that is followed by another touchpoint which the customer had visited before, not more than `within` before this
visit, *turned back*. Every other is followed by something new: the customer *went on*.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.journeys import Journeys, moment, plain_customers, plain_journeys, read_only
from resa.kernels.ranges import over_customers

__all__ = ["LEFT_OFF", "REPEATED", "TURNED_BACK", "WENT_ON", "Continuations", "continuations", "values_following"]

LEFT_OFF: Final = 0
"""Nothing follows in time."""

WENT_ON: Final = 1
"""A touchpoint follows that is new to the customer, or was visited long ago."""

REPEATED: Final = 2
"""The same touchpoint follows."""

TURNED_BACK: Final = 3
"""Another touchpoint follows that the customer had visited shortly before."""

_LONG_AGO: Final = -(2**62)


class Continuations(NamedTuple):
    """One row a visit, ordered by customer and moment.

    Attributes:
        customers: i32[M], whose it is.
        visits: i64[M], its position.
        following: i64[M], position of what follows in time; -1: nothing.
        what: u8[M], `LEFT_OFF`, `WENT_ON`, `REPEATED` or `TURNED_BACK`.
    """

    customers: npt.NDArray[np.int32]
    visits: npt.NDArray[np.int64]
    following: npt.NDArray[np.int64]
    what: npt.NDArray[np.uint8]


@kernel
def _continuations(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    within: int,
    codes: int,
    mask: npt.NDArray[np.bool_],
    first: int,
    last: int,
    found: tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint8]],
) -> int:
    """Write the visits of a range of customers; gives how many."""
    customers, visits, following, what = found
    seen_at = np.zeros(codes, np.int64)
    seen_by = np.full(codes, -1, np.int32)
    row = -1
    for customer in range(first, last):
        if mask.size > 0 and not mask[customer]:
            continue
        before, time = 0, np.int64(_LONG_AGO)
        for position in range(offsets[customer], offsets[customer + 1]):
            code = touchpoints[position]
            if code == 0:
                continue
            now = moment(seconds, micros, position)
            if before != 0 and now - time <= within:
                following[row] = position
                if code == before:
                    what[row] = REPEATED
                elif seen_by[code] == customer and time - seen_at[code] <= within:
                    what[row] = TURNED_BACK
                else:
                    what[row] = WENT_ON
            row += 1
            customers[row], visits[row], following[row], what[row] = customer, position, -1, LEFT_OFF
            before, time = code, now
            seen_at[code], seen_by[code] = now, customer
    return row + 1


def continuations(
    journeys: Journeys,
    *,
    within_us: int,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> Continuations:
    """Say what follows each visit; the module's text says exactly what that means.

    Args:
        journeys: The index.
        within_us: Until when something has to follow, microseconds.
        customers: bool[C], who takes part; `None`: all.
        threads: See `over_customers`.

    Raises:
        ValueError: The time is negative.
    """
    plain = plain_journeys(journeys)
    mask = plain_customers(customers, plain)
    if within_us < 0:
        raise ValueError("a time within which something follows is not negative")

    codes = int(plain.touchpoints.max(initial=0)) + 1

    def run(first: int, last: int) -> tuple[npt.NDArray[np.generic], ...]:
        # Memory that is not written to is not taken from the machine.
        most = int(plain.offsets[last] - plain.offsets[first])
        found = tuple(np.empty(most, kind) for kind in (np.int32, np.int64, np.int64, np.uint8))
        written = _continuations(*plain, within_us, codes, mask, first, last, found)
        return tuple(column[:written] for column in found)

    parts = over_customers(plain, run, threads) or [run(0, 0)]
    return Continuations(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@kernel
def _values_following(
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    customers: npt.NDArray[np.int32],
    visits: npt.NDArray[np.int64],
    offsets: npt.NDArray[np.int64],
    positions: npt.NDArray[np.int64],
    sums: npt.NDArray[np.float64],
    within: int,
    worth: npt.NDArray[np.float64],
) -> None:
    """Two places in the values go along with the visits: behind the visit, and behind its time."""
    after = until = 0
    for row in range(len(visits)):
        last = moment(seconds, micros, visits[row]) + within
        end = offsets[customers[row] + 1]
        while after < len(positions) and positions[after] <= visits[row]:
            after += 1
        until = max(until, after)
        while until < len(positions) and positions[until] < end and moment(seconds, micros, positions[until]) <= last:
            until += 1
        worth[row] = sums[until] - sums[after]


def values_following(
    journeys: Journeys,
    customers: npt.NDArray[np.int32],
    visits: npt.NDArray[np.int64],
    positions: npt.NDArray[np.integer],
    values: npt.NDArray[np.float64],
    *,
    within_us: int,
) -> npt.NDArray[np.float64]:
    """What the customer's events after each visit, in the time that it gives, are worth together.

    Args:
        journeys: The index.
        customers: i32[M], whose each visit is.
        visits: i64[M], their positions, ascending.
        positions: Of the events that are worth anything, ascending.
        values: What each of these is worth.
        within_us: Until when it counts, microseconds after the visit.
    """
    plain = plain_journeys(journeys)
    worth = np.zeros(len(visits), np.float64)
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    _values_following(
        *(plain.seconds, plain.micros, read_only(customers, np.int32), read_only(visits, np.int64), plain.offsets),
        *(read_only(positions, np.int64), sums, within_us, worth),
    )
    return worth
