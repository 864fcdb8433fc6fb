"""Breaking text into lines that fit, measured with the font that is drawn."""

from __future__ import annotations

import re

from resa.drawing.fonts import clean, width
from resa.drawing.tokens import Style

__all__ = ["fit", "wrap"]

_VOWELS = "aeiouyåäöæøáéíóúőűüàèìòùâêîôûœë"
_TOGETHER = {
    "ch",
    "ck",
    "ph",
    "sh",
    "th",
    "qu",
    "sch",
    "sj",
    "skj",
    "tj",
    "kj",
    "cs",
    "gy",
    "ly",
    "ny",
    "sz",
    "ty",
    "zs",
    "dz",
    "dzs",
}
_CLUSTERS = frozenset(
    (
        "bl",
        "br",
        "dr",
        "fl",
        "fr",
        "gl",
        "gr",
        "kl",
        "kr",
        "pl",
        "pr",
        "sk",
        "sl",
        "sm",
        "sn",
        "sp",
        "st",
        "sv",
        "tr",
        "tv",
    )
)
_AFTER = "-/_.@–—:;,)]}&+=|\\"


def wrap(text: str, style: Style, room: float, *, lines: int | None = None) -> tuple[str, ...]:
    """Break `text` into lines no wider than `room`.

    A word that is wider than a line is broken after its own marks (`-`, `/`, `_`, `@` …), else between syllables with a
    hyphen. With `lines`, what does not fit ends in an ellipsis.

    Args:
        text: Any text; it is cleaned first.
        style: How it is set.
        room: Width in units; at least two characters are put on a line even if they do not fit.
        lines: The most lines; `None`: as many as needed.
    """
    pieces: list[str] = []
    line = ""
    for word in clean(text).split(" "):
        if not word:
            continue
        joined = f"{line} {word}" if line else word
        if _width(joined, style) <= room:
            line = joined
            continue
        if _width(word, style) <= room:
            pieces.append(line)
            line = word
            continue
        line = _break_long(line, word, style, room, pieces)
    if line:
        pieces.append(line)
    result = [piece.replace("\u00ad", "") for piece in pieces if piece]
    if lines is not None and len(result) > lines:
        result = [*result[: lines - 1], fit(" ".join(result[lines - 1 :]), style, room, forced=True)]
    return tuple(result)


def fit(text: str, style: Style, room: float, *, forced: bool = False) -> str:
    """`text` on one line: whole if it fits, else cut with an ellipsis.

    Args:
        text: Any text; it is cleaned first.
        style: How it is set.
        room: Width in units.
        forced: The text goes on elsewhere, so it gets the ellipsis even if it would fit.
    """
    text = clean(text).replace("\u00ad", "")
    if not forced and _width(text, style) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if _width(text[:middle].rstrip(" .,;:-") + "…", style) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip(" .,;:-") + "…"


def _width(text: str, style: Style) -> float:
    """A hair less than the width: room that was added up from a text's own width, and rounded, is enough for it."""
    return width(text.replace("\u00ad", ""), style.size, style.face) - 1e-6


def _break_long(line: str, word: str, style: Style, room: float, pieces: list[str]) -> str:
    """Spread a word that is wider than a line over several; gives back the line that is still open."""
    rest = word
    while _width(f"{line} {rest}" if line else rest, style) > room:
        start = f"{line} " if line else ""
        cut, mark = _best_cut(rest, start, style, room, must=not line)
        if cut == 0:
            pieces.append(line)
            line = ""
            continue
        pieces.append(start + rest[:cut] + mark)
        rest, line = rest[cut:].lstrip("\u00ad"), ""
    return f"{line} {rest}" if line else rest


def _best_cut(word: str, start: str, style: Style, room: float, *, must: bool) -> tuple[int, str]:
    """Where to cut the word so that `start` and its beginning fill the line, and with what; (0, ''): nowhere good."""
    fallback = (0, "")
    syllable = (0, "")
    for cut in range(1, len(word)):
        own = word[cut - 1] in _AFTER or word[cut - 1] == "\u00ad"
        mark = "" if own and word[cut - 1] != "\u00ad" else "-"
        if _width(start + word[:cut] + mark, style) > room:
            break
        if _joined(word, cut):
            continue
        if own or _between_syllables(word, cut):
            syllable = (cut, mark)
        fallback = (cut, mark if word[cut - 1].isalpha() and word[cut].isalpha() else "")
    # A syllable is worth up to half of the line; after other words on the line only a good break counts.
    if syllable[0] and (not must or syllable[0] * 2 >= fallback[0]):
        return syllable
    if not must:
        return (0, "")
    if fallback[0]:
        return fallback
    return _first_cut(word)


def _first_cut(word: str) -> tuple[int, str]:
    """The shortest beginning that keeps joined characters together, for a line that is too narrow for anything."""
    for cut in range(2, len(word)):
        if not _joined(word, cut):
            return cut, ""
    return len(word), ""


def _joined(word: str, cut: int) -> bool:
    """The characters on both sides of the cut are one sign (emoji joined or modified, combining marks)."""
    return (
        bool(re.match(r"[\u200d\ufe0e\ufe0f\u0300-\u036f\U0001f3fb-\U0001f3ff]", word[cut]))
        or word[cut - 1] == "\u200d"
    )


def _between_syllables(word: str, cut: int) -> bool:
    """Whether a hyphen may stand before `word[cut]`: a consonant (or two that sound as one) with a vowel after it."""
    if cut < 3 or len(word) - cut < 3:
        return False
    lower = word.casefold()
    if len(lower) != len(word) or not lower[cut - 3 : cut + 3].isalpha():
        return False
    if lower[cut - 1 : cut + 1] in _TOGETHER or lower[cut - 2 : cut + 1] in _TOGETHER:
        return False
    if lower[cut] in _VOWELS or not any(letter in _VOWELS for letter in lower[:cut]):
        return False
    # After a consonant a word or syllable may well begin with two: kundtillfreds-ställelse, vendég-látás.
    after_consonant = lower[cut - 1] not in _VOWELS
    if lower[cut - 1 : cut + 1] in _CLUSTERS and lower[cut - 2] not in _VOWELS:
        return False
    two = lower[cut : cut + 2] in _TOGETHER or (after_consonant and lower[cut : cut + 2] in _CLUSTERS)
    onset = 2 if two else 1
    return cut + onset < len(lower) and lower[cut + onset] in _VOWELS
