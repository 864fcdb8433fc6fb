"""Groups of visits, and the channels that customers change to from them."""

from __future__ import annotations

from tests.support.by_hand import happened, measure_of
from tests.support.small_store import small_map


def test_a_group_of_visits_is_left_for_a_channel_that_it_has_no_visit_through() -> None:
    """Who comes by phone and goes on in the shop: the visits by phone are one group, those in the shop another."""
    events = [
        *happened(0, (0, "a"), channel="web", device="phone"),
        *happened(0, (5, "b"), channel="shop", device="till"),
    ]
    drawn = measure_of(events, small_map()).channels(by="device").picture("switches")
    assert drawn.count('data-kind="panel" data-key="phone"') == 1
    assert "shop" in drawn
