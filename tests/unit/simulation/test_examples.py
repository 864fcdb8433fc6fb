"""Events are made up for what people write in signals, and only for what is understood."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from resa.simulation.examples import example_of


@pytest.mark.parametrize(
    ("expression", "example"),
    [
        ("event = 'cart'", {"event": "cart"}),
        ("event = 'page' and properties.path like '/p/%'", {"event": "page", "properties.path": "/p/some"}),
        ("properties.path like '/100\\%/%' escape '\\'", {"properties.path": "/100%/some"}),
        ("event = 'review' and properties.stars >= 4", {"event": "review", "properties.stars": 4}),
        ("traits.share > 0.5 and traits.share < 0.6", {"traits.share": 0.55}),
        ("traits.a between 2 and 7 and event = 'x'", {"traits.a": 2.0, "event": "x"}),
        ("event in ('a', 'b')", {"event": "a"}),
        ("event = 'a' or event = 'b'", {"event": "a"}),
        ("(event = 'a' or event = 'b') and channel = 'web'", {"event": "a", "channel": "web"}),
        ("lower(event) = 'a' or event = 'b'", {"event": "b"}),
        ("event = 'it''s'", {"event": "it's"}),
        ("event <> 'x'", {"event": "other"}),
        ("properties.gift = true", {"properties.gift": True}),
    ],
)
def test_values_with_which_an_expression_holds(expression: str, example: Mapping[str, object]) -> None:
    assert example_of(expression) == example


@pytest.mark.parametrize(
    "expression",
    ["lower(event) = 'a'", "event = 'a' and event = 'b'", "traits.x > 1 and traits.x < 1", "not event = 'a'", ""],
)
def test_what_is_not_understood_is_said(expression: str) -> None:
    assert example_of(expression) is None
