"""A page is in one language: words, numbers, units and dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from tests.support.drawing_maps import FULL

from resa.reporting.telling import Teller


@pytest.mark.parametrize("language", ["en", "sv", "hu"])
def test_numbers_are_in_the_language_of_the_words(language: str) -> None:
    teller = Teller(replace(FULL, language=language))
    assert teller.language == teller.words.language == "en"
    assert teller.day(date(2026, 1, 20)) == "20 Jan 2026"
    assert teller.sentence(FULL.expectation["cart.purchase"]).startswith("After Cart we expect Purchase within 4 h")
    assert teller.percent(0.124) == "12%"
    assert teller.seconds(3600) == "1 h"
