from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracles.continuations import continued
from tests.oracles.journeys import WINDOWS, as_arrays, as_lists, journeys

from resa.kernels import LEFT_OFF, REPEATED, TURNED_BACK, WENT_ON, Journeys, continuations

WHAT = {LEFT_OFF: "left off", WENT_ON: "went on", REPEATED: "repeated", TURNED_BACK: "turned back"}


@given(journeys(), WINDOWS, st.booleans(), st.data())
def test_continuations_are_those_of_the_oracle(drawn: Journeys, within: int, masked: bool, data: st.DataObject) -> None:
    mask = None
    if masked:
        flags = data.draw(st.lists(st.booleans(), min_size=drawn.customers, max_size=drawn.customers))
        mask = np.array(flags, np.bool_)
    expected = [
        (customer, *row)
        for customer, events in enumerate(as_lists(drawn))
        if mask is None or mask[customer]
        for row in continued(events, within)
    ]
    found = continuations(drawn, within_us=within, customers=mask, threads=2)
    rows = zip(*(column.tolist() for column in found), strict=True)
    assert [(*row[:3], WHAT[row[3]]) for row in rows] == expected


def test_who_was_there_long_ago_goes_on_and_who_was_there_lately_turns_back() -> None:
    told = as_arrays([[(0, 1), (50, 2), (100, 1), (150, 3), (160, 2), (170, 2)]])
    found = continuations(told, within_us=100)
    words = [WHAT[what] for what in found.what.tolist()]
    assert words == ["went on", "turned back", "went on", "turned back", "repeated", "left off"]
    assert continuations(told, within_us=90).what.tolist()[3] == WENT_ON  # touchpoint 2 was visited 100 before


def test_a_time_to_go_on_is_not_negative() -> None:
    with pytest.raises(ValueError, match="not negative"):
        continuations(as_arrays([[(0, 1)]]), within_us=-1)
