"""A person's distinctive identifiers as they may stand in any text: in other letters, encodings and groupings."""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["MARK", "Needles", "is_distinctive"]

MARK: Final = "[erased]"
"""What stands in others' texts where an identifier stood."""

_SHORTEST: Final = 8  # a shorter one stands in texts by chance
_BEFORE: Final = r"(?:(?<![^\W_])|(?<=%[0-9A-Fa-f]{2}))"
_AFTER: Final = r"(?![^\W_])"
_BETWEEN: Final = r"(?:[\s()./~\x{2010}-\x{2015}\x{2212}-]|%20)*"
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_distinctive(value: str) -> bool:
    """Whether a value cannot well stand in a text by chance: an address, a number to call, a long id."""
    return "@" in value or len(value) >= _SHORTEST


@dataclass(frozen=True)
class Needles:
    """What is sought.

    Attributes:
        values: Identifiers, in every way of writing that is known.
        phones: Numbers to call: the digits of the country, and those behind them.
    """

    values: frozenset[str]
    phones: frozenset[tuple[str, str]] = frozenset()

    @cached_property
    def _alternatives(self) -> str:
        forms = {form for value in self.values for name in ("NFC", "NFD", "NFKC") if (form := _form(name, value))}
        found = [_spelt(form) for form in sorted(forms, key=len, reverse=True)]
        return "|".join([*found, *(_dialled(*phone) for phone in sorted(self.phones))])

    @cached_property
    def loose(self) -> str:
        """The expression for Arrow, which finds a little too much."""
        return f"(?i:{self._alternatives})"

    @cached_property
    def exact(self) -> re.Pattern[str]:
        """The expression that finds them where no further letter or digit stands around them."""
        inside = re.sub(r"\\x\{([0-9a-f]{4})\}", r"\\u\1", self._alternatives)
        return re.compile(f"{_BEFORE}(?:{inside}){_AFTER}", re.IGNORECASE)

    def __bool__(self) -> bool:
        """Whether there is anything to seek."""
        return bool(self.values or self.phones)

    def stand_in(self, text: str) -> bool:
        """Whether a text holds one, as it is or as JSON."""
        if not self:
            return False
        if self.exact.search(text):
            return True
        return any(self.exact.search(leaf) for leaf in _leaves(_parsed(text))) if "\\" in text else False

    def among(self, texts: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.bool_]:
        """Which texts hold one."""
        found = np.zeros(len(texts), np.bool_)
        if self and len(texts):
            loose = pc.match_substring_regex(texts.cast(pa.large_string()), self.loose).fill_null(False)
            places = np.flatnonzero(
                np.asarray(loose.to_numpy(zero_copy_only=False) if isinstance(loose, pa.Array) else loose.to_numpy())
            )
            found[[place for place in places.tolist() if self.stand_in(texts[place].as_py())]] = True
        return found

    def scrubbed(self, text: str) -> str:
        """A text with marks in their place; JSON stays JSON."""
        parsed = _parsed(text)
        if isinstance(parsed, dict | list):
            return json.dumps(self._scrubbed_json(parsed), ensure_ascii=False, separators=(",", ":"))
        return self.exact.sub(MARK, text)

    def _scrubbed_json(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self.exact.sub(MARK, key): self._scrubbed_json(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._scrubbed_json(inner) for inner in value]
        if isinstance(value, str):
            return self.exact.sub(MARK, value)
        if isinstance(value, int | float) and not isinstance(value, bool) and self.exact.search(json.dumps(value)):
            return MARK
        return value

    def pseudonym(self) -> str:
        """A value that stands for one of somebody else, so that it stays apart from all others."""
        return f"erased-{secrets.token_hex(8)}"


def _form(name: Any, value: str) -> str:
    return unicodedata.normalize(name, value).strip()


def _spelt(value: str) -> str:
    if _UUID.fullmatch(value):
        return "-?".join(value.split("-"))
    return "".join(_letter(letter) for letter in value)


def _letter(letter: str) -> str:
    if letter.isspace():
        return r"(?:\s|%20|\+)+"
    if letter.isascii() and letter.isalnum():
        return letter
    ways = {re.escape(letter), f"%{ord(letter):02X}" if letter.isascii() else quote(letter)}
    ways |= {re.escape(other) for other in (letter.lower(), letter.upper()) if len(other) == 1}
    for other in {letter, letter.lower(), letter.upper()}:
        units = other.encode("utf-16-be")
        ways.add("".join(rf"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2)))
        ways.add(quote(other, safe=""))
    return f"(?:{'|'.join(sorted(ways))})"


def _dialled(country: str, rest: str) -> str:
    before = rf"(?:(?:\+|%2B|00)?{_BETWEEN}{country}{_BETWEEN}(?:\(?0\)?)?|0)?{_BETWEEN}" if country else ""
    return before + _BETWEEN.join(rest)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _leaves(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif isinstance(value, str):
        yield value
