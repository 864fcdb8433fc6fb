"""What the keys in an answer are called by people."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from resa.analytics.calendar import PERIODS
from resa.drawing import format_any_of, format_period, said_in, say
from resa.model.journey import JourneyMap

if TYPE_CHECKING:
    from resa.analytics.results.result import Result

__all__ = [
    "NOT_KNOWN",
    "OTHER_GROUPS",
    "arrow_name",
    "group_name",
    "grouping_name",
    "label_name",
    "step_name",
    "touchpoint_name",
]

NOT_KNOWN: Final = "(not known)"
"""The group of those for whom the attribute is not known."""

OTHER_GROUPS: Final = "(other)"
"""The group of all that are not listed."""

_SAID: Final = {NOT_KNOWN: "not_known", OTHER_GROUPS: "others"}


def touchpoint_name(journey_map: JourneyMap, key: str | None) -> str:
    """The name of a touchpoint."""
    touchpoint = journey_map.touchpoint.get(key or "")
    return (key or "") if touchpoint is None else touchpoint.name


def step_name(journey_map: JourneyMap, step: str) -> str:
    """The name of a step of a funnel, which may be any of several touchpoints: `cart or store_cart`."""
    names = [touchpoint_name(journey_map, key) for key in step.split(" or ")]
    return format_any_of(names, said_in(journey_map.language))


def arrow_name(journey_map: JourneyMap, name: str) -> str:
    """An expectation or promise: `Cart → Checkout`; one that was given a name of its own keeps it."""
    arrow = journey_map.expectation[name]
    if not name.startswith(f"{arrow.after}."):
        return name.replace("_", " ")
    expected = (arrow.written, arrow.next)
    whole = (stage.name for stage in journey_map.stages if (stage.key, stage.touchpoints) == expected)
    language = said_in(journey_map.language)
    following = format_any_of([touchpoint_name(journey_map, key) for key in arrow.next], language)
    return f"{touchpoint_name(journey_map, arrow.after)} → {next(whole, following)}"


def label_name(label: str, language: str) -> str:
    """What a label says, where it stands for no value: `not known`."""
    return say(_SAID[label], language) if label in _SAID else label


def group_name(result: Result, label: str) -> str:
    """The name of a group."""
    journey_map, by = result.journey_map, result.question.by
    language = said_in(journey_map.language)
    if by == "persona" and label in journey_map.persona:
        return journey_map.persona[label].name
    if by in PERIODS:
        return format_period(date.fromisoformat(label), str(by), language)
    channels = {channel.key: channel.name for channel in journey_map.channels}
    return label_name(channels.get(label, label) if by == "channel" else label, language)


def grouping_name(by: str, language: str) -> str:
    """What an answer is grouped by: `persona`, `region`."""
    if by in {"persona", "channel", "device", *PERIODS}:
        return say(f"grouping.{by}", language)
    return by.rpartition(".")[2].replace("_", " ")
