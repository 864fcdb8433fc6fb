"""What a page tells of one customer: her way over the map, what she did, what is known and who said so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from resa.base.clock import from_microseconds, to_microseconds
from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.drawing import format_count, format_day
from resa.model.journey import JourneyMap
from resa.screens.moments import When, clock_in, plain_value, when_in
from resa.screens.visits import Visit
from resa.workspace.customers import COMPUTED, Profile, Trait

if TYPE_CHECKING:
    from resa.analytics import Place, SeenEvent

__all__ = ["moment_of", "place_of", "place_said", "told_profile", "told_timeline"]

_PLACE: Final = re.compile(r"(-?\d{1,18})-(\d{1,9})")
_MOMENT: Final = re.compile(r"-?\d{1,18}", re.ASCII)
_STEPS: Final = 12


@dataclass(frozen=True, kw_only=True)
class Step:
    """Visits of one touchpoint, one after the other.

    Attributes:
        touchpoint: Its name.
        stage: Its stage's name.
        row: Number of the stage among those that she visited, from 1.
        channels: Through which; empty: not known.
        times: How many visits.
        at: When the first of them was.
    """

    touchpoint: str
    stage: str
    row: int
    channels: str
    times: int
    at: datetime


def told_profile(visit: Visit, journey_map: JourneyMap, profile: Profile) -> Mapping[str, Any]:
    """What the page of a customer shows of her.

    Args:
        visit: Who looks.
        journey_map: The map that sees her.
        profile: What there is of her.
    """
    seen = profile.seen
    when = when_in(journey_map.timezone, visit.language)
    names = {one.key: one.name for one in journey_map.touchpoints}
    stages = {key: stage.name for stage in journey_map.stages for key in stage.touchpoints}
    return {
        "map": journey_map,
        "when": when,
        "counted": partial(format_count, language=visit.language),
        "plain": partial(plain_value, language=visit.language),
        "names": names,
        "profile": profile,
        "first": profile.identifiers[0],
        "stage": stages.get(seen.touchpoint or "", ""),
        "stage_visits": [
            (stage.name, sum(seen.visited.get(key, 0) for key in stage.touchpoints)) for stage in journey_map.stages
        ],
        "strip": _strip(seen.timeline, journey_map),
        "open": [row for row in _openings(profile, journey_map) if row[0].outcome == "open"],
        "past": [row for row in _openings(profile, journey_map) if row[0].outcome != "open"],
        "traits": [(trait, _value(trait, visit, when)) for trait in profile.traits],
        "topics": {key: one.name for key, one in visit.shop.consents.rules.all.items()},
        "not_in": [one for one in journey_map.segments if one.key not in profile.segments],
        "not_personas": [one for one in journey_map.personas if one.key not in seen.personas],
        **told_timeline(visit, journey_map, profile),
    }


def told_timeline(visit: Visit, journey_map: JourneyMap, profile: Profile) -> Mapping[str, Any]:
    """What she did, day by day, and where what is older begins."""
    zone = ZoneInfo(journey_map.timezone)
    days = groupby(profile.seen.timeline, key=lambda event: event.at.astimezone(zone).date())
    return {
        "clock": clock_in(journey_map.timezone, visit.language),
        "days": [
            (format_day(day, visit.language), [(event, _properties(event, visit)) for event in events])
            for day, events in days
        ],
        "older": None if profile.seen.older is None else place_said(profile.seen.older),
    }


def place_said(place: Place) -> str:
    """A place in a timeline as an address has it."""
    moment, seen = place
    return f"{to_microseconds(moment)}-{seen}"


def place_of(text: str) -> Place | None:
    """The place that an address names; of an empty text none.

    Raises:
        QuestionError: It names none.
    """
    if not text:
        return None
    with suppress(OverflowError, ValueError):
        if found := _PLACE.fullmatch(text):
            return from_microseconds(int(found[1])), int(found[2])
    raise QuestionError(sentence("this is no place in a timeline; begin with its newest event"))


def moment_of(text: str) -> datetime | None:
    """The moment that an address names, microseconds since 1970; of an empty text none.

    Raises:
        QuestionError: It names none.
    """
    if not text:
        return None
    with suppress(OverflowError, ValueError):
        if _MOMENT.fullmatch(text):
            moment = from_microseconds(int(text))
            if MINYEAR < moment.year < MAXYEAR:  # the calendar ends within a time zone of these
                return moment
    raise QuestionError(sentence("this address names no moment; leave it out to see the newest"))


def _strip(timeline: Sequence[SeenEvent], journey_map: JourneyMap) -> list[Step]:
    """Her last steps, oldest first; what was visited several times in a row is one."""
    names = {one.key: one.name for one in journey_map.touchpoints}
    stages = {key: stage.name for stage in journey_map.stages for key in stage.touchpoints}
    visits = [event for event in reversed(timeline) if event.touchpoint in names]
    steps = [(key, list(same)) for key, same in groupby(visits, key=lambda event: event.touchpoint or "")][-_STEPS:]
    visited = {stages[key] for key, _ in steps}
    rows = {name: row for row, name in enumerate((one.name for one in journey_map.stages if one.name in visited), 1)}
    return [
        Step(
            touchpoint=names[key],
            stage=stages[key],
            row=rows[stages[key]],
            channels=", ".join(dict.fromkeys(event.channel for event in same if event.channel)),
            times=len(same),
            at=same[0].at,
        )
        for key, same in steps
    ]


def _openings(profile: Profile, journey_map: JourneyMap) -> Iterator[tuple[Any, str, str, str]]:
    """What was expected of her: the opening, after what, what then, and whether it is ours to keep."""
    names = {one.key: one.name for one in journey_map.touchpoints}
    arrows = {one.name: one for one in journey_map.expectations}
    for opening in profile.seen.openings:
        arrow = arrows[opening.expectation]
        then = ", ".join(names.get(key, key) for key in arrow.next)
        yield opening, names.get(arrow.after, arrow.after), then, arrow.kind


def _value(trait: Trait, visit: Visit, when: When) -> object:
    """A trait's value for people; a moment that is computed comes as text."""
    if trait.source == COMPUTED and isinstance(trait.value, str):
        with suppress(ValueError):
            moment = datetime.fromisoformat(trait.value)
            if moment.tzinfo is not None:
                return when(moment)
    return plain_value(trait.value, visit.language)


def _properties(event: SeenEvent, visit: Visit) -> list[tuple[str, str]]:
    """The properties of an event, by name."""
    if not event.properties:
        return []
    read = json.loads(event.properties)
    found = read.items() if isinstance(read, dict) else [("", read)]
    return [(name, plain_value(value, visit.language)) for name, value in found]
