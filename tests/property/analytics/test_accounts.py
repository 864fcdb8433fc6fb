"""Accounts: the answers are those of a workspace in which each account is one customer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.questions import COMMON, assert_sound, stores
from tests.support.small_store import SmallStore

from resa.analytics import Measure

ASKED: tuple[dict[str, Any], ...] = (
    {"kind": "funnel", "steps": ["a", "b", "c?", "d"], "within": "1 hour"},
    {"kind": "expectations"},
    {"kind": "transitions"},
    {"kind": "process", "arrows": 0.5},
    {"kind": "paths", "steps": 3, "top": 4},
    {"kind": "variants", "top": 3},
    {"kind": "trend", "of": "a", "every": "week"},
    {"kind": "retention", "every": "week", "periods": 2},
    {"kind": "stages"},
    {"kind": "improvements"},
    {"kind": "channels"},
    {"kind": "metrics"},
    {"kind": "planned"},
    {"kind": "conformance"},
    {"kind": "touchpoints"},
)
FIRMS = st.dictionaries(st.integers(0, 7), st.sampled_from(["Nord", "Aker", "Åse"]), max_size=8)


def with_firms(store: SmallStore, firms: dict[int, str]) -> SmallStore:
    """The store whose customers belong to firms."""
    traits = {customer: dict(known) for customer, known in store.traits.items()}
    for customer, firm in firms.items():
        traits.setdefault(customer, {})["firm"] = firm
    maps = {key: replace(one, account="traits.firm") for key, one in store.maps.items()}
    return replace(store, traits=traits, maps=maps)


def merged(store: SmallStore, firms: dict[int, str]) -> SmallStore:
    """The store in which a firm is one customer, of whom is known what its customers agree on."""
    number = {firm: place for place, firm in enumerate(sorted({firms[c] for c in firms if c < store.customers}))}
    traits: dict[int, dict[str, object]] = {place: {} for place in number.values()}
    for place in number.values():
        own = [known for c, known in store.traits.items() if c in firms and number.get(firms[c]) == place]
        for name in {name for known in own for name in known}:
            values = {repr(known[name]) for known in own if name in known}
            if len(values) == 1:
                traits[place][name] = next(known[name] for known in own if name in known)
    events = [
        replace(event, customer=number[firms[event.customer]]) for event in store.events if event.customer in firms
    ]
    return replace(store, events=events, customers=len(number), traits=traits)


@settings(max_examples=5)
@given(stores(customers=8), FIRMS, COMMON, st.data())
def test_an_account_is_as_one_customer(
    store: SmallStore, firms: dict[int, str], common: dict[str, Any], data: st.DataObject
) -> None:
    store = replace(store, events=data.draw(st.permutations(store.events)))  # ties are in no order of customers
    store = with_firms(store, {customer: firm for customer, firm in firms.items() if customer < store.customers})
    firms = {customer: str(known["firm"]) for customer, known in store.traits.items() if "firm" in known}
    joined = merged(store, firms)
    one, other = Measure(store, store.maps), Measure(joined, joined.maps)
    asked = data.draw(st.sampled_from(ASKED))
    if asked["kind"] in {"trend", "retention", "improvements"}:
        common = {name: value for name, value in common.items() if name != "by"}
    question = {"map": "shop", **asked, **common, "from": common.get("since")}
    question.pop("since", None)
    found, wanted = one.ask({**question, "count_by": "account"}), other.ask(question)
    assert {name: part.table.to_pylist() for name, part in found.parts.items()} == {
        name: part.table.to_pylist() for name, part in wanted.parts.items()
    }
    assert_sound(one, found)
