"""Small worlds of identifiers, rows, decisions and rules, drawn by Hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from hypothesis import strategies as st
from tests.oracles.identity import Sighting
from tests.support.identity import moment

from resa.identity import KINDS, Decision, Identifier, Kind, Rules

POOL = [
    *(Identifier("user_id", f"user {n}") for n in range(4)),
    *(Identifier("crm_id", f"crm {n}") for n in range(2)),
    *(Identifier("email", f"anna{n}@shop.se") for n in range(4)),
    *(Identifier("cookie", f"cookie {n}") for n in range(4)),
    *(Identifier("device_id", f"device {n}") for n in range(2)),
    Identifier("till", "till 1"),
]
ONE = st.sampled_from(POOL)


@st.composite
def _sighting(draw: st.DrawFn) -> Sighting:
    named = draw(st.lists(ONE, min_size=1, max_size=3, unique=True))
    alias = len(named) == 2 and draw(st.integers(0, 4)) == 0
    return Sighting(draw(st.integers(0, 5)), draw(st.sampled_from(["app", "web"])), tuple(named), alias)


SIGHTINGS = st.lists(_sighting(), max_size=18, unique=True)


@st.composite
def _decision(draw: st.DrawFn) -> Decision:
    one, other = draw(st.lists(ONE, min_size=2, max_size=2, unique=True))
    what = draw(st.sampled_from(["join", "split"]))
    return Decision(what=what, one=one, other=other, at=moment(draw(st.integers(0, 9))))  # type: ignore[arg-type]


DECISIONS = st.lists(_decision(), max_size=5)


@st.composite
def some_rules(draw: st.DrawFn) -> Rules:
    """Rules with limits so small that they are met."""
    order: Sequence[str] = draw(st.permutations([*KINDS]))
    changed = {}
    for name in order:
        kind = KINDS[name]
        changed[name] = Kind(
            name=name,
            form=kind.form,
            names=kind.names,
            unique=kind.unique,
            limit=1 if kind.unique else draw(st.integers(1, 3)),
            aliases=draw(st.integers(1, 3)),
            shared_beyond=draw(st.none() | st.integers(1, 2)),
            shared_beyond_named=draw(st.none() | st.integers(1, 3)),
            joins=draw(st.integers(0, 9)) > 0,
            placeholders=kind.placeholders.with_words(draw(st.sampled_from([(), ("cookie 0",), ("user 1",)]))),
        )
    return Rules(MappingProxyType(changed))


RULES = st.just(Rules()) | some_rules()
