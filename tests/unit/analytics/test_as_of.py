"""Up to when the data are complete is one thing, whichever question asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.small_store import START, Happened, SmallStore, expect, small_map

from resa.analytics import Measure, Result
from resa.model.journey import JourneyMap, Persona, Signal

ARROW = expect("a", "b", "1 day")
DAY = 86_400.0


def measure_of(*events: tuple[int, float, str, str], **more: Any) -> Measure:
    """A measure of (customer, days after the start, touchpoint, source)."""
    happened = [Happened(customer=c, at=days * DAY, event=name, source_id=source) for c, days, name, source in events]
    who = "count(b, last => '1d') > 0"
    store = SmallStore(happened, {"shop": small_map(ARROW, personas=[Persona(key="p", name="P", who=who)])}, **more)
    return Measure(store, store.maps)


def somebody(measure: Measure, result: Result) -> bool:
    """Whether a filter left anybody; the answer's SQL must leave the same."""
    rows: list[dict[str, Any]] = result.table.to_pylist()
    assert measure.sql(result.sql()).to_pylist() == rows
    return bool(rows)


@pytest.fixture
def two_sources() -> Measure:
    """The source that ever delivered b is complete to the day before a; the other one far beyond."""
    return measure_of((0, 9, "a", "web"), (1, 19, "c", "web"), (2, 4, "b", "till"))


def test_a_condition_on_a_miss_waits_for_the_same_sources_as_the_expectation(two_sources: Measure) -> None:
    assert two_sources.expectations().table.column("missed").to_pylist() == [0]
    assert not somebody(two_sources, two_sources.transitions(where="missed('a.b')"))
    later = (START + timedelta(days=19)).isoformat()
    assert somebody(two_sources, two_sources.transitions(where="missed('a.b')", as_of=later))


def test_a_mature_funnel_waits_for_the_same_sources_as_the_expectation(two_sources: Measure) -> None:
    assert two_sources.expectations().table.column("customers").to_pylist() == [0]
    funnel = two_sources.funnel(["a", "b"], within="1 day", mature=True)
    assert funnel.table.column("customers").to_pylist() == [0, 0]
    assert two_sources.sql(funnel.sql()).column("customers").to_pylist() == [0, 0]
    young = two_sources.funnel(["a", "b"], within="1 day")
    assert young.warnings == ("1 customer entered less than 1 day before the data end and may still come further.",)


def test_an_optional_step_has_no_say_in_what_is_mature(two_sources: Measure) -> None:
    funnel = two_sources.funnel(["a", "b?", "c"], within="1 day", mature=True)
    assert funnel.table.column("customers").to_pylist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("where", "left"),
    [
        ("count(b) = 0", True),
        ("count(b, last => '9d') = 0", True),
        ("days_since(b) < 100", False),
        ("days_since(traits.joined) < 100", False),
        ("met('a.b')", False),
        ("opened('a.b')", True),
        ("opened('a.b', last => '1d')", True),
        ("persona('p')", False),
    ],
)
def test_what_happened_after_the_moment_does_not_count(where: str, left: bool) -> None:
    measure = measure_of(
        (0, 0, "a", "web"), (0, 0.5, "b", "web"), (0, 9, "c", "web"), traits={0: {"joined": "2026-03-05"}}
    )
    as_of = (START + timedelta(hours=6)).isoformat()
    assert somebody(measure, measure.transitions(where=where, as_of=as_of)) is left


def test_the_moment_of_the_data_holds_for_all_conditions_alike() -> None:
    """With a lateness the data may hold events that are newer than the moment up to which they are complete."""
    complete = {"web": START + timedelta(hours=6)}
    measure = measure_of((0, 0, "a", "web"), (0, 0.5, "b", "web"), as_of=complete)
    for where in ("count(b) > 0", "count(b, last => '9d') > 0", "days_since(b) < 100", "met('a.b')"):
        assert not somebody(measure, measure.transitions(where=where))


def test_without_data_no_condition_holds_and_none_fails() -> None:
    measure = measure_of(customers=1, traits={0: {"joined": "2026-03-01"}})
    for where in ("days_since(b) < 1", "days_since(traits.joined) < 1", "missed('a.b')", "count(b, last => '1d') > 0"):
        assert not somebody(measure, measure.transitions(where=where))


def test_nobody_missed_what_no_event_can_show() -> None:
    """The map says how events show the others, so it is known that nothing is known of this one."""
    seen = tuple(Signal(touchpoint=key, kind="events", when=f"event = '{key}'") for key in ("a", "c"))
    events = [Happened(customer=who, at=at, event=name) for who in range(12) for at, name in ((0, "a"), (9 * DAY, "c"))]
    bare = small_map(replace(ARROW, target=0.5), expect("a", ["b", "c"], "1 day"))
    assert missed(bare, events) == {"a.b": 12, "a.b_or_c": 12}
    assert missed(replace(bare, signals=seen), events) == {"a.b": 0, "a.b_or_c": 12}
    because = Signal(touchpoint="b", kind="not_seen", not_seen="the warehouse keeps it")
    assert missed(replace(bare, signals=(*seen, because)), events) == {"a.b": 0, "a.b_or_c": 12}


def missed(journey_map: JourneyMap, events: list[Happened]) -> dict[str, int]:
    store = SmallStore(events, {"shop": journey_map})
    measure = Measure(store, store.maps)
    result = measure.expectations()
    assert measure.sql(result.sql()) == result.table
    friction = measure.friction(within="1 day").table.to_pylist()
    told = "cannot be measured" in result.text()
    assert told is bool(journey_map.signals)
    assert (("unmet", "b") in {(row["sign"], row["to"]) for row in friction}) is not told
    return {row["expectation"]: row["missed"] for row in result.table.to_pylist()}
