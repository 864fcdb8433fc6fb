"""The smaller pictures: what they say adds up, and nothing is cut or lies on something else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.drawing_maps import FULL, NUMBERS, faults, words

from resa.drawing import (
    Bar,
    Cohort,
    CohortShare,
    Curve,
    CurveNote,
    CurvePoint,
    Difference,
    FrictionRow,
    FrictionShare,
    FunnelStep,
    PathFlow,
    Svg,
    draw_bars,
    draw_cohorts,
    draw_curve,
    draw_differences,
    draw_friction,
    draw_funnel,
    draw_map,
    draw_paths,
    draw_transitions,
    sparkline,
)
from resa.drawing.scene import Box, Path, Rect, placed_texts, walk

STEPS = [
    FunnelStep(name="Product page", customers=12044),
    FunnelStep(name="Cart", customers=3209, median_seconds=5400),
    FunnelStep(name="Purchase", customers=1214, median_seconds=190),
]
DAYS = [date(2026, 7, 6) + timedelta(weeks=n) for n in range(20)]
TREND = Curve(
    name="all",
    points=tuple(
        CurvePoint(at=day, value=None if n == 6 else 0.3 + n / 100, low=0.28 + n / 100, high=0.33 + n / 100)
        for n, day in enumerate(DAYS)
    ),
)


def bars(svg: Svg, colour: str) -> list[float]:
    return [item.width for item, _, _ in walk(svg.scene.items) if isinstance(item, Rect) and item.fill == colour]


def dotted_lines(svg: Svg) -> list[Box]:
    """The lines of a curve's notes."""
    found = []
    for item, x, y in walk(svg.scene.items):
        if isinstance(item, Path) and item.dash == (2.0, 3.0):
            found.append(item.box.moved(x, y))
    return found


def test_funnel_bars_are_as_long_as_their_numbers() -> None:
    svg = draw_funnel(STEPS, note="June to November 2026")
    lengths = bars(svg, "accent")
    assert lengths[1] / lengths[0] == pytest.approx(3209 / 12044)
    said = words(svg.scene)
    assert "27% go on · 8,835 do not · median 1 h 30 min" in said
    assert "1,214 10%" in said
    assert svg.tables[0].rows[2] == ("Purchase", "1,214", "10%", "38%", "3 min 10 s")
    assert not faults(svg.scene)


def test_an_optional_step_can_be_passed_by() -> None:
    steps = [STEPS[0], FunnelStep(name="Blog", customers=10, optional=True), STEPS[1]]
    svg = draw_funnel(steps, language="sv")
    assert "do not" not in words(svg.scene).split("Blog")[0]
    assert not faults(svg.scene)


@pytest.mark.parametrize(
    "svg",
    [
        draw_funnel([]),
        draw_paths([]),
        draw_curve([], title="t"),
        draw_transitions([], {}),
        draw_bars([], title="t"),
        draw_cohorts([], [], title="t"),
        draw_friction([]),
    ],
)
def test_without_data_a_picture_says_so(svg: Svg) -> None:
    assert "No data yet" in words(svg.scene)
    assert svg.tables == ()
    assert not faults(svg.scene)


def test_a_funnel_of_nobody() -> None:
    svg = draw_funnel([FunnelStep(name="a", customers=0), FunnelStep(name="b", customers=0)])
    assert svg.tables[0].rows[1] == ("b", "0", "", "", "")
    assert not faults(svg.scene)


FLOWS = [
    PathFlow(names=("Page", "Cart", "Buy"), count=800, goes_on=True),
    PathFlow(names=("Page",), count=1700),
    PathFlow(names=("Page", "Cart"), count=900),
    *(PathFlow(names=("Page", f"Rare {n}"), count=10 + n) for n in range(8)),
]


def test_paths_account_for_everybody() -> None:
    svg = draw_paths(FLOWS, top=3, median_seconds={(0, "Page", "Cart"): 5400.0})
    rows = svg.tables[0].rows
    first = [row for row in rows if row[0] == "1"]
    total = sum(flow.count for flow in FLOWS)
    assert sum(int(row[3].replace(",", "")) for row in first) == total
    assert ("1", "Page", "Cart", "1,700", "1 h 30 min") in rows
    assert ("1", "Page", "End here", "1,700", "") in rows
    others = next(row for row in first if row[2] == "Others")
    assert int(others[3]) == sum(10 + n for n in range(6))  # two rare ones are among the top three
    assert "Others" in words(svg.scene)
    assert not faults(svg.scene)


def test_what_goes_on_beyond_the_last_step_does_not_end_there() -> None:
    rows = draw_paths(FLOWS[:1]).tables[0].rows
    assert not any(row[2] == "End here" for row in rows)


def test_others_of_the_caller_stay_last() -> None:
    flows = [PathFlow(names=("Page", "Others"), count=900), PathFlow(names=("Page", "Cart"), count=1)]
    svg = draw_paths(flows, others="Others")
    said = words(svg.scene)
    assert said.index("Cart") < said.index("Others")


def test_a_trend_with_target_gap_and_notes() -> None:
    svg = draw_curve(
        [TREND],
        title="Cart to purchase",
        target=0.45,
        notes=[
            CurveNote(at=DAYS[10], text="Show the delivery date"),
            CurveNote(at=DAYS[12], text="Show shipping cost in the cart"),
            CurveNote(at=DAYS[2], text="New shop"),
            CurveNote(at=DAYS[3], text="A very long note about what was changed in the shop that week and why"),
            CurveNote(at=date(2020, 1, 1), text="long ago"),
        ],
    )
    said = words(svg.scene)
    assert "target 45%" in said
    assert "49%" in said
    assert "long ago" not in said
    assert not faults(svg.scene)
    texts = [box for _, box, _ in placed_texts(svg.scene)]
    dotted = dotted_lines(svg)
    assert len(dotted) == 4
    assert not any(line.overlaps(box, slack=0.5) for line in dotted for box in texts)
    assert svg.tables[0].rows[0] == ("all", "6 Jul 2026", "30%", "28% – 33%")


@pytest.mark.parametrize("order", [1, -1])
def test_the_line_of_a_note_runs_through_no_other_note(order: int) -> None:
    notes = [
        CurveNote(at=DAYS[n], text=f"What was changed in week {n} of the year")
        for n in (1, 2, 4, 9, 10, 11, 12, 15, 15, 18)
    ]
    svg = draw_curve([TREND], title="t", notes=notes[::order])
    texts = [box for _, box, _ in placed_texts(svg.scene)]
    assert len(dotted_lines(svg)) == 10
    assert not any(line.overlaps(box, slack=0.5) for line in dotted_lines(svg) for box in texts)
    assert not faults(svg.scene)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 80)), max_size=9), st.floats(300, 900))
def test_notes_anywhere(notes: list[tuple[int, int]], wide: float) -> None:
    drawn = [CurveNote(at=DAYS[week], text="ab " * length) for week, length in notes]
    svg = draw_curve([TREND], title="t", notes=drawn, target=0.2, width=wide)
    texts = [box for _, box, _ in placed_texts(svg.scene)]
    assert not any(line.overlaps(box, slack=0.5) for line in dotted_lines(svg) for box in texts)
    assert not faults(svg.scene)


def test_curves_of_waiting_time_are_stairs() -> None:
    points = tuple(CurvePoint(at=hour * 3600.0, value=hour / 24, low=hour / 30, high=hour / 20) for hour in range(13))
    svg = draw_curve([Curve(name="a", points=points), Curve(name="b", points=points)], title="Waiting", steps=True)
    assert "12 h" in words(svg.scene)
    assert "50% a" in words(svg.scene)
    assert not faults(svg.scene)


def test_more_curves_than_can_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 6"):
        draw_curve([TREND] * 7, title="t")


def test_a_single_point_and_only_gaps() -> None:
    one = Curve(name="one", points=(CurvePoint(at=DAYS[0], value=0.5),))
    none = Curve(name="none", points=(CurvePoint(at=DAYS[0], value=None),))
    assert not faults(draw_curve([one], title="t").scene)
    assert "No data yet" in words(draw_curve([none], title="t").scene)
    assert not faults(draw_curve([one, none], title="t", target=0.9).scene)


def test_transitions_tint_by_share_of_the_row() -> None:
    names = ["Page", "Cart", "Buy"]
    svg = draw_transitions(
        names,
        {("Page", "Cart"): 90, ("Page", "Buy"): 10, ("Cart", "Cart"): 1_234_567},
        entries={"Page": 7},
        exits={"Buy": 3},
    )
    tints = [
        round(item.opacity, 3)
        for item, _, _ in walk(svg.scene.items)
        if isinstance(item, Rect) and item.fill == "accent"
    ]
    assert tints == [0.38, 0.346, 0.074, 0.38, 0.38]
    assert svg.tables[0].rows[1] == ("Page", "", "90", "10", "")
    assert "1.2M" in words(svg.scene)
    assert not faults(svg.scene)


def test_bars_with_interval_and_target() -> None:
    svg = draw_bars(
        [
            Bar(name="Mobile", value=0.31, words="31%", low=0.28, high=0.34, target=0.45, verdict="below"),
            Bar(name="Desktop computers and large tablets", value=0.47, words="47%", target=0.45, verdict="met"),
            Bar(name="Nothing", value=0.0, words="0%"),
        ],
        title="By device",
    )
    assert bars(svg, "below")[0] / bars(svg, "accent")[0] == pytest.approx(0.31 / 0.47)
    assert not faults(svg.scene)


def test_differences_stand_on_their_side_of_the_line() -> None:
    drawn = [
        Difference(name="Cart", share=0.58, other_share=0.48, low=0.02, high=0.18, direction="higher"),
        Difference(name="Purchase", share=0.31, other_share=0.38, low=-0.14, high=-0.01, direction="lower"),
        Difference(name="Reorder", share=0.2, other_share=0.2, low=-0.1, high=0.1, direction="same"),
    ]
    svg = draw_differences(drawn, groups=("Mobile", "Desktop"))
    assert svg.scene.title == "Mobile against Desktop"
    assert svg.tables[0].rows[0] == ("Cart", "58%", "48%", "+10 (+2 to +18)")
    assert svg.tables[0].rows[1] == ("Purchase", "31%", "38%", "−7 (−14 to −1)")
    assert svg.tables[0].rows[2][-1] == "0 (−10 to +10)"
    assert not faults(svg.scene)


@pytest.mark.parametrize("values", [[], [None], [0.5], [0.1, None, 0.3], [0.2, 0.2, 0.2]])
def test_sparklines_stay_in_their_box(values: list[float | None]) -> None:
    svg = sparkline(values, title="Share by week", target=0.4)
    sheet = Box(0, 0, svg.width, svg.height)
    assert all(sheet.holds(item.box) for item, _, _ in walk(svg.scene.items) if isinstance(item, Path))


def test_without_a_catalogue_numbers_and_dates_are_english_as_the_words_are() -> None:
    language = "xx"
    points = [CurvePoint(at=date(2026, month, 20), value=0.124) for month in (1, 3)]
    for drawn, english in (
        (draw_funnel(STEPS, language=language), draw_funnel(STEPS)),
        (
            draw_curve([Curve(name="a", points=tuple(points))], title="t", language=language),
            draw_curve([Curve(name="a", points=tuple(points))], title="t"),
        ),
        (draw_map(replace(FULL, language=language), NUMBERS), draw_map(FULL, NUMBERS)),
    ):
        assert drawn.text == english.text


def test_one_is_no_plural() -> None:
    assert draw_bars([Bar(name="a", value=0.5, words="50%")], title="t").scene.description == "1 bar."
    assert draw_funnel(STEPS[:1]).scene.description == "1 step."


def test_friction_is_tinted_by_column_and_framed_where_it_changed() -> None:
    checkout = {
        "drop-off": FrictionShare(share=0.2, changed=True),
        "wait": FrictionShare(share=0.25, median_seconds=90.0),
        "loop": FrictionShare(share=0.05),
    }
    rows = [
        FrictionRow(name="Checkout", visits=1200, signs=checkout),
        FrictionRow(name="Purchase", visits=900, signs={"loop": FrictionShare(share=0.1)}),
    ]
    svg = draw_friction(rows)
    assert svg.tables[0].head == ("Touchpoint", "Visits", "Drop-off", "Turn back", "Wait")
    assert svg.tables[0].rows == (
        ("Checkout", "1,200", "20%", "5%", "1 min 30 s"),
        ("Purchase", "900", "", "10%", ""),
    )
    tints = [float(tint) for tint in re.findall(r'opacity="([\d.]+)"', svg.text)]
    assert tints == [0.38, 0.21, 0.38]  # a wait is not tinted
    assert svg.text.count('stroke-width="0.8"') == 3 + 1  # the lines between rows, and one frame
    assert not faults(svg.scene)


def test_a_cohort_that_is_not_over_is_pale_and_one_of_nobody_is_empty() -> None:
    shares = (CohortShare(0.9), CohortShare(0.25), CohortShare(0.1, complete=False), CohortShare(None))
    svg = draw_cohorts([Cohort(name="May", customers=1200, shares=shares)], ["0", "1", "2", "3"], title="Back")
    assert svg.tables[0].rows == (("May", "1,200", "90%", "25%", "10%", ""),)
    tints = [float(tint) for tint in re.findall(r'opacity="([\d.]+)"', svg.text)]
    assert tints == [0.38, 0.38, 0.09]  # the darkest is the highest after the first period; half for what may change


def test_a_funnel_shows_the_interval_of_each_share_but_the_first() -> None:
    steps = [
        FunnelStep(name="Page", customers=200, low=0.98, high=1.0),
        FunnelStep(name="Cart", customers=100, low=0.4, high=0.6),
        FunnelStep(name="Purchase", customers=0, low=0.0, high=0.02),
    ]
    svg = draw_funnel(steps)
    bare = draw_funnel([FunnelStep(name=step.name, customers=step.customers) for step in steps])
    lines = [item for item, _, _ in walk(svg.scene.items) if isinstance(item, Path) and item.stroke == "ink"]
    long = sorted(line.box.right - line.box.left for line in lines if line.box.right - line.box.left > 2)
    assert len(long) == 2
    assert long[1] / long[0] == pytest.approx(10, rel=0.3)
    assert svg.tables[0].head[3] == "95 % interval"
    assert [row[3] for row in svg.tables[0].rows] == ["", "40% – 60%", "0% – 2%"]
    assert "95 % intervals" in words(svg.scene)
    assert "interval" not in words(bare.scene)
    assert len(bare.tables[0].head) == len(svg.tables[0].head) - 1
    assert faults(svg.scene) == []


def test_long_names_of_curves_are_broken_not_cut() -> None:
    name = "Csomagátvétel az átvevőponton, hétvégén is"
    svg = draw_curve([replace(TREND, name=name), replace(TREND, name="b")], title="t", width=420)
    assert name in words(svg.scene).replace("- ", "")
    assert faults(svg.scene) == []


def test_a_small_number_that_is_no_share_keeps_its_decimal() -> None:
    points = tuple(CurvePoint(at=day, value=1.19) for day in DAYS)
    assert "1.2" in words(draw_curve([Curve(name="each", points=points)], title="t", counts=True).scene)
