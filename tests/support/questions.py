"""Random small workspaces, and the check that an answer's SQL gives the answer and that its customers add up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import strategies as st
from tests.support.small_store import NAMES, Happened, SmallStore, expect, small_map

from resa.analytics import Measure, Result
from resa.kernels import RELATIVE_ERROR
from resa.model.customers import ComputedTrait, Segment
from resa.model.journey import Improvement, Metric, Persona
from resa.model.quantities import parse_duration

GAPS = st.sampled_from([0, 0, 0.000001, 0.5, 1, 1, 2, 5, 9.999999, 10, 10.000001, 60, 3600, 90_000])
PERSONAS = (
    Persona(key="gift", name="Gift", who="traits.orders <= 2", path=("a", "b", "d")),
    Persona(key="fan", name="Fan", who="traits.orders >= 2 or count(a) >= 3", path=("b", "c")),
    Persona(key="ghost", name="Ghost"),
)
ARROWS = (
    expect("a", "b", "10 seconds", target=0.5),
    expect("b", ["c", "d"], "1 working day", unless=["e"], kind="promise"),
    expect("c", "d", "1 hour", renews=False, per="properties.k"),
    expect("a", "a", "10 seconds", unless=["b"]),
    expect("b", "a", "5 seconds", renews=False),
    expect("d", "e", "1 minute", per="properties.k"),
)


IMPROVEMENTS = (
    Improvement(key="second_day", name="Second day", since=date(2026, 3, 3), should_move="a.b"),
    Improvement(key="fourth_day", name="Fourth day", since=date(2026, 3, 5), should_move="b.c_or_d"),
    Improvement(key="idea", name="Idea", should_move="a.b"),
)


METRICS = (
    Metric(key="visits", name="Visits", kind="visits"),
    Metric(key="buyers", name="Buyers", of=("b", "d"), kind="customers"),
    Metric(key="each", name="Visits each", of=("a", "b"), kind="visits", per_customer=True),
    Metric(key="revenue", name="Revenue", of=("a", "c", "d"), kind="sum"),
    Metric(key="spent", name="Spent each", kind="sum", per_customer=True),
    Metric(key="pieces", name="Pieces", kind="mean", number="properties.k"),
    Metric(key="worth", name="Worth", of=("a", "b", "c"), kind="mean"),
    Metric(key="mobile", name="Mobile", kind="share", number="device = 'phone'"),
    Metric(key="high", name="High", kind="quantile", number="properties.k", at=0.9),
    Metric(key="middle", name="Middle", of=("a", "b"), kind="quantile", at=0.5),
)


TRAITS = (
    ComputedTrait(key="visits_of_a", of=("a",), way="count", type="number"),
    ComputedTrait(key="lately", of=("a", "b"), way="count", in_last=parse_duration("1 day"), type="number"),
    ComputedTrait(key="spent", of=("a", "c"), way="sum", type="number"),
    ComputedTrait(key="pieces", when="device = 'phone'", way="sum", value="properties.k", type="number"),
    ComputedTrait(key="first_channel", way="first", value="channel"),
    ComputedTrait(key="last_channel", of=("b", "c"), when="value > 5", way="last", value="channel"),
    ComputedTrait(key="favourite", way="most_frequent", value="event"),
    ComputedTrait(key="usual_worth", way="most_frequent", value="value", type="number"),
    ComputedTrait(key="days_since_b", of=("b",), way="days_since_last", type="number"),
    ComputedTrait(key="known_for", way="days_since_first", type="number"),
    ComputedTrait(key="last_at", when="event <> 'x'", way="last", value="occurred_at", type="time"),
)
SEGMENTS = (
    Segment(key="returning", name="Returning", who="traits.visits_of_a >= 2 or traits.favourite = 'b'"),
    Segment(key="waiting", name="Waiting", who="has_open() and not segment(returning)"),
    Segment(key="kept", name="Kept", who="met('a.b', last => '1d') >= 2 or persona(fan)"),
    Segment(key="lost", name="Lost", who="missed('a.b') > opened('b.a') and days_since(traits.last_at) > 0.5"),
)


@st.composite
def events(draw: st.DrawFn, customers: int = 5, most: int = 9) -> list[Happened]:
    """Events of a few customers, with ties, on both sides of every window."""
    found = []
    for customer in range(draw(st.integers(0, customers))):
        at = draw(st.sampled_from([0.0, 4.0, 300_000.0]))
        for gap, name in draw(st.lists(st.tuples(GAPS, st.sampled_from([*NAMES, "x"])), max_size=most)):
            at += gap
            found.append(
                Happened(
                    customer=customer,
                    at=at,
                    event=name,
                    channel=draw(st.sampled_from(["web", "app", None])),
                    device=draw(st.sampled_from(["phone", "desk", None])),
                    value=draw(st.sampled_from([None, 2.5, 10.0])),
                    properties=draw(st.sampled_from([{}, {"k": 1}, {"k": 2}])),
                    source_id=draw(st.sampled_from(["shop", "store"])),
                )
            )
    return found


@st.composite
def stores(draw: st.DrawFn, customers: int = 5, most: int = 9) -> SmallStore:
    """A whole small workspace."""
    journey_map = small_map(
        *ARROWS,
        improvements=IMPROVEMENTS,
        metrics=METRICS,
        costs={"web": 2.0, "store": 7.5},
        staffed=["web"],
        goal="d",
        personas=PERSONAS,
        timezone=draw(st.sampled_from(["UTC", "Europe/Stockholm", "America/New_York"])),
        channels=draw(st.sampled_from([{}, {"a": ["web"], "b": ["web", "store"]}])),
        holidays=draw(st.sampled_from([(), (date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 6))])),
    )
    journey_map = replace(journey_map, traits=TRAITS, segments=SEGMENTS)
    traits: dict[int, dict[str, object]] = draw(
        st.dictionaries(st.integers(0, customers - 1), st.sampled_from([{"orders": 1}, {"orders": 2}, {"home": "SE"}]))
    )
    return SmallStore(draw(events(customers, most)), {"shop": journey_map}, customers, traits)


AS_OF_THEN = (
    "count(b, last => '1d') = 0",
    "missed('a.b')",
    "days_since(b) < 1 or opened('c.d', last => '1d')",
    "has_open('a.b')",
    "segment(waiting) or segment(kept)",
    "segment(lost) or traits.spent > 10 or traits.usual_worth = 2.5",
    "traits.lately = 0 or traits.pieces >= 3 or traits.known_for < 0.001",
)
"""Conditions that hold or not as of a moment, by what each source had delivered."""

COMMON: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "where": st.sampled_from(["traits.orders >= 1", "count(a) > 1 or met('a.b')", *AS_OF_THEN]),
        "events": st.sampled_from(["properties.k = 1", "event <> 'b'"]),
        "since": st.sampled_from(["2026-03-02", "2026-03-02T00:00:05+00:00"]),
        "until": st.sampled_from(["2026-03-02", "2026-03-02T00:00:10+00:00", "2026-03-05"]),
        "persona": st.sampled_from(["gift", ["gift", "fan"]]),
        "by": st.sampled_from(
            [
                "persona",
                "channel",
                "device",
                "traits.orders",
                "traits.last_channel",
                "traits.favourite",
                "properties.k",
                "day",
                "week",
                "month",
                "quarter",
            ]
        ),
        "as_of": st.sampled_from(["2026-03-02T00:00:20+00:00", "2026-03-03T00:00:00+00:00"]),
    },
).filter(lambda common: (common.get("since"), common.get("until")) != ("2026-03-02", "2026-03-02T00:00:10+00:00"))
"""Filters and groups that every question takes; not a period that ends before it begins, as west of Greenwich."""


ROUGH = {"median_seconds", "p90_seconds"}
"""Columns that transitions, process and touchpoints read from histograms."""


def same(left: object, right: object, tolerance: float) -> bool:
    """Whether two cells say the same."""
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=tolerance, abs_tol=1e-9)
    return left == right


def assert_same_rows(
    left: Sequence[Mapping[str, object]], right: Sequence[Mapping[str, object]], rough: float = 1e-9
) -> None:
    assert len(left) == len(right), (left, right)
    for one, two in zip(left, right, strict=True):
        assert list(one) == list(two)
        for name in one:
            assert same(one[name], two[name], rough if name in ROUGH else 1e-9), (name, one, two)


def assert_sound(measure: Measure, result: Result) -> None:
    """The SQL gives the same rows in the same order, and behind every number there are exactly so many."""
    for name, part in result.parts.items():
        rough = RELATIVE_ERROR if result.kind in {"transitions", "touchpoints", "process"} else 1e-9
        assert_same_rows(
            part.table.to_pylist(), measure.sql(part.sql, count_by=result.question.count_by).to_pylist(), rough
        )
        for column in part.people:
            for row, number in enumerate(part.table.column(column).to_pylist()):
                if number is not None:
                    behind = result.customers(column, part=name, row=row)
                    assert sum(behind.column("count").to_pylist()) == number, (name, column, row)
