"""The windowed funnel by trying every start."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from tests.oracles.journeys import Customer, inside


def longest_chain(
    events: Customer, steps: Sequence[Sequence[int]], within: int, period: tuple[int, int] | None
) -> list[int]:
    """Positions of the chosen chain of required steps; empty: not even the first step."""
    best: list[int] = []
    for index, start in enumerate(events):
        if start.code not in steps[0] or not inside(start.time, period):
            continue
        chain = [start.position]
        for event in events[index + 1 :]:
            if len(chain) < len(steps) and event.code in steps[len(chain)] and event.time <= start.time + within:
                chain.append(event.position)
        if len(chain) > len(best):
            best = chain
    return best


def longest_chain_of_all(
    events: Customer, steps: Sequence[Sequence[int]], within: int, period: tuple[int, int] | None
) -> list[int]:
    """The same by trying every row of events, so that nothing but the meaning itself is believed."""
    for level in range(len(steps), 0, -1):
        for chain in combinations(events, level):  # in order of the first event, then the second, …
            if (
                all(event.code in step for event, step in zip(chain, steps, strict=False))
                and inside(chain[0].time, period)
                and chain[-1].time <= chain[0].time + within
            ):
                return [event.position for event in chain]
    return []


def chosen_positions(
    events: Customer,
    steps: Sequence[Sequence[int]],
    optional: Sequence[bool],
    within: int,
    period: tuple[int, int] | None,
) -> tuple[int, list[int]]:
    """Level and one position a step, optional steps included, -1 where there is none."""
    required = [number for number, skip in enumerate(optional) if not skip]
    chain = longest_chain(events, [steps[number] for number in required], within, period)
    positions = [-1] * len(steps)
    for number, position in zip(required, chain, strict=False):
        positions[number] = position
    if not chain:
        return 0, positions
    window_end = next(event.time for event in events if event.position == chain[0]) + within
    cursor = chain[0]
    for number in range(1, len(steps)):
        if not optional[number]:
            if positions[number] < 0:
                break
            cursor = positions[number]
            continue
        following = next((positions[later] for later in required if later > number), -1)
        for event in events:
            if (
                event.position > cursor
                and (following < 0 or event.position < following)
                and event.time <= window_end
                and event.code in steps[number]
            ):
                positions[number] = cursor = event.position
                break
    return len(chain), positions


def chain_unless(
    events: Customer,
    steps: Sequence[Sequence[int]],
    unwanted: Sequence[int],
    within: int,
    period: tuple[int, int] | None,
) -> list[int]:
    """The chosen chain with nothing unwanted between its first event and its last, by trying every row of events."""
    for level in range(len(steps), 0, -1):
        for chain in combinations(events, level):
            between = [event for event in events if chain[0].position < event.position < chain[-1].position]
            if (
                all(event.code in step for event, step in zip(chain, steps, strict=False))
                and not any(event.code in unwanted for event in between)
                and inside(chain[0].time, period)
                and chain[-1].time <= chain[0].time + within
            ):
                return [event.position for event in chain]
    return []


def chain_directly(
    events: Customer, steps: Sequence[Sequence[int]], within: int, period: tuple[int, int] | None
) -> list[int]:
    """The chosen chain of visits that directly follow each other, by cutting them out of the journey."""
    seen = [event for event in events if event.code]
    for level in range(len(steps), 0, -1):
        for first in range(len(seen) - level + 1):
            chain = seen[first : first + level]
            if (
                all(event.code in step for event, step in zip(chain, steps, strict=False))
                and inside(chain[0].time, period)
                and chain[-1].time <= chain[0].time + within
            ):
                return [event.position for event in chain]
    return []
