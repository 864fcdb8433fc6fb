"""What came lately, for who says how a touchpoint is seen: which fields and values there are, what a condition meets.

recent = RecentEvents(shop)
recent.fields(several=5)                               # to choose from
recent.matches("event = 'product_viewed'", shop.map(), "product_page").matched
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from resa.expressions import EVENT_FIELDS, Catalog, Compiled, Scope, compile_expression
from resa.storage import evaluate_events, newest_events
from resa.workspace.seen_fields import Counted, SeenField, counted_fields, plain_text, said_in_json, seen_fields

if TYPE_CHECKING:
    from resa.model.journey import JourneyMap
    from resa.workspace.workspace import Workspace

__all__ = ["NEWEST", "Matches", "RecentEvent", "RecentEvents"]

NEWEST: Final = 5_000
"""So many events are looked at, the newest."""

_SHOWN: Final = 10
_SECONDS: Final = 2.0
_COLUMNS: Final = ("event", "channel", "device", "source_id")
"""Fields of events beside their properties whose values can be chosen."""


@dataclass(frozen=True, kw_only=True)
class RecentEvent:
    """An event. All of it may be personal data.

    Attributes:
        at: When it happened, UTC.
        event: Its name.
        source: Who delivered it.
        channel: Where; empty: it does not say.
        kind: Of its first identifier; empty: it has none.
        who: The identifier.
        said: What it says in the fields that the condition reads.
    """

    at: datetime
    event: str
    source: str
    channel: str
    kind: str
    who: str
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Matches:
    """What a condition meets among recent events.

    Attributes:
        looked_at: So many events.
        matched: So many of them fulfil it.
        earlier: So many of these are another touchpoint, whose condition stands before, each by its key.
        by_event: Of each name of event that is met: the name, how many are met, how many there are.
        newest: The newest that are met.
        since: When the oldest of all that were looked at happened, UTC.
    """

    looked_at: int
    matched: int
    earlier: tuple[tuple[str, int], ...] = ()
    by_event: tuple[tuple[str, int, int], ...] = ()
    newest: tuple[RecentEvent, ...] = ()
    since: datetime | None = None


class RecentEvents:
    """The newest events of a workspace.

    Args:
        shop: The workspace.
        most: So many at most.
    """

    def __init__(self, shop: Workspace, most: int = NEWEST) -> None:
        self._shop = shop
        self._most = most

    @cached_property
    def table(self) -> pa.Table:
        """The events, the newest first.

        Raises:
            TimeExceeded: It takes too long to read them.
        """
        return newest_events(self._shop.store, self._most, self._shop.exclude)

    def fields(self, *, several: int = 1) -> list[SeenField]:
        """What there is to choose from: the fields of the events, then their properties, the commonest first.

        Args:
            several: Only values that so many customers have are told.
        """
        found = seen_fields(_counted(self.table), several=several)
        known = {one.path for one in found}
        found += [SeenField(path=name, rows=0) for name in EVENT_FIELDS if name not in known]
        order = {name: place for place, name in enumerate(EVENT_FIELDS)}
        return sorted(found, key=lambda one: (order.get(one.path, len(order)), -one.rows, one.path))

    def matches(self, text: str, journey_map: JourneyMap, touchpoint: str) -> Matches:
        """What a condition meets.

        Args:
            text: The condition.
            journey_map: In whose time zone it is, and whose other touchpoints may come before.
            touchpoint: Which of them it is about.

        Raises:
            ExpressionError: It is wrong.
            TimeExceeded: It takes too long.
        """
        table = self.table
        catalog = Catalog(timezone=journey_map.timezone)
        asked = compile_expression(text, scope=Scope.EVENT, expects="boolean", catalog=catalog, prefix="a")
        columns = {"met": asked}
        before: dict[str, str] = {}
        for number, signal in enumerate(journey_map.signals):
            if signal.touchpoint == touchpoint:
                break
            if signal.when is None or signal.occurrence is not None:  # which of a customer's events it is, is not known
                continue
            before[f"b{number}"] = signal.touchpoint
            columns[f"b{number}"] = compile_expression(
                signal.when, scope=Scope.EVENT, expects="boolean", catalog=catalog, prefix=f"b{number}_"
            )
        said = {f"f{n}": name for n, name in enumerate(sorted(asked.fields - {"event", "channel", "occurred_at"}))}
        columns |= {column: _text(name, catalog, f"{column}_") for column, name in said.items()}
        if not table.num_rows:
            return Matches(looked_at=0, matched=0)
        found = evaluate_events(table, columns, seconds=_SECONDS)
        met = found.column("met")
        events = table.column("event")
        every, some = Counter(events.to_pylist()), Counter(events.filter(met).to_pylist())
        return Matches(
            looked_at=table.num_rows,
            matched=sum(some.values()),
            earlier=tuple(_taken(found, before)),
            by_event=tuple((name, count, every[name]) for name, count in some.most_common()),
            newest=tuple(_events(table, found, said)),
            since=table.column("occurred_at")[-1].as_py(),
        )


def _text(name: str, catalog: Catalog, prefix: str) -> Compiled:
    return compile_expression(name, scope=Scope.EVENT, expects="scalar", catalog=catalog, prefix=prefix)


def _taken(found: pa.Table, before: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """How many that are met another touchpoint takes first, whose condition stands before."""
    left = found.column("met")
    counts: Counter[str] = Counter()
    for column, touchpoint in before.items():
        both = pc.and_(left, found.column(column))
        counts[touchpoint] += pc.sum(both).as_py() or 0
        left = pc.and_(left, pc.invert(found.column(column)))
    yield from ((touchpoint, count) for touchpoint, count in counts.most_common() if count)


def _events(table: pa.Table, found: pa.Table, said: Mapping[str, str]) -> Iterator[RecentEvent]:
    met = found.column("met")
    rows = table.filter(met).slice(0, _SHOWN).to_pylist()
    values = found.filter(met).slice(0, _SHOWN).select(list(said)).to_pylist() if said else [{}] * len(rows)
    for row, own in zip(rows, values, strict=True):
        who: dict[str, str] = next(iter(row["identifiers"]), {})
        yield RecentEvent(
            at=row["occurred_at"],
            event=row["event"],
            source=row["source_id"],
            channel=row["channel"] or "",
            kind=who.get("kind", ""),
            who=who.get("value", ""),
            said={said[name]: plain_text(value) for name, value in own.items() if value is not None},
        )


_kept: OrderedDict[int, tuple[pa.Table, Counted]] = OrderedDict()
_keeping: Final = Lock()


def _counted(table: pa.Table) -> Counted:
    """What the fields of events say; counted once for each table."""
    with _keeping:
        if id(table) in _kept:
            return _kept[id(table)][1]
    columns = [table.column(name).to_pylist() for name in (*_COLUMNS, "properties", "identifiers")]
    found = counted_fields(
        (
            identifiers[0]["value"] if identifiers else "",
            [*zip(_COLUMNS, own, strict=True), *said_in_json("properties", properties)],
        )
        for *own, properties, identifiers in zip(*columns, strict=True)
    )
    with _keeping:
        _kept.clear()
        _kept[id(table)] = table, found  # with the table, so that no other one gets its number
    return found
