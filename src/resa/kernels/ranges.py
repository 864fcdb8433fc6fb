"""One pass over customers, cut into ranges that threads (later Spark's tasks) take one each."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np

from resa.kernels.journeys import Journeys

__all__ = ["customer_ranges", "in_threads", "over_customers"]

Part = TypeVar("Part")

_WORTH_A_THREAD: Final = 1_000_000  # events; starting a thread costs about as much as 50,000 events


def customer_ranges(journeys: Journeys, parts: int) -> list[tuple[int, int]]:
    """Cut the customers into at most `parts` ranges [first, last) with about the same number of events each."""
    # Whole numbers, as the offsets are: for others, the search would copy them all.
    aims = np.linspace(0, journeys.events, max(parts, 1) + 1).astype(np.int64)[1:-1]
    cuts = [0, *np.searchsorted(journeys.offsets, aims).tolist(), journeys.customers]
    return [(first, last) for first, last in pairwise(cuts) if first < last]


def over_customers(
    journeys: Journeys, run: Callable[[int, int], Part], threads: int | None = None, *, worth: int = _WORTH_A_THREAD
) -> list[Part]:
    """Run a kernel over every range of customers; the answers come back in the order of customers.

    Args:
        journeys: The index.
        run: Called with (first customer, last customer, not included).
        threads: How many threads; `None`: as many as there are processors, fewer when there are few events.
        worth: So many events make a further thread worth its start.
    """
    if threads is None:
        threads = max(1, min(os.cpu_count() or 1, journeys.events // worth))
    return in_threads(run, customer_ranges(journeys, threads))


def in_threads(run: Callable[[int, int], Part], ranges: list[tuple[int, int]]) -> list[Part]:
    """Run each range in a thread, the first in the caller's own; the answers come back in the ranges' order."""
    if len(ranges) <= 1:
        return [run(first, last) for first, last in ranges]
    with ThreadPoolExecutor(len(ranges) - 1) as pool:
        others = [pool.submit(run, first, last) for first, last in ranges[1:]]
        return [run(*ranges[0]), *(other.result() for other in others)]
