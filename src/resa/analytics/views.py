"""The read-only views of `resa sql`, and of the SQL that every answer can give.

The columns are data, so that the documentation is made from them and a test holds the tables to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa

from resa.analytics.groups import memberships
from resa.analytics.membership import segment_flags
from resa.analytics.results.result import Column
from resa.analytics.scope.customers import CustomerExpressions
from resa.analytics.scope.outcomes import OUTCOMES, as_instants, expectation_as_of, outcomes_of
from resa.analytics.scope.snapshot import Snapshot
from resa.base.errors import EngineError, QuestionError, did_you_mean
from resa.base.language import sentence
from resa.engine import Engine, check_is_select
from resa.model.tables import INSTANT

__all__ = ["VIEWS", "VIEWS_VERSION", "View", "view_table", "with_views"]

VIEWS_VERSION: Final = "1.1"
"""Of the views' names, columns, types and meanings, which others build upon.

A view or a column that is added raises the second number; one that is renamed, removed, or comes to mean another thing
raises the first.
"""


@dataclass(frozen=True)
class View:
    """What a view holds.

    Attributes:
        about: One row of it.
        columns: Its columns.
    """

    about: str
    columns: tuple[Column, ...]


_POSITION = "Where the event stands in the order of all events: by customer, then in the one order."

VIEWS: Final[Mapping[str, View]] = {
    "visits": View(
        "One visit of a touchpoint of the map.",
        (
            Column("customer", pa.uint32(), "Number of the customer in this generation of the index."),
            Column("position", pa.int64(), _POSITION),
            Column("touchpoint", pa.string(), "Key of the touchpoint."),
            Column("stage", pa.string(), "Key of its stage."),
            Column("occurred_at", INSTANT, "When it happened, UTC."),
            Column(
                "channel", pa.string(), "The touchpoint's one channel, else the event's own; null if there is none."
            ),
            Column(
                "value",
                pa.float64(),
                "What it was worth, in the map's currency; null if nothing is said, or in another currency.",
            ),
            Column("score", pa.float64(), "How it was felt, on the signal's own scale; null if nothing is said."),
        ),
    ),
    "events": View(
        "One event, whether or not it is a touchpoint of the map.",
        (
            Column("position", pa.int64(), _POSITION),
            Column("customer", pa.uint32(), "Number of the customer in this generation of the index."),
            Column("event", pa.string(), "Name of the event as it arrived."),
            Column("occurred_at", INSTANT, "When it happened, UTC."),
            Column("sent_at", INSTANT, "When it was sent, UTC; null if nothing is said."),
            Column("received_at", INSTANT, "When it was received, UTC."),
            Column("source_id", pa.string(), "Which source delivered it."),
            Column("channel", pa.string(), "Its own channel; null if nothing is said."),
            Column("device", pa.string(), "Its device; null if nothing is said."),
            Column("value", pa.float64(), "Its own value, in the source's currency; null if nothing is said."),
            Column("properties", pa.string(), "A JSON object, or null."),
        ),
    ),
    "customers": View(
        "One customer.",
        (
            Column("customer", pa.uint32(), "Number of the customer in this generation of the index."),
            Column("events", pa.int64(), "How many events are the customer's."),
            Column("visits", pa.int64(), "How many of them are touchpoints of the map."),
            Column("first_at", INSTANT, "When the first event happened, UTC."),
            Column("last_at", INSTANT, "When the newest event happened, UTC."),
            Column("personas", pa.list_(pa.string()), "Keys of the personas that the customer is, as of now."),
            Column("traits", pa.string(), "A JSON object of what is known, as of now."),
        ),
    ),
    "segments": View(
        "One customer in one segment.",
        (
            Column("customer", pa.uint32(), "Number of the customer in this generation of the index."),
            Column("segment", pa.string(), "Key of the segment in which the customer is, as of now."),
            Column("since", INSTANT, "Since when, UTC; null if nobody has followed the segment."),
        ),
    ),
    "groups": View(
        "One customer in one group, such as a firm or a household, as events named `group` say.",
        (
            Column("customer", pa.uint32(), "Number of the customer in this generation of the index."),
            Column("group_id", pa.string(), "What the group is called by those who send it."),
            Column("kind", pa.string(), "Such as account or household; null if nothing is said."),
            Column("name", pa.string(), "Of the group, for people; null if nothing is said."),
            Column("role", pa.string(), "The customer's in it; null if nothing is said."),
            Column("since", INSTANT, "Since when the customer has this role or, without one, is in the group, UTC."),
            Column("source_id", pa.string(), "Which source said so."),
        ),
    ),
    "outcomes": View(
        "One opening of an expectation or promise, over all events.",
        (
            Column("expectation", pa.string(), "Its name."),
            Column("kind", pa.string(), "expectation or promise."),
            Column("customer", pa.uint32(), "Number of the customer in this generation of the index."),
            Column("opened_position", pa.int64(), "Position of the event that opened it."),
            Column("opened_at", INSTANT, "When it opened, UTC."),
            Column(
                "clock_at", INSTANT, "When its clock was last started, UTC; later than opened_at if it was renewed."
            ),
            Column("deadline", INSTANT, "Until when it can be met, UTC."),
            Column("closed_at", INSTANT, "When it was met or cancelled, UTC; null if neither."),
            Column("outcome", pa.string(), "met, missed, open or cancelled."),
            Column("mature", pa.bool_(), "Its deadline had passed when the data were complete."),
            Column("instead", pa.string(), "If missed: the next touchpoint in time; null if there was none."),
        ),
    ),
    "daily_numbers": View(
        "One number without a customer; also an event without one, if its source says `without_customer: count`.",
        (
            Column("day", pa.date32(), "The day, as the source counts days."),
            Column("number", pa.string(), "Name of the number, such as footfall; of an event: its name."),
            Column("value", pa.float64(), "The number itself; of an event: 1."),
            Column("source_id", pa.string(), "Which source delivered it."),
            Column("properties", pa.string(), "A JSON object, or null."),
        ),
    ),
    "feedback": View(
        "One score or text about a touchpoint.",
        (
            Column("occurred_at", INSTANT, "When it was given, UTC."),
            Column("touchpoint", pa.string(), "Key of the touchpoint, as the source names it."),
            Column("score", pa.float64(), "How it was felt; null if only words were given."),
            Column("scale_low", pa.float64(), "Lowest possible score; null if the source does not say."),
            Column("scale_high", pa.float64(), "Highest possible score; null if the source does not say."),
            Column("text", pa.string(), "In whose words; null if only a score was given."),
            Column("source_id", pa.string(), "Which source delivered it."),
        ),
    ),
    "lookups": View(
        "What a key stands for: a product, a store, a campaign.",
        (
            Column("source_id", pa.string(), "Name of the lookup table: the source that it was collected by."),
            Column("key", pa.string(), "The key."),
            Column("name", pa.string(), "What it is called; null if nothing is said."),
            Column("properties", pa.string(), "A JSON object, or null."),
        ),
    ),
}
"""Every view by its name."""


def view_table(name: str, snapshot: Snapshot, as_of: int | None = None) -> pa.Table:
    """A view's rows, with the columns that it declares.

    Args:
        name: One of `VIEWS`.
        snapshot: The events.
        as_of: Overrides up to when the data are complete, microseconds since 1970.
    """
    make = partial(_MAKERS[name], snapshot, as_of)
    columns = make() if name == "segments" else snapshot.keep(("view", name, as_of), make)  # `since` comes later
    declared = VIEWS[name].columns
    arrays = [columns[column.name] for column in declared]
    schema = pa.schema([pa.field(column.name, column.type) for column in declared])
    return pa.Table.from_arrays(arrays, schema=schema)


def with_views(snapshot: Snapshot, sql: str, *, as_of: int | None = None, seconds: float | None = None) -> pa.Table:
    """Run one SELECT over the views that it names.

    Raises:
        InputError: It is not one SELECT, or of a view that there is not.
        EngineError: The engine refuses it.
        TimeExceeded: It ran longer than `seconds`.
    """
    named = check_is_select(sql)
    with Engine() as engine:
        for name in (name for name in VIEWS if name in named):
            engine.register(name, view_table(name, snapshot, as_of))
        try:
            return engine.query(sql, seconds=seconds)
        except EngineError as error:
            unknown = re.search(r"Table with name (\w+) does not exist", str(error))
            if unknown is None:
                raise
            known = sentence(
                "there are: {names}{suggestion}", names=", ".join(VIEWS), suggestion=did_you_mean(unknown[1], VIEWS)
            )
            raise QuestionError(
                sentence("there is no view '{unknown}'; {known}", unknown=unknown[1], known=known)
            ) from None


def _chosen(values: Iterable[str | None], codes: np.ndarray) -> pa.Array:
    """Text by number, without writing each text out more than once."""
    dictionary = pa.array([value or None for value in values], type=pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), dictionary).cast(pa.string())


def _sparse(snapshot: Snapshot, positions: np.ndarray, column: tuple[np.ndarray, np.ndarray]) -> pa.Array:
    """A column that only some events have; NaN counts as none."""
    numbers = np.full(len(snapshot.index.rows), np.nan)
    numbers[column[0]] = column[1]
    return pa.array(numbers[positions], from_pandas=True)


def _visits(snapshot: Snapshot, _as_of: int | None) -> dict[str, pa.Array]:
    positions = np.flatnonzero(snapshot.column.touchpoints)
    codes = snapshot.column.touchpoints[positions]
    stages = ["", *(touchpoint.stage for touchpoint in snapshot.journey_map.touchpoints)]
    return {
        "customer": pa.array(snapshot.customers_at(positions).astype(np.uint32)),
        "position": pa.array(positions.astype(np.int64)),
        "touchpoint": _chosen(snapshot.names, codes),
        "stage": _chosen(stages, codes),
        "occurred_at": as_instants(snapshot.times(positions)),
        "channel": _chosen(snapshot.channel_labels, snapshot.channels_at(positions)),
        "value": _sparse(snapshot, positions, snapshot.values),
        "score": _sparse(snapshot, positions, snapshot.column.scores),
    }


def _events(snapshot: Snapshot, _as_of: int | None) -> dict[str, pa.Array]:
    positions = np.arange(len(snapshot.index.rows), dtype=np.int64)
    names = [column.name for column in VIEWS["events"].columns if column.name not in {"position", "customer"}]
    rows = snapshot.index.event_rows(positions, names)
    columns = {name: rows.column(name) for name in names}  # in chunks: texts may be more than one array can hold
    customers = snapshot.customers_at(positions).astype(np.uint32)
    return {"position": pa.array(positions), "customer": pa.array(customers), **columns}


def _customers(snapshot: Snapshot, as_of: int | None) -> dict[str, pa.Array]:
    offsets = snapshot.index.offsets
    count = len(offsets) - 1
    events = np.diff(offsets)
    none = events == 0
    ends = np.where(none, 0, offsets[1:] - 1)
    starts = np.where(none, 0, offsets[:-1])
    touched = np.flatnonzero(snapshot.column.touchpoints)
    expressions = CustomerExpressions(snapshot, as_of)
    keys = [persona.key for persona in snapshot.journey_map.personas if persona.who is not None]
    flags = np.array([expressions.persona(key) for key in keys], dtype=np.bool_).reshape(len(keys), count)
    lists = pa.ListArray.from_arrays(
        pa.array(np.concatenate([[0], np.cumsum(flags.sum(axis=0))]).astype(np.int32)),
        _chosen(keys, np.nonzero(flags.T)[1]),
    )
    empty = not len(snapshot.index.seconds)
    zeros = np.zeros(count, np.int64)
    return {
        "customer": pa.array(np.arange(count, dtype=np.uint32)),
        "events": pa.array(events),
        "visits": pa.array(np.bincount(snapshot.customers_at(touched), minlength=count).astype(np.int64)),
        "first_at": as_instants(zeros if empty else snapshot.times(starts), none),
        "last_at": as_instants(zeros if empty else snapshot.times(ends), none),
        "personas": lists,
        "traits": expressions.traits(),
    }


def _segments(snapshot: Snapshot, as_of: int | None) -> dict[str, pa.Array]:
    journey_map, index = snapshot.journey_map, snapshot.index
    inside = segment_flags(snapshot, as_of=as_of)
    members = [np.flatnonzero(flags) for flags in inside.values()]
    since = [
        snapshot.store.member_since(f"{journey_map.key}.{key}", index)[who]
        for key, who in zip(inside, members, strict=True)
    ]
    customers, moments = (np.concatenate([np.zeros(0, np.int64), *parts]) for parts in (members, since))
    unknown = (moments == 0) | (moments > (2**63 - 1 if as_of is None else as_of))
    return {
        "customer": pa.array(customers.astype(np.uint32)),
        "segment": _chosen(list(inside), np.repeat(np.arange(len(members)), [len(who) for who in members])),
        "since": as_instants(moments, unknown),
    }


def _groups(snapshot: Snapshot, as_of: int | None) -> dict[str, pa.Array]:
    found = [{**vars(one), "source_id": one.source} for one in memberships(snapshot, as_of)]
    return {
        column.name: pa.array([one[column.name] for one in found], column.type) for column in VIEWS["groups"].columns
    }


def _outcomes(snapshot: Snapshot, as_of: int | None) -> dict[str, pa.Array]:
    arrows = snapshot.journey_map.expectations
    found = [outcomes_of(snapshot, arrow, as_of=expectation_as_of(snapshot, arrow, as_of)) for arrow in arrows]
    which = np.repeat(np.arange(len(arrows)), [len(item.customer) for item in found]).astype(np.int64)

    def joined(name: str, kind: type[np.generic]) -> np.ndarray:
        return np.concatenate([np.zeros(0, kind), *(getattr(item, name).astype(kind) for item in found)])

    closed, outcome = joined("closed", np.int64), joined("outcome", np.uint8)
    neither = closed < 0
    instead = np.where(outcome == OUTCOMES.index("missed"), joined("instead", np.uint16), 0)
    none = not len(snapshot.index.seconds)
    return {
        "expectation": _chosen([arrow.name for arrow in arrows], which),
        "kind": _chosen([arrow.kind for arrow in arrows], which),
        "customer": pa.array(joined("customer", np.uint32)),
        "opened_position": pa.array(joined("opened", np.int64)),
        "opened_at": as_instants(joined("opened_at", np.int64)),
        "clock_at": as_instants(snapshot.times(joined("clock", np.int64))),
        "deadline": as_instants(joined("deadline", np.int64)),
        "closed_at": as_instants(closed if none else snapshot.times(np.maximum(closed, 0)), neither),
        "outcome": _chosen(OUTCOMES, outcome),
        "mature": pa.array(joined("mature", np.bool_)),
        "instead": _chosen(snapshot.names, instead),
    }


def _plain_rows(kind: str) -> Callable[[Snapshot, int | None], dict[str, pa.Array]]:
    """The rows of a kind that is no part of the index, as they are stored."""

    def rows(snapshot: Snapshot, _as_of: int | None) -> dict[str, pa.Array]:
        names = [column.name for column in VIEWS[kind].columns]
        table = snapshot.store.lookups() if kind == "lookups" else snapshot.store.rows(kind, names)
        return {name: table.column(name) for name in names}

    return rows


_MAKERS: Final[Mapping[str, Callable[[Snapshot, int | None], dict[str, pa.Array]]]] = {
    "visits": _visits,
    "events": _events,
    "customers": _customers,
    "segments": _segments,
    "groups": _groups,
    "outcomes": _outcomes,
    "daily_numbers": _plain_rows("daily_numbers"),
    "feedback": _plain_rows("feedback"),
    "lookups": _plain_rows("lookups"),
}
