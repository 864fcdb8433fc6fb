"""Retention of one customer, event by event."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tests.oracles.journeys import Customer, inside


def returned(
    events: Customer,
    begins: Collection[int] | None,
    returns: Collection[int] | None,
    edges: Sequence[int],
    period: tuple[int, int] | None,
) -> tuple[int, int, list[int]] | None:
    """Position and bucket of the start, and how many buckets later the customer came back; `None`: no start counts."""

    def bucket(time: int) -> int | None:
        return next((number for number, edge in enumerate(edges[:-1]) if edge <= time < edges[number + 1]), None)

    def shows(code: int, wanted: Collection[int] | None) -> bool:
        return code != 0 and (wanted is None or code in wanted)

    starts = [number for number, event in enumerate(events) if shows(event.code, begins)]
    if not starts:
        return None
    start = events[starts[0]]
    cohort = bucket(start.time)
    if cohort is None or not inside(start.time, period):
        return None
    later = [bucket(event.time) for event in events[starts[0] + 1 :] if shows(event.code, returns)]
    return start.position, cohort, sorted({number - cohort for number in later if number is not None})
