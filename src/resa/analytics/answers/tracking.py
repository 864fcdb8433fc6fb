"""Tracking: what the map needs of the events, what came of it, since when something is missing, and what nobody uses.

A touchpoint is *silent* if no visit came on the last complete days, although so many without one would have a chance
below a thousandth at the rate of the days until then (the share of days with a visit; one without is added, so that few
days prove little). A property is *missing* likewise: of the visits after the last that carried it. So a touchpoint that
is met once a month is not called silent after a week. A number by day is judged as visits are.
"""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from resa.analytics.answers.by_sql import part_by_sql
from resa.analytics.answers.coverage import SEEN_BY, days_asked
from resa.analytics.questions.kinds import TrackingQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, People
from resa.analytics.scope.selection import Selection
from resa.analytics.sql.text import Statement, inlined, literal
from resa.base.clock import from_microseconds, to_microseconds
from resa.model.journey import JourneyMap, Signal

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

_BY_CHANCE: Final = 0.001
"""Chance below which what does not come is missing."""


class _Need(NamedTuple):
    """A field of events that the map reads at a touchpoint."""

    touchpoint: str
    field: str


def answer_tracking(question: TrackingQuestion, selection: Selection) -> Answer:
    """Hold what came against what the map needs."""
    needs = list(_needs(selection))
    visits = _visits(selection)
    keys = [touchpoint.key for touchpoint in selection.snapshot.journey_map.touchpoints]
    whose: dict[str, People] = {"visits": lambda row: _whose(selection, keys[row])}
    read: dict[str, People] = {"visits": lambda row: _whose(selection, needs[row].touchpoint)}
    parts = {
        "tracking": part_by_sql(selection, TRACKING_COLUMNS, _tracking_sql(selection, visits), whose),
        "properties": part_by_sql(selection, PROPERTY_COLUMNS, _properties_sql(selection, visits, needs), read),
        "unused": part_by_sql(selection, UNUSED_COLUMNS, _unused_sql(selection, question.top), {}),
        "unused_properties": part_by_sql(
            selection, UNUSED_PROPERTY_COLUMNS, _unused_properties_sql(selection, needs, question.top), {}
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


# What is needed.


def _needs(selection: Selection) -> Iterator[_Need]:
    """What the map reads of the events of each touchpoint, beside their names."""
    journey_map = selection.snapshot.journey_map
    for touchpoint in journey_map.touchpoints:
        texts = list(dict.fromkeys(_texts(journey_map, touchpoint.key)))
        fields = {field for text in texts for field in selection.snapshot.event_expression(text, "scalar").fields}
        for name in sorted(fields - {"event", "occurred_at"}):
            yield _Need(touchpoint.key, name)


def _texts(journey_map: JourneyMap, key: str) -> Iterator[str]:
    """Expressions over the events of a touchpoint."""
    for signal in journey_map.signals:
        if signal.touchpoint == key:
            yield from (text for text in (signal.when, signal.value, signal.score) if text is not None)
    for arrow in journey_map.expectations:
        if arrow.per is not None and key in {arrow.after, *arrow.next}:
            yield arrow.per
    for metric in journey_map.metrics:
        if metric.number is not None and (not metric.of or key in metric.of):
            yield metric.number


# SQL.


def _visits(selection: Selection) -> Statement:
    """`met`: the visits in the period that are known by now, with their day."""
    known = selection.in_period("occurred_at", selection.as_of)
    return selection.statement.step("met", f"SELECT *, {_day(selection, 'occurred_at')} AS day FROM seen WHERE {known}")


def _day(selection: Selection, moment: str) -> str:
    return f"timezone({literal(selection.snapshot.journey_map.timezone)}, {moment})::DATE"


def _tracking_sql(selection: Selection, visits: Statement) -> str:
    journey_map = selection.snapshot.journey_map
    signals, keys = journey_map.signals, [touchpoint.key for touchpoint in journey_map.touchpoints]
    kinds = {signal.touchpoint: SEEN_BY[signal.kind] for signal in signals}
    said = ["; ".join(_said(signal) for signal in signals if signal.touchpoint == key) for key in keys]
    numbers = {signal.daily_number: signal.touchpoint for signal in signals if signal.daily_number is not None}
    columns = {
        "touchpoint": literal(keys),
        "needs": literal(said),
        "seen_by": literal([kinds.get(key, "no signal") for key in keys]),
        "complete": f"{literal([_complete(selection, key) for key in keys])}::DATE[]",
        "place": f"range({len(keys)})",
    }
    unnested = ", ".join(f"unnest({values}) AS {name}" for name, values in columns.items())
    statement = (
        visits.step("places", f"SELECT {unnested}")
        .step(
            "numbers",
            f"SELECT unnest({literal(list(numbers))}::VARCHAR[]) AS number,\n"
            f"  unnest({literal(list(numbers.values()))}::VARCHAR[]) AS touchpoint",
        )
        .step(
            "days",
            "SELECT touchpoint, day, count(*) AS visits FROM met GROUP BY ALL\n"
            "UNION ALL SELECT DISTINCT touchpoint, day, 0 FROM daily_numbers JOIN numbers USING (number)\n"
            f"WHERE {days_asked(selection)}",
        )
        .step(
            "told",
            "SELECT touchpoint, sum(visits)::BIGINT AS visits, count(DISTINCT day) AS days, min(day) AS first_day,\n"
            "  max(day) AS last_day FROM days GROUP BY touchpoint",
        )
        .step(
            "quiet",
            "SELECT *, days / (last_day - first_day + 2) AS rate,\n"
            "  greatest(0, complete - last_day - 1) AS since FROM places LEFT JOIN told USING (touchpoint)",
        )
        .step(
            "judged",
            "SELECT *, CASE WHEN seen_by IN ('not seen', 'no signal') THEN seen_by\n"
            "  WHEN visits IS NULL THEN 'never came'\n"
            f"  WHEN power(1 - rate, since) < {_BY_CHANCE} THEN 'silent' ELSE 'comes' END AS state FROM quiet",
        )
    )
    return statement.select(
        "SELECT touchpoint, nullif(needs, '') AS needs, state,\n"
        "  CASE WHEN state = 'silent' THEN last_day + 1 END AS missing_since, coalesce(visits, 0) AS visits,\n"
        "  first_day, last_day FROM judged ORDER BY place"
    )


def _said(signal: Signal) -> str:
    """What shows a touchpoint; nothing where that is not seen."""
    text = signal.when or signal.daily_number or ""
    if signal.occurrence is None:
        return text
    first, last = signal.occurrence
    return f"{text}, occurrence {first}{'+' if last is None else '' if last == first else f'-{last}'}"


def _complete(selection: Selection, key: str) -> date | None:
    """The day that is not complete yet, or lies behind the period: every source that delivered it counts."""
    snapshot = selection.snapshot
    known = selection.question.as_of or snapshot.complete_to([snapshot.journey_map.code[key]])
    if known is None:
        return None
    end = from_microseconds(min(to_microseconds(known), selection.bounds[1]))
    return end.astimezone(ZoneInfo(snapshot.journey_map.timezone)).date()


def _properties_sql(selection: Selection, visits: Statement, needs: list[_Need]) -> str:
    """One row of marks a visit, then a branch for each need."""
    if not needs:
        empty = ", ".join(f"NULL AS {column.name}" for column in PROPERTY_COLUMNS)
        return f"SELECT {empty} WHERE FALSE"
    fields = sorted({need.field for need in needs})
    marks = ", ".join(f"{_carries(selection, field)} AS c{place}" for place, field in enumerate(fields))
    carried = visits.step("read", f"SELECT position, {marks} FROM events").step(
        "carried", "SELECT * FROM met JOIN read USING (position)"
    )
    branches = []
    for place, need in enumerate(needs):
        mark = f"c{fields.index(need.field)}"
        own = f"(SELECT * FROM carried WHERE touchpoint = {literal(need.touchpoint)})"
        last = f"(SELECT max(occurred_at) FILTER ({mark}) AS last_at FROM {own})"
        branches.append(
            f"SELECT {place} AS place, {literal(need.touchpoint)} AS touchpoint, {literal(need.field)} AS property,\n"
            f"  count(*) AS visits, count(*) FILTER ({mark}) AS carried, max(day) FILTER ({mark}) AS last_day,\n"
            f"  count(*) FILTER (occurred_at > last_at) AS since,\n"
            f"  min(day) FILTER (occurred_at > last_at) AS missing_since FROM {own}, {last}"
        )
    judged = carried.step("counted", "\nUNION ALL ".join(branches)).step(
        "judged",
        "SELECT *, CASE WHEN visits = 0 THEN 'no visits' WHEN carried = 0 THEN 'never came'\n"
        f"  WHEN power(1 - carried / (visits - since + 1), since) < {_BY_CHANCE} THEN 'missing'\n"
        "  ELSE 'comes' END AS state FROM counted",
    )
    return judged.select(
        "SELECT touchpoint, property, state, CASE WHEN state = 'missing' THEN missing_since END AS missing_since,\n"
        "  visits, carried, carried / nullif(visits, 0) AS share, last_day FROM judged ORDER BY place"
    )


def _carries(selection: Selection, field: str) -> str:
    """A condition: the event has something there."""
    return inlined(selection.snapshot.event_expression(f"{field} is not null", "boolean"))


def _unused(selection: Selection) -> Statement:
    """`told`: the events in the period that are known by now, with their day and whether they are a touchpoint."""
    known = selection.in_period("occurred_at", selection.as_of)
    return Statement().step(
        "told",
        f"SELECT e.*, {_day(selection, 'occurred_at')} AS day, v.position IS NOT NULL AS used\n"
        f"FROM (SELECT * FROM events WHERE {known}) e LEFT JOIN (SELECT position FROM visits) v USING (position)",
    )


def _unused_sql(selection: Selection, top: int) -> str:
    return _unused(selection).select(
        "SELECT event, source_id AS source, count(*) FILTER (NOT used) AS unused, count(*) AS events,\n"
        "  count(DISTINCT customer) FILTER (NOT used) AS customers, min(day) FILTER (NOT used) AS first_day,\n"
        "  max(day) FILTER (NOT used) AS last_day\n"
        f"FROM told GROUP BY ALL HAVING unused > 0 ORDER BY unused DESC, event, source LIMIT {top}"
    )


def _unused_properties_sql(selection: Selection, needs: list[_Need], top: int) -> str:
    used = sorted({need.field.split(".")[1] for need in needs if need.field.startswith("properties.")})
    statement = _unused(selection).step(
        "keys", "SELECT event, day, unnest(json_keys(properties)) AS property FROM told WHERE used"
    )
    return statement.select(
        "SELECT property, event, count(*) AS carried, max(day) AS last_day FROM keys\n"
        f"WHERE NOT list_contains({literal(used)}::VARCHAR[], property)\n"
        f"GROUP BY ALL ORDER BY carried DESC, property, event LIMIT {top}"
    )
