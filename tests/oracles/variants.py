"""Variants: whole journeys or sessions as rows of codes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from tests.oracles.journeys import Customer, inside
from tests.oracles.paths import collapsed
from tests.oracles.transitions import sessions


def variants_of(
    customers: Sequence[Customer], *, collapse: bool, gap: int | None, period: tuple[int, int] | None
) -> tuple[Counter[tuple[int, ...]], dict[tuple[int, ...], set[int]]]:
    """How often, and for whom, each row of codes is a whole journey (with a gap: a session)."""
    counts: Counter[tuple[int, ...]] = Counter()
    who: defaultdict[tuple[int, ...], set[int]] = defaultdict(set)
    for customer, events in enumerate(customers):
        for session in sessions(events, gap):
            if inside(session[0].time, period):
                codes = tuple(event.code for event in collapsed(session, collapse))
                counts[codes] += 1
                who[codes].add(customer)
    return counts, who
