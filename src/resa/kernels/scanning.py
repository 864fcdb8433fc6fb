"""Find the few events that a question is about, at the speed of memory."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.journeys import Journeys, plain_journeys
from resa.kernels.ranges import over_customers

__all__ = ["BLOCK", "Prepared", "few", "prepare", "select", "who_may"]

BLOCK: Final = 4_096
"""Events scanned at a time: their positions stay in the processor's first cache."""


@kernel
def select(
    touchpoints: npt.NDArray[np.uint16],
    table: npt.NDArray[np.uint8],
    start: int,
    stop: int,
    found: npt.NDArray[np.int64],
) -> int:
    """Write the positions in [start, stop) whose touchpoint's entry in `table` is not 0; returns how many.

    Every position is written, and the next overwrites it unless it counts: no branch, so none is foretold wrongly.
    """
    count = 0
    for position in range(start, stop):
        found[count] = position
        count += table[touchpoints[position]] != 0
    return count


class Prepared(NamedTuple):
    """What may be kept beside a map's column to answer rare questions without reading every event: 8 bytes a customer.

    It may be used with the touchpoints it was made from, and with the same touchpoints of which some are hidden.

    Attributes:
        seen: u64[C], bit `code % 64` is set if the customer has an event of that code.
    """

    seen: npt.NDArray[np.uint64]


@kernel
def _seen(
    offsets: npt.NDArray[np.int64],
    touchpoints: npt.NDArray[np.uint16],
    first: int,
    last: int,
    seen: npt.NDArray[np.uint64],
) -> None:
    for customer in range(first, last):
        bits = np.uint64(0)
        for position in range(offsets[customer], offsets[customer + 1]):
            bits |= np.uint64(1) << np.uint64(touchpoints[position] & 63)
        seen[customer] = bits


def prepare(journeys: Journeys, threads: int | None = None) -> Prepared:
    """Note which touchpoints each customer has."""
    plain = plain_journeys(journeys)
    seen = np.zeros(plain.customers, np.uint64)
    over_customers(
        plain, lambda first, last: _seen(plain.offsets, plain.touchpoints, first, last, seen), threads
    )
    return Prepared(seen)


def who_may(
    prepared: Prepared | None, codes: npt.NDArray[np.integer], mask: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """The customers of `mask` (empty: all) who may have an event of one of the codes; unchanged if nothing is prepared.

    Raises:
        ValueError: What was prepared is of other journeys.
    """
    if prepared is None:
        return mask
    if mask.size and len(mask) != len(prepared.seen):
        raise ValueError(f"{len(prepared.seen)} customers were prepared, {len(mask)} are asked about")
    bits = np.bitwise_or.reduce(np.uint64(1) << (codes.astype(np.uint64) % np.uint64(64)), initial=np.uint64(0))
    may: npt.NDArray[np.bool_] = (prepared.seen & bits) != 0
    if mask.size:
        may &= mask
    may.flags.writeable = False
    return may


def few(mask: npt.NDArray[np.bool_]) -> bool:
    """Whether so few customers take part that looking at each is cheaper than scanning everybody's events."""
    return mask.size > 0 and 6 * int(np.count_nonzero(mask)) < len(mask)
