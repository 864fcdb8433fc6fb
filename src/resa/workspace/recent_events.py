"""What came lately, for who says how a touchpoint is seen: which fields and values there are, what a condition meets.

recent = RecentEvents(shop)
recent.fields(several=5)                               # to choose from
recent.matches("event = 'product_viewed'", shop.map(), "product_page").matched
"""

from __future__ import annotations

import json
import re
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from resa.expressions import EVENT_FIELDS, Catalog, Compiled, Scope, compile_expression
from resa.storage import evaluate_events, newest_events

if TYPE_CHECKING:
    from resa.model.journey import JourneyMap
    from resa.workspace.workspace import Workspace

__all__ = ["NEWEST", "Matches", "RecentEvent", "RecentEvents", "SeenField", "path_of"]

NEWEST: Final = 5_000
"""So many events are looked at, the newest."""

_SHOWN: Final = 10
_SECONDS: Final = 2.0
_DEEPEST: Final = 3
_MOST_FIELDS: Final = 200
_MOST_VALUES: Final = 50
_LONGEST_VALUE: Final = 100
_COLUMNS: Final = ("event", "channel", "device", "source_id")
"""Fields of events beside their properties whose values can be chosen."""

_NAME: Final = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, kw_only=True)
class SeenField:
    """A field that recent events have.

    Attributes:
        path: As an expression names it.
        events: How many of them have it.
        numbers: All its values are numbers.
        values: What it says, the commonest first, each with how many events say it.
    """

    path: str
    events: int
    numbers: bool = False
    values: tuple[tuple[str, int], ...] = ()


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
        counts = _counted(self.table)
        found = [SeenField(path=name, events=0) for name in EVENT_FIELDS if name not in counts]
        for path, one in counts.items():
            values = [(value, n) for value, n in one.values.most_common() if len(one.persons[value]) >= several]
            found.append(
                SeenField(path=path, events=one.events, numbers=one.numbers, values=tuple(values[:_MOST_VALUES]))
            )
        order = {name: place for place, name in enumerate(EVENT_FIELDS)}
        return sorted(found, key=lambda one: (order.get(one.path, len(order)), -one.events, one.path))

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
            said={said[name]: _plain(value) for name, value in own.items() if value is not None},
        )


# What fields there are.


@dataclass
class _Counted:
    """What one field said.

    Attributes:
        events: How many events have it.
        numbers: All values were numbers.
        values: How often each was said.
        persons: Of whom, as far as it matters.
    """

    events: int = 0
    numbers: bool = True
    values: Counter[str] = field(default_factory=Counter)
    persons: dict[str, set[str]] = field(default_factory=dict)


_ENOUGH: Final = 5
_MOST_KEPT: Final = 2_000
_kept: OrderedDict[int, tuple[pa.Table, dict[str, _Counted]]] = OrderedDict()
_keeping: Final = Lock()


def _counted(table: pa.Table) -> dict[str, _Counted]:
    """What the fields of events say; counted once for each table."""
    with _keeping:
        if id(table) in _kept:
            return _kept[id(table)][1]
    found: dict[str, _Counted] = {}
    columns = [table.column(name).to_pylist() for name in (*_COLUMNS, "properties", "identifiers")]
    for *own, properties, identifiers in zip(*columns, strict=True):
        person = identifiers[0]["value"] if identifiers else ""
        said = [*zip(_COLUMNS, own, strict=True), *_properties(properties)]
        for path, value in said:
            if value is not None and (path in found or len(found) < _MOST_FIELDS):
                _count(found.setdefault(path, _Counted()), value, person)
    with _keeping:
        _kept.clear()
        _kept[id(table)] = table, found  # with the table, so that no other one gets its number
    return found


def _count(one: _Counted, value: Any, person: str) -> None:
    one.events += 1
    one.numbers &= isinstance(value, int | float) and not isinstance(value, bool)
    text = _plain(value)
    if len(text) > _LONGEST_VALUE or (text not in one.values and len(one.values) >= _MOST_KEPT):
        return
    one.values[text] += 1
    persons = one.persons.setdefault(text, set())
    if len(persons) < _ENOUGH:
        persons.add(person)


def _properties(text: str | None) -> Iterator[tuple[str, Any]]:
    try:
        said = json.loads(text or "{}")
    except ValueError:
        return
    if isinstance(said, dict):
        yield from _flat("properties", said, 1)


def _flat(path: str, said: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    """Names with dots between them, and what is said there; of lists nothing."""
    for name, value in said.items():
        here = f"{path}.{path_of(name)}"
        if isinstance(value, dict):
            if depth < _DEEPEST:
                yield from _flat(here, value, depth + 1)
        elif isinstance(value, str | int | float) and name:
            yield here, value


def path_of(name: str) -> str:
    """A name as an expression writes it after a dot."""
    return name if _NAME.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def _plain(value: Any) -> str:
    """A value as a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
