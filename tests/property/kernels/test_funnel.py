from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles.funnel import chosen_positions, longest_chain, longest_chain_of_all
from tests.oracles.journeys import PERIODS, WINDOWS, as_lists, journeys

from resa.kernels import Journeys, funnel, funnel_counts, funnel_levels
from resa.kernels.funnel import _BLOCK

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


@settings(max_examples=300)
@given(journeys(codes=3, most=30), STEPS | MANY_STEPS, WINDOWS, PERIODS, st.data())
def test_customers_are_followed_over_the_borders_of_words_and_blocks(
    drawn: Journeys, steps: list[list[int]], within: int, period: tuple[int, int] | None, data: st.DataObject
) -> None:
    """Other events before them push the drawn customers over a border of a block, which is one of a word too."""
    back = data.draw(st.integers(0, drawn.events))
    others = np.full(64 * _BLOCK - back, 9, np.uint16)
    more = Journeys(
        np.concatenate([[0], len(others) + drawn.offsets]).astype(np.int64),
        np.concatenate([np.zeros(len(others), np.int32), drawn.seconds]),
        np.concatenate([np.zeros(len(others), np.int32), drawn.micros]),
        np.concatenate([others, drawn.touchpoints]),
    )
    wanted = funnel(drawn, steps, within_us=within, period=period)
    found = funnel(more, steps, within_us=within, period=period, threads=2)
    assert found.levels.tolist() == [0, *wanted.levels.tolist()]
    shifted = np.where(wanted.positions >= 0, wanted.positions + len(others), -1)
    assert (found.positions[1:] == shifted).all()


@given(journeys(codes=6, most=30), STEPS, WINDOWS, st.integers(1, 60_000))
def test_codes_may_be_any_number(drawn: Journeys, steps: list[list[int]], within: int, factor: int) -> None:
    """Codes above 255, and more than 64 touchpoints asked for, change nothing."""
    spread = drawn._replace(touchpoints=(drawn.touchpoints * np.uint16(10_000)).astype(np.uint16))
    wanted = funnel_levels(drawn, steps, within_us=within).tolist()
    bits = spread.bits
    bits.of([[1 + (factor + code) % 60_000] for code in range(70)])
    assert (
        funnel_levels(spread, [[10_000 * code for code in own] for own in steps], within_us=within).tolist() == wanted
    )
    assert spread.bits is bits
