"""One call of Segment's, and the row that it becomes.

| call | becomes |
|---|---|
| track | an event of its name |
| page, screen | an event `page` or `screen`; its properties: name, category, and what the context says of the page |
| group | an event `group` with `group_id` and the group's traits |
| alias | an event `alias` with `previous_id`, which is an identifier of hers, too |
| identify | what the customer is, with e-mail and phone among the identifiers |

*Time.* A device's clock may be wrong. `sentAt` says what it showed when the request left, `received_at` when it came:
if the two lie more than `SKEW` apart, the event's time is moved by the difference; else it stays as it is, since a
slow network is no wrong clock.

*What is not kept.* The IP address, unless the workspace asks for it; the user agent, of which the kind of device is
kept; traits in a context, which say what `identify` says.

*Consent.* What `context.consent.categoryPreferences` says goes with the row until it is stored, and decides whether it
may be (`Rows.withhold`).

*Bots.* A call whose context has the user agent of a program is of the device `bot`, whatever device it names. What
sends on behalf of somebody (a shop's own server) says that one's user agent, or none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import msgspec

from resa.base.addresses import Kept, kept_address
from resa.base.language import Sentence, sentence
from resa.collector.bots import BOT, is_bot
from resa.collector.reasons import DETAILS, OVERLONG_JSON
from resa.collector.segment.requests import COUNTED

__all__ = ["SKEW", "Frame", "ItemProblem", "Row", "moment_of", "preferences_in", "preferences_of", "read_item"]

SKEW: Final = 5 * 60 * 1_000_000
"""A clock that is wrong by less, microseconds, is left alone."""

_LONGEST: Final = 512  # characters of an id or a name
_EARLIEST: Final = 86_400 * 1_000_000  # see `judging.OLDEST`
_AHEAD: Final = 86_400 * 1_000_000
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LEVELS: Final = 100  # of objects and lists within each other: what reads them later must not run out of stack


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


_items: Final = msgspec.json.Decoder(_Item)
_encode: Final = msgspec.json.Encoder().encode


_NO_PREFERENCES: Final[Mapping[str, bool]] = MappingProxyType({})


class Frame(NamedTuple):
    """What is known of an item before it is read.

    Attributes:
        kind: The call, or `batch`: the item says it, or `COUNTED`: nobody is named.
        received_at: When it came, microseconds since 1970.
        sent_at: When the request left, by the sender's clock, microseconds since 1970; `None`: it does not say.
        context: What the request says of all its items.
        address: From which it came.
        kept: How much is kept of addresses: that of the context, else, where a browser or an app itself sends (it
            says its user agent), that from which it came.
    """

    kind: str
    received_at: int
    sent_at: int | None = None
    context: Mapping[str, Any] | None = None
    address: object = None
    kept: Kept = "dropped"


class Row(NamedTuple):
    """What an item becomes.

    Attributes:
        event: Name of the event; `None`: it tells what a customer is.
        message_id: The call's own id; `None`: it has none.
        happened_at: By our clock, microseconds since 1970.
        sent_at: As the sender's clock says, microseconds since 1970.
        identifiers: Kind and value.
        content: Properties or traits, as JSON.
        channel: Where, as far as the call says it.
        device: desktop, mobile, tablet or bot, as far as the context says it.
        preferences: What the context says she consents to, by category; empty: it does not say.
        page: The address of the page that the context names; empty: none.
    """

    event: str | None
    message_id: str | None
    happened_at: int
    sent_at: int | None
    identifiers: list[tuple[str, str]]
    content: str | None
    channel: str | None = None
    device: str | None = None
    preferences: Mapping[str, bool] = _NO_PREFERENCES
    page: str = ""


class ItemProblem(NamedTuple):
    """Why an item is refused.

    Attributes:
        reason: Stable name, one of `resa.collector.reasons`.
        detail: For a person; nothing of what the item says.
        path: The member that is wrong, such as `userId`.
    """

    reason: str
    detail: Sentence
    path: str


class _Refused(Exception):
    """An item cannot be taken; never leaves this module."""

    def __init__(self, reason: str, path: str, **values: object) -> None:
        super().__init__(reason)
        self.problem = ItemProblem(reason, sentence(DETAILS[reason], column=path, **values), path)


def read_item(content: bytes | msgspec.Raw, frame: Frame) -> Row | ItemProblem:
    """The row that an item becomes, or why it is refused."""
    try:
        return _row(_decoded(content), frame)
    except _Refused as refused:
        return refused.problem


def _decoded(content: bytes | msgspec.Raw) -> _Item:
    if len(memoryview(content)) > OVERLONG_JSON:
        raise _Refused("overlong", "the row", limit=f"{OVERLONG_JSON} bytes")
    try:
        return _items.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _Refused("bad-json", "the row") from None


def _row(item: _Item, frame: Frame) -> Row:
    call = frame.kind if frame.kind != "batch" else item.type
    make = _track if frame.kind == COUNTED else _MAKE.get(call) if isinstance(call, str) else None
    if make is None:
        raise _Refused("unknown-call", "type")
    context: Mapping[str, Any] = _object(item.context, "context")
    if frame.context:
        context = {**frame.context, **context}
    sent_at = frame.sent_at if item.sent_at is None else moment_of(item.sent_at)
    made = make(item, context)
    people = [("user_id", _id(item.user_id, "userId")), ("anonymous_id", _id(item.anonymous_id, "anonymousId"))]
    if call == "alias":
        people.append(_former(made.content["previous_id"], people))
    if made.event is None:
        people += [(kind, _contact(made.content.get(kind))) for kind in ("email", "phone")]
    identifiers = [(kind, value) for kind, value in people if value]
    if not identifiers and frame.kind != COUNTED:
        raise _Refused("no-customer", "userId")
    content = made.content if made.event is None else {**made.content, **_told(context, made.content, frame)}
    return Row(
        event=made.event,
        message_id=_id(item.message_id, "messageId"),
        happened_at=_happened(item, sent_at, frame.received_at),
        sent_at=sent_at,
        identifiers=identifiers,
        content=_json(content, "traits" if made.event is None else "properties"),
        channel=_channel(context) or made.channel,
        device=None if made.event is None else _device(context),
        preferences=preferences_of(context),
        page=_page_of(context),
    )


def preferences_in(content: bytes | msgspec.Raw, frame: Frame) -> Mapping[str, bool]:
    """What an item that cannot be taken says she consents to, by category."""
    try:
        own = _decoded(content).context
    except _Refused:
        return _NO_PREFERENCES
    return preferences_of({**(frame.context or {}), **(own if isinstance(own, dict) else {})})


def preferences_of(context: Mapping[str, Any]) -> Mapping[str, bool]:
    """`context.consent.categoryPreferences`, as Segment's clients write it; what is neither true nor false is a no."""
    consent = context.get("consent")
    said = consent.get("categoryPreferences") if isinstance(consent, dict) else None
    return {name: value is True for name, value in said.items()} if isinstance(said, dict) else _NO_PREFERENCES


def _page_of(context: Mapping[str, Any]) -> str:
    page = context.get("page")
    url = page.get("url") if isinstance(page, dict) else None
    return url if isinstance(url, str) and len(url) <= _LONGEST and "\0" not in url else ""


class _Made(NamedTuple):
    """What a call becomes: name of the event, what it says, and where it was."""

    event: str | None
    content: Mapping[str, Any]
    channel: str | None = None


# What each call becomes.


def _track(item: _Item, _: Mapping[str, Any]) -> _Made:
    return _Made(_name(item.event, "event"), _object(item.properties, "properties"))


def _view(item: _Item, page: Any) -> Mapping[str, Any]:
    named = {"name": item.name, "category": item.category}
    said = {name: value for name, value in named.items() if value is not None}
    return {**(page if isinstance(page, dict) else {}), **said, **_object(item.properties, "properties")}


def _page(item: _Item, context: Mapping[str, Any]) -> _Made:
    return _Made("page", _view(item, context.get("page")), "web")


def _screen(item: _Item, _: Mapping[str, Any]) -> _Made:
    return _Made("screen", _view(item, None), "app")


def _group(item: _Item, _: Mapping[str, Any]) -> _Made:
    traits = _object(item.traits, "traits")
    return _Made("group", {"group_id": _own_id(item.group_id, "groupId"), **({"traits": traits} if traits else {})})


def _alias(item: _Item, _: Mapping[str, Any]) -> _Made:
    return _Made("alias", {"previous_id": _own_id(item.previous_id, "previousId")})


def _former(previous: str, people: Sequence[tuple[str, str | None]]) -> tuple[str, str]:
    """What an alias says was her name before: an anonymous id, which libraries make as UUIDs, or a user's."""
    anonymous = ("anonymous_id", previous) in people or _UUID.fullmatch(previous)
    return "anonymous_id" if anonymous else "user_id", previous


def _identify(item: _Item, _: Mapping[str, Any]) -> _Made:
    return _Made(None, _object(item.traits, "traits"))


_MAKE: Final[Mapping[str, Callable[[_Item, Mapping[str, Any]], _Made]]] = {
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
    if len(text) > _LONGEST:
        raise _Refused("overlong", path, limit=sentence("{n} characters", n=_LONGEST))
    return text or None


def _own_id(value: Any, path: str) -> str:
    found = _id(value, path)
    if found is None:
        raise _Refused("no-id", path)
    return found


def _name(value: Any, path: str) -> str:
    if value is None or value == "":
        raise _Refused("no-event", path)
    if not isinstance(value, str):
        raise _Refused("wrong-type", path, type=sentence("text"))
    if "\0" in value:
        raise _Refused("nul-byte", path)
    if len(value) > _LONGEST:
        raise _Refused("overlong", path, limit=sentence("{n} characters", n=_LONGEST))
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
    if "\\u0000" in text and _ZERO.search(text):
        raise _Refused("nul-byte", path)
    if len(text) > OVERLONG_JSON:
        raise _Refused("overlong", path, limit=f"{OVERLONG_JSON} bytes")
    if text.count("{") + text.count("[") > _LEVELS and _too_deep(value):
        raise _Refused("too-deep", path, levels=_LEVELS)
    return text


_ZERO: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""The escape of a zero byte, and not a backslash before the letters u0000."""


def _too_deep(value: object) -> bool:
    level: list[Any] = [value]
    for _ in range(_LEVELS):
        members = chain.from_iterable(outer.values() if isinstance(outer, dict) else outer for outer in level)
        level = [inner for inner in members if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


_UNTOLD: Final = frozenset({"ip", "userAgent", "userAgentData", "traits", "page", "consent", "channel"})


def _told(context: Mapping[str, Any], properties: Mapping[str, Any], frame: Frame) -> dict[str, Any]:
    """What is kept of a context, as the property `context`."""
    kept = {name: value for name, value in context.items() if name not in _UNTOLD}
    if frame.kept != "dropped":
        came_from = frame.address if isinstance(context.get("userAgent"), str) else None
        address = kept_address(context.get("ip"), frame.kept) or kept_address(came_from, frame.kept)
        kept |= {} if address is None else {"ip": address}
    return {"context": kept} if kept and "context" not in properties else {}


def _channel(context: Mapping[str, Any]) -> str | None:
    """Where it was, as a shop's own systems may say it."""
    channel = context.get("channel")
    return channel[:_LONGEST] if isinstance(channel, str) and channel and "\0" not in channel else None


def _device(context: Mapping[str, Any]) -> str | None:
    """desktop, mobile, tablet or bot, as far as the context says it."""
    agent = context.get("userAgent")
    if isinstance(agent, str) and is_bot(agent):
        return BOT
    device = context.get("device")
    kind = device.get("type") if isinstance(device, dict) else None
    if isinstance(kind, str) and kind:
        return "mobile" if kind.lower() in {"ios", "android", "phone"} else kind.lower()[:_LONGEST]
    if not isinstance(agent, str):
        return None
    if "iPad" in agent or "Tablet" in agent or ("Android" in agent and "Mobile" not in agent):
        return "tablet"
    return "mobile" if "Mobi" in agent else "desktop" if "Mozilla" in agent else None


# Moments.


def _happened(item: _Item, sent_at: int | None, received_at: int) -> int:
    """When it happened, by our own clock."""
    told = item.timestamp if item.timestamp is not None else item.original_timestamp
    if told is None:
        return received_at
    happened = moment_of(told)
    if happened is None:
        raise _Refused("unreadable-time", "timestamp")
    if sent_at is not None and abs(received_at - sent_at) > SKEW:
        happened += received_at - sent_at
    if happened < _EARLIEST:
        raise _Refused("too-old", "timestamp")
    if happened > received_at + _AHEAD:
        raise _Refused("future", "timestamp")
    return happened


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FAR: Final = (
    253_402_300_800 * 1_000_000
)  # the year 10000: no text names a later moment, and no column holds any number
_MILLISECONDS: Final = 1e11  # a number beyond is of milliseconds: as seconds it would be of the year 5138


def moment_of(value: Any) -> int | None:
    """A moment, microseconds since 1970; `None`: it cannot be read.

    Args:
        value: ISO 8601, in UTC where it names no zone; or seconds or milliseconds since 1970.
    """
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value.strip())
            since: timedelta = (found if found.tzinfo is not None else found.replace(tzinfo=UTC)) - _EPOCH
            return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
        if isinstance(value, int | float) and not isinstance(value, bool):
            found_at = round(value * (1_000 if value > _MILLISECONDS else 1_000_000))
            return found_at if abs(found_at) < _FAR else None
    except (ValueError, OverflowError):
        return None
    return None
