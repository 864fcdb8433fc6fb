"""Transitions and visits, counted one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.oracles.journeys import Customer, Event, inside

Edge = tuple[int, int, int]


@dataclass
class Counted:
    """What is known of each edge (group, from, to) and of each touchpoint (group, code)."""

    durations: defaultdict[Edge, list[int]] = field(default_factory=lambda: defaultdict(list))
    customers: defaultdict[Edge, set[int]] = field(default_factory=lambda: defaultdict(set))
    entries: Counter[tuple[int, int]] = field(default_factory=Counter)
    exits: Counter[tuple[int, int]] = field(default_factory=Counter)


def sessions(events: Customer, gap: int | None) -> list[list[Event]]:
    """A customer's touchpoint events, cut where nothing happens for longer than the gap; no empty ones."""
    found: list[list[Event]] = []
    for event in events:
        if event.code == 0:
            continue
        if found and (gap is None or event.time - found[-1][-1].time <= gap):
            found[-1].append(event)
        else:
            found.append([event])
    return found


def transitions_of(
    customers: Sequence[Customer], groups: Sequence[int], gap: int | None, period: tuple[int, int] | None
) -> Counted:
    """Count the pairs of neighbours of every session."""
    counted = Counted()
    for customer, events in enumerate(customers):
        group = groups[customer]
        for session in sessions(events, gap):
            for before, after in pairwise(session):
                if inside(before.time, period):
                    counted.durations[group, before.code, after.code].append(after.time - before.time)
                    counted.customers[group, before.code, after.code].add(customer)
            if inside(session[0].time, period):
                counted.entries[group, session[0].code] += 1
            if inside(session[-1].time, period):
                counted.exits[group, session[-1].code] += 1
    return counted


def visits_of(
    customers: Sequence[Customer], edges: Sequence[int]
) -> tuple[Counter[tuple[int, int]], dict[tuple[int, int], set[int]]]:
    """Events, and who, by (code, bucket); code 0 stands for any touchpoint."""
    counts: Counter[tuple[int, int]] = Counter()
    who: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for customer, events in enumerate(customers):
        for event in events:
            for bucket, (start, stop) in enumerate(pairwise(edges)):
                if event.code and start <= event.time < stop:
                    for row in (0, event.code):
                        counts[row, bucket] += 1
                        who[row, bucket].add(customer)
    return counts, who


Move = tuple[int, int, int, int, int, bool]


def moves_of(customers: Sequence[Customer], asked: Sequence[bool], period: tuple[int, int] | None) -> list[Move]:
    """Each visit of those who are asked: position, customer, code, the next code, microseconds to it, and first."""
    found: list[Move] = []
    for customer, events in enumerate(customers):
        visits = [event for event in events if event.code and asked[customer]]
        for place, visit in enumerate(visits):
            later = visits[place + 1] if place + 1 < len(visits) else visit
            after = later.code if later is not visit else 0
            if inside(visit.time, period):
                found.append((visit.position, customer, visit.code, after, later.time - visit.time, place == 0))
    return found
