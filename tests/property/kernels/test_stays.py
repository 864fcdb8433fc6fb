from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracles.journeys import WINDOWS, as_lists, journeys
from tests.oracles.stays import stayed

from resa.kernels import MOVED, NOTHING, PAUSED, Journeys, stays

ENDED = {NOTHING: "nothing", MOVED: "moved", PAUSED: "paused"}


@given(journeys(), st.lists(st.integers(0, 3), max_size=4), st.none() | WINDOWS, st.booleans(), st.data())
def test_stays_are_those_of_the_oracle(
    drawn: Journeys, stages: list[int], quiet: int | None, masked: bool, data: st.DataObject
) -> None:
    mask = None
    if masked:
        flags = data.draw(st.lists(st.booleans(), min_size=drawn.customers, max_size=drawn.customers))
        mask = np.array(flags, np.bool_)
    stage_of = dict(enumerate([0, *stages]))
    expected = [
        (customer, *stay)
        for customer, events in enumerate(as_lists(drawn))
        if mask is None or mask[customer]
        for stay in stayed(events, stage_of, quiet)
    ]
    table = np.array([0, *stages], np.uint16)
    found = stays(drawn, table, quiet_us=quiet, customers=mask, threads=2)
    rows = zip(*(column.tolist() for column in found), strict=True)
    assert [(*row[:5], ENDED[row[5]]) for row in rows] == expected


@pytest.mark.parametrize(("stages", "quiet"), [([1, 1], None), ([0, 1], -1)])
def test_code_0_is_of_no_stage_and_no_pause_is_negative(stages: list[int], quiet: int | None) -> None:
    tiny = Journeys(np.array([0, 1], np.int64), np.zeros(1, np.int32), np.zeros(1, np.int32), np.ones(1, np.uint16))
    with pytest.raises(ValueError, match="code 0 is of none"):
        stays(tiny, np.array(stages, np.uint16), quiet_us=quiet)
