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
        matched: So many of them fulfil it; `None`: they are of too few customers to be told.
        earlier: So many of these are another touchpoint, whose condition stands before, each by its key.
        by_event: Of each name of event that is met: the name, how many are met, how many there are.
        newest: The newest that are met.
        since: When the oldest of all that were looked at happened, UTC.
    """

    looked_at: int
    matched: int | None
    earlier: tuple[tuple[str, int | None], ...] = ()
    by_event: tuple[tuple[str, int | None, int], ...] = ()
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

    def matches(self, text: str, journey_map: JourneyMap, touchpoint: str, *, several: int = 1) -> Matches:
        """What a condition meets.

        Args:
            text: The condition.
            journey_map: In whose time zone it is, and whose other touchpoints may come before.
            touchpoint: Which of them it is about.
            several: Only events of so many customers are counted, where more than 1; single events are not told then:
                a condition may well be about one customer whom somebody has in mind.

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
        told = () if several > 1 else sorted(asked.fields - {"event", "channel", "occurred_at"})
        said = {f"f{n}": name for n, name in enumerate(told)}
        columns |= {column: _text(name, catalog, f"{column}_") for column, name in said.items()}
        if not table.num_rows:
            return Matches(looked_at=0, matched=0)
        found = evaluate_events(table, columns, seconds=_SECONDS)
        met = found.column("met")
        tell = _Counter(table, several)
        every, names = Counter(table.column("event").to_pylist()), table.column("event")
        some = Counter(names.filter(met).to_pylist())
        return Matches(
            looked_at=table.num_rows,
            matched=tell.count(met),
            earlier=tuple(_taken(found, before, tell)),
            by_event=tuple(
                (name, tell.count(pc.and_(met, pc.equal(names, name))) if several > 1 else count, every[name])
                for name, count in some.most_common()
            ),
            newest=() if several > 1 else tuple(_events(table, found, said)),
            since=table.column("occurred_at")[-1].as_py(),
        )


class _Counter:
    """Counts events, as far as they are of several customers.

    Args:
        table: The events.
        several: Of so many.
    """

    def __init__(self, table: pa.Table, several: int) -> None:
        self._several = several
        self._persons = pa.array(_persons(table)) if several > 1 else None

    def count(self, met: pa.ChunkedArray) -> int | None:
        """How many there are; `None`: they are of fewer customers."""
        count: int = pc.sum(met).as_py() or 0
        if not count or self._persons is None:
            return count
        return count if len(self._persons.filter(pc.fill_null(met, False)).unique()) >= self._several else None


def _text(name: str, catalog: Catalog, prefix: str) -> Compiled:
    return compile_expression(name, scope=Scope.EVENT, expects="scalar", catalog=catalog, prefix=prefix)


def _taken(found: pa.Table, before: Mapping[str, str], tell: _Counter) -> Iterator[tuple[str, int | None]]:
    """How many that are met another touchpoint takes first, whose condition stands before."""
    left = found.column("met")
    taken: dict[str, pa.ChunkedArray] = {}
    for column, touchpoint in before.items():
        both = pc.and_(left, found.column(column))
        taken[touchpoint] = pc.or_(taken[touchpoint], both) if touchpoint in taken else both
        left = pc.and_(left, pc.invert(found.column(column)))
    counts = {touchpoint: pc.sum(both).as_py() or 0 for touchpoint, both in taken.items()}
    for touchpoint in sorted(filter(counts.__getitem__, counts), key=lambda one: -counts[one]):
        yield touchpoint, tell.count(taken[touchpoint])


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
    columns = [table.column(name).to_pylist() for name in (*_COLUMNS, "properties")]
    found = counted_fields(
        (str(person), [*zip(_COLUMNS, own, strict=True), *said_in_json("properties", properties)])
        for person, *own, properties in zip(_persons(table), *columns, strict=True)
    )
    with _keeping:
        _kept.clear()
        _kept[id(table)] = table, found  # with the table, so that no other one gets its number
    return found


def _persons(table: pa.Table) -> list[int]:
    """A number of whom each event is about: events with an identifier in common are of one; 0: it names nobody."""
    parents: list[int] = [0]
    known: dict[tuple[str, str], int] = {}

    def root(number: int) -> int:
        while parents[number] != number:
            parents[number] = number = parents[parents[number]]
        return number

    firsts = []
    for identifiers in table.column("identifiers").to_pylist():
        first = 0
        for one in identifiers:
            number = known.setdefault((one["kind"], one["value"]), len(parents))
            if number == len(parents):
                parents.append(number)
            if first:
                parents[root(number)] = root(first)
            first = first or number
        firsts.append(first)
    return [root(first) for first in firsts]
