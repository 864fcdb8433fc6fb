from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.by_hand import happened
from tests.support.small_store import SmallStore, expect, small_map

from resa.analytics import Measure
from resa.base.errors import QuestionError


def measure_of(*, account: str | None) -> Measure:
    """Two people of one firm, one of another, one of none."""
    events = [*happened(0, (0, "a")), *happened(1, (5, "b")), *happened(2, (0, "a")), *happened(3, (0, "a"), (1, "b"))]
    traits: dict[int, dict[str, Any]] = {
        0: {"firm": "Nord", "land": "SE", "role": "buyer"},
        1: {"firm": "Nord", "land": "SE", "role": "user"},
        2: {"firm": "Aker"},
    }
    journey_map = replace(small_map(expect("a", "b", "10 seconds")), account=account)
    store = SmallStore(events, {"shop": journey_map}, 4, traits)
    return Measure(store, store.maps)


def test_what_two_people_of_a_firm_do_is_the_firms_journey() -> None:
    measure = measure_of(account="traits.firm")
    result = measure.funnel(["a", "b"], count_by="account")
    assert [row["customers"] for row in result.table.to_pylist()] == [2, 1]
    assert [row["customers"] for row in measure.funnel(["a", "b"]).table.to_pylist()] == [3, 1]
    behind = result.customers("customers", step=2, identifiers=True).to_pylist()
    assert behind == [{"customer": 1, "count": 1, "identifiers": [{"kind": "account", "value": "Nord"}]}]
    assert any("who belongs to none is left out" in warning for warning in result.warnings)


def test_of_an_account_is_known_what_its_customers_agree_on() -> None:
    table = measure_of(account="traits.firm").sql("SELECT traits FROM customers ORDER BY customer", count_by="account")
    assert table.column("traits").to_pylist() == ['{"firm": "Aker"}', '{"firm": "Nord", "land": "SE"}']


def test_without_accounts_on_the_map_they_cannot_be_counted() -> None:
    with pytest.raises(QuestionError, match=r"does not say what an account is; write account: traits.company"):
        measure_of(account=None).transitions(count_by="account")
    with pytest.raises(QuestionError, match="'acount' cannot be counted; did you mean 'account'"):
        measure_of(account="traits.firm").transitions(count_by="acount")


def test_without_events_there_are_no_accounts() -> None:
    journey_map = replace(small_map(), account="traits.firm")
    store = SmallStore([], {"shop": journey_map})
    assert Measure(store, store.maps).funnel(["a"], count_by="account").table.to_pylist()[0]["customers"] == 0


@pytest.mark.parametrize(("first", "second", "reached"), [("a", "b", 1), ("b", "a", 0)])
def test_events_of_one_moment_keep_the_order_of_their_file(first: str, second: str, reached: int) -> None:
    events = [*happened(1, (0, first)), *happened(0, (0, second))]
    traits = {customer: {"firm": "Nord"} for customer in (0, 1)}
    journey_map = replace(small_map(), account="traits.firm")
    measure = Measure(SmallStore(events, {"shop": journey_map}, 2, traits), {"shop": journey_map})
    assert measure.funnel(["a", "b"], count_by="account").table.column("customers").to_pylist() == [1, reached]
