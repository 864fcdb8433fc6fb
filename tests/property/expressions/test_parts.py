"""The parts of an expression: each is an expression, and together they mean the whole."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resa.engine import Engine
from resa.expressions import Part, Scope, compile_expression, parts_of

LEAVES = st.sampled_from(
    [
        "traits.n > 1",
        "2 <= traits.n",
        "traits.n between 0 and 2",
        "traits.s in ('a', 'b')",
        "traits.s like 'a%'",
        "traits.s is null",
        "traits.n is not null",
        "traits.s not in ('x')",
        "lower(traits.s) = 'it''s'",
        "not traits.n = 3",
        "case when traits.n > 1 then true else false end",
        "cast(traits.n as double) <> 2",
        "traits.\"odd AND name\" = 'AND'",
    ]
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: "(" + " and ".join(parts) + ")"),
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: "(" + " or ".join(parts) + ")"),
        inner.map(lambda part: f"not ({part})"),
    ),
    max_leaves=8,
)
TRAITS = st.fixed_dictionaries(
    {},
    optional={
        "n": st.sampled_from([0, 1, 2, 3, None, "x"]),
        "s": st.sampled_from(["a", "ab", "x", "it's", "IT'S", None]),
        "odd AND name": st.sampled_from(["AND", "and"]),
    },
)


def truth(text: str, traits: dict[str, object]) -> bool | None:
    compiled = compile_expression(text, scope=Scope.CUSTOMER, expects="truth")
    with Engine() as engine:
        engine.register("customers", pa.table({"traits": [json.dumps(traits)]}))
        answers = engine.query(f"SELECT {compiled.sql} AS answer FROM customers", dict(compiled.parameters))
    found: bool | None = answers.column("answer")[0].as_py()
    return found


def together(part: Part, traits: dict[str, object]) -> bool | None:
    """What the parts mean together, by SQL's three values."""
    if part.kind == "condition":
        return truth(part.text, traits)
    values = [together(inner, traits) for inner in part.parts]
    if part.kind == "not":
        return None if values[0] is None else not values[0]
    ends = part.kind == "any"
    return ends if ends in values else None if None in values else not ends


@given(text=EXPRESSIONS, traits=TRAITS)
@settings(max_examples=60)
def test_the_parts_mean_the_whole(text: str, traits: dict[str, object]) -> None:
    part = parts_of(text)
    assert together(part, traits) == truth(text, traits) == truth(part.text, traits)


@pytest.mark.parametrize(
    ("text", "value", "sign", "threshold", "fixed"),
    [
        ("traits.n > 1", "traits.n", ">", "1", True),
        ("2 <= count(cart, last => '90d')", "count(cart, last => '90d')", ">=", "2", True),
        ("traits.n between 1 and 2", "traits.n", "between", "1 and 2", True),
        ("traits.s not in ('a', 'b')", "traits.s", "not in", "'a', 'b'", True),
        ("traits.s is not null", "traits.s", "is not", "null", True),
        ("traits.a < traits.b", "traits.a", "<", "traits.b", False),
        ("met(cart.purchase)", "met(cart.purchase)", "", "", True),
        ("traits.s not like 'a%'", "traits.s", "not like", "'a%'", True),
    ],
)
def test_what_is_compared_with_what(text: str, value: str, sign: str, threshold: str, fixed: bool) -> None:
    part = parts_of(text)
    assert (part.kind, part.value, part.sign, part.threshold, part.fixed) == (
        "condition",
        value,
        sign,
        threshold,
        fixed,
    )


def test_who_is_asked_for() -> None:
    part = parts_of("persona('gift buyer') or segment(big)")
    assert [one.about for one in part.parts] == [("persona", "gift_buyer"), ("segment", "big")]
