"""What the map needs of the events, and what came: by hand, and as plain Python counts it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.questions import METRICS, assert_sound, events
from tests.support.small_store import START, Happened, SmallStore, expect, small_map

from resa.analytics import Measure
from resa.analytics.answers.tracking import numbered_pairs
from resa.base.errors import QuestionError
from resa.model.journey import Signal

DAY = 86_400
SIGNALS = (
    Signal(touchpoint="a", kind="events", when="event = 'a'", value="properties.k", occurrence=(1, None)),
    Signal(touchpoint="b", kind="events", when="event = 'b'", occurrence=(2, 3)),
    Signal(touchpoint="b", kind="events", when="event = 'bb'"),
    Signal(touchpoint="c", kind="daily_number", daily_number="footfall"),
    Signal(touchpoint="d", kind="not_seen", not_seen="asked in a survey"),
)
Daily = tuple[date, str, float, Mapping[str, object]]


def measure_of(happened: Sequence[Happened], daily: Sequence[Daily] = (), **more: Any) -> Measure:
    journey_map = replace(small_map(*more.pop("arrows", ())), signals=SIGNALS, timezone="Europe/Stockholm")
    store = SmallStore(list(happened), {"shop": journey_map}, daily=daily, **more)
    return Measure(store, store.maps)


def on_days(event: str, days: Iterable[float], **more: Any) -> list[Happened]:
    return [Happened(customer=0, at=day * DAY + 3_600, event=event, **more) for day in days]


def test_a_touchpoint_is_silent_when_its_days_pass_without_it() -> None:
    complete = START + timedelta(days=40)
    daily: list[Daily] = [(date(2026, 3, 2) + timedelta(days=day), "footfall", 9.0, {}) for day in range(30)]
    found = measure_of(
        [*on_days("a", range(39)), *on_days("b", range(0, 36, 7))], daily, as_of={"shop": complete}
    ).tracking()
    rows = {row["touchpoint"]: tuple(row.values())[1:] for row in found.table.to_pylist()}
    assert rows == {
        "a": ("event = 'a', occurrence 1+", "comes", None, 39, date(2026, 3, 2), date(2026, 4, 9)),
        # Once a week: five days without are nothing.
        "b": ("event = 'b', occurrence 2-3; event = 'bb'", "comes", None, 6, date(2026, 3, 2), date(2026, 4, 6)),
        "c": ("footfall", "silent", date(2026, 4, 1), 0, date(2026, 3, 2), date(2026, 3, 31)),
        "d": (None, "not seen", None, 0, None, None),
        "e": (None, "no signal", None, 0, None, None),
    }
    later = measure_of(on_days("b", range(0, 36, 7)), as_of={"shop": START + timedelta(days=120)}).tracking()
    states = {row["touchpoint"]: (row["state"], row["missing_since"]) for row in later.table.to_pylist()}
    assert states["a"] == ("never came", None)
    assert states["b"] == ("silent", date(2026, 4, 7))


def test_a_property_is_missing_when_those_who_carried_it_do_no_longer() -> None:
    carried = on_days("a", range(10), properties={"k": 1, "colour": "red"})
    without = on_days("a", range(10, 20), properties={"size": 4, "k": None})
    arrows = (expect("a", "b", "1 day", per="properties.order"),)
    result = measure_of([*carried, *without], arrows=arrows).tracking()
    rows = {(row.pop("touchpoint"), row.pop("property")): tuple(row.values()) for row in _rows(result, "properties")}
    assert rows == {
        ("a", "properties.k"): ("missing", date(2026, 3, 12), 20, 10, 0.5, date(2026, 3, 11)),
        ("a", "properties.order"): ("never came", None, 20, 0, 0.0, None),
        ("b", "properties.order"): ("no visits", None, 0, 0, None, None),
    }
    assert [tuple(row.values()) for row in _rows(result, "unused_properties")] == [
        ("colour", "a", 10, date(2026, 3, 11)),
        ("size", "a", 10, date(2026, 3, 21)),
    ]


def test_what_lies_within_a_property_is_looked_at_event_by_event() -> None:
    told: Sequence[dict[str, object]] = (
        {"k": {"deep": 1}},
        {"k": {}},
        {"k": {"deep": None}, "a/b": 1},
        {"a/b": None, "text": "null"},
    )
    happened = [one for day, each in enumerate(told) for one in on_days("a", [day], properties=each)]
    arrows = (expect("a", "b", "1 day", per="properties.k.deep"),)
    measure = measure_of([*happened, *on_days("x", [1])], arrows=arrows)
    result = measure.tracking()
    rows = {(row["touchpoint"], row["property"]): row["carried"] for row in _rows(result, "properties")}
    assert rows == {
        ("a", "properties.k"): 3,
        ("a", "properties.k.deep"): 1,
        ("b", "properties.k.deep"): 0,
    }
    unused = {row["property"]: row["carried"] for row in _rows(result, "unused_properties")}
    assert unused == {"a/b": 2, "text": 1}
    assert_sound(measure, result)


def test_properties_have_any_name() -> None:
    told: dict[str, object] = {"a/b": 1, "it's": [1, 2], "items": [5], "a.b": 1, "b": 2}
    names = ["properties['a/b']", "properties['a.b']", "properties['it''s'][2]", "properties.items[1]"]
    arrows = tuple(expect("a", "b", "1 day", per=name) for name in names)
    measure = measure_of(on_days("a", [1, 2], properties=told), arrows=arrows)
    result = measure.tracking()
    carried = {row["property"]: row["carried"] for row in _rows(result, "properties") if row["touchpoint"] == "a"}
    assert carried == {"properties.k": 0, **dict.fromkeys(names, 2)}
    assert [row["property"] for row in _rows(result, "unused_properties")] == ["b"]
    assert_sound(measure, result)


def test_what_is_no_touchpoint_is_listed_by_name_and_source() -> None:
    happened = [
        *on_days("x", range(3)),
        *on_days("y", [0.9], source_id="store"),
        *on_days("x", [4], source_id="store"),
        *on_days("a", [5]),
    ]
    result = measure_of(happened).tracking()
    assert [tuple(row.values()) for row in _rows(result, "unused")] == [
        ("x", "shop", 3, 3, 1, date(2026, 3, 2), date(2026, 3, 4)),
        ("x", "store", 1, 1, 1, date(2026, 3, 6), date(2026, 3, 6)),
        ("y", "store", 1, 1, 1, date(2026, 3, 2), date(2026, 3, 2)),
    ]
    assert len(_rows(measure_of(happened).tracking(top=1), "unused")) == 1


@pytest.mark.parametrize("size", [20, 3_000_000_000])
def test_there_may_be_more_kinds_of_events_than_a_table_holds(size: int) -> None:
    last = size - 1  # three hundred touchpoints, and ten million events that carry each something of its own
    cells, used = numbered_pairs(np.array([last, 3, last, 0], np.int64), size)
    assert (cells.tolist(), used.tolist()) == ([2, 1, 2, 0], [0, 3, last])


def test_what_does_not_fit_is_refused() -> None:
    measure = measure_of([])
    with pytest.raises(QuestionError, match="tracking looks at all events; leave 'where' out"):
        measure.tracking(where="traits.x = 1")
    with pytest.raises(QuestionError, match="list at least 1"):
        measure.tracking(top=0)
    assert {row["state"] for row in measure.tracking().table.to_pylist()} == {"never came", "not seen", "no signal"}


@settings(max_examples=12)
@given(events(), st.sampled_from([None, "2026-03-03"]), st.sampled_from([None, datetime(2026, 3, 4, 12, tzinfo=UTC)]))
def test_tracking_is_that_of_plain_python(found: list[Happened], since: str | None, as_of: datetime | None) -> None:
    journey_map = replace(
        small_map(expect("c", "d", "1 hour", per="properties.k")),
        signals=tuple(Signal(touchpoint=key, kind="events", when=f"event = '{key}'") for key in "abcde"),
        metrics=METRICS,
    )
    store = SmallStore(found, {"shop": journey_map})
    measure = Measure(store, store.maps)
    result = measure.tracking(since=since, as_of=as_of)
    known = result.as_of
    seen = [one for one in found if known is not None and one.moment <= known]
    seen = [one for one in seen if since is None or one.moment.date() >= date.fromisoformat(since)]
    for row in result.table.to_pylist():
        own = [one.moment.date() for one in seen if one.event == row["touchpoint"]]
        sources = {one.source_id for one in found if one.event == row["touchpoint"]}
        end = as_of or min((store.as_of[name] for name in sources), default=known)
        assert (row["visits"], row["state"]) == (len(own), _state(own, end))
        assert (row["first_day"], row["last_day"]) == (min(own, default=None), max(own, default=None))
    read = {
        (row["touchpoint"], row["property"]): (row["visits"], row["carried"]) for row in _rows(result, "properties")
    }
    assert read == {
        (key, field): (
            sum(one.event == key for one in seen),
            sum(one.event == key and _carries(one, field) for one in seen),
        )
        for key in "abcde"
        for field in ("device", "properties.k", "value")
        if (key, field) in read
    }
    assert {key for key, field in read if field == "properties.k"} == set("abcde")
    unused = {(row["event"], row["source"]): row["unused"] for row in _rows(result, "unused")}
    assert unused == Counter(("x", one.source_id) for one in seen if one.event == "x")
    assert_sound(measure, result)


def _rows(result: Any, part: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = result.parts[part].table.to_pylist()
    return rows


def _state(days: Sequence[date], end: datetime | None) -> str:
    if not days or end is None:
        return "never came"
    rate = len(set(days)) / ((max(days) - min(days)).days + 2)
    quiet = max(0, (end.date() - max(days)).days - 1)
    return "silent" if (1 - rate) ** quiet < 0.001 else "comes"


def _carries(one: Happened, field: str) -> bool:
    return one.properties.get("k") is not None if field == "properties.k" else getattr(one, field) is not None
