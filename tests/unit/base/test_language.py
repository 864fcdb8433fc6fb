"""Which language is spoken, and sentences that can be said in another one."""

from __future__ import annotations

import json

import pytest

from resa.base.language import LANGUAGES, in_language, said, said_in, sentence, sentences, terminal_language
from resa.drawing import format_count


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "sv_SE.UTF-8"}, "sv"),
        ({"LANG": "sv_SE.UTF-8", "LC_ALL": "hu_HU.UTF-8"}, "hu"),
        ({"LANG": "sv_SE.UTF-8", "LC_MESSAGES": "C"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "no_NO.UTF-8"}, "nb"),
        ({"LANG": "nn_NO"}, "nb"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "RESA_LANGUAGE": "nb-NO"}, "nb"),
        ({"LANG": "sv", "RESA_LANGUAGE": "en"}, "en"),
        ({"LANG": "sv", "RESA_LANGUAGE": ""}, "sv"),
    ],
)
def test_the_terminal_speaks_the_reader_s_language(environment: dict[str, str], language: str) -> None:
    assert terminal_language(environment) == language


def test_what_is_not_spoken_is_said_in_english() -> None:
    assert said_in("xx") == said_in("") == "en"
    assert said("xx", "picture.no_data", "No data yet") == "No data yet"
    assert said("sv", "picture.of no catalogue", "Not there, {n}", n=3) == "Not there, 3"


def test_a_sentence_is_english_to_whatever_keeps_it_and_can_be_said_otherwise() -> None:
    told = sentence("Some customers are of several personas and counted in each.")
    assert told == str(told) == "Some customers are of several personas and counted in each."
    assert json.dumps([told]) == '["Some customers are of several personas and counted in each."]'
    assert str(told) in {told: 1}
    assert in_language(told, "sv") == "Några kunder hör till flera personor och räknas i var och en."
    assert in_language(told, "xx") == told
    assert in_language("plain text", "sv") == "plain text"


def test_sentences_count_and_hold_others() -> None:
    inner = sentence("no such words {n}", n=12345)
    outer = sentences("{n} thing: {inner}", "{n} things: {inner}", 2000, inner=inner)
    assert outer == "2,000 things: no such words 12,345"
    assert in_language(outer, "hu").replace("\N{NO-BREAK SPACE}", " ") == "2 000 things: no such words 12 345"
    assert sentences("{n} thing", "{n} things", 1) == "1 thing"


def test_a_number_may_be_asked_for_in_a_form_of_its_own() -> None:
    told = sentence("{share:.1%} of {count}, {seconds:g} s", share=2, count=12_000, seconds=5)
    assert told == "200.0% of 12,000, 5 s"
    assert told.translated("sv") == "200,0% of 12\N{NO-BREAK SPACE}000, 5 s"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [0, 999, 1_000, 12_345, 1_234_567, -12_345])
def test_whole_numbers_are_written_in_sentences_as_in_pictures(language: str, number: int) -> None:
    assert sentence("{n}", n=number).translated(language) == format_count(number, language)
