"""How wide Arial sets a text, without its file: for slides, which are opened where our own font is not.

Every office program has Arial, or a font of the same widths (Liberation Sans, Helvetica, Arimo). The widths are those
of the letters without kerning, in thousandths of the size, as the programs set them unless told otherwise; a letter
with an accent is as wide as without. Where versions of these fonts differ, the widest counts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from resa.drawing.fonts import EMOJI_WIDTH

__all__ = ["arial_width"]

_REGULAR: Final = {
    191: "'",
    222: "ijl‘’‚ł",
    260: "|",
    278: " !,./:;I[\\]ft\u00a0\u202f\u2009ıíìîïĩīĭ",
    333: "()-`r“”„¡·",
    334: "{}",
    350: "•",
    355: '"',
    389: "*",
    400: "°",
    469: "^",
    500: "Jcksvxyz↑↓",
    537: "¶",
    549: "≤≥≈±÷",
    556: "#$0123456789?L_abdeghnopqu–«»€£§åđþð¢¥",
    584: "+<=>~−×",
    611: "FTZßø¿",
    667: "&ABEKPSVXYÅÞ",
    722: "CDHNRUwĐÐ",
    737: "©®",
    778: "GOQØ",
    833: "Mm",
    889: "%æ",
    944: "Wœ",
    1000: "—…→←ÆŒ",
    1015: "@",
}
_BOLD: Final = {
    238: "'",
    278: " ,./I\\ijl\u00a0\u202f\u2009‘’‚łı",
    280: "|",
    333: "!()-:;[]`ft¡·",
    350: "•",
    389: "*r{}",
    400: "°",
    474: '"',
    500: "z“”„↑↓",
    549: "≤≥≈±÷",
    556: "#$0123456789J_aceksvxy–«»€£§¶å¢¥",
    584: "+<=>^~−×",
    611: "?FLTZbdghnopqußøđþð¿",
    667: "EPSVXYÞ",
    722: "&ABCDHKNRUÅĐÐ",
    737: "©®",
    778: "GOQwØ",
    833: "M",
    889: "%mæ",
    944: "Wœ",
    975: "@",
    1000: "—…→←ÆŒ",
}
_WIDTHS: Final[Mapping[bool, Mapping[str, int]]] = {
    bold: {character: wide for wide, characters in table.items() for character in characters}
    for bold, table in ((False, _REGULAR), (True, _BOLD))
}


def arial_width(text: str, size: float, *, bold: bool) -> float:
    """How wide `text` is on one line, in the units of `size`; the slanted letters are as wide as the upright ones.

    Args:
        text: One line.
        size: Of the letters.
        bold: In the bold face.
    """
    return sum(_width(character, bold) for character in text) * size


@lru_cache(maxsize=4096)
def _width(character: str, bold: bool) -> float:
    widths = _WIDTHS[bold]
    if character not in widths:
        if unicodedata.combining(character):
            return 0.0
        character = unicodedata.normalize("NFD", character)[0]
    if character in widths:
        return widths[character] / 1000
    return 1.0 if character.isalpha() else EMOJI_WIDTH
