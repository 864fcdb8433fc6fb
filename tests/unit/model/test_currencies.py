"""Which sources' values a map cannot count."""

from __future__ import annotations

import pytest

from resa.model.currencies import foreign_currencies


@pytest.mark.parametrize(
    ("currency", "sources", "foreign"),
    [
        ("SEK", {"till": "SEK"}, {}),
        ("SEK", {"till": "SEK", "web": "USD"}, {"web": "USD"}),
        (None, {"web": "USD"}, {}),
        (None, {"till": "SEK", "web": "USD"}, {"till": "SEK", "web": "USD"}),
        ("SEK", {}, {}),
    ],
)
def test_a_map_counts_its_own_currency_only(
    currency: str | None, sources: dict[str, str], foreign: dict[str, str]
) -> None:
    assert foreign_currencies(currency, sources) == foreign
