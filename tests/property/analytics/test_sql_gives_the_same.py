"""Every answer's SQL gives the answer over the documented views; behind each number stand exactly so many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.questions import COMMON, assert_sound, stores
from tests.support.small_store import NAMES, SmallStore

from resa.analytics import Measure, Result

STEPS = st.sampled_from([*NAMES, "early", "c?", ("b", "d"), "late?"])
FEW = settings(max_examples=8)
MANY = settings(max_examples=400)


def check_funnel(
    store: SmallStore, steps: list[Any], within: str | None, mature: bool, options: str, common: dict[str, Any]
) -> None:
    measure = Measure(store, store.maps)
    known = {"phone", "desk"} & {event.device for event in store.events}
    device = sorted(name for name in known if name) if "where" in common else ()
    more: dict[str, Any] = {"mature": mature and within is not None, "device": device, **common}
    if options == "unless":
        steps, more["unless"] = [step for step in steps if step not in {"e", "late?"}], ["e"]
    if options == "directly":
        steps, more["directly"] = [step for step in steps if "?" not in step], True
    result = measure.funnel(["a", *steps], within=within, **more)
    assert_sound(measure, result)


def check_paths(store: SmallStore, way: str, collapse: bool, sessions: str | None, common: dict[str, Any]) -> None:
    measure = Measure(store, store.maps)
    anchored: dict[str, dict[str, Any]] = {"start": {"start": "a"}, "end": {"end": ["b", "c"]}, "whole": {}}
    result = measure.paths(top=3, steps=4, collapse=collapse, sessions=sessions, **anchored[way], **common)
    assert_sound(measure, result)


def check_retention(
    store: SmallStore, start: str | None, returns: list[str] | None, every: str, ranges: Any, common: dict[str, Any]
) -> None:
    measure = Measure(store, store.maps)
    common = {**common, "by": None if common.get("by") in PERIODS else common.get("by")}
    assert_sound(measure, measure.retention(start=start, returns=returns, every=every, **ranges, **common))


def check_others(store: SmallStore, kind: str, common: dict[str, Any]) -> None:
    measure = Measure(store, store.maps)
    by = common.get("by")
    common = {**common, "by": None if kind.startswith(("trend", "improvements")) and by in PERIODS else by}
    asked: Callable[[], Result] = {
        "expectations": lambda: measure.expectations(curve=True, **common),
        "transitions": lambda: measure.transitions(**common),
        "process": lambda: measure.process(**common),
        "process, thinned": lambda: measure.process(touchpoints=0.6, arrows="40 %", **common),
        "variants": lambda: measure.variants(top=2, collapse="since" in common, **common),
        "planned": lambda: measure.planned(**common),
        "touchpoints": lambda: measure.touchpoints(**common),
        "conformance": lambda: measure.conformance(**common),
        "conformance, repeats": lambda: measure.conformance("gift", collapse=False, top=2, **common),
        "channels": lambda: measure.channels(**common),
        "metrics": lambda: measure.metrics(**common),
        "friction": lambda: measure.friction(limit=100, **common),
        "friction, soon": lambda: measure.friction(within="10 seconds", **common),
        "devices": lambda: measure.channels("device", within="10 seconds", **common),
        "improvements": lambda: measure.improvements(**common),
        "improvements, a day": lambda: measure.improvements("second_day", days=1, **common),
        "stages": lambda: measure.stages(every="day", **common),
        "stages, quiet": lambda: measure.stages(every="week", quiet_after="10 seconds", **common),
        "trend visits": lambda: measure.trend("late", every="day", **common),
        "trend share": lambda: measure.trend("a.b", every="week", **common),
        "trend promise": lambda: measure.trend("b.c_or_d", every="month", **common),
    }[kind]
    assert_sound(measure, asked())


OTHERS = [
    "expectations",
    "transitions",
    "touchpoints",
    "process",
    "process, thinned",
    "conformance",
    "conformance, repeats",
    "channels",
    "metrics",
    "devices",
    "friction",
    "friction, soon",
    "improvements",
    "improvements, a day",
    "stages",
    "stages, quiet",
    "variants",
    "planned",
    "trend visits",
    "trend share",
    "trend promise",
]
PERIODS = {"day", "week", "month", "quarter"}
OPTIONS = st.sampled_from(["", "unless", "directly"])
WITHIN = st.sampled_from([None, "10 seconds", "1 hour"])
STARTS = st.sampled_from([None, "a", "early"])
RETURNS = st.sampled_from([None, ["a"], ["b", "late"]])
EVERY = st.sampled_from(["day", "week", "month", "quarter"])
RANGES = st.sampled_from(
    [{}, {"periods": 0}, {"periods": 3, "rolling": True}, {"brackets": ["0", "1-2", "4+"]}, {"brackets": ["1-5"]}]
)


@FEW
@given(stores(), st.lists(STEPS, max_size=4), WITHIN, st.booleans(), OPTIONS, COMMON)
def test_funnel(
    store: SmallStore, steps: list[Any], within: str | None, mature: bool, options: str, common: dict[str, Any]
) -> None:
    check_funnel(store, steps, within, mature, options, common)


@FEW
@given(stores(), st.sampled_from(["start", "end", "whole"]), st.booleans(), WITHIN, COMMON)
def test_paths(store: SmallStore, way: str, collapse: bool, sessions: str | None, common: dict[str, Any]) -> None:
    check_paths(store, way, collapse, sessions, common)


@FEW
@given(stores(), STARTS, RETURNS, EVERY, RANGES, COMMON)
def test_retention(
    store: SmallStore, start: str | None, returns: list[str] | None, every: str, ranges: Any, common: dict[str, Any]
) -> None:
    check_retention(store, start, returns, every, ranges, common)


@pytest.mark.parametrize("kind", OTHERS)
@settings(max_examples=3)
@given(store=stores(), common=COMMON)
def test_others(kind: str, store: SmallStore, common: dict[str, Any]) -> None:
    check_others(store, kind, common)


@pytest.mark.nightly
@MANY
@given(stores(), st.lists(STEPS, max_size=4), WITHIN, st.booleans(), OPTIONS, COMMON)
def test_funnel_long(
    store: SmallStore, steps: list[Any], within: str | None, mature: bool, options: str, common: dict[str, Any]
) -> None:
    check_funnel(store, steps, within, mature, options, common)


@pytest.mark.nightly
@MANY
@given(stores(), st.sampled_from(["start", "end", "whole"]), st.booleans(), WITHIN, COMMON)
def test_paths_long(store: SmallStore, way: str, collapse: bool, sessions: str | None, common: dict[str, Any]) -> None:
    check_paths(store, way, collapse, sessions, common)


@pytest.mark.nightly
@MANY
@given(stores(), STARTS, RETURNS, EVERY, RANGES, COMMON)
def test_retention_long(
    store: SmallStore, start: str | None, returns: list[str] | None, every: str, ranges: Any, common: dict[str, Any]
) -> None:
    check_retention(store, start, returns, every, ranges, common)


@pytest.mark.nightly
@pytest.mark.parametrize("kind", OTHERS)
@settings(max_examples=200)
@given(store=stores(), common=COMMON)
def test_others_long(kind: str, store: SmallStore, common: dict[str, Any]) -> None:
    check_others(store, kind, common)
