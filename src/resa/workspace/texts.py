"""Texts that people write on screens, as they are kept: whole characters, not too long, and not nothing."""

from __future__ import annotations

import unicodedata

from resa.base.errors import QuestionError
from resa.base.language import sentence

__all__ = ["full", "line_of", "text_of"]


def full(most: int) -> QuestionError:
    """What is said to who has written as many as are kept of one person."""
    return QuestionError(sentence("there are {most} of these already; take some away first", most=most))


def text_of(text: str, most: int, *, may_be_empty: bool = False) -> str:
    """A text of several lines as it is kept.

    Args:
        text: As it was typed, in whatever script.
        most: So many letters at most.
        may_be_empty: Whether nothing is something.

    Raises:
        QuestionError: There is nothing, or it is too long; the message says by how much.
    """
    whole = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    said = "".join(one for one in whole if one in "\n\t" or unicodedata.category(one) != "Cc").strip()
    if not said and not may_be_empty:
        raise QuestionError(sentence("there is nothing written yet"))
    if len(said) > most:
        raise QuestionError(sentence("this has {letters} letters; write at most {most}", letters=len(said), most=most))
    return said


def line_of(text: str, most: int, *, may_be_empty: bool = False) -> str:
    """A text of one line, such as a name; the same is raised."""
    return " ".join(text_of(text, most, may_be_empty=may_be_empty).split())
