"""Find the few events that a question is about, at the speed of memory."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import inlined, kernel
from resa.kernels.journeys import Journeys, plain_journeys
from resa.kernels.ranges import over_customers

__all__ = ["BLOCK", "FOUND", "Prepared", "few", "prepare", "scan", "select", "who_may"]

BLOCK: Final = 2_048
"""Events scanned at a time, a multiple of 8: what is written about them stays in the processor's first cache."""

FOUND: Final = 3 * BLOCK
"""Positions found at a time: enough that the processor can wait for many events' times at once."""

_COMPARED: Final = 8  # codes; from there on a table is as quick


@kernel
def select(
    touchpoints: npt.NDArray[np.uint16],
    roles: npt.NDArray[np.uint8],
    start: int,
    stop: int,
    found: npt.NDArray[np.int64],
) -> int:
    """Write the positions in [start, stop) whose touchpoint has a role; returns how many. For a customer's events.

    Every position is written, and the next overwrites it unless it counts: no branch, so none is foretold wrongly.
    """
    count = 0
    for position in range(start, stop):
        found[count] = position
        count += roles[touchpoints[position]] != 0
    return count


@inlined
def _mark(
    block: npt.NDArray[np.uint16],
    roles: npt.NDArray[np.uint8],
    codes: npt.NDArray[np.uint16],
    marks: npt.NDArray[np.uint8],
) -> int:
    """Write each event's role to `marks`; returns how many have one."""
    if len(codes) <= _COMPARED:
        marks[: len(block)] = 0
        for code in codes:
            role = roles[code]
            for event in range(len(block)):
                marks[event] |= role if block[event] == code else np.uint8(0)
    else:
        for event in range(len(block)):
            marks[event] = roles[block[event]]
    present = 0
    for event in range(len(block)):
        present += marks[event] != 0
    return present


@kernel
def scan(
    touchpoints: npt.NDArray[np.uint16],
    roles: npt.NDArray[np.uint8],
    codes: npt.NDArray[np.uint16],
    start: int,
    stop: int,
    marks: npt.NDArray[np.uint8],
    found: npt.NDArray[np.int64],
) -> tuple[int, int]:
    """The same for many customers at once: from `start` on until `found`, of `FOUND` places, may be full.

    Blocks are first marked with their roles: where `codes` (those with a role) are few, by comparing with each, which a
    processor does for 16 or more events at once. Then positions are picked; where few events count, eight are passed
    over at a time. `marks` has `BLOCK` places.

    Returns:
        How many were found, and where to go on.
    """
    count = 0
    words = marks.view(np.uint64)
    while start < stop and count <= FOUND - BLOCK - 8:
        events = min(BLOCK, stop - start)
        present = _mark(touchpoints[start : start + events], roles, codes, marks)
        if 16 * present > events:
            for event in range(events):
                found[count] = start + event
                count += marks[event] != 0
        else:
            eights = (events + 7) // 8
            marks[events : 8 * eights] = 0
            for eight in range(eights):
                if words[eight] != 0:
                    for event in range(8 * eight, 8 * eight + 8):
                        found[count] = start + event
                        count += marks[event] != 0
        start += events
    return count, start


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
    over_customers(plain, lambda first, last: _seen(plain.offsets, plain.touchpoints, first, last, seen), threads)
    return Prepared(seen)


def who_may(
    prepared: Prepared | None, codes: npt.NDArray[np.integer], mask: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """The customers of `mask` (empty: all) who may have an event of one of the codes; `mask` if nothing is prepared."""
    if prepared is None:
        return mask
    bits = np.bitwise_or.reduce(np.uint64(1) << (codes.astype(np.uint64) % np.uint64(64)), initial=np.uint64(0))
    may = np.empty(len(prepared.seen), np.bool_)
    _may(prepared.seen, bits, mask, may)
    may.flags.writeable = False
    return may


@kernel
def _may(
    seen: npt.NDArray[np.uint64], bits: np.uint64, mask: npt.NDArray[np.bool_], may: npt.NDArray[np.bool_]
) -> None:
    for customer in range(len(seen)):
        may[customer] = (seen[customer] & bits) != 0
    if mask.size > 0:
        for customer in range(len(seen)):
            may[customer] &= mask[customer]


def few(mask: npt.NDArray[np.bool_]) -> bool:
    """Whether so few customers take part that looking at each is cheaper than scanning everybody's events."""
    return mask.size > 0 and 6 * int(np.count_nonzero(mask)) < len(mask)
