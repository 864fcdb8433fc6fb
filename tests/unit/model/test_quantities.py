from __future__ import annotations

import pytest

from resa.base.language import LANGUAGES
from resa.model.quantities import Duration, in_english, in_words, parse_duration


@pytest.mark.parametrize(
    ("text", "amount", "unit", "working", "seconds"),
    [
        ("4 hours", 4, "hour", False, 14_400),
        ("1 day", 1, "day", False, 86_400),
        ("3 working days", 3, "day", True, 259_200),
        ("90d", 90, "day", False, 7_776_000),
        ("30 min", 30, "minute", False, 1_800),
        ("2 Weeks", 2, "week", False, 1_209_600),
        ("45\N{NO-BREAK SPACE}seconds", 45, "second", False, 45),
    ],
)
def test_durations_as_people_write_them(text: str, amount: int, unit: str, working: bool, seconds: int) -> None:
    duration = parse_duration(text)
    assert (duration.amount, duration.unit, duration.working, duration.seconds) == (amount, unit, working, seconds)
    assert parse_duration(str(duration)) == duration


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("5 m", "minutes or months"),
        ("3 months", "differ in length"),
        ("1 year", "differ in length"),
        ("soon", "not a duration"),
        ("2 fortnights", "not a unit"),
        ("3 working hours", "only days"),
        ("0 days", "at least 1"),
        ("-1 day", "not a duration"),
        ("1.5 days", "not a duration"),
    ],
)
def test_what_is_no_duration_says_what_to_write(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_duration(text)


def test_a_duration_is_printed_in_singular_and_plural() -> None:
    assert str(Duration(1, "day", working=True)) == "1 working day"
    assert str(Duration(2, "hour")) == "2 hours"


UNITS = ("second", "minute", "hour", "day", "week", "working day")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("amount", [1, 2, 45])
def test_what_a_page_shows_of_a_duration_can_be_typed_again(amount: int, unit: str, language: str) -> None:
    written = f"{amount} {unit}{'s' if amount != 1 else ''}"
    shown = in_words(written, language)
    assert (shown == written) == (language == "en")
    assert in_english(shown) == written
    assert str(parse_duration(in_english(shown))) == written


@pytest.mark.parametrize(
    ("typed", "english"),
    [("7 dagar", "7 days"), ("1 Timme", "1 hour"), ("2 timer", "2 hours"), ("3 munkanap", "3 working days")],
)
def test_durations_in_other_languages_are_those_of_files(typed: str, english: str) -> None:
    assert in_english(typed) == english


@pytest.mark.parametrize("text", ["4h", "1 hours", "soon", "", "3 working dagar", "7 fortnights", "0"])
def test_what_is_written_otherwise_stays_as_it_is(text: str) -> None:
    assert in_english(text) == text
    assert in_words(text, "sv") == text
