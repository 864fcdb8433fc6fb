"""Every picture in four languages: nothing is cut and nothing overlaps, on a screen, a phone and paper."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, timedelta

import pytest
from tests.support.drawing_maps import FULL, NUMBERS, crossed_words, faults, words

from resa.drawing import (
    Cohort,
    CohortShare,
    Curve,
    CurvePoint,
    FrictionRow,
    FrictionShare,
    FunnelStep,
    MapOptions,
    PathFlow,
    Svg,
    draw_cohorts,
    draw_curve,
    draw_friction,
    draw_funnel,
    draw_map,
    draw_paths,
    draw_transitions,
)
from resa.drawing.map_frame import LANES

LANGUAGES = ("en", "sv", "nb", "hu")
NAMES = {
    "en": ("Product page", "Checkout with invoice", "Collection from the pick-up point"),
    "sv": ("Produktsida", "Kassa med fakturabetalning", "Hämtning hos utlämningsstället"),
    "nb": ("Produktside", "Kasse med fakturabetaling", "Henting på utleveringsstedet"),
    "hu": ("Termékoldal", "Számlafizetéses pénztár", "Csomagátvétel az átvevőponton"),
}
MAP = {
    language: replace(
        FULL,
        language=language,
        touchpoints=tuple(
            replace(touchpoint, name=NAMES[language][number % 3], actions=touchpoint.actions or ("x",))
            for number, touchpoint in enumerate(FULL.touchpoints)
        ),
    )
    for language in LANGUAGES
}


def charts(language: str, width: float) -> list[Svg]:
    """Every smaller picture with names of the language."""
    one, two, three = NAMES[language]
    steps = [
        FunnelStep(name=one, customers=12044),
        FunnelStep(name=two, customers=3209, median_seconds=15120),
        FunnelStep(name=three, customers=1214, median_seconds=285120),
    ]
    flows = [
        PathFlow(names=(one, two, three), count=900, goes_on=True),
        PathFlow(names=(one, three), count=400),
        PathFlow(names=(two, three), count=77),
    ]
    signs = ("drop-off", "wait", "loop", "repeat", "switch")
    shares = {sign: FrictionShare(share=0.21, median_seconds=15120, changed=sign == "wait") for sign in signs}
    cohorts = [Cohort(name="2026", customers=1204, shares=tuple(CohortShare(0.5 / (n + 1)) for n in range(6)))]
    days = [date(2026, 7, 6) + timedelta(weeks=n) for n in range(20)]
    trend = Curve(name=one, points=tuple(CurvePoint(at=day, value=0.3 + n / 100) for n, day in enumerate(days)))
    return [
        draw_funnel(steps, language=language, width=width),
        draw_paths(flows, language=language, width=max(width, 700)),
        draw_friction([FrictionRow(name=two, visits=12044, signs=shares)], language=language),
        draw_cohorts(cohorts, ["0", "1", "2", "3", "4", "5"], title=one, language=language),
        draw_curve([trend], title=two, language=language, target=0.45, width=width),
        draw_transitions(
            [one, two, three], {(one, two): 12, (two, three): 7}, entries={one: 3}, exits={three: 4}, language=language
        ),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [360, 760])
def test_charts(language: str, width: float) -> None:
    for svg in charts(language, width):
        assert faults(svg.scene) == []
        assert svg.scene.language == language


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [320, 640, 1000, 1600])
@pytest.mark.parametrize("numbers", [None, NUMBERS])
def test_maps_on_a_screen(language: str, width: float, numbers: object) -> None:
    svg = draw_map(MAP[language], None if numbers is None else NUMBERS, options=MapOptions(width=width, lanes=LANES))
    assert faults(svg.scene) == []
    assert crossed_words(svg.scene) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_maps_on_a3(language: str) -> None:
    svg = draw_map(MAP[language], NUMBERS, options=MapOptions(lanes=LANES))
    assert svg.sheets is not None
    for sheet in svg.sheets("A3"):
        assert faults(sheet) == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_a_map_of_another_language_has_no_english_word_of_ours(language: str) -> None:
    """Words that people wrote stay; of ours, those that the English map has and that are no names are gone."""
    ours = words(draw_map(replace(FULL, language=language), NUMBERS).scene).split()
    english = words(draw_map(FULL, NUMBERS).scene).split()
    written = set(str(asdict(FULL)).replace("'", " ").replace(",", " ").replace(".", " ").split())
    shared = {
        word.strip(".,;:()")
        for word in ours
        if word in english and word.strip(".,;:()") not in written and word.isalpha()
    }
    initials, of_the_caller = {"GB", "TL"}, {"data", "complete", "Nov"}
    assert shared <= {"Data", "for"} | initials | of_the_caller
