"""How names are compared."""

from __future__ import annotations

import unicodedata

__all__ = ["normalised"]


def normalised(name: str) -> str:
    """A name as it is compared: `Product page` and `product-page` are `product_page`; å, ä and ö stay.

    Composed and decomposed forms of a letter, as different systems write them, are one.
    """
    text = unicodedata.normalize("NFC", name).casefold().replace("-", " ").replace("_", " ")
    return "_".join(text.split())
