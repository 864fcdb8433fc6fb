"""Equal rows of words, counted: exact, and quick for millions of different rows.

A hash of a row only says where to look; rows are equal when all of their words are. Rows are first dealt out by the hash's first
bits into parts small enough for the processor's cache, which is what makes many different rows cheap; the parts share nothing,
so threads take them in turn and nothing has to be merged.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel

__all__ = ["Groups", "group_rows", "largest", "mix"]

_ROWS_A_PART: Final = 4_096
_WORTH_A_THREAD: Final = 200_000  # rows

_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_B27: Final = np.uint64(27)
_B30: Final = np.uint64(30)
_B31: Final = np.uint64(31)


class Groups(NamedTuple):
    """The different rows, in no order that means anything.

    Attributes:
        first: i64[U], the first row of each.
        counts: i64[U], how many rows are equal to it.
        customers: i64[U], how many customers have such a row.
        group: i32[P], each row's group.
    """

    first: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    customers: npt.NDArray[np.int64]
    group: npt.NDArray[np.int32]


@kernel
def mix(word: np.uint64) -> np.uint64:
    """Spread a word's bits over the whole word (the last step of SplitMix64); one to one."""
    word = (word ^ (word >> _B30)) * _FIRST
    word = (word ^ (word >> _B27)) * _SECOND
    return word ^ (word >> _B31)


@kernel
def _hash_row(words: npt.NDArray[np.uint64], row: int) -> np.uint64:
    hashed = np.uint64(0)
    for column in range(words.shape[1]):
        hashed = mix(hashed ^ words[row, column])
    return hashed


@kernel
def _deal(
    words: npt.NDArray[np.uint64], bits: int, bounds: npt.NDArray[np.int64], order: npt.NDArray[np.int32]
) -> None:
    """Order the rows by the first bits of their hash, else as they were; part p is `order[bounds[p]:bounds[p + 1]]`."""
    shift = np.uint64(64 - bits)
    rows = len(words)
    parts = np.empty(rows, np.uint16)
    for row in range(rows):
        part = np.int64(_hash_row(words, row) >> shift) if bits > 0 else 0
        parts[row] = part
        bounds[part + 1] += 1
    for part in range(len(bounds) - 1):
        bounds[part + 1] += bounds[part]
    free = bounds.copy()
    for row in range(rows):
        order[free[parts[row]]] = row
        free[parts[row]] += 1


@kernel
def _group_parts(
    words: npt.NDArray[np.uint64],
    customer: npt.NDArray[np.int32],
    bounds: npt.NDArray[np.int64],
    order: npt.NDArray[np.int32],
    start: int,
    stop: int,
    first: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    customers: npt.NDArray[np.int64],
    group: npt.NDArray[np.int32],
    found: npt.NDArray[np.int64],
) -> None:
    """Group the parts [start, stop). A part's groups stand from the part's own bound on; `found` says how many."""
    longest = 1
    for part in range(start, stop):
        longest = max(longest, bounds[part + 1] - bounds[part])
    slots = 8
    while slots < 2 * longest:
        slots *= 2
    table = np.empty(slots, np.int32)
    last = np.empty(longest, np.int32)
    for part in range(start, stop):
        base = bounds[part]
        used = 8
        while used < 2 * (bounds[part + 1] - base):
            used *= 2
        table[:used] = -1
        wrap = np.uint64(used - 1)
        known = 0
        for place in range(base, bounds[part + 1]):
            row = order[place]
            slot = np.int64(_hash_row(words, row) & wrap)
            while True:
                entry = table[slot]
                if entry < 0:
                    entry = known
                    known += 1
                    table[slot] = entry
                    first[base + entry] = row
                    counts[base + entry] = 0
                    customers[base + entry] = 0
                    last[entry] = -1
                    break
                same = True
                for column in range(words.shape[1]):
                    same = same and words[first[base + entry], column] == words[row, column]
                if same:
                    break
                slot = (slot + 1) & np.int64(wrap)
            counts[base + entry] += 1
            customers[base + entry] += last[entry] != customer[row]
            last[entry] = customer[row]
            group[row] = base + entry
        found[part] = known


def group_rows(
    words: npt.NDArray[np.uint64], customer: npt.NDArray[np.int32], threads: int | None = None
) -> Groups:
    """Count equal rows.

    Args:
        words: u64[P, W], the rows; fewer than 2^31.
        customer: i32[P], whose row it is, ascending.
        threads: How many; `None`: as many as there are processors, fewer when there are few rows.
    """
    rows = len(words)
    bits = min(max((rows // _ROWS_A_PART).bit_length(), 0), 16)
    parts = 1 << bits
    bounds = np.zeros(parts + 1, np.int64)
    order = np.empty(rows, np.int32)
    _deal(words, bits, bounds, order)
    first, counts, customers = (np.empty(rows, np.int64) for _ in range(3))
    group = np.empty(rows, np.int32)
    found = np.zeros(parts, np.int64)
    if threads is None:
        threads = max(1, min(os.cpu_count() or 1, rows // _WORTH_A_THREAD))
    cuts = np.linspace(0, parts, min(threads, parts) + 1).astype(np.int64).tolist()

    def run(start: int, stop: int) -> None:
        _group_parts(words, customer, bounds, order, start, stop, first, counts, customers, group, found)

    if len(cuts) == 2:
        run(*cuts)
    else:
        with ThreadPoolExecutor(len(cuts) - 1) as pool:
            list(pool.map(run, cuts, cuts[1:]))
    # Close the holes between the parts.
    kept = np.repeat(bounds[:-1] - (np.cumsum(found) - found), found) + np.arange(found.sum())
    number = np.empty(rows, np.int32)
    number[kept] = np.arange(len(kept), dtype=np.int32)
    return Groups(first[kept], counts[kept], customers[kept], number[group])


def largest(counts: npt.NDArray[np.int64], k: int, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """The `k` groups with the highest counts, highest first; of equal counts the one with the least key row (u64[U, W])."""
    chosen = np.arange(len(counts))
    if 0 < k < len(counts):
        least = np.partition(counts, len(counts) - k)[len(counts) - k]
        chosen = np.flatnonzero(counts >= least)
    order = np.lexsort((*keys[chosen].T[::-1], -counts[chosen]))
    return chosen[order][:k]
