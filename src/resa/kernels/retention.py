"""Retention: in which calendar buckets after that of their start customers come back.

What is meant, exactly
----------------------
A customer's *start* is the first event, in the one order, that shows a start touchpoint. It counts if it lies in the
period and in one of the buckets; that bucket is the customer's cohort. A *return* is a later event, in the one order,
that shows a return touchpoint. It is `n` buckets after the start if its bucket stands n places behind that of the
start; with n = 0 both lie in one bucket.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.bits import bit_count, following, within
from resa.kernels.compiling import inlined, kernel
from resa.kernels.journeys import (
    MICROS,
    WHOLE_TIME,
    Journeys,
    Period,
    moment,
    plain_customers,
    plain_journeys,
)
from resa.kernels.ranges import over_customers

__all__ = ["Retention", "retention"]

_ONE: Final = np.uint64(1)
_WORTH: Final = 10_000_000  # events that make a further thread worth its start, as not all of them are looked at


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


@inlined
def _bucket(second: int, edges: npt.NDArray[np.int64]) -> int:
    """The bucket of a moment inside: guessed as if all were of one length, as those of a calendar nearly are."""
    bucket = int((second - edges[0]) * ((len(edges) - 1) / (edges[-1] - edges[0])))
    while second < edges[bucket]:
        bucket -= 1
    while second >= edges[bucket + 1]:
        bucket += 1
    return bucket


@kernel
def _retention(
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    begins: npt.NDArray[np.uint64],
    returns: npt.NDArray[np.uint64],
    owning: tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32], npt.NDArray[np.int32]],
    edges: npt.NDArray[np.int64],
    period: tuple[int, int],
    mask: npt.NDArray[np.bool_],
    span: tuple[int, int],
    starts: npt.NDArray[np.int64],
    cohorts: npt.NDArray[np.int32],
    customers: npt.NDArray[np.int32],
    after: npt.NDArray[np.int32],
) -> int:
    """Fill in the customers whose events are those of `span`; gives how many returns were written.

    `begins` and `returns` are the bits of events that show a start and a return, `edges` are whole seconds. A return
    that follows a start in the same customer's journey is that of the start last met, so customers need no borders.
    """
    borders, owners, ranks = owning
    written = customer = cohort = bucket = 0
    limit = until = edges[0]  # of the bucket that was counted; of what counts at all
    sure = (period[0] + MICROS - 1) // MICROS, period[1] // MICROS  # seconds that are in the period as a whole
    carry = np.uint64(0)
    for word in range(span[0] >> 6, (span[1] + 63) >> 6):
        inside = within(word, span[0], span[1])
        begun = begins[word] & inside
        later, carry = following(begun, borders[word], carry)
        begun &= ~later
        rest = begun | (returns[word] & later & inside)
        while rest != 0:
            bit = rest & (~rest + _ONE)
            rest &= rest - _ONE
            position = 64 * word + np.int64(bit_count(bit - _ONE))
            second = np.int64(seconds[position])
            if begun & bit != 0:
                customer = owners[np.int64(ranks[word]) + np.int64(bit_count(borders[word] & (bit | (bit - _ONE)))) - 1]
                until = limit = edges[0]
                counts = edges[0] <= second < edges[-1] and (mask.size == 0 or mask[customer])
                if counts and not sure[0] <= second < sure[1]:
                    counts = period[0] <= moment(seconds, micros, position) < period[1]
                if counts:
                    cohort = bucket = _bucket(second, edges)
                    starts[customer], cohorts[customer], until = position, cohort, edges[-1]
            elif limit <= second < until:
                while second >= edges[bucket + 1]:
                    bucket += 1
                limit = edges[bucket + 1]
                customers[written], after[written] = customer, bucket - cohort
                written += 1
    return written


def retention(
    journeys: Journeys,
    begins: Sequence[int] | None,
    returns: Sequence[int] | None,
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
    bits = journeys.bits
    words = [bits.any_touchpoint if codes is None else bits.any_of(codes) for codes in (begins, returns)]
    starts = np.full(plain.customers, -1, np.int64)
    cohorts = np.full(plain.customers, -1, np.int32)

    def run(first: int, last: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        span = int(plain.offsets[first]), int(plain.offsets[last])
        # Memory that is not written to is not taken from the machine.
        who, after = np.empty(span[1] - span[0], np.int32), np.empty(span[1] - span[0], np.int32)
        written = _retention(
            *(plain.seconds, plain.micros, *words, bits.customers, limits, period or WHOLE_TIME, mask, span),
            *(starts, cohorts, who, after),
        )
        return who[:written], after[:written]

    parts = over_customers(plain, run, threads, worth=_WORTH) or [run(0, 0)]
    who, after = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Retention(starts, cohorts, who, after)
