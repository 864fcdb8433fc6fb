"""Texts as they are written in YAML: plainly where that is safe, else in quotes."""

from __future__ import annotations

import re

__all__ = ["scalar"]

_PARTS_IN_FLOW = frozenset(",[]{}:#&*")
_SAFE_PROSE = re.compile(r"[^\W_](?:[\w .,/()+?!'’“”„%;&=*–—…€\"-]|:(?=[^\s,])|(?<=\S)#)*", re.UNICODE)
_DAY = re.compile(r"[1-9]\d{3}-\d\d-\d\d", re.ASCII)
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"}


def scalar(text: str, *, flow: bool = False, quotes: bool = False) -> str:
    """A text as a YAML scalar on one line that reads back as exactly that text, quoted only where it must be.

    Args:
        text: Any text.
        flow: It may stand in braces or brackets, where commas part.
        quotes: Quoted also where it need not be.
    """
    if _DAY.fullmatch(text) and not quotes:
        return text  # as people write one
    letters = re.search(r"[^\d\s.,:eE_+-]", text)  # else it may be a number to YAML, and would be read as one
    safe = letters and _SAFE_PROSE.fullmatch(text) and text == text.strip() and text.casefold() not in _WORDS
    return text if safe and not quotes and not (flow and set(text) & _PARTS_IN_FLOW) else _quoted_exactly(text)


def _quoted_exactly(text: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    if not any(character in text for character in "\\\n\r\t") and '"' in text and _shown(text):
        return "'" + text.replace("'", "''") + "'"
    return (
        '"'
        + "".join(
            escapes.get(character) or (character if _shown(character) else f"\\U{ord(character):08x}")
            for character in text
        )
        + '"'
    )


def _shown(text: str) -> bool:
    """Whether people can see what stands there; a no-break space inside quotes is a space to them."""
    return text.replace("\N{NO-BREAK SPACE}", " ").isprintable()
