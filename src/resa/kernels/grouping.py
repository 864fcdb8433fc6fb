"""Equal rows of words, counted: exact, and quick for millions of different rows.

Rows are sorted by their words; equal ones then stand together. Digits that all rows share are passed over, so a row
costs as much as its words differ, whether the rows are many different ones or few.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.memory import columns

__all__ = ["Groups", "group_rows", "largest", "mix"]

_DIGIT_BITS: Final = 8  # rows are dealt to so many places at once that the processor's first cache holds them
_DIGITS: Final = 1 << _DIGIT_BITS
_DIGIT: Final = np.uint64(_DIGITS - 1)
_FEW: Final = 64  # so many largest counts are kept in order more cheaply than all are sorted

_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_B27: Final = np.uint64(27)
_B30: Final = np.uint64(30)
_B31: Final = np.uint64(31)


class Groups(NamedTuple):
    """The different rows, in the order of their words.

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
def _ordered(
    words: npt.NDArray[np.uint64],
    keys: npt.NDArray[np.uint64],
    moved_keys: npt.NDArray[np.uint64],
    rows: npt.NDArray[np.int32],
    moved_rows: npt.NDArray[np.int32],
) -> bool:
    """Sort rows by their words, equal ones as they stand, into `rows`, their first words into `keys`.

    A radix sort, the last digits first. Returns whether the answer is in the other two columns instead.
    """
    moved = False
    total = len(words)
    for row in range(total):
        rows[row] = row
    free = np.empty(_DIGITS + 1, np.int64)
    for column in range(words.shape[1] - 1, -1, -1):
        somewhere, everywhere = np.uint64(0), ~np.uint64(0)
        for place in range(total):
            key = words[rows[place], column]
            keys[place] = key
            somewhere |= key
            everywhere &= key
        for shift in range(0, 64, _DIGIT_BITS):
            if ((somewhere ^ everywhere) >> np.uint64(shift)) & _DIGIT == 0:
                continue  # all rows have these bits
            free[:] = 0
            for place in range(total):
                free[np.int64((keys[place] >> np.uint64(shift)) & _DIGIT) + 1] += 1
            for digit in range(_DIGITS):
                free[digit + 1] += free[digit]
            for place in range(total):
                own = np.int64((keys[place] >> np.uint64(shift)) & _DIGIT)
                moved_keys[free[own]] = keys[place]
                moved_rows[free[own]] = rows[place]
                free[own] += 1
            keys, moved_keys = moved_keys, keys
            rows, moved_rows = moved_rows, rows
            moved = not moved
    return moved


@kernel
def _count_groups(
    words: npt.NDArray[np.uint64],
    rows: npt.NDArray[np.int32],
    keys: npt.NDArray[np.uint64],
    customer: npt.NDArray[np.int32],
    first: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    customers: npt.NDArray[np.int64],
    group: npt.NDArray[np.int32],
) -> int:
    """Number the groups of rows in order, and fill in what is known of them; returns how many there are.

    A group's rows stand in the order of customers. Without places in `customers` nobody has several rows. `first` may
    be the memory of `keys`: no key is read once it may have been overwritten.
    """
    here = -1
    before = row = np.int64(-1)
    key = np.uint64(0)
    for place in range(len(rows)):
        before, row = row, np.int64(rows[place])
        same = place > 0 and keys[place] == key
        key = keys[place]
        for column in range(1, words.shape[1]):
            same = same and words[row, column] == words[before, column]
        if not same:
            here += 1
            first[here] = row
            counts[here] = 0
        counts[here] += 1
        group[row] = here
        if len(customers) > 0:
            customers[here] = customers[here] + (customer[row] != customer[before]) if same else 1
    return here + 1


@kernel
def _repeats(customer: npt.NDArray[np.int32]) -> bool:
    """Whether a customer has several rows."""
    row = 1
    while row < len(customer) and customer[row] != customer[row - 1]:
        row += 1
    return row < len(customer)


def group_rows(words: npt.NDArray[np.uint64], customer: npt.NDArray[np.int32]) -> Groups:
    """Count equal rows.

    Args:
        words: u64[P, W], the rows; fewer than 2^31.
        customer: i32[P], whose row it is, ascending.
    """
    total = len(words)
    customers = np.empty(total if _repeats(customer) else 0, np.int64)
    keys, spare_keys, rows, group = columns(total, np.uint64, np.uint64, np.int32, np.int32)
    if _ordered(words, keys, spare_keys, rows, group):
        keys, spare_keys, rows, group = spare_keys, keys, group, rows
    first, counts = keys.view(np.int64), spare_keys.view(np.int64)  # fresh memory would cost more than the counting
    kinds = _count_groups(words, rows, keys, customer, first, counts, customers, group)
    return Groups(first[:kinds], counts[:kinds], (customers if len(customers) else counts)[:kinds], group)


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
