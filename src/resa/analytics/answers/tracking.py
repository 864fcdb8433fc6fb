"""Tracking: what the map needs of the events, what came of it, since when something is missing, and what nobody uses.

A touchpoint is *silent* if no visit came on the last complete days, although so many without one would have a chance
below a thousandth at the rate of the days until then (the share of days with a visit; one without is added, so that few
days prove little). A property is *missing* likewise: of the visits after the last that carried it. So a touchpoint that
is met once a month is not called silent after a week. A number by day is judged as visits are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.answers.coverage import day_bounds
from resa.analytics.answers.tracking_needs import BY_CHANCE, Need, needs, numbers_by_day, places, properties_read
from resa.analytics.answers.tracking_sql import (
    properties_sql,
    tracking_sql,
    unused_properties_sql,
    unused_sql,
)
from resa.analytics.calendar import DAY, SECOND
from resa.analytics.questions.kinds import TrackingQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Part, People, in_columns, part_of
from resa.analytics.scope.selection import Selection
from resa.analytics.views import view_table
from resa.kernels import NEVER, Cells, Clock, Period, Tracked, came_after, renumbered, tracked
from resa.storage import EventKind

__all__ = ["PROPERTY_COLUMNS", "TRACKING_COLUMNS", "UNUSED_COLUMNS", "UNUSED_PROPERTY_COLUMNS", "answer_tracking"]

_VISITS: Final = Column("visits", pa.int64(), "Visits that name a customer.")
_MISSING: Final = Column(
    "missing_since", pa.date32(), "First day without, in the map's zone; null: nothing is missing."
)

TRACKING_COLUMNS: Final = (
    Column("touchpoint", pa.string(), "Its key."),
    Column("needs", pa.string(), "Which events show it, as its signals say; the first that holds counts."),
    Column("state", pa.string(), "comes, silent or never came; not seen: on purpose; no signal: nothing tells."),
    _MISSING,
    _VISITS,
    Column("first_day", pa.date32(), "Day of the first visit or number, in the map's zone."),
    Column("last_day", pa.date32(), "Day of the last one."),
)
PROPERTY_COLUMNS: Final = (
    Column("touchpoint", pa.string(), "Its key."),
    Column("property", pa.string(), "What signals, expectations and metrics read of its events."),
    Column("state", pa.string(), "comes, missing or never came; no visits: nothing can be said."),
    _MISSING,
    _VISITS,
    Column("carried", pa.int64(), "Visits whose event carries it."),
    Column("share", pa.float64(), "carried / visits, 0 to 1."),
    Column("last_day", pa.date32(), "Day of the last visit that carries it, in the map's zone."),
)
UNUSED_COLUMNS: Final = (
    Column("event", pa.string(), "Name of the event as it arrived."),
    Column("source", pa.string(), "Which source delivered it."),
    Column("unused", pa.int64(), "How many of them are no touchpoint of the map."),
    Column("events", pa.int64(), "How many there are."),
    Column("customers", pa.int64(), "Customers of those that are no touchpoint."),
    Column("first_day", pa.date32(), "Day of the first that is none, in the map's zone."),
    Column("last_day", pa.date32(), "Day of the last one."),
)
UNUSED_PROPERTY_COLUMNS: Final = (
    Column("property", pa.string(), "A property that no signal, expectation or metric of the map reads."),
    Column("event", pa.string(), "Name of the event that carries it."),
    Column("carried", pa.int64(), "How many of these events carry it."),
    Column("last_day", pa.date32(), "Day of the last one, in the map's zone."),
)

_EPOCH_DAY: Final = date(1970, 1, 1)

_MOST_CELLS: Final = 50_000_000
"""Touchpoints times kinds of events that are looked up in a table."""


def answer_tracking(question: TrackingQuestion, selection: Selection) -> Answer:
    """Hold what came against what the map needs."""
    wanted = list(needs(selection))
    came = _Came.of(selection, wanted)
    keys = [touchpoint.key for touchpoint in selection.snapshot.journey_map.touchpoints]

    def part(columns: tuple[Column, ...], rows: Sequence[Sequence[object]], sql: str, **people: People) -> Part:
        return part_of(columns, in_columns(columns, rows), sql=sql, people=people)

    top = question.top
    parts = {
        "tracking": part(
            TRACKING_COLUMNS,
            list(_touchpoints(came)),
            tracking_sql(selection),
            visits=lambda row: _whose(selection, keys[row]),
        ),
        "properties": part(
            PROPERTY_COLUMNS,
            list(_properties(came, wanted)),
            properties_sql(selection, wanted, PROPERTY_COLUMNS),
            visits=lambda row: _whose(selection, wanted[row].touchpoint),
        ),
        "unused": part(UNUSED_COLUMNS, _unused(came)[:top], unused_sql(selection, top)),
        "unused_properties": part(
            UNUSED_PROPERTY_COLUMNS,
            _unused_properties(came, wanted)[:top],
            unused_properties_sql(selection, wanted, top),
        ),
    }
    return Answer(parts=parts, n={"visits": sum(parts["tracking"].table["visits"].to_pylist())})


def _whose(selection: Selection, touchpoint: str) -> Counted:
    code = selection.snapshot.journey_map.code[touchpoint]
    positions = selection.visits
    positions = positions[selection.journeys.touchpoints[positions] == code]
    times = selection.snapshot.times(positions)
    low, high = selection.bounds
    known = times <= selection.as_of if selection.as_of is not None else np.zeros(len(times), np.bool_)
    return selection.snapshot.customers_at(positions[(times >= low) & (times < high) & known])


# What came.


@dataclass(frozen=True)
class _Cell:
    """Events of one touchpoint, or of none, and of one kind.

    Attributes:
        code: Of the touchpoint; 0: none.
        kind: What they carry.
        further: Which of the fields they carry that their kind does not tell of.
        count: How many there are, at least one.
        first: When the earliest was, microseconds since the index epoch.
        last: When the latest was.
    """

    code: int
    kind: EventKind
    further: frozenset[str]
    count: int
    first: int
    last: int

    def carries(self, field: str) -> bool:
        """Whether they have something there."""
        told = self.kind.carries(field)
        return field in self.further if told is None else told


@dataclass(frozen=True)
class _Came:
    """What came in the period and is known by now.

    Attributes:
        selection: What is looked at.
        period: Its bounds, microseconds since the index epoch.
        cells: The events by what they have in common.
        clock: The days.
        days: bool[K, days], on which days each touchpoint was visited.
        customers: Customers of events that are no touchpoint, by their name and source.
    """

    selection: Selection
    period: Period
    cells: Sequence[_Cell]
    clock: Clock
    days: npt.NDArray[np.bool_]
    customers: dict[tuple[str, str], int]

    @classmethod
    def of(cls, selection: Selection, wanted: Sequence[Need]) -> _Came:
        """Count the events, in one pass, so that it can be told of each what it carries of what is wanted."""
        snapshot = selection.snapshot
        codes, kinds = snapshot.event_kinds
        numbers, further = _refined(selection, wanted, codes, kinds)
        pairs = snapshot.column.touchpoints.astype(np.int64) * len(further) + numbers
        cells, used = numbered_pairs(pairs, len(snapshot.names) * len(further))
        rows, which = (used // max(len(further), 1)).astype(np.int32), used % max(len(further), 1)
        of_cell = [(kinds[further[number][0]], further[number][1]) for number in which.tolist()]
        names = list(dict.fromkeys((kind.event, kind.source) for kind, _ in of_cell))
        group = {name: number for number, name in enumerate(names)}
        groups = np.array([group[kind.event, kind.source] for kind, _ in of_cell], np.int32)
        groups[rows > 0] = -1
        period, clock = _known_period(selection), _clock(selection)
        size = (len(snapshot.names), len(names))
        found = tracked(snapshot.journeys, Cells(cells, rows, groups), clock, period=period, size=size)
        every = _cells(rows, of_cell, found)
        return cls(selection, period, every, clock, found.days, dict(zip(names, found.customers.tolist(), strict=True)))

    def day(self, moment: int) -> date:
        """The day of a moment, microseconds since the index epoch, in the map's zone."""
        snapshot = self.selection.snapshot
        local = snapshot.zone.local(np.array([moment + snapshot.epoch], np.int64))
        return _EPOCH_DAY + timedelta(days=int(local[0] // DAY))

    @cached_property
    def by_code(self) -> dict[int, list[_Cell]]:
        """The cells of each touchpoint."""
        found: dict[int, list[_Cell]] = defaultdict(list)
        for cell in self.cells:
            found[cell.code].append(cell)
        return found


def numbered_pairs(
    pairs: npt.NDArray[np.int64], size: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.integer[Any]]]:
    """The same numbers without gaps, and for each of the new ones the old one.

    Args:
        pairs: 0 to `size` - 1.
        size: How many there may be: more than a table can hold, where nearly every event carries something of its own.
    """
    if size <= _MOST_CELLS:
        return renumbered(pairs.astype(np.int32), size)
    used, cells = np.unique(pairs, return_inverse=True)
    return cells.astype(np.int32), used


def _cells(
    rows: npt.NDArray[np.int32], of_cell: Sequence[tuple[EventKind, frozenset[str]]], found: Tracked
) -> list[_Cell]:
    columns = (rows.tolist(), of_cell, found.counts.tolist(), found.first.tolist(), found.last.tolist())
    return [
        _Cell(code, kind, further, count, first, last)
        for code, (kind, further), count, first, last in zip(*columns, strict=True)
        if count
    ]


def _refined(
    selection: Selection, wanted: Sequence[Need], codes: npt.NDArray[np.integer[Any]], kinds: Sequence[EventKind]
) -> tuple[npt.NDArray[np.int32], list[tuple[int, frozenset[str]]]]:
    """Kinds told apart by fields that they do not tell of, too: each event's number, and each number's kind and fields.

    Hardly ever are there such fields: what lies within a property, or when an event was sent.
    """
    numbers = codes.astype(np.int32)
    parts = [(number, frozenset[str]()) for number in range(len(kinds))]
    fields = sorted({need.field for need in wanted})
    for field in fields:
        if all(kind.carries(field) is not None for kind in kinds):
            continue
        numbers = numbers * 2 + selection.snapshot.event_flags(f"{field} is not null")
        numbers, used = renumbered(numbers.astype(np.int32), 2 * len(parts))
        parts = [
            (kind, further | {field} if number % 2 else further)
            for number in used.tolist()
            for kind, further in [parts[number // 2]]
        ]
    return numbers, parts


def _known_period(selection: Selection) -> Period:
    """The period, as far as it is known what happened."""
    (start, until), known = selection.period, selection.as_of
    return start, start if known is None else min(until, known - selection.snapshot.epoch + 1)


def _clock(selection: Selection) -> Clock:
    """The days of all events in the map's zone."""
    snapshot = selection.snapshot
    zone, epoch = snapshot.zone, snapshot.epoch
    ends = np.array([snapshot.oldest or epoch, snapshot.newest or epoch], np.int64)
    first, last = (zone.local(ends) // DAY).tolist()
    # Where a clock is put back at midnight, the day before comes again.
    first, last = first - 1, last + 1
    return Clock((zone.starts - epoch) // SECOND, (zone.offsets + epoch) // SECOND, first, last - first + 1)


# What came of what is needed.


def _touchpoints(came: _Came) -> Iterator[tuple[object, ...]]:
    numbered = _numbered_days(came)
    for code, place in enumerate(places(came.selection), start=1):
        days = {_EPOCH_DAY + timedelta(days=came.clock.first + day) for day in np.flatnonzero(came.days[code]).tolist()}
        days |= numbered[place.touchpoint]
        first, last = min(days, default=None), max(days, default=None)
        state = _state(place.seen_by, days, place.complete)
        missing = last + timedelta(days=1) if last is not None and state == "silent" else None
        visits = sum(cell.count for cell in came.by_code[code])
        yield place.touchpoint, place.needs or None, state, missing, visits, first, last


def _state(seen_by: str, days: set[date], complete: date | None) -> str:
    """Whether it comes; the module's text says when it is silent."""
    if seen_by in {"not seen", "no signal"}:
        return seen_by
    if not days:
        return "never came"
    rate = len(days) / ((max(days) - min(days)).days + 2)
    since = 0 if complete is None else max(0, (complete - max(days)).days - 1)
    return "silent" if (1 - rate) ** since < BY_CHANCE else "comes"


def _numbered_days(came: _Came) -> dict[str, set[date]]:
    """Days with a number, by the touchpoint that it shows."""
    found: dict[str, set[date]] = defaultdict(set)
    shown = numbers_by_day(came.selection.snapshot.journey_map)
    if shown:
        first, last = day_bounds(came.selection)
        told = view_table("daily_numbers", came.selection.snapshot).group_by(["number", "day"]).aggregate([])
        for number, day in zip(told.column("number").to_pylist(), told.column("day").to_pylist(), strict=True):
            if number in shown and (first is None or day >= first) and (last is None or day <= last):
                found[shown[number]].add(day)
    return found


def _properties(came: _Came, wanted: Sequence[Need]) -> Iterator[tuple[object, ...]]:
    """Touchpoints and what is read of their events."""
    code = came.selection.snapshot.journey_map.code
    own = [came.by_code[code[need.touchpoint]] for need in wanted]
    carrying = [[cell for cell in cells if cell.carries(need.field)] for need, cells in zip(wanted, own, strict=True)]
    last = [max((cell.last for cell in cells), default=NEVER) for cells in carrying]
    per_code = np.bincount([code[need.touchpoint] for need in wanted], minlength=len(code) + 1)
    heads = np.concatenate([[0], np.cumsum(per_code)]).astype(np.int64)
    after = came_after(came.selection.snapshot.journeys, heads, np.array(last, np.int64), until=came.period[1])
    for row, need in enumerate(wanted):
        visits, carried = (sum(cell.count for cell in cells) for cells in (own[row], carrying[row]))
        since, earliest = int(after.counts[row]), int(after.first[row])
        state = _carried_state(visits, carried, since)
        missing = came.day(earliest) if state == "missing" else None
        share = carried / visits if visits else None
        yield *need, state, missing, visits, carried, share, came.day(last[row]) if carried else None


def _carried_state(visits: int, carried: int, since: int) -> str:
    """Whether a property comes; the module's text says when it is missing."""
    if not visits:
        return "no visits"
    if not carried:
        return "never came"
    return "missing" if (1 - carried / (visits - since + 1)) ** since < BY_CHANCE else "comes"


# What nobody uses.


def _unused(came: _Came) -> list[tuple[object, ...]]:
    """Events that are no touchpoint, the most first."""
    every: dict[tuple[str, str], list[_Cell]] = defaultdict(list)
    for cell in came.cells:
        every[cell.kind.event, cell.kind.source].append(cell)
    rows: list[tuple[Any, ...]] = []
    for (event, source), cells in every.items():
        none = [cell for cell in cells if not cell.code]
        if none:
            counts = sum(cell.count for cell in none), sum(cell.count for cell in cells)
            days = came.day(min(cell.first for cell in none)), came.day(max(cell.last for cell in none))
            rows.append((event, source, *counts, came.customers[event, source], *days))
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def _unused_properties(came: _Came, wanted: Sequence[Need]) -> list[tuple[object, ...]]:
    """Properties of touchpoints' events that the map does not read, the most first."""
    read = properties_read(wanted)
    carrying: dict[tuple[str, str], list[_Cell]] = defaultdict(list)
    for cell in came.cells:
        for name in cell.kind.properties:
            if cell.code and name not in read:
                carrying[name, cell.kind.event].append(cell)
    rows: list[tuple[Any, ...]] = [
        (name, event, sum(cell.count for cell in cells), came.day(max(cell.last for cell in cells)))
        for (name, event), cells in carrying.items()
    ]
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))
