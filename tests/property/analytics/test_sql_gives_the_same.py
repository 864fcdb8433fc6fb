"""Every answer's SQL, run over the documented views, gives the answer; behind each number stand exactly so many customers."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.questions import COMMON, assert_sound, stores
from tests.support.small_store import NAMES, SmallStore

from resa.analytics import Measure

STEPS = st.sampled_from([*NAMES, "early", "c?", ("b", "d"), "late?"])


@settings(max_examples=60, deadline=None)
@given(
    stores(),
    st.lists(STEPS, min_size=1, max_size=4),
    st.sampled_from([None, "10 seconds", "1 hour"]),
    st.booleans(),
    COMMON,
)
def test_funnel(store: SmallStore, steps: list[Any], within: str | None, mature: bool, common: dict[str, Any]) -> None:
    measure = Measure(store, store.maps)
    known = {"phone", "desk"} & {event.device for event in store.events}
    device = sorted(name for name in known if name) if "where" in common else ()
    result = measure.funnel(["a", *steps], within=within, mature=mature and within is not None, device=device, **common)
    assert_sound(measure, result)


@settings(max_examples=60, deadline=None)
@given(stores(), COMMON)
def test_expectations(store: SmallStore, common: dict[str, Any]) -> None:
    measure = Measure(store, store.maps)
    assert_sound(measure, measure.expectations(**common))
