"""Who is told what: of everything that happened, what concerns each recipient and was not told them yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from resa.model.telling import KINDS, Judged, Kind, News
from resa.storage import known_news
from resa.workspace.owning import owner_of
from resa.workspace.telling.recipients import Recipients
from resa.workspace.telling.watching import Look, facts_of

if TYPE_CHECKING:
    from resa.analytics import Watched
    from resa.model.journey import JourneyMap
    from resa.workspace.workspace import Workspace

__all__ = ["Planned", "as_if_kept", "digests", "entry_of", "planned"]

_ENDS_SAID: Final = frozenset(KINDS) - {"improvement", "digest"}
_DIGEST_HOUR: Final = 7
_DIGEST_DAYS: Final = (0, 1)
"""On Mondays; who was not served on a Monday sends it on the Tuesday."""

_MOST: Final = 40


@dataclass(frozen=True)
class Planned:
    """A message to be entered.

    Attributes:
        recipient: To whom.
        kind: What it is about.
        content: Each occasion with what there is to say.
    """

    recipient: str
    kind: Kind
    content: Sequence[tuple[str, Mapping[str, Any]]]


def planned(news: Sequence[News], recipients: Recipients, told: Mapping[str, Collection[str]]) -> list[Planned]:
    """The messages about what happened, one a recipient and kind.

    Args:
        news: What lasts, and what ended lately.
        recipients: Who is told, and what not.
        told: What each recipient was told.
    """
    found: dict[tuple[str, Kind], list[tuple[str, Mapping[str, Any]]]] = {}
    for one in _that_say_most(news):
        for recipient in told:
            if (recipient, one.kind) not in recipients.stopped and (new := _new(one, recipients, recipient, told)):
                found.setdefault((recipient, one.kind), []).append(new)
    return [Planned(recipient, kind, _once(content)) for (recipient, kind), content in found.items()]


def _that_say_most(news: Sequence[News]) -> list[News]:
    """News, but of shares that are below their target not that they are below their past, too."""
    below = {(one.map, one.thing) for one in news if one.kind == "below_target" and one.ended_at is None}
    return [
        one
        for one in news
        if one.kind != "below_history" or one.ended_at is not None or (one.map, one.thing) not in below
    ]


def _new(
    one: News, recipients: Recipients, recipient: str, told: Mapping[str, Collection[str]]
) -> tuple[str, Mapping[str, Any]] | None:
    """What is new to a recipient: that it began, if it is theirs; that it is over, if they were told that it began."""
    began, ended = f"{one.id}:began", f"{one.id}:ended"
    if one.ended_at is None:
        mine = recipient in recipients.of(one.owner)
        return (began, entry_of(one, "began")) if mine and began not in told[recipient] else None
    if began not in told[recipient] or ended in told[recipient] or not _is_worth_saying(one):
        return None
    return ended, entry_of(one, "ended")


def _is_worth_saying(one: News) -> bool:
    """Whether an end is told: not if a share is where it fell to, which has become its past meanwhile."""
    if one.over is None or one.kind not in _ENDS_SAID:
        return False
    lately = one.over.get("lately")
    return "low" not in one.facts or (lately is not None and lately >= one.facts["low"])


def entry_of(one: News, turn: str) -> dict[str, Any]:
    """What is kept of a line."""
    at = one.ended_at if turn == "ended" and one.ended_at is not None else one.began_at
    facts = one.over if turn == "ended" and one.over is not None else one.facts
    said = {"kind": one.kind, "map": one.map, "thing": one.thing, "turn": turn, "owner": one.owner}
    return {**said, "at": at.isoformat(), "facts": facts}


def _once(content: Sequence[tuple[str, Mapping[str, Any]]]) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Of what concerns all maps, one line: data that stop do so for each of them."""
    seen, found = set(), []
    for occasion, said in content:
        key = (said["thing"], said["turn"]) if said["kind"] == "data" else (occasion, "")
        found.append((occasion, {} if key in seen else said))
        seen.add(key)
    return found


def as_if_kept(shop: Workspace, look: Look) -> list[News]:
    """What would be known if a look were kept."""
    now, judged = shop.clock(), {(one.kind, one.map, one.thing): one for one in look.judged}
    found, lasting = [], set()
    for one in known_news(shop.store):
        key = (one.kind, one.map, one.thing)
        if one.ended_at is None:
            lasting.add(key)
            one = _turned(one, judged.get(key), look, now)  # noqa: PLW2901 - as it would be
        found.append(one)
    new = [one for key, one in judged.items() if one.state == "on" and key not in lasting]
    return [*found, *(_begun(one, -number, now) for number, one in enumerate(new, start=1))]


def _turned(one: News, judged: Judged | None, look: Look, now: datetime) -> News:
    if judged is None:
        return replace(one, ended_at=now) if (one.kind, one.map) in look.looked else one
    return replace(one, ended_at=now, over=judged.facts) if judged.state == "off" else replace(one, owner=judged.owner)


def _begun(one: Judged, number: int, now: datetime) -> News:
    return News(
        id=number,
        kind=one.kind,
        map=one.map,
        thing=one.thing,
        owner=one.owner,
        facts=one.facts,
        began_at=now,
        ended_at=None,
        over=None,
    )


def digests(
    shop: Workspace, look: Look, news: Sequence[News], recipients: Recipients, told: Mapping[str, Collection[str]]
) -> Iterator[Planned]:
    """The messages of Mondays: of what somebody answers for, what lasts and how each share is doing.

    Args:
        shop: The workspace.
        look: What was measured.
        news: What lasts.
        recipients: Who is told, and what not.
        told: What each recipient was told.
    """
    now = shop.clock()
    for recipient in told:
        content: list[Mapping[str, Any]] = []
        occasion = ""
        for key, journey_map in shop.maps.items():
            local = now.astimezone(ZoneInfo(journey_map.timezone))
            begun = local.weekday() > _DIGEST_DAYS[0] or local.hour >= _DIGEST_HOUR
            if key in look.shares and local.weekday() in _DIGEST_DAYS and begun:
                occasion = occasion or "digest:{}-W{:02}".format(*local.isocalendar()[:2])
                content += _of_map(journey_map, look.shares[key], news, recipients, recipient, now)
        if content and (recipient, "digest") not in recipients.stopped and occasion not in told[recipient]:
            first, *others = content[:_MOST]
            more = [(f"{occasion}:{number}", said) for number, said in enumerate(others)]
            yield Planned(recipient, "digest", [(occasion, first), *more])


def _of_map(
    journey_map: JourneyMap,
    shares: Sequence[Watched],
    news: Sequence[News],
    recipients: Recipients,
    recipient: str,
    now: datetime,
) -> list[Mapping[str, Any]]:
    """The lines about one map; none, if somebody answers for nothing of it."""
    from resa.analytics import arrow_name  # noqa: PLC0415 - heavy; only who measures needs it

    lasting = [
        one
        for one in _that_say_most(news)
        if one.map == journey_map.key and one.ended_at is None and recipient in recipients.of(one.owner)
    ]
    said, at = {(one.kind != "improvement", one.thing) for one in lasting}, now.isoformat()
    lines: list[Mapping[str, Any]] = []
    count = low = 0
    for name in dict.fromkeys(one.name for one in shares):
        one = next(each for each in shares if each.name == name)
        owned: Any = journey_map.expectation.get(name)
        owned = owned or next(metric for metric in journey_map.metrics if metric.key == name)
        if recipient not in recipients.of(owner_of(journey_map, owned)):
            continue
        count, low = count + 1, low + any(each.name == name and each.state == "low" for each in shares)
        if (True, name) not in said:
            facts = facts_of(journey_map, one, owned.name if one.kind == "metric" else arrow_name(journey_map, name))
            lines.append(_digest_entry(journey_map, name, at, facts))
    if not count and not lasting and recipient not in recipients.of(owner_of(journey_map)):
        return []
    head = {"title": journey_map.title, "shares": count, "low": low, "lasting": len(lasting)}
    return [_digest_entry(journey_map, "", at, head), *(entry_of(one, "began") for one in lasting), *lines]


def _digest_entry(journey_map: JourneyMap, thing: str, at: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"kind": "digest", "map": journey_map.key, "thing": thing, "turn": "digest", "at": at, "facts": facts}
