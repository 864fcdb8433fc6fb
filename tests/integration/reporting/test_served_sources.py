"""A source that is served live has no load that was cut short; one that nobody serves any more is told of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.served import new_shop

import resa
from resa.storage import LIVE, lending
from resa.workspace import Workspace


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("shop")
    new_shop(place)
    with resa.open(place) as shop, shop.store.writing() as writer:
        writer.begin_load(source_id="live", origin=f"{LIVE}2026-05-04")
    return place


def told(shop: Workspace) -> str:
    return re.sub(r"<[^>]+>", " ", shop.report().html)


def test_what_is_served_is_no_unfinished_load(folder: Path) -> None:
    with resa.open(folder) as shop:
        with lending(shop.store):  # as a server does while it serves
            assert "live is collected live" not in told(shop)
            assert "was not finished" not in told(shop)
        assert "live is collected live, and no server takes what it sends now" in told(shop)
        assert not any("not finished" in note for note in shop.measure.notes)


def test_a_file_that_was_cut_short_is_told_of_though_somebody_serves(folder: Path) -> None:
    with resa.open(folder) as shop:
        with shop.store.writing() as writer:
            writer.begin_load(source_id="till", origin="till.csv")
        with lending(shop.store):
            assert "A load of till was not finished; run resa collect again." in told(shop)
