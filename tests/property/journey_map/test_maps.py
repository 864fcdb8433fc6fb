"""Random maps are read as they were meant, and no text makes the reader raise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resa.journey_map import display_name, fix_text, lint, load_texts, normalised
from resa.model.journey import JourneyMap
from resa.model.quantities import Duration

SKETCH = (Path(__file__).parents[2] / "unit" / "journey_map" / "design_sketch.yaml").read_text()
SMALL = """title: Tea
stages:
  awareness: [ad]
  conversion: [cart, purchase]
touchpoints:
  cart:
    channel: [web, store]
    actions:
      - Compares blends.
    emotion: {now: -1, aim: +1}
    expect:
      - next: purchase
        within: 4 hours
        target: 45 %
        if_missed: remind
signals:
  cart: {event: product_added}
  purchase: {when: event = 'order' and properties.total > 3, occurrence: 2+}
reactions:
  remind:
    purpose: marketing
    topic: reminders
    steps:
      - wait_for: purchase
        up_to: 1 day
        otherwise: [{send: mail, by: email}]
"""


@dataclass(frozen=True)
class Meant:
    """A map as somebody means it, before it is written."""

    stages: dict[str, list[str]]
    channels: dict[str, list[str]]
    owners: dict[str, str]
    actions: dict[str, list[str]]
    arrows: dict[str, list[tuple[str, Duration, int | None]]]
    paths: dict[str, list[str]]


WORDS = st.text("abcdefghijklmnopqrstuvwxyzåäöÅÄÖ", min_size=2, max_size=8).map(lambda word: f"n{word}")
THOUGHT = "the date: is late, 'or' #so “they” say; 50 % of [them] {do} – no @yes *what* & why!"
PROSE = st.lists(st.sampled_from(THOUGHT.split(" ")), min_size=1, max_size=6).map(" ".join)
DURATIONS = st.builds(
    Duration, st.integers(1, 400), st.sampled_from(["second", "minute", "hour", "day", "week"])
) | st.builds(Duration, st.integers(1, 9), st.just("day"), working=st.just(True))


@st.composite
def maps(draw: st.DrawFn) -> Meant:
    names = draw(st.lists(WORDS, min_size=3, max_size=9, unique_by=normalised))
    stages: dict[str, list[str]] = {}
    touchpoints = names[2:]
    cut = draw(st.integers(0, len(touchpoints)))
    stages["stage " + names[0]] = touchpoints[:cut]
    stages["Stage-" + names[1]] = touchpoints[cut:]
    told = draw(st.lists(st.sampled_from(touchpoints), unique=True))
    targets = st.none() | st.integers(0, 100)
    arrow = st.tuples(st.sampled_from(touchpoints), DURATIONS, targets)
    return Meant(
        stages=stages,
        channels={name: draw(st.lists(st.sampled_from(["web", "store", "e-mail"]), unique=True)) for name in told},
        owners={name: draw(PROSE) for name in told},
        actions={name: draw(st.lists(PROSE, max_size=3)) for name in told},
        arrows={name: draw(st.lists(arrow, max_size=3, unique_by=lambda one: one[0])) for name in told},
        paths={f"persona {name}": draw(st.lists(st.sampled_from(touchpoints), unique=True)) for name in told[:2]},
    )


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _names(draw: Callable[..., Any], names: list[str]) -> str:
    return names[0] if len(names) == 1 and draw(st.booleans()) else "[" + ", ".join(names) + "]"


def write(meant: Meant, draw: Callable[..., Any]) -> str:
    """The map as a file, with its short forms where they can be chosen."""
    pad = " " * draw(st.integers(1, 4))
    lines = ["stages:"]
    lines += [f"{pad}{name}: {_names(draw, inside)}  # a stage" for name, inside in meant.stages.items()]
    if meant.paths:
        lines.append("personas:")
        lines += [f"{pad}{name}: {{path: {_names(draw, path)}}}" for name, path in meant.paths.items()]
    if meant.owners:
        lines.append("touchpoints:")
    for name, owner in meant.owners.items():
        inner = pad * 2
        lines += [f"{pad}{name}:", f"{inner}owner: {_quote(owner)}"]
        if meant.channels[name]:
            lines.append(f"{inner}channel: {_names(draw, meant.channels[name])}")
        if meant.actions[name]:
            lines += [f"{inner}actions:", *(f"{inner}{pad}- {_quote(text)}" for text in meant.actions[name]), ""]
        if meant.arrows[name]:
            lines.append(f"{inner}expect:")
        for end, within, target in meant.arrows[name]:
            share = "" if target is None else f", target: {target} %"
            lines.append(f"{inner}{pad}- {{next: {_names(draw, [end])}, within: {within}{share}}}")
    return "\n".join(lines) + "\n"


def check(meant: Meant, read: JourneyMap) -> None:
    assert [(stage.key, list(stage.touchpoints)) for stage in read.stages] == [
        (normalised(name), [normalised(one) for one in inside]) for name, inside in meant.stages.items()
    ]
    assert read.code == {touchpoint.key: number for number, touchpoint in enumerate(read.touchpoints, start=1)}
    for name in meant.owners:
        touchpoint = read.touchpoint[normalised(name)]
        assert touchpoint.name == display_name(normalised(name))
        assert touchpoint.owner == meant.owners[name]
        assert list(touchpoint.actions) == meant.actions[name]
        assert list(touchpoint.channels) == [normalised(one) for one in meant.channels[name]]
        assert [(arrow.name, arrow.next, arrow.within, arrow.target) for arrow in touchpoint.expectations] == [
            (
                f"{normalised(name)}.{normalised(end)}",
                (normalised(end),),
                within,
                None if share is None else share / 100,
            )
            for end, within, share in meant.arrows[name]
        ]
    assert {persona.key: list(persona.path) for persona in read.personas} == {
        normalised(name): [normalised(one) for one in path] for name, path in meant.paths.items()
    }


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(maps(), st.data())
def test_a_map_is_read_as_it_was_meant(meant: Meant, data: st.DataObject) -> None:
    text = write(meant, data.draw)
    loaded = load_texts({"journey.yaml": text})
    assert not loaded.problems
    check(meant, loaded.maps["journey"])
    assert not fix_text(text).after


def _never_raises(text: str) -> None:
    name = ("journey.yaml", "journey.yaml", "signals.yaml", "reactions/x.yaml")[len(text) % 4]
    loaded = load_texts({"journeys/other.yaml": "stages: [{a: [cart]}]\n", name: text})
    lines = len(text.split("\n")) + text.count("\r") + 1
    for problem in loaded.problems:
        assert problem.message
        assert problem.line is None or 1 <= problem.line <= lines
    for journey_map in loaded.maps.values():
        lint(journey_map, loaded, today=date(2026, 1, 1))


def _mends_once(text: str) -> None:
    fixes = fix_text(text)
    again = fix_text(fixes.after.get("journey.yaml", text))
    assert not again.after


SIGNS = [
    *(":", "-", "#", "'", '"', "[", "]", "{", "}", ",", "–", "−"),
    *("“", "”", "*", "&a", "!", "%", "@", "|", ">", "0.5", "null", "é"),
]
BLANKS = ["", " ", "\n", "\t", "  ", ": ", "- ", " #x", "\u00a0", "\r\n", "<<: *a"]


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """A valid map in which something was deleted, doubled, moved or written over."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        new = draw(st.sampled_from([*SIGNS, *BLANKS]) | st.just(text[start:end] * 2))
        text = text[:start] + new + text[end:]
    return text


def _run(examples: int, texts: st.SearchStrategy[str], check_one: Callable[[str], None]) -> None:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    settings(max_examples=examples, database=None, suppress_health_check=slow)(given(texts)(check_one))()


@pytest.mark.parametrize("examples", [500, pytest.param(70_000, marks=pytest.mark.nightly)])
def test_no_mutation_of_a_small_map_raises(examples: int) -> None:
    _run(examples, mutated(SMALL), _never_raises)


@pytest.mark.parametrize("examples", [20, pytest.param(3_000, marks=pytest.mark.nightly)])
def test_no_mutation_of_the_whole_sketch_raises(examples: int) -> None:
    _run(examples, mutated(SKETCH), _never_raises)


@pytest.mark.parametrize("examples", [60, pytest.param(4_000, marks=pytest.mark.nightly)])
def test_a_second_repair_finds_nothing(examples: int) -> None:
    _run(examples, mutated(SMALL), _mends_once)


@pytest.mark.parametrize("examples", [700, pytest.param(100_000, marks=pytest.mark.nightly)])
def test_no_text_raises(examples: int) -> None:
    _run(examples, st.text(max_size=50), _never_raises)
