"""Customers over the API: finding one, what is known of her, what she did. Without `names`, what names her is left out.

What a customer is called is in no address, so that no proxy writes it down: one is sought by a body.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from resa.analytics import SeenEvent, SeenOpening
from resa.base.errors import QuestionError
from resa.screens.api.answers import Page, Unusable
from resa.screens.api.calling import Cursor, Limit, Value, Word, place_of, place_said
from resa.screens.customers import asked_customer, key_in
from resa.screens.frame import Visiting
from resa.screens.profiles import place_of as timeline_place
from resa.screens.profiles import place_said as timeline_said
from resa.screens.visits import Visit
from resa.workspace.customers import Profile, called_so, shown_profile
from resa.workspace.freshness import brought_up_to_date

__all__ = ["ROUTES"]

MapKey = Annotated[str, QueryParameter(name="map", max_length=200, description="Through which map; none: the first.")]


@dataclass(frozen=True, kw_only=True)
class Sought:
    """Whom one looks for.

    Attributes:
        value: Exactly one of her identifiers, such as a whole e-mail address.
        kind: Of the identifier; none: any.
    """

    value: Value
    kind: Word | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """A customer who is called so.

    Attributes:
        id: Hers, for addresses; it says nothing of her.
        kind: Of the identifier by which she was found.
    """

    id: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class CalledSo:
    """An identifier of a customer.

    Attributes:
        kind: Such as email.
        value: In its one form; `null` without `names`.
    """

    kind: str
    value: str | None


@dataclass(frozen=True, kw_only=True)
class Known:
    """Something that is known of a customer.

    Attributes:
        name: Of the trait.
        value: What is known, any JSON; `null` without `names`.
        source: Which source said so; `computed`: Resa, from her events.
        recorded_at: As of when, UTC; `null`: not known.
    """

    name: str
    value: Any
    source: str
    recorded_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class InSegment:
    """A segment that a customer is in.

    Attributes:
        segment: Its key.
        since: Since when, UTC; `null`: not followed.
    """

    segment: str
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class Consented:
    """Where a customer stands on a topic or purpose.

    Attributes:
        about: Its key.
        status: given, withdrawn, asked, or nothing.
        allowed: Whether it may be done.
    """

    about: str
    status: str
    allowed: bool


@dataclass(frozen=True, kw_only=True)
class Reached:
    """An address or number of a customer.

    Attributes:
        kind: Such as email.
        value: In its one form; `null` without `names`.
        state: unknown, works, confirmed, bounced, unsubscribed or complained.
        since: Since when, UTC; `null`: nobody told anything.
    """

    kind: str
    value: str | None
    state: str
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class Customer:
    """One customer, as a map sees her.

    Attributes:
        id: Hers, for addresses. It is another one than was asked for once she was joined or split.
        map: Key of the map.
        as_of: Up to when the data are complete, UTC; `null`: there are none.
        named: Whether what names her is told: who asks may see names.
        identifiers: All that she is called, the one that names her first.
        traits: What is known of her, in alphabetical order.
        segments: Those of the map that she is in.
        personas: Keys of those that she is.
        events: How many events she has.
        visits: How many of them are touchpoints of the map.
        visited: How often she visited each touchpoint, by its key.
        touchpoint: Key of the one she visited last; `null`: none.
        expected: What was expected of her, the newest first.
        consents: Where she stands on every topic and purpose.
        contacts: How she can be reached.
    """

    id: str
    map: str
    as_of: datetime | None
    named: bool
    identifiers: list[CalledSo]
    traits: list[Known]
    segments: list[InSegment]
    personas: list[str]
    events: int
    visits: int
    visited: Mapping[str, int]
    touchpoint: str | None
    expected: list[SeenOpening]
    consents: list[Consented]
    contacts: list[Reached]


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One event of a customer.

    Attributes:
        at: When, UTC.
        event: Its name.
        touchpoint: Key of the touchpoint that it shows; `null`: none of the map.
        source: Which source brought it.
        channel: The channel that counts; `null`: not known.
        device: Its device; `null`: not known.
        value: Its own value, in the source's currency.
        properties: What else it says, any JSON; `null` without `names`.
    """

    at: datetime
    event: str
    touchpoint: str | None
    source: str
    channel: str | None
    device: str | None
    value: float | None
    properties: Any


@post(
    "/customers/search",
    operation_id="find_customers",
    summary="Find a customer",
    status_code=200,
    opt={"needs": "find", "personal": True},
    sync_to_thread=True,
)
def search(visit: Visiting, data: JSONBody[Sought]) -> Page[Found]:
    """Who is called exactly so: nobody, one, or several, of whom each has it as another kind of identifier."""
    shop = visit.shop
    brought_up_to_date(shop)
    index = shop.store.index()
    found = called_so(shop, index, data.value.strip(), data.kind)
    return Page(sorted((Found(id=key_in(index, number), kind=kind) for number, kind in found.items()), key=_kind))


@get(
    "/customers/{customer:str}",
    operation_id="customer",
    summary="A customer",
    opt={"needs": "find", "personal": True},
    sync_to_thread=True,
)
def customer(visit: Visiting, customer: FromPath[str], map_key: MapKey = "") -> Customer:
    """What is known of a customer, and how far she is. That she was looked at stands in the audit log."""
    asked = asked_customer(visit, customer, _known_map(visit, map_key))
    with visit.acting():
        found = shown_profile(visit.shop, asked.first.value, kind=asked.first.kind, map_key=asked.map.key, newest=0)
    return _told(visit, asked.address.rpartition("/")[2], asked.map.key, found)


@get(
    "/customers/{customer:str}/timeline",
    operation_id="customer_timeline",
    summary="What a customer did",
    opt={"needs": "find", "personal": True},
    sync_to_thread=True,
)
def timeline(
    visit: Visiting, customer: FromPath[str], map_key: MapKey = "", limit: Limit = 50, cursor: Cursor = ""
) -> Page[Happened]:
    """Her events, the newest first. Those that come while one reads on are not in later parts, and none comes twice."""
    said = place_of(cursor, "timeline", r"-?\d{1,18}-\d{1,9}")
    try:
        before = timeline_place(said or "")
    except QuestionError as error:
        raise Unusable(error, {"cursor": [one.message for one in error.problems]}) from None
    asked = asked_customer(visit, customer, _known_map(visit, map_key))
    with visit.acting():
        found = shown_profile(
            visit.shop,
            asked.first.value,
            kind=asked.first.kind,
            map_key=asked.map.key,
            newest=limit,
            before=before,
        )
    older, named = found.seen.older, visit.may("names")
    following = None if older is None else place_said("timeline", timeline_said(older))
    return Page([_happened(one, named=named) for one in found.seen.timeline], following)


def _known_map(visit: Visit, key: str) -> str:
    """The key of a map as it was given, where there is such a map."""
    try:
        return visit.shop.map(key).key if key else ""
    except QuestionError as error:
        raise Unusable(error, {"map": [one.message for one in error.problems]}) from None


def _told(visit: Visit, own: str, map_key: str, profile: Profile) -> Customer:
    named, seen = visit.may("names"), profile.seen
    return Customer(
        id=own,
        map=map_key,
        as_of=seen.as_of,
        named=named,
        identifiers=[CalledSo(kind=one.kind, value=one.value if named else None) for one in profile.identifiers],
        traits=[
            Known(
                name=one.name,
                value=one.value if named else None,
                source=one.source,
                recorded_at=one.recorded_at,
            )
            for one in profile.traits
        ],
        segments=[InSegment(segment=key, since=since) for key, since in profile.segments.items()],
        personas=list(seen.personas),
        events=seen.events,
        visits=seen.visits,
        visited=seen.visited,
        touchpoint=seen.touchpoint,
        expected=list(seen.openings),
        consents=[Consented(about=one.about, status=one.status, allowed=one.allowed) for one in profile.consents],
        contacts=[
            Reached(kind=one.kind, value=one.value if named else None, state=one.state, since=one.since)
            for one in profile.contacts
        ],
    )


def _happened(event: SeenEvent, *, named: bool) -> Happened:
    return Happened(
        at=event.at,
        event=event.event,
        touchpoint=event.touchpoint,
        source=event.source,
        channel=event.channel,
        device=event.device,
        value=event.value,
        properties=json.loads(event.properties) if named and event.properties else None,
    )


def _kind(found: Found) -> str:
    return found.kind


ROUTES: Final = (search, customer, timeline)
