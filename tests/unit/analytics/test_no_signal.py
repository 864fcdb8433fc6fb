"""What no signal shows is counted 0 times, and the answer says why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.small_store import Happened, SmallStore, expect, small_map

from resa.analytics import Measure
from resa.model.journey import Signal

SHOWN = tuple(Signal(touchpoint=key, kind="events", when=f"event = '{key}'") for key in ("a", "c", "e"))


@pytest.fixture
def measure() -> Measure:
    told = (*SHOWN, Signal(touchpoint="d", kind="not_seen", not_seen="nobody counts"))
    journey_map = replace(small_map(expect("a", "b", "1 day")), signals=told)
    events = [Happened(customer=0, at=0, event="a"), Happened(customer=0, at=8, event="c")]
    return Measure(SmallStore(events, {"shop": journey_map}), {"shop": journey_map})


def _unseen(warnings: tuple[str, ...]) -> list[str]:
    return [warning.partition(":")[0] for warning in warnings if warning.startswith("No events show")]


def test_what_is_asked_for_and_never_shown_is_named(measure: Measure) -> None:
    assert measure.funnel(["a", "b", "d"]).warnings[0].startswith("No events show b, d: nobody can be counted there")
    assert _unseen(measure.paths(start=["b"]).warnings) == ["No events show b"]
    assert _unseen(measure.retention(start=["a"], returns=["d"]).warnings) == ["No events show d"]
    assert _unseen(measure.trend("b").warnings) == ["No events show b"]


def test_of_several_that_would_do_one_is_enough(measure: Measure) -> None:
    assert not _unseen(measure.funnel(["a", ["b", "c"], "late"]).warnings)
    assert not _unseen(measure.paths().warnings)
    assert not _unseen(measure.retention().warnings)
