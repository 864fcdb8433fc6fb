"""Widths are those of the font's own tables; what cannot be drawn is handled; subsets are small and always the same."""

from __future__ import annotations

import base64
import re
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from resa.drawing.fonts import FONT_FOLDER, clean, font_css, missing, segments, width


def test_a_lone_letter_is_as_wide_as_its_advance() -> None:
    font = TTFont(FONT_FOLDER / "SourceSansPro-Regular.ttf")
    metrics, names = font["hmtx"].metrics, font.getBestCmap()
    for letter in "Aghåőß7€…":
        assert width(letter, 1000, "regular") == pytest.approx(metrics[names[ord(letter)]][0])


def test_pairs_are_kerned() -> None:
    assert width("AV", 1, "regular") < width("A", 1, "regular") + width("V", 1, "regular")
    assert width("nn", 1, "regular") == pytest.approx(2 * width("n", 1, "regular"))


def test_digits_are_all_as_wide_so_that_numbers_align() -> None:
    assert len({width(digit, 1, "semibold") for digit in "0123456789"}) == 1


def test_an_emoji_has_room_once_however_it_is_joined() -> None:
    one = width("🎉", 10, "regular")
    assert one == pytest.approx(13.0)
    assert width("👨‍👩‍👧", 10, "regular") == pytest.approx(one)
    assert width("👍🏽", 10, "regular") == pytest.approx(one)
    assert width("🇸🇪", 10, "regular") == pytest.approx(one)
    assert width("🇸🇪🇳🇴", 10, "regular") == pytest.approx(2 * one)


def test_each_piece_of_a_text_is_given_to_a_font_that_has_it() -> None:
    assert segments("Tea", "italic") == (("Tea", "italic"),)
    assert segments("Tea Чай 茶", "italic") == (("Tea ", "italic"), ("Чай", "regular"), (" ", "italic"), ("茶", None))
    assert missing("Tea Чай 茶 🎉🎉") == "茶🎉"


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("  two\n\tlines  ", "two lines"),
        ("bell\x07 and null\x00", "bell and null"),
        ("turned \u202egnol\u202c", "turned gnol"),
        ("e\u0301", "é"),
        ("z\u0335\u0322\u031b", "z"),
        ("no\u00a0break", "no\u00a0break"),
        ("\ud800 lone surrogate", "lone surrogate"),
    ],
)
def test_what_would_break_out_of_its_place_is_dropped(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


def test_a_subset_holds_the_letters_asked_for_and_comes_out_the_same_again() -> None:
    css = font_css(["Őszi tea"], faces=["semibold"])
    assert css == font_css(["Őszi tea"], faces=["semibold"])
    data = re.search(r"base64,([^)]+)\)", css)
    assert data is not None
    font = TTFont(BytesIO(base64.b64decode(data[1])))
    letters = {chr(code) for code in font.getBestCmap()}
    assert set("Őszi tea") <= letters
    assert "Q" not in letters
    assert "font-weight:600" in css


def test_a_page_for_any_of_our_languages_stays_small() -> None:
    css = font_css()
    assert css.count("@font-face") == 3
    assert len(css) < 250_000
