from __future__ import annotations

import numpy as np
import pytest
from tests.support.by_hand import happened, measure_of
from tests.support.small_store import expect, small_map

from resa.analytics.statistics import ratio_interval
from resa.base.errors import QuestionError
from resa.model.journey import Metric

MAP = small_map(
    expect("a", "b", "10 seconds"),
    metrics=[
        Metric(key="orders", name="Orders", of=("b",), kind="visits"),
        Metric(key="worth", name="Worth", kind="mean"),
    ],
)


def test_a_mean_has_the_published_interval() -> None:
    """One number a customer: Student's interval of a mean; his own sleep data (Biometrika 6, 1908), second column."""
    hours = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    found = ratio_interval(np.arange(10), hours, np.ones(10))
    assert found.share == pytest.approx(2.33)
    assert (found.low, found.high) == pytest.approx((0.898, 3.762), abs=5e-4)


def test_intervals_of_means_hold_as_often_as_they_say() -> None:
    random = np.random.default_rng(5)
    held = 0
    for _ in range(1_000):
        means = random.gamma(4, 2, 50)  # customers differ, so their visits resemble each other
        visits = random.integers(1, 7, 50)
        customers = np.repeat(np.arange(50), visits)
        found = ratio_interval(customers, random.normal(means[customers], 1), np.ones(len(customers)))
        held += found.low <= 8 <= found.high
    assert 925 <= held <= 970


def test_one_customer_has_no_interval_and_nobody_no_number() -> None:
    alone = ratio_interval(np.zeros(3, np.int64), np.arange(3.0), np.ones(3))
    assert (alone.share, np.isnan(alone.low)) == (1.0, True)
    assert np.isnan(ratio_interval(np.zeros(0, np.int64), np.zeros(0), np.zeros(0)).share)


def test_visits_that_say_nothing_are_told() -> None:
    events = [*happened(0, (0, "a")), *happened(1, (0, "a"), value=4.0)]
    result = measure_of(events, MAP).metrics()
    assert [row["value"] for row in result.table.to_pylist()] == [0, 4]
    assert "1 of 2 visits says nothing for 'worth'." in result.warnings
    assert result.customers("visits", metric="worth")["customer"].to_pylist() == [0, 1]


def test_one_metric_is_drawn_by_group_or_over_time() -> None:
    measure = measure_of(happened(0, (0, "b"), (90_000, "b"), device="phone"), MAP)
    assert "Orders" in measure.metrics("orders", by="day").picture()
    assert "phone" in measure.metrics("orders", by="device").picture()
    for asked in (measure.metrics("orders"), measure.metrics(by="day")):
        with pytest.raises(QuestionError, match="one metric is drawn, by groups or periods"):
            asked.picture()


def test_what_is_not_on_the_map_is_said() -> None:
    with pytest.raises(QuestionError, match=r"metric 'order' is not on the map; did you mean 'orders'"):
        measure_of([], MAP).metrics("order")
    with pytest.raises(QuestionError, match="metric 'zzz' is not on the map; it names: orders, worth"):
        measure_of([], MAP).metrics("zzz")
    with pytest.raises(QuestionError, match="the map names no metrics; write some under metrics:"):
        measure_of([]).metrics()
