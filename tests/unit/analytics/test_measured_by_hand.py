from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from gc import collect
from typing import Any
from weakref import ref

import pyarrow as pa
import pytest
from tests.support.by_hand import happened, measure_of, only_row
from tests.support.questions import assert_sound
from tests.support.small_store import START, Happened, SmallStore, expect, small_map

from resa.analytics import Measure
from resa.analytics.results.kept import bare
from resa.base.errors import QuestionError
from resa.model.journey import Persona, Signal


def test_the_young_are_never_mixed_in() -> None:
    """Mixing what is met already with what can still be missed shows 0.77 for a true 0.36."""
    events: list[Happened] = []
    for customer in range(100):
        events += happened(customer, (0, "a"), *([(5, "b")] if customer < 36 else []))
    for customer in range(100, 278):
        events += happened(customer, (95, "a"), (96, "b"))
    for customer in range(278, 578):
        events += happened(customer, (95, "a"))
    row = only_row(measure_of([*events, *happened(578, (100, "x"))]).expectations())
    assert (row["mature"], row["met"], row["missed"]) == (100, 36, 64)
    assert (row["young_met"], row["young_open"]) == (178, 300)
    assert row["share"] == pytest.approx(0.36)
    assert row["low"] < 0.36 < row["high"]


def test_a_miss_waits_for_every_source_that_ever_delivered_what_was_expected() -> None:
    events = [
        *happened(0, (0, "a"), source_id="web"),
        *happened(1, (0, "a"), (5, "b"), source_id="till"),
        *happened(2, (60, "x"), source_id="web"),
    ]
    assert only_row(measure_of(events).expectations())["young_open"] == 1
    later = {"web": START + timedelta(seconds=60), "till": START + timedelta(seconds=60)}
    assert only_row(measure_of(events, as_of=later).expectations())["missed"] == 1


def test_the_edge_of_the_window_is_inside() -> None:
    events = [*happened(0, (0, "a"), (10, "b")), *happened(1, (0, "a"), (10.000001, "b")), *happened(2, (99, "x"))]
    result = measure_of(events).expectations()
    assert (only_row(result)["met"], only_row(result)["missed"]) == (1, 1)
    assert result.customers("met").column("customer").to_pylist() == [0]
    assert result.customers("missed", expectation="a.b", identifiers=True).to_pylist() == [
        {"customer": 1, "count": 1, "identifiers": [{"kind": "user_id", "value": "u1"}]}
    ]


def test_a_deadline_at_the_very_moment_of_completeness_has_passed() -> None:
    row = only_row(measure_of([*happened(0, (0, "a")), *happened(1, (10, "x"))]).expectations())
    assert (row["mature"], row["missed"]) == (1, 1)


def test_customers_are_counted_as_the_funnel_does_when_a_young_start_renewed_a_mature_one() -> None:
    """The opening waits for its last start, which is young; the mature start alone was not met in time."""
    measure = measure_of([*happened(0, (0, "a"), (5, "a"), (11, "b")), *happened(1, (12, "x"))])
    row = only_row(measure.expectations())
    funnel = measure.funnel(["a", "b"], within="10 seconds", mature=True)
    assert (row["mature"], row["young_met"], row["customers"], row["customers_met"]) == (0, 1, 1, 0)
    assert funnel.table.column("customers").to_pylist() == [1, 0]


def test_the_last_day_of_a_period_is_part_of_it_and_ends_at_midnight_in_the_zone_of_the_map() -> None:
    midnight = datetime(2026, 3, 2, 23, tzinfo=UTC)  # in Stockholm
    events = [
        Happened(customer=0, at=midnight - timedelta(seconds=1), event="a"),
        Happened(customer=1, at=midnight, event="a"),
        Happened(customer=2, at=datetime(2026, 3, 1, 23, tzinfo=UTC), event="a"),
        Happened(customer=3, at=datetime(2026, 3, 1, 22, tzinfo=UTC), event="a"),
    ]
    measure = measure_of(events, small_map(timezone="Europe/Stockholm"))
    result = measure.funnel(["a"], since="2026-03-02", until="2026-03-02")
    assert result.customers().column("customer").to_pylist() == [0, 2]


def test_as_of_hides_what_came_later() -> None:
    events = happened(0, (0, "a"), (5, "b"), (60, "x"))
    row = only_row(measure_of(events).expectations(as_of=(START + timedelta(seconds=3)).isoformat()))
    assert (row["mature"], row["young_met"], row["young_open"]) == (0, 0, 1)


def test_what_they_did_instead() -> None:
    events = [
        *happened(0, (0, "a"), (1, "x"), (2, "c"), (3, "d")),
        *happened(1, (0, "a"), (11, "c")),
        *happened(2, (99, "x")),
    ]
    part = measure_of(events).expectations().parts["instead"]
    assert [(row["instead"], row["missed"]) for row in part.table.to_pylist()] == [("c", 1), (None, 1)]


def test_a_promise_in_working_days_over_a_weekend() -> None:
    friday = datetime(2026, 3, 6, 14, 0, tzinfo=UTC)  # 15:00 in Stockholm
    journey_map = small_map(expect("a", "b", "1 working day", kind="promise"), timezone="Europe/Stockholm")
    events = []
    for customer, hours in enumerate((72, 72 + 1 / 3600)):
        events.append(Happened(customer=customer, at=friday, event="a"))
        events.append(Happened(customer=customer, at=friday + timedelta(hours=hours), event="b"))
    events.append(Happened(customer=2, at=friday + timedelta(days=9), event="x"))
    row = only_row(measure_of(events, journey_map).expectations(kinds="promise"))
    assert (row["met"], row["missed"]) == (1, 1)


def test_a_promise_in_working_days_over_a_holiday() -> None:
    friday = datetime(2026, 3, 6, 14, 0, tzinfo=UTC)  # 15:00 in Stockholm
    promise = expect("a", "b", "1 working day", kind="promise")
    holidays = (date(2026, 3, 9), date(2026, 3, 11))
    journey_map = small_map(promise, timezone="Europe/Stockholm", holidays=holidays)
    events = []
    for customer, hours in enumerate((4 * 24, 4 * 24 + 1 / 3600)):  # Monday is free: due on Tuesday at 15:00
        events.append(Happened(customer=customer, at=friday, event="a"))
        events.append(Happened(customer=customer, at=friday + timedelta(hours=hours), event="b"))
    events.append(Happened(customer=2, at=friday + timedelta(days=9), event="x"))
    row = only_row(measure_of(events, journey_map).expectations(kinds="promise"))
    assert (row["met"], row["missed"]) == (1, 1)


@pytest.mark.parametrize("by", ["device", "persona", "traits.orders", "day", "channel"])
def test_planned_and_actual_by_group(by: str) -> None:
    """A customer is in the group of the event that began the path; of 0 and 1, who began it by phone, one left."""
    personas = (Persona(key="gift", name="Gift", who="traits.orders <= 2", path=("a", "b")),)
    events = [
        *happened(0, (0, "a"), device="phone", channel="app"),
        *happened(0, (1, "b"), device="desk", channel="web"),
        *happened(1, (0, "a"), (1, "c"), device="phone", channel="app"),
        *happened(2, (90_000, "a"), (90_001, "c"), (90_002, "b"), device="desk", channel="web"),
    ]
    measure = measure_of(events, small_map(personas=personas), traits={0: {"orders": 1}, 2: {"orders": 2}})
    result = measure.planned(by=by)
    assert_sound(measure, result)
    if by == "device":
        rows = [row for row in result.table.to_pylist() if row["who"] == "everyone"]
        assert [(row["group"], row["step"], row["customers"], row["direct"], row["left"]) for row in rows] == [
            ("phone", 1, 2, 1, 1),
            ("phone", 2, 1, None, None),
            ("desk", 1, 1, 0, 0),
            ("desk", 2, 1, None, None),
        ]


@pytest.mark.parametrize("holidays", [(), (date(2024, 11, 5),)], ids=["no holidays", "a holiday"])
@pytest.mark.parametrize("renews", [True, False])
def test_working_days_are_the_same_in_sql_where_the_clocks_go_back_at_midnight(
    renews: bool, holidays: tuple[date, ...]
) -> None:
    """In Cairo the last hour of Thursday, 31 October 2024, came twice."""
    promise = expect("a", "b", "1 working day", kind="promise", renews=renews)
    begin = datetime(2024, 10, 31, 20, 0, tzinfo=UTC)
    events = []
    for customer in range(48):
        started = begin + timedelta(minutes=5 * customer)
        events.append(Happened(customer=customer, at=started, event="a"))
        events.append(Happened(customer=customer, at=started + timedelta(minutes=25), event="a"))
        events.append(Happened(customer=customer, at=started + timedelta(hours=24, minutes=3 * customer), event="b"))
    events.append(Happened(customer=48, at=begin + timedelta(days=9), event="x"))
    measure = measure_of(events, small_map(promise, timezone="Africa/Cairo", holidays=holidays))
    for result in (measure.expectations(curve=True), measure.trend("a.b", every="day")):
        assert_sound(measure, result)


def test_the_days_that_a_zone_skipped_are_left_out() -> None:
    """Samoa had no 30 December 2011."""
    begin = datetime(2011, 12, 29, 20, 0, tzinfo=UTC)
    events = [Happened(customer=c, at=begin + timedelta(hours=7 * c), event="a") for c in range(5)]
    measure = measure_of(events, small_map(expect("a", "b", "1 hour"), timezone="Pacific/Apia"))
    for result in (measure.transitions(by="day"), measure.trend("a", every="day"), measure.trend("a.b", every="day")):
        assert_sound(measure, result)


def test_a_device_that_is_not_known_can_be_asked_for() -> None:
    events = [*happened(0, (0, "a")), *happened(1, (0, "a"), (1, "b"), device="phone")]
    measure = measure_of(events)
    result = measure.touchpoints(device="(not known)")
    assert result.table.column("visits").to_pylist() == [1]
    assert_sound(measure, result)


def test_no_valid_map_is_said() -> None:
    store = SmallStore([], {})
    with pytest.raises(QuestionError, match="there is no valid map to ask about; `resa map check`"):
        Measure(store, {}).touchpoints()


def test_a_path_that_begins_with_something_unseen_says_why_nobody_walks_it() -> None:
    def warned(*signals: Signal) -> tuple[str, ...]:
        personas = (Persona(key="gift", name="Gift", who="traits.gift = 1", path=("a", "b")),)
        journey_map = replace(small_map(personas=personas), signals=signals)
        return measure_of(happened(0, (0, "b")), journey_map, traits={0: {"gift": 1}}).planned().warnings

    seen = [Signal(touchpoint=key, kind="events", when=f"event = '{key}'") for key in "ab"]
    assert any("No events show 'a'" in warning and "begin" in warning for warning in warned(seen[1]))
    told = Signal(touchpoint="a", kind="not_seen", not_seen="asked in the survey")
    assert any("No events show 'a'" in warning for warning in warned(told, seen[1]))
    assert any("No events show 'b'" in warning for warning in warned(seen[0]))
    assert not any("No events show" in warning for warning in warned(*seen))


def test_the_funnel_of_a_persona_and_its_warnings() -> None:
    personas = (Persona(key="gift", name="Gift", who="traits.orders <= 2"),)
    events = [*happened(0, (0, "a"), (1, "b")), *happened(1, (0, "a"))]
    measure = measure_of(events, small_map(personas=personas), traits={0: {"orders": 1}, 1: {"orders": 9}})
    result = measure.funnel(["a", "b"], within="7 days", by="persona")
    assert [(row["group"], row["customers"]) for row in result.table.to_pylist()] == [("gift", 1), ("gift", 1)]
    assert any("as they are now" in warning for warning in result.warnings)
    assert any("no persona" in warning for warning in result.warnings)


def test_a_step_may_be_a_stage_or_written_as_people_write() -> None:
    measure = measure_of(happened(0, (0, "a"), (1, "c")))
    assert measure.funnel(["Early", "late"]).table.column("customers").to_pylist() == [1, 1]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda m: m.funnel(["a", "bb"]), "touchpoint 'bb' is not on the map 'shop'"),
        (lambda m: m.funnel(["a?"]), "first step cannot be optional"),
        (lambda m: m.funnel(["a"], optional=["b"]), "no step of the funnel"),
        (lambda m: m.funnel(["a", "b?"], directly=True), "cannot be optional; ask two funnels"),
        (lambda m: m.funnel(["a", "b"], unless="b"), "'b' is a step itself"),
        (lambda m: m.expectations("a.bb"), "did you mean 'a.b'"),
        (lambda m: m.funnel(["a"], persona="gif"), "no persona 'gif'"),
        (lambda m: m.funnel(["a"], channel="wep"), "no event has the channel 'wep'"),
        (lambda m: m.funnel(["a"], where="traits.x >"), "in 'where'"),
        (lambda m: m.funnel(["a"], map="chop"), "did you mean 'shop'"),
        (lambda m: m.trend("zzz"), "neither a touchpoint nor an expectation"),
        (lambda m: m.planned("ghost"), "no persona 'ghost'"),
        (lambda m: m.funnel(["a"]).customers("share"), "no customers behind it"),
        (lambda m: m.funnel(["a", "b"]).customers("customers"), "2 rows fit"),
        (lambda m: m.improvements(by="device").picture(), "no picture for improvements, grouped; show the table"),
        (
            lambda m: m.expectations().picture("instead"),
            "no picture for 'instead' of expectations.*expectations, curve",
        ),
        (lambda m: m.expectations().picture("curve"), "no part 'curve'"),
    ],
)
def test_what_cannot_be_answered_is_said(ask: Any, message: str) -> None:
    with pytest.raises(QuestionError, match=message):
        ask(measure_of(happened(0, (0, "a"))))


def test_planned_and_actual() -> None:
    personas = (Persona(key="gift", name="Gift", who="traits.gift = 1", path=("a", "b", "d")),)
    events = [
        *happened(0, (0, "a"), (1, "a"), (2, "b"), (3, "d")),  # all of it, directly
        *happened(1, (0, "a"), (1, "c"), (2, "b")),  # a detour by c, then nowhere
        *happened(2, (0, "a"), (1, "e")),  # leaves to e
        *happened(3, (0, "b"), (1, "d")),  # never began it
    ]
    traits = {customer: {"gift": 1} for customer in range(4)}
    result = measure_of(events, small_map(personas=personas), traits=traits).planned()
    rows = [row for row in result.table.to_pylist() if row["who"] == "persona"]
    assert [(row["customers"], row["direct"], row["detour"], row["left"]) for row in rows] == [
        (3, 1, 1, 1),
        (2, 1, 0, 1),
        (1, None, None, None),
    ]
    detours = [row for row in result.parts["detours"].table.to_pylist() if row["who"] == "persona"]
    assert [(row["step"], row["to"], row["customers"], row["returned"]) for row in detours] == [
        (1, "c", 1, 1),
        (1, "e", 1, 0),
        (2, None, 1, 0),
    ]


@pytest.mark.parametrize("events", [[], happened(0, (0, "x")), happened(0, (0, "a"))])
def test_little_or_nothing_is_no_error(events: list[Happened]) -> None:
    measure = measure_of(events)
    results = [
        measure.funnel(["a", "b"]),
        measure.expectations(curve=True),
        measure.transitions(),
        measure.paths(),
        measure.process(touchpoints="50 %"),
        measure.variants(),
        measure.trend("a"),
        measure.trend("a.b"),
        measure.planned(),
        measure.touchpoints(),
        measure.retention(every="day", by="channel"),
        measure.stages(quiet_after="1 day"),
        measure.channels("device"),
        measure.improvements(),
        measure.conformance(),
    ]
    for result in results:
        assert json.loads(result.json())["generation"] == 1
        for part in result.parts.values():
            assert measure.sql(part.sql).num_rows == part.table.num_rows
    assert measure.findings().places == ()


def test_a_result_shows_itself_and_travels() -> None:
    measure = measure_of(happened(0, (0, "a"), (1, "b"), (60, "x"), channel="<web>"))
    result = measure.funnel(["a", "b"], by="channel")
    shown = result._repr_mimebundle_()
    assert "share_of_first" in shown["text/plain"]
    assert "&lt;web&gt;" in shown["text/html"]
    assert "<web>" not in shown["text/html"]
    assert pa.table(result).equals(result.table)
    assert result.to_polars().height == result.to_pandas().shape[0] == 2
    assert result.document["question"] == {
        "kind": "funnel",
        "map": "shop",
        "steps": ["a", "b"],
        "by": "channel",
    }


def test_answers_are_drawn() -> None:
    measure = measure_of([*happened(0, (0, "a"), (1, "b"), (60, "x")), *happened(1, (0, "a"), (99, "x"))])
    results = [measure.funnel(["a", "b"]), measure.expectations(), measure.transitions(), measure.paths()]
    results += [measure.trend("a.b"), measure.trend("a.b", by="device"), measure.trend("a"), measure.touchpoints()]
    results += [measure.variants(), measure.expectations(by="device"), measure.funnel(["a", "b"], by="device")]
    for result in results:
        assert result.picture().startswith("<svg")
        assert "<svg" in result._repr_mimebundle_()["text/html"]


def test_the_curve_of_an_expectation_is_drawn_as_stairs() -> None:
    measure = measure_of([*happened(0, (0, "a"), (1, "b"), (60, "x")), *happened(1, (0, "a"), (99, "x"))])
    result = measure.expectations("a.b", curve=True)
    drawn = result.picture("curve")
    assert drawn != result.picture()
    assert "50%" in drawn
    assert "10 s" in drawn


def test_answers_are_kept_until_the_events_change() -> None:
    journey_map = small_map(expect("a", "b", "10 seconds"))
    store = SmallStore(happened(0, (0, "a")), {"shop": journey_map})
    measure = Measure(store, store.maps)
    first = measure.funnel(["a"])
    assert measure.funnel(["a"]).table is first.table
    store.generation = 2
    assert measure.funnel(["a"]).table is not first.table


def test_customers_are_met_of_an_answer_that_many_others_followed() -> None:
    measure = measure_of([*happened(0, (0, "a"), (1, "b")), *happened(1, (0, "a")), *happened(2, (0, "c"))])
    before = measure.funnel(["a", "b"])
    for step in ("a", "b", "c", ["c", "a"], ["a", "c"], ["b", "c"], ["a", "b", "c"]):
        measure.funnel(step)
    for result in (before, measure.funnel(["a", "b"])):
        assert result.table is before.table  # the answer itself was kept
        assert result.customers("customers", step=1)["customer"].to_pylist() == [0, 1]
        assert result.customers("customers", step=2)["customer"].to_pylist() == [0]


def test_what_is_kept_of_an_answer_holds_nothing_of_the_events() -> None:
    measure = measure_of([*happened(0, (0, "a"), (1, "b"))])
    asked = [measure.funnel(step) for step in ("a", "b", ["b", "a"], "c", ["a", "b"])]
    held = ref(measure.snapshot())
    measure._snapshots.clear()
    measure._whole.forget()
    assert asked
    assert held() is not None  # who holds an answer may still ask for its customers
    kept = bare(asked[0]).main
    for behind in (kept.people, kept.moments):
        with pytest.raises(LookupError):
            behind["customers"](0)
    asked.clear()
    collect()
    assert held() is None
