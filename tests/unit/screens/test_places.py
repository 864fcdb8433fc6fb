"""Where what the first page tells of is looked at."""

from __future__ import annotations

from datetime import date

from tests.support.small_store import expect, small_map

from resa.reporting import FindingText
from resa.screens.home import where


def test_a_fall_is_looked_at_in_its_days_by_what_sets_its_customers_apart() -> None:
    journey_map = small_map(expect("a", "b", "1 day"))
    fall = FindingText(
        title="A", kind="fall", statement="", arrow="a.b", by="device", since=date(2026, 10, 26), until=None
    )
    assert where(journey_map, fall) == "/explore/expectations?map=shop&names=a.b&from=2026-10-26&by=device"
