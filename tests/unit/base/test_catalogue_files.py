"""Catalogues as we read them, held against Babel's reader; and numbers against Babel's."""

from __future__ import annotations

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st
from scripts.messages import DOMAINS, catalogue_of, file_of

from resa.base.catalogues import read_catalogue
from resa.base.language import LANGUAGES, in_language, sentence

SPOKEN = [language for language in LANGUAGES if language != "en"]


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("language", SPOKEN)
def test_every_entry_is_read_as_babel_reads_it(language: str, domain: str) -> None:
    words = read_catalogue(file_of(language, domain).read_text(encoding="utf-8"))
    babel = catalogue_of(language, domain)
    assert babel.plural_expr == "(n != 1)"
    entries = [entry for entry in babel if entry.id]
    assert len(entries) > 100
    for entry in entries:
        if isinstance(entry.id, str):
            said = words.pgettext(entry.context, entry.id) if entry.context else words.gettext(entry.id)
            assert said == entry.string
        else:
            one, other = entry.id
            of_one, of_others = list(entry.string or ("", ""))
            for n, expected in ((1, of_one), (0, of_others), (2, of_others)):
                said = words.npgettext(entry.context, one, other, n) if entry.context else words.ngettext(one, other, n)
                assert said == expected


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("language", SPOKEN)
def test_no_text_stands_where_another_belongs(language: str, domain: str) -> None:
    """Which shows by its length, or by the same text standing twice."""
    texts: dict[str, str] = {}
    for entry in catalogue_of(language, domain):
        if not entry.id:
            continue
        english, own = (text if isinstance(text, str) else next(iter(text)) for text in (entry.id, entry.string or ""))
        assert len(own) < 1.8 * len(english) + 12, (english, own)
        if len(own) > 25:
            assert texts.setdefault(own, english.lower()) == english.lower(), own


def test_signs_in_texts_are_read() -> None:
    words = read_catalogue('msgid ""\n"a \\"b\\"\\n"\n"c\\\\d\\t"\nmsgstr "1"\n\nmsgid "no"\nmsgstr ""\n')
    assert words.gettext('a "b"\nc\\d\t') == "1"
    assert words.gettext("no") == "no"


@pytest.mark.parametrize("language", SPOKEN)
@given(number=st.integers(-(10**12), 10**12))
def test_whole_numbers_are_written_as_the_language_does(language: str, number: int) -> None:
    expected = format_decimal(number, locale=LANGUAGES[language])
    assert in_language(sentence("{number}", number=number), language) == expected


def test_numbers_with_decimals_have_a_comma_elsewhere() -> None:
    told = sentence("wrote {output}, {size:.1f} MB", output="a", size=1.25)
    assert told == "wrote a, 1.2 MB"
    assert in_language(told, "sv") == "skrev a, 1,2 MB"
