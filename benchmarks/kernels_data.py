"""Journeys of made-up customers for the benchmark of the kernels: about 21 events each, 40 touchpoints, one seed."""

from __future__ import annotations

from typing import Final

import numpy as np

from resa.kernels import Journeys

__all__ = ["FREQUENT", "KINDS", "RARE", "WINDOW_US", "make_journeys"]

KINDS: Final = 41
WINDOW_US: Final = 86_400 * 1_000_000

FREQUENT: Final = (1, 2, 3, 4)
"""Together 30 % of all events."""

RARE: Final = (37, 38, 39, 40)
"""Each one event in a thousand."""

_EVENTS_A_CUSTOMER: Final = 21
_DAYS: Final = 90


def make_journeys(events: int, *, ties: float = 0.0, seed: int = 1) -> Journeys:
    """Make about so many events.

    Args:
        events: How many; the last customer's end is cut.
        ties: The share of events with the same time as the one before; 0: every customer's times differ.
        seed: Of the random numbers.
    """
    random = np.random.default_rng(seed)
    customers = events // _EVENTS_A_CUSTOMER
    sizes = random.geometric(1 / _EVENTS_A_CUSTOMER, customers).astype(np.int64)
    offsets = np.concatenate([[0], np.minimum(np.cumsum(sizes), events)])
    total = int(offsets[-1])
    weights = np.full(KINDS, 0.7 - 0.004)
    weights[1:5] = 0.3 / 4
    weights[5:37] = (0.7 - 0.004) / 32
    weights[37:] = 0.001
    weights[0] = 0
    touchpoints = random.choice(KINDS, total, p=weights / weights.sum()).astype(np.uint16)
    # Gaps of very different length: half within ten minutes, a tenth longer than two days.
    gaps = np.maximum(random.lognormal(20.2, 3.5, total), 1).astype(np.int64)
    np.minimum(gaps, 20 * WINDOW_US, out=gaps)
    if ties:
        gaps[random.random(total) < ties] = 0
    times = np.cumsum(gaps)
    firsts = offsets[:-1][np.diff(offsets) > 0]
    starts = random.integers(0, _DAYS * WINDOW_US, len(firsts))
    times += np.repeat(starts - times[firsts], np.diff(offsets)[np.diff(offsets) > 0])
    return Journeys(offsets, (times // 1_000_000).astype(np.int32), (times % 1_000_000).astype(np.int32), touchpoints)
