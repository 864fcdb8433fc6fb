"""Words in four languages: GNU gettext catalogues, read where a language is first spoken.

English stands in the code, and is what is stored, logged and given to machines. It is translated where a person reads
it: pictures and report in the map's language, the terminal in the reader's. A catalogue is
`locale/<language>/LC_MESSAGES/<domain>.po`; `python -m scripts.messages` brings it up to date with the code.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from gettext import NullTranslations
from importlib.resources import files
from string import Formatter
from types import MappingProxyType
from typing import Final, Self

from resa.base.catalogues import read_catalogue

__all__ = [
    "LANGUAGES",
    "NOTHING",
    "Sentence",
    "as_it_is",
    "catalogue",
    "in_language",
    "one_of",
    "pattern",
    "said",
    "said_by",
    "said_count",
    "said_in",
    "sentence",
    "sentences",
    "spoken",
    "terminal_language",
]

LANGUAGES: Final[Mapping[str, str]] = MappingProxyType({"en": "en_GB", "sv": "sv_SE", "nb": "nb_NO", "hu": "hu_HU"})
"""The languages that Resa speaks, each with the locale that writes its numbers and dates."""

_ALSO: Final = MappingProxyType({"no": "nb", "nn": "nb"})
"""Languages whose readers are better served by another one than by English."""


def said_in(language: str) -> str:
    """The language that is spoken where `language` is asked for: English where there is no catalogue."""
    return language if language in LANGUAGES else "en"


@lru_cache(maxsize=2 * len(LANGUAGES))
def catalogue(language: str, domain: str = "resa") -> NullTranslations:
    """The words of a language; for English those that stand in the code.

    Args:
        language: One of `LANGUAGES`.
        domain: `resa`, what it says; `templates`, what the files of a new workspace say.
    """
    if said_in(language) == "en":
        return NullTranslations()
    file = files("resa") / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
    return read_catalogue(file.read_text(encoding="utf-8"))


def said(language: str, context: str, english: str, /, **values: object) -> str:
    """A text in a language, with values put in.

    Args:
        language: Where it is not spoken, English is.
        context: Where the text stands, since one English word may be several of another language.
        english: The text, with `{names}` of the values.
        **values: As they shall stand there.
    """
    return catalogue(said_in(language)).pgettext(context, english).format(**values)


def said_count(language: str, context: str, one: str, other: str, n: int, /, **values: object) -> str:
    """A text about `n` things, in singular or plural; for the arguments see `said`."""
    return catalogue(said_in(language)).npgettext(context, one, other, n).format(**values)


class Sentence(str):
    """A sentence in English that still knows how it was made, so that it can be said in another language.

    It is a plain text to everything that keeps it, compares it, or writes it for a machine.
    """

    __slots__ = ("n", "pattern", "values")

    pattern: tuple[str, ...]
    values: Mapping[str, object]
    n: int

    def __new__(cls, pattern: tuple[str, ...], n: int, values: Mapping[str, object]) -> Self:
        """Say it in English.

        Args:
            pattern: The sentence with `{names}`; or that about one thing and that about several.
            n: Of how many things it speaks.
            values: Put in by name: numbers as the language writes them, sentences and parts of them in that language.
        """
        made = super().__new__(cls, _filled(pattern[0] if n == 1 else pattern[-1], values, "en"))
        made.pattern, made.values, made.n = pattern, values, n
        return made

    def translated(self, language: str) -> str:
        """The sentence in a language; English where it is not spoken."""
        words = catalogue(said_in(language))
        one, other = self.pattern[0], self.pattern[-1]
        found = words.gettext(one) if len(self.pattern) == 1 else words.ngettext(one, other, self.n)
        return _filled(found, self.values, said_in(language))


def sentence(english: str, /, **values: object) -> Sentence:
    """A sentence for people, to be translated where it is shown: `sentence("there is no map '{name}'", name=name)`."""
    return Sentence((english,), 1, values)


def sentences(one: str, other: str, n: int, /, **values: object) -> Sentence:
    """The same about `n` things; `{n}` is put in too."""
    return Sentence((one, other), n, {"n": n, **values})


def pattern(english: str) -> str:
    """A text of a table, with `{names}` or without, that `sentence` says later; so it comes into the catalogues."""
    return english


def as_it_is(text: str) -> Sentence:
    """What others say, such as an engine, in their own words; translated where a catalogue happens to have it."""
    return Sentence((text.replace("{", "{{").replace("}", "}}"),), 1, {})


def said_by(error: Exception) -> Sentence:
    """What an error says: ours as a sentence, that of another library in its own words."""
    said = error.args[0] if error.args else ""
    return said if isinstance(said, Sentence) else as_it_is(str(error))


def one_of(names: Iterable[str]) -> Sentence:
    """Names to choose from: `a`, `a or b`, `a, b or c`."""
    *first, last = names
    return sentence("{names} or {last}", names=", ".join(first), last=last) if first else as_it_is(last)


def in_language(text: str, language: str) -> str:
    """A text as it is, or a message in a language."""
    return text.translated(language) if isinstance(text, Sentence) else text


class _Filling(Formatter):
    """Puts values into a pattern: numbers as a language writes them, sentences in it."""

    def __init__(self, language: str) -> None:
        self._language = language

    def format_field(self, value: object, format_spec: str) -> str:
        """One value; whole numbers have their thousands parted unless a form is asked for."""
        if isinstance(value, str):
            return format(in_language(value, self._language), format_spec)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return format(value, format_spec)
        english = format(value, format_spec or ("," if isinstance(value, int) else ""))
        return english if self._language == "en" else english.translate(_NOT_ENGLISH)


_NOT_ENGLISH: Final = str.maketrans({",": "\N{NO-BREAK SPACE}", ".": ","})
"""How all of our languages but English part thousands and decimals."""


def _filled(pattern: str, values: Mapping[str, object], language: str) -> str:
    return _Filling(language).vformat(pattern, (), values)


NOTHING: Final = as_it_is("")
"""What is said where there is nothing to add."""


def spoken(locale: str) -> str | None:
    """The language of a locale such as `sv_SE.UTF-8` or `nn`; `None` where none of ours serves its readers."""
    language = locale.replace("-", "_").partition("_")[0].partition(".")[0].casefold()
    language = _ALSO.get(language, language)
    return language if language in LANGUAGES else None


def terminal_language(environment: Mapping[str, str] = os.environ, *, otherwise: str | None = None) -> str:
    """The language to speak in the terminal: RESA_LANGUAGE, else the one that is set, else the locale's, else English.

    Args:
        environment: Variables; LC_ALL, LC_MESSAGES and LANG name the locale, the first that is set counts.
        otherwise: What the workspace sets.
    """
    if wanted := environment.get("RESA_LANGUAGE"):
        return spoken(wanted) or "en"
    if otherwise:
        return otherwise
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return spoken(locale) or "en"
