"""Computed traits and segments against plain Python over the very events; their SQL gives the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles.customers import trait_of
from tests.support.questions import SEGMENTS, TRAITS, same, stores
from tests.support.small_store import START, SmallStore

from resa.analytics import Measure
from resa.analytics.scope.computed import computed_trait_sql
from resa.analytics.scope.customers import CustomerExpressions
from resa.base.clock import from_microseconds, to_microseconds


def check(store: SmallStore, after: float | None) -> None:
    """Every trait of every customer equals its recount, and its SQL."""
    measure = Measure(store, store.maps)
    snapshot = measure.snapshot("shop")
    now = None if after is None else to_microseconds(START + timedelta(seconds=after))
    customers = CustomerExpressions(snapshot, now=now)
    seen = now if now is not None else snapshot.newest
    for trait in TRAITS:
        found: list[Any] = customers.trait(trait.key).to_pylist()
        sql = computed_trait_sql(snapshot, trait, seen)
        again = measure.sql(f"SELECT {sql} AS answer FROM customers c ORDER BY customer").column("answer").to_pylist()
        for customer in range(store.customers):
            own = sorted(
                (event for event in store.events if event.customer == customer), key=lambda event: event.moment
            )
            wanted = None if seen is None else trait_of(trait, own, from_microseconds(seen))
            if seen is None:
                wanted = 0 if trait.way in {"count", "sum"} else None
            assert same(_plain(found[customer]), _plain(wanted), 1e-12), (trait.key, customer)
            assert same(_plain(again[customer]), _plain(wanted), 1e-12), (trait.key, customer)


def _plain(value: object) -> object:
    return float(value) if isinstance(value, int) else value


@given(store=stores(), after=st.sampled_from([None, 10.0, 90_000.0, 310_000.0]))
@settings(max_examples=6)
def test_a_trait_is_what_a_recount_gives(store: SmallStore, after: float | None) -> None:
    check(store, after)


@pytest.mark.nightly
@given(store=stores(customers=9, most=25), after=st.sampled_from([None, 10.0, 90_000.0, 310_000.0]))
@settings(max_examples=600)
def test_many_traits_are_what_a_recount_gives(store: SmallStore, after: float | None) -> None:
    check(store, after)


@given(store=stores(), as_of=st.sampled_from([None, 20.0, 90_000.0]))
@settings(max_examples=6)
def test_a_segment_and_its_sql_select_the_same(store: SmallStore, as_of: float | None) -> None:
    measure = Measure(store, store.maps)
    override = None if as_of is None else to_microseconds(START + timedelta(seconds=as_of))
    customers = CustomerExpressions(measure.snapshot("shop"), override)
    for segment in SEGMENTS:
        flags = customers.segment(segment.key)
        selected = measure.sql(f"{customers.selecting(segment.who)} ORDER BY customer").column("customer").to_pylist()
        assert selected == [customer for customer, inside in enumerate(flags.tolist()) if inside], segment.key
