"""Paths, cut out of lists."""

from __future__ import annotations

from collections.abc import Collection
from itertools import groupby

from tests.oracles.journeys import Customer, Event, inside
from tests.oracles.transitions import sessions


def collapsed(session: list[Event], collapse: bool) -> list[Event]:
    """The session with the first event of each run of one touchpoint only, if asked."""
    if not collapse:
        return session
    return [next(run) for _, run in groupby(session, key=lambda event: event.code)]


def paths_of(
    events: Customer,
    anchors: Collection[int] | None,
    steps: int,
    *,
    backward: bool,
    each: bool,
    collapse: bool,
    gap: int | None,
    period: tuple[int, int] | None,
) -> list[tuple[int, tuple[int, ...]]]:
    """One customer's paths as (the anchor's position, codes)."""
    found = []
    cut = sessions(events, gap)
    for session in reversed(cut) if backward else cut:
        events_left = collapsed(session[::-1] if backward else session, collapse)
        starts = [index for index, event in enumerate(events_left) if anchors is None or event.code in anchors]
        for index in starts if each else starts[:1]:
            if inside(events_left[index].time, period):
                codes = tuple(event.code for event in events_left[index : index + steps])
                found.append((events_left[index].position, codes))
    return found
