"""gettext catalogues as translators write them (`.po`), read in a few hundredths of a second.

A whole reader, such as Babel's, takes ten times as long, for which every command in another language than English would
wait. What is read here is what `python -m scripts.messages` writes with Babel; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from gettext import NullTranslations
from typing import Final

__all__ = ["Words", "read_catalogue"]

_LINES: Final = r'"[^\n]*\n(?:"[^\n]*\n)*'
"""A text in quotes, on one line or on several."""

_ENTRY: Final = re.compile(
    rf"(?:^msgctxt (?P<context>{_LINES}))?^msgid (?P<id>{_LINES})(?:^msgid_plural {_LINES})?"
    rf"(?P<said>(?:^msgstr(?:\[\d\])? {_LINES})+)",
    re.MULTILINE,
)
_FORM: Final = re.compile(rf"^msgstr(?:\[(\d)\])? ({_LINES})", re.MULTILINE)
_PART: Final = re.compile(r'^"(.*)"$', re.MULTILINE)
_ESCAPE: Final = re.compile(r"\\(.)")
_SIGNS: Final = {"n": "\n", "t": "\t", "r": "\r"}


class Words(NullTranslations):
    """The words of a language whose plural is for every number but one.

    Args:
        entries: Translations by context, English text (of one thing) and form: 0 of one, 1 of others.
    """

    def __init__(self, entries: Mapping[tuple[str, str, int], str]) -> None:
        super().__init__()
        self._entries = entries

    def gettext(self, message: str) -> str:
        """A text; English where there is no translation, as with all of these."""
        return self._entries.get(("", message, 0), message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """A text about so many things."""
        return self._entries.get(("", msgid1, int(n != 1)), msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """A text that stands somewhere."""
        return self._entries.get((context, message, 0), message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        """A text about so many things that stands somewhere."""
        return self._entries.get((context, msgid1, int(n != 1)), msgid1 if n == 1 else msgid2)


def read_catalogue(text: str) -> Words:
    """Read a catalogue; entries without a translation are left out."""
    entries: dict[tuple[str, str, int], str] = {}
    for entry in _ENTRY.finditer(text):
        context, english = _text(entry["context"] or ""), _text(entry["id"])
        for form, written in _FORM.findall(entry["said"]):
            if english and (translation := _text(written)):
                entries[context, english, int(form or 0)] = translation
    return Words(entries)


def _text(written: str) -> str:
    joined = "".join(_PART.findall(written))
    return _ESCAPE.sub(lambda sign: _SIGNS.get(sign[1], sign[1]), joined) if "\\" in joined else joined
