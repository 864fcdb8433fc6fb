"""Texts inside XML: escaped here and nowhere else, so that nothing a person wrote can become markup."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

__all__ = ["attribute", "text"]

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(words: str) -> str:
    """Words between tags."""
    return escape(_ILLEGAL.sub("", words))


def attribute(words: str) -> str:
    """Words between double quotes."""
    return escape(_ILLEGAL.sub("", words), {'"': "&quot;", "'": "&#39;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})
