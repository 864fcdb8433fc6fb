"""Links to pictures over the API, for pages that cannot send a key: wikis, slides, mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Annotated, Final

from litestar import get
from litestar.params import QueryParameter

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.screens.api.answers import Unusable
from resa.screens.api.embedding import PICTURE, link_of
from resa.screens.frame import Visiting
from resa.screens.visits import Refused

__all__ = ["ROUTES"]

_BEGINS: Final = "/api/v1/"

Address = Annotated[
    str,
    QueryParameter(
        max_length=4_000, description="Of the picture, without the host: `/api/v1/maps/shop/picture.svg?lanes=all`."
    ),
]
Days = Annotated[int, QueryParameter(ge=1, le=366, description="So long the link holds.")]


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link to a picture.

    Attributes:
        address: Where whoever has it sees the picture as it is at the time, without the host.
        html: The same as an image for a page, to be completed by the host.
        until: How long it holds, UTC; it ends before if the key that made it is revoked.
    """

    address: str
    html: str
    until: datetime


@get("/links", operation_id="picture_link", summary="A link to a picture", opt={"needs": "see"}, sync_to_thread=True)
def link(visit: Visiting, address: Address, days: Days = 90) -> Link:
    """A link by which anybody sees one picture, and nothing else, for a time; it is made with a key."""
    if visit.key is None:
        raise Refused(None)
    path = address.partition("?")[0]
    if not (path.startswith(_BEGINS) and path.endswith(PICTURE) and address.isascii() and "#" not in address):
        wrong = sentence("this is no address of a picture; write one such as {example}", example=_EXAMPLE)
        raise Unusable(QuestionError(wrong), {"address": [wrong]})
    try:
        made, until = link_of(visit.shop, visit.key, address, days)
    except ValueError:
        wrong = sentence("this address says more than a question can hold")
        raise Unusable(QuestionError(wrong), {"address": [wrong]}) from None
    return Link(address=made, html=f'<img src="{escape(made)}" alt="">', until=datetime.fromtimestamp(until, UTC))


_EXAMPLE: Final = "/api/v1/maps/shop/picture.svg"

ROUTES: Final = (link,)
