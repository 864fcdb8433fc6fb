from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracles.journeys import PERIODS, SECOND, WINDOWS, as_arrays, as_lists, inside, journeys
from tests.oracles.transitions import moves_of, transitions_of, visits_of

from resa.kernels import RELATIVE_ERROR, Journeys, events_of_each, moves, transitions, visits


@given(journeys(customers=5), st.none() | WINDOWS, PERIODS, st.booleans(), st.data())
def test_transitions_are_those_of_the_oracle(
    drawn: Journeys, gap: int | None, period: tuple[int, int] | None, grouped: bool, data: st.DataObject
) -> None:
    groups = [0] * drawn.customers
    if grouped:
        groups = data.draw(st.lists(st.integers(0, 2), min_size=drawn.customers, max_size=drawn.customers))
    found = transitions(
        drawn,
        5,
        groups=np.array(groups, np.uint16) if grouped else None,
        session_gap_us=gap,
        period=period,
        threads=2,
    )
    wanted = transitions_of(as_lists(drawn), groups, gap, period)
    median = found.quantile_seconds(0.5)
    for edge in np.ndindex(found.counts.shape):
        durations = sorted(wanted.durations[edge])
        assert found.counts[edge] == len(durations)
        assert found.customers[edge] == len(wanted.customers[edge])
        assert found.total_microseconds(*edge) == sum(durations)
        if durations:
            true = durations[math.ceil(len(durations) / 2) - 1] / SECOND
            assert abs(median[edge] - true) <= true * RELATIVE_ERROR
        else:
            assert math.isnan(median[edge])
    for place in np.ndindex(found.entries.shape):
        assert found.entries[place] == wanted.entries[place]
        assert found.exits[place] == wanted.exits[place]


@given(journeys(), st.lists(st.integers(-4, 20), min_size=2, max_size=6, unique=True))
def test_visits_are_those_of_the_oracle(drawn: Journeys, drawn_edges: list[int]) -> None:
    edges = sorted(edge * 500_000 for edge in drawn_edges)
    found = visits(drawn, 5, np.array(edges, np.int64), threads=2)
    counts, who = visits_of(as_lists(drawn), edges)
    for code, bucket in np.ndindex(found.counts.shape):
        assert found.counts[code, bucket] == counts[code, bucket]
        assert found.customers[code, bucket] == len(who.get((code, bucket), ()))
    for code in range(5):
        anywhere = set().union(*(who.get((code, bucket), set()) for bucket in range(len(edges) - 1)))
        assert found.reach[code] == len(anywhere)


@given(journeys(customers=5), PERIODS, st.booleans(), st.data())
def test_moves_are_those_of_the_oracle(
    drawn: Journeys, period: tuple[int, int] | None, masked: bool, data: st.DataObject
) -> None:
    asked = [True] * drawn.customers
    if masked:
        asked = data.draw(st.lists(st.booleans(), min_size=drawn.customers, max_size=drawn.customers))
    found = moves(drawn, period=period, customers=np.array(asked, np.bool_) if masked else None, threads=2)
    rows = list(zip(*(column.tolist() for column in found), strict=True))
    assert rows == moves_of(as_lists(drawn), asked, period)


@given(journeys(customers=5), st.none() | st.sets(st.integers(1, 4)), PERIODS, st.booleans(), st.data())
def test_events_of_each_customer_are_those_that_lie_in_the_period(
    drawn: Journeys, codes: set[int] | None, period: tuple[int, int] | None, some: bool, data: st.DataObject
) -> None:
    chosen = [True] * drawn.events
    if some:
        chosen = data.draw(st.lists(st.booleans(), min_size=drawn.events, max_size=drawn.events))
    flags = np.array(chosen, np.bool_) if some else None
    found = events_of_each(drawn, None if codes is None else sorted(codes), chosen=flags, period=period, threads=2)
    for customer, events in enumerate(as_lists(drawn)):
        counted = [
            event.position
            for event in events
            if (codes is None or event.code in codes) and chosen[event.position] and inside(event.time, period)
        ]
        assert found.counts[customer] == len(counted)
        assert (found.first[customer], found.last[customer]) == ((counted[0], counted[-1]) if counted else (-1, -1))


def test_flags_must_be_of_every_event() -> None:
    with pytest.raises(ValueError, match="2 flags for 0 events"):
        events_of_each(as_arrays([]), [1], chosen=np.ones(2, np.bool_))
