from __future__ import annotations

import pytest

from resa.model.quantities import Duration, parse_duration


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
