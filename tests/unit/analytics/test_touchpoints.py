"""Visits, customers, times, values and scores by touchpoint, counted by hand."""

from __future__ import annotations

import pytest
from tests.support.small_store import START, Happened, SmallStore, expect, small_map

from resa.analytics import Measure
from resa.model.journey import Persona

EVENTS = [
    Happened(customer=0, at=0, event="a", value=10),
    Happened(customer=0, at=8, event="a", properties={"score": 4}),
    Happened(customer=0, at=10, event="b", device="phone"),
    Happened(customer=1, at=0, event="a", value=5, properties={"score": 1}, device="phone"),
    Happened(customer=1, at=100, event="x"),
    Happened(customer=2, at=0, event="x"),
]
PERSONAS = (Persona(key="payer", name="Payer", who="count(a) = 2"), Persona(key="told", name="Told"))


@pytest.fixture
def measure() -> Measure:
    journey_map = small_map(expect("a", "b", "1 day"), personas=PERSONAS)
    return Measure(SmallStore(EVENTS, {"shop": journey_map}), {"shop": journey_map}, clock=lambda: START)


def test_counts_by_hand(measure: Measure) -> None:
    result = measure.touchpoints()
    a, b = result.table.to_pylist()
    assert (a["touchpoint"], a["visits"], a["customers"], a["value"]) == ("a", 3, 2, 15)
    assert (a["score"], a["scores"]) == (2.5, 2)
    assert a["median_seconds"] == pytest.approx(2, rel=1 / 64)
    assert (b["touchpoint"], b["visits"], b["customers"]) == ("b", 1, 1)
    assert (b["value"], b["score"], b["scores"], b["median_seconds"]) == (None, None, 0, None)
    assert result.n == {"customers": 2, "visits": 4}
    assert result.parts["personas"].table.to_pylist() == [{"persona": "payer", "customers": 1}]


def test_groups_and_periods_take_only_their_visits(measure: Measure) -> None:
    rows = measure.touchpoints(by="device").table.to_pylist()
    assert [(row["group"], row["touchpoint"], row["visits"], row["value"]) for row in rows] == [
        ("(not known)", "a", 2, 10),
        ("phone", "a", 1, 5),
        ("phone", "b", 1, None),
    ]
    late = measure.touchpoints(since="2026-03-02T00:00:05+00:00")
    assert [(row["touchpoint"], row["visits"], row["value"]) for row in late.table.to_pylist()] == [
        ("a", 1, None),
        ("b", 1, None),
    ]
    assert late.n == {"customers": 1, "visits": 2}


def test_nothing_is_counted_of_nothing() -> None:
    journey_map = small_map(expect("a", "b", "1 day"), personas=PERSONAS)
    result = Measure(SmallStore([], {"shop": journey_map}), {"shop": journey_map}).touchpoints()
    assert result.table.num_rows == 0
    assert result.n == {"customers": 0, "visits": 0}


def test_amounts_in_another_currency_are_not_added() -> None:
    events = [
        Happened(customer=0, at=0, event="a", value=100, source_id="till"),
        Happened(customer=1, at=0, event="a", value=100, source_id="web"),
        Happened(customer=2, at=0, event="a", value=7),
    ]
    maps = {"shop": small_map(expect("a", "b", "1 day"))}
    measure = Measure(SmallStore(events, maps), maps, currencies={"till": "SEK", "web": "USD"})
    result = measure.touchpoints()
    assert result.table.column("value").to_pylist() == [107]
    told = "Values of 'web' are left out: they are in USD, and the map counts in SEK."
    assert result.warnings == (told,)
    assert measure.findings().warnings == (told,)
    assert measure.sql("SELECT sum(value) AS value FROM visits").to_pylist() == [{"value": 107}]
    assert measure.sql(result.sql()).column("value").to_pylist() == [107]
