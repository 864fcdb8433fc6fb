"""Friction planted in simulated customers is among the first three places; with none planted nothing is unusual."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.support.properties import by_night

from resa import workspace

CUSTOMERS = 40_000

SHOWN = {
    "cart_sends_back": ("cart", "loop", None, None, date(2026, 7, 6)),
    "slow_parcels": ("parcel_notice", "wait", None, None, date(2026, 7, 6)),
    "store_instead": ("product_page", "switch", None, None, date(2026, 6, 29)),
    "broken_checkout": ("checkout", "drop-off", "device", "mobile", date(2026, 7, 27)),
    "slow_north": ("parcel_notice", "wait", "traits.region", "north", date(2026, 7, 13)),
}
"""By truth: touchpoint, sign, the group, and since when."""


def places(folder: Path, customers: int, seed: int, *truths: str) -> list[dict[str, Any]]:
    workspace.create(folder, template="retail", language="en")
    with workspace.open(folder) as shop:
        shop.simulate(customers=customers, seed=seed, truths=truths)
        shop.collect()
        listed: list[dict[str, Any]] = shop.measure.friction().table.to_pylist()
        return listed


def is_among_the_first(folder: Path, seed: int, truth: str) -> None:
    touchpoint, sign, attribute, value, since = SHOWN[truth]
    first = places(folder, CUSTOMERS, seed, truth)[:3]
    found = [
        place
        for place in first
        if (place["touchpoint"], place["sign"], place["attribute"], place["value"])
        == (touchpoint, sign, attribute, value)
    ]
    assert found, first
    assert found[0]["reason"] == "unusual"
    assert found[0]["share"] > found[0]["reference"]
    assert abs((found[0]["since"] - since).days) <= 14


@pytest.mark.parametrize("truth", by_night(SHOWN, beyond=1))
def test_planted_friction_is_among_the_first_places(tmp_path: Path, truth: str) -> None:
    is_among_the_first(tmp_path / "shop", 1, truth)


def test_with_none_planted_nothing_is_unusual(tmp_path: Path) -> None:
    assert all(place["reason"] != "unusual" for place in places(tmp_path / "shop", 10_000, 1))


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(2, 21))
@pytest.mark.parametrize("truth", SHOWN)
def test_planted_friction_is_among_the_first_places_in_twenty_worlds(tmp_path: Path, truth: str, seed: int) -> None:
    is_among_the_first(tmp_path / "shop", seed, truth)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(1, 21))
def test_with_none_planted_nothing_is_unusual_in_twenty_worlds(tmp_path: Path, seed: int) -> None:
    assert all(place["reason"] != "unusual" for place in places(tmp_path / "shop", 50_000, seed))
