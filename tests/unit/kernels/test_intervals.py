from __future__ import annotations

import math

import numpy as np
import pytest

from resa.base.errors import QuestionError
from resa.kernels import clustered_interval, difference_interval, effective_size, wilson_interval
from resa.kernels.intervals import student_quantile


@pytest.mark.parametrize(
    ("met", "total", "low", "high"),
    [  # Newcombe 1998, Statistics in Medicine 17, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_figures(met: int, total: int, low: float, high: float) -> None:
    interval = wilson_interval(met, total)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)
    mirrored = wilson_interval(total - met, total)
    assert math.isclose(mirrored.low, 1 - interval.high, abs_tol=1e-12)


def test_of_nothing_there_is_no_share() -> None:
    assert all(math.isnan(value) for value in wilson_interval(0, 0))
    assert all(math.isnan(value) for value in clustered_interval(np.zeros(0, np.int32), np.zeros(0, np.bool_)))
    with pytest.raises(QuestionError, match="not between 0 and 1"):
        wilson_interval(1, 2, confidence=95)


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)],
)
def test_student_quantiles_are_those_of_the_tables(freedom: int, quantile: float) -> None:
    assert round(student_quantile(0.95, freedom), 3) == quantile


def test_student_quantiles_of_other_confidences() -> None:
    assert round(student_quantile(0.99, 5), 3) == 4.032
    assert round(student_quantile(0.999, 10), 3) == 4.587
    assert round(student_quantile(0.90, 3), 3) == 2.353


def test_one_opening_a_customer_is_wilson_but_for_students_t() -> None:
    met = np.arange(2_000) < 500
    clustered, plain = clustered_interval(np.arange(2_000), met), wilson_interval(500, 2_000)
    assert clustered.share == plain.share
    assert math.isclose(clustered.low, plain.low, abs_tol=1e-4)
    assert math.isclose(clustered.high, plain.high, abs_tol=1e-4)


def test_openings_that_agree_within_a_customer_count_as_customers() -> None:
    customer = np.repeat(np.arange(400), 25)
    met = customer % 4 == 0
    clustered, plain = clustered_interval(customer, met), wilson_interval(100, 400)
    assert math.isclose(clustered.low, plain.low, abs_tol=1e-3)
    assert math.isclose(clustered.high, plain.high, abs_tol=1e-3)
    all_met = clustered_interval(customer, np.ones(len(customer), np.bool_))
    assert all_met.high == 1
    assert math.isclose(all_met.low, wilson_interval(400, 400).low)


def test_the_variance_is_that_of_whole_customers() -> None:
    # Openings 1, 2, 3 of which 1, 1, 0 were met: p = 1/3, residuals 2/3, 1/3, -1, so v = 3/2 · 14/9 / 36 = 7/108.
    found = clustered_interval(np.array([0, 1, 1, 2, 2, 2]), np.array([1, 1, 0, 0, 0, 0], np.bool_))
    effective = (2 / 9) / (7 / 108) * (1.959964 / 4.302653) ** 2
    wanted = wilson_interval(effective / 3, effective)
    assert math.isclose(found.share, 1 / 3)
    assert math.isclose(found.low, wanted.low, rel_tol=1e-5)
    assert math.isclose(found.high, wanted.high, rel_tol=1e-5)


def test_clustered_intervals_cover_as_often_as_they_say() -> None:
    random = np.random.default_rng(11)
    covered = 0
    for _ in range(1_000):
        chance = random.beta(2, 6, 60)  # customers differ; the true share of openings is 0.25
        openings = random.integers(1, 9, 60)
        customer = np.repeat(np.arange(60), openings)
        interval = clustered_interval(customer, random.random(len(customer)) < chance[customer])
        covered += interval.low <= 0.25 <= interval.high
    assert 930 <= covered <= 975


def test_the_difference_of_two_shares_has_the_published_interval() -> None:
    """Newcombe 1998, Statistics in Medicine 17, "Interval estimation for the difference…", table II, method 10."""
    for (met, total), (met_then, total_then), limits in (
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
    ):
        found = difference_interval(wilson_interval(met_then, total_then), wilson_interval(met, total))
        assert found.share == pytest.approx(met / total - met_then / total_then)
        assert (found.low, found.high) == pytest.approx(limits, abs=5e-5)


@pytest.mark.parametrize("confidence", [0.95, 0.999])
@pytest.mark.parametrize(
    ("met", "total"), [(0, 1), (1, 1), (0, 20), (7, 9), (1, 2), (500, 1_000), (3, 10**9), (2.5, 7.5)]
)
def test_the_effective_size_is_what_wilson_was_given(met: float, total: float, confidence: float) -> None:
    found = effective_size(wilson_interval(met, total, confidence), confidence)
    assert found == pytest.approx(total, rel=1e-6)


def test_of_nothing_the_effective_size_is_not_known() -> None:
    assert math.isnan(effective_size(wilson_interval(0, 0)))
