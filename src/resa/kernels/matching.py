"""From the conditions that hold for each event to its touchpoint.

Which conditions hold is a *pattern*: a set of bits. A map has few patterns, so each row carries the number of its
pattern.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel

__all__ = ["MAX_PATTERNS", "delivering_sources", "number_patterns", "touchpoints_by_signal"]

Words = npt.NDArray[np.uint64]
Longs = npt.NDArray[np.int64]
Unsigned = npt.NDArray[np.unsignedinteger[Any]]

MAX_PATTERNS: Final = 1 << 19
_SLOTS: Final = MAX_PATTERNS * 2
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


@kernel
def number_patterns(words: Words, patterns: Words, known: int, slots: npt.NDArray[np.int32]) -> tuple[Longs, int]:
    """The number of each row's pattern; new patterns are added to the table.

    Args:
        words: uint64[n, W], the bits of each row.
        patterns: uint64[MAX_PATTERNS, W], the patterns so far; written.
        known: How many there are.
        slots: int32[2 * MAX_PATTERNS], -1 where free: a hash table into `patterns`; written.

    Returns:
        The numbers, and how many patterns there are now; -1 when there would be more than the table holds.
    """
    rows, width = words.shape
    out = np.empty(rows, np.int64)
    for row in range(rows):
        mixed = np.uint64(0)
        for k in range(width):
            mixed = (mixed ^ words[row, k]) * _MIX
            mixed ^= mixed >> np.uint64(29)
        slot = np.int64(mixed % np.uint64(_SLOTS))
        while True:
            number = slots[slot]
            if number < 0:
                if known == len(patterns):
                    return out, -1
                patterns[known] = words[row]
                slots[slot] = known
                number = np.int32(known)
                known += 1
                break
            same = True
            for k in range(width):
                same = same and patterns[number, k] == words[row, k]
            if same:
                break
            slot = (slot + 1) % _SLOTS
        out[row] = number
    return out, known


@kernel
def touchpoints_by_signal(
    offsets: Longs,
    rows: npt.NDArray[np.uint32],
    patterns: Unsigned,
    signal_starts: Longs,
    signals: Longs,
    codes: npt.NDArray[np.uint16],
    first_occurrence: Longs,
    last_occurrence: Longs,
) -> npt.NDArray[np.uint16]:
    """The touchpoint of each event: that of the first signal that holds, counting each customer's occurrences in order.

    Args:
        offsets: Where each customer's events begin.
        rows: Row of each event.
        patterns: Pattern of each row.
        signal_starts: Signals of pattern p are `signals[signal_starts[p]:signal_starts[p + 1]]`, in the order of the
            map.
        signals: Numbers of signals.
        codes: Touchpoint code of each signal.
        first_occurrence: The first of a customer's events with the signal's condition that counts; 0: all count.
        last_occurrence: The last that counts.
    """
    out = np.zeros(len(rows), np.uint16)
    seen = np.zeros(len(codes), np.int64)
    counted = first_occurrence.max() > 0 if len(codes) > 0 else False
    for customer in range(len(offsets) - 1):
        if counted:
            seen[:] = 0
        for position in range(offsets[customer], offsets[customer + 1]):
            pattern = patterns[rows[position]]
            code = np.uint16(0)
            for place in range(signal_starts[pattern], signal_starts[pattern + 1]):
                signal = signals[place]
                holds = True
                if first_occurrence[signal] > 0:
                    seen[signal] += 1
                    holds = first_occurrence[signal] <= seen[signal] <= last_occurrence[signal]
                if holds and code == 0:
                    code = codes[signal]
                    if not counted:
                        break
            out[position] = code
    return out


@kernel
def delivering_sources(
    touchpoints: npt.NDArray[np.uint16],
    rows: npt.NDArray[np.uint32],
    file_starts: Longs,
    file_sources: Longs,
    found: npt.NDArray[np.bool_],
) -> None:
    """Mark in `found[code, source]` who delivered what; file f begins at row `file_starts[f]`."""
    for position in range(len(rows)):
        row = rows[position]
        low, high = 0, len(file_starts)
        while high - low > 1:
            at = (low + high) >> 1
            if file_starts[at] <= row:
                low = at
            else:
                high = at
        found[touchpoints[position], file_sources[low]] = True
