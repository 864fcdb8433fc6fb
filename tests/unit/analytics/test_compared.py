from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from tests.support.by_hand import happened, measure_of

from resa.analytics import Measure
from resa.base.errors import QuestionError
from resa.kernels import difference_interval, wilson_interval


def two_devices(one: tuple[int, int], other: tuple[int, int]) -> Measure:
    """So many customers of so many on a phone, and on a desk, go on from a to b."""
    events = []
    customer = 0
    for device, (met, total) in (("phone", one), ("desk", other)):
        for number in range(total):
            ways = ((0.0, "a"), (1.0, "b")) if number < met else ((0.0, "a"),)
            events += happened(customer, *ways, device=device)
            customer += 1
    return measure_of(events, customers=customer)


def test_one_share_has_the_published_interval() -> None:
    """Newcombe 1998, table II, method 10: 56 of 70 against 48 of 80."""
    measure = two_devices((56, 70), (48, 80))
    for result in (
        measure.funnel(["a", "b"], within="10 seconds", by="device", compare=["phone", "desk"]),
        measure.variants(by="device", compare=["phone", "desk"]),
    ):
        row = next(row for row in result.table.to_pylist() if row.get("variant") in (None, ["a", "b"]))
        k = result.n["compared"]
        assert (row["counted"], row["size"], row["other_counted"], row["other_size"]) == pytest.approx((56, 70, 48, 80))
        if k == 1:
            assert (row["low"], row["high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)
            assert row["verdict"] == "higher"
        else:
            assert row["low"] < 0.0524  # two shares are compared, so the interval is wider
            assert row["high"] > 0.3339


def test_many_comparisons_are_wrong_together_as_often_as_one_may_be() -> None:
    random = np.random.default_rng(3)
    wrong, runs, shares = 0, 1_500, 12
    confidence = 1 - 0.05 / shares
    for _ in range(runs):
        chances = random.uniform(0.1, 0.9, shares)
        first, second = random.binomial(150, chances), random.binomial(220, chances)
        intervals = [
            difference_interval(wilson_interval(b, 220, confidence), wilson_interval(a, 150, confidence))
            for a, b in zip(first.tolist(), second.tolist(), strict=True)
        ]
        wrong += any(not low <= 0 <= high for _, low, high in intervals)
    assert wrong / runs <= 0.06


def test_the_customers_behind_both_sides_are_theirs() -> None:
    result = two_devices((3, 5), (1, 4)).funnel(["a", "b"], by="device", compare=["phone", "desk"])
    assert result.customers("counted", step=2)["customer"].to_pylist() == [0, 1, 2]
    assert result.customers("other_counted", step=2)["customer"].to_pylist() == [5]


def test_it_says_what_a_comparison_is_and_is_not() -> None:
    events = [*happened(0, (0, "a"), (1, "b"), device="phone"), *happened(0, (9, "a"), device="desk")]
    result = measure_of(events, customers=1).transitions(by="device", compare=["desk", "phone"])
    assert "desk against phone: 4 shares" in result.warnings[0]
    assert "1 customer is counted in both groups" in result.warnings[1]
    assert "only an experiment shows" in result.warnings[2]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"kind": "funnel", "steps": ["a"], "compare": ["phone", "desk"]}, "say by what customers are grouped"),
        (
            {"kind": "funnel", "steps": ["a"], "by": "device", "compare": ["phone"]},
            "two different groups are compared, not 1",
        ),
        (
            {"kind": "funnel", "steps": ["a"], "by": "device", "compare": ["phone", "desc"]},
            "no group 'desc' by device.*desk",
        ),
        ({"kind": "friction", "by": "device", "compare": ["phone", "desk"]}, "'places' has no shares"),
        ({"kind": "trend", "of": "a", "by": "device", "compare": ["phone", "desk"]}, "'trend' has no shares"),
    ],
)
def test_what_cannot_be_compared_is_said(asked: dict[str, Any], message: str) -> None:
    measure = two_devices((3, 5), (1, 4))
    with pytest.raises(QuestionError) as raised:
        measure.ask({"map": "shop", **asked})
    assert re.search(message, str(raised.value))


def test_a_group_of_nobody_has_no_share() -> None:
    events = [*happened(0, (0, "a"), device="phone"), *happened(1, (0, "a"), device="desk")]
    day = "2020-01-01"  # before all of them
    measure = measure_of(events, customers=2)
    result = measure.stages(by="device", compare=["phone", "desk"], **{"from": day, "until": day})
    for row in result.table.to_pylist():
        assert (row["counted"], row["share"], row["size"]) == (0, None, 0)
        assert row["difference"] is row["verdict"] is None
    assert measure.sql(result.sql()).to_pylist() == result.table.to_pylist()
