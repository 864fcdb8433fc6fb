"""Find the few events that a question is about, at the speed of memory."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import inlined, kernel
from resa.kernels.journeys import Journeys, plain_journeys, read_only

__all__ = [
    "BLOCK",
    "FOUND",
    "Prepared",
    "are_rare",
    "plain_prepared",
    "prepare",
    "scan",
    "select",
    "wanted_bits",
]

BLOCK: Final = 2_048
"""Events scanned at a time, a multiple of 8: what is written about them stays in the processor's first cache."""

FOUND: Final = 3 * BLOCK
"""Positions found at a time: enough that the processor can wait for many events' times at once."""

_GROUP: Final = 32  # events that share a word of what is prepared
_SAMPLE: Final = 1_024  # events
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
    present: npt.NDArray[np.uint64],
    wanted: np.uint64,
    start: int,
    stop: int,
    marks: npt.NDArray[np.uint8],
    found: npt.NDArray[np.int64],
) -> tuple[int, int]:
    """The same for many customers at once: from `start` on until `found`, of `FOUND` places, may be full.

    Blocks are first marked with their roles: where `codes` (those with a role) are few, by comparing with each, which a
    processor does for 16 or more events at once. Then positions are picked; where few events count, eight are passed
    over at a time. `marks` has `BLOCK` places. With what was prepared (`present`, else empty) only those groups are read
    that have one of the `wanted` bits.

    Returns:
        How many were found, and where to go on.
    """
    count = 0
    words = marks.view(np.uint64)
    while start < stop and count <= FOUND - BLOCK - 8:
        events = min(BLOCK, stop - start)
        if present.size > 0:
            limit = start + events
            while start < limit:
                following = min((start // _GROUP + 1) * _GROUP, limit)
                if present[start // _GROUP] & wanted != 0:
                    count += select(touchpoints, roles, start, following, found[count:])
                start = following
            continue
        marked = _mark(touchpoints[start : start + events], roles, codes, marks)
        if 16 * marked > events:
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
    """What may be kept beside a map's column to answer rare questions without reading every event: a quarter byte an event.

    It may be used with the touchpoints it was made from, and with the same touchpoints of which some are hidden.

    Attributes:
        present: u64, one word for every 32 events: bit `code % 64` is set if one of them has that code.
    """

    present: npt.NDArray[np.uint64]


@kernel
def _present(touchpoints: npt.NDArray[np.uint16], present: npt.NDArray[np.uint64]) -> None:
    for position in range(len(touchpoints)):
        present[position // _GROUP] |= np.uint64(1) << np.uint64(touchpoints[position] & 63)


def prepare(journeys: Journeys) -> Prepared:
    """Note which touchpoints stand in each group of events."""
    plain = plain_journeys(journeys)
    present = np.zeros(-(-plain.events // _GROUP), np.uint64)
    _present(plain.touchpoints, present)
    return Prepared(present)


NOTHING: Final = Prepared(np.zeros(0, np.uint64))
"""What a scan gets that is to read everything."""


def wanted_bits(codes: npt.NDArray[np.uint16]) -> np.uint64:
    """The bits of these codes in `Prepared`."""
    return np.uint64(np.bitwise_or.reduce(np.uint64(1) << (codes.astype(np.uint64) % np.uint64(64)), initial=0))


def plain_prepared(prepared: Prepared | None, journeys: Journeys) -> Prepared:
    """What was prepared, as kernels want it.

    Raises:
        ValueError: It was prepared from other journeys.
    """
    if prepared is None:
        return Prepared(read_only(NOTHING.present, np.uint64))
    if len(prepared.present) != -(-journeys.events // _GROUP):
        raise ValueError(f"what was prepared is not of these {journeys.events} events")
    return Prepared(read_only(prepared.present, np.uint64))


def are_rare(journeys: Journeys, roles: npt.NDArray[np.uint8]) -> bool:
    """Whether few events have a role, by a sample: it decides how to look for them, never what is found."""
    starts = np.linspace(0, max(journeys.events - _SAMPLE, 0), 16).astype(np.int64).tolist()
    sample = np.concatenate([journeys.touchpoints[start : start + _SAMPLE] for start in starts])
    return 16 * int(np.count_nonzero(roles[sample])) < len(sample)
