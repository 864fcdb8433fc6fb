"""Accounts instead of customers: firms, households, whatever a trait names, each with the events of all its customers.

An account's journey is the events of its customers merged in the one order, so that every question counts accounts
where it would count customers. Which event is which touchpoint is not asked again: `occurrence` counts a customer's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.results.names import NOT_KNOWN
from resa.analytics.scope.customers import CustomerExpressions
from resa.analytics.scope.snapshot import (
    Completeness,
    EventIndex,
    EventStore,
    Positions,
    Snapshot,
    Sparse,
    TouchpointColumn,
)
from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.expressions import Compiled, Scope

__all__ = ["accounts_of"]


def accounts_of(snapshot: Snapshot, currencies: Mapping[str, str]) -> Snapshot:
    """The same events by account.

    Raises:
        QuestionError: The map does not say what an account is.
    """
    expression = snapshot.journey_map.account
    if expression is None:
        raise QuestionError(
            sentence("the map does not say what an account is; write account: traits.company, or such, on top")
        )
    codes, labels = CustomerExpressions(snapshot).labels(expression)
    names = sorted(label for label in set(labels) if label != NOT_KNOWN)
    number = {name: place for place, name in enumerate(names)}
    account_of = np.array([number.get(label, -1) for label in labels], np.int64)[codes]
    index = _AccountIndex(snapshot, account_of, tuple(names))
    return Snapshot(_AccountStore(snapshot, index), index, snapshot.journey_map, currencies)


def _merged(snapshot: Snapshot, account_of: npt.NDArray[np.int64]) -> Positions:
    """The events of all accounts in order: by account, time, and for ties the order that their files say."""
    index = snapshot.index
    everything = np.arange(len(index.rows), dtype=np.int64)
    customers = snapshot.customers_at(everything)
    account = account_of[customers]
    order = np.lexsort((everything, index.micros, index.seconds, account))
    order = order[account[order] >= 0]
    moment = np.stack([account[order], index.seconds[order], index.micros[order]])
    starts = np.flatnonzero(np.any(np.diff(moment, axis=1, prepend=-1) != 0, axis=0)) if len(order) else order
    ends = np.append(starts[1:], len(order))
    # Events of one moment and several customers: the order of customers says nothing.
    mixed = customers[order[starts]] != customers[order[ends - 1]] if len(order) else np.zeros(0, np.bool_)
    tied = np.flatnonzero(np.repeat(mixed, ends - starts))
    if len(tied):
        rows = index.event_rows(order[tied], ["sequence", "source_id", "message_id"]).to_pylist()
        moments = np.repeat(np.arange(len(starts)), ends - starts)[tied].tolist()
        told = [(moments[n], row["sequence"], row["source_id"], row["message_id"]) for n, row in enumerate(rows)]
        order[tied] = order[tied][sorted(range(len(tied)), key=told.__getitem__)]
    return order


class _AccountIndex:
    """A journey index by account; what it says of events is said of those of the index below."""

    def __init__(self, snapshot: Snapshot, account_of: npt.NDArray[np.int64], names: tuple[str, ...]) -> None:
        below = snapshot.index
        self._below = below
        self.names = names
        self.account_of = account_of
        self.order = _merged(snapshot, account_of)
        self.generation = below.generation
        self.epoch = below.epoch
        whose = account_of[snapshot.customers_at(self.order)]
        self.offsets = np.searchsorted(whose, np.arange(len(names) + 1)).astype(np.int64)
        self.seconds, self.micros = below.seconds[self.order], below.micros[self.order]
        self.channels, self.rows = below.channels[self.order], below.rows[self.order]
        self.channel_names = below.channel_names

    @property
    def below(self) -> EventIndex:
        """The index by customer."""
        return self._below

    @property
    def as_of(self) -> Completeness:
        """Up to when the data are complete."""
        return self._below.as_of

    def column(self, map_key: str) -> TouchpointColumn:
        """A map's column."""
        column = self._below.column(map_key)
        place = np.full(len(self._below.rows), -1, np.int64)
        place[self.order] = np.arange(len(self.order))

        def moved(sparse: Sparse) -> Sparse:
            positions = place[np.asarray(sparse[0], np.int64)]
            kept = np.flatnonzero(positions >= 0)
            kept = kept[np.argsort(positions[kept], kind="stable")]
            return positions[kept], np.asarray(sparse[1], np.float64)[kept]

        return _AccountColumn(
            column.map_hash,
            np.asarray(column.touchpoints)[self.order],
            moved(column.values),
            moved(column.scores),
            column.sources,
        )

    def identifiers(self, customers: npt.NDArray[np.integer] | None = None) -> pa.Table:
        """A table (customer, kind, value): the account's name."""
        numbers = np.arange(len(self.names)) if customers is None else np.asarray(customers)
        return pa.table(
            {
                "customer": pa.array(numbers, pa.uint32()),
                "kind": pa.array(["account"] * len(numbers), pa.string()),
                "value": pa.array([self.names[number] for number in numbers], pa.string()),
            }
        )

    def event_rows(self, positions: npt.NDArray[np.integer], columns: list[str] | None = None) -> pa.Table:
        """The rows of the event files at these positions."""
        return self._below.event_rows(self.order[positions], columns)


@dataclass(frozen=True)
class _AccountColumn:
    map_hash: str
    touchpoints: npt.NDArray[np.uint16]
    values: Sparse
    scores: Sparse
    sources: Mapping[int, tuple[str, ...]]


class _AccountStore:
    """Where expressions over the events and traits of accounts are evaluated."""

    def __init__(self, snapshot: Snapshot, index: _AccountIndex) -> None:
        self._store: EventStore = snapshot.store
        self._index = index

    @property
    def generation(self) -> int:
        """Number of the newest generation."""
        return self._store.generation

    def index(self) -> EventIndex:
        """The accounts."""
        return self._index

    def evaluate_events(self, columns: Mapping[str, Compiled], *, index: Any) -> pa.Table:  # noqa: ARG002  # its own
        """Expressions over every row of the event files, in their global order."""
        return self._store.evaluate_events(columns, index=self._index.below)

    def rows(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows of a kind that has no customers of its own."""
        return self._store.rows(kind, columns)

    def lookups(self) -> pa.Table:
        """What every key of every lookup table stands for."""
        return self._store.lookups()

    def customer_traits(self, index: Any) -> pa.Table:  # noqa: ARG002  # its own
        """A table (customer, traits JSON): what all customers of an account of whom it is known agree on."""
        return self._traits

    def member_since(self, segment: str, index: Any) -> npt.NDArray[np.int64]:  # noqa: ARG002  # its own
        """Since when each account is in a segment; nobody follows that."""
        return np.zeros(len(self._index.offsets) - 1, np.int64)

    @cached_property
    def _traits(self) -> pa.Table:
        known = self._store.customer_traits(self._index.below)
        told: dict[int, dict[str, object]] = {}
        contradicted: set[tuple[int, str]] = set()
        for customer, text in zip(known["customer"].to_pylist(), known["traits"].to_pylist(), strict=True):
            account = int(self._index.account_of[customer])
            for name, value in json.loads(text or "{}").items() if account >= 0 else ():
                if told.setdefault(account, {}).setdefault(name, value) != value:
                    contradicted.add((account, name))
        for account, name in contradicted:
            told[account].pop(name, None)
        texts = [json.dumps(told[account], ensure_ascii=False) for account in sorted(told)]
        return pa.table(
            {"customer": pa.array(sorted(told), pa.uint32()), "traits": pa.array(texts, pa.string())},
        )

    def labels(
        self,
        scope: Scope,
        compiled: Compiled,
        *,
        index: Any,  # noqa: ARG002  # its own
    ) -> tuple[npt.NDArray[np.unsignedinteger[Any]], pa.StringArray] | None:
        """Number of each event's text, and the texts, if kept; of accounts nothing is."""
        kept = None if scope is Scope.CUSTOMER else self._store.labels(scope, compiled, index=self._index.below)
        return None if kept is None else (kept[0][self._index.order], kept[1])

    def text_attributes(self, index: Any) -> tuple[str, ...]:  # noqa: ARG002  # its own
        """`traits.x` and `properties.x` that hold a few different texts."""
        return self._store.text_attributes(self._index.below)
