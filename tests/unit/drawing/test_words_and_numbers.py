"""Numbers as each language writes them; every word is in the one catalogue, and every word of it is used."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

import resa
from resa.drawing import formats
from resa.drawing.words import WORDS, say, say_count
from resa.model.quantities import parse_duration

FOLDERS = [Path(resa.__file__).parent / name for name in ("drawing", "analytics")]
SOURCE = "\n".join(path.read_text(encoding="utf-8") for folder in FOLDERS for path in folder.rglob("*.py"))


@pytest.mark.parametrize(
    ("language", "share", "number"),
    [
        ("en", "62%", "12,044"),
        ("sv", "62\u00a0%", "12\u00a0044"),
        ("nb", "62\u00a0%", "12\u00a0044"),
        ("hu", "62%", "12\u00a0044"),
    ],
)
def test_numbers_are_written_as_the_language_does(language: str, share: str, number: str) -> None:
    assert formats.percent(0.62, language) == share
    assert formats.count(12044, language) == number


def test_small_shares_keep_a_decimal() -> None:
    assert formats.percent(0.044, "en") == "4.4%"
    assert formats.percent(0.044, "sv") == "4,4\u00a0%"
    assert [formats.percent(share, "en") for share in (0.0, 0.04, 0.0996, 1.0)] == ["0%", "4%", "10%", "100%"]


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (0.4, "0.4 s"),
        (59.6, "1 min"),
        (3_599.6, "1 h"),
        (15_120, "4 h 12 min"),
        (84_700, "23 h 32 min"),
        (86_399, "1 day"),
        (285_120, "3 days 7 h"),
        (863_136, "10 days"),
        (1_054_080, "12 days"),
        (8_610_487, "3 months 10 days"),
        (0, "0 s"),
    ],
)
def test_a_measured_time_has_two_units_at_most_and_none_is_full(length: float, said: str) -> None:
    assert formats.seconds(length, "en") == said


def test_durations_and_days() -> None:
    assert formats.duration(parse_duration("4 hours"), "en") == "4 h"
    assert formats.duration(parse_duration("1 day"), "en") == "1 day"
    assert formats.duration(parse_duration("3 working days"), "en") == "3 working days"
    assert formats.duration(parse_duration("1 working day"), "en") == "1 working day"
    assert formats.duration(parse_duration("2 days"), "sv") == "2 dygn"
    assert [formats.seconds(length, "en") for length in (45, 320, 5400, 3.1e6)] == [
        "45 s",
        "5 min 20 s",
        "1 h 30 min",
        "36 days",
    ]
    assert formats.day(date(2026, 5, 14), "en") == "14 May 2026"
    assert formats.day(date(2026, 5, 14), "sv") == "14 maj 2026"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["within 1 h", "within 4 h", "within 2 days", "within 3 working days"]),
        ("sv", ["inom 1 timme", "inom 4 timmar", "inom 2 dygn", "inom 3 arbetsdagar"]),
        ("nb", ["innen 1 time", "innen 4 timer", "innen 2 døgn", "innen 3 virkedager"]),
        ("hu", ["1 órán belül", "4 órán belül", "2 napon belül", "3 munkanapon belül"]),
    ],
)
def test_a_deadline_is_inflected(language: str, said: list[str]) -> None:
    spans = map(parse_duration, ["1 hour", "4 hours", "2 days", "3 working days"])
    assert [formats.within(span, language) for span in spans] == said


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "A, B or C"), ("sv", "A, B eller C"), ("nb", "A, B eller C"), ("hu", "A, B vagy C")],
)
def test_alternatives_are_listed_as_the_language_does(language: str, said: str) -> None:
    assert formats.any_of(["A", "B", "C"], language) == said
    assert formats.any_of(["A"], language) == "A"
    assert formats.any_of([], language) == ""


def test_signs_and_short_counts() -> None:
    assert [formats.signed(value, "en") for value in (-2, -0.04, 0, 0.44, 1)] == ["−2", "0", "0", "+0.4", "+1"]
    assert [formats.short_count(n, "en") for n in (999, 1_234, 23_456, 4_100_000)] == ["999", "1.2k", "23k", "4.1M"]


def test_unknown_languages_are_said_in_english() -> None:
    assert say("no_data", "xx") == "No data yet"
    assert say_count("customers", "xx", 1, "1") == "1 customer"
    assert say_count("customers", "sv", 1, "1") == "1 kund"


def test_every_word_is_used_and_every_word_used_is_there() -> None:
    english = WORDS
    source = SOURCE.replace("'", '"')
    literal = set(re.findall(r'say\(\s*"([\w.]+)"', source))
    counted = {
        f"{key}.{form}"
        for key in re.findall(r'(?:say_count|several)\(\s*"([\w.]+)"', source)
        for form in ("one", "other")
    }
    assert literal | counted <= set(english)
    families = set(re.findall(r'(?:say\(|say_count\(|else )\s*f"(\w+)\.', source))
    unused = [
        key
        for key in english
        # The catalogue itself names each key once.
        if key not in counted and key.split(".")[0] not in families and source.count(f'"{key}"') < 2
    ]
    assert unused == []
