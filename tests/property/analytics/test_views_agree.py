"""Numbers from different views of the same events agree, and agree with plain Python."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.questions import events
from tests.support.small_store import Happened, SmallStore, expect, small_map

from resa.analytics import Measure
from resa.model.journey import Expectation

ARROW = expect("a", ["b", "c"], "10 seconds")
PERIOD: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "since": st.sampled_from(["2026-03-02", "2026-03-02T00:00:05+00:00"]),
        "until": st.sampled_from(["2026-03-02", "2026-03-02T00:00:10+00:00"]),
        "as_of": st.sampled_from(
            ["2026-03-02T00:00:12+00:00", "2026-03-02T00:00:20+00:00", "2026-03-09T00:00:00+00:00"]
        ),
    },
)


def measure_of(happened: list[Happened], arrow: Expectation = ARROW) -> Measure:
    store = SmallStore(happened, {"shop": small_map(arrow)}, 5)
    return Measure(store, store.maps)


@settings(max_examples=150)
@given(events(), PERIOD)
def test_customers_of_an_expectation_are_those_of_the_funnel(happened: list[Happened], common: dict[str, Any]) -> None:
    measure = measure_of(happened)
    row = measure.expectations(**common).table.to_pylist()[0]
    funnel = measure.funnel(["a", ["b", "c"]], within="10 seconds", mature=True, **common).table.to_pylist()
    assert [row["customers"], row["customers_met"]] == [step["customers"] for step in funnel]


@settings(max_examples=150)
@given(events(), PERIOD)
def test_customers_of_one_with_unless_are_those_of_the_funnel(happened: list[Happened], common: dict[str, Any]) -> None:
    measure = measure_of(happened, expect("a", ["b", "c"], "10 seconds", unless=["d"]))
    row = measure.expectations(**common).table.to_pylist()[0]
    funnel = measure.funnel(["a", ["b", "c"]], unless="d", within="10 seconds", mature=True, **common).table.to_pylist()
    assert [row["customers"], row["customers_met"]] == [step["customers"] for step in funnel]


@settings(max_examples=100)
@given(events())
def test_all_mature_openings_tell_the_same_customers(happened: list[Happened]) -> None:
    measure = measure_of(happened)
    result = measure.expectations(as_of="2030-01-01T00:00:00+00:00")
    for column, openings in (("customers", "mature"), ("customers_met", "met")):
        by_column = result.customers(column).column("customer").to_pylist()
        assert by_column == result.customers(openings).column("customer").to_pylist()


@settings(max_examples=100)
@given(events(), PERIOD)
def test_trend_adds_up_to_the_expectation_and_to_the_transitions(
    happened: list[Happened], common: dict[str, Any]
) -> None:
    measure = measure_of(happened)
    whole = measure.expectations(**common).table.to_pylist()[0]
    by_day = measure.trend("a.b_or_c", every="day", **common).table.to_pylist()
    for name in ("mature", "met", "missed", "cancelled", "young_met", "young_open", "young_cancelled"):
        assert sum(row[name] for row in by_day) == whole[name]
    visits = sum(row["visits"] for row in measure.trend("a", every="week", **common).table.to_pylist())
    ways = [row for row in measure.transitions(**common).table.to_pylist() if row["from"] == "a"]
    assert visits == sum(row["count"] for row in ways)


@settings(max_examples=100)
@given(events(), PERIOD)
def test_paths_of_two_steps_are_the_first_transitions(happened: list[Happened], common: dict[str, Any]) -> None:
    measure = measure_of(happened)
    paths = measure.paths(steps=2, top=100, collapse=False, **common)
    entries = [row for row in measure.transitions(**common).table.to_pylist() if row["from"] is None]
    assert paths.n["paths"] == sum(row["count"] for row in entries)
    starts: dict[str, int] = {}
    for row in paths.table.to_pylist():
        starts[row["path"][0]] = starts.get(row["path"][0], 0) + row["count"]
    assert starts == {row["to"]: row["count"] for row in entries}


@settings(max_examples=100)
@given(events(), st.sampled_from(["day", "channel", "device", "properties.k"]))
def test_groups_of_events_add_up(happened: list[Happened], by: str) -> None:
    measure = measure_of(happened)
    for kind, columns in (("expectations", ("mature", "met", "missed", "young_open")), ("transitions", ("count",))):
        ask = getattr(measure, kind)
        for column in columns:
            assert sum(ask(by=by).table.column(column).to_pylist()) == sum(ask().table.column(column).to_pylist())


@settings(max_examples=60)
@given(events(), st.randoms(use_true_random=False))
def test_variants_and_others_add_up_to_all_customers(happened: list[Happened], random: Any) -> None:
    measure = measure_of(happened)
    result = measure.variants(top=random.randint(1, 3))
    seen = {event.customer for event in happened if event.event != "x"}
    assert sum(result.table.column("customers").to_pylist()) == len(seen)
