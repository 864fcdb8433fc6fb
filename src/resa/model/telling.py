"""Being told: what owners of a map are told of, who is told, and in which message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal, get_args

__all__ = ["KINDS", "Judged", "Kind", "News", "Review", "Telling"]

Kind = Literal["below_target", "below_history", "broken_promise", "data", "review", "improvement", "digest"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""What somebody can be told of; each can be stopped by itself."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Something of a map that is watched, as it stands now.

    Attributes:
        kind: What would be told of it.
        map: Key of the map.
        thing: What it is about, by a key or name; empty: the map.
        owner: Whom it concerns, as the map says it; empty: nobody is named.
        state: `on`: it is so now; `off`: it is not; `unsure`: what was so before still stands.
        facts: What there is to say, as JSON has it; of customers nothing but counts.
    """

    kind: Kind
    map: str
    thing: str
    owner: str
    state: Literal["on", "off", "unsure"]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class News:
    """Something that happened, and may last.

    Attributes:
        id: Its number.
        kind: What is told of it.
        map: Key of the map.
        thing: What it is about.
        owner: Whom it concerns, as the map said it.
        facts: What there is to say.
        began_at: When it was noticed, UTC.
        ended_at: When it was noticed that it is over, UTC; `None`: it lasts.
        over: What there is to say of its end; `None`: nothing is said.
    """

    id: int
    kind: Kind
    map: str
    thing: str
    owner: str
    facts: Mapping[str, Any]
    began_at: datetime
    ended_at: datetime | None
    over: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Telling:
    """One message to one recipient.

    Attributes:
        id: Its number.
        recipient: `person:` with a number, or `hook:` with a name.
        kind: What it is about.
        content: One entry a line of it, as JSON has it.
        made_at: When there was something to tell, UTC.
        state: `waiting` to be sent, `sent`, or `failed` for good.
        tries: How often it was tried to send it.
        next_at: When it is tried next, UTC.
        error: Why it could not be sent; empty: it could, or was not tried.
        sent_at: When it was, UTC.
    """

    id: int
    recipient: str
    kind: Kind
    content: Sequence[Mapping[str, Any]]
    made_at: datetime
    state: Literal["waiting", "sent", "failed"]
    tries: int
    next_at: datetime
    error: str
    sent_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Review:
    """A review of a map.

    Attributes:
        id: Its number.
        map: Key of the map.
        day: On which it was, in the map's zone.
        at: When it was kept, UTC.
        who: The address of who kept it.
        notes: What was found.
        version: The map's file as it was reviewed.
    """

    id: int
    map: str
    day: date
    at: datetime
    who: str
    notes: str
    version: str
