from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from resa.kernels import CANCELLED, MET, cumulative_incidence

# Acute myelogenous leukaemia, maintained arm (Embury et al. 1977; Miller, Survival Analysis, 1997; `aml` in R's
# survival).
AML_TIMES = np.array([9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161], np.int64)
AML_EVENTS = np.array([1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0], np.uint8)


def test_without_cancellation_it_is_the_published_kaplan_meier_curve() -> None:
    found = cumulative_incidence(AML_TIMES, AML_EVENTS, MET, np.array([9, 13, 18, 23, 31, 34, 48, 161], np.int64))
    survival = [0.909, 0.818, 0.716, 0.614, 0.491, 0.368, 0.184, 0.184]
    errors = [0.0867, 0.1163, 0.1397, 0.1526, 0.1642, 0.1627, 0.1535, 0.1535]
    assert np.round(1 - found.share, 3).tolist() == survival
    assert np.round(found.error, 4).tolist() == errors
    assert found.waiting.tolist() == [11, 10, 8, 7, 5, 4, 2, 1]


def test_without_censoring_it_is_the_plain_share() -> None:
    causes = np.array([MET, CANCELLED, MET, MET, CANCELLED], np.uint8)
    durations = np.array([3, 1, 2, 9, 9], np.int64)
    found = cumulative_incidence(durations, causes, MET, np.array([0, 1, 2, 3, 8, 9, 100], np.int64))
    assert np.allclose(found.share, [0, 0, 0.2, 0.4, 0.4, 0.6, 0.6])
    assert np.allclose(found.error[5], np.sqrt(0.6 * 0.4 / 5))


def incidence_by_weights(
    durations: list[int], causes: list[int], weights: list[Fraction], cause: int, time: int
) -> Fraction:
    """The definition with a weight for each opening, in exact fractions."""
    survival, share = Fraction(1), Fraction(0)
    for moment in sorted(set(durations)):
        if moment > time:
            break
        rows = range(len(durations))
        waiting = sum((weights[row] for row in rows if durations[row] >= moment), Fraction(0))
        here = [row for row in rows if durations[row] == moment]
        share += survival * sum((weights[row] for row in here if causes[row] == cause), Fraction(0)) / waiting
        survival *= 1 - sum((weights[row] for row in here if causes[row]), Fraction(0)) / waiting
    return share


@pytest.mark.parametrize("seed", range(8))
def test_share_and_error_follow_from_the_definition(seed: int) -> None:
    random = np.random.default_rng(seed)
    durations = random.integers(0, 8, 14)
    causes = random.integers(0, 3, 14).astype(np.uint8)
    customer = random.integers(0, 5, 14)
    times = np.arange(-1, 9)
    found = cumulative_incidence(durations, causes, MET, times, customer=customer)
    lists = durations.tolist(), causes.tolist()
    step = Fraction(1, 10**9)
    for row, time in enumerate(times.tolist()):
        one = [Fraction(1)] * 14
        share = incidence_by_weights(*lists, one, MET, time)
        assert found.share[row] == pytest.approx(float(share))
        squares = Fraction(0)
        for who in range(5):
            heavier = [1 + step if whose == who else Fraction(1) for whose in customer.tolist()]
            slope = (incidence_by_weights(*lists, heavier, MET, time) - share) / step
            squares += slope * slope
        assert found.error[row] == pytest.approx(float(squares) ** 0.5, abs=1e-6)
        assert 0 <= found.low[row] <= found.share[row] <= found.high[row] <= 1


def test_nothing_gives_an_empty_curve() -> None:
    found = cumulative_incidence(np.zeros(0, np.int64), np.zeros(0, np.uint8), MET, np.array([0, 5], np.int64))
    assert found.share.tolist() == [0, 0]
    assert found.waiting.tolist() == [0, 0]
