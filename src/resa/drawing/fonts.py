"""The font that is drawn: its widths, kerning included, and the subsets of it that pictures carry."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import font_source_sans_pro
from fontTools.ttLib import TTFont

from resa.drawing.tokens import FONT_FAMILY, Face

__all__ = ["EMOJI_WIDTH", "FONT_FOLDER", "LATIN", "clean", "font_css", "missing", "segments", "width"]

FONT_FOLDER = Path(font_source_sans_pro.__file__).parent / "files"
"""Where the font's files lie, for programs that draw with them."""

LATIN = "".join(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x180)))) + "ŐőŰű–—‘’‚“”„…•‹›−≤≥→←↑↓▲▼◆■✓€\u202f\u2009"
"""The characters a page for any of our languages needs."""

EMOJI_WIDTH = 1.3
"""Room kept for an emoji, in ems; emoji fonts draw 1.2 to 1.37, and are held to it."""

_FILES: dict[Face, tuple[str, int, str]] = {
    "regular": ("SourceSansPro-Regular.ttf", 400, "normal"),
    "semibold": ("SourceSansPro-Semibold.ttf", 600, "normal"),
    "italic": ("SourceSansPro-It.ttf", 400, "italic"),
}
_INVISIBLE = {"\u200d", "\ufe0f", "\ufe0e"}  # join and choose emoji; draw nothing themselves


@lru_cache(maxsize=4)
def _font(face: Face) -> TTFont:
    return TTFont(FONT_FOLDER / _FILES[face][0], lazy=True)


@lru_cache(maxsize=4)
def _glyphs(face: Face) -> dict[int, str]:
    glyphs: dict[int, str] = _font(face).getBestCmap()
    return glyphs


@lru_cache(maxsize=4)
def _advances(face: Face) -> tuple[int, dict[str, tuple[int, int]]]:
    font = _font(face)
    return font["head"].unitsPerEm, font["hmtx"].metrics


@lru_cache(maxsize=4)
def _kerning_tables(face: Face) -> tuple[Any, ...]:
    table = _font(face)["GPOS"].table
    lookups = {
        index
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "kern"
        for index in record.Feature.LookupListIndex
    }
    return tuple(subtable for index in sorted(lookups) for subtable in table.LookupList.Lookup[index].SubTable)


@lru_cache(maxsize=100_000)
def _kerning(face: Face, left: str, right: str) -> int:
    """Units that pair kerning (OpenType GPOS, lookup type 2) adds between two glyphs; the first subtable decides."""
    for table in _kerning_tables(face):
        if left not in table.Coverage.glyphs:
            continue
        if table.Format == 1:
            pairs = table.PairSet[table.Coverage.glyphs.index(left)].PairValueRecord
            for record in pairs:
                if record.SecondGlyph == right:
                    return getattr(record.Value1, "XAdvance", 0) or 0
            continue
        first = table.ClassDef1.classDefs.get(left, 0)
        second = table.ClassDef2.classDefs.get(right, 0)
        value = table.Class1Record[first].Class2Record[second].Value1
        return (getattr(value, "XAdvance", 0) or 0) if value else 0
    return 0


@lru_cache(maxsize=50_000)
def segments(text: str, face: Face) -> tuple[tuple[str, Face | None], ...]:
    """`text` in pieces by who draws them.

    That is the face itself, the regular face where the italic lacks a letter, or another font (`None`).
    """
    own, regular = _glyphs(face), _glyphs("regular")
    if all(ord(character) in own for character in text):
        return ((text, face),) if text else ()
    pieces: list[tuple[str, Face | None]] = []
    for character in text:
        drawn_by: Face | None = face if ord(character) in own else "regular" if ord(character) in regular else None
        if character in _INVISIBLE:
            drawn_by = None
        if pieces and pieces[-1][1] == drawn_by:
            pieces[-1] = (pieces[-1][0] + character, drawn_by)
        else:
            pieces.append((character, drawn_by))
    return tuple(pieces)


def _foreign_width(text: str) -> float:
    """Ems kept for what our font lacks: one for a letter, more for an emoji, once for what is joined into one sign."""
    total = 0.0
    before = ""
    flag = False
    for character in text:
        joins = before == "\u200d" or "\U0001f3fb" <= character <= "\U0001f3ff"
        flag = "\U0001f1e6" <= character <= "\U0001f1ff" and not flag
        second_half = "\U0001f1e6" <= character <= "\U0001f1ff" and not flag
        if (
            character not in _INVISIBLE
            and not unicodedata.combining(character)
            and not (joins and total)
            and not second_half
        ):
            total += 1.0 if character.isalpha() else EMOJI_WIDTH
        before = character
    return total


@lru_cache(maxsize=50_000)
def _width_in_ems(text: str, face: Face) -> float:
    total = 0.0
    for piece, drawn_by in segments(text, face):
        if drawn_by is None:
            total += _foreign_width(piece)
            continue
        units, metrics = _advances(drawn_by)
        glyphs = _glyphs(drawn_by)
        names = [glyphs[ord(character)] for character in piece]
        length = sum(metrics[name][0] for name in names)
        length += sum(_kerning(drawn_by, one, two) for one, two in pairwise(names))
        total += length / units
    return total


def width(text: str, size: float, face: Face) -> float:
    """How wide `text` is when drawn on one line, in the units of `size`."""
    return _width_in_ems(text, face) * size


def missing(text: str) -> str:
    """The characters of `text` that the font cannot draw, each once, in order; browsers use another font."""
    return "".join(
        dict.fromkeys(c for piece, by in segments(text, "regular") if by is None for c in piece if c not in _INVISIBLE)
    )


@lru_cache(maxsize=20_000)
def clean(text: str) -> str:
    """`text` as it can be drawn on a line: composed, spaces made single, and without what would break out of its place.

    Control characters and those that turn the direction of writing are dropped; of a pile of combining marks one stays.
    """
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        if category in {"Mn", "Me"} and character not in _INVISIBLE:
            marks += 1
            if marks > 1 or not kept or kept[-1] == " " or ord(character) not in _glyphs("italic"):
                continue
        else:
            marks = 0
        if character in "\u00a0\u202f\u2009\u00ad" or character in _INVISIBLE:
            kept.append(character)
        elif category[0] == "Z" or character in "\t\n\r\v\f":
            if kept and kept[-1] != " ":
                kept.append(" ")
        elif category not in {"Cc", "Cf", "Cs", "Co", "Cn"}:
            kept.append("-" if character == "\u2011" else character)
    return "".join(kept).strip(" \u00ad")


def _subset(face: Face, characters: str) -> bytes:
    from fontTools import subset  # noqa: PLC0415 - heavy; only who writes a picture needs it

    options = subset.Options(
        flavor="woff2", layout_features=["kern", "mark", "mkmk", "ccmp"], hinting=False, notdef_outline=True
    )
    options.name_IDs = ["*"]  # the licence stays in; leaving names out also costs a slow walk over all tables
    font = TTFont(FONT_FOLDER / _FILES[face][0], recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters)
    cutter.subset(font)
    font.flavor = "woff2"
    stream = BytesIO()
    font.save(stream, reorderTables=True)
    return stream.getvalue()


@lru_cache(maxsize=256)
def _face_css(face: Face, characters: str) -> str:
    _, weight, style = _FILES[face]
    data = base64.b64encode(_subset(face, characters)).decode("ascii")
    return (
        f"@font-face{{font-family:'{FONT_FAMILY}';font-weight:{weight};font-style:{style};font-display:block;"
        f"src:url(data:font/woff2;base64,{data}) format('woff2')}}"
    )


def font_css(texts: Iterable[str] | None = None, *, faces: Iterable[Face] = ("regular", "semibold", "italic")) -> str:
    """The `@font-face` rules that carry the font inside a page, cut down to the characters that are used.

    Args:
        texts: What will be set; `None` takes all of Latin, for a page whose texts are not known.
        faces: Which faces the page uses.
    """
    wanted = set(LATIN) if texts is None else set(" -…").union(*map(set, texts))
    characters = "".join(sorted(c for c in wanted if ord(c) in _glyphs("regular")))
    return "".join(_face_css(face, characters) for face in faces)
