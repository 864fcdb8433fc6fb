from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracles.journeys import PERIODS, as_arrays, as_lists, journeys
from tests.oracles.walks import walked

from resa.kernels import DETOUR, DIRECT, LEFT, Journeys, funnel_levels, walks

WAYS = {"left": LEFT, "detour": DETOUR, "direct": DIRECT}
PATHS = st.lists(st.integers(1, 3), min_size=1, max_size=5)
CODES = 5


@given(journeys(), PATHS, PERIODS, st.booleans(), st.data())
def test_walks_are_those_of_the_oracle(
    drawn: Journeys, path: list[int], period: tuple[int, int] | None, masked: bool, data: st.DataObject
) -> None:
    mask = None
    if masked:
        flags = data.draw(st.lists(st.booleans(), min_size=drawn.customers, max_size=drawn.customers))
        mask = np.array(flags, np.bool_)
    counts = np.zeros((len(path), CODES, 3), np.int64)
    each = np.zeros((drawn.customers, len(path)), np.uint32)
    for customer, events in enumerate(as_lists(drawn)):
        if mask is None or mask[customer]:
            for step, (follower, way) in enumerate(walked(events, path, period)):
                counts[step, follower, WAYS[way]] += 1
                each[customer, step] = follower * 3 + WAYS[way] + 1
    found = walks(drawn, path, CODES, period=period, customers=mask, each=True, threads=2)
    assert found.counts.tolist() == counts.tolist()
    assert found.each.tolist() == each.tolist()
    assert not len(walks(drawn, path, CODES, period=period, customers=mask).each)


@given(journeys(), PATHS, PERIODS)
def test_a_step_is_reached_by_those_of_the_funnel(
    drawn: Journeys, path: list[int], period: tuple[int, int] | None
) -> None:
    levels = funnel_levels(drawn, [[code] for code in path], within_us=2**60, period=period)
    found = walks(drawn, path, CODES, period=period)
    assert found.counts.sum(axis=(1, 2)).tolist() == [int((levels > step).sum()) for step in range(len(path))]


def test_a_path_and_its_codes_must_fit() -> None:
    tiny = Journeys(np.array([0, 1], np.int64), np.zeros(1, np.int32), np.zeros(1, np.int32), np.ones(1, np.uint16))
    for path, codes in (([], 2), ([0], 2), ([2], 2), ([1], 1)):
        with pytest.raises(ValueError, match="at least one step"):
            walks(tiny, path, codes)
    with pytest.raises(ValueError, match="not below 2"):
        walks(tiny._replace(touchpoints=np.full(1, 9, np.uint16)), [1], 2)


def test_steps_that_repeat_a_touchpoint_have_the_same_follower() -> None:
    drawn = as_arrays([[(0, 1), (1, 1), (2, 3), (3, 1), (4, 2)]])
    found = walks(drawn, [1, 1, 1, 2], CODES, each=True)
    ways = [(3, DIRECT), (3, DETOUR), (2, DIRECT), (0, LEFT)]
    assert found.each.tolist() == [[follower * 3 + way + 1 for follower, way in ways]]
