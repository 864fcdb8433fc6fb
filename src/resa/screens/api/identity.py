"""Who may be one customer, over the API: the pairs that wait for an answer, and answering."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from litestar import Request, get, post
from litestar.params import JSONBody
from litestar.serialization import encode_json

from resa.base.errors import InputError
from resa.identity import Decision
from resa.screens.api.answers import Page, Tagged, Unusable, checked_tag
from resa.screens.api.calling import Cursor, Limit, Note, Value, Word, place_of, place_said
from resa.screens.api.repeating import once
from resa.screens.frame import Visiting
from resa.screens.visits import Visit
from resa.workspace.matching import Likely

__all__ = ["ROUTES"]


@dataclass(frozen=True, kw_only=True)
class Named:
    """An identifier.

    Attributes:
        kind: Such as email.
        value: As its source spells it.
    """

    kind: Word
    value: Value


@dataclass(frozen=True, kw_only=True)
class ComparedField:
    """A field of two customers.

    Attributes:
        field: Its name.
        one: What is known of one; `null`: nothing.
        other: What is known of the other.
        level: same, similar, different or unknown.
        weight: What that is worth as evidence, in bits.
    """

    field: str
    one: str | None
    other: str | None
    level: str
    weight: float


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two customers who may be one.

    Attributes:
        one: What one is called.
        other: What the other is called.
        probability: That they are one, 0 to 1.
        compared: The fields of which one of the two has something.
        apart: Why they are not joined, however alike: unique or split; empty: nothing forbids it.
        changed: What is known of them has changed since they were compared.
    """

    one: Named
    other: Named
    probability: float
    compared: list[ComparedField]
    apart: str
    changed: bool


@dataclass(frozen=True, kw_only=True)
class Made:
    """A decision that was made.

    Attributes:
        what: join or split.
        one: An identifier of one.
        other: An identifier of the other.
        at: When, UTC.
        who: Who said so.
        why: In their words.
    """

    what: str
    one: Named
    other: Named
    at: datetime
    who: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a person says of two.

    Attributes:
        what: join: they are one customer; split: they are two, whatever is seen later.
        one: An identifier of one.
        other: An identifier of the other.
        why: In their words.
    """

    what: Literal["join", "split"]
    one: Named
    other: Named
    why: Note = ""


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What was decided, and is kept.

    Attributes:
        what: join or split.
        who: Who said so: the name of the key.
        at: When, UTC.
    """

    what: Literal["join", "split"]
    who: str
    at: datetime


@get(
    "/identity/undecided",
    operation_id="undecided",
    summary="Who may be one customer",
    opt={"needs": "names", "personal": True},
    sync_to_thread=True,
)
def undecided(visit: Visiting, limit: Limit = 50, cursor: Cursor = "") -> Page[Pair]:
    """The pairs that wait for an answer, as `resa identity match` last found them, the surest first."""
    said = place_of(cursor, "undecided", r"[\d.e+-]{1,30} [0-9a-f]{32}")
    with visit.acting():
        found = [(_place(visit, one), one) for one in visit.shop.identity.undecided()]
    found.sort(key=lambda pair: pair[0])
    if said is not None:
        share, name = said.split()
        found = [(place, one) for place, one in found if place > (-_number(share), name)]
    listed = found[:limit]
    following = f"{-listed[-1][0][0]!r} {listed[-1][0][1]}" if len(found) > limit else None
    return Page([_pair(one) for _, one in listed], None if following is None else place_said("undecided", following))


@get(
    "/identity/decisions",
    operation_id="decisions",
    summary="What was decided on who is one customer",
    opt={"needs": "names", "personal": True},
    sync_to_thread=True,
)
def decisions(visit: Visiting, limit: Limit = 200, cursor: Cursor = "") -> Tagged[Page[Made]]:
    """Every decision, the newest first; the last on a pair counts. Its tag changes once somebody decides."""
    said = place_of(cursor, "decisions", r"\d{1,15}")
    found = visit.shop.identity.decisions()
    end = len(found) if said is None else min(int(said), len(found))
    begin = max(0, end - limit)
    listed = [_made(one) for one in reversed(found[begin:end])]
    return Tagged(Page(listed, place_said("decisions", str(begin)) if begin else None), tag=_tag_of(found))


@post(
    "/identity/decisions",
    operation_id="decide",
    summary="Say whether two are one customer",
    status_code=201,
    opt={"needs": "decide", "personal": True, "repeats": True, "conditional": "decisions"},
    sync_to_thread=True,
)
def decide(visit: Visiting, request: Request[Any, Any, Any], data: JSONBody[Answer]) -> Decided:
    """Join or split two customers by any of their identifiers. It holds, and can be taken back."""

    def decided() -> Decided:
        checked_tag(request, _tag_of(visit.shop.identity.decisions()))
        return _decided(visit, data)

    return once(visit, request, data, decided)


def _place(visit: Visit, likely: Likely) -> tuple[float, str]:
    """Where a pair stands in the list, whatever else does; it says nothing of who they are."""
    named = encode_json([likely.one, likely.other])
    return -likely.probability, hmac.new(visit.shop.store.database.key, named, "sha256").hexdigest()[:32]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0  # no cursor of ours; behind it is everything


def _tag_of(found: Sequence[Decision]) -> str:
    """What all decisions so far are known by: they are only added to."""
    return f"decisions {len(found)}"


def _made(one: Decision) -> Made:
    return Made(
        what=one.what,
        one=Named(kind=one.one.kind, value=one.one.value),
        other=Named(kind=one.other.kind, value=one.other.value),
        at=one.at,
        who=one.who,
        why=one.why,
    )


def _decided(visit: Visit, data: Answer) -> Decided:
    identity = visit.shop.identity
    one, other = ((end.kind, end.value) for end in (data.one, data.other))
    try:
        with visit.acting():
            made = (identity.join if data.what == "join" else identity.split)(one, other, why=data.why)
    except InputError as error:
        raise Unusable(error) from None
    return Decided(what=made.what, who=made.who, at=made.at)


def _pair(likely: Likely) -> Pair:
    return Pair(
        one=Named(kind=likely.one.kind, value=likely.one.value),
        other=Named(kind=likely.other.kind, value=likely.other.value),
        probability=likely.probability,
        compared=[
            ComparedField(field=one.field, one=one.one, other=one.other, level=one.level, weight=one.weight)
            for one in likely.compared
        ],
        apart=likely.apart,
        changed=likely.changed,
    )


ROUTES: Final = (undecided, decisions, decide)
