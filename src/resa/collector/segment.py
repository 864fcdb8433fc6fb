"""Segment's HTTP calls, as its public clients make them: what a request must be, and the rows that it becomes.

A request is checked when it comes: whether it is JSON, and how large. What its items say is judged when they are
consumed, so that one bad item never costs the good ones beside it.

| call | becomes |
|---|---|
| track | an event of its name |
| page, screen | an event `page` or `screen`; its properties: name, category, and what the context says of the page |
| group | an event `group` with `group_id` and the group's traits |
| alias | an event `alias` with `previous_id` |
| identify | what the customer is, with e-mail and phone among the identifiers |

*Time.* A device's clock may be wrong. `sentAt` says what it showed when the request left, `received_at` when it came:
if the two lie more than `SKEW` apart, the event's time is moved by the difference; else it stays as it is, since a
slow network is no wrong clock.

*What is not kept.* The IP address; the user agent, of which the kind of device is kept; traits in a context, which say
what `identify` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import msgspec
import pyarrow as pa

from resa.base.clock import from_microseconds, to_microseconds
from resa.base.errors import InputError, Problem
from resa.base.language import Sentence, sentence
from resa.collector.reasons import DETAILS, OVERLONG_JSON
from resa.model.tables import CUSTOMER_RECORDS, EVENTS, REJECTED
from resa.storage import Arrival, Kind

__all__ = [
    "CALLS",
    "MOST_ITEMS",
    "SKEW",
    "ItemProblem",
    "Request",
    "Rows",
    "problems_of",
    "read_request",
    "rows_of",
]

Call = Literal["identify", "track", "page", "screen", "group", "alias"]

CALLS: Final[Mapping[str, str]] = {
    **{name: name for name in ("identify", "track", "page", "screen", "group", "alias", "batch")},
    **{name[0]: name for name in ("identify", "track", "page", "screen", "group", "alias", "batch")},
    "import": "batch",
}
"""What stands behind `/v1/` in an address, and the call that it is; browsers write its first letter."""

SKEW: Final = timedelta(minutes=5)
"""A clock that is wrong by less is left alone."""

MOST_ITEMS: Final = 2_500
"""Items of one batch; a longer one is refused as a whole, so that its sender knows."""

_LONGEST_ID: Final = 512
_LONGEST_NAME: Final = 512
_EARLIEST: Final = 86_400 * 1_000_000  # see `judging.OLDEST`
_AHEAD: Final = 86_400 * 1_000_000
_PLACES: Final = 4_096  # of `sequence`, for the places in one batch


class _Envelope(msgspec.Struct, rename="camel"):
    """A request as a whole; the rest of a single call is read as an item."""

    write_key: str | None = None
    batch: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    sent_at: Any = None
    context: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Item(msgspec.Struct, rename="camel"):
    """One call; types that clients get wrong are checked where they are used."""

    type: Any = None
    message_id: Any = None
    user_id: Any = None
    anonymous_id: Any = None
    previous_id: Any = None
    group_id: Any = None
    event: Any = None
    name: Any = None
    category: Any = None
    properties: Any = None
    traits: Any = None
    context: Any = None
    timestamp: Any = None
    original_timestamp: Any = None
    sent_at: Any = None


_envelopes = msgspec.json.Decoder(_Envelope, strict=False)
_items = msgspec.json.Decoder(_Item)
_encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True)
class ItemProblem:
    """Why an item is refused.

    Attributes:
        reason: Stable name, one of `resa.collector.reasons`.
        detail: For a person; nothing of what the item says.
        path: The member that is wrong, such as `userId`.
    """

    reason: str
    detail: Sentence
    path: str


@dataclass(frozen=True)
class Request:
    """A request that is well-formed.

    Attributes:
        write_key: As the body names it; `None`: it does not.
        items: Each call as JSON.
    """

    write_key: str | None
    items: Sequence[bytes | msgspec.Raw]
    sent_at: Any
    context: Mapping[str, Any]


def read_request(content: bytes, kind: str) -> Request:
    """Read a request.

    Args:
        content: Its body, unpacked.
        kind: The call, of `CALLS`.

    Raises:
        InputError: It is no JSON object, or a batch without a list, or one that is too long.
    """
    try:
        envelope = _envelopes.decode(content)
        context = {} if envelope.context is msgspec.UNSET else msgspec.json.decode(envelope.context)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _wrong(sentence("the body is not the JSON of a call ({reason})", reason=str(error))) from None
    if kind != "batch":
        return Request(envelope.write_key, [content], envelope.sent_at, {})
    if envelope.batch is msgspec.UNSET:
        raise _wrong(sentence("the body has no list 'batch'"))
    if len(envelope.batch) > MOST_ITEMS:
        raise _wrong(sentence("the batch holds {n} calls; send at most {most}", n=len(envelope.batch), most=MOST_ITEMS))
    shared = context if isinstance(context, dict) else {}
    return Request(envelope.write_key, envelope.batch, envelope.sent_at, shared)


def _wrong(message: Sentence) -> InputError:
    return InputError(Problem(message=message))


@dataclass
class Rows:
    """What arrivals became.

    Attributes:
        events: Rows of `EVENTS`.
        records: Rows of `CUSTOMER_RECORDS`.
        rejected: Rows of `REJECTED`; `row` is the place among all items of these arrivals, from 1.
        items: How many calls there were.
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    items: int = 0

    @property
    def message_ids(self) -> pa.Array:
        """Of the events, then of the records."""
        return pa.array([row["message_id"] for row in (*self.events, *self.records)], pa.string())

    def tables(self) -> tuple[pa.Table, list[tuple[Kind, pa.Table]], pa.Table]:
        """Events, rows of other kinds, and what was rejected, as `Writer.commit_chunk` takes them."""
        also: list[tuple[Kind, pa.Table]] = [("customers", _table(self.records, CUSTOMER_RECORDS))]
        return _table(self.events, EVENTS), also if self.records else [], _table(self.rejected, REJECTED)


_FILLED: Final = frozenset({"source_id", "message_id", "load_id"})


def _table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    kept = pa.schema([column for column in schema if column.name not in _FILLED])
    return pa.Table.from_pydict({name: [row.get(name) for row in rows] for name in kept.names}, schema=kept)


def rows_of(arrivals: Sequence[Arrival], first_row: int = 1) -> Rows:
    """The rows that the items of some arrivals of one source become.

    Args:
        arrivals: Each was read by `read_request` when it came.
        first_row: What the first item is called among the rejected rows of its load.
    """
    rows = Rows()
    for arrival in arrivals:
        try:
            request = read_request(arrival.content, arrival.kind)
        except InputError:  # an earlier Resa took what this one would not
            request = Request(None, [arrival.content], None, {})
        for place, content in enumerate(request.items):
            found = _read_item(bytes(content), arrival, request, place)
            if isinstance(found, ItemProblem):
                rows.rejected.append(_refused(found, bytes(content), first_row + rows.items))
            else:
                kind, row = found
                (rows.records if kind == "customers" else rows.events).append(row)
            rows.items += 1
    return rows


def problems_of(request: Request, kind: str, received_at: int) -> Iterator[tuple[int, ItemProblem]]:
    """What is wrong with the items of a request, before it is taken: place and problem."""
    arrival = Arrival("", received_at, kind, b"")
    for place, content in enumerate(request.items):
        found = _read_item(bytes(content), arrival, request, place)
        if isinstance(found, ItemProblem):
            yield place, found


def _refused(problem: ItemProblem, content: bytes, row: int) -> dict[str, Any]:
    return {
        "row": row,
        "reason": problem.reason,
        "detail": str(problem.detail),
        "payload": content.decode("utf-8", errors="backslashreplace"),
    }


class _Refused(Exception):
    """An item cannot be taken; never leaves this module."""

    def __init__(self, reason: str, path: str, **values: object) -> None:
        super().__init__(reason)
        self.problem = ItemProblem(reason, sentence(DETAILS[reason], column=path, **values), path)


def _read_item(
    content: bytes, arrival: Arrival, request: Request, place: int
) -> tuple[Kind, dict[str, Any]] | ItemProblem:
    try:
        return _row(_decoded(content), arrival, request, place)
    except _Refused as refused:
        return refused.problem


def _decoded(content: bytes) -> _Item:
    if len(content) > OVERLONG_JSON:
        raise _Refused("overlong", "the row", limit=f"{OVERLONG_JSON} bytes")
    try:
        return _items.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _Refused("bad-json", "the row") from None


def _row(item: _Item, arrival: Arrival, request: Request, place: int) -> tuple[Kind, dict[str, Any]]:
    call = arrival.kind if arrival.kind != "batch" else item.type
    make = _ROWS.get(call) if isinstance(call, str) else None
    if make is None:
        raise _Refused("unknown-call", "type")
    context = {**request.context, **_object(item.context, "context")}
    user, anonymous = _id(item.user_id, "userId"), _id(item.anonymous_id, "anonymousId")
    people = [("user_id", user), ("anonymous_id", anonymous)]
    number = arrival.number * _PLACES + place
    row = {
        "message_id": _id(item.message_id, "messageId") or f"{arrival.number}-{place}",
        "received_at": from_microseconds(arrival.received_at),
        "sequence": number,
    }
    occurred = _moment(item, item.sent_at or request.sent_at, arrival.received_at)
    made = make(item, context)
    if call == "identify":
        traits = made["traits"]
        people += [(kind, _contact(traits.get(kind))) for kind in ("email", "phone")]
        row |= {"recorded_at": occurred, "traits": _json(traits, "traits")}
    else:
        sent = _instant(item.sent_at or request.sent_at)
        row |= {"occurred_at": occurred, "sent_at": sent, "event": made["event"], "device": _device(context)}
        row["properties"] = _json({**made["properties"], **_told(context, made["properties"])}, "properties")
        row["channel"] = made.get("channel")
    row["identifiers"] = [{"kind": kind, "value": value} for kind, value in people if value]
    if not row["identifiers"]:
        raise _Refused("no-customer", "userId")
    return ("customers" if call == "identify" else "events"), row


# What each call becomes.


def _track(item: _Item, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"event": _name(item.event, "event"), "properties": _object(item.properties, "properties")}


def _view(item: _Item, context: Mapping[str, Any]) -> dict[str, Any]:
    named = {"name": item.name, "category": item.category}
    page = context.get("page")
    own = _object(item.properties, "properties")
    said = {name: value for name, value in named.items() if value is not None}
    return {"properties": {**(page if isinstance(page, dict) else {}), **said, **own}}


def _page(item: _Item, context: Mapping[str, Any]) -> dict[str, Any]:
    return {"event": "page", "channel": "web", **_view(item, context)}


def _screen(item: _Item, context: Mapping[str, Any]) -> dict[str, Any]:
    return {"event": "screen", "channel": "app", **_view(item, {**context, "page": None})}


def _group(item: _Item, _: Mapping[str, Any]) -> dict[str, Any]:
    traits = _object(item.traits, "traits")
    group = _id(item.group_id, "groupId")
    if group is None:
        raise _Refused("no-id", "groupId")
    return {"event": "group", "properties": {"group_id": group, **({"traits": traits} if traits else {})}}


def _alias(item: _Item, _: Mapping[str, Any]) -> dict[str, Any]:
    previous = _id(item.previous_id, "previousId")
    if previous is None:
        raise _Refused("no-id", "previousId")
    return {"event": "alias", "properties": {"previous_id": previous}}


def _identify(item: _Item, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"traits": _object(item.traits, "traits")}


_ROWS: Final[Mapping[str, Callable[[_Item, Mapping[str, Any]], dict[str, Any]]]] = {
    "track": _track,
    "page": _page,
    "screen": _screen,
    "group": _group,
    "alias": _alias,
    "identify": _identify,
}


# Parts of an item.


def _object(value: Any, path: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _Refused("wrong-type", path, type=sentence("JSON object"))
    return value


def _id(value: Any, path: str) -> str | None:
    """An id as text; clients send whole numbers, too."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _Refused("wrong-type", path, type=sentence("text"))
    text = str(value).strip()
    if "\0" in text:
        raise _Refused("nul-byte", path)
    if len(text) > _LONGEST_ID:
        raise _Refused("overlong", path, limit=sentence("{n} characters", n=_LONGEST_ID))
    return text or None


def _name(value: Any, path: str) -> str:
    if value is None or value == "":
        raise _Refused("no-event", path)
    if not isinstance(value, str):
        raise _Refused("wrong-type", path, type=sentence("text"))
    if "\0" in value:
        raise _Refused("nul-byte", path)
    if len(value) > _LONGEST_NAME:
        raise _Refused("overlong", path, limit=sentence("{n} characters", n=_LONGEST_NAME))
    return value


def _contact(value: Any) -> str | None:
    """An e-mail address or a phone number among traits; one that is of another type says nothing of who it is."""
    return _id(value, "traits") if isinstance(value, str | int) and not isinstance(value, bool) else None


def _json(value: Mapping[str, Any], path: str) -> str | None:
    if not value:
        return "{}" if path == "traits" else None
    try:
        text = _encode(value).decode()
    except (UnicodeEncodeError, OverflowError, RecursionError):
        raise _Refused("bad-json", path) from None
    if "\\u0000" in text:
        raise _Refused("nul-byte", path)
    if len(text) > OVERLONG_JSON:
        raise _Refused("overlong", path, limit=f"{OVERLONG_JSON} bytes")
    return text


_UNTOLD: Final = frozenset({"ip", "userAgent", "userAgentData", "traits", "page", "consent"})


def _told(context: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a context, as the property `context`."""
    kept = {name: value for name, value in context.items() if name not in _UNTOLD}
    return {"context": kept} if kept and "context" not in properties else {}


def _device(context: Mapping[str, Any]) -> str | None:
    """desktop, mobile or tablet, as far as the context says it."""
    device = context.get("device")
    kind = device.get("type") if isinstance(device, dict) else None
    if isinstance(kind, str) and kind:
        return "mobile" if kind.lower() in {"ios", "android", "phone"} else kind.lower()[:_LONGEST_NAME]
    agent = context.get("userAgent")
    if not isinstance(agent, str):
        return None
    if "iPad" in agent or "Tablet" in agent or ("Android" in agent and "Mobile" not in agent):
        return "tablet"
    return "mobile" if "Mobi" in agent else "desktop" if "Mozilla" in agent else None


# Moments.


def _moment(item: _Item, sent_at: Any, received_at: int) -> datetime:
    """When it happened, by our own clock."""
    told = item.timestamp if item.timestamp is not None else item.original_timestamp
    happened = _instant(told)
    if told is not None and happened is None:
        raise _Refused("unreadable-time", "timestamp")
    received = from_microseconds(received_at)
    if happened is None:
        return received
    sent = _instant(sent_at)
    skew = received - sent if sent is not None else timedelta(0)
    moment = to_microseconds(happened) + (skew // timedelta(microseconds=1) if abs(skew) > SKEW else 0)
    if moment < _EARLIEST:
        raise _Refused("too-old", "timestamp")
    if moment > received_at + _AHEAD:
        raise _Refused("future", "timestamp")
    return from_microseconds(moment)


def _instant(value: Any) -> datetime | None:
    """A moment in ISO 8601, in UTC where it names no zone; or in seconds or milliseconds since 1970."""
    try:
        if isinstance(value, str):
            found = msgspec.convert(value.strip(), datetime, strict=False)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found = datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
        else:
            return None
    except (msgspec.ValidationError, ValueError, OverflowError, OSError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
