"""Conditions in rows: what rows can say comes back as the same rows, and what they cannot say is left alone."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.property.expressions.test_parts import EXPRESSIONS, TRAITS, truth

from resa.base.errors import ExpressionError
from resa.expressions import (
    SIGNS,
    Group,
    Row,
    Rows,
    Scope,
    compile_expression,
    normal_rows,
    rows_of,
    shown,
    text_of,
)

WORDS = st.one_of(
    st.sampled_from(["", "100", "true", "FALSE", "it's", "'", "''", " a ", "a, b", "or", "x' or 1 = 1 --", "%", "ö"]),
    st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=8),
)
FIELDS = st.sampled_from(["event", "channel", "properties.price", 'properties."odd and name"', "lower(properties.q)"])
CUSTOMERS = st.sampled_from(["traits.city", "count(cart)", "met(cart.purchase)", "segment(regulars)", "has_open()"])
NUMBERS = st.sampled_from(["0", "100", "-1.5", "1e3", "0.5"])
ALONE = ("is null", "is not null", "holds", "not")
OF_TEXT = ("contains", "not contains", "starts_with", "ends_with", "like", "not like")


@st.composite
def rows(draw: st.DrawFn, fields: st.SearchStrategy[str] = FIELDS | CUSTOMERS) -> Row:
    """A row whose value is written as rows write it."""
    field, sign = draw(fields), draw(st.sampled_from(SIGNS))
    counted = field.startswith(("count(", "met("))
    last = draw(st.sampled_from(["", "90 days", "2w"])) if counted else ""
    if sign in ALONE:
        return Row(field, sign, "", last)
    kind = "text" if sign in OF_TEXT or field in {"event", "channel"} else "number" if "(" in field else "any"
    if field.startswith(("lower", "segment")):
        kind = "text" if kind == "text" else "any"
    several = sign in {"in", "not in", "between"}
    word = WORDS.map(lambda text: shown(text, kind, several=several))
    value = word if kind == "text" else word | NUMBERS
    if not several:
        return Row(field, sign, draw(value), last)
    count = 2 if sign == "between" else draw(st.integers(1, 3))
    return Row(field, sign, ", ".join(draw(value) for _ in range(count)), last)


GROUPS = st.builds(Group, st.sampled_from(["all", "any", "none"]), st.lists(rows(), min_size=1, max_size=3).map(tuple))
DRAWN = st.builds(Rows, st.sampled_from(["all", "any"]), st.lists(GROUPS, max_size=3).map(tuple))


@given(drawn=DRAWN)
@settings(max_examples=300)
def test_rows_come_back_from_their_text(drawn: Rows) -> None:
    written = text_of(drawn)
    assert not written.problems
    assume(len(written.text) < 4_000)
    assert rows_of(written.text) == normal_rows(drawn)
    for (group, row), (start, end) in written.places.items():
        alone = Rows(groups=(Group("all", (drawn.groups[group].rows[row],)),))
        assert written.text[start:end] == text_of(alone).text


@given(drawn=DRAWN)
def test_the_normal_form_says_the_same(drawn: Rows) -> None:
    normal = normal_rows(drawn)
    assert normal_rows(normal) == normal
    assert rows_of(text_of(normal).text) == normal


@given(text=EXPRESSIONS, traits=TRAITS)
@settings(max_examples=60)
def test_what_rows_say_means_what_the_expression_means(text: str, traits: dict[str, object]) -> None:
    found = rows_of(text)
    if found is not None:
        again = text_of(found).text
        assert rows_of(again) == found
        assert truth(again, traits) == truth(text, traits)


@pytest.mark.parametrize(
    "text",
    [
        "traits.a = traits.b",
        "case when traits.a then true else false end",
        "traits.n + 1 > 2",
        "2 < traits.n",
        "traits.a = 1 and (traits.b = 2 or (traits.c = 3 and traits.d = 4))",
        "event = 404",
        "traits.at > date '2026-01-01'",
        "traits.a is true",
        "cast(traits.n as double) > 1",
        "traits.s ilike 'A%'",
        "traits.s = 'two\nlines'",
        "count(cart, last => concat('9', 'd')) > 1",
        "traits.a =",
        "select 1",
    ],
)
def test_what_rows_cannot_say_is_left_to_the_text(text: str) -> None:
    assert rows_of(text) is None


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (Row("event", "=", ""), "write what it is compared with"),
        (Row("value", ">", "much"), "no number"),
        (Row("properties.a", "between", "1"), "lowest and the highest"),
        (Row("event = 'x' or", "=", "1"), "ends too early"),
        (Row("event or channel", "=", "1"), "no field"),
        (Row("event", "=", "x", "90 days"), "only what is counted"),
        (Row("'text'", "=", "1"), "no field"),
    ],
)
def test_a_row_that_says_nothing_is_told_what_is_missing(row: Row, why: str) -> None:
    written = text_of(Rows(groups=(Group("all", (Row("event", "=", "good"), row)),)))
    assert written.text == ""
    assert list(written.problems) == [(0, 1)]
    assert why in str(written.problems[0, 1])


@given(field=st.text(max_size=12), value=WORDS, sign=st.sampled_from(SIGNS))
@settings(max_examples=300)
def test_nothing_typed_into_a_row_leaves_it(field: str, value: str, sign: str) -> None:
    drawn = Rows(groups=(Group("all", (Row("event", "=", "here"), Row(field, sign, value))),))  # type: ignore[arg-type]
    text = text_of(drawn).text
    if text:
        try:
            compile_expression(text, scope=Scope.EVENT, expects="boolean")
        except ExpressionError:
            return
        found = rows_of(text)
        assert found is None or (len(found.groups) == 1 and found.groups[0].rows[0] == Row("event", "=", "here"))
