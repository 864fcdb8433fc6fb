from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracles.journeys import PERIODS, SECOND, as_lists, journeys
from tests.oracles.retention import returned

from resa.kernels import Journeys, retention

CODES = st.none() | st.lists(st.integers(1, 3), min_size=1, max_size=3)
EDGES = st.lists(st.integers(-3, 12), min_size=2, max_size=6, unique=True).map(
    lambda seconds: [second * SECOND for second in sorted(seconds)]
)


@given(journeys(), CODES, CODES, EDGES, PERIODS, st.booleans(), st.data())
def test_retention_is_that_of_the_oracle(
    drawn: Journeys,
    begins: list[int] | None,
    returns: list[int] | None,
    edges: list[int],
    period: tuple[int, int] | None,
    masked: bool,
    data: st.DataObject,
) -> None:
    mask = None
    if masked:
        flags = data.draw(st.lists(st.booleans(), min_size=drawn.customers, max_size=drawn.customers))
        mask = np.array(flags, np.bool_)
    starts, cohorts, pairs = [], [], []
    for customer, events in enumerate(as_lists(drawn)):
        taking_part = mask is None or mask[customer]
        position, cohort, after = (taking_part and returned(events, begins, returns, edges, period)) or (-1, -1, [])
        starts.append(position)
        cohorts.append(cohort)
        pairs += [(customer, number) for number in after]
    found = retention(drawn, begins, returns, np.array(edges), period=period, customers=mask, threads=2)
    assert found.starts.tolist() == starts
    assert found.cohorts.tolist() == cohorts
    assert list(zip(found.customers.tolist(), found.after.tolist(), strict=True)) == pairs


@pytest.mark.parametrize("edges", [[0], [0, 0], [SECOND, 0], [0, SECOND + 1]])
def test_buckets_ascend_and_begin_at_whole_seconds(edges: list[int]) -> None:
    tiny = Journeys(np.array([0, 1], np.int64), np.zeros(1, np.int32), np.zeros(1, np.int32), np.ones(1, np.uint16))
    with pytest.raises(ValueError, match="whole seconds"):
        retention(tiny, None, None, np.array(edges))
