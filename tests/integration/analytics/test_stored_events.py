"""The same questions to a real store: the same answers as in memory, and SQL that gives them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.support.questions import ARROWS, PERSONAS, assert_same_rows, assert_sound
from tests.support.small_store import NAMES, START, Happened, SmallStore, small_map

from resa.analytics import Measure, Result
from resa.model.journey import JourneyMap, Signal
from resa.model.tables import INSTANT
from resa.runtime import refresh
from resa.storage import Store


def random_events(seed: int, customers: int = 60) -> list[Happened]:
    """Journeys of up to twelve events, none at the same moment."""
    source = random.Random(seed)  # noqa: S311  # a reproducible test, no secret
    found = []
    for customer in range(customers):
        at = source.uniform(0, 600_000)
        for _ in range(source.randint(1, 12)):
            at += source.choice([0.5, 3, 9, 12, 600, 90_000]) + source.random()
            found.append(
                Happened(
                    customer=customer,
                    at=round(at, 6),
                    event=source.choice([*NAMES, "x"]),
                    channel=source.choice(["web", "app", None]),
                    device=source.choice(["phone", "desk", None]),
                    value=source.choice([None, 2.5, 10.0]),
                    properties=source.choice([{}, {"k": 1}, {"k": 2}]),
                )
            )
    return found


def a_map() -> JourneyMap:
    plain = small_map(*ARROWS, personas=PERSONAS, timezone="Europe/Stockholm")
    signals = tuple(Signal(touchpoint=name, kind="events", when=f"event = '{name}'") for name in NAMES)
    return replace(plain, signals=signals)


def fill(store: Store, events: list[Happened], journey_map: JourneyMap) -> None:
    """Two loads of events, and one of traits."""
    with store.writing() as writer:
        for part, rows in enumerate((events[::2], events[1::2])):
            load = writer.begin_load(source_id="shop", origin=f"events-{part}.csv")
            whose = [[{"kind": "user_id", "value": f"u{event.customer:03}"}] for event in rows]
            table = pa.table(
                {
                    "occurred_at": pa.array([event.moment for event in rows], type=INSTANT),
                    "received_at": pa.array([START + timedelta(days=60)] * len(rows), type=INSTANT),
                    "sequence": pa.array(range(len(rows)), type=pa.int64()),
                    "identifiers": pa.array(whose),
                    "event": [event.event for event in rows],
                    "channel": pa.array([event.channel for event in rows], type=pa.string()),
                    "device": pa.array([event.device for event in rows], type=pa.string()),
                    "value": pa.array([event.value for event in rows], type=pa.float64()),
                    "properties": [str(dict(event.properties)).replace("'", '"') for event in rows],
                }
            )
            ids = pa.array([f"{part}-{number}" for number in range(len(rows))])
            writer.commit_chunk(load, "events", table, rejected=None, rows_read=len(rows), message_ids=ids)
            writer.finish_load(load)
        refresh(writer, [journey_map])


@pytest.fixture
def measures(tmp_path: Path) -> Iterator[tuple[Measure, Measure]]:
    """Real and in memory."""
    events, journey_map = random_events(4), a_map()
    with Store.open(tmp_path / ".resa") as store:
        fill(store, events, journey_map)
        small = SmallStore(events, {"shop": journey_map})
        yield Measure(store, {"shop": journey_map}), Measure(small, small.maps)


def every_answer(measure: Measure, **common: Any) -> list[Result]:
    return [
        measure.funnel(["a", "b?", ["c", "d"]], within="1 hour", **common),
        measure.expectations(curve=True, **common),
        measure.transitions(**common),
        measure.trend("late", every="day", **{name: value for name, value in common.items() if name != "by"}),
        measure.trend("a.b", **{name: value for name, value in common.items() if name != "by"}),
    ]


@pytest.mark.parametrize("common", [{}, {"by": "channel"}, {"events": "properties.k >= 1", "by": "properties.k"}])
def test_real_and_in_memory_give_the_same(measures: tuple[Measure, Measure], common: dict[str, Any]) -> None:
    for real, small in zip(*(every_answer(measure, **common) for measure in measures), strict=True):
        for name, part in small.parts.items():
            assert_same_rows(real.parts[name].table.to_pylist(), part.table.to_pylist())


def test_sql_over_a_real_store_gives_the_same(measures: tuple[Measure, Measure]) -> None:
    real, _ = measures
    for result in [*every_answer(real, by="device"), real.paths(start="a"), real.variants(top=3), real.planned()]:
        assert_sound(real, result)


def test_customers_carry_their_identifiers(measures: tuple[Measure, Measure]) -> None:
    real, _ = measures
    people = real.funnel(["a"]).customers(identifiers=True).to_pylist()
    assert all(row["identifiers"][0]["value"].startswith("u") for row in people)
    assert people == sorted(people, key=lambda row: row["customer"])


def test_views_are_as_documented(measures: tuple[Measure, Measure]) -> None:
    real, small = measures
    for view in ("visits", "events", "customers", "outcomes"):
        counted = f"SELECT count(*) AS n FROM {view}"
        assert real.sql(counted).to_pylist() == small.sql(counted).to_pylist()
