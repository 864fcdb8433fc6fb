"""Visits: how often, and by how many customers, each touchpoint was reached in each stretch of the calendar."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.journeys import CODES, Journeys, moment, plain_customers, plain_journeys
from resa.kernels.ranges import over_customers

__all__ = ["Visits", "visits"]


class Visits(NamedTuple):
    """Touchpoint events by touchpoint code and calendar bucket; row 0 counts any touchpoint.

    Those of other customers add up, field by field.

    Attributes:
        counts: i64[K, B], events.
        customers: i64[K, B], customers with at least one such event in the bucket.
        reach: i64[K], customers with at least one such event in any bucket.
    """

    counts: npt.NDArray[np.int64]
    customers: npt.NDArray[np.int64]
    reach: npt.NDArray[np.int64]


@kernel
def _visits(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    codes: int,
    edges: npt.NDArray[np.int64],
    mask: npt.NDArray[np.bool_],
    first: int,
    last: int,
    counts: npt.NDArray[np.int64],
    customers: npt.NDArray[np.int64],
    reach: npt.NDArray[np.int64],
) -> bool:
    """Add up a range of customers; `False` if a code is not below `codes`."""
    buckets = len(edges) - 1
    last_here = np.full((codes, buckets), -1, np.int64)
    last_anywhere = np.full(codes, -1, np.int64)
    for customer in range(first, last):
        if mask.size > 0 and not mask[customer]:
            continue
        bucket = -2  # not looked for yet
        for position in range(offsets[customer], offsets[customer + 1]):
            code = np.int64(touchpoints[position])
            if code == 0:
                continue
            if code >= codes:
                return False
            time = moment(seconds, micros, position)
            if bucket == -2:
                bucket = int(np.searchsorted(edges, time, side="right")) - 1
            while bucket < buckets and edges[bucket + 1] <= time:
                bucket += 1
            if bucket < 0 or bucket == buckets:
                continue
            for row in (0, code):
                counts[row, bucket] += 1
                customers[row, bucket] += last_here[row, bucket] != customer
                last_here[row, bucket] = customer
                reach[row] += last_anywhere[row] != customer
                last_anywhere[row] = customer
    return True


def visits(
    journeys: Journeys,
    codes: int,
    edges: npt.NDArray[np.int64],
    *,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> Visits:
    """Count events and distinct customers by touchpoint and calendar bucket.

    Args:
        journeys: The index.
        codes: K, one more than the largest touchpoint code.
        edges: i64[B + 1], ascending; bucket b is [edges[b], edges[b + 1]), microseconds since the index epoch. Events
            outside all buckets are not counted.
        customers: bool[C], who takes part; `None`: all.
        threads: See `over_customers`.

    Raises:
        ValueError: Edges that do not ascend, or a touchpoint's code not below `codes`.
    """
    plain = plain_journeys(journeys)
    mask = plain_customers(customers, plain)
    limits = np.ascontiguousarray(edges, np.int64)
    if len(limits) < 2 or (np.diff(limits) <= 0).any():
        raise ValueError("calendar buckets need at least two edges, and edges that ascend")
    if not 1 <= codes <= CODES:
        raise ValueError(f"there can be 1 to {CODES} codes, not {codes}")

    def run(first: int, last: int) -> tuple[npt.NDArray[np.int64], ...]:
        square = (codes, len(limits) - 1)
        sums = (np.zeros(square, np.int64), np.zeros(square, np.int64), np.zeros(codes, np.int64))
        if not _visits(*plain, codes, limits, mask, first, last, *sums):
            raise ValueError(f"a touchpoint's code is not below {codes}")
        return sums

    parts = over_customers(plain, run, threads) or [run(0, 0)]
    return Visits(*(sum(column[1:], column[0]) for column in zip(*parts, strict=True)))
