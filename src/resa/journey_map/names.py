"""Names: how they are compared, and how people see them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from resa.base.language import sentence
from resa.documents import Refusal, Written
from resa.model.names import normalised

__all__ = ["display_name", "near", "normalised", "read_name"]

_ALLOWED = re.compile(r"\w+")


def display_name(key: str) -> str:
    """What people see when the file gives no name: `product_page` is `Product page`."""
    text = key.replace("_", " ")
    return text[:1].upper() + text[1:]


def near(name: str, known: Iterable[str]) -> str | None:
    """The known name that differs from this one as a slip of the pen does, if there is one."""
    found = get_close_matches(name, sorted(known), n=1, cutoff=0.75)
    return found[0] if found else None


def read_name(value: object) -> Written:
    """The normalised name that is written, with its place.

    Raises:
        Refusal: It is no name.
    """
    if not isinstance(value, Written):
        raise Refusal(sentence("a name belongs here, such as product_page"), code="name")
    name = normalised(value)
    if _ALLOWED.fullmatch(name):
        return value.renamed(name)
    cleaned = "_".join(re.findall(r"\w+", name))
    if "\n" in value.source.text[value.node.start : value.node.end]:
        raise Refusal(
            sentence("'{value}' runs over several lines; a name stands on one", value=value[:40]), code="name"
        )
    if not cleaned:
        raise Refusal(sentence("'{value}' is not a name; use letters, digits and spaces", value=value), code="name")
    raise Refusal(
        sentence("'{value}' is not a name; use letters, digits and spaces: {cleaned}", value=value, cleaned=cleaned),
        code="name",
        fix=cleaned,
    )
