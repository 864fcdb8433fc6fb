"""Cells: the bucket, group or combination that each of many things is in, and how many of each stand at a place."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.journeys import read_only

__all__ = ["bucket_numbers", "count_customers", "count_together", "in_cells", "renumbered", "used_together", "weigh"]

_BITS: Final = 64  # places of which a word can tell which are used


class Together(NamedTuple):
    """Customers by the places that they use.

    Attributes:
        both: i64[G, P, P], customers of each group who use the one place and the other; the diagonal: who use it.
        only: i64[G, P], customers who use no other.
        any: i64[G], customers who use any.
    """

    both: npt.NDArray[np.int64]
    only: npt.NDArray[np.int64]
    any: npt.NDArray[np.int64]


@kernel
def _bucket_numbers(times: npt.NDArray[np.int64], edges: npt.NDArray[np.int64], numbers: npt.NDArray[np.int32]) -> None:
    """Guess as if all buckets were of one length, which those of a calendar nearly are, then step to the right one."""
    buckets = len(edges) - 1
    scale = buckets / (edges[buckets] - edges[0])
    for row in range(len(times)):
        bucket = min(max(int((times[row] - edges[0]) * scale), 0), buckets - 1)
        while bucket >= 0 and times[row] < edges[bucket]:
            bucket -= 1
        while bucket < buckets and times[row] >= edges[bucket + 1]:
            bucket += 1
        numbers[row] = bucket


def bucket_numbers(times: npt.NDArray[np.int64], edges: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """The number of the bucket that each moment lies in: -1 before the first, B behind the last.

    Args:
        times: i64[n], any order.
        edges: i64[B + 1], ascending; bucket b is [edges[b], edges[b + 1]).

    Raises:
        ValueError: There are fewer than two edges, or they do not ascend.
    """
    if len(edges) < 2 or (np.diff(edges) <= 0).any():
        raise ValueError("buckets need at least two edges, and edges that ascend")
    numbers = np.empty(len(times), np.int32)
    _bucket_numbers(read_only(times, np.int64), read_only(edges, np.int64), numbers)
    return numbers


@kernel
def _count_together(
    places: npt.NDArray[np.int32], codes: npt.NDArray[np.uint8], first: int, counts: npt.NDArray[np.int32]
) -> bool:
    """Add up; `False` if a place is out of bounds."""
    groups, size = counts.shape
    for row in range(len(places)):
        if not 0 <= places[row] < size:
            return False
        group = np.int64(codes[row]) - first
        if 0 <= group < groups:
            counts[group, places[row]] += 1
    return True


def count_together(
    places: npt.NDArray[np.int32], codes: npt.NDArray[np.integer[Any]], size: int, first: int, groups: int
) -> npt.NDArray[np.int32]:
    """How many things of each group stand at each place.

    Args:
        places: Of each thing, 0 to `size` - 1.
        codes: u8[n], number of each thing's group.
        size: How many places there are.
        first: Number of the first group that is counted.
        groups: How many are counted.

    Returns:
        i32[groups, size].

    Raises:
        TypeError: The codes are not u8.
        ValueError: The arrays differ in length, or a place is out of bounds.
    """
    if len(places) != len(codes):
        raise ValueError(f"{len(codes)} codes for {len(places)} places")
    counts = np.zeros((groups, size), np.int32)
    if not _count_together(read_only(places, np.int32), read_only(codes, np.uint8), first, counts):
        raise ValueError(f"places are numbered 0 to {size - 1}")
    return counts


@kernel
def _renumbered(codes: npt.NDArray[np.int32], table: npt.NDArray[np.int32], numbers: npt.NDArray[np.int32]) -> bool:
    """`table` says 1 of each code that occurs, then its number; `False` if a code is out of bounds."""
    for row in range(len(codes)):
        if not 0 <= codes[row] < len(table):
            return False
        table[codes[row]] = 1
    number = 0
    for code in range(len(table)):
        occurs = table[code]
        table[code] = number if occurs else -1
        number += occurs
    for row in range(len(codes)):
        numbers[row] = table[codes[row]]
    return True


def renumbered(codes: npt.NDArray[np.int32], size: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """The same numbers without gaps, in the same order; and for each of the new numbers the old one.

    Args:
        codes: 0 to `size` - 1.
        size: How many codes there may be.

    Raises:
        ValueError: A code is out of bounds.
    """
    table, numbers = np.zeros(size, np.int32), np.empty(len(codes), np.int32)
    if not _renumbered(read_only(codes, np.int32), table, numbers):
        raise ValueError(f"codes are numbered 0 to {size - 1}")
    return numbers, np.flatnonzero(table >= 0)


@kernel
def _count_customers(
    cells: npt.NDArray[np.int32],
    customers: npt.NDArray[np.int32],
    latest: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int64],
    different: npt.NDArray[np.int64],
) -> bool:
    """Add up; `latest` knows of whom each cell's last thing was. `False` if a cell is out of bounds."""
    for row in range(len(cells)):
        cell = cells[row]
        if cell < 0:
            continue
        if cell >= len(counts):
            return False
        counts[cell] += 1
        different[cell] += latest[cell] != customers[row]
        latest[cell] = customers[row]
    return True


def count_customers(
    cells: npt.NDArray[np.int32], customers: npt.NDArray[np.int32], size: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """How many things are in each cell, and of how many customers: i64[size] each.

    Args:
        cells: Of each thing, 0 to `size` - 1; below 0: in none.
        customers: Whose each thing is, ascending within each cell.
        size: How many cells there are.

    Raises:
        TypeError: Cells or customers are not i32.
        ValueError: The arrays differ in length, or a cell is out of bounds.
    """
    if len(cells) != len(customers):
        raise ValueError(f"{len(customers)} customers for {len(cells)} cells")
    counts, different = np.zeros(size, np.int64), np.zeros(size, np.int64)
    rows = (read_only(cells, np.int32), read_only(customers, np.int32))
    if not _count_customers(*rows, np.full(size, -1, np.int32), counts, different):
        raise ValueError(f"cells are numbered 0 to {size - 1}")
    return counts, different


@kernel
def _in_cells(
    values: npt.NDArray[np.int64], cells: npt.NDArray[np.int32], free: npt.NDArray[np.int64], out: npt.NDArray[np.int64]
) -> None:
    for row in range(len(values)):
        cell = cells[row]
        if cell >= 0:
            out[free[cell]] = values[row]
            free[cell] += 1


def in_cells(
    values: npt.NDArray[np.int64], cells: npt.NDArray[np.int32], counts: npt.NDArray[np.int64]
) -> list[npt.NDArray[np.int64]]:
    """The values of each cell, as they come.

    Args:
        values: One for each thing.
        cells: As `count_customers` takes them.
        counts: How many things each has, as it tells.

    Raises:
        TypeError: The values are not i64, or the cells not i32.
        ValueError: The arrays differ in length.
    """
    if len(values) != len(cells):
        raise ValueError(f"{len(values)} values for {len(cells)} cells")
    ends = np.cumsum(counts)
    out = np.empty(int(counts.sum()), np.int64)
    _in_cells(read_only(values, np.int64), read_only(cells, np.int32), ends - counts, out)
    return np.split(out, ends)[:-1]


@kernel
def _used_together(
    groups: npt.NDArray[np.int32],
    places: npt.NDArray[np.uint8],
    customers: npt.NDArray[np.int32],
    used: npt.NDArray[np.uint64],
    both: npt.NDArray[np.int64],
    only: npt.NDArray[np.int64],
    everybody: npt.NDArray[np.int64],
) -> bool:
    """Add up, customer by customer; `used` has a word of 0 for each group. `False` if a number is out of bounds."""
    begun, one = 0, np.uint64(1)
    for row in range(len(groups) + 1):
        if row == len(groups) or (row > 0 and customers[row] != customers[row - 1]):
            for own in range(begun, row):
                group = groups[own]
                if group < 0 or used[group] == 0:
                    continue
                word, used[group] = used[group], np.uint64(0)
                everybody[group] += 1
                for place in range(only.shape[1]):
                    if (word >> np.uint64(place)) & one:
                        only[group, place] += word == one << np.uint64(place)
                        for other in range(only.shape[1]):
                            both[group, place, other] += np.int64((word >> np.uint64(other)) & one)
            begun = row
        if row < len(groups) and groups[row] >= 0:
            if groups[row] >= len(used) or places[row] >= only.shape[1]:
                return False
            used[groups[row]] |= one << np.uint64(places[row])
    return True


def used_together(
    groups: npt.NDArray[np.int32],
    places: npt.NDArray[np.uint8],
    customers: npt.NDArray[np.int32],
    size: tuple[int, int],
) -> Together:
    """How many customers use each place, each two of them, and one alone.

    Args:
        groups: The group of each use, from 0; below 0: it does not count.
        places: Its place, from 0.
        customers: Whose it is, ascending.
        size: How many groups there are, and how many places.

    Raises:
        TypeError: An array is of another type.
        ValueError: There are too many places, the arrays differ in length, or a number is out of bounds.
    """
    if size[1] > _BITS:
        raise ValueError(f"there can be {_BITS} places, not {size[1]}")
    if not len(groups) == len(places) == len(customers):
        raise ValueError(f"{len(groups)} groups and {len(places)} places for {len(customers)} customers")
    found = Together(np.zeros((*size, size[1]), np.int64), np.zeros(size, np.int64), np.zeros(size[0], np.int64))
    rows = (read_only(groups, np.int32), read_only(places, np.uint8), read_only(customers, np.int32))
    if not _used_together(*rows, np.zeros(size[0], np.uint64), *found):
        raise ValueError(f"groups are numbered 0 to {size[0] - 1}, and places 0 to {size[1] - 1}")
    return found


@kernel
def _weigh(
    cells: npt.NDArray[np.int32],
    owners: npt.NDArray[np.int32],
    weights: npt.NDArray[np.int64],
    latest: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int64],
    different: npt.NDArray[np.int64],
) -> None:
    """Add up; `latest` knows of whom each cell's last thing was."""
    for row in range(len(cells)):
        cell, owner = cells[row], owners[row]
        another = latest[cell] != owner
        latest[cell] = owner
        for column in range(weights.shape[1]):
            counts[cell, column] += weights[owner, column]
            different[cell, column] += another * weights[owner, column]


def weigh(
    cells: npt.NDArray[np.int32], owners: npt.NDArray[np.int32], weights: npt.NDArray[np.int64], size: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """What the owners of the things in each cell weigh, an owner counted for each thing, and once: i64[size, R] each.

    Args:
        cells: Of each thing, 0 to `size` - 1.
        owners: Whose it is, a row of the weights, ascending.
        weights: i64[owners, R], R weights of each.
        size: How many cells there are.

    Raises:
        TypeError: An array is of another type.
        ValueError: The arrays differ in length, or a number is out of bounds.
    """
    if len(cells) != len(owners):
        raise ValueError(f"{len(owners)} owners for {len(cells)} cells")
    for numbers, bound in ((cells, size), (owners, len(weights))):
        if len(numbers) and not 0 <= numbers.min() <= numbers.max() < bound:
            raise ValueError(f"cells are numbered 0 to {size - 1}, and owners 0 to {len(weights) - 1}")
    counts, different = (np.zeros((size, weights.shape[1]), np.int64) for _ in range(2))
    rows = (read_only(cells, np.int32), read_only(owners, np.int32), read_only(weights, np.int64))
    _weigh(*rows, np.full(size, -1, np.int32), counts, different)
    return counts, different
