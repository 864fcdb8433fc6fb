"""The catalogues: every word of the code is there, translated, with the same values, as the language has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter

import pytest
from scripts.messages import DOMAINS, catalogue_of, file_of, updated

from resa.drawing import say_count

LANGUAGES = ("sv", "nb", "hu")
ALIKE = {
    "Data",
    "Service",
    "Start",
    "bot",
    "definition",
    "for",
    "median",
    "period",
    "persona",
    "segment",
    "start",
    "text",
}
ALIKE |= {"Persona", "Personas", "Retention", "Segment", "Trend", "person", "trend", "variant", "version"}
"""Words that are the same in English and in one of the others."""
TAILS = r"\{(?:when|to|wide|groups|hint|why|near|same|left|advice|known|suggestion)\}"
"""Values that may be empty, and bring their own blank or comma."""

Entry = tuple[str, str, str, str]
"""Context, how a form of an entry is told apart, its English, its translation."""


def entries(language: str, domain: str = "resa") -> Iterator[Entry]:
    for entry in catalogue_of(language, domain):
        if not entry.id:
            continue
        english = [entry.id] if isinstance(entry.id, str) else list(entry.id)
        said = [entry.string] if isinstance(entry.string, str) else list(entry.string or [""] * len(english))
        assert len(said) == len(english), entry.id
        for number, (one, other) in enumerate(zip(english, said, strict=True)):
            yield entry.context or "", f"{entry.context}/{english[0]}/{number}", one, other


def values(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(text) if name is not None})


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_the_words_that_are_said_and_no_others(language: str, domain: str) -> None:
    assert file_of(language, domain).read_bytes() == updated(language, domain), "run: make messages"


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_translated_and_none_is_doubtful(language: str, domain: str) -> None:
    assert [key for _, key, _, said in entries(language, domain) if not said.strip()] == []
    assert [entry.id for entry in catalogue_of(language, domain) if entry.id and entry.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_a_template_was_left_in_english(language: str) -> None:
    """Names stay, and words that both languages have; a sentence never does."""
    same = [
        english
        for context, _, english, said in entries(language, "templates")
        if said == english and len(english.split()) > 3 and "." not in context
    ]
    assert set(same) <= {"# Tarn & Pine"}


@pytest.mark.parametrize(("language", "quotes"), [("sv", "””"), ("nb", "«»"), ("hu", "„”")])
def test_templates_quote_as_the_language_does(language: str, quotes: str) -> None:
    foreign = set("“”„«»") - set(quotes)
    assert [said for _, _, _, said in entries(language, "templates") if foreign & set(said)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_hold_the_same_values(language: str) -> None:
    wrong = [
        (english, said)
        for _, key, english, said in entries(language)
        # Where a language says of one thing more, or less, than English does, it may.
        if values(said) != values(english)
        and not (key.endswith("/1") and {"n"} >= set(values(english)) ^ set(values(said)))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_was_left_in_english(language: str) -> None:
    """What is the same in both languages is only values and signs, a command to type, or a word that both have."""
    same = [
        english
        for _, _, english, said in entries(language)
        if said == english and set(re.findall(r"[^\W\d_]{2,}", re.sub(r"\{\w+\}", "", english))) - ALIKE
    ]
    assert same == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_end_and_begin_as_in_english(language: str) -> None:
    """What pieces are joined with (a blank, a comma) and a full stop are part of the layout."""
    wrong = [
        (english, said)
        for _, _, english, said in entries(language)
        if english[:1].isspace() != said[:1].isspace()
        or english[-1:].isspace() != said[-1:].isspace()
        or english.endswith(".") != said.endswith(".")
    ]
    assert wrong == []


def test_hungarian_glues_nothing_to_a_value() -> None:
    """A suffix goes by the vowels of its word, an article by the sound after it: neither is known of a value."""
    glued = [said for _, _, _, said in entries("hu") if re.search(r"\}-?\w|\w\{|-\{", re.sub(TAILS, "", said))]
    articles = [said for _, _, _, said in entries("hu") if re.search(r"\b[Aa]z? [„’'\"]?\{", said)]
    assert glued == []
    assert articles == []


def test_hungarian_counts_in_the_singular() -> None:
    for _, key, _, said in entries("hu"):
        for word in re.findall(r"\{n\}\s+(\w+)", said):
            assert not word.endswith(("ok", "ek")), (key, said)


@pytest.mark.parametrize(("language", "quotes"), [("sv", "””"), ("nb", "«»"), ("hu", "„”")])
def test_quotation_marks_are_the_language_s_own(language: str, quotes: str) -> None:
    foreign = set('“”„«»"') - set(quotes)
    wrong = [(english, said) for _, _, english, said in entries(language) if (foreign & set(said)) - set(english)]
    assert wrong == []  # a sign that is spoken of stays


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("sv", ["0 kunder", "1 kund", "2 kunder", "11 kunder"]),
        ("nb", ["0 kunder", "1 kunde", "2 kunder", "11 kunder"]),
        ("hu", ["0 ügyfél", "1 ügyfél", "2 ügyfél", "11 ügyfél"]),
    ],
)
def test_plural_forms_are_those_of_the_language(language: str, said: list[str]) -> None:
    assert [say_count("customers", language, n, str(n)) for n in (0, 1, 2, 11)] == said
