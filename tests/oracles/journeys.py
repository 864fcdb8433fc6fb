"""Small journeys, as lists for the oracles and as arrays for the kernels, and how Hypothesis makes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from resa.kernels import Journeys

SECOND = 1_000_000


class Event(NamedTuple):
    """One event of a customer: its position in the index, its time in microseconds, its touchpoint code."""

    position: int
    time: int
    code: int


Customer = list[Event]


def as_arrays(customers: Sequence[Sequence[tuple[int, int]]]) -> Journeys:
    """Journeys from each customer's (time in microseconds, code), already in the one order."""
    events = [event for customer in customers for event in customer]
    times = np.array([time for time, _ in events], np.int64)
    return Journeys(
        np.cumsum([0, *(len(customer) for customer in customers)], dtype=np.int64),
        (times // SECOND).astype(np.int32),
        (times % SECOND).astype(np.int32),
        np.array([code for _, code in events], np.uint16),
    )


def as_lists(journeys: Journeys) -> list[Customer]:
    """Each customer's events, touchpoints or not."""
    times = journeys.seconds.astype(np.int64) * SECOND + journeys.micros
    return [
        [
            Event(position, int(times[position]), int(journeys.touchpoints[position]))
            for position in range(journeys.offsets[customer], journeys.offsets[customer + 1])
        ]
        for customer in range(journeys.customers)
    ]


# Gaps that make ties, neighbours within one second, and times at and beside the windows that the tests use.
GAPS = st.sampled_from([0, 0, 0, 1, 2, 499_999, 500_000, 999_999, SECOND, SECOND + 1, 2 * SECOND, 3 * SECOND])
WINDOWS = st.sampled_from(
    [0, 1, 2, 499_999, 500_000, 999_999, SECOND, SECOND + 1, 2 * SECOND - 1, 2 * SECOND, 3 * SECOND, 10**15]
)
STARTS = st.sampled_from([0, 1, 999_999, -SECOND, -1, -1_500_000])


@st.composite
def journeys(draw: st.DrawFn, codes: int = 4, most: int = 12, customers: int = 4) -> Journeys:
    """Up to `customers` customers of up to `most` events each with codes 0 (none) to `codes`."""
    drawn = []
    for _ in range(draw(st.integers(0, customers))):
        time = draw(STARTS)
        events = []
        for gap, code in draw(st.lists(st.tuples(GAPS, st.integers(0, codes)), max_size=most)):
            time += gap
            events.append((time, code))
        drawn.append(events)
    return as_arrays(drawn)


PERIODS = st.none() | st.tuples(st.integers(-2, 3), st.integers(0, 8)).map(
    lambda pair: (pair[0] * 500_000, (pair[0] + pair[1]) * 500_000)
)


def inside(time: int, period: tuple[int, int] | None) -> bool:
    """Whether a moment lies in the period; no period holds every moment."""
    return period is None or period[0] <= time < period[1]
