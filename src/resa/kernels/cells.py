"""Cells: the bucket or group that each of many things is in, and how many of each group stand at each place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.journeys import read_only

__all__ = ["bucket_numbers", "count_together", "number_present"]


@kernel
def _bucket_numbers(times: npt.NDArray[np.int64], edges: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64]) -> None:
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


def bucket_numbers(times: npt.NDArray[np.int64], edges: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The number of the bucket that each moment lies in: -1 before the first, B behind the last.

    Args:
        times: i64[n], any order.
        edges: i64[B + 1], ascending; bucket b is [edges[b], edges[b + 1]).

    Raises:
        ValueError: There are fewer than two edges, or they do not ascend.
    """
    if len(edges) < 2 or (np.diff(edges) <= 0).any():
        raise ValueError("buckets need at least two edges, and edges that ascend")
    numbers = np.empty(len(times), np.int64)
    _bucket_numbers(read_only(times, np.int64), read_only(edges, np.int64), numbers)
    return numbers


@kernel
def _number_present(
    codes: npt.NDArray[np.int32], known: npt.NDArray[np.bool_], numbers: npt.NDArray[np.uint32]
) -> npt.NDArray[np.bool_]:
    present = np.zeros(len(known), np.bool_)
    for row in range(len(codes)):
        present[codes[row]] = True
    present &= known
    number = np.zeros(len(known), np.uint32)
    number[present] = np.arange(1, present.sum() + 1)
    for row in range(len(codes)):
        numbers[row] = number[codes[row]]
    return present


def number_present(
    codes: npt.NDArray[np.int32], known: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Number the codes that are there, from 1 on, in their order.

    Args:
        codes: Of each thing, 0 to L - 1.
        known: bool[L], which codes get a number; the others are 0.

    Returns:
        Each thing's number, and the code of each number, that of 1 first.

    Raises:
        ValueError: A code is out of bounds.
    """
    if len(codes) and not 0 <= int(codes.min()) <= int(codes.max()) < len(known):
        raise ValueError(f"codes are 0 to {len(known) - 1}")
    numbers = np.empty(len(codes), np.uint32)
    present = _number_present(read_only(codes, np.int32), read_only(known, np.bool_), numbers)
    return numbers, np.flatnonzero(present)


@kernel
def _count_together(
    places: npt.NDArray[np.int64], codes: npt.NDArray[np.uint32], first: int, counts: npt.NDArray[np.int64]
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
    places: npt.NDArray[np.int64], codes: npt.NDArray[np.uint32], size: int, first: int, groups: int
) -> npt.NDArray[np.int64]:
    """How many things of each group stand at each place.

    Args:
        places: Of each thing, 0 to `size` - 1.
        codes: Number of each thing's group.
        size: How many places there are.
        first: Number of the first group that is counted.
        groups: How many are counted.

    Returns:
        i64[groups, size].

    Raises:
        ValueError: The arrays differ in length, or a place is out of bounds.
    """
    if len(places) != len(codes):
        raise ValueError(f"{len(codes)} codes for {len(places)} places")
    counts = np.zeros((groups, size), np.int64)
    if not _count_together(read_only(places, np.int64), read_only(codes, np.uint32), first, counts):
        raise ValueError(f"places are numbered 0 to {size - 1}")
    return counts
