"""What answering a question gives, before it is stamped with where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from resa.analytics.results.result import Part
from resa.base.language import Sentence

__all__ = ["Answer"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The tables of an answer and what must be said about them.

    Attributes:
        parts: Tables by name, the main one first.
        n: How much was looked at.
        others: What the main table does not list.
        warnings: What a reader must know.
    """

    parts: Mapping[str, Part]
    n: Mapping[str, int]
    others: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[Sentence, ...] = ()
