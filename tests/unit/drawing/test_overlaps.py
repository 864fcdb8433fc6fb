"""How sets overlap: bars as long as their numbers, dots for the sets that they are of, and nothing is cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.drawing_maps import faults, words

from resa.drawing import Overlapping, draw_overlaps
from resa.drawing.scene import Circle, Rect, walk

NAMES = ["Regulars", "Waiting carts", "Silent for sixty days, and with a name that is far too long for its line"]


def test_bars_are_as_long_as_their_numbers_and_dots_say_of_what() -> None:
    both = Overlapping(sets=(0, 2), customers=40)
    svg = draw_overlaps(NAMES, [50, 0, 40], [both, Overlapping(sets=(0,), customers=10)])
    bars = [one for one, *_ in walk(svg.scene.items) if isinstance(one, Rect) and one.fill == "accent"]
    assert [round(bar.height / bars[0].height, 2) for bar in bars] == [1, 0.25]
    dots = [one.fill == "accent" for one, *_ in walk(svg.scene.items) if isinstance(one, Circle)]
    assert dots == [True, False, True, True, False, False]
    assert "40" in words(svg.scene)
    assert svg.scene.tables[0].rows[0][1] == "40"
    assert svg.scene.tables[0].rows[1][0] == "only Regulars"


def test_large_numbers_stand_apart() -> None:
    many = [Overlapping(sets=(0,), customers=10_000_000), Overlapping(sets=(1,), customers=9_999_999)]
    assert not faults(draw_overlaps(NAMES[:2], [10_000_000, 9_999_999], many, width=420).scene)


def test_nobody_is_drawn_as_nothing() -> None:
    assert not faults(draw_overlaps(NAMES, [0, 0, 0], []).scene)


@pytest.mark.parametrize("language", ["en", "sv", "nb", "hu"])
@given(data=st.data())
@settings(max_examples=15)
def test_nothing_is_cut_or_lies_on_something_else(language: str, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6))
    places = st.sets(st.integers(0, len(names) - 1), min_size=1).map(lambda found: tuple(sorted(found)))
    combination = st.builds(Overlapping, sets=places, customers=st.integers(1, 10_000_000))
    found = data.draw(st.lists(combination, max_size=30))
    sizes = [sum(one.customers for one in found if place in one.sets) for place in range(len(names))]
    width = data.draw(st.sampled_from([420.0, 760.0, 1200.0]))
    assert not faults(draw_overlaps(names, sizes, found, language=language, width=width).scene)
