"""Retention: in which calendar buckets after that of their start customers come back.

What is meant, exactly
----------------------
A customer's *start* is the first event, in the one order, that shows a start touchpoint. It counts if it lies in the
period and in one of the buckets; that bucket is the customer's cohort. A *return* is a later event, in the one order,
that shows a return touchpoint. It is `n` buckets after the start if its bucket stands n places behind that of the
start; with n = 0 both lie in one bucket.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.journeys import (
    CODES,
    MICROS,
    WHOLE_TIME,
    Journeys,
    Period,
    code_flags,
    moment,
    plain_customers,
    plain_journeys,
)
from resa.kernels.ranges import over_customers

__all__ = ["Retention", "retention"]


class Retention(NamedTuple):
    """Where customers started, and how many buckets later they came back.

    Attributes:
        starts: i64[C], position of each customer's start; -1: none that counts.
        cohorts: i32[C], its bucket; -1: none.
        customers: i32[M], who came back,
        after: i32[M], and how many buckets after the start: each once, ordered by customer, then by this.
    """

    starts: npt.NDArray[np.int64]
    cohorts: npt.NDArray[np.int32]
    customers: npt.NDArray[np.int32]
    after: npt.NDArray[np.int32]


@kernel
def _retention(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    begins: npt.NDArray[np.uint8],
    returns: npt.NDArray[np.uint8],
    edges: npt.NDArray[np.int64],
    period: tuple[int, int],
    mask: npt.NDArray[np.bool_],
    first: int,
    last: int,
    starts: npt.NDArray[np.int64],
    cohorts: npt.NDArray[np.int32],
    customers: npt.NDArray[np.int32],
    after: npt.NDArray[np.int32],
) -> int:
    """Fill in a range of customers; gives how many returns were written. `edges` are whole seconds."""
    buckets = len(edges) - 1
    written = 0
    for customer in range(first, last):
        if mask.size > 0 and not mask[customer]:
            continue
        start, end = offsets[customer], offsets[customer + 1]
        while start < end and begins[touchpoints[start]] == 0:
            start += 1
        if start == end or not period[0] <= moment(seconds, micros, start) < period[1]:
            continue
        cohort = int(np.searchsorted(edges, np.int64(seconds[start]), side="right")) - 1
        if cohort < 0 or cohort >= buckets:
            continue
        starts[customer], cohorts[customer] = start, cohort
        bucket, counted = cohort, -1
        limit = edges[bucket + 1]
        for position in range(start + 1, end):
            second = np.int64(seconds[position])
            if (counted == bucket and second < limit) or returns[touchpoints[position]] == 0:
                continue
            while second >= limit and bucket < buckets - 1:
                bucket += 1
                limit = edges[bucket + 1]
            if second >= limit:
                break
            if bucket != counted:
                customers[written], after[written] = customer, bucket - cohort
                written += 1
                counted = bucket
    return written


def retention(
    journeys: Journeys,
    begins: Iterable[int] | None,
    returns: Iterable[int] | None,
    edges: npt.NDArray[np.int64],
    *,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> Retention:
    """Find each customer's cohort and returns; the module's text says exactly what that means.

    Args:
        journeys: The index.
        begins: Codes of the start touchpoints; `None`: any touchpoint.
        returns: Codes of the return touchpoints; `None`: any.
        edges: i64[B + 1], ascending; bucket b is [edges[b], edges[b + 1]), microseconds since the index epoch, at whole
            seconds. A return behind the last is not seen.
        period: When a start counts; `None`: at any time.
        customers: bool[C], who takes part; `None`: all.
        threads: See `over_customers`.

    Raises:
        ValueError: Edges that do not ascend or are not at whole seconds, or a code that is none.
    """
    plain = plain_journeys(journeys)
    mask = plain_customers(customers, plain)
    limits, rest = np.divmod(np.asarray(edges, np.int64), MICROS)
    if len(limits) < 2 or (np.diff(limits) <= 0).any() or rest.any():
        raise ValueError("calendar buckets need at least two edges, at whole seconds, that ascend")
    flags = [_flags(begins), _flags(returns)]
    starts = np.full(plain.customers, -1, np.int64)
    cohorts = np.full(plain.customers, -1, np.int32)

    def run(first: int, last: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        # Memory that is not written to is not taken from the machine.
        most = int(plain.offsets[last] - plain.offsets[first])
        who, after = np.empty(most, np.int32), np.empty(most, np.int32)
        written = _retention(
            *(*plain, *flags, limits, period or WHOLE_TIME, mask, first, last),
            *(starts, cohorts, who, after),
        )
        return who[:written], after[:written]

    parts = over_customers(plain, run, threads) or [run(0, 0)]
    who, after = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Retention(starts, cohorts, who, after)


def _flags(codes: Iterable[int] | None) -> npt.NDArray[np.uint8]:
    if codes is not None:
        return code_flags(codes)
    flags = np.ones(CODES, np.uint8)
    flags[0] = 0
    return flags
