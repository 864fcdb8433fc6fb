"""Personas side by side: a column each, curves over each other, what differs, nothing cut."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.drawing_maps import FULL, NUMBERS, faults, groups, words

from resa.drawing import MapOptions, draw_map
from resa.model.journey import Persona

BOTH = MapOptions(personas=("gift", "lover"))


def test_each_has_a_column_a_curve_and_its_path() -> None:
    svg = draw_map(FULL, options=BOTH)
    assert [group.key for group in groups(svg.scene, "persona")] == ["gift", "lover"]
    assert [group.key for group in groups(svg.scene, "curve")] == ["gift", "lover"]
    said = words(svg.scene)
    assert "“Before Saturday.”" in said
    assert "Emotion −2 now, everybody −1 Actions Skims." in said
    assert svg.tables[0].head == ("Touchpoint", "Gift buyer", "Tea lover")
    assert svg.tables[0].rows[0] == (
        "Product page", "Step 1; Emotion: −2 now, everybody −1; Actions: Skims.", "Step 3",
    )  # fmt: skip
    assert faults(svg.scene) == []


def test_what_is_the_same_for_all_and_on_no_path_is_left_out_and_counted() -> None:
    svg = draw_map(FULL, options=BOTH)
    assert "1 touchpoint that is the same for all, and on no planned path, is left out." in words(svg.scene)
    assert "Delivery" not in [row[0] for row in svg.tables[0].rows]


def test_with_numbers_it_says_how_many_they_are() -> None:
    said = words(draw_map(FULL, NUMBERS, options=BOTH).scene)
    assert "1,604 customers" in said
    assert "41% walk it" in said
    assert "702 customers" in said


@pytest.mark.parametrize("width", [None, 420.0, 900.0, 1600.0])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_number_of_them_at_any_width(width: float | None, count: int) -> None:
    people = tuple(
        Persona(key=f"p{n}", name="W" * 30, about="megszentségteleníthetetlenségeskedéseitekért " * 3, quote="i" * 80,
                path=("page", "cart", "page", "purchase", "page")[: n + 1])
        for n in range(count)
    )  # fmt: skip
    journey_map = replace(FULL, personas=people)
    svg = draw_map(journey_map, options=MapOptions(personas=tuple(p.key for p in people), width=width))
    assert faults(svg.scene) == []
    with pytest.raises(ValueError, match="at most 5"):
        draw_map(journey_map, options=MapOptions(personas=tuple("abcdef")))
