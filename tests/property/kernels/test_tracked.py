"""Events counted by what they have in common, against plain Python."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracles.journeys import PERIODS, as_lists, inside, journeys

from resa.kernels import NEVER, WHOLE_TIME, Cells, Clock, Journeys, Period, came_after, tracked

HAVANA = ZoneInfo("America/Havana")
BACK = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)  # half an hour before clocks are put back from 1:00 to midnight


@given(journeys(), PERIODS, st.data(), st.integers(1, 3))
def test_cells_are_those_of_counting_one_by_one(
    drawn: Journeys, period: Period | None, data: st.DataObject, threads: int
) -> None:
    """A day begins a second before the epoch and another two seconds after it, as in a zone with odd offsets."""
    number = st.integers(0, 3)
    numbers = data.draw(st.lists(number, min_size=drawn.events, max_size=drawn.events))
    groups = np.array(data.draw(st.lists(st.integers(-1, 1), min_size=4, max_size=4)), np.int32)
    rows = np.array([0, 1, 1, 0], np.int32)
    clock = Clock(np.array([-(2**40), 2], np.int64), np.array([1, 86_398], np.int64), -2, 6)
    found = tracked(
        drawn,
        Cells(np.array(numbers, np.int32), rows, groups),
        clock,
        period=period or WHOLE_TIME,
        size=(2, 2),
        threads=threads,
    )
    days = np.zeros((2, 6), np.bool_)
    times: dict[int, list[int]] = {cell: [] for cell in range(4)}
    whose: dict[int, set[int]] = {group: set() for group in range(-1, 2)}
    for customer, events in enumerate(as_lists(drawn)):
        for event in events:
            if inside(event.time, period):
                cell, second = numbers[event.position], event.time // 1_000_000
                times[cell].append(event.time)
                whose[int(groups[cell])].add(customer)
                days[rows[cell], (second + (86_398 if second >= 2 else 1)) // 86_400 + 2] = True
    assert found.counts.tolist() == [len(of) for of in times.values()]
    assert found.first.tolist() == [min(of, default=NEVER) for of in times.values()]
    assert found.last.tolist() == [max(of, default=-NEVER) for of in times.values()]
    assert found.customers.tolist() == [len(whose[0]), len(whose[1])]
    assert found.days.tolist() == days.tolist()


@given(journeys(), st.lists(st.tuples(st.integers(1, 3), st.integers(-(10**6), 10**7)), max_size=5), st.data())
def test_what_came_after_is_counted(drawn: Journeys, asked: list[tuple[int, int]], data: st.DataObject) -> None:
    asked.sort()
    until = data.draw(st.sampled_from([2 * 10**6, WHOLE_TIME[1]]))
    heads = np.searchsorted([code for code, _ in asked], np.arange(5)).astype(np.int64)
    moments = np.array([moment for _, moment in asked], np.int64)
    found = came_after(drawn, heads, moments, until=until, threads=2)
    every = [event for events in as_lists(drawn) for event in events]
    after = [[one.time for one in every if one.code == code and moment < one.time < until] for code, moment in asked]
    assert found.counts.tolist() == [len(times) for times in after]
    assert found.first.tolist() == [min(times, default=NEVER) for times in after]


def test_a_day_comes_twice_where_clocks_are_put_back_at_midnight() -> None:
    moments = [BACK + timedelta(minutes=15 * step) for step in range(8)]
    seconds = np.array([(moment - moments[0]).total_seconds() for moment in moments], np.int32)
    events = Journeys(np.array([0, 8], np.int64), seconds, np.zeros(8, np.int32), np.ones(8, np.uint16))
    epoch = int(moments[0].timestamp())
    clock = Clock(np.array([-100, 1_800], np.int64), np.array([-4 * 3_600, -5 * 3_600], np.int64) + epoch, 20_757, 3)
    cells = Cells(np.arange(8, dtype=np.int32), np.arange(8, dtype=np.int32), np.full(8, -1, np.int32))
    found = tracked(events, cells, clock, period=WHOLE_TIME, size=(8, 0))
    local = [(moment.astimezone(HAVANA).date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days for moment in moments]
    assert np.nonzero(found.days)[1].tolist() == [day - 20_757 for day in local]


def test_what_does_not_fit_is_refused() -> None:
    clock, zero = Clock(np.zeros(1, np.int64), np.zeros(1, np.int64), 0, 1), np.zeros(1, np.int32)
    events, one = Journeys(np.array([0, 1], np.int64), zero, zero, np.ones(1, np.uint16)), zero + np.int32(1)
    with pytest.raises(ValueError, match="an event lies on none of the 1 days"):
        tracked(events, Cells(zero, zero, zero), clock._replace(first=1), period=WHOLE_TIME, size=(1, 1))
    for cells in (Cells(one, zero, zero), Cells(zero[:0], zero, zero), Cells(zero, zero, one)):
        with pytest.raises(ValueError, match="every event needs a cell"):
            tracked(events, cells, clock, period=WHOLE_TIME, size=(1, 1))
