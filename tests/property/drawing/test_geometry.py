"""Whatever people write: no text is cut or lies on another, no arrow runs through words, the SVG is sound XML."""

from __future__ import annotations

from datetime import date
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.drawing_maps import crossed_words, faults, parsed

from resa.drawing import (
    Bar,
    Cohort,
    CohortShare,
    Detour,
    Difference,
    ExpectationNumbers,
    FrictionRow,
    FrictionShare,
    FunnelStep,
    MapNumbers,
    MapOptions,
    PathFlow,
    PathNumbers,
    TouchpointNumbers,
    draw_bars,
    draw_cohorts,
    draw_differences,
    draw_friction,
    draw_funnel,
    draw_map,
    draw_paths,
    draw_transitions,
)
from resa.drawing.fonts import clean, width
from resa.drawing.printing import MARGIN, PAPERS, Paper
from resa.drawing.scene import placed_texts
from resa.drawing.svg import serialise
from resa.drawing.tokens import STYLES, StyleName
from resa.drawing.wrapping import wrap
from resa.model.journey import (
    Channel,
    Emotion,
    Expectation,
    Goal,
    Improvement,
    JourneyMap,
    PainPoint,
    Persona,
    PersonaDifference,
    Stage,
    Touchpoint,
)
from resa.model.quantities import Duration

HARD = st.sampled_from(
    [
        "megszentségteleníthetetlenségeskedéseitekért",
        "menneskerettighetsorganisasjonene",
        "realisationsvinstbeskattningsutredningen",
        "legeslegmegszentségteleníttethetetlenebbjeitekként és még sokan mások",
        "👨‍👩‍👧‍👦🎉🇸🇪 parti",
        "日本語のとても長いテキストです",
        "Чай и кофе",
        "https://example.com/a/very/long/path?with=parameters&and=more",
        "<script>alert('x')</script>",
        "z̵̢̛͙̬a̴͙̓l̷̗̇g̶̬̏o",
        "W" * 60,
        "i" * 90,
        "- - - - -",
        "a",
    ]
)
TEXTS = st.one_of(HARD, st.text(max_size=30), st.text(alphabet="abcdeéőåø -,.", max_size=120))
NAMES = st.one_of(HARD, st.text(alphabet="abcdefåäöőű ", min_size=1, max_size=25))
LISTS = st.lists(TEXTS, max_size=3).map(tuple)
FELT = st.none() | st.integers(-2, 2)
SHARES = st.none() | st.floats(0, 1)
COUNTS = st.none() | st.integers(0, 10**9)


@st.composite
def arrows(draw: st.DrawFn, key: str, number: int, keys: list[str]) -> Expectation:
    return Expectation(
        name=f"{key}.{number}",
        kind=draw(st.sampled_from(["expectation", "promise"])),
        after=key,
        next=tuple(draw(st.lists(st.sampled_from(keys), min_size=1, max_size=3, unique=True))),
        written="",
        within=Duration(draw(st.integers(1, 999)), draw(st.sampled_from(["minute", "hour", "day"]))),
        target=draw(SHARES),
    )


@st.composite
def pains(draw: st.DrawFn, improvements: list[str]) -> PainPoint:
    return PainPoint(
        text=draw(TEXTS),
        source=draw(TEXTS),
        shown_by=draw(st.sampled_from([None, "t0.0", "t1.0"])),
        improvement=draw(st.sampled_from([None, *improvements])),
    )


@st.composite
def personas_of(draw: st.DrawFn, key: str, keys: list[str]) -> Persona:
    path = draw(st.lists(st.sampled_from(keys), max_size=5)) if keys else []
    return Persona(key=key, name=draw(NAMES), about=draw(TEXTS), quote=draw(TEXTS), path=tuple(path))


@st.composite
def maps(draw: st.DrawFn) -> JourneyMap:
    """Journey maps of every sort, from a few names to more than fits."""
    keys = [f"t{n}" for n in range(draw(st.sampled_from([0, 1, 2, 3, 5, 8, 14])))]
    stages = [f"s{n}" for n in range(draw(st.integers(1, 4)))]
    of = {key: draw(st.sampled_from(stages)) for key in keys}
    keys.sort(key=lambda key: of[key])
    channels = [f"c{n}" for n in range(draw(st.integers(0, 3)))]
    improvements = [f"i{n}" for n in range(draw(st.integers(0, 3)))]
    personas = [f"p{n}" for n in range(draw(st.integers(0, 2)))]
    bare = draw(st.booleans())

    def touchpoint(key: str) -> Touchpoint:
        if bare:
            return Touchpoint(key=key, name=draw(NAMES), stage=of[key])
        return Touchpoint(
            key=key,
            name=draw(NAMES),
            stage=of[key],
            channels=tuple(draw(st.lists(st.sampled_from(channels), max_size=3, unique=True))) if channels else (),
            owner=draw(TEXTS),
            picture=draw(st.none() | TEXTS),
            actions=draw(LISTS),
            motivation=draw(LISTS),
            questions=draw(LISTS),
            pain_points=tuple(draw(st.lists(pains(improvements), max_size=2))),
            frontstage=draw(LISTS),
            backstage=draw(LISTS),
            support=draw(LISTS),
            emotion=Emotion(now=draw(FELT), aim=draw(FELT)),
            moment_of_truth=draw(st.booleans()),
            differences=tuple(
                PersonaDifference(persona=p, emotion=Emotion(now=draw(FELT)), actions=draw(LISTS)) for p in personas
            ),
            expectations=tuple(draw(arrows(key, number, keys)) for number in range(draw(st.integers(0, 2)))),
        )

    kinds: st.SearchStrategy[Literal["external", "internal", "peripheral"]]
    kinds = st.sampled_from(["external", "internal", "peripheral"])
    days = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))
    return JourneyMap(
        key="map",
        title=draw(TEXTS),
        language=draw(st.sampled_from(["en", "sv", "nb", "hu"])),
        owner=draw(TEXTS),
        goal=draw(st.none() | st.builds(Goal, reach=st.just(("x",)), written=TEXTS, target=SHARES)),
        stages=tuple(Stage(key=s, name=draw(NAMES), touchpoints=tuple(k for k in keys if of[k] == s)) for s in stages),
        personas=tuple(draw(personas_of(p, keys)) for p in personas),
        channels=tuple(Channel(key=c, name=draw(NAMES), kind=draw(kinds)) for c in channels),
        touchpoints=tuple(touchpoint(key) for key in keys),
        improvements=tuple(
            Improvement(key=i, name=draw(NAMES), about=draw(TEXTS), since=draw(days)) for i in improvements
        ),
    )


@st.composite
def measured(draw: st.DrawFn, journey: JourneyMap) -> MapNumbers:
    """Numbers for some of a map."""
    keys = [touchpoint.key for touchpoint in journey.touchpoints]

    def detours() -> tuple[Detour, ...]:
        return tuple(
            Detour(
                after=draw(st.sampled_from(keys)),
                to=draw(st.none() | st.sampled_from(keys)),
                customers=draw(st.integers(0, 10**7)),
            )
            for _ in range(draw(st.integers(0, 5)))
        )

    return MapNumbers(
        expectations={
            arrow.name: ExpectationNumbers(share=draw(SHARES), high=draw(SHARES), openings=draw(COUNTS))
            for arrow in journey.expectations
            if draw(st.booleans())
        },
        touchpoints={
            key: TouchpointNumbers(
                visits=draw(COUNTS),
                customers=draw(COUNTS),
                score=draw(st.none() | st.floats(-2, 2)),
                daily_total=draw(COUNTS),
            )
            for key in keys
            if draw(st.booleans())
        },
        paths={
            p.key: PathNumbers(share=draw(SHARES), customers=draw(COUNTS), detours=detours() if keys else ())
            for p in journey.personas
        },
        personas={p.key: draw(st.integers(0, 10**8)) for p in journey.personas},
        as_of=draw(TEXTS),
    )


def sound(markup: str) -> None:
    root = parsed(markup)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {"svg", "title", "desc", "style", "g", "a", "text", "tspan", "rect", "circle", "path", "image"}


@pytest.mark.parametrize("examples", [20, pytest.param(1000, marks=pytest.mark.nightly)])
def test_maps_on_a_screen(examples: int) -> None:
    settings(max_examples=examples)(_map_on_a_screen)()


@given(st.data(), maps(), st.sampled_from([None, 300.0, 420.0, 660.0, 1000.0, 1500.0]), st.integers(1, 14))
def _map_on_a_screen(data: st.DataObject, journey: JourneyMap, wide: float | None, columns: int) -> None:
    numbers = data.draw(st.none() | measured(journey))
    svg = draw_map(journey, numbers, options=MapOptions(width=wide, columns=columns))
    assert faults(svg.scene) == []
    assert crossed_words(svg.scene) == []
    sound(svg.inline("x"))
    sound(serialise(svg.scene, theme="light", fonts=False, foreign=False))
    again = draw_map(journey, numbers, options=MapOptions(width=wide, columns=columns))
    assert again.inline("x") == svg.inline("x")


@pytest.mark.parametrize("examples", [6, pytest.param(300, marks=pytest.mark.nightly)])
def test_maps_on_paper(examples: int) -> None:
    settings(max_examples=examples)(_map_on_paper)()


@given(st.data(), maps(), st.sampled_from(["A3", "A4"]))
def _map_on_paper(data: st.DataObject, journey: JourneyMap, paper: Paper) -> None:
    svg = draw_map(journey, data.draw(st.none() | measured(journey)))
    assert svg.sheets is not None
    wide, high = PAPERS[paper]
    pages = svg.sheets(paper)
    for scene in pages:
        assert faults(scene) == []
        assert crossed_words(scene) == []
        if scene.height > (high - 2 * MARGIN) / 0.65 + 1:
            continue  # a single lane that is taller than the paper: the page is made smaller rather than cut
        scale = min((wide - 2 * MARGIN) / scene.width, (high - 2 * MARGIN) / scene.height)
        assert scale * min((text.setting.size for text, _, _ in placed_texts(scene)), default=99) >= 6.49


@settings(max_examples=300)
@given(st.one_of(TEXTS, st.text()), st.sampled_from(sorted(STYLES)), st.floats(30, 400))
def test_lines_fit_and_lose_nothing(text: str, style: StyleName, room: float) -> None:
    setting = STYLES[style]
    lines = wrap(text, setting, room)
    for line in lines:
        assert width(line, setting.size, setting.face) <= room + 0.01 or len(line) <= 8 or "\u200d" in line
    kept = "".join(lines).replace(" ", "").replace("-", "")
    assert kept == clean(text).replace(" ", "").replace("-", "").replace("\u00ad", "")


@settings(max_examples=40)
@given(
    st.lists(st.tuples(NAMES, st.integers(0, 10**8), st.none() | st.floats(0, 1e8)), max_size=8), st.floats(360, 1200)
)
def test_funnels(steps: list[tuple[str, int, float | None]], wide: float) -> None:
    svg = draw_funnel(
        [FunnelStep(name=name, customers=count, median_seconds=time) for name, count, time in steps], width=wide
    )
    assert faults(svg.scene) == []
    sound(svg.inline())


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.lists(NAMES, max_size=5), st.integers(0, 10**6), st.booleans()), max_size=12),
    st.integers(1, 8),
)
def test_paths(flows: list[tuple[list[str], int, bool]], top: int) -> None:
    svg = draw_paths([PathFlow(names=tuple(names), count=n, goes_on=on) for names, n, on in flows], top=top)
    assert faults(svg.scene) == []
    sound(svg.inline())


@settings(max_examples=30)
@given(st.lists(NAMES, max_size=6, unique=True), st.data())
def test_transitions_and_bars(names: list[str], data: st.DataObject) -> None:
    counts = {(one, two): data.draw(st.integers(0, 10**8)) for one in names for two in names}
    assert faults(draw_transitions(names, counts, entries={}, exits={}).scene) == []
    drawn = [
        Bar(name=name, value=data.draw(st.floats(0, 1)), words="12 345 678", target=0.5, verdict="near")
        for name in names
    ]
    assert faults(draw_bars(drawn, title="t", width=data.draw(st.floats(360, 900))).scene) == []


@settings(max_examples=30)
@given(
    st.lists(
        st.builds(
            Difference,
            name=NAMES,
            share=st.floats(0, 1),
            other_share=st.floats(0, 1),
            low=st.floats(-1, 0),
            high=st.floats(0, 1),
            direction=st.sampled_from(["higher", "lower", "same", "few"]),
        ),
        max_size=8,
    ),
    NAMES,
    NAMES,
    st.floats(480, 1200),
)
def test_differences(rows: list[Difference], one: str, other: str, width: float) -> None:
    svg = draw_differences(rows, groups=(one, other), width=width)
    assert faults(svg.scene) == []
    sound(svg.inline())


FRICTION = st.builds(
    FrictionShare, share=st.floats(0, 1), median_seconds=st.none() | st.floats(0, 1e8), changed=st.booleans()
)
SIGNS = st.dictionaries(st.sampled_from(["drop-off", "wait", "loop", "repeat", "switch"]), FRICTION)


@settings(max_examples=30)
@given(st.lists(st.builds(FrictionRow, name=NAMES, visits=st.integers(0, 10**9), signs=SIGNS), max_size=8))
def test_friction(rows: list[FrictionRow]) -> None:
    svg = draw_friction(rows)
    assert faults(svg.scene) == []
    sound(svg.inline())


COHORT_SHARES = st.builds(CohortShare, st.none() | st.floats(0, 1), st.booleans())


@settings(max_examples=30)
@given(st.lists(st.tuples(NAMES, st.integers(0, 10**8), st.lists(COHORT_SHARES, max_size=14)), max_size=8))
def test_cohorts(rows: list[tuple[str, int, list[CohortShare]]]) -> None:
    cohorts = [Cohort(name=name, customers=size, shares=tuple(shares)) for name, size, shares in rows]
    widest = max((len(shares) for _, _, shares in rows), default=0)
    svg = draw_cohorts(cohorts, [f"{number}-{number + 100}" for number in range(widest)], title="t", note="n")
    assert faults(svg.scene) == []
    sound(svg.inline())
    assert all(len(row) == widest + 2 for table in svg.tables for row in table.rows)
