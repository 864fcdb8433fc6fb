"""Sorting, searching and merging by 128-bit hashes, and the order of events within customers.

A hash is a row of uint64[n, 2], ordered by its first word, then its second. All sorts are stable, and none depends on
how the hashes are spread: many equal ones, or ones chosen by a hostile sender, cost no more than n log n.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel

__all__ = [
    "MergedCustomers",
    "count_repeats",
    "expand_groups",
    "find_hashes",
    "find_ties",
    "first_byte_edges",
    "group_starts",
    "keep_absent",
    "lower_bound",
    "merge_customers",
    "merge_hashes",
    "order_by_hash",
    "order_within_groups",
    "take_rows",
]

Words = npt.NDArray[np.uint64]
Longs = npt.NDArray[np.int64]
Numbers = npt.NDArray[Any]

_SMALL: Final = 24  # up to here insertion beats merging


@kernel
def _comes_first(a: int, b: int, major: Numbers, middle: Numbers, minor: Numbers) -> bool:
    """Whether row a is strictly before row b."""
    if major[a] != major[b]:
        return bool(major[a] < major[b])
    if middle[a] != middle[b]:
        return bool(middle[a] < middle[b])
    return bool(minor[a] < minor[b])


@kernel
def _sort_stretch(
    order: Longs, begin: int, end: int, major: Numbers, middle: Numbers, minor: Numbers, spare: Longs
) -> None:
    """Sort `order[begin:end]` in place, stable: natural runs by insertion, then merges from below."""
    for low in range(begin, end, _SMALL):
        high = min(low + _SMALL, end)
        for k in range(low + 1, high):
            row = order[k]
            j = k - 1
            while j >= low and _comes_first(row, order[j], major, middle, minor):
                order[j + 1] = order[j]
                j -= 1
            order[j + 1] = row
    width = _SMALL
    while width < end - begin:
        for low in range(begin, end - width, 2 * width):
            middle_at = low + width
            high = min(low + 2 * width, end)
            if not _comes_first(order[middle_at], order[middle_at - 1], major, middle, minor):
                continue
            spare[low:middle_at] = order[low:middle_at]
            left, right, out = low, middle_at, low
            while left < middle_at:
                if right < high and _comes_first(order[right], spare[left], major, middle, minor):
                    order[out] = order[right]
                    right += 1
                else:
                    order[out] = spare[left]
                    left += 1
                out += 1
        width *= 2


@kernel
def order_by_hash(hashes: Words) -> Longs:
    """The rows in the order of their hashes, equal ones as they stand.

    One scatter by leading bits, then small sorts.
    """
    rows = len(hashes)
    order = np.empty(rows, np.int64)
    if rows == 0:
        return order
    bits = 1
    while (1 << bits) < rows and bits < 22:
        bits += 1
    shift = np.uint64(64 - bits)
    starts = np.zeros((1 << bits) + 1, np.int64)
    for row in range(rows):
        starts[np.int64(hashes[row, 0] >> shift) + 1] += 1
    for bucket in range(1 << bits):
        starts[bucket + 1] += starts[bucket]
    ends = starts[:-1].copy()
    for row in range(rows):
        place = np.int64(hashes[row, 0] >> shift)
        order[ends[place]] = row
        ends[place] += 1
    first, second = hashes[:, 0], hashes[:, 1]
    spare = np.empty(rows, np.int64)
    for bucket in range(1 << bits):
        if starts[bucket + 1] - starts[bucket] > 1:
            _sort_stretch(order, starts[bucket], starts[bucket + 1], first, second, second, spare)
    return order


@kernel
def take_rows(hashes: Words, order: Longs) -> Words:
    """The hashes in another order."""
    out = np.empty((len(order), 2), np.uint64)
    for k in range(len(order)):
        out[k, 0] = hashes[order[k], 0]
        out[k, 1] = hashes[order[k], 1]
    return out


@kernel
def lower_bound(run: Words, low: int, high: int, first: np.uint64, second: np.uint64) -> int:
    """The first place in `run[low:high]` whose hash is not before the given one."""
    while low < high:
        at = (low + high) >> 1
        if run[at, 0] < first or (run[at, 0] == first and run[at, 1] < second):
            low = at + 1
        else:
            high = at
    return low


@kernel
def first_byte_edges(run: Words) -> Longs:
    """Where the hashes of each first byte begin in a sorted list; int64[257]."""
    out = np.empty(257, np.int64)
    for byte in range(256):
        out[byte] = lower_bound(run, 0, len(run), np.uint64(byte) << np.uint64(56), np.uint64(0))
    out[256] = len(run)
    return out


@kernel
def group_starts(ordered: Words) -> Longs:
    """Where each distinct hash begins in a sorted list, and its length at the end; int64[groups + 1]."""
    out = np.empty(len(ordered) + 1, np.int64)
    groups = 0
    for k in range(len(ordered)):
        if k == 0 or ordered[k, 0] != ordered[k - 1, 0] or ordered[k, 1] != ordered[k - 1, 1]:
            out[groups] = k
            groups += 1
    out[groups] = len(ordered)
    return out[: groups + 1].copy()


@kernel
def count_repeats(ordered: Words) -> Longs:
    """How many equal hashes stand directly before each one, in a sorted list."""
    out = np.zeros(len(ordered), np.int64)
    for k in range(1, len(ordered)):
        if ordered[k, 0] == ordered[k - 1, 0] and ordered[k, 1] == ordered[k - 1, 1]:
            out[k] = out[k - 1] + 1
    return out


@kernel
def find_hashes(wanted: Words, run: Words) -> npt.NDArray[np.int32]:
    """How often each hash of `wanted` (sorted) stands in `run` (sorted).

    Steps double until they pass the wanted hash, so that a short list in a long run costs logarithms and two lists of
    one length cost a merge.
    """
    counts = np.zeros(len(wanted), np.int32)
    at = 0
    size = len(run)
    for k in range(len(wanted)):
        first, second = wanted[k, 0], wanted[k, 1]
        step = 1
        low = at
        while low + step <= size and (
            run[low + step - 1, 0] < first or (run[low + step - 1, 0] == first and run[low + step - 1, 1] < second)
        ):
            low += step
            step *= 2
        at = lower_bound(run, low, min(low + step, size), first, second)
        here = at
        while here < size and run[here, 0] == first and run[here, 1] == second:
            here += 1
        counts[k] = here - at
    return counts


@kernel
def merge_hashes(left: Words, right: Words) -> Words:
    """Two sorted lists as one; equal hashes are all kept."""
    out = np.empty((len(left) + len(right), 2), np.uint64)
    i, j = 0, 0
    for k in range(len(out)):
        if j == len(right) or (
            i < len(left) and (left[i, 0] < right[j, 0] or (left[i, 0] == right[j, 0] and left[i, 1] <= right[j, 1]))
        ):
            out[k, 0], out[k, 1] = left[i, 0], left[i, 1]
            i += 1
        else:
            out[k, 0], out[k, 1] = right[j, 0], right[j, 1]
            j += 1
    return out


@kernel
def keep_absent(run: Words, removed: Words) -> Words:
    """The hashes of a sorted list that do not stand in another sorted list."""
    out = np.empty((len(run), 2), np.uint64)
    kept, j = 0, 0
    for i in range(len(run)):
        while j < len(removed) and (
            removed[j, 0] < run[i, 0] or (removed[j, 0] == run[i, 0] and removed[j, 1] < run[i, 1])
        ):
            j += 1
        if j == len(removed) or removed[j, 0] != run[i, 0] or removed[j, 1] != run[i, 1]:
            out[kept, 0], out[kept, 1] = run[i, 0], run[i, 1]
            kept += 1
    return out[:kept].copy()


@kernel
def order_within_groups(offsets: Longs, order: Longs, times: Longs, sequences: Longs, ids: Words) -> None:
    """Sort each group by (time, sequence, id) in place; group g is `order[offsets[g]:offsets[g + 1]]`."""
    spare = np.empty(len(order), np.int64)
    for group in range(len(offsets) - 1):
        begin, end = offsets[group], offsets[group + 1]
        for k in range(begin + 1, end):
            if _comes_first(order[k], order[k - 1], times, sequences, ids):
                _sort_stretch(order, begin, end, times, sequences, ids, spare)
                break


@kernel
def expand_groups(order: Longs, starts: Longs) -> Longs:
    """The places of the members of some groups, in the order given; group g is `starts[g]` to `starts[g + 1]`."""
    members = 0
    for group in order:
        members += starts[group + 1] - starts[group]
    out = np.empty(members, np.int64)
    at = 0
    for group in order:
        for place in range(starts[group], starts[group + 1]):
            out[at] = place
            at += 1
    return out


@kernel
def _compare(first: Words, a: int, second: Words, b: int) -> int:
    """-1, 0 or 1 as `first[a]` is before, equal to or after `second[b]`."""
    if first[a, 0] != second[b, 0]:
        return -1 if first[a, 0] < second[b, 0] else 1
    if first[a, 1] != second[b, 1]:
        return -1 if first[a, 1] < second[b, 1] else 1
    return 0


@kernel
def find_ties(
    base_who: Words, base_offsets: Longs, base_times: Longs, who: Words, offsets: Longs, times: Longs
) -> Longs:
    """Places of base events with the customer and the very time of a new event: the time does not order these.

    Args:
        base_who: Customers of the base, sorted.
        base_offsets: Where their events begin in `base_times`.
        base_times: Microseconds, ascending within a customer.
        who: Customers with new events, sorted.
        offsets: Where their events begin in `times`.
        times: Microseconds, ascending within a customer.
    """
    out = np.empty(len(base_times), np.int64)
    found = 0
    i, j = 0, 0
    while i < len(base_who) and j < len(who):
        side = _compare(base_who, i, who, j)
        if side < 0:
            i += 1
        elif side > 0:
            j += 1
        else:
            a, b = base_offsets[i], offsets[j]
            while a < base_offsets[i + 1] and b < offsets[j + 1]:
                if base_times[a] < times[b]:
                    a += 1
                elif base_times[a] > times[b]:
                    b += 1
                else:
                    out[found] = a
                    found += 1
                    a += 1
            i += 1
            j += 1
    return out[:found].copy()


class MergedCustomers(NamedTuple):
    """Two lists of customers and events as one.

    Attributes:
        who: uint64[C, 2], the customers' hashes, sorted.
        origin: int64[C], the customer's place in the base, or -1 minus its place among the new ones.
        offsets: int64[C + 1], where each customer's events begin.
        events: int64[N], each event's place in the base, or -1 minus its place among the new ones.
    """

    who: Words
    origin: Longs
    offsets: Longs
    events: Longs


@kernel
def merge_customers(  # noqa: PLR0912 - one pass; Numba takes arguments by place
    base_who: Words,
    base_offsets: Longs,
    base_times: Longs,
    ties: Longs,
    tie_sequences: Longs,
    tie_ids: Words,
    who: Words,
    offsets: Longs,
    times: Longs,
    sequences: Longs,
    ids: Words,
) -> MergedCustomers:
    """Merge new events into a base, both ordered by customer and by (time, sequence, id) within.

    The base carries no sequence and id. They are given for its events named in `ties` (sorted; see `find_ties`), the
    only ones for which the time does not decide.
    """
    out_who = np.empty((len(base_who) + len(who), 2), np.uint64)
    origin = np.empty(len(out_who), np.int64)
    out_offsets = np.empty(len(out_who) + 1, np.int64)
    events = np.empty(len(base_times) + len(times), np.int64)
    i, j, customer, at, tie = 0, 0, 0, 0, 0
    while i < len(base_who) or j < len(who):
        side = -1 if j == len(who) else 1
        if i < len(base_who) and j < len(who):
            side = _compare(base_who, i, who, j)
        out_offsets[customer] = at
        a, a_end, b, b_end = 0, 0, 0, 0
        if side <= 0:
            out_who[customer, 0], out_who[customer, 1] = base_who[i, 0], base_who[i, 1]
            origin[customer] = i
            a, a_end = base_offsets[i], base_offsets[i + 1]
            i += 1
        if side >= 0:
            if side > 0:
                out_who[customer, 0], out_who[customer, 1] = who[j, 0], who[j, 1]
                origin[customer] = -1 - j
            b, b_end = offsets[j], offsets[j + 1]
            j += 1
        while a < a_end or b < b_end:
            first = b == b_end
            if not first and a < a_end:
                if base_times[a] != times[b]:
                    first = base_times[a] < times[b]
                else:
                    while tie < len(ties) and ties[tie] < a:
                        tie += 1
                    if tie_sequences[tie] != sequences[b]:
                        first = tie_sequences[tie] < sequences[b]
                    else:
                        first = tie_ids[tie] <= ids[b]
            if first:
                events[at] = a
                a += 1
            else:
                events[at] = -1 - b
                b += 1
            at += 1
        customer += 1
    out_offsets[customer] = at
    return MergedCustomers(
        out_who[:customer].copy(), origin[:customer].copy(), out_offsets[: customer + 1].copy(), events
    )
