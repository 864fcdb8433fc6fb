"""Times on screens are those of the maps' time zone, and say so where somebody could doubt it."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import pytest
from tests.support.screens import visiting
from tests.support.served import MAP

import resa
from resa.screens.moments import zone_of

ZONE = "Asia/Tokyo"  # nine hours from UTC in summer and winter


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the pages say, after something happened that they tell of."""
    place = tmp_path_factory.mktemp("shop")
    (place / "journey.yaml").write_text(MAP + f"timezone: {ZONE}\n")
    (place / "sources").mkdir()
    (place / "sources" / "till.yaml").write_text(
        "path: till.csv\ncolumns: {occurred_at: time, customer: who, event: what}\n"
    )
    (place / "till.csv").write_text("time,who,what\n2026-05-04T10:00:00Z,anna,product_added\n")
    with resa.open(place) as shop:
        shop.collect()
    paths = ["/", "/map/journey", "/live", "/data-health", "/settings", "/settings/audit"]
    with visiting(place, "admin") as visitor:
        for path in paths:
            visitor.get(path)
        return {path: html.unescape(re.sub(r"<[^>]+>", " ", visitor.get(path).text)) for path in paths}


def test_no_page_says_utc(pages: dict[str, str]) -> None:
    for path, text in pages.items():
        assert "UTC" not in text, path
        assert ZONE in text, path


@pytest.mark.parametrize("path", ["/live", "/data-health", "/settings", "/settings/audit"])
def test_a_moment_is_told_where_the_maps_are(pages: dict[str, str], path: str) -> None:
    there = datetime.now(UTC).timestamp() + 9 * 3600
    near = {datetime.fromtimestamp(there - back, UTC).strftime("%H:%M") for back in range(0, 300, 30)}
    assert any(time in pages[path] for time in near), path


def test_of_several_maps_most_decide() -> None:
    assert zone_of(["Europe/Oslo", "Asia/Tokyo", "Asia/Tokyo"]) == "Asia/Tokyo"
    assert zone_of(["Europe/Oslo", "Asia/Tokyo"]) == "Europe/Oslo"
    assert zone_of([]) == "UTC"
