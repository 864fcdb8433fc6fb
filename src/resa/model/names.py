"""How names are compared, and what is named."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from resa.base.language import Sentence, as_it_is, sentence

__all__ = ["normalised", "thing"]

_THINGS: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        str(kind): kind
        for kind in (
            sentence("touchpoint"),
            sentence("stage"),
            sentence("persona"),
            sentence("channel"),
            sentence("expectation"),
            sentence("improvement"),
            sentence("metric"),
            sentence("segment"),
            sentence("trait"),
            sentence("reaction"),
            sentence("state"),
            sentence("device"),
            sentence("outlet"),
            sentence("list"),
            sentence("source"),
            sentence("map"),
        )
    }
)


def normalised(name: str) -> str:
    """A name as it is compared: `Product page` and `product-page` are `product_page`; å, ä and ö stay.

    Composed and decomposed forms of a letter, as different systems write them, are one.
    """
    text = unicodedata.normalize("NFC", name).casefold().replace("-", " ").replace("_", " ")
    return "_".join(text.split())


def thing(kind: str) -> Sentence:
    """What has a name, such as `touchpoint`, as a word that can be said in another language."""
    return _THINGS.get(kind) or as_it_is(kind)
