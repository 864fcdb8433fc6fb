"""A plan with what happened over it: everybody is in one of the streams, nothing is cut, words and table agree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.drawing_maps import faults, groups, parsed, words

from resa.drawing import PlanStep, PlanWay, draw_plan
from resa.drawing.scene import Path, Rect

STEPS = (
    PlanStep(
        name="Page",
        customers=1000,
        direct=400,
        ways=(
            PlanWay(name="Guide", customers=150, returned=120),
            PlanWay(name="Purchase", customers=60, returned=0, ahead=2),
            PlanWay(name=None, customers=390, returned=0),
        ),
    ),
    PlanStep(name="Cart", customers=520, direct=520),
    PlanStep(name="Purchase", customers=520),
)


def test_streams_are_as_wide_as_those_who_take_them() -> None:
    svg = draw_plan(STEPS, title="Plan")
    straight = [next(item for item in group.items if isinstance(item, Rect)) for group in groups(svg.scene, "direct")]
    assert straight[0].width / straight[1].width == pytest.approx(400 / 520)
    detour, left = (
        next(item for item in group.items if isinstance(item, Path))
        for kind in ("detour", "left")
        for group in groups(svg.scene, kind)
    )
    end = [y for x, y in left.points if x == left.box.right]
    assert detour.stroke_width + end[0] - end[-1] + straight[0].width == pytest.approx(
        straight[1].width / 0.52, abs=0.02
    )
    assert [group.title for group in groups(svg.scene, "skip")] == ["Page: 60 skip to Purchase"]
    assert faults(svg.scene) == []


def test_it_says_who_goes_where() -> None:
    said = words(draw_plan(STEPS, title="Plan").scene)
    for sentence in (
        "400 go straight on (40%)",
        "120 come by a detour 120 by way of Guide",
        "480 leave the plan 390 stop 60 skip to Purchase 30 to Guide",
        "520 customers · 52%",
    ):
        assert sentence in said
    table = draw_plan(STEPS, title="Plan").tables[0]
    assert table.rows[0] == ("1. Page", "1,000", "100%", "400", "120", "480")
    assert table.rows[2] == ("3. Purchase", "520", "52%", "", "", "")


def test_a_plan_that_nobody_began() -> None:
    svg = draw_plan([PlanStep(name="Page", customers=0), PlanStep(name="Cart", customers=0)], title="Plan")
    assert "No data yet" in words(svg.scene)


NAMES = st.sampled_from(
    ["Cart", "W" * 50, "megszentségteleníthetetlenségeskedéseitekért", "日本語のとても長いテキスト", ""]
)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            NAMES,
            st.integers(0, 10**8),
            st.lists(st.tuples(st.none() | NAMES, st.integers(0, 10**7), st.integers(0, 9)), max_size=6),
        ),
        min_size=1,
        max_size=9,
    ),
    st.floats(300, 1400),
)
def test_plans(rows: list[tuple[str, int, list[tuple[str | None, int, int]]]], wide: float) -> None:
    steps: list[PlanStep] = []
    here = 10**9
    for number, (name, direct, ways) in enumerate(rows):
        last = number + 1 == len(rows)
        drawn = [
            PlanWay(
                name=to,
                customers=count,
                returned=count * tenths // 9 if to is not None else 0,
                ahead=number + 2 if number + 2 < len(rows) and tenths == 3 else None,
            )
            for to, count, tenths in ways
        ]
        straight = 0 if last else min(direct, here)  # of those who came this far
        step = PlanStep(name=name, customers=here, direct=straight, ways=() if last else tuple(drawn))
        steps.append(step)
        here = min(here, step.direct + step.detour)
    svg = draw_plan(steps, title="t", note="n", width=wide)
    assert faults(svg.scene) == []
    parsed(svg.inline())
