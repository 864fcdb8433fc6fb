"""Lines fit; long words are broken where a reader would break them."""

from __future__ import annotations

import pytest

from resa.drawing.fonts import width
from resa.drawing.tokens import STYLES
from resa.drawing.wrapping import fit, wrap

BODY = STYLES["body"]


def test_words_are_not_broken_while_they_fit_on_a_line() -> None:
    assert wrap("Find a gift that cannot be wrong", BODY, 80) == ("Find a gift that", "cannot be wrong")


@pytest.mark.parametrize(
    ("word", "room", "lines"),
    [
        ("Personvernombud", 50, ("Personver-", "nombud")),
        ("e-mail/telefonszám", 60, ("e-mail/tele-", "fonszám")),
        ("anna.svensson@example.com", 80, ("anna.svensson@", "example.com")),
        ("kundtillfredsställelseundersökning", 68, ("kundtillfreds-", "ställelseunder-", "sökning")),
        ("megrendelésvisszaigazolás", 60, ("megrende-", "lésvisszaiga-", "zolás")),
    ],
)
def test_a_word_wider_than_the_line_is_broken_at_its_marks_or_between_syllables(
    word: str, room: float, lines: tuple[str, ...]
) -> None:
    found = wrap(word, BODY, room)
    assert "".join(piece.removesuffix("-") for piece in found).replace("-", "") == word.replace("-", "")
    assert found == lines


def test_letters_that_sound_as_one_stay_together() -> None:
    assert wrap("egészségügyi", BODY, 60) == ("egészségü-", "gyi")
    assert wrap("egészségügyi", BODY, 30) == ("egész-", "ségü-", "gyi")


def test_a_soft_hyphen_is_a_place_to_break_and_else_unseen() -> None:
    assert wrap("kund\u00adresa", BODY, 500) == ("kundresa",)
    assert wrap("kund\u00adresa", BODY, 30) == ("kund-", "resa")


def test_joined_emoji_are_never_taken_apart() -> None:
    family = "👨‍👩‍👧"
    assert wrap(family * 3, BODY, 16) == (family, family, family)


def test_what_exceeds_the_lines_ends_in_an_ellipsis() -> None:
    assert wrap("one two three four five", BODY, 40, lines=2) == ("one two", "three f…")
    assert fit("short", BODY, 100) == "short"
    cut = fit("a rather long name for a channel", BODY, 60)
    assert cut.endswith("…")
    assert width(cut, BODY.size, BODY.face) <= 60


def test_nothing_gives_no_line() -> None:
    assert wrap(" \n ", BODY, 100) == ()


def test_room_that_was_computed_from_a_text_is_enough_for_it() -> None:
    style = STYLES["strong"]
    for text in ("100% (5,657)", "100% (8,409)", "68% (3,839)"):
        assert fit(text, style, width(text, style.size, style.face) + 34 - 34) == text
