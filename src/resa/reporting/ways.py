"""The main way through a map: which steps the report's funnel has, and why just these."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from resa.model.journey import JourneyMap
from resa.model.quantities import Duration

__all__ = ["Way", "main_way"]

Step = tuple[str, ...]
"""Keys of touchpoints, any of which will do."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """Steps in order.

    Attributes:
        steps: At least two.
        within: From the first to the last; `None`: any time.
        rule: Where it comes from: the goal's chain of expectations, a persona's path, or the map's first chain.
        persona: Key of the persona, where it is one's path.
    """

    steps: tuple[Step, ...]
    within: Duration | None = None
    rule: Literal["goal", "persona", "arrows"]
    persona: str = ""


def main_way(journey_map: JourneyMap) -> Way | None:
    """The way that the report's funnel goes; `None` if the map has neither arrows nor a path.

    The shortest chain of expectations from where the goal starts to where it is reached; without such a chain the first
    planned path; without one the chain of expectations from the first touchpoint that has one.
    """
    goal = journey_map.goal
    if goal is not None and goal.start:
        chain = _chain(journey_map, goal.start, goal.reach)
        if chain is not None:
            return Way(steps=(goal.start, *chain, goal.reach), within=goal.within, rule="goal")
    for persona in journey_map.personas:
        if len(persona.path) > 1:
            return Way(steps=tuple((key,) for key in persona.path), rule="persona", persona=persona.key)
    steps = _first_chain(journey_map)
    return Way(steps=steps, rule="arrows") if len(steps) > 1 else None


def _chain(journey_map: JourneyMap, start: Sequence[str], reach: Sequence[str]) -> tuple[Step, ...] | None:
    """The touchpoints between start and reach on a shortest chain of arrows; of several the first on the wall."""
    came_from: dict[str, str] = {}
    waiting = deque(start)
    while waiting:
        key = waiting.popleft()
        for arrow in journey_map.touchpoint[key].expectations:
            for following in arrow.next:
                if following in came_from or following in start:
                    continue
                came_from[following] = key
                if following in reach:
                    return _back(came_from, following, start)
                waiting.append(following)
    return None


def _back(came_from: dict[str, str], end: str, start: Sequence[str]) -> tuple[Step, ...]:
    between: list[Step] = []
    key = came_from[end]
    while key not in start:
        between.append((key,))
        key = came_from[key]
    return tuple(reversed(between))


def _first_chain(journey_map: JourneyMap) -> tuple[Step, ...]:
    """From the first touchpoint with an arrow along the first arrow of each, as long as nothing repeats."""
    steps: list[Step] = []
    seen: set[str] = set()
    here: Step = next(((touchpoint.key,) for touchpoint in journey_map.touchpoints if touchpoint.expectations), ())
    while here and not seen.intersection(here):
        steps.append(here)
        seen.update(here)
        arrows = [arrow for key in here for arrow in journey_map.touchpoint[key].expectations]
        here = arrows[0].next if arrows else ()
    return tuple(steps)
