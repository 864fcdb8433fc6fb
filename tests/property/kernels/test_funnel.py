from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.oracles.funnel import chosen_positions, longest_chain, longest_chain_of_all
from tests.oracles.journeys import PERIODS, WINDOWS, as_lists, journeys

from resa.kernels import Journeys, funnel, funnel_counts, funnel_levels

# Repeated codes, codes that do not ascend, and steps that share a code all come up.
STEPS = st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=2), min_size=1, max_size=4)
MANY_STEPS = st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=2), min_size=1, max_size=10)


@given(journeys(), STEPS | MANY_STEPS, WINDOWS, PERIODS)
def test_level_and_chain_are_those_of_the_oracle(
    drawn: Journeys, steps: list[list[int]], within: int, period: tuple[int, int] | None
) -> None:
    result = funnel(drawn, steps, within_us=within, period=period)
    for customer, events in enumerate(as_lists(drawn)):
        chain = longest_chain(events, steps, within, period)
        assert result.levels[customer] == len(chain)
        assert result.positions[customer].tolist() == chain + [-1] * (len(steps) - len(chain))
    reached = [int((result.levels > step).sum()) for step in range(len(steps))]
    assert funnel_counts(drawn, steps, within_us=within, period=period).tolist() == reached


@given(journeys(), STEPS, WINDOWS, PERIODS, st.data())
def test_optional_steps_are_seen_and_change_nothing_else(
    drawn: Journeys, steps: list[list[int]], within: int, period: tuple[int, int] | None, data: st.DataObject
) -> None:
    flags = st.lists(st.booleans(), min_size=len(steps) - 1, max_size=len(steps) - 1)
    optional = [False, *data.draw(flags)]
    result = funnel(drawn, steps, within_us=within, period=period, optional=optional)
    for customer, events in enumerate(as_lists(drawn)):
        level, positions = chosen_positions(events, steps, optional, within, period)
        assert result.levels[customer] == level
        assert result.positions[customer].tolist() == positions


@given(journeys(most=7, customers=1), STEPS, WINDOWS, PERIODS)
def test_the_oracle_agrees_with_trying_every_row_of_events(
    drawn: Journeys, steps: list[list[int]], within: int, period: tuple[int, int] | None
) -> None:
    for events in as_lists(drawn):
        assert longest_chain(events, steps, within, period) == longest_chain_of_all(events, steps, within, period)


@given(journeys(customers=5), STEPS, WINDOWS, st.data())
def test_customers_left_out_have_no_level_and_threads_change_nothing(
    drawn: Journeys, steps: list[list[int]], within: int, data: st.DataObject
) -> None:
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=drawn.customers, max_size=drawn.customers)), np.bool_)
    everybody = funnel(drawn, steps, within_us=within)
    some = funnel(drawn, steps, within_us=within, customers=mask, threads=2)
    assert some.levels.tolist() == np.where(mask, everybody.levels, 0).tolist()
    assert (some.positions[mask] == everybody.positions[mask]).all()
    assert (some.positions[~mask] == -1).all()


@given(journeys(customers=9), STEPS, WINDOWS, PERIODS)
def test_rare_and_frequent_first_steps_are_followed_alike(
    drawn: Journeys, steps: list[list[int]], within: int, period: tuple[int, int] | None
) -> None:
    """Thousands of other events before them make the drawn first steps rare, and another kernel takes over."""
    others = np.full(2_000 * 64, 9, np.uint16)
    more = Journeys(
        np.concatenate([[0], len(others) + drawn.offsets]).astype(np.int64),
        np.concatenate([np.zeros(len(others), np.int32), drawn.seconds]),
        np.concatenate([np.zeros(len(others), np.int32), drawn.micros]),
        np.concatenate([others, drawn.touchpoints]),
    )
    wanted = funnel_levels(drawn, steps, within_us=within, period=period)
    assert funnel_levels(more, steps, within_us=within, period=period, threads=2).tolist() == [0, *wanted.tolist()]
