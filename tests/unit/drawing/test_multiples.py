"""Small multiples: a panel a group, in rows that fit, nothing cut, one scale."""

from __future__ import annotations

import pytest
from tests.support.drawing_maps import faults, groups, words

from resa.drawing import Bar, FunnelStep, Panel, Svg, draw_bars, draw_funnel, draw_multiples
from resa.drawing.scene import Rect, walk


def small(value: float, most: float = 0.0) -> Svg:
    return draw_bars(
        [Bar(name="Cart", value=value, words=str(value))], title="Bars", most=most, heading=False, width=400
    )


@pytest.mark.parametrize(("width", "across"), [(300.0, 1), (900.0, 2), (1400.0, 3)])
def test_panels_stand_in_rows_that_fit(width: float, across: int) -> None:
    panels = [Panel(name=f"Group {n}", note=f"{n} customers", picture=small(n)) for n in range(1, 6)]
    svg = draw_multiples(panels, title="Bars, by group", width=width)
    placed = groups(svg.scene, "panel")
    assert [panel.key for panel in placed] == [panel.name for panel in panels]
    assert len({panel.x for panel in placed}) == across
    assert [panel.y for panel in placed] == sorted(panel.y for panel in placed)
    assert faults(svg.scene) == []
    assert [table.title for table in svg.tables] == [f"Group {n}: Bars" for n in range(1, 6)]
    assert svg.scene.description == "5 pictures of one scale: Group 1, Group 2, Group 3, Group 4, Group 5."


def test_one_scale_makes_the_same_number_the_same_length() -> None:
    half, whole = (max(rect.width for rect in _filled(small(value, most=10))) for value in (5, 10))
    assert half == pytest.approx(whole / 2)


def _filled(svg: Svg) -> list[Rect]:
    return [item for item, _, _ in walk(svg.scene.items) if isinstance(item, Rect) and item.fill == "accent"]


def test_long_names_and_no_groups() -> None:
    picture = draw_funnel([FunnelStep(name="Cart", customers=3)], heading=False, width=420)
    svg = draw_multiples([Panel(name="W" * 90, note="i" * 200, picture=picture)], title="Funnel")
    assert faults(svg.scene) == []
    assert "No data yet" in words(draw_multiples([], title="Funnel").scene)
