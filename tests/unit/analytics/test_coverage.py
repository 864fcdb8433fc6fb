from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.by_hand import happened
from tests.support.questions import assert_sound, events
from tests.support.small_store import Happened, SmallStore, small_map

from resa.analytics import Measure
from resa.base.errors import QuestionError
from resa.model.journey import Signal

SIGNALS = (
    Signal(touchpoint="a", kind="events", when="event = 'a' and properties.k = 1"),
    Signal(touchpoint="b", kind="events", when="event = 'a' or event = 'b'"),
    Signal(touchpoint="c", kind="daily_number", daily_number="footfall"),
    Signal(touchpoint="d", kind="not_seen", not_seen="asked in a survey"),
)
Daily = tuple[date, str, float, Mapping[str, object]]


def measure_of(happened: Sequence[Happened], daily: Sequence[Daily], **more: Any) -> Measure:
    journey_map = replace(small_map(), signals=SIGNALS, timezone="Europe/Stockholm")
    store = SmallStore(list(happened), {"shop": journey_map}, daily=daily, **more)
    return Measure(store, store.maps)


def test_who_names_nobody_is_seen_by_day_alone() -> None:
    first, second = date(2026, 3, 2), date(2026, 3, 3)
    daily: list[Daily] = [
        (first, "a", 1.0, {"k": 1}),
        (first, "a", 1.0, {"k": 2}),
        (second, "b", 1.0, {}),
        (second, "footfall", 240.0, {}),
        (second, "rain", 3.5, {}),
    ]
    measure = measure_of(
        [*happened(0, (0, "a"), (9, "b")), *happened(1, (0, "a"))], daily, traits={1: {"x": 1}}, customers=3
    )
    result = measure.coverage()
    assert [tuple(row.values()) for row in result.table.to_pylist()] == [
        ("a", "events", 2, 2, 1.0, pytest.approx(2 / 3)),
        ("b", "events", 1, 1, 2.0, pytest.approx(1 / 3)),
        ("c", "a number by day", 0, 0, 240, 0.0),
        ("d", "not seen", 0, 0, 0.0, None),
        ("e", "no signal", 0, 0, 0.0, None),
    ]
    known = {row["known"]: row["customers"] for row in result.parts["customers"].table.to_pylist()}
    assert known == {"anything": 3, "events": 2, "visits": 2, "traits": 1, "a persona": 0}
    until = measure.coverage(until="2026-03-02").table.column("without_customer").to_pylist()
    assert until == [1.0, 1.0, 0.0, 0.0, 0.0]
    assert_sound(measure, result)


DAYS = st.dates(date(2026, 3, 1), date(2026, 3, 4))
DAILY = st.tuples(
    DAYS, st.sampled_from(["a", "b", "footfall", "x"]), st.just(1.0), st.sampled_from([{}, {"k": 1}, {"k": 2}])
)


@settings(max_examples=25)
@given(events(), st.lists(DAILY, max_size=8), st.sampled_from([None, date(2026, 3, 2)]))
def test_coverage_is_that_of_plain_python(found: list[Happened], daily: list[Daily], since: date | None) -> None:
    measure = measure_of(found, daily, customers=5)
    result = measure.coverage(since=since)
    wanted = dict.fromkeys("abcde", 0)
    for day, name, _, properties in daily:
        if since is None or day >= since:
            first = "a" if name == "a" and properties.get("k") == 1 else "b"
            touchpoint = {"a": first, "b": "b", "footfall": "c"}.get(name)
            if touchpoint:
                wanted[touchpoint] += 1
    rows = {row["touchpoint"]: row for row in result.table.to_pylist()}
    visits = {row["touchpoint"]: row for row in measure.touchpoints(since=since).table.to_pylist()}
    for key, row in rows.items():
        assert row["without_customer"] == wanted[key]
        assert (row["visits"], row["customers"]) == tuple(
            visits.get(key, {}).get(n, 0) for n in ("visits", "customers")
        )
        everything = row["visits"] + wanted[key]
        assert row["share"] == (pytest.approx(row["visits"] / everything) if everything else None)
    assert_sound(measure, result)


def test_groups_of_nobody_are_refused() -> None:
    with pytest.raises(QuestionError, match="who names no customer is in no group"):
        measure_of([], []).coverage(by="device")
