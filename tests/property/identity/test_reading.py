"""A column of identifiers is read like its values one by one."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from resa.identity import KINDS, NoIdentifier, Rules, canonical, rules_of
from resa.identity.reading import read_identifiers

RULES = [
    Rules(),
    rules_of("country: SE\nplaceholders: [walk-in]\nkinds:\n  email: {fold: plus_tags, placeholders: till@shop.se}")[0],
]
WORDS = [
    *(
        "7",
        "0012",
        "1234.0",
        "A-1",
        "a_b:c",
        "test",
        "null",
        "x",
        "0000",
        "---",
        "Guest",
        "walk-in",
        "walk_in",
        "",
        " 7",
    ),
    *("6F1C2D9A-0B7E-4C55-9F3E-1A2B3C4D5E6F", "6f1c2d9a-0b7e-4c55-9f3e-1a2b3c4d5e6f", "urn:uuid:6f1c2d9a-0b7e-4c55"),
    *("anna@shop.se", "Anna@Shop.SE", "test@test.com", "till@shop.se", "an.na+x@gmail.com", "a@b", "noreply@shop.se"),
    *("a@xn--80ak6aa92e.com", "anna@shop-.se", "user@example.com", "070-174 06 05", "+46701740605", "1.23457E+11"),
    "9774d56d682e549c",
]


@given(
    st.sampled_from(RULES),
    st.lists(
        st.tuples(
            st.sampled_from([*KINDS, "E-mail", "membership"]),
            st.none() | st.sampled_from(WORDS) | st.text(st.sampled_from("a0-_:@.N é"), max_size=9),
        ),
        max_size=12,
        unique=True,
    ),
)
@example(RULES[0], [("user_id", "Na_"), ("user_id", "_null"), ("user_id", "not__set"), ("user_id", "_a_")])
def test_a_column_is_read_like_its_values(rules: Rules, pairs: list[tuple[str, str | None]]) -> None:
    kinds, values = (pa.array([pair[end] for pair in pairs], pa.string()) for end in (0, 1))
    named = read_identifiers(kinds, values, rules)
    found = list(zip(named.kinds.to_pylist(), named.values.to_pylist(), strict=True))
    assert len(set(found)) == len(found)
    for place, (kind, value) in enumerate(pairs):
        one = NoIdentifier.EMPTY if value is None else rules.normalised(kind, value)
        if isinstance(one, NoIdentifier):
            assert named.number[place] == -1
            assert named.nobody[place] == (canonical(kind), one)
        else:
            assert found[named.number[place]] == (canonical(kind), one)
