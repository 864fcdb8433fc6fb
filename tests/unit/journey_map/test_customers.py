"""`segments.yaml` and `traits.yaml`: what they mean, and every mistake in its place, beside what is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from resa.documents import read_document
from resa.journey_map import json_schema, load_texts
from resa.journey_map.schema import SharedFile
from resa.model.customers import ComputedTrait, Segment
from resa.model.quantities import Duration

ROOT = Path(__file__).parents[3]
MAP = """title: A shop
stages: {consideration: [product_page], conversion: [cart, purchase]}
personas: {big: {who: traits.orders > 2}}
touchpoints:
  cart: {expect: [{next: purchase, within: 4 hours}]}
"""
SEGMENTS = """
buyers:
  name: The buyers
  about: They bought.
  owner: Karin
  who: met(cart.purchase, last => '90d') >= 2
waiting: has_open(cart.purchase) and not segment(buyers)
"""
TRAITS = """
orders: {of: [purchase], count: events}
spent: {of: conversion, sum: value, in_last: 90 days}
pieces: {when: event = 'x', sum: properties.pieces}
favourite: {most_frequent: properties.category}
mobile: {last: device = 'phone'}
bought_at: {of: purchase, last: occurred_at}
idle: {days_since: last}
email: {sources: [crm, web]}
"""


def problems(**files: str) -> list[tuple[str | None, int | None, int | None, str]]:
    loaded = load_texts({"journey.yaml": MAP, **{f"{name}.yaml": text for name, text in files.items()}})
    return [(one.file, one.line, one.column, one.message) for one in loaded.problems]


def test_what_they_mean() -> None:
    loaded = load_texts({"journey.yaml": MAP, "segments.yaml": SEGMENTS, "traits.yaml": TRAITS})
    assert not loaded.problems
    shop = loaded.maps["journey"]
    assert shop.segments == (
        Segment(
            key="buyers",
            name="The buyers",
            about="They bought.",
            owner="Karin",
            who="met(cart.purchase, last => '90d') >= 2",
        ),
        Segment(key="waiting", name="Waiting", who="has_open(cart.purchase) and not segment(buyers)"),
    )
    assert shop.traits == (
        ComputedTrait(key="orders", of=("purchase",), way="count", type="number"),
        ComputedTrait(
            key="spent", of=("cart", "purchase"), way="sum", in_last=Duration(90, "day"), type="number", value=None
        ),
        ComputedTrait(key="pieces", when="event = 'x'", way="sum", value="properties.pieces", type="number"),
        ComputedTrait(key="favourite", way="most_frequent", value="properties.category"),
        ComputedTrait(key="mobile", way="last", value="device = 'phone'", type="boolean"),
        ComputedTrait(key="bought_at", of=("purchase",), way="last", value="occurred_at", type="time"),
        ComputedTrait(key="idle", way="days_since_last", type="number"),
    )
    assert shop.trait_sources == {"email": ("crm", "web")}


def test_they_may_have_their_heading() -> None:
    headed = {
        name: f"{name}:\n  " + text.strip().replace("\n", "\n  ")
        for name, text in (("segments", SEGMENTS), ("traits", TRAITS))
    }
    assert problems(**headed) == []


def test_an_edit_of_either_is_another_version_of_the_map() -> None:
    texts = {"journey.yaml": MAP, "segments.yaml": SEGMENTS}
    one, other = (load_texts({**texts, "traits.yaml": text}).maps["journey"] for text in (TRAITS, TRAITS + "\n"))
    assert one.hash != other.hash


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: has_open(cart.purchas)", 1, 13, "did you mean 'cart.purchase'"),
        ("a: persona(bg)", 1, 12, "'bg' is not a persona of this map; did you mean 'big'"),
        ("a: segment(b)\nbb: traits.x > 1", 1, 12, "'b' is not a segment of this map; did you mean 'bb'"),
        ("a:\n  who: value > 1", 2, 8, "a customer has no value"),
        ("a: {}", 1, 4, "'who' is missing"),
        ("a: {if: traits.x > 1}", 1, 5, "write who: and the condition"),
        ("a: segment(b)\nb: persona(big) and segment(a)", 1, 1, "depends on itself"),
        ("a: segment(a)", 1, 1, "depends on itself"),
        ("big: traits.x > 1", 1, 1, "is both a segment and a persona"),
        ("a: traits.x > 1\na: traits.x > 2", 2, 1, "stands twice"),
        ("a: {who: traits.x > 1, map: other}", 1, 29, "map 'other' is not defined"),
        ("a: met(cart.purchase) + 'x'", 1, 25, "is text, but a number is needed"),
        ("a: has_open(cart.purchase, last => '9d')", 1, 36, "has_open is written has_open([expectation])"),
    ],
)
def test_a_wrong_segment_is_found(text: str, line: int, column: int, words: str) -> None:
    found = problems(segments=text)
    assert ("segments.yaml", line, column) in [one[:3] for one in found if words in one[3]], found


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: {of: purchas, count: events}", 1, 9, "touchpoint 'purchas' is not defined; did you mean 'purchase'"),
        ("a: {count: event}", 1, 12, "events"),
        ("a: {count: events, sum: value}", 1, 1, "'a' is one value; take count: or sum: away"),
        ("a: {of: cart}", 1, 1, "does not say how it is computed"),
        ("a: 3", 1, 4, "say how it is computed, such as {count: events}"),
        ("a: {count: events, within: 3 days}", 1, 20, "write in_last: 90 days"),
        ("a: {count: events, in_last: 3 months}", 1, 29, "months differ in length"),
        ("a: {sum: channel}", 1, 10, "is text, but a number is needed"),
        ("a: {last: traits.x}", 1, 11, "an event has no traits"),
        ("a: {when: channel, count: events}", 1, 11, "true or false is needed"),
        ("a: {sources: [crm], count: events}", 1, 1, "computed or given by sources, not both"),
        ("a: {days_since: latest}", 1, 17, "last"),
    ],
)
def test_a_wrong_trait_is_found(text: str, line: int, column: int, words: str) -> None:
    found = problems(traits=text)
    assert ("traits.yaml", line, column) in [one[:3] for one in found if words in one[3]], found


def test_of_several_maps_a_segment_says_which() -> None:
    maps = {"journeys/one.yaml": MAP, "journeys/two.yaml": MAP.replace("cart", "basket")}
    loaded = load_texts({**maps, "segments.yaml": "a: {map: one, who: has_open(cart.purchase)}\nb: count(basket) > 1"})
    assert [(one.line, one.column, one.message) for one in loaded.problems] == [
        (2, 1, "'b' does not say which map it is about; write map: one or map: two")
    ]
    loaded = load_texts(
        {**maps, "segments.yaml": "a: {map: one, who: has_open(cart.purchase)}\nb: {map: two, who: count(basket) > 1}"}
    )
    assert {key: [one.key for one in found.segments] for key, found in loaded.maps.items()} == {
        "one": ["a"],
        "two": ["b"],
    }


def test_a_trait_belongs_to_the_maps_that_have_its_touchpoints() -> None:
    maps = {"journeys/one.yaml": MAP, "journeys/two.yaml": MAP.replace("cart", "basket")}
    loaded = load_texts({**maps, "traits.yaml": "a: {of: cart, count: events}\nb: {count: events}"})
    assert not loaded.problems
    assert {key: list(found.trait) for key, found in loaded.maps.items()} == {"one": ["a", "b"], "two": ["b"]}


@pytest.mark.parametrize(("name", "text"), [("segments", SEGMENTS), ("traits", TRAITS)])
def test_the_schema_holds_what_is_read(name: SharedFile, text: str) -> None:
    schema = Draft202012Validator(json_schema(name))
    shipped = [path.read_text() for path in ROOT.glob(f"src/resa/workspace_templates/*/{name}.yaml")]
    for one in (text, *shipped):
        data = read_document(f"{name}.yaml", one).data
        assert [error.message for error in schema.iter_errors(data)] == []
        assert schema.is_valid({name: data})
    assert not schema.is_valid({"a": {"whoo": "x"}})
