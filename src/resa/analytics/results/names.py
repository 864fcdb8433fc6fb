"""What the keys in an answer are called by people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resa.model.journey import JourneyMap

if TYPE_CHECKING:
    from resa.analytics.results.result import Result

__all__ = ["group_name", "touchpoint_name"]


def touchpoint_name(journey_map: JourneyMap, key: str | None) -> str:
    """The name of a touchpoint."""
    touchpoint = journey_map.touchpoint.get(key or "")
    return (key or "") if touchpoint is None else touchpoint.name


def group_name(result: Result, label: str) -> str:
    """The name of a group."""
    journey_map = result.journey_map
    if result.question.by == "persona" and label in journey_map.persona:
        return journey_map.persona[label].name
    channels = {channel.key: channel.name for channel in journey_map.channels}
    return channels.get(label, label) if result.question.by == "channel" else label
