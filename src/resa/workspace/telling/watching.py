"""What there is to tell: everything that is watched, as it stands now. Of customers it holds nothing but counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import isnan
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from resa.base.errors import ResaError
from resa.model.journey import JourneyMap
from resa.model.telling import Judged, Kind
from resa.storage import reviews_of
from resa.workspace.health import health_of
from resa.workspace.owning import owner_of

if TYPE_CHECKING:
    from resa.analytics import Effect, Watched
    from resa.workspace.health import Health
    from resa.workspace.workspace import Workspace

__all__ = ["Look", "look_at", "review_due", "reviewed_on"]

_SHARES: Final[tuple[Kind, ...]] = ("below_target", "below_history", "broken_promise", "improvement")
_GRAVE: Final = ("disk", "waiting", "writer")


@dataclass
class Look:
    """What one look found.

    Attributes:
        judged: All that was watched.
        looked: Kinds and maps of which everything that is watched is there.
        shares: How each share of a map is doing, by map, for the digest.
        failed: Maps that could not be looked at now.
    """

    judged: list[Judged] = field(default_factory=list)
    looked: set[tuple[Kind, str]] = field(default_factory=set)
    shares: dict[str, Sequence[Watched]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


def look_at(shop: Workspace, *, measuring: bool = True) -> Look:
    """Look at all maps and at the data.

    Args:
        shop: The workspace.
        measuring: Also at what must be measured, which takes a moment.
    """
    found = Look()
    health = health_of(shop)
    for key, journey_map in shop.maps.items():
        found.judged.append(_review(shop, journey_map))
        found.looked.add(("review", key))
        found.judged += _data(journey_map, health)
        if measuring:
            try:
                _measure(shop, journey_map, found)
            except ResaError:  # a command writes, for instance; it is looked at again
                found.failed.append(key)
    return found


def reviewed_on(shop: Workspace, journey_map: JourneyMap) -> date | None:
    """The day of the last review, whether the map's file or the list of reviews says it; `None`: there was none."""
    kept = (one.day for one in reviews_of(shop.store, journey_map.key)[:1])
    return max((day for day in (journey_map.reviewed, *kept) if day is not None), default=None)


def review_due(shop: Workspace, journey_map: JourneyMap) -> date | None:
    """The day since which a map is to be reviewed, or on which it will be; `None`: it asks for no reviews."""
    if journey_map.review is None:
        return None
    last = reviewed_on(shop, journey_map)
    return date.min if last is None else last + timedelta(seconds=journey_map.review.seconds)


def today_of(shop: Workspace, journey_map: JourneyMap) -> date:
    """The day that it is where a map is."""
    return shop.clock().astimezone(ZoneInfo(journey_map.timezone)).date()


def _review(shop: Workspace, journey_map: JourneyMap) -> Judged:
    due, last = review_due(shop, journey_map), reviewed_on(shop, journey_map)
    overdue = due is not None and due < today_of(shop, journey_map)
    facts: dict[str, Any] = {"title": journey_map.title, "reviewed": None if last is None else last.isoformat()}
    if due is not None and due > date.min:
        facts["due"] = due.isoformat()
    state: Any = "on" if overdue else "off"
    return Judged(kind="review", map=journey_map.key, thing="", owner=owner_of(journey_map), state=state, facts=facts)


def _data(journey_map: JourneyMap, health: Health) -> Iterator[Judged]:
    """Whether sources fail, and whether what comes in can be taken."""
    grave = {concern.about for concern in health.concerns if concern.grave}
    for about in _GRAVE:
        yield _judged(journey_map, "data", about, on=about in grave, about=about)
    for source in health.sources:
        on = bool(source.state.error)
        yield _judged(journey_map, "data", f"fails:{source.name}", on=on, about="fails", source=source.name)


def _judged(journey_map: JourneyMap, kind: Kind, thing: str, *, on: bool, **facts: Any) -> Judged:
    owner = owner_of(journey_map)
    said = {"title": journey_map.title, **facts}
    return Judged(kind=kind, map=journey_map.key, thing=thing, owner=owner, state="on" if on else "off", facts=said)


def _measure(shop: Workspace, journey_map: JourneyMap, found: Look) -> None:
    """Look at what must be measured: shares, improvements, and whether sources went silent."""
    from resa.analytics import effects, watched  # noqa: PLC0415 - heavy; only who measures needs it
    from resa.reporting import silences  # noqa: PLC0415 - see above

    measure, key = shop.measure, journey_map.key
    shares, shown = watched(measure, key), effects(measure, key)
    silent = silences(journey_map, shop.store, shop.store.index())
    found.shares[key] = shares
    found.judged += [_share(journey_map, one) for one in shares]
    found.judged += [_effect(journey_map, one) for one in shown]
    for name in sorted({load.source_id for load in shop.store.loads() if load.state != "removed"}):
        gap = next((one for one in silent if one.source == name and one.goes_on), None)
        facts = {} if gap is None else {"since": gap.first.isoformat(), "usual": round(gap.usual)}
        on = gap is not None
        found.judged.append(_judged(journey_map, "data", f"silent:{name}", on=on, about="silent", source=name, **facts))
    found.looked |= {(kind, key) for kind in (*_SHARES, "data")}


def _share(journey_map: JourneyMap, one: Watched) -> Judged:
    from resa.analytics import arrow_name  # noqa: PLC0415 - see above

    owned: Any
    if one.kind == "metric":
        owned = next(metric for metric in journey_map.metrics if metric.key == one.name)
        name = owned.name
    else:
        owned, name = journey_map.expectation[one.name], arrow_name(journey_map, one.name)
    kinds: Mapping[str, Kind] = {"promise": "broken_promise"}
    kind = "below_target" if one.against == "target" else kinds.get(one.kind, "below_history")
    return Judged(
        kind=kind,
        map=journey_map.key,
        thing=one.name,
        owner=owner_of(journey_map, owned),
        state={"low": "on", "well": "off", "unsure": "unsure"}[one.state],  # type: ignore[arg-type]  # of its names
        facts=facts_of(journey_map, one, name),
    )


def facts_of(journey_map: JourneyMap, one: Watched, name: str) -> dict[str, Any]:
    """What there is to say of a share."""
    return {
        "title": journey_map.title,
        "name": name,
        "of": one.kind,
        "against": one.against,
        "floor": one.floor,
        "low": one.low,
        "share": None if isnan(one.share) else one.share,
        "trials": one.trials,
        "since": one.since.isoformat(),
        "last": one.last.isoformat(),
        "lately": None if isnan(one.lately) else one.lately,
        "lately_trials": one.lately_trials,
    }


def _effect(journey_map: JourneyMap, one: Effect) -> Judged:
    from resa.analytics import arrow_name  # noqa: PLC0415 - see above

    improvement = next(each for each in journey_map.improvements if each.key == one.improvement)
    return Judged(
        kind="improvement",
        map=journey_map.key,
        thing=one.improvement,
        owner=owner_of(journey_map, improvement),
        state="on",
        facts={
            "title": journey_map.title,
            "name": improvement.name,
            "moved": arrow_name(journey_map, one.expectation),
            "since": one.since.isoformat(),
            "days": one.days,
            "before": one.before,
            "after": one.after,
            "difference": one.difference,
            "low": one.low,
            "high": one.high,
        },
    )


def moment_of(text: str) -> datetime:
    """A moment as facts hold it."""
    return datetime.fromisoformat(text)
