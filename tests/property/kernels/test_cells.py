from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resa.kernels import bucket_numbers, count_customers, count_together, in_cells, renumbered, used_together, weigh

MOMENTS = st.integers(-(10**6), 10**6)


@given(st.lists(MOMENTS, max_size=30), st.lists(MOMENTS, min_size=2, max_size=8, unique=True).map(sorted))
def test_a_moment_is_in_the_bucket_that_began_last(times: list[int], edges: list[int]) -> None:
    wanted = [sum(edge <= time for edge in edges) - 1 for time in times]
    assert bucket_numbers(np.array(times, np.int64), np.array(edges, np.int64)).tolist() == wanted


def test_edges_must_ascend() -> None:
    for edges in ([0], [0, 0], [1, 0]):
        with pytest.raises(ValueError, match="edges that ascend"):
            bucket_numbers(np.zeros(1, np.int64), np.array(edges, np.int64))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=30), st.integers(0, 3), st.integers(1, 4))
def test_what_stands_together_is_counted_together(things: list[tuple[int, int]], first: int, groups: int) -> None:
    places, codes = np.array(things, np.int32).reshape(-1, 2).T
    counts = Counter(things)
    wanted = [[counts[place, first + group] for place in range(4)] for group in range(groups)]
    assert count_together(places, codes.astype(np.uint8), 4, first, groups).tolist() == wanted


def test_places_must_be_in_bounds() -> None:
    with pytest.raises(ValueError, match="places are numbered 0 to 3"):
        count_together(np.array([4], np.int32), np.zeros(1, np.uint8), 4, 0, 1)
    with pytest.raises(ValueError, match="0 codes for 1 places"):
        count_together(np.array([0], np.int32), np.zeros(0, np.uint8), 4, 0, 1)


@given(st.lists(st.integers(0, 9), max_size=30))
def test_numbers_without_gaps_keep_their_order(codes: list[int]) -> None:
    numbers, strata = renumbered(np.array(codes, np.int32), 10)
    assert strata.tolist() == sorted(set(codes))
    assert strata[numbers].tolist() == codes


def test_codes_must_be_in_bounds() -> None:
    for code in (-1, 10):
        with pytest.raises(ValueError, match="codes are numbered 0 to 9"):
            renumbered(np.array([code], np.int32), 10)


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 3), st.integers()), max_size=30))
def test_customers_of_a_cell_count_once(things: list[tuple[int, int, int]]) -> None:
    things = [(cell, customer, value % 100) for cell, customer, value in sorted(things, key=lambda thing: thing[1])]
    cells, customers = (np.array([thing[place] for thing in things], np.int32) for place in (0, 1))
    counts, different = count_customers(cells, customers, 4)
    behind = [[thing for thing in things if thing[0] == cell] for cell in range(4)]
    assert counts.tolist() == [len(found) for found in behind]
    assert different.tolist() == [len({customer for _, customer, _ in found}) for found in behind]
    values = in_cells(np.array([value for _, _, value in things], np.int64), cells, counts)
    assert [part.tolist() for part in values] == [[value for _, _, value in found] for found in behind]


def test_cells_must_be_in_bounds() -> None:
    one, two = np.zeros(1, np.int32), np.zeros(2, np.int32)
    with pytest.raises(ValueError, match="cells are numbered 0 to 3"):
        count_customers(one + 4, one, 4)
    with pytest.raises(ValueError, match="2 customers for 1 cells"):
        count_customers(one, two, 4)
    with pytest.raises(ValueError, match="2 values for 1 cells"):
        in_cells(np.zeros(2, np.int64), one, np.ones(1, np.int64))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 2), st.integers(0, 3)), max_size=30).map(sorted))
def test_places_are_used_together_by_whoever_uses_both(uses: list[tuple[int, int, int]]) -> None:
    customers, groups, places = np.array(uses, np.int32).reshape(-1, 3).T
    found = used_together(groups.copy(), places.astype(np.uint8), customers.copy(), (3, 4))
    for group in range(3):
        by = {customer: {use[2] for use in uses if use[:2] == (customer, group)} for customer, _, _ in uses}
        assert found.any[group] == sum(bool(used) for used in by.values())
        for place in range(4):
            assert found.only[group, place] == sum(used == {place} for used in by.values())
            both = [sum({place, other} <= used for used in by.values()) for other in range(4)]
            assert found.both[group, place].tolist() == both


def test_uses_must_be_in_bounds() -> None:
    one, place = np.zeros(1, np.int32), np.zeros(1, np.uint8)
    with pytest.raises(ValueError, match="groups are numbered 0 to 0, and places 0 to 1"):
        used_together(one, place + np.uint8(2), one, (1, 2))
    with pytest.raises(ValueError, match="there can be 64 places, not 65"):
        used_together(one, place, one, (1, 65))
    with pytest.raises(ValueError, match="1 groups and 0 places for 1 customers"):
        used_together(one, place[:0], one, (1, 1))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=30).map(sorted), st.data())
def test_owners_weigh_for_each_thing_and_once(things: list[tuple[int, int]], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2), min_size=4, max_size=4))
    owners, cells = np.array(things, np.int64).reshape(-1, 2).T
    counts, once = weigh(cells.astype(np.int32), owners.astype(np.int32), np.array(weights, np.int64), 3)
    for cell in range(3):
        own = [owner for owner, place in things if place == cell]
        for column in range(2):
            assert counts[cell, column] == sum(weights[owner][column] for owner in own)
            assert once[cell, column] == sum(weights[owner][column] for owner in set(own))


def test_things_that_weigh_must_be_in_bounds() -> None:
    cell, owner, weights = np.zeros(1, np.int32), np.zeros(1, np.int32), np.ones((1, 1), np.int64)
    for cells, owners in ((cell + np.int32(2), owner), (cell, owner + np.int32(1)), (cell - np.int32(1), owner)):
        with pytest.raises(ValueError, match="cells are numbered 0 to 1, and owners 0 to 0"):
            weigh(cells, owners, weights, 2)
    with pytest.raises(ValueError, match="0 owners for 1 cells"):
        weigh(cell, owner[:0], weights, 2)
