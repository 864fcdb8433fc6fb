"""Continuations: what follows each visit, not later than a time within which customers are expected to go on.

What is meant, exactly
----------------------
A *visit* is an event that shows a touchpoint. What follows it is the customer's next visit, if that comes not more than
`within` later; else the customer *left off* here. A visit that is followed by one of the same touchpoint is *repeated*.
One that is followed by another touchpoint which the customer had visited before, not more than `within` before this
visit, *turned back*. Every other is followed by something new: the customer *went on*.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.journeys import (
    WHOLE_TIME,
    Journeys,
    Period,
    moment,
    plain_customers,
    plain_journeys,
    read_only,
)
from resa.kernels.ranges import in_threads, over_customers

__all__ = [
    "LEFT_OFF",
    "REPEATED",
    "TURNED_BACK",
    "WENT_ON",
    "Continuations",
    "VisitRules",
    "continuations",
    "friction_signs",
    "running_sums",
    "values_following",
]

LEFT_OFF: Final = 0
"""Nothing follows in time."""

WENT_ON: Final = 1
"""A touchpoint follows that is new to the customer, or was visited long ago."""

REPEATED: Final = 2
"""The same touchpoint follows."""

TURNED_BACK: Final = 3
"""Another touchpoint follows that the customer had visited shortly before."""

_LONG_AGO: Final = -(2**62)

_Arrays = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.uint16]]


class Continuations(NamedTuple):
    """One row a visit; those of one touchpoint stand together, ordered by customer and moment.

    Attributes:
        starts: i64[K + 1]; the visits of touchpoint code k stand at `starts[k]` up to, not including, `starts[k + 1]`.
        customers: i32[M], whose it is.
        visits: i64[M], its position.
        times: i64[M], when it was, microseconds since the index epoch.
        following: i64[M], position of what follows in time; -1: nothing.
        waited: i64[M], time to what follows, microseconds; -1: nothing does.
        what: u8[M], `LEFT_OFF`, `WENT_ON`, `REPEATED` or `TURNED_BACK`.
    """

    starts: npt.NDArray[np.int64]
    customers: npt.NDArray[np.int32]
    visits: npt.NDArray[np.int64]
    times: npt.NDArray[np.int64]
    following: npt.NDArray[np.int64]
    waited: npt.NDArray[np.int64]
    what: npt.NDArray[np.uint8]

    def of(self, code: int) -> slice:
        """The rows of a touchpoint."""
        return slice(int(self.starts[code]), int(self.starts[code + 1])) if code < len(self.starts) - 1 else slice(0, 0)


@kernel
def _count_visits(
    journeys: _Arrays,
    mask: npt.NDArray[np.bool_],
    period: Period,
    customers: tuple[int, int],
    counts: npt.NDArray[np.int64],
) -> None:
    """Count the visits of a range of customers by touchpoint; code 0 gets what is no visit."""
    offsets, seconds, micros, touchpoints = journeys
    for customer in range(*customers):
        if mask.size > 0 and not mask[customer]:
            continue
        for position in range(offsets[customer], offsets[customer + 1]):
            inside = period[0] <= moment(seconds, micros, position) < period[1]
            counts[touchpoints[position]] += np.int64(inside)


@kernel
def _continuations(
    journeys: _Arrays,
    mask: npt.NDArray[np.bool_],
    period: Period,
    within: int,
    range_of_customers: tuple[int, int],
    places: npt.NDArray[np.int64],
    found: tuple[npt.NDArray[Any], ...],
) -> None:
    """Write the visits of a range of customers, each at its touchpoint's next place."""
    offsets, seconds, micros, touchpoints = journeys
    customers, visits, times, following, waited, what = found
    seen_at = np.zeros(len(places), np.int64)
    seen_by = np.full(len(places), -1, np.int32)
    for customer in range(*range_of_customers):
        if mask.size > 0 and not mask[customer]:
            continue
        row, before, time = np.int64(-1), 0, np.int64(_LONG_AGO)
        for position in range(offsets[customer], offsets[customer + 1]):
            code = touchpoints[position]
            if code == 0:
                continue
            now = moment(seconds, micros, position)
            if row >= 0 and now - time <= within:
                following[row], waited[row] = position, now - time
                if code == before:
                    what[row] = REPEATED
                elif seen_by[code] == customer and time - seen_at[code] <= within:
                    what[row] = TURNED_BACK
                else:
                    what[row] = WENT_ON
            row = np.int64(-1)
            if period[0] <= now < period[1]:
                row = places[code]
                places[code] += 1
                customers[row], visits[row], times[row] = customer, position, now
                following[row], waited[row], what[row] = -1, -1, LEFT_OFF
            before, time = code, now
            seen_at[code], seen_by[code] = now, customer


def continuations(
    journeys: Journeys,
    *,
    within_us: int,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> Continuations:
    """Say what follows each visit; the module's text says exactly what that means.

    Args:
        journeys: The index.
        within_us: Until when something has to follow, microseconds.
        period: When the visits were that are wanted; what follows them may be later. `None`: all.
        customers: bool[C], who takes part; `None`: all.
        threads: See `over_customers`.

    Raises:
        ValueError: The time is negative.
    """
    plain = plain_journeys(journeys)
    mask = plain_customers(customers, plain)
    if within_us < 0:
        raise ValueError("a time within which something follows is not negative")
    codes, wanted = int(plain.touchpoints.max(initial=0)) + 1, WHOLE_TIME if period is None else period

    def count(first: int, last: int) -> tuple[tuple[int, int], npt.NDArray[np.int64]]:
        counts = np.zeros(codes, np.int64)
        _count_visits(tuple(plain), mask, wanted, (first, last), counts)
        counts[0] = 0
        return (first, last), counts

    parts = over_customers(plain, count, threads)
    # Of each touchpoint the visits of the first range of customers come first.
    counts = np.array([counted for _, counted in parts] or [np.zeros(codes, np.int64)])
    ends = np.cumsum(counts.T).reshape(codes, -1).T
    places = dict(zip((part for part, _ in parts), ends - counts, strict=False))
    starts = np.concatenate([[0], ends[-1]])
    kinds = (np.int32, np.int64, np.int64, np.int64, np.int64, np.uint8)
    found: tuple[npt.NDArray[Any], ...] = tuple(np.empty(int(starts[-1]), kind) for kind in kinds)

    def write(first: int, last: int) -> None:
        _continuations(tuple(plain), mask, wanted, within_us, (first, last), places[first, last], found)

    in_threads(write, list(places))
    return Continuations(starts, *found)


class VisitRules(NamedTuple):
    """By what the visits of a touchpoint are judged.

    Attributes:
        slow: What waits longer is slow, microseconds.
        known_from: Visits before are not looked at for loops, microseconds since the index epoch.
        expected: bool[K], touchpoints that are expected to follow.
        staffed: bool[K, channels], which visits are on a channel with staff, by touchpoint and the event's own channel.
    """

    slow: float
    known_from: int
    expected: npt.NDArray[np.bool_]
    staffed: npt.NDArray[np.bool_]


@kernel
def _friction_signs(
    visits: npt.NDArray[np.int64],
    times: npt.NDArray[np.int64],
    following: npt.NDArray[np.int64],
    waited: npt.NDArray[np.int64],
    what: npt.NDArray[np.uint8],
    events: tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8]],
    rules: tuple[float, int, npt.NDArray[np.bool_], npt.NDArray[np.bool_]],
    met: npt.NDArray[np.uint8],
    among: npt.NDArray[np.uint8],
) -> None:
    """Write the bits of each row: drop-off, wait, loop, repeat, switch."""
    touchpoints, channels = events
    slow, known_from, expected, staffed = rules
    for row in range(len(visits)):
        at, follows = visits[row], what[row] != LEFT_OFF
        strange = to_staff = False  # whether something else follows than is expected, and whether that is with staff
        if follows:
            behind = following[row]
            code = touchpoints[behind]
            strange, to_staff = not expected[code], staffed[code, channels[behind]]
        good = np.int64(follows) | np.int64(follows and waited[row] <= slow) << 1
        good |= np.int64(not (strange and what[row] == TURNED_BACK)) << 2
        good |= np.int64(not (strange and what[row] == REPEATED)) << 3
        good |= np.int64(not (strange and to_staff)) << 4
        met[row] = good
        among[row] = (
            np.int64(1 | 8)
            | np.int64(follows) << 1
            | np.int64(times[row] >= known_from) << 2
            | np.int64(not staffed[touchpoints[at], channels[at]]) << 4
        )


def friction_signs(
    found: Continuations,
    rows: slice,
    touchpoints: npt.NDArray[np.uint16],
    channels: npt.NDArray[np.uint8],
    rules: VisitRules,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Which signs the visits of a touchpoint do not show, and for which each is looked at; a byte each, a bit a sign.

    The bits are drop-off (nothing follows), wait (what follows is slow; of those that anything follows), loop (turned
    back; of those from `known_from` on), repeat, and switch (to staff; of those without). What is expected to follow
    is no loop, no repeat and no switch.

    Args:
        found: Visits and what follows them.
        rows: Those of the touchpoint.
        touchpoints: u16[N], of every event.
        channels: u8[N], the own channel of every event.
        rules: Of the touchpoint.
    """
    columns = (found.visits, found.times, found.following, found.waited)
    visits, times, following, waited = (read_only(column[rows], np.int64) for column in columns)
    met, among = np.empty(len(visits), np.uint8), np.empty(len(visits), np.uint8)
    events = (read_only(touchpoints, np.uint16), read_only(channels, np.uint8))
    told = (float(rules.slow), int(rules.known_from), read_only(rules.expected, np.bool_))
    of_channel = read_only(rules.staffed, np.bool_)
    what = read_only(found.what[rows], np.uint8)
    _friction_signs(visits, times, following, waited, what, events, (*told, of_channel), met, among)
    return met, among


def running_sums(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What the first 0, 1, 2, … of these are together."""
    return np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])


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
    sums: npt.NDArray[np.float64],
    *,
    within_us: int,
) -> npt.NDArray[np.float64]:
    """What the customer's events after each visit, in the time that it gives, are worth together.

    Args:
        journeys: The index.
        customers: i32[M], whose each visit is.
        visits: i64[M], their positions, ascending.
        positions: Of the events that are worth anything, ascending.
        sums: The running sums of what each of these is worth.
        within_us: Until when it counts, microseconds after the visit.
    """
    plain = plain_journeys(journeys)
    worth = np.zeros(len(visits), np.float64)
    _values_following(
        *(plain.seconds, plain.micros, read_only(customers, np.int32), read_only(visits, np.int64), plain.offsets),
        *(read_only(positions, np.int64), read_only(sums, np.float64), within_us, worth),
    )
    return worth
