"""A truth planted in simulated customers is the first place that is found; with none planted nothing is unusual."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.support.properties import by_night

from resa import workspace
from resa.analytics import Findings

CUSTOMERS = {"broken_checkout": 10_000, "slow_north": 20_000, "gear_lovers_chat": 50_000}
"""Truths, and how many customers show them in every world. Few ask for help, and fewer of them are of one persona."""

SHOWN = {
    "broken_checkout": ("checkout.purchase", "device", "mobile", date(2026, 7, 27), False),
    "slow_north": ("purchase.delivery", "traits.region", "north", date(2026, 7, 13), False),
    "gear_lovers_chat": ("help_page.chat", "persona", "gear_lover", date(2026, 6, 15), True),
}
"""By truth: the arrow, the group, since when, and whether it rose."""


def found(folder: Path, customers: int, seed: int, *truths: str) -> Findings:
    workspace.create(folder, template="retail", language="en")
    with workspace.open(folder) as shop:
        shop.simulate(customers=customers, seed=seed, truths=truths)
        shop.collect()
        return shop.measure.findings()


def is_first(folder: Path, customers: int, seed: int, truth: str) -> None:
    arrow, attribute, value, since, rise = SHOWN[truth]
    place = found(folder, customers, seed, truth).places[0]
    assert (place.reason, place.expectation, place.attribute, place.value) == ("unusual", arrow, attribute, value)
    assert place.rise == rise
    assert place.since is not None
    assert abs((place.since - since).days) <= 14
    assert (place.lost_at_most == 0) == rise


@pytest.mark.parametrize("truth", by_night(CUSTOMERS, beyond=1))
def test_what_is_planted_is_the_first_place(tmp_path: Path, truth: str) -> None:
    is_first(tmp_path / "shop", CUSTOMERS[truth], 1, truth)


@pytest.mark.parametrize("seed", by_night([1, 2], beyond=1))
def test_with_none_planted_nothing_is_unusual(tmp_path: Path, seed: int) -> None:
    assert all(place.reason != "unusual" for place in found(tmp_path / "shop", 10_000, seed).places)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(2, 21))
@pytest.mark.parametrize("truth", CUSTOMERS)
def test_what_is_planted_is_the_first_place_in_each_of_twenty_worlds(tmp_path: Path, truth: str, seed: int) -> None:
    is_first(tmp_path / "shop", CUSTOMERS[truth], seed, truth)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(1, 21))
def test_with_none_planted_nothing_is_unusual_in_twenty_worlds(tmp_path: Path, seed: int) -> None:
    assert all(place.reason != "unusual" for place in found(tmp_path / "shop", 50_000, seed).places)
