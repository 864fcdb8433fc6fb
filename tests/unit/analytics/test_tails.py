from __future__ import annotations

from math import erfc, exp, lgamma, log, sqrt

import numpy as np
import pytest

from resa.analytics.findings.tails import log_student_tail, log_table_tail


def _choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def exact(total: int, drawn: int, successes: int) -> dict[int, float]:
    """Logarithm of P(X >= k) of the hypergeometric distribution, by k."""
    tail, found = 0.0, {}
    for k in range(min(drawn, successes), max(0, drawn + successes - total) - 1, -1):
        tail += exp(_choose(successes, k) + _choose(total - successes, drawn - k) - _choose(total, drawn))
        found[k] = log(tail) if tail else -800.0
    return found


@pytest.mark.parametrize(
    ("total", "drawn", "successes"),
    [(300, 80, 150), (419, 220, 202), (2_000, 60, 1_500), (2_000, 60, 30), (5_000, 2_500, 2_500), (4_939, 200, 4_300)],
)
def test_it_is_within_a_tenth_of_the_exact_hypergeometric_tail(total: int, drawn: int, successes: int) -> None:
    given = total / (total - 1)
    compared = 0
    for met, chance in exact(total, drawn, successes).items():
        deviation = np.array(met - drawn * successes / total)
        trials = np.array([drawn * given, (total - drawn) * given])
        found = float(log_table_tail(deviation, trials, np.full(2, successes / total)))
        if -60 < chance < -6 and found < 0:
            compared += 1
            assert found == pytest.approx(chance, abs=max(0.1, abs(chance) / 100))
    assert compared > 3


def test_four_large_cells_are_normal() -> None:
    trials, shares = np.full(4, 1e8), np.array([0.2, 0.3, 0.4, 0.5])
    spread = sqrt(1 / float((1 / (trials * shares * (1 - shares))).sum()))
    for z in (3.0, 5.0, 7.0):
        assert float(log_table_tail(np.array(z * spread + 0.5), trials, shares)) == pytest.approx(
            log(erfc(z / sqrt(2)) / 2), abs=0.01
        )


def test_a_design_effect_makes_trials_fewer() -> None:
    trials, shares = np.array([100.0, 300.0]), np.array([0.5, 0.5])
    alone, doubled = (float(log_table_tail(np.array(30.0), trials, shares, effect)) for effect in (1.0, 2.0))
    assert alone < doubled < alone / 2 + 1


def test_the_bound_of_student_is_above_the_tail_and_near() -> None:
    """Two degrees of freedom have the tail in closed form: (1 - t / sqrt(2 + t^2)) / 2."""
    for t in (4.0, 10.0, 100.0):
        tail = log((1 - t / sqrt(2 + t * t)) / 2)
        assert tail <= float(log_student_tail(np.array(t), 2)) <= tail + 0.8
