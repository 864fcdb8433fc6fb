"""Find the few events that a question is about, at the speed of memory."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import inlined, kernel

__all__ = ["BLOCK", "FOUND", "scan"]

BLOCK: Final = 2_048
"""Events scanned at a time, a multiple of 32: what is written about them stays in the processor's first cache."""

FOUND: Final = 3 * BLOCK
"""Positions found at a time: enough that the processor can wait for many events' times at once."""

_COMPARED: Final = 8  # codes; from there on a table is as quick


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
    """Find the positions whose touchpoint has a role, from `start` on until `found`, of `FOUND` places, may be full.

    Blocks are first marked with their roles: where `codes` (those with a role) are few, by comparing with each, which a
    processor does for 16 or more events at once. Then positions are picked; where few events count, 32 are passed over
    at a time. `marks` has `BLOCK` places.

    Returns:
        How many were found, and where to go on.
    """
    count = 0
    words = marks.view(np.uint64)
    while start < stop and count < FOUND - BLOCK:
        events = min(BLOCK, stop - start)
        marked = _mark(touchpoints[start : start + events], roles, codes, marks)
        if 16 * marked > events:
            for event in range(events):
                found[count] = start + event
                count += marks[event] != 0
        else:
            marks[events:] = 0
            for word in range(0, (events + 7) // 8, 4):
                if words[word] | words[word + 1] | words[word + 2] | words[word + 3] != 0:
                    for event in range(8 * word, 8 * word + 32):
                        found[count] = start + event
                        count += marks[event] != 0
        start += events
    return count, start
