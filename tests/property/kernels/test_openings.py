from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.oracles.journeys import PERIODS, SECOND, WINDOWS, as_lists, journeys
from tests.oracles.openings import openings_of

from resa.kernels import (
    CANCELLED,
    MET,
    NO_KEY,
    UNANSWERED,
    Deadlines,
    Journeys,
    Openings,
    funnel_levels,
    moments,
    openings,
    what_instead,
)

NAMES = {UNANSWERED: "unanswered", MET: "met", CANCELLED: "cancelled"}
SOME = st.lists(st.integers(1, 4), min_size=1, max_size=2)
ANY = st.lists(st.integers(1, 4), max_size=1)


def as_rows(found: Openings) -> list[tuple[int | str, ...]]:
    """As the oracle has them."""
    columns = zip(*(column.tolist() for column in found[:4]), strict=True)
    return [(*row, NAMES[outcome]) for row, outcome in zip(columns, found.outcome.tolist(), strict=True)]


@given(journeys(), SOME, SOME, ANY, WINDOWS, st.booleans(), PERIODS, st.booleans(), st.data())
def test_openings_are_those_of_the_oracle(
    drawn: Journeys,
    after: list[int],
    expected: list[int],
    unless: list[int],
    within: int,
    renews: bool,
    period: tuple[int, int] | None,
    keyed: bool,
    data: st.DataObject,
) -> None:
    keys, key_of = None, None
    if keyed:
        values = data.draw(st.lists(st.sampled_from([0, 1, 7, NO_KEY]), min_size=drawn.events, max_size=drawn.events))
        keys = np.array(values, np.uint32)
        key_of = {position: None if key == NO_KEY else key for position, key in enumerate(values)}
    found = openings(drawn, after, expected, unless, within=within, renews=renews, keys=keys, period=period, threads=2)
    rows = [
        (customer, *opening)
        for customer, events in enumerate(as_lists(drawn))
        for opening in openings_of(events, after, expected, unless, lambda time: time + within, renews, period, key_of)
    ]
    assert as_rows(found) == rows
    clock = moments(drawn, found.clock)
    assert found.opened_at.tolist() == moments(drawn, found.opened).tolist()
    assert found.deadline.tolist() == (clock + within).tolist()
    ended = np.where(found.closed < 0, found.deadline, moments(drawn, found.closed))
    assert found.waited.tolist() == (ended - clock).tolist()


@given(journeys(), SOME, SOME, WINDOWS, PERIODS)
def test_customers_who_met_it_are_those_of_the_funnel(
    drawn: Journeys, after: list[int], expected: list[int], within: int, period: tuple[int, int] | None
) -> None:
    found = openings(drawn, after, expected, within=within, period=period)
    levels = funnel_levels(drawn, [after, expected], within_us=within, period=period)
    assert sorted(set(found.customer[found.outcome == MET].tolist())) == np.flatnonzero(levels == 2).tolist()
    assert sorted(set(found.customer.tolist())) == np.flatnonzero(levels >= 1).tolist()


@given(journeys(), SOME, SOME, st.lists(st.integers(0, 4), min_size=3, max_size=3), st.booleans())
def test_deadlines_may_depend_on_when_the_clock_starts(
    drawn: Journeys, after: list[int], expected: list[int], spans: list[int], renews: bool
) -> None:
    table = Deadlines(np.array([0, SECOND, 3 * SECOND], np.int64), np.array(spans, np.int64) * (SECOND // 2))

    def deadline(time: int) -> int:
        return time + spans[2 if time >= 3 * SECOND else 1 if time >= SECOND else 0] * (SECOND // 2)

    found = openings(drawn, after, expected, within=table, renews=renews)
    rows = [
        (customer, *opening)
        for customer, events in enumerate(as_lists(drawn))
        for opening in openings_of(events, after, expected, (), deadline, renews, None)
    ]
    assert as_rows(found) == rows
    assert found.deadline.tolist() == [deadline(int(time)) for time in moments(drawn, found.clock)]


@given(journeys(), SOME, SOME, ANY, WINDOWS, st.booleans(), PERIODS, st.integers(0, 6 * SECOND), st.booleans())
def test_reached_leaves_out_the_starts_that_are_too_young(
    drawn: Journeys,
    after: list[int],
    expected: list[int],
    unless: list[int],
    within: int,
    renews: bool,
    period: tuple[int, int] | None,
    last_start: int,
    keyed: bool,
) -> None:
    keys = np.arange(drawn.events, dtype=np.uint32) % 2 if keyed else None
    start, until = period or (-(2**60), 2**60)
    earlier = (start, min(until, last_start + 1))
    arguments = (drawn, after, expected, unless)
    found = openings(*arguments, within=within, renews=renews, keys=keys, period=period, last_start=last_start)
    alone = openings(*arguments, within=within, renews=renews, keys=keys, period=earlier)
    met = set(alone.opened[alone.outcome == MET].tolist())
    assert found.reached.tolist() == [opened in met for opened in found.opened.tolist()]


@given(journeys(), SOME, SOME, ANY, WINDOWS)
def test_what_they_did_instead_is_the_first_touchpoint_in_time(
    drawn: Journeys, after: list[int], expected: list[int], ignored: list[int], within: int
) -> None:
    found = openings(drawn, after, expected, within=within)
    lists = as_lists(drawn)
    wanted = []
    for customer, clock, closed in zip(
        *(column.tolist() for column in (found.customer, found.clock, found.closed)), strict=True
    ):
        started = next(event.time for event in lists[customer] if event.position == clock)
        later = (
            event.code
            for event in lists[customer]
            if event.position > clock and event.time <= started + within and event.code not in {0, *ignored}
        )
        wanted.append(next(later, 0) if closed < 0 else 0)
    assert what_instead(drawn, found, ignoring=ignored).tolist() == wanted
