"""A journey index in memory, made from a list of events, with the interface that `resa.analytics` reads.

An event's name is the key of its touchpoint; a name that the map does not have is an event that is no touchpoint.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.engine import Engine
from resa.expressions import Compiled, Scope
from resa.model.journey import Channel, Expectation, Goal, Improvement, JourneyMap, Metric, Persona, Stage, Touchpoint
from resa.model.quantities import Duration, parse_duration
from resa.model.tables import DAILY_NUMBERS, EVENTS, FEEDBACK, LOOKUPS
from resa.storage import EPOCH, AsOf
from resa.storage.attributes import text_attributes

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
NAMES = ("a", "b", "c", "d", "e")


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One event; `at` is when, or how many seconds after `START`."""

    customer: int
    at: datetime | float
    event: str
    channel: str | None = None
    device: str | None = None
    value: float | None = None
    properties: Mapping[str, object] = field(default_factory=dict)
    source_id: str = "shop"

    @property
    def moment(self) -> datetime:
        return self.at if isinstance(self.at, datetime) else START + timedelta(microseconds=round(self.at * 1e6))


@dataclass(frozen=True)
class SmallColumn:
    map_hash: str
    touchpoints: npt.NDArray[np.uint16]
    values: tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]
    scores: tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]
    sources: Mapping[int, tuple[str, ...]]


class SmallIndex:
    """Customers 0 to `customers` - 1, each with the events in the order of time, ties as given."""

    epoch = EPOCH

    def __init__(self, store: SmallStore) -> None:
        events = store.events
        order = sorted(range(len(events)), key=lambda row: (events[row].customer, events[row].moment, row))
        self._store = store
        self.generation = store.generation
        whose = np.array([events[row].customer for row in order], dtype=np.int64)
        self.offsets = np.searchsorted(whose, np.arange(store.customers + 1)).astype(np.int64)
        micros = [
            (events[row].moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) - EPOCH * 1_000_000
            for row in order
        ]
        times = np.array(micros, dtype=np.int64)
        self.seconds = (times // 1_000_000).astype(np.int32)
        self.micros = (times % 1_000_000).astype(np.int32)
        self.channel_names = tuple(sorted({event.channel for event in events if event.channel}))
        numbers: dict[str | None, int] = {None: 0}
        numbers.update({name: number for number, name in enumerate(self.channel_names, start=1)})
        self.channels = np.array([numbers[events[row].channel] for row in order], dtype=np.uint8)
        self.rows = np.array(order, dtype=np.uint32)
        self.as_of = AsOf(sources=store.as_of)

    def column(self, map_key: str) -> SmallColumn:
        journey_map, events = self._store.maps[map_key], self._store.events
        codes = [journey_map.code.get(events[row].event, 0) for row in self.rows]
        valued = [n for n, row in enumerate(self.rows) if codes[n] and events[row].value is not None]
        scored = [n for n, row in enumerate(self.rows) if codes[n] and "score" in events[row].properties]
        sources: dict[int, set[str]] = {}
        for code, row in zip(codes, self.rows, strict=True):
            sources.setdefault(code, set()).add(events[row].source_id)
        return SmallColumn(
            journey_map.hash,
            np.array(codes, dtype=np.uint16),
            (
                np.array(valued, dtype=np.int64),
                np.array([events[self.rows[n]].value for n in valued], dtype=np.float64),
            ),
            (
                np.array(scored, dtype=np.int64),
                np.array([events[self.rows[n]].properties["score"] for n in scored], dtype=np.float64),
            ),
            {code: tuple(sorted(names)) for code, names in sources.items() if code},
        )

    def identifiers(self, customers: npt.NDArray[np.integer] | None = None) -> pa.Table:
        numbers = np.arange(self._store.customers) if customers is None else customers
        return pa.table(
            {
                "customer": pa.array(numbers, type=pa.uint32()),
                "kind": pa.array(["user_id"] * len(numbers), type=pa.string()),
                "value": pa.array([f"u{number}" for number in numbers], type=pa.string()),
            }
        )

    def event_rows(self, positions: npt.NDArray[np.integer], columns: Sequence[str] | None = None) -> pa.Table:
        return self._store.table.take(pa.array(self.rows[positions])).select(columns or self._store.table.column_names)


@dataclass
class SmallStore:
    """Events, maps and traits; see the module's text."""

    events: Sequence[Happened]
    maps: Mapping[str, JourneyMap]
    customers: int = 0
    traits: Mapping[int, Mapping[str, object]] = field(default_factory=dict)
    as_of: Mapping[str, datetime] = field(default_factory=dict)
    generation: int = 1
    daily: Sequence[tuple[date, str, float, Mapping[str, object]]] = ()

    def __post_init__(self) -> None:
        """Fill in what follows from the events."""
        most = max((event.customer + 1 for event in self.events), default=0)
        self.customers = max(self.customers, most)
        if not self.as_of:
            newest: dict[str, datetime] = {}
            for event in self.events:
                newest[event.source_id] = max(newest.get(event.source_id, event.moment), event.moment)
            self.as_of = newest

    def index(self) -> SmallIndex:
        return SmallIndex(self)

    @cached_property
    def table(self) -> pa.Table:
        """The rows as an event file has them."""
        rows = [
            {
                "source_id": event.source_id,
                "message_id": str(number),
                "load_id": 1,
                "occurred_at": event.moment,
                "received_at": event.moment,
                "sequence": number,
                "identifiers": [{"kind": "user_id", "value": f"u{event.customer}"}],
                "event": event.event,
                "channel": event.channel,
                "device": event.device,
                "value": event.value,
                "properties": json.dumps(dict(event.properties)),
            }
            for number, event in enumerate(self.events)
        ]
        return pa.Table.from_pylist(rows, schema=EVENTS)

    def evaluate_events(self, columns: Mapping[str, Compiled], *, index: SmallIndex | None = None) -> pa.Table:  # noqa: ARG002
        with Engine() as engine:
            numbered = self.table.append_column("row_number", pa.array(range(self.table.num_rows)))
            engine.register("events", numbered)
            parameters = {name: value for item in columns.values() for name, value in item.parameters.items()}
            answers = ", ".join(f'{item.sql} AS "{name}"' for name, item in columns.items())
            return engine.query(f"SELECT {answers} FROM events ORDER BY row_number", parameters)

    def labels(self, scope: Scope, compiled: Compiled, *, index: SmallIndex) -> None:
        """Nothing is kept here: whoever asks evaluates."""

    def text_attributes(self, index: SmallIndex) -> tuple[str, ...]:
        return text_attributes(index, self.customer_traits())

    def rows(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Numbers by day; there is no feedback here."""
        schema = {"feedback": FEEDBACK, "daily_numbers": DAILY_NUMBERS}[kind]
        rows = [
            {
                "source_id": "shop",
                "message_id": str(number),
                "load_id": 1,
                "received_at": START,
                "day": day,
                "number": name,
                "value": value,
                "properties": json.dumps(dict(properties)),
            }
            for number, (day, name, value, properties) in enumerate(self.daily if kind == "daily_numbers" else ())
        ]
        table = pa.Table.from_pylist(rows, schema=schema)
        return table if columns is None else table.select(list(columns))

    def lookups(self) -> pa.Table:
        return LOOKUPS.empty_table()

    def member_since(self, segment: str, index: SmallIndex) -> npt.NDArray[np.int64]:  # noqa: ARG002
        return np.zeros(len(index.offsets) - 1, np.int64)

    def customer_traits(self, index: SmallIndex | None = None) -> pa.Table:  # noqa: ARG002
        return pa.table(
            {
                "customer": pa.array(list(self.traits), type=pa.uint32()),
                "traits": pa.array([json.dumps(dict(item)) for item in self.traits.values()], type=pa.string()),
            }
        )


def expect(
    after: str,
    following: str | Sequence[str],
    within: str | Duration,
    *,
    unless: Sequence[str] = (),
    renews: bool = True,
    per: str | None = None,
    target: float | None = None,
    kind: str = "expectation",
) -> Expectation:
    """An arrow of a test's map, named `a.b`."""
    keys = (following,) if isinstance(following, str) else tuple(following)
    return Expectation(
        name=f"{after}.{'_or_'.join(keys)}",
        kind=kind,  # type: ignore[arg-type]  # one of two words
        after=after,
        next=keys,
        written=", ".join(keys),
        within=within if isinstance(within, Duration) else parse_duration(within),
        unless=tuple(unless),
        renews=renews,
        per=per,
        target=target,
    )


def small_map(
    *arrows: Expectation,
    names: Sequence[str] = NAMES,
    personas: Sequence[Persona] = (),
    timezone: str = "UTC",
    channels: Mapping[str, Sequence[str]] | None = None,
    holidays: Sequence[date] = (),
    improvements: Sequence[Improvement] = (),
    metrics: Sequence[Metric] = (),
    costs: Mapping[str, float] | None = None,
    staffed: Sequence[str] = (),
    goal: str | None = None,
    hash_: str = "m1",
) -> JourneyMap:
    """A map with two stages, `early` (the first two touchpoints) and `late`."""
    stages = {name: "early" if number < 2 else "late" for number, name in enumerate(names)}
    return JourneyMap(
        key="shop",
        title="Shop",
        timezone=timezone,
        holidays=tuple(holidays),
        currency="SEK",
        hash=hash_,
        stages=tuple(
            Stage(key=key, name=key, touchpoints=tuple(name for name in names if stages[name] == key))
            for key in ("early", "late")
        ),
        personas=tuple(personas),
        improvements=tuple(improvements),
        metrics=tuple(metrics),
        channels=tuple(
            Channel(key=key, name=key, cost=cost, kind="internal" if key in staffed else "external")
            for key, cost in (costs or {}).items()
        ),
        goal=None if goal is None else Goal(reach=(goal,), written=goal),
        touchpoints=tuple(
            Touchpoint(
                key=name,
                name=name,
                stage=stages[name],
                channels=tuple((channels or {}).get(name, ())),
                expectations=tuple(arrow for arrow in arrows if arrow.after == name),
            )
            for name in names
        ),
    )
