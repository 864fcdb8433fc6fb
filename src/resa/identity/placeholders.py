"""Values that stand where an identifier is missing, as data. They are nobody's, and join no one.

What systems write for "nothing", what programmers forgot to fill in, what people type to get past a form, and numbers
that a whole series of devices shares. Patterns are of the syntax that Python and RE2 have in common, so that one value
and a column of millions are judged alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["BY_FORM", "COMMON", "Placeholders", "folded"]


def folded(text: str) -> str:
    """A text as placeholders are compared: in any mixture of capitals, with or without underscores."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().replace("_", " ").split())


@dataclass(frozen=True)
class Placeholders:
    """Values that are nobody's.

    Attributes:
        words: As `folded` writes them.
        patterns: What a folded value is held against as a whole.
    """

    words: frozenset[str] = field(repr=False)
    patterns: tuple[str, ...] = field(default=(), repr=False)

    def holds(self, value: str) -> bool:
        """Whether a value is a placeholder."""
        text = folded(value)
        return text in self.words or self._compiled.fullmatch(text) is not None

    def among(self, values: pa.Array) -> npt.NDArray[np.bool_]:
        """Which of many values, in the form that `normalised` gives them, are placeholders."""
        spaced = pc.replace_substring_regex(values, r"[\s_]+", " ")
        text = pc.utf8_lower(pc.utf8_trim_whitespace(spaced))
        words = pc.is_in(text, value_set=pa.array(sorted(self.words), values.type))
        found: Any = pc.or_(words, pc.match_substring_regex(text, f"^(?:{self._either})$"))
        return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_)

    def with_words(self, more: Iterable[str]) -> Placeholders:
        """These and others."""
        return replace(self, words=self.words | {folded(word) for word in more})

    @property
    def _either(self) -> str:
        return "|".join(self.patterns) or "[^\\x00-\\x{10FFFF}]"

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile("|".join(self.patterns) or r"(?!)")


_NOTHING = """
    undefined|null|nil|none|nan|na|n/a|n.a.|#n/a|#ref!|#value!|not set|(not set)|(none)|(null)|<null>|\\n|unset
    missing|empty|blank|void|unknown|(unknown)|not available|not applicable|not provided|not given|no value|no id
    undefined undefined|null null|none none|[object object]|[object]|object object|[object undefined]|[object null]
    [object promise]|function|{}|[]|()|\"\"|''|true|false|0|-1|-0|0.0|yes|no|tbd|todo|void 0
"""
_NAMES = """
    anonymous|anonym|anon|anonymous user|anonymous customer|guest|guest user|guest customer|guest checkout|visitor
    not logged in|logged out|default|default user|dummy|dummy user|test|test user|testuser|tester|testing|demo
    demo user|example|sample|placeholder|user|userid|user id|customer|customer id|id|email|e-mail|phone|string|text
    value|name|foo|bar|foobar|asdf|qwerty|xxx|xxxx|x|abc|lorem|ipsum
"""
_OTHER_LANGUAGES = """
    okänd|saknas|ingen|inget|inte angiven|ej angivet|ej angiven|gäst|gästkund|anonym kund|testkund|testperson
    ukjent|mangler|ikke oppgitt|ikke angitt|gjest|gjestekunde|testkunde|ismeretlen|nincs|nincs megadva|hiányzik
    vendég|névtelen|teszt|teszt elek|unbekannt|keine|kein|gast|inconnu|aucun|desconocido|ninguno
"""

_TEMPLATES = (
    r"\{\{.*\}\}",  # {{ user.id }}
    r"\$\{.*\}",  # ${userId}
    r"\{[a-z0-9 .]*\}",  # {email}
    r"<%.*%>",
    r"%%.*%%",
    r"\[[a-z .]*\]",  # [email]
    r"<[a-z .]*>",  # <user_id>
    r"\*\|.*\|\*",  # *|EMAIL|*
)
_NOUGHTS = (r"[0\-.: ]*0[0\-.: ]*", r"[+\-]?0+(?:\.0+)?")

COMMON: Final = Placeholders(
    frozenset(
        folded(word)
        for block in (_NOTHING, _NAMES, _OTHER_LANGUAGES)
        for line in block.split("\n")
        for word in line.split("|")
        if word.strip()
    ),
    (*_TEMPLATES, *_NOUGHTS),
)
"""Of all kinds."""

_REPEATED = tuple(f"{digit}{{4,}}" for digit in "0123456789")
_DUMMY_NUMBERS = tuple(rf"\+?[0-9]*{digit}{{7,}}" for digit in "0123456789")
_TYPED_ALONG = (r"\+?[0-9]*1234567(?:8(?:90?)?)?", r"\+?0?9876543210?")

_FILLED_IN = (
    "test|tests|testing|asdf|qwerty|foo|bar|abc|aaa|xxx|none|no|null|nomail|noemail|na|nobody|fake|spam|a|b|x|xx"
)
_NO_NAME = "undefined|null|none|anonymous|guest|unknown|noemail|nomail|noreply|nobody|no[ .\\-]?e?mail"
_NO_HOST = "invalid|none|null|undefined"
_OF_EXAMPLES = (
    "test|users?|name|your[ .]?name|you|your[ .]?email|email|mail|me|someone|example|foo|a|first.?name.last.?name"
)

_ADDRESSES = (
    r"(?:no|not|do ?not|dont)[\-. ]?(?:reply|respond)[0-9]*@.*",
    r"(?:noreply|donotreply).*@.*",
    r"(?:postmaster|mailer-daemon|bounces?)@.*",
    rf"(?:{_FILLED_IN})[0-9]*@(?:{_FILLED_IN})\.[a-z.]*",
    rf"(?:{_OF_EXAMPLES})[0-9]*@(?:example|domain|test)\.[a-z.]*",
    r"(?:test|user|name|e?mail)@e?mail\.com",
    rf"(?:{_NO_NAME})[0-9]*@.*",
    rf".*@(?:.*\.)?(?:{_NO_HOST})",
    r".*@(?:noemail|nomail|no-?reply)\.[a-z]*",
    r".*@test\.test",
)
"""Mailboxes that nobody reads, what people type to get past a form, and hosts that cannot be (RFC 2606)."""

BY_FORM: Final[Mapping[str, Placeholders]] = MappingProxyType(
    {
        "id": COMMON,
        "card": Placeholders(COMMON.words, (*COMMON.patterns, *_REPEATED, r"0?1234567(?:8(?:90?)?)?")),
        "device": Placeholders(
            COMMON.words
            | {
                "9774d56d682e549c",  # the Android id of a whole series of phones, and of the emulator
                "02:00:00:00:00:00",  # what Android and iOS give for a network address that they hide
                "020000000000",
                "unknown device",
                "emulator",
                "simulator",
            },
            (*COMMON.patterns, r"f{8}-?f{4}-?f{4}-?f{4}-?f{12}", r"(?:ff[:\-]?){6}"),
        ),
        "email": Placeholders(COMMON.words, (*COMMON.patterns, *_ADDRESSES)),
        "phone": Placeholders(COMMON.words, (*COMMON.patterns, *_REPEATED, *_DUMMY_NUMBERS, *_TYPED_ALONG)),
    }
)
"""With those of each form."""
