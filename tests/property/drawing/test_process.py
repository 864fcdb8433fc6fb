"""Whatever follows what: nothing overlaps or is cut, arrows keep clear of touchpoints, nothing moves when thinned."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.drawing_maps import faults, parsed
from tests.support.process_maps import cards, crossings

from resa.drawing import PROCESS_NUMBERS, ProcessArrow, ProcessTouchpoint, draw_process

NAMES = st.sampled_from(
    [
        "legeslegmegszentségteleníttethetetlenebbjeitekként és még sokan mások",
        "👨‍👩‍👧‍👦🎉🇸🇪 parti",
        "日本語のとても長いテキストです",
        "https://example.com/a/very/long/path?with=parameters",
        "W" * 60,
        "Cart",
        "",
    ]
)


@st.composite
def processes(draw: st.DrawFn, most: int) -> tuple[list[ProcessTouchpoint], list[ProcessArrow], list[str]]:
    keys = [f"t{number}" for number in range(draw(st.integers(1, most)))]
    ends = st.none() | st.sampled_from(keys)
    pairs = draw(st.lists(st.tuples(ends, ends), unique=True, max_size=3 * len(keys)))
    happy = draw(st.lists(st.sampled_from(keys), unique=True, max_size=6))
    arrows = [
        ProcessArrow(
            start=start,
            end=end,
            count=draw(st.integers(1, 10**9)),
            customers=draw(st.integers(1, 10**9)),
            share=draw(st.floats(0, 1)),
            median_seconds=draw(st.none() | st.floats(0, 1e8)),
            happy=draw(st.booleans()),
            shown=draw(st.booleans()),
        )
        for start, end in pairs
        if (start, end) != (None, None)
    ]
    touchpoints = [
        ProcessTouchpoint(
            key=key, name=draw(NAMES), visits=draw(st.integers(0, 10**9)), customers=0, shown=draw(st.booleans())
        )
        for key in keys
    ]
    return touchpoints, arrows, happy


@pytest.mark.parametrize(
    ("examples", "most"), [(40, 9), pytest.param(400, 60, marks=pytest.mark.nightly)], ids=["some", "many"]
)
def test_process_maps(examples: int, most: int) -> None:
    settings(max_examples=examples)(given(processes(most), st.sampled_from(PROCESS_NUMBERS))(_sound))()


def _sound(process: tuple[list[ProcessTouchpoint], list[ProcessArrow], list[str]], show: str) -> None:
    touchpoints, arrows, happy = process
    svg = draw_process(touchpoints, arrows, happy=happy, show=show)  # type: ignore[arg-type]
    assert faults(svg.scene) == []
    assert crossings(svg.scene) == []
    parsed(svg.inline("x"))
    boxes = cards(svg.scene)
    assert not any(one.overlaps(two) for key, one in boxes.items() for other, two in boxes.items() if key != other)
    again = draw_process(touchpoints, arrows, happy=happy, show=show)  # type: ignore[arg-type]
    assert again.inline("x") == svg.inline("x")
    whole = draw_process(touchpoints, [replace(each, shown=True) for each in arrows], happy=happy)
    assert {key: box.left for key, box in cards(whole.scene).items()} == {key: box.left for key, box in boxes.items()}
