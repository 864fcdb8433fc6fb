"""The JSON Schema, in an independent validator: what Resa reads is valid, what no map may say is not."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from resa.collector import source_file_schema, source_schema
from resa.documents import read_document
from resa.journey_map import json_schema, load_texts

ROOT = Path(__file__).parents[3]
MAPS = [
    *sorted(ROOT.glob("examples/*/journey.yaml")),
    *sorted(ROOT.glob("src/resa/workspace_templates/*/journey.yaml")),
    Path(__file__).parent / "design_sketch.yaml",
]
SOURCES = [
    *sorted(ROOT.glob("examples/*/sources/*.yaml")),
    *sorted(ROOT.glob("src/resa/workspace_templates/*/sources/*.yaml")),
]
SIGNALS = [
    *sorted(ROOT.glob("examples/*/signals.yaml")),
    *sorted(ROOT.glob("src/resa/workspace_templates/*/signals.yaml")),
]
SHORT = [
    "stages: [one, two]\n",
    "stages: {one: [a, b], two: {name: Two, touchpoints: c}, three: d, four: }\nchannels: [web, store]\n",
    "stages: {one: [a]}\nchannels: {web: external, shop: , phone: {kind: internal, cost: 62}}\n",
    "stages: {one: [a]}\npersonas: {p: }\nimprovements: {i: }\ntouchpoints: {a: }\n",
    "stages: {one: [a]}\nholidays: 2026-12-24\nreview: monthly\n",
    "stages: {one: [a]}\ntouchpoints: {a: {emotion: -1, actions: One., pain_points: Slow., moment_of_truth: yes}}\n",
    "stages: {one: [a, b]}\ntouchpoints: {a: {channel: [web, app], expect: {next: b, within: 4 h, target: 45%}}}\n",
    "stages: {one: [a]}\npersonas: {p: }\ntouchpoints: {a: {for: {p: {emotion: 2, pain_points: [x, {text: y}]}}}}\n",
    "stages: {one: [a]}\nsignals: {a: {event: x, occurrence: 2+, value: 1, score: properties.s, scale: 1-5}}\n",
    "stages: {one: [a]}\nreactions: {r: {purpose: transactional, steps: {send: m, by: email}}}\n",
]
WRONG = [
    "title: No stages\n",
    "stages: []\n",
    "stages: {}\n",
    "stages: 7\n",
    "stages: {one: {touchpints: [a]}}\n",
    "colour: red\nstages: [one]\n",
    "stages: [one]\nlanguage: klingon\n",
    "stages: [one]\nresa: 2\n",
    "stages: {one: [a]}\nchannels: {web: outside}\n",
    "stages: {one: [a]}\ntouchpoints: {a: {expect: {next: a}}}\n",
    "stages: {one: [a]}\ntouchpoints: {a: {expect: [{within: 4 h}]}}\n",
    "stages: {one: [a]}\ntouchpoints: {a: {expct: []}}\n",
    "stages: {one: [a]}\ntouchpoints: {a: {moment_of_truth: perhaps}}\n",
    "stages: {one: [a]}\nimprovements: {i: {state: wished}}\n",
    "stages: {one: [a]}\nsignals: {a: /p}\n",
    "stages: {one: [a]}\nreactions: {r: {steps: []}}\n",
    "stages: {one: [a]}\nreactions: {r: {purpose: marketing, steps: [{sned: x}]}}\n",
]


@cache
def validator() -> Draft202012Validator:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def complaints(data: Any) -> list[str]:
    return [f"{list(error.absolute_path)}: {error.message}" for error in validator().iter_errors(data)]


@pytest.mark.parametrize("path", MAPS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_map_that_ships_is_valid(path: Path) -> None:
    assert complaints(read_document(path).data) == []


@pytest.mark.parametrize("text", SHORT)
def test_short_forms_are_valid(text: str) -> None:
    assert not load_texts({"journey.yaml": text}).errors
    assert complaints(read_document("journey.yaml", text).data) == []


@pytest.mark.parametrize("text", WRONG)
def test_mistakes_are_not(text: str) -> None:
    assert load_texts({"journey.yaml": text}).errors
    assert complaints(read_document("journey.yaml", text).data)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_source_file_that_ships_is_valid(path: Path) -> None:
    data = read_document(path).data
    for schema in (source_schema()[data.get("kind", "events")], source_file_schema()):
        assert [error.message for error in Draft202012Validator(schema).iter_errors(data)] == []
    assert not Draft202012Validator(source_file_schema()).is_valid({**data, "colour": "red"})


@pytest.mark.parametrize("path", SIGNALS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_of_signals_that_ships_is_valid(path: Path) -> None:
    signals = Draft202012Validator(json_schema("signals"))
    assert [error.message for error in signals.iter_errors(read_document(path).data)] == []
    assert not signals.is_valid({"cart": {"evnt": "cart"}})


def test_files_of_one_reaction_and_of_several_are_valid() -> None:
    reactions = Draft202012Validator(json_schema("reactions"))
    one = {"purpose": "transactional", "steps": [{"send": "thanks", "by": "email"}]}
    assert reactions.is_valid(one)
    assert reactions.is_valid({"thanks": one, "sorry": one})
    assert not reactions.is_valid({**one, "stesp": []})
    assert not reactions.is_valid({"thanks": {**one, "purpose": "fun"}})
