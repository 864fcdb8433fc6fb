"""Openings of an expectation, one key at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from tests.oracles.journeys import Customer, inside


class Opening(NamedTuple):
    """Positions of the A that opened it, of the last A, of what closed it (-1: nothing), and the outcome."""

    opened: int
    clock: int
    closed: int
    outcome: str


def openings_of(
    events: Customer,
    after: Collection[int],
    expected: Collection[int],
    unless: Collection[int],
    deadline: Callable[[int], int],
    renews: bool,
    period: tuple[int, int] | None,
    keys: Mapping[int, int | None] | None = None,
) -> list[Opening]:
    """One customer's openings in the order in which they were opened; `keys` gives each position its key."""
    if keys is None:
        keys = {event.position: 0 for event in events}
    found = []
    for key in {keys[event.position] for event in events} - {None}:
        own = [event for event in events if keys[event.position] == key]
        found += _openings_of_one_key(own, after, expected, unless, deadline, renews, period)
    return sorted(found)


def _openings_of_one_key(
    events: Customer,
    after: Collection[int],
    expected: Collection[int],
    unless: Collection[int],
    deadline: Callable[[int], int],
    renews: bool,
    period: tuple[int, int] | None,
) -> list[Opening]:
    """Follow each opening from its A to its end; then look for the next A from there."""
    found = []
    index = 0
    while index < len(events):
        opener = events[index]
        if opener.code not in after or not inside(opener.time, period):
            index += 1
            continue
        clock, closed, outcome = opener, -1, "unanswered"
        following = index + 1
        while following < len(events):
            event = events[following]
            if event.time > deadline(clock.time):
                break
            if event.code in expected or event.code in unless:
                closed, outcome = event.position, "met" if event.code in expected else "cancelled"
                break
            if event.code in after and renews and inside(event.time, period):
                clock = event
            following += 1
        found.append(Opening(opener.position, clock.position, closed, outcome))
        index = following  # what closed it, or came after the deadline, may open the next
    return found
