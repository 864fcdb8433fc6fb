"""What a customer may ask for, over the API: all that is stored of her, what she consented to, and to be erased."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.screens.api.answers import Page, Tagged, Unusable
from resa.screens.api.calling import Cursor, Limit, Line, part_after
from resa.screens.api.repeating import once
from resa.screens.customers import ZIP, ZIP_HEADERS, asked_customer, exported
from resa.screens.frame import Visiting
from resa.screens.visits import Visit

__all__ = ["ROUTES"]

_SECONDS: Final = 600
_CONFIRMS: Final = re.compile(r"(\d{1,12})\.[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class ConsentWord:
    """A word of a customer on a topic or purpose. Moments are UTC.

    Attributes:
        about: Key of the topic or purpose.
        what: asked, given, confirmed or withdrawn.
        at: When she said so.
        recorded_at: When it was stored; `null`: not known.
        wording: Version of what she was shown; empty: not known.
        source: Where it was said.
        who: Who recorded it.
        kind: Of the identifier by which she said it.
        value: Of that identifier; `null` without `names`.
        page: On which page; `null` without `names`.
        address: From which IP address, as far as it is kept; `null` without `names`.
    """

    about: str
    what: str
    at: datetime
    recorded_at: datetime | None
    wording: str
    source: str
    who: str
    kind: str
    value: str | None
    page: str | None
    address: str | None


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """How a customer is to be erased.

    Attributes:
        confirm: What the same call without it gave back, at most ten minutes ago; without it, it is only counted.
    """

    confirm: Line = ""


@dataclass(frozen=True, kw_only=True)
class Gone:
    """What an erasure took away, or would take.

    Attributes:
        erased: Whether it is gone; else it was only counted.
        rows: How many rows, by table; `mentions` are rows of others that lose what names her.
        confirm: What is to be sent to erase her; empty: she is erased.
    """

    erased: bool
    rows: Mapping[str, int]
    confirm: str


@get(
    "/customers/{customer:str}/consents",
    operation_id="customer_consents",
    summary="What a customer consented to",
    opt={"needs": "find", "personal": True},
    sync_to_thread=True,
)
def consents(visit: Visiting, customer: FromPath[str], limit: Limit = 200, cursor: Cursor = "") -> Page[ConsentWord]:
    """Every word of hers, in the order in which they were kept. That it was read stands in the audit log."""
    asked, named = asked_customer(visit, customer), visit.may("names")
    with visit.acting():
        found = visit.shop.consents.of((asked.first.kind, asked.first.value))
    places = list(enumerate(found.records))  # words are only added, and two may be the same
    shown, following = part_after(places, lambda one: one[0], "consents", limit, cursor)
    records = [one for _, one in shown]
    words = [
        ConsentWord(
            about=one.about,
            what=one.what,
            at=one.at,
            recorded_at=one.recorded_at,
            wording=one.wording,
            source=one.source,
            who=one.who,
            kind=one.kind,
            value=one.value if named else None,
            page=one.page if named else None,
            address=one.address if named else None,
        )
        for one in records
    ]
    return Page(words, following)


@get(
    "/customers/{customer:str}/export",
    operation_id="export_customer",
    summary="All that is stored of a customer",
    opt={"needs": "names", "personal": True, "media": (ZIP,)},
    sync_to_thread=True,
)
def export(visit: Visiting, customer: FromPath[str]) -> Tagged[Any]:
    """A zip for herself: a page to read, and JSON for programs. That it was made stands in the audit log."""
    content = exported(visit, asked_customer(visit, customer))
    return Tagged(content, media_type=ZIP, headers=dict(ZIP_HEADERS))


@post(
    "/customers/{customer:str}/erasure",
    operation_id="erase_customer",
    summary="Erase a customer",
    status_code=200,
    opt={"needs": "erase", "personal": True, "repeats": True},
    sync_to_thread=True,
)
def erase(visit: Visiting, request: Request[Any, Any, Any], customer: FromPath[str], data: JSONBody[Erasure]) -> Gone:
    """Count what is stored of a customer; sent again with `confirm`, erase it, for good. The audit log has both."""

    def done() -> Gone:
        asked = asked_customer(visit, customer)
        if data.confirm:
            _check(visit, customer, data.confirm)
        with visit.acting():
            found = visit.shop.erase(asked.first.value, kind=asked.first.kind, dry=not data.confirm)
        confirm = "" if data.confirm else _confirmation(visit, customer, _now(visit) + _SECONDS)
        return Gone(erased=bool(data.confirm), rows=dict(found.rows), confirm=confirm)

    return once(visit, request, data, done)


def _now(visit: Visit) -> int:
    return int(visit.shop.clock().timestamp())


def _confirmation(visit: Visit, customer: str, until: int) -> str:
    """What shows that somebody counted before they erase."""
    said = f"erase {customer} {visit.who} {until}".encode()
    return f"{until}.{hmac.new(visit.shop.store.database.key, said, hashlib.sha256).hexdigest()[:32]}"


def _check(visit: Visit, customer: str, said: str) -> None:
    """Go on only if this was given back for her, by us, lately.

    Raises:
        Unusable: It was not.
    """
    found = _CONFIRMS.fullmatch(said)
    until = 0 if found is None else int(found[1])
    if until < _now(visit) or not hmac.compare_digest(said, _confirmation(visit, customer, until)):
        wrong = sentence("send the same without confirm first, look at what would go, and send back what it gives")
        raise Unusable(QuestionError(wrong), {"confirm": [wrong]})


ROUTES: Final = (consents, export, erase)
