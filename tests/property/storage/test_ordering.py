"""Sorting, searching and merging kernels against Python's own."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from resa.kernels import ordering

WORD = st.one_of(st.integers(0, 3), st.integers(2**64 - 3, 2**64 - 1), st.integers(0, 2**64 - 1))
HASHES = st.lists(st.tuples(WORD, st.integers(0, 2)), max_size=120)


def words(pairs: list[tuple[int, int]]) -> npt.NDArray[np.uint64]:
    return np.array(pairs, np.uint64).reshape(-1, 2)


def pairs(hashes: npt.NDArray[np.uint64]) -> list[tuple[int, int]]:
    return [(int(first), int(second)) for first, second in hashes]


@given(HASHES)
def test_order_is_stable_and_right(given_pairs: list[tuple[int, int]]) -> None:
    order = ordering.order_by_hash(words(given_pairs))
    assert list(order) == sorted(range(len(given_pairs)), key=lambda row: (given_pairs[row], row))


def test_many_equal_and_few_distinct_hashes_cost_no_more() -> None:
    count = 300_000
    hashes = np.zeros((count, 2), np.uint64)
    hashes[:, 1] = np.random.default_rng(1).integers(0, 5, count)
    order = ordering.order_by_hash(hashes)  # minutes, were it quadratic
    assert np.array_equal(order, np.argsort(hashes[:, 1], kind="stable"))


@given(HASHES, HASHES)
def test_search_and_merge(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    left, right = sorted(left), sorted(right)
    count = Counter(right)
    assert list(ordering.find_hashes(words(left), words(right))) == [count[pair] for pair in left]
    assert pairs(ordering.merge_hashes(words(left), words(right))) == sorted(left + right)
    assert pairs(ordering.keep_absent(words(left), words(right))) == [pair for pair in left if pair not in count]
    seen: Counter[tuple[int, int]] = Counter()
    before = []
    for pair in left:
        before.append(seen[pair])
        seen[pair] += 1
    assert list(ordering.count_repeats(words(left))) == before
    starts = [place for place in range(len(left)) if place == 0 or left[place] != left[place - 1]]
    assert list(ordering.group_starts(words(left))) == [*starts, len(left)]
    edges = ordering.first_byte_edges(words(left))
    assert [int(edge) for edge in edges] == [sum(first >> 56 < byte for first, _ in left) for byte in range(257)]


@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 3)), max_size=80), max_size=5))
def test_order_within_groups(groups: list[list[tuple[int, int, int]]]) -> None:
    flat = [key for group in groups for key in group]
    offsets = np.cumsum([0, *(len(group) for group in groups)])
    columns = [np.array([key[place] for key in flat], np.int64) for place in range(3)]
    order = np.arange(len(flat))
    ordering.order_within_groups(offsets, order, columns[0], columns[1], columns[2].astype(np.uint64))
    expected = [
        row for k in range(len(groups)) for row in sorted(range(offsets[k], offsets[k + 1]), key=lambda r: flat[r])
    ]
    assert [flat[row] for row in order] == [flat[row] for row in expected]
    assert list(order) == expected
