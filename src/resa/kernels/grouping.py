"""Equal rows of words, counted: exact, and quick for millions of different rows.

A hash of a row only says where to look; rows are equal when all of their words are. Rows are first dealt out by the
hash's first bits into parts small enough for the processor's cache, which is what makes many different rows cheap; the
parts share nothing, so threads take them in turn and nothing has to be merged.
"""

from __future__ import annotations

import os
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.ranges import in_threads

__all__ = ["Groups", "group_rows", "largest", "mix"]

_ROWS_A_PART: Final = 4_096
_WORTH_A_THREAD: Final = 200_000  # rows
_FEW: Final = 64  # so many largest counts are kept in order more cheaply than all are sorted

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
    words: npt.NDArray[np.uint64],
    customer: npt.NDArray[np.int32],
    bits: int,
    bounds: npt.NDArray[np.int64],
    dealt: npt.NDArray[np.uint64],
    dealt_customer: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int32],
) -> None:
    """Deal the rows out by the first bits of their hash, else in their order.

    Part p is `dealt[bounds[p]:bounds[p + 1]]`; `rows` says where each stood.
    """
    shift = np.uint64(64 - bits)
    several = len(dealt_customer) > 0
    parts = np.zeros(len(words), np.uint16)
    for row in range(len(words)):
        if bits > 0:
            parts[row] = np.uint16(_hash_row(words, row) >> shift)
        bounds[np.int64(parts[row]) + 1] += 1
    for part in range(len(bounds) - 1):
        bounds[part + 1] += bounds[part]
    free = bounds.copy()
    for row in range(len(words)):
        place = free[parts[row]]
        free[parts[row]] += 1
        rows[place] = row
        if several:
            dealt_customer[place] = customer[row]
        for column in range(words.shape[1]):
            dealt[place, column] = words[row, column]


@kernel
def _group_parts(
    dealt: npt.NDArray[np.uint64],
    rows: npt.NDArray[np.int32],
    customer: npt.NDArray[np.int32],
    bounds: npt.NDArray[np.int64],
    start: int,
    stop: int,
    first: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int32],
    customers: npt.NDArray[np.int32],
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
    models = np.empty(longest, np.int64)  # each group's first row, as dealt
    last = np.empty(longest, np.int32)
    several = len(customer) > 0
    for part in range(start, stop):
        base = bounds[part]
        used = 8
        while used < 2 * (bounds[part + 1] - base):
            used *= 2
        table[:used] = -1
        known = 0
        for place in range(base, bounds[part + 1]):
            slot = np.int64(_hash_row(dealt, place) & np.uint64(used - 1))
            entry = np.int64(table[slot])
            while entry >= 0 and not _equal(dealt, models[entry], place):
                slot = (slot + 1) & (used - 1)
                entry = np.int64(table[slot])
            if entry < 0:
                entry = np.int64(known)
                known += 1
                table[slot] = entry
                models[entry] = place
                first[base + entry] = rows[place]
                counts[base + entry] = 0
                if several:
                    last[entry] = -1
                    customers[base + entry] = 0
            counts[base + entry] += 1
            if several:
                customers[base + entry] += last[entry] != customer[place]
                last[entry] = customer[place]
            group[place] = base + entry
        found[part] = known


@kernel
def _equal(words: npt.NDArray[np.uint64], one: int, other: int) -> bool:
    same = True
    for column in range(words.shape[1]):
        same = same and words[one, column] == words[other, column]
    return same


def group_rows(words: npt.NDArray[np.uint64], customer: npt.NDArray[np.int32], threads: int | None = None) -> Groups:
    """Count equal rows.

    Args:
        words: u64[P, W], the rows; fewer than 2^31.
        customer: i32[P], whose row it is, ascending.
        threads: How many; `None`: as many as there are processors, fewer when there are few rows.
    """
    total = len(words)
    bits = min((total // _ROWS_A_PART).bit_length(), 16)
    bounds = np.zeros((1 << bits) + 1, np.int64)
    several = total if _repeats(customer) else 0  # else a group's rows are its customers
    dealt, rows, dealt_customer = np.empty_like(words), np.empty(total, np.int32), np.empty(several, np.int32)
    _deal(words, customer, bits, bounds, dealt, dealt_customer, rows)
    first, counts, customers = np.empty(total, np.int32), np.empty(total, np.int32), np.empty(several, np.int32)
    group = np.empty(total, np.int32)
    found = np.zeros(1 << bits, np.int64)
    if threads is None:
        threads = max(1, min(os.cpu_count() or 1, total // _WORTH_A_THREAD))
    cuts = np.linspace(0, 1 << bits, min(threads, 1 << bits) + 1).astype(np.int64).tolist()

    def run(start: int, stop: int) -> None:
        _group_parts(dealt, rows, dealt_customer, bounds, start, stop, first, counts, customers, group, found)

    in_threads(run, list(pairwise(cuts)))
    return Groups(*_close_holes(bounds, found, first, counts, customers if several else counts, rows, group))


@kernel
def _repeats(customer: npt.NDArray[np.int32]) -> bool:
    """Whether a customer has several rows."""
    row = 1
    while row < len(customer) and customer[row] != customer[row - 1]:
        row += 1
    return row < len(customer)


@kernel
def _close_holes(
    bounds: npt.NDArray[np.int64],
    found: npt.NDArray[np.int64],
    first: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int32],
    customers: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int32],
    dealt_group: npt.NDArray[np.int32],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Bring the parts' groups together, number them so, and tell each row its group: the columns of `Groups`."""
    kinds = found.sum()
    all_first = np.empty(kinds, np.int64)
    all_counts = np.empty(kinds, np.int64)
    all_customers = np.empty(kinds, np.int64)
    group = np.empty(len(rows), np.int32)
    free = 0
    for part in range(len(found)):
        base = bounds[part]
        for place in range(base, base + found[part]):
            all_first[free + place - base] = first[place]
            all_counts[free + place - base] = counts[place]
            all_customers[free + place - base] = customers[place]
        for place in range(base, bounds[part + 1]):
            group[rows[place]] = dealt_group[place] - base + free
        free += found[part]
    return all_first, all_counts, all_customers, group


@kernel
def _kth_largest(counts: npt.NDArray[np.int64], k: int) -> int:
    """The k-th largest count; keeps the k largest so far in order."""
    best = np.zeros(k, np.int64)
    for count in counts:
        if count > best[k - 1]:
            place = k - 1
            while place > 0 and best[place - 1] < count:
                best[place] = best[place - 1]
                place -= 1
            best[place] = count
    return int(best[k - 1])


def largest(
    counts: npt.NDArray[np.int64], k: int, keys: npt.NDArray[np.uint64], first: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The `k` groups with the highest counts, highest first; of equal ones that whose first row has the least key.

    Args:
        counts: i64[U], at least 1 each.
        k: How many.
        keys: u64[P, W], a key for every row.
        first: i64[U], each group's first row.
    """
    chosen = np.arange(len(counts))
    if 0 < k < len(counts):
        # np.partition takes quadratic time when most counts are equal, as they are here.
        least = _kth_largest(counts, k) if k <= _FEW else np.sort(counts)[-k]
        chosen = np.flatnonzero(counts >= least)
    order = np.lexsort((*keys[first[chosen]].T[::-1], -counts[chosen]))
    return chosen[order][:k]
