"""From simulated events alone the map that they were drawn from is found again, and little else."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.discovery import BUSINESS, CLAIMS, MAGAZINE, compare, simulated

from resa.journey_map import load_texts

WORLDS = {
    "retail": (None, 6_000, 0.2),
    "business": (BUSINESS, 4_000, 0.2),
    "magazine": (MAGAZINE, 4_000, 0.2),
    "claims": (CLAIMS, 5_000, 0.25),
}
"""A map (`None`: the template, with its own simulation.yaml), how many customers are drawn, and which share of the
proposed arrows may be others; the last world was written after the method, and has 22 % of them in one seed of six."""

FOUND = 0.9


def is_found_again(folder: Path, world: str, seed: int) -> None:
    text, customers, most_others = WORLDS[world]
    with simulated(folder / "shop", text, customers=customers, seed=seed) as shop:
        draft = shop.discover()
        assert not load_texts({"journey.yaml": draft.text}).errors
        found = compare(shop.store, shop.map(), draft)
    assert not found.unmatched
    assert not found.inverted
    assert len(found.found) >= FOUND * (len(found.found) + len(found.lost)), found.lost
    proposed = len(draft.journey_map.expectations) - len(found.elsewhere)
    assert len(found.others) <= most_others * proposed, found.others


@pytest.mark.parametrize("world", WORLDS)
def test_a_simulated_map_is_found_again(tmp_path: Path, world: str) -> None:
    is_found_again(tmp_path, world, 1)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(2, 7))
@pytest.mark.parametrize("world", WORLDS)
def test_it_is_found_again_with_every_seed(tmp_path: Path, world: str, seed: int) -> None:
    is_found_again(tmp_path, world, seed)
