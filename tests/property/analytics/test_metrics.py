"""Metrics against plain Python over the very events."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from tests.support.questions import METRICS, stores
from tests.support.small_store import NAMES, Happened, SmallStore

from resa.analytics import Measure
from resa.model.journey import Metric

NUMBERS: dict[str | None, Callable[[Happened], Any]] = {
    "properties.k": lambda event: event.properties.get("k"),
    "device = 'phone'": lambda event: 1 if event.device == "phone" else 0,
    None: lambda event: event.value,
}


def ratio(events: list[Happened], amounts: list[float], below: list[float]) -> tuple[float | None, float | None]:
    """The ratio of totals, and the standard error of Cochran's equation 6.13, summed customer by customer."""
    if not events:
        return None, None
    tops: dict[int, float] = defaultdict(float)
    bottoms: dict[int, float] = defaultdict(float)
    for event, amount, part in zip(events, amounts, below, strict=True):
        tops[event.customer] += amount
        bottoms[event.customer] += part
    whole = sum(bottoms.values())
    found = sum(tops.values()) / whole
    many = len(tops)
    squares = sum((tops[customer] - found * bottoms[customer]) ** 2 for customer in tops)
    return found, None if many == 1 else math.sqrt(many / (many - 1) * squares) / whole


def wanted(metric: Metric, events: list[Happened]) -> tuple[float | None, float | None]:
    """The value, and where it is a ratio of numbers its standard error."""
    customers = {event.customer for event in events}
    if metric.kind == "customers":
        return len(customers), None
    numbers = [1.0 if metric.kind == "visits" else NUMBERS[metric.number](event) for event in events]
    known = [(event, number) for event, number in zip(events, numbers, strict=True) if number is not None]
    if metric.per_customer:
        first = {event.customer: place for place, event in reversed(list(enumerate(events)))}
        ones = [float(first[event.customer] == place) for place, event in enumerate(events)]
        return ratio(events, [number or 0.0 for number in numbers], ones)
    if metric.kind == "mean":
        return ratio([event for event, _ in known], [number for _, number in known], [1.0] * len(known))
    if metric.kind in {"visits", "sum"}:
        return (sum(number for _, number in known) if known or metric.kind == "visits" else None), None
    if metric.kind == "share":
        return (sum(number for _, number in known) / len(known) if known else None), None
    ordered = sorted(number for _, number in known)
    return (ordered[math.ceil(metric.at * len(ordered)) - 1] if ordered else None), None  # type: ignore[operator]


def check(store: SmallStore, by: str | None) -> None:
    measure = Measure(store, store.maps)
    rows = {(row["metric"], row.get("group")): row for row in measure.metrics(by=by).table.to_pylist()}
    ordered = sorted(store.events, key=lambda event: (event.customer, event.moment))
    for metric in METRICS:
        visits = [event for event in ordered if event.event in (metric.of or NAMES)]
        groups: dict[Any, list[Happened]] = defaultdict(list)
        for event in visits:
            groups[None if by is None else event.device or "(not known)"].append(event)
        for group in groups if by else [None]:
            row, own = rows.pop((metric.key, group)), groups[group]
            value, error = wanted(metric, own)
            assert row["visits"] == len(own)
            assert row["customers"] == len({event.customer for event in own})
            assert row["value"] == (None if value is None else pytest.approx(value))
            if metric.kind == "share":
                assert (row["low"] is None) == (not own)
                assert not own or 0 <= row["low"] <= value <= row["high"] <= 1
            elif error is None:
                assert row["low"] is row["high"] is None
            else:
                assert (row["low"] + row["high"]) / 2 == pytest.approx(value, abs=1e-9)
                half = (row["high"] - row["low"]) / 2
                assert (half > 1.95 * error) if error > 1e-9 else half == pytest.approx(0, abs=1e-6)
    assert not rows


@settings(max_examples=20)
@given(stores())
def test_every_metric_is_that_of_plain_python(store: SmallStore) -> None:
    check(store, None)
    check(store, "device")
