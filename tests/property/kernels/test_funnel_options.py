from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracles.funnel import chain_directly, chain_unless
from tests.oracles.journeys import PERIODS, WINDOWS, as_arrays, as_lists, journeys

from resa.base.errors import QuestionError
from resa.kernels import FunnelResult, Journeys, funnel, funnel_directly, funnel_unless

STEPS = st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=2), min_size=1, max_size=4)
UNWANTED = st.lists(st.integers(4, 5), min_size=1, max_size=2)


def assert_chains(found: FunnelResult, wanted: list[list[int]], steps: int) -> None:
    assert found.levels.tolist() == [len(chain) for chain in wanted]
    assert found.positions.tolist() == [chain + [-1] * (steps - len(chain)) for chain in wanted]


@given(journeys(codes=5, most=8), STEPS, UNWANTED, WINDOWS, PERIODS)
def test_nothing_unwanted_comes_between(
    drawn: Journeys, steps: list[list[int]], unwanted: list[int], within: int, period: tuple[int, int] | None
) -> None:
    found = funnel_unless(drawn, steps, unwanted, within_us=within, period=period)
    wanted = [chain_unless(events, steps, unwanted, within, period) for events in as_lists(drawn)]
    assert_chains(found, wanted, len(steps))


@given(journeys(codes=4, most=10), STEPS, WINDOWS, PERIODS)
def test_steps_follow_directly(
    drawn: Journeys, steps: list[list[int]], within: int, period: tuple[int, int] | None
) -> None:
    found = funnel_directly(drawn, steps, within_us=within, period=period)
    wanted = [chain_directly(events, steps, within, period) for events in as_lists(drawn)]
    assert_chains(found, wanted, len(steps))


@given(journeys(codes=5, customers=5), STEPS, UNWANTED, WINDOWS, st.data())
def test_who_is_left_out_has_no_level(
    drawn: Journeys, steps: list[list[int]], unwanted: list[int], within: int, data: st.DataObject
) -> None:
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=drawn.customers, max_size=drawn.customers)), np.bool_)
    for all_of_them, some in (
        (
            funnel_directly(drawn, steps, within_us=within),
            funnel_directly(drawn, steps, within_us=within, customers=mask),
        ),
        (
            funnel_unless(drawn, steps, unwanted, within_us=within),
            funnel_unless(drawn, steps, unwanted, within_us=within, customers=mask),
        ),
    ):
        assert some.levels.tolist() == np.where(mask, all_of_them.levels, 0).tolist()
        assert (some.positions[mask] == all_of_them.positions[mask]).all()


def test_an_optional_step_is_not_seen_behind_what_is_unwanted() -> None:
    drawn = as_arrays([[(0, 1), (1, 4), (2, 2)], [(0, 1), (1, 2), (2, 4)]])
    found = funnel_unless(drawn, [[1], [2]], [4], within_us=10, optional=[False, True])
    assert found.positions.tolist() == [[0, -1], [3, 4]]
    assert funnel(drawn, [[1], [2]], within_us=10, optional=[False, True]).positions.tolist() == [[0, 2], [3, 4]]


def test_a_repeated_step_needs_so_many_visits() -> None:
    drawn = as_arrays([[(0, 1)], [(0, 1), (1, 2), (2, 1)], [(0, 1), (1, 1), (2, 1)]])
    steps = [[1], [1], [1]]
    assert funnel(drawn, steps, within_us=10).levels.tolist() == [1, 2, 3]
    assert funnel_directly(drawn, steps, within_us=10).levels.tolist() == [1, 1, 3]


def test_what_cannot_be_asked_is_refused() -> None:
    drawn = as_arrays([[(0, 1)]])
    with pytest.raises(ValueError, match="cannot be a step itself"):
        funnel_unless(drawn, [[1], [2]], [2], within_us=10)
    with pytest.raises(QuestionError, match="not 0"):
        funnel_directly(drawn, [], within_us=10)
    with pytest.raises(QuestionError, match="negative"):
        funnel_directly(drawn, [[1]], within_us=-1)
