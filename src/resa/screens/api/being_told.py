"""Who is told what of the maps, over the API: whom owners stand for, and what each of those is told no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from litestar import get, put
from litestar.params import FromPath, JSONBody

from resa.base.language import LANGUAGES, sentence
from resa.model.telling import KINDS
from resa.screens.api.answers import Page
from resa.screens.api.calling import Cursor, Kinds, Limit, Line, Lines, part_after
from resa.screens.api.writers import missing, said_well
from resa.screens.frame import Visiting
from resa.screens.visits import Visit
from resa.workspace.owning import owned_things
from resa.workspace.telling import Recipients

__all__ = ["ROUTES"]


@dataclass(frozen=True, kw_only=True)
class OwnerLine:
    """An owner, as maps name them.

    Attributes:
        owner: As it stands in the maps.
        things: For how many things they answer.
        recipients: Who is told: `person:` and a number, or `hook:` and a name.
        said: Whether somebody said so; else an address in the owner's name does.
    """

    owner: str
    things: int
    recipients: list[str]
    said: bool


@dataclass(frozen=True, kw_only=True)
class Bound:
    """Whom an owner stands for.

    Attributes:
        owner: As it stands in the maps.
        recipients: Who is told; none: nobody.
    """

    owner: Line
    recipients: Lines


@dataclass(frozen=True, kw_only=True)
class RecipientLine:
    """Who can be told something.

    Attributes:
        recipient: `person:` and a number, or `hook:` and a name.
        name: What people call them.
        language: In which they are told.
        stopped: What they are told no more.
    """

    recipient: str
    name: str
    language: str
    stopped: list[str]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What somebody is told no more.

    Attributes:
        stopped: Kinds; all others are told.
    """

    stopped: Kinds


@get("/owners", operation_id="owners", summary="Owners in the maps", opt={"needs": "manage"}, sync_to_thread=True)
def owners(visit: Visiting, limit: Limit = 200, cursor: Cursor = "") -> Page[OwnerLine]:
    """Every owner that the maps name, and who is told for them."""
    recipients = Recipients(visit.shop)
    named = [(owner, things) for owner, things in owned_things(visit.shop.maps.values()).items() if owner]
    found, following = part_after(named, lambda one: one[0], "owners", limit, cursor)
    return Page(
        [
            OwnerLine(
                owner=owner,
                things=len(things),
                recipients=list(recipients.of(owner)),
                said=recipients.is_said(owner),
            )
            for owner, things in found
        ],
        following,
    )


@put(
    "/owners",
    operation_id="bind_owner",
    summary="Say whom an owner stands for",
    status_code=204,
    opt={"needs": "manage"},
    sync_to_thread=True,
)
def bind(visit: Visiting, data: JSONBody[Bound]) -> None:
    """Say whom an owner stands for: people who may sign in, or webhooks of the settings."""
    if not data.owner or data.owner not in owned_things(visit.shop.maps.values()):
        raise missing(sentence("no map names this owner"))
    with said_well("recipients"):
        Recipients(visit.shop).bind(data.owner, list(dict.fromkeys(data.recipients)), by=visit.who)


@get(
    "/recipients",
    operation_id="recipients",
    summary="Who can be told something",
    opt={"needs": "manage"},
    sync_to_thread=True,
)
def recipients(visit: Visiting, limit: Limit = 200, cursor: Cursor = "") -> Page[RecipientLine]:
    """Everybody who may sign in, and every webhook, with what they are told no more."""
    known = Recipients(visit.shop)
    found, following = part_after([*known.people, *known.hooks], str, "recipients", limit, cursor)
    return Page([_line(known, one) for one in found], following)


@put(
    "/recipients/{recipient:str}",
    operation_id="choose_told",
    summary="Say what somebody is told",
    status_code=204,
    opt={"needs": "manage"},
    sync_to_thread=True,
)
def choose(visit: Visiting, recipient: FromPath[str], data: JSONBody[Choice]) -> None:
    """Say what somebody is told no more; all else they are told."""
    found = _known(visit, recipient)
    found.choose(recipient, [kind for kind in KINDS if kind not in data.stopped], by=visit.who)


def _known(visit: Visit, recipient: str) -> Recipients:
    found = Recipients(visit.shop)
    if recipient not in found.people and recipient not in found.hooks:
        raise missing(sentence("this is neither a person who may sign in nor a webhook of the settings"))
    return found


def _line(found: Recipients, recipient: str) -> RecipientLine:
    stopped = [kind for kind in KINDS if (recipient, kind) in found.stopped]
    language = found.language(recipient)
    return RecipientLine(
        recipient=recipient,
        name=found.name(recipient),
        language=language if language in LANGUAGES else "en",
        stopped=list(stopped),
    )


ROUTES: Final = (owners, bind, recipients, choose)
