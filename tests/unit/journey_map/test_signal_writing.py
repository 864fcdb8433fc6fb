"""By which events a touchpoint is seen, written into its map's file."""

from __future__ import annotations

import pytest

from resa.base.errors import QuestionError
from resa.journey_map import edited, load_texts, new_key, signal_of, write_signal

MAP = """title: A shop
stages: {all: [Cart, visit, letter]}
signals:
  # of the cart
  Cart: {event: product_added, value: properties.total}   # short
  visit:
    not_seen: Nobody looks.
"""
SHARED = "letter: {event: sent, occurrence: 2+, score: properties.stars, scale: 1-5}\n"
WHEN = "event = 'order' and properties.of in ('a, b', 'c')"


def test_the_condition_takes_the_place_of_how_it_was_seen_and_all_else_stays() -> None:
    after = edited("journey.yaml", MAP, write_signal("cart", WHEN))
    assert after == MAP.replace("event: product_added", f'when: "{WHEN}"')
    after = edited("journey.yaml", after, write_signal("visit", "event = 'visit'"))
    assert "not_seen" not in after
    loaded = load_texts({"journey.yaml": after})
    assert not loaded.errors
    assert [(one.touchpoint, one.when, one.value) for one in loaded.maps["journey"].signals] == [
        ("cart", WHEN, "properties.total"),
        ("visit", "event = 'visit'", None),
    ]


def test_what_signals_yaml_says_beside_it_stays_too() -> None:
    shared = signal_of("signals.yaml", SHARED, "letter")
    after = edited("journey.yaml", MAP, write_signal("letter", "event = 'mail'", shared=shared))
    loaded = load_texts({"journey.yaml": after, "signals.yaml": SHARED})
    signal = next(one for one in loaded.maps["journey"].signals if one.touchpoint == "letter")
    assert (signal.when, signal.occurrence, signal.score) == ("event = 'mail'", (2, None), "properties.stars")
    assert [one.touchpoint for one in loaded.maps["journey"].signals] == ["cart", "visit", "letter"]


def test_what_was_changed_meanwhile_is_not_written_over() -> None:
    seen = signal_of("journey.yaml", MAP, "cart")
    assert seen == {"event": "product_added", "value": "properties.total"}
    now = edited("journey.yaml", MAP, write_signal("cart", "event = 'other'"))
    with pytest.raises(QuestionError):
        edited("journey.yaml", now, write_signal("cart", WHEN, seen=seen))
    assert edited("journey.yaml", MAP, write_signal("cart", WHEN, seen=seen)) != MAP
    with pytest.raises(QuestionError):
        edited("journey.yaml", MAP, write_signal("letter", WHEN, seen={"event": "gone"}))
    with pytest.raises(QuestionError):
        edited("journey.yaml", MAP, write_signal("nothing", WHEN))


def test_a_key_is_made_of_a_name_and_differs() -> None:
    assert new_key("Has a cart!", {"has_a_cart", "has_a_cart_2"}) == "has_a_cart_3"
    with pytest.raises(QuestionError):
        new_key(" – ", set())
