from __future__ import annotations

from fractions import Fraction
from math import comb, exp, lgamma, log

import numpy as np
import pytest

from resa.analytics.change import _log_factorial, hypergeometric_log_p, strongest_change


def exact_p(k: int, drawn: int, successes: int, total: int) -> Fraction:
    def probability(x: int) -> Fraction:
        return Fraction(comb(successes, x) * comb(total - successes, drawn - x), comb(total, drawn))

    low, high = max(0, drawn - (total - successes)), min(drawn, successes)
    upper = sum((probability(x) for x in range(k, high + 1)), Fraction(0))
    lower = sum((probability(x) for x in range(low, k + 1)), Fraction(0))
    return min(Fraction(1), 2 * (upper if k * total > drawn * successes else lower))


@pytest.mark.parametrize(
    ("k", "drawn", "successes", "total"),
    [
        (0, 5, 3, 10),
        (3, 5, 3, 10),
        (8, 10, 9, 20),
        (1, 10, 9, 20),
        (50, 100, 300, 1000),
        (12, 100, 300, 1000),
        (5, 5, 5, 10),
    ],
)
def test_the_p_value_is_the_sum_of_exact_fractions(k: int, drawn: int, successes: int, total: int) -> None:
    assert exp(hypergeometric_log_p(k, drawn, successes, total)) == pytest.approx(
        float(exact_p(k, drawn, successes, total))
    )


def test_fisher_s_tea() -> None:
    # The lady tastes four cups of eight rightly: one in seventy, one-sided.
    assert exp(hypergeometric_log_p(4, 4, 4, 8)) == pytest.approx(2 / 70)


def test_logarithms_of_factorials() -> None:
    n = np.array([0, 1, 5, 255, 256, 257, 10_000, 50_000_000])
    assert _log_factorial(n) == pytest.approx([lgamma(value + 1) for value in n.tolist()], rel=1e-13)


def test_a_tail_far_out_is_no_zero() -> None:
    assert hypergeometric_log_p(0, 20_000, 20_000, 40_000) < -1000
    assert np.isfinite(hypergeometric_log_p(0, 20_000, 20_000, 40_000))


def test_the_broken_weeks_are_found() -> None:
    trials = np.full(20, 500)
    met = np.full(20, 250)
    met[7:11] = 150
    change, looks = strongest_change(trials, met, least=100)
    assert change is not None
    assert (change.first, change.last) == (7, 11)
    assert change.share == pytest.approx(0.3)
    assert change.usual == pytest.approx(0.5)
    assert looks == 20 * 21 // 2 - 1


def test_nothing_to_look_at() -> None:
    assert strongest_change(np.array([5, 5]), np.array([1, 2]), least=30) == (None, 0)
    assert strongest_change(np.array([50, 50]), np.array([0, 0]), least=30)[0] is None
    assert strongest_change(np.array([], dtype=np.int64), np.array([], dtype=np.int64), least=30) == (None, 0)


def test_without_a_change_the_scan_is_silent_as_often_as_it_says() -> None:
    random = np.random.default_rng(5)
    alarms = 0
    for _ in range(300):
        trials = random.integers(50, 200, 20)
        change, looks = strongest_change(trials, random.binomial(trials, 0.4), least=50)
        assert change is not None
        alarms += change.log_p + log(looks) < log(0.05)
    assert alarms <= 300 * 0.05  # the bound holds; the scan's stretches overlap, so there are far fewer
