from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resa.kernels import clustered_interval, tally, weekly_trials
from resa.kernels.intervals import clustered

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.booleans(), st.integers(0, 3)), max_size=40)
"""Customer, outcome, mature, group."""


@given(ROWS, st.booleans())
def test_tallies_are_those_of_counting_one_by_one(rows: list[tuple[int, int, bool, int]], grouped: bool) -> None:
    rows = sorted(row if grouped else (*row[:3], 0) for row in rows)
    customer, outcome, mature, group = np.array(rows, np.int64).reshape(-1, 4).T
    columns = (customer.astype(np.int32), outcome.astype(np.uint8), mature.astype(np.bool_))
    found = tally(*columns, *((group.astype(np.int32), 4) if grouped else ()))
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


VISITS = st.lists(st.tuples(*(st.integers(0, most) for most in (4, 3, 2, 1, 1))), max_size=40)
"""Customer, week, stratum, met, looked at."""


def _design_effect(clusters: dict[int, list[int]]) -> Fraction:
    """The variance by customer over that of independent trials."""
    total, met = sum(map(len, clusters.values())), sum(map(sum, clusters.values()))
    if met in (0, total):
        return Fraction(1)
    if len(clusters) == 1:
        return Fraction(total)
    share = Fraction(met, total)
    squares = sum((sum(each) - share * len(each)) ** 2 for each in clusters.values())
    variance = Fraction(len(clusters), len(clusters) - 1) * squares / total**2
    return max(Fraction(1), variance / (share * (1 - share) / total))


@given(VISITS, st.booleans())
def test_trials_are_the_first_openings_of_a_customer_in_a_week(
    visits: list[tuple[int, int, int, int, int]], every: bool
) -> None:
    visits = sorted(visits, key=lambda visit: visit[:2])
    customer, week, stratum, met, among = np.array(visits, np.int32).reshape(-1, 5).T
    chosen = [row for row, visit in enumerate(visits) if every or visit[4]]
    seen: set[tuple[int, int]] = set()
    whole: dict[int, list[int]] = defaultdict(list)
    trials: dict[int, list[int]] = defaultdict(list)
    counts = np.zeros((3, 4, 2), np.int64)
    places = [counts.size] * len(visits)
    for row in chosen:
        whose, when, where, ended, _ = visits[row]
        whole[whose].append(ended)
        if (whose, when) not in seen:
            seen.add((whose, when))
            trials[whose].append(ended)
            counts[where, when, ended] += 1
            places[row] = (where * 4 + when) * 2 + ended
    flags = None if every else among == 1
    customer, week, stratum = (np.ascontiguousarray(column) for column in (customer, week, stratum))
    found = weekly_trials(customer, week, stratum, met == 1, flags, size=(3, 4))
    assert found.places.tolist() == places
    assert found.counts.tolist() == counts.tolist()
    assert found.effect == pytest.approx(float(_design_effect(trials)))
    wanted = (len(chosen), sum(map(sum, whole.values())), len(whole))
    assert found.whole[:3] == wanted
    assert found.whole.ever_met == sum(any(each) for each in whole.values())
    assert found.whole.ever_unmet == sum(not all(each) for each in whole.values())
    plain = clustered_interval(customer[chosen], met[chosen] == 1)
    assert found.whole.interval == pytest.approx(plain, nan_ok=True)


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
        tally(customer, outcome, mature, np.array([0, 2], np.int32), 2)
    with pytest.raises(ValueError, match="outcomes are numbered 0 to 3"):
        tally(customer, outcome + np.uint8(3), mature)
    with pytest.raises(ValueError, match="one length"):
        weekly_trials(customer, customer, customer[:1], mature, size=(1, 1))
    with pytest.raises(ValueError, match="strata and weeks are numbered 0 to 1"):
        weekly_trials(customer, customer, customer + np.int32(2), mature, size=(2, 1))
    with pytest.raises(ValueError, match="2 customers for 1 openings"):
        clustered_interval(customer, mature[:1])


@given(VISITS, st.integers(1, 5))
def test_threads_cut_between_customers_and_change_nothing(
    visits: list[tuple[int, int, int, int, int]], threads: int
) -> None:
    customer, week, stratum, met, _ = np.array(sorted(visits), np.int32).reshape(-1, 5).T.copy()
    asked = (customer, week, stratum, met == 1)
    alone = weekly_trials(*asked, size=(3, 4), threads=1)
    cut = weekly_trials(*asked, size=(3, 4), threads=threads)
    assert cut.places.tolist() == alone.places.tolist()
    assert cut.counts.tolist() == alone.counts.tolist()
    assert cut.effect == alone.effect
    assert str(cut.whole) == str(alone.whole)  # NaN is not equal to itself
