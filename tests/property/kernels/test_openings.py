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
    deadlines,
    funnel_levels,
    moments,
    openings,
    what_instead,
)

NAMES = {UNANSWERED: "unanswered", MET: "met", CANCELLED: "cancelled"}
SOME = st.lists(st.integers(1, 4), min_size=1, max_size=2)
ANY = st.lists(st.integers(1, 4), max_size=1)


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
    assert [(*row[:-1], NAMES[row[-1]]) for row in zip(*(column.tolist() for column in found), strict=True)] == rows
    assert deadlines(drawn, found, within).tolist() == (moments(drawn, found.clock) + within).tolist()


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
    assert [(*row[:-1], NAMES[row[-1]]) for row in zip(*(column.tolist() for column in found), strict=True)] == rows
    assert deadlines(drawn, found, table).tolist() == [deadline(int(time)) for time in moments(drawn, found.clock)]


@given(journeys(), SOME, SOME, ANY, WINDOWS)
def test_what_they_did_instead_is_the_first_touchpoint_in_time(
    drawn: Journeys, after: list[int], expected: list[int], ignored: list[int], within: int
) -> None:
    found = openings(drawn, after, expected, within=within)
    lists = as_lists(drawn)
    wanted = []
    for customer, clock in zip(found.customer.tolist(), found.clock.tolist(), strict=True):
        started = next(event.time for event in lists[customer] if event.position == clock)
        later = (
            event.code
            for event in lists[customer]
            if event.position > clock and event.time <= started + within and event.code not in {0, *ignored}
        )
        wanted.append(next(later, 0))
    assert what_instead(drawn, found, within, ignoring=ignored).tolist() == wanted
