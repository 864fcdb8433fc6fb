"""What people said: words without addresses and numbers, scores on their scales, quotes that do not change."""

from __future__ import annotations

import pytest

from resa.reporting.voices import without_names


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Write to karin.ek@example.com please.", "Write to [left out] please."),
        ("My number is +46 (0)70-123 45 67, call me.", "My number is [left out], call me."),
        ("Order 1234567 never came.", "Order [left out] never came."),
        ("See https://evil.example/x?y=1 for more", "See [left out] for more"),
        ("I am @karin on that site", "I am [left out] on that site"),
        ("Born 19790514-1234 and still waiting", "Born [left out] and still waiting"),
        ("I am user TP000123 of yours", "I am user [left out] of yours"),
        ("Waited 25 minutes, 3 times in 2026.", "Waited 25 minutes, 3 times in 2026."),
        ("Two\nlines\tand\x00 more", "Two lines and more"),
    ],
)
def test_words_are_shown_without_what_may_name_their_writer(text: str, shown: str) -> None:
    assert without_names(text, ["TP000123"], "[left out]") == shown


def test_an_own_identifier_is_left_out_whatever_its_case_and_signs() -> None:
    assert without_names("I am k.ek+x, K.EK+X!", ["k.ek+x"], "…") == "I am …, …!"


@pytest.mark.parametrize(
    ("text", "identifiers", "shown"),
    [
        ("Det var bra a", ["a"], "Det var bra a"),
        ("call me 070-123 45 67 please", ["4", "123"], "call me […] please"),
        ("12345 is not 234, but 234 is", ["234"], "12345 is not […], but […] is"),
        ("I am Ann, not Annika", ["ann"], "I am […], not Annika"),
        ("write Ann@x.se or Ann", ["Ann", "write Ann"], "write […] or […]"),
        ("Jag heter Zoe\u0308.", ["Zo\u00eb"], "Jag heter […]."),
    ],
)
def test_an_identifier_is_a_word_of_its_own(text: str, identifiers: list[str], shown: str) -> None:
    assert without_names(text, identifiers, "[…]") == shown


def test_an_identifier_does_not_find_itself_in_what_stands_instead() -> None:
    assert without_names("I left, out of 1234567", ["left", "out"], "[left out]") == (
        "I [left out], [left out] of [left out]"
    )
