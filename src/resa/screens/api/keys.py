"""Keys over the API: which there are, making one, which is shown once, and revoking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from litestar import delete, get, post
from litestar.params import JSONBody

from resa.base.language import sentence
from resa.screens.api.answers import Page
from resa.screens.api.calling import Cursor, Limit, Line, Number, Scopes, Word, part_after
from resa.screens.api.writers import missing, said_well
from resa.screens.frame import Visiting
from resa.storage import Scope

__all__ = ["ROUTES"]


@dataclass(frozen=True, kw_only=True)
class KeyLine:
    """A key that is good. Moments are UTC.

    Attributes:
        number: Its own.
        name: What it is called.
        beginning: Its first characters.
        scopes: What it may.
        source: Whose events it sends; `null`: it sends none.
        person: The number of whom it writes for; `null`: it writes in nobody's name.
        made_at: When it was made.
    """

    number: int
    name: str
    beginning: str
    scopes: list[Scope]
    source: str | None
    person: int | None
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """A key to be made.

    Attributes:
        name: What it shall be called.
        scopes: What it may.
        source: Of one that collects: whose events it sends; empty: the source is called like the key.
        person: The address of whom it writes for, if it writes in somebody's name; empty: it does not.
    """

    name: Word
    scopes: Scopes
    source: Line = ""
    person: Line = ""


@dataclass(frozen=True, kw_only=True)
class MadeKey:
    """A key that was made; it is told this once, and only its hash is stored.

    Attributes:
        key: The key.
    """

    key: str


@get("/keys", operation_id="keys", summary="All keys", opt={"needs": "manage"}, sync_to_thread=True)
def keys(visit: Visiting, limit: Limit = 200, cursor: Cursor = "") -> Page[KeyLine]:
    """The keys that are good, by their beginnings; the keys themselves are nowhere."""
    good = [one for one in visit.shop.keys.all() if one.revoked_at is None]
    found, following = part_after(good, lambda one: one.id, "keys", limit, cursor)
    return Page(
        [
            KeyLine(
                number=one.id,
                name=one.name,
                beginning=one.beginning,
                scopes=list(one.scopes),
                source=one.source_id,
                person=one.person,
                made_at=one.made_at,
            )
            for one in found
        ],
        following,
    )


@post("/keys", operation_id="make_key", summary="Make a key", opt={"needs": "manage"}, sync_to_thread=True)
def make(visit: Visiting, data: JSONBody[NewKey]) -> MadeKey:
    """Make a key. It is told this once: what is sent again makes no second answer, but is refused."""
    shop, name = visit.shop, data.name.strip()
    with said_well(), visit.acting():
        if data.scopes == ["collect"]:
            return MadeKey(key=shop.keys.make(name, data.source.strip() or None))
        person = shop.people.named(data.person) if data.person else None
        return MadeKey(key=shop.keys.make_for(data.scopes, name, person=person))


@delete(
    "/keys/{number:int}",
    operation_id="revoke_key",
    summary="Revoke a key",
    opt={"needs": "manage"},
    sync_to_thread=True,
)
def revoke(visit: Visiting, number: Number) -> None:
    """Refuse a key from now on; also the one that asks."""
    found = next((one for one in visit.shop.keys.all() if one.id == number and one.revoked_at is None), None)
    if found is None:
        raise missing(sentence("there is no good key of this number"))
    with visit.acting():
        visit.shop.keys.revoke(found.name)


ROUTES: Final = (keys, make, revoke)
