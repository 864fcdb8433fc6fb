from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resa.kernels import clustered_interval, design_effect, tally
from resa.kernels.intervals import clustered

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.booleans(), st.integers(0, 3)), max_size=40)
"""Customer, outcome, mature, group."""


@given(ROWS, st.booleans())
def test_tallies_are_those_of_counting_one_by_one(rows: list[tuple[int, int, bool, int]], grouped: bool) -> None:
    rows = sorted(row if grouped else (*row[:3], 0) for row in rows)
    customer, outcome, mature, group = np.array(rows, np.int64).reshape(-1, 4).T
    columns = (customer.astype(np.int32), outcome.astype(np.uint8), mature.astype(np.bool_))
    found = tally(*columns, *((group, 4) if grouped else ()))
    counts = Counter((number, ended, old) for _, ended, old, number in rows)
    for number, interval in enumerate(found.intervals):
        assert found.counts[number].tolist() == [
            [counts[number, ended, old] for old in (False, True)] for ended in range(4)
        ]
        clusters: dict[int, list[bool]] = defaultdict(list)
        for whose, ended, old, own in rows:
            if own == number and old:
                clusters[whose].append(ended == 0)
        total, met = sum(map(len, clusters.values())), sum(map(sum, clusters.values()))
        share = Fraction(met, max(total, 1))
        squares = sum((sum(each) - share * len(each)) ** 2 for each in clusters.values())
        wanted = clustered(float(share), total, len(clusters), float(squares), 0.95)
        assert interval == pytest.approx(wanted, nan_ok=True)


@given(ROWS)
def test_a_design_effect_is_the_variance_by_customer_over_that_of_independent_trials(
    rows: list[tuple[int, int, bool, int]],
) -> None:
    clusters: dict[int, list[bool]] = defaultdict(list)
    for customer, outcome, counted, _ in sorted(rows):
        if counted:
            clusters[customer].append(outcome == 0)
    total, met = sum(map(len, clusters.values())), sum(map(sum, clusters.values()))
    if met in (0, total):
        wanted = Fraction(1)
    elif len(clusters) == 1:
        wanted = Fraction(total)
    else:
        share = Fraction(met, total)
        squares = sum((sum(each) - share * len(each)) ** 2 for each in clusters.values())
        variance = Fraction(len(clusters), len(clusters) - 1) * squares / total**2
        wanted = max(Fraction(1), variance / (share * (1 - share) / total))
    table = np.array(sorted(rows), np.int64).reshape(-1, 4)
    found = design_effect(table[:, 0].astype(np.int32), table[:, 1] == 0, table[:, 2] == 1)
    assert found == pytest.approx(float(wanted))


def test_an_interval_does_not_depend_on_the_order_of_openings() -> None:
    random = np.random.default_rng(5)
    customer, met = random.integers(0, 60, 400), random.random(400) < 0.4
    order = np.argsort(customer, kind="stable")
    assert clustered_interval(customer, met) == clustered_interval(customer[order], met[order])


def test_columns_must_fit() -> None:
    customer, outcome, mature = np.zeros(2, np.int32), np.array([0, 1], np.uint8), np.ones(2, np.bool_)
    with pytest.raises(ValueError, match="one length"):
        tally(customer, outcome[:1], mature)
    with pytest.raises(ValueError, match="groups are numbered 0 to 1"):
        tally(customer, outcome, mature, np.array([0, 2]), 2)
    with pytest.raises(ValueError, match="outcomes are numbered 0 to 3"):
        tally(customer, outcome + np.uint8(3), mature)
    with pytest.raises(ValueError, match="2 customers for 1 openings"):
        clustered_interval(customer, mature[:1])
