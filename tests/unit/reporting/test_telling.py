"""A page is in one language: words, numbers, units and dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from tests.support.drawing_maps import FULL

from resa.reporting.telling import Teller


@pytest.mark.parametrize(
    ("language", "day", "sentence", "share", "time", "customers"),
    [
        ("en", "20 Jan 2026", "After Cart we expect Purchase within 4 h", "12%", "1 h 30 min", "1,204 customers"),
        (
            "sv",
            "20 jan. 2026",
            "Efter Cart väntar vi oss Purchase inom 4 timmar",
            "12_%",
            "1 tim 30 min",
            "1_204 kunder",
        ),
        ("nb", "20. jan. 2026", "Etter Cart forventer vi Purchase innen 4 timer", "12_%", "1 t 30 min", "1_204 kunder"),
        (
            "hu",
            "2026. jan. 20.",
            "Cart után azt várjuk: Purchase, 4 órán belül",
            "12%",
            "1 óra 30 perc",
            "1_204 ügyfél",
        ),
        ("xx", "20 Jan 2026", "After Cart we expect Purchase within 4 h", "12%", "1 h 30 min", "1,204 customers"),
    ],
)
def test_numbers_are_in_the_language_of_the_words(
    language: str, day: str, sentence: str, share: str, time: str, customers: str
) -> None:
    teller = Teller(replace(FULL, language=language))
    assert teller.day(date(2026, 1, 20)) == day
    assert teller.sentence(FULL.expectation["cart.purchase"]).startswith(sentence)
    assert teller.percent(0.124) == share.replace("_", "\N{NO-BREAK SPACE}")
    assert teller.seconds(5400).replace("\N{NO-BREAK SPACE}", " ") == time
    assert teller.customers(1204) == customers.replace("_", "\N{NO-BREAK SPACE}")
