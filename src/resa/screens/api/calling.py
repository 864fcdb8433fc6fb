"""Who calls the API: the key that a program sends, and how much of a list it asks for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeVar

from litestar.connection import ASGIConnection
from litestar.params import Body, PathParameter, QueryParameter
from msgspec import Meta

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.documents import MAXIMUM_CHARACTERS
from resa.model.telling import Kind
from resa.screens.api.answers import Unusable
from resa.storage import SCOPES, Scope

__all__ = [
    "BEGINS",
    "Cursor",
    "File",
    "Kinds",
    "Limit",
    "Line",
    "Lines",
    "Note",
    "Number",
    "Prose",
    "Scopes",
    "Value",
    "Word",
    "bearer_of",
    "is_api",
    "part_after",
    "part_of",
    "place_of",
    "place_said",
]

BEGINS: Final = "/api/v1"
"""How every address of the API begins."""

_MOST: Final = 1_000

Limit = Annotated[int, QueryParameter(ge=1, le=_MOST, description="So many at most.")]
Cursor = Annotated[str, QueryParameter(max_length=200, description="`next_cursor` of the part before.")]


Number = Annotated[int, PathParameter(ge=0, le=2**31 - 1, description="Its own number, as the list has it.")]

Word = Annotated[str, Meta(min_length=1, max_length=64), Body(min_length=1, max_length=64)]
Value = Annotated[str, Meta(min_length=1, max_length=512), Body(min_length=1, max_length=512)]
Note = Annotated[str, Meta(max_length=500), Body(max_length=500)]
Line = Annotated[str, Meta(max_length=1_000), Body(max_length=1_000)]
Prose = Annotated[str, Meta(max_length=50_000), Body(max_length=50_000)]
File = Annotated[str, Meta(max_length=MAXIMUM_CHARACTERS), Body(max_length=MAXIMUM_CHARACTERS)]
"""Texts in a body: the first of each pair checks, the second tells."""

Lines = Annotated[list[Line], Meta(max_length=100), Body(max_items=100)]
Kinds = Annotated[list[Kind], Meta(max_length=20), Body(max_items=20)]
Scopes = Annotated[list[Scope], Meta(min_length=1, max_length=len(SCOPES)), Body(min_items=1, max_items=len(SCOPES))]
"""The same of lists."""


def is_api(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether a request is the API's, whatever becomes of it."""
    return connection.scope["path"].startswith("/api/")


def bearer_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """The key that a program sends; `None`: it sends none, and is a browser."""
    said = connection.headers.get("authorization")
    if said is None:
        return None
    scheme, _, key = said.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def place_said(name: str, at: str) -> str:
    """A place in a list, as an address has it; what is in it is nobody's business but ours."""
    return base64.urlsafe_b64encode(json.dumps([name, at], separators=(",", ":")).encode()).decode().rstrip("=")


def place_of(cursor: str, name: str, shape: str) -> str | None:
    """The place that a cursor says; `None`: the beginning.

    Args:
        cursor: As an address has it.
        name: Of the list.
        shape: A regular expression of the places in it.

    Raises:
        QuestionError: It is none of this list.
    """
    if not cursor:
        return None
    try:
        said = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        said = None
    match said:
        case [str(of), str(at)] if of == name and re.fullmatch(shape, at, re.ASCII):
            return at
    wrong = sentence("this is no cursor of this list; begin without one, and send back next_cursor as it came")
    raise Unusable(QuestionError(wrong), {"cursor": [wrong]})


T = TypeVar("T")


def part_of(
    found: Sequence[T], number: Callable[[T], int], name: str, limit: int, cursor: str
) -> tuple[Sequence[T], str | None]:
    """A part of a list that is the newest first, and the cursor of the next; what comes meanwhile is in no later part.

    Args:
        found: The whole list.
        number: Of one of them; newer ones have larger ones.
        name: Of the list.
        limit: So many at most.
        cursor: As an address has it.
    """
    said = place_of(cursor, name, r"\d{1,15}")
    left = found if said is None else [one for one in found if number(one) < int(said)]
    shown = left[:limit]
    return shown, place_said(name, str(number(shown[-1]))) if len(left) > limit else None


def part_after(
    found: Sequence[T], identity: Callable[[T], object], name: str, limit: int, cursor: str
) -> tuple[Sequence[T], str | None]:
    """A part of a list in an order of its own, and the cursor of the next, which goes on behind what was shown last.

    Args:
        found: The whole list.
        identity: What one of them is known by, and no other.
        name: Of the list.
        limit: So many at most.
        cursor: As an address has it. It names what was shown last and what came behind it: who takes away what a part
            showed misses nothing of the next. Where both are gone, their place says where to go on.
    """
    said, start = place_of(cursor, name, r"\d{1,9}(\.[0-9a-f]{16}){2}"), 0
    if said is not None:
        at, last, following = said.split(".")
        marks = [_mark(identity(one)) for one in found]
        behind = marks.index(last) + 1 if last in marks else int(at)
        start = marks.index(following) if last not in marks and following in marks else behind
    shown = found[start : start + limit]
    end = start + len(shown)
    if not shown or end >= len(found):
        return shown, None
    return shown, place_said(
        name, ".".join([str(end - 1), *(_mark(identity(one)) for one in found[end - 1 : end + 1])])
    )


def _mark(identity: object) -> str:
    """By which an entry is known again, and says nothing of itself."""
    return hashlib.sha256(repr(identity).encode("utf-8", "surrogatepass")).hexdigest()[:16]
