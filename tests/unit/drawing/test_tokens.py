"""Colours can be read by everybody, and text is large enough for paper."""

from __future__ import annotations

import pytest
from tests.support.legible import contrast

from resa.drawing.printing import MARGIN, PAPERS
from resa.drawing.tokens import COLOURS, STYLES, TEXT_PAIRS, Colour, tokens_css


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_reaches_aa_on_every_ground_it_may_stand_on(text: Colour, ground: Colour, theme: int) -> None:
    assert contrast(COLOURS[text][theme], COLOURS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("stroke", ["line", "accent", "below", "neutral", "ink", "muted"])
def test_strokes_that_mean_something_reach_three_to_one(stroke: Colour, theme: int) -> None:
    assert contrast(COLOURS[stroke][theme], COLOURS["paper"][theme]) >= 3


@pytest.mark.parametrize("theme", [0, 1])
def test_white_words_can_be_read_on_the_accent(theme: int) -> None:
    assert contrast(COLOURS["paper"][theme], COLOURS["accent"][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1])
def test_met_and_below_stay_apart_without_red_and_green(theme: int) -> None:
    # With red and green seen as one (their mean), blue alone must still tell the two apart.
    def seen(colour: str) -> tuple[float, int]:
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        return (red + green) / 2, blue

    met, below = seen(COLOURS["accent"][theme]), seen(COLOURS["below"][theme])
    assert abs(met[1] - below[1]) > 100


def test_the_smallest_style_prints_at_six_and_a_half_points() -> None:
    assert min(style.size for style in STYLES.values()) * 0.65 >= 6.5
    assert (PAPERS["A3"][0] - 2 * MARGIN) / 0.65 > 112 + 12 * 118  # twelve touchpoints beside each other on A3


def test_the_style_sheet_has_both_themes_a_switch_paper_and_forced_colours() -> None:
    css = tokens_css()
    assert "--resa-below-soft:" in css
    assert css.index("prefers-color-scheme:dark") < css.index("media print")
    assert ":root[data-theme=dark]{color-scheme:dark" in css
    assert ":not([data-theme=light])" in css
    assert "CanvasText" in css.split("forced-colors:active")[1]
    printed = css.split("@media print")[1].split("@media")[0]
    assert COLOURS["ink"][0] in printed
    assert COLOURS["ink"][1] not in printed
