from __future__ import annotations

from collections import Counter, defaultdict
from typing import Literal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.oracles.journeys import PERIODS, WINDOWS, as_lists, journeys
from tests.oracles.paths import paths_of

from resa.kernels import OTHERS, Journeys, Paths, count_paths, flow, paths, top_paths

ANCHORS = st.none() | st.lists(st.integers(1, 4), min_size=1, max_size=2)
DIRECTIONS: st.SearchStrategy[Literal["forward", "backward"]] = st.sampled_from(["forward", "backward"])


def codes_of(found: Paths) -> list[tuple[int, ...]]:
    return [tuple(code for code in row if code) for row in found.codes_of().tolist()]


@given(
    journeys(),
    st.sampled_from([5, 300, 40_000]),
    ANCHORS,
    st.integers(1, 8),
    DIRECTIONS,
    st.booleans(),
    st.booleans(),
    st.none() | WINDOWS,
    PERIODS,
)
def test_paths_are_those_of_the_oracle(
    drawn: Journeys,
    codes: int,
    anchors: list[int] | None,
    steps: int,
    direction: Literal["forward", "backward"],
    each: bool,
    collapse: bool,
    gap: int | None,
    period: tuple[int, int] | None,
) -> None:
    found = paths(
        drawn,
        codes,
        steps=steps,
        anchors=anchors,
        direction=direction,
        each=each,
        collapse=collapse,
        session_gap_us=gap,
        period=period,
        threads=2,
    )
    wanted = [
        (customer, *path)
        for customer, events in enumerate(as_lists(drawn))
        for path in paths_of(
            events,
            anchors,
            steps,
            backward=direction == "backward",
            each=each,
            collapse=collapse,
            gap=gap,
            period=period,
        )
    ]
    rows = zip(found.customer.tolist(), found.position.tolist(), codes_of(found), strict=True)
    assert list(rows) == wanted


@given(journeys(codes=3, customers=6), st.integers(1, 4), st.integers(0, 5), st.integers(0, 3))
def test_top_paths_and_flow_add_up(drawn: Journeys, steps: int, k: int, shown: int) -> None:
    found = paths(drawn, 4, steps=steps, each=True)
    counted = count_paths(found)
    rows = codes_of(found)
    counts, who = Counter(rows), defaultdict(set)
    for customer, row in zip(found.customer.tolist(), rows, strict=True):
        who[row].add(customer)

    top = top_paths(counted, k)
    ranked = sorted(counts, key=lambda row: (-counts[row], row + (0,) * (steps - len(row))))
    shown_rows = [tuple(code for code in row if code) for row in top.codes.tolist()]
    assert shown_rows == ranked[:k]
    assert top.counts.tolist() == [counts[row] for row in ranked[:k]]
    assert top.customers.tolist() == [len(who[row]) for row in ranked[:k]]
    assert top.others_count == sum(counts[row] for row in ranked[k:])
    assert top.others_customers == len(set().union(*(who[row] for row in ranked[k:])))
    assert top.others_kinds == len(ranked[k:])

    unrolled = flow(counted, shown)
    inflow, outflow = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for step, code, following, total in unrolled.links.tolist():
        outflow[step, code] += total
        if following:
            inflow[step + 1, following] += total
    for step, code, total in unrolled.nodes.tolist():
        if step > 0:
            assert inflow[step, code] == total
        if step < steps - 1:
            assert outflow[step, code] == total
        if code != OTHERS:
            assert total == sum(len(row) > step and row[step] == code for row in rows)
    for step in range(steps):
        at_step = [row for row in unrolled.nodes.tolist() if row[0] == step]
        assert sum(total for _, _, total in at_step) == sum(len(row) > step for row in rows)
        assert sum(code != OTHERS for _, code, _ in at_step) <= shown


def test_many_different_paths_are_counted_exactly() -> None:
    random = np.random.default_rng(7)
    rows = random.integers(1, 60, (50_000, 2)).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)  # in all 64 bits
    rows[::3] = rows[0]
    customer = np.repeat(np.arange(25_000, dtype=np.int32), 2)
    for whose in (customer, np.arange(50_000, dtype=np.int32)):
        groups = count_paths(Paths(whose, np.arange(50_000), rows, 2, 64)).groups
        values, first, counts = np.unique(rows, axis=0, return_index=True, return_counts=True)
        assert (rows[groups.first] == values).all()
        assert (rows[groups.first[groups.group]] == rows).all()
        assert groups.first.tolist() == first.tolist()
        assert groups.counts.tolist() == counts.tolist()
        pairs = np.unique(np.column_stack([groups.group, whose]), axis=0)
        assert (np.bincount(pairs[:, 0]) == groups.customers).all()
