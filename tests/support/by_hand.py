"""Small workspaces written down event by event, for numbers that can be counted by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.support.small_store import START, Happened, SmallStore, expect, small_map

from resa.analytics import Measure, Result
from resa.model.journey import JourneyMap


def happened(customer: int, *events: tuple[float, str], **more: Any) -> list[Happened]:
    return [Happened(customer=customer, at=at, event=event, **more) for at, event in events]


def measure_of(events: Iterable[Happened], journey_map: JourneyMap | None = None, **more: Any) -> Measure:
    store = SmallStore(list(events), {"shop": journey_map or small_map(expect("a", "b", "10 seconds"))}, **more)
    return Measure(store, store.maps, clock=lambda: START)


def only_row(result: Result) -> dict[str, Any]:
    rows: list[dict[str, Any]] = result.table.to_pylist()
    (row,) = rows
    return row
