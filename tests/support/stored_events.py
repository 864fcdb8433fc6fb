"""Rows, maps and plain-Python oracles for tests of storage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from resa.model.journey import JourneyMap, Signal, Stage, Touchpoint
from resa.model.tables import CUSTOMER_RECORDS, EVENTS
from resa.storage import JourneyIndex, Load, Writer

START = datetime(2026, 3, 1, tzinfo=UTC)


class Told(NamedTuple):
    """One row of a file: who, when (seconds after START), what, where, and its number in the file."""

    customer: str
    at: float
    event: str
    channel: str | None = None
    sequence: int = 0
    properties: str | None = None

    @property
    def moment(self) -> datetime:
        return START + timedelta(microseconds=round(self.at * 1e6))


def event_table(rows: Sequence[Told]) -> pa.Table:
    """Rows as the collector hands them over."""
    schema = pa.schema([field for field in EVENTS if field.name not in {"source_id", "message_id", "load_id"}])
    return pa.Table.from_pylist(
        [
            {
                "occurred_at": row.moment,
                "received_at": row.moment,
                "sequence": row.sequence,
                "identifiers": [{"kind": "user", "value": row.customer}],
                "event": row.event,
                "channel": row.channel,
                "properties": row.properties,
            }
            for row in rows
        ],
        schema=schema,
    )


def cells_of(rows: Sequence[Told]) -> list[pa.Array]:
    """What a file without ids says in each column."""
    return [
        pa.array([row.customer for row in rows], pa.string()),
        pa.array([row.at for row in rows], pa.float64()),
        pa.array([row.event for row in rows], pa.string()),
        pa.array([row.channel for row in rows], pa.string()),
        pa.array([row.sequence for row in rows], pa.int64()),
        pa.array([row.properties for row in rows], pa.string()),
    ]


def collect(
    writer: Writer,
    rows: Sequence[Told],
    origin: str = "file",
    *,
    source: str = "shop",
    fingerprint: str = "",
    finish: bool = True,
) -> Load:
    """Collect the rows of a file, from where an earlier collection stopped; `finish=False` stops before the end."""
    load = writer.begin_load(source_id=source, origin=origin, fingerprint=fingerprint)
    if rest := rows[load.rows_read :]:
        writer.commit_chunk(load, "events", event_table(rest), rows_read=len(rest), cells=cells_of(rest))
    return writer.finish_load(load) if finish else writer.store.load(load.id)


def tell(writer: Writer, told: Sequence[tuple[str, int, str]], origin: str) -> Load:
    """Collect records of customers: who, how many days after START, traits."""
    schema = pa.schema(
        [field for field in CUSTOMER_RECORDS if field.name not in {"source_id", "message_id", "load_id"}]
    )
    table = pa.Table.from_pylist(
        [
            {
                "recorded_at": START + timedelta(days=day),
                "received_at": START,
                "sequence": 0,
                "identifiers": [{"kind": "user", "value": who}],
                "traits": traits,
            }
            for who, day, traits in told
        ],
        schema=schema,
    )
    load = writer.begin_load(source_id="crm", origin=origin)
    ids = pa.array([f"{origin} {number}" for number in range(len(told))])
    writer.commit_chunk(load, "customers", table, rows_read=len(told), message_ids=ids)
    return writer.finish_load(load)


def random_rows(count: int, seed: int, customers: int = 20) -> list[Told]:
    """Rows with ties in time and equal rows among them."""
    chance = np.random.default_rng(seed)
    return [
        Told(
            f"c{chance.integers(customers)}",
            float(chance.integers(200)) / 4,
            f"e{chance.integers(4)}",
            (None, "web", "store", "phone")[chance.integers(4)],
            int(chance.integers(3)),
            f'{{"n": {chance.integers(5)}}}',
        )
        for _ in range(count)
    ]


def arrays_of(index: JourneyIndex, *, rows: bool = True, files: bool = True) -> dict[str, bytes]:
    """All bytes of a generation; without the row numbers when files came in another order, or without what is no array.

    A generation that lies over another has no files of its own for all that it holds.
    """
    names = ["who", "offsets", "seconds", "micros", "channels", *(["rows"] if rows else [])]
    found = {name: getattr(index, name).tobytes() for name in names}
    found["channel_names"] = "|".join(index.channel_names).encode()
    found["names"] = repr(index.identifiers().to_pylist()).encode()
    if files:
        found["identifiers"] = (index.folder / "identifiers.arrow").read_bytes()
    return found


def told_map(*signals: Signal, hash_: str = "m1") -> JourneyMap:
    """A map of touchpoints a, b, c with these signals."""
    chosen = signals or (
        Signal(touchpoint="a", kind="events", when="event = 'e0'", occurrence=(1, 1)),
        Signal(touchpoint="b", kind="events", when="event in ('e0', 'e1')", value="properties.n"),
        Signal(touchpoint="c", kind="events", when="properties.n = 3", score="properties.n"),
    )
    keys = ("a", "b", "c")
    return JourneyMap(
        key="told",
        title="Told",
        hash=hash_,
        stages=(Stage(key="all", name="All", touchpoints=keys),),
        touchpoints=tuple(Touchpoint(key=key, name=key, stage="all") for key in keys),
        signals=chosen,
    )


def journeys_of(index: JourneyIndex) -> dict[str, list[dict[str, Any]]]:
    """Each customer's events as the index orders them, read back from the files."""
    names = ["occurred_at", "sequence", "event", "channel", "properties", "identifiers", "message_id"]
    table = index.event_rows(np.arange(index.events), names).to_pylist()
    values = index.identifiers().column("value").to_pylist()
    return {
        values[customer]: table[index.offsets[customer] : index.offsets[customer + 1]]
        for customer in range(index.customers)
    }
