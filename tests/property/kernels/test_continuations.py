from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracles.continuations import continued
from tests.oracles.journeys import PERIODS, WINDOWS, as_arrays, as_lists, inside, journeys

from resa.kernels import (
    LEFT_OFF,
    REPEATED,
    TURNED_BACK,
    WENT_ON,
    Journeys,
    Period,
    continuations,
    running_sums,
    values_following,
)

WHAT = {LEFT_OFF: "left off", WENT_ON: "went on", REPEATED: "repeated", TURNED_BACK: "turned back"}


@given(journeys(), WINDOWS, PERIODS, st.booleans(), st.data())
def test_continuations_are_those_of_the_oracle(
    drawn: Journeys, within: int, period: Period | None, masked: bool, data: st.DataObject
) -> None:
    mask = None
    if masked:
        flags = data.draw(st.lists(st.booleans(), min_size=drawn.customers, max_size=drawn.customers))
        mask = np.array(flags, np.bool_)
    every = {event.position: event for events in as_lists(drawn) for event in events}
    expected = []
    for customer, events in enumerate(as_lists(drawn)):
        if mask is not None and not mask[customer]:
            continue
        for position, following, what in continued(events, within):
            visit = every[position]
            waited = every[following].time - visit.time if following >= 0 else -1
            if inside(visit.time, period):
                expected.append((visit.code, customer, position, visit.time, following, waited, what))
    found = continuations(drawn, within_us=within, period=period, customers=mask, threads=2)
    rows = [
        (code, *row[:5], WHAT[row[5]])
        for code in range(1, 6)
        for row in zip(*(column[found.of(code)].tolist() for column in found[1:]), strict=True)
    ]
    assert rows == sorted(expected, key=lambda row: row[0])  # within a touchpoint in the order of customers and time
    assert len(found.visits) == len(rows)


@given(journeys(), WINDOWS, st.data())
def test_values_following_are_those_of_the_customers_later_events_in_time(
    drawn: Journeys, within: int, data: st.DataObject
) -> None:
    worth = {
        event.position: data.draw(st.none() | st.integers(-3, 9)) for events in as_lists(drawn) for event in events
    }
    valued = {position: float(value) for position, value in worth.items() if value is not None}
    expected = [
        sum(
            valued.get(later.position, 0.0)
            for later in events
            if later.position > visit.position and later.time - visit.time <= within
        )
        for events in as_lists(drawn)
        for visit in events
        if visit.code
    ]
    found = continuations(drawn, within_us=within)
    positions, values = np.array(list(valued), np.int64), np.array(list(valued.values()), np.float64)
    order = np.argsort(found.visits)
    visits = (found.customers[order], found.visits[order])
    assert values_following(drawn, *visits, positions, running_sums(values), within_us=within).tolist() == expected


def test_who_was_there_long_ago_goes_on_and_who_was_there_lately_turns_back() -> None:
    told = as_arrays([[(0, 1), (50, 2), (100, 1), (150, 3), (160, 2), (170, 2)]])
    found = continuations(told, within_us=100)
    words = [WHAT[what] for what in found.what[np.argsort(found.visits)].tolist()]
    assert words == ["went on", "turned back", "went on", "turned back", "repeated", "left off"]
    assert (
        continuations(told, within_us=90).what.tolist()[-1] == WENT_ON
    )  # by touchpoint the fourth visit is last; touchpoint 2 was visited 100 before


def test_a_time_to_go_on_is_not_negative() -> None:
    with pytest.raises(ValueError, match="not negative"):
        continuations(as_arrays([[(0, 1)]]), within_us=-1)
