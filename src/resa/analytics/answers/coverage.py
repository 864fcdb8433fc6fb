"""Coverage: what of the journey can be seen at all, before a number of it is believed.

Visits that name a customer are in every answer. Events without one are counted by day and in no rate; they belong to
the touchpoint of the first signal that holds for them, as far as that can be told without a time and a customer.
"""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resa.analytics.questions.kinds import CoverageQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, People, in_columns, part_of
from resa.analytics.scope.selection import FAR, WHOLE, Selection
from resa.analytics.sql.text import Statement, inlined, literal
from resa.analytics.views import VIEWS, with_views
from resa.base.language import Sentence, sentence
from resa.kernels import visits
from resa.model.consents import WITHHELD
from resa.model.journey import JourneyMap

__all__ = ["COVERAGE_COLUMNS", "KNOWN_COLUMNS", "SEEN_BY", "answer_coverage", "day_bounds", "days_asked"]

COVERAGE_COLUMNS: Final = (
    Column("touchpoint", pa.string(), "Its key."),
    Column("seen_by", pa.string(), "events; a number by day; not seen, on purpose; or no signal."),
    Column("visits", pa.int64(), "Visits that name a customer; these are in all answers."),
    Column("customers", pa.int64(), "Their customers."),
    Column("without_customer", pa.int64(), "Visits that name none: counted by day, and in no rate."),
    Column("share", pa.float64(), "visits / (visits + without_customer), 0 to 1; null if there are neither."),
)
KNOWN_COLUMNS: Final = (
    Column("known", pa.string(), "What of a customer: anything, events, visits of the map, traits, a persona."),
    Column("customers", pa.int64(), "Of how many customers it is known."),
    Column("share", pa.float64(), "Of all, 0 to 1."),
)

SEEN_BY: Final = {"events": "events", "daily_number": "a number by day", "not_seen": "not seen"}
"""By what a touchpoint is seen, by the kind of its signals."""


def answer_coverage(_: CoverageQuestion, selection: Selection) -> Answer:
    """Count what names a customer, and what does not."""
    keys = [touchpoint.key for touchpoint in selection.snapshot.journey_map.touchpoints]
    people: dict[str, People] = {
        "visits": lambda row: _whose(selection, keys[row]),
        "customers": lambda row: np.unique(_whose(selection, keys[row])),
    }
    seen = part_of(COVERAGE_COLUMNS, _seen(selection), sql=_visits_sql(selection), people=people)
    known = part_of(KNOWN_COLUMNS, _known(selection), sql=_KNOWN_SQL, people={})
    return Answer(
        parts={"coverage": seen, "customers": known},
        n={"visits": sum(seen.table["visits"].to_pylist()), "customers": known.table["customers"][0].as_py()},
        warnings=tuple(_warnings(selection, seen.table)),
    )


def _seen(selection: Selection) -> dict[str, list[object]]:
    """Visits are counted by the kernel, what names nobody by SQL: it is numbers by day, and few."""
    snapshot, journey_map = selection.snapshot, selection.snapshot.journey_map
    told = with_views(snapshot, _by_day(selection, Statement()).select("FROM unnamed"), as_of=selection.as_of_override)
    amounts = dict(zip(told.column("touchpoint").to_pylist(), told.column("amount").to_pylist(), strict=True))
    counted = visits(selection.journeys, len(snapshot.names), selection.edges, customers=selection.customers)
    how = _how(journey_map)
    rows: list[tuple[object, ...]] = []
    for code, touchpoint in enumerate(journey_map.touchpoints, start=1):
        count, amount = int(counted.counts[code, 0]), amounts.get(touchpoint.key) or 0.0
        whole = count + amount
        unnamed = math.copysign(math.floor(abs(amount) + 0.5), amount)
        named = (count, int(counted.reach[code]), int(unnamed), count / whole if whole else None)
        rows.append((touchpoint.key, how.get(touchpoint.key, "no signal"), *named))
    return in_columns(COVERAGE_COLUMNS, rows)


def _known(selection: Selection) -> dict[str, list[object]]:
    """Of how many customers something is known, whatever is asked of the visits."""
    snapshot, index = selection.snapshot, selection.snapshot.index
    everybody = len(index.offsets) - 1
    ever = visits(snapshot.journeys, len(snapshot.names), np.array([-FAR, FAR], np.int64)).reach[0]
    traits = snapshot.store.customer_traits(index).column("traits")
    some = [selection.expressions.persona(key) for key in selection.expressions.personas_known]
    counts = {
        "anything": everybody,
        "events": int(np.count_nonzero(np.diff(index.offsets))),
        "visits": int(ever),
        "traits": int(pc.sum(pc.not_equal(traits.cast(pa.string()), "{}")).as_py() or 0),
        "a persona": int(np.count_nonzero(np.logical_or.reduce(some))) if some else 0,
    }
    rows = [(known, count, count / everybody if everybody else None) for known, count in counts.items()]
    return in_columns(KNOWN_COLUMNS, rows)


def _how(journey_map: JourneyMap) -> dict[str, str]:
    """By what each touchpoint is seen that a signal tells of."""
    return {signal.touchpoint: SEEN_BY[signal.kind] for signal in journey_map.signals}


def _whose(selection: Selection, touchpoint: str) -> Counted:
    positions = selection.visits
    code = selection.snapshot.journey_map.code[touchpoint]
    positions = positions[selection.journeys.touchpoints[positions] == code]
    if selection.bounds != WHOLE:
        times = selection.snapshot.times(positions)
        positions = positions[(times >= selection.bounds[0]) & (times < selection.bounds[1])]
    return selection.snapshot.customers_at(positions)


def _warnings(selection: Selection, table: pa.Table) -> Iterator[Sentence]:
    signals = selection.snapshot.journey_map.signals
    unnamed = {row["touchpoint"] for row in table.to_pylist() if row["without_customer"]}
    counted = [one.touchpoint for one in signals if one.occurrence is not None and one.touchpoint in unnamed]
    if counted:
        yield sentence(
            "Whose events are which, first or later ({counted}), cannot be told without a customer: "
            "those without one go to the first signal that they fit.",
            counted=", ".join(counted),
        )


def _visits_sql(selection: Selection) -> str:
    journey_map = selection.snapshot.journey_map
    how = _how(journey_map)
    places = literal([touchpoint.key for touchpoint in journey_map.touchpoints])
    said = literal([how.get(touchpoint.key, "no signal") for touchpoint in journey_map.touchpoints])
    statement = (
        _by_day(selection, selection.statement)
        .step(
            "named",
            "SELECT touchpoint, count(*) AS visits, count(DISTINCT customer) AS customers FROM seen\n"
            f"WHERE {selection.in_period('occurred_at')} GROUP BY touchpoint",
        )
        .step(
            "places",
            f"SELECT unnest({places}::VARCHAR[]) AS touchpoint, unnest({said}::VARCHAR[]) AS seen_by,\n"
            f"  unnest(range({len(journey_map.touchpoints)})) AS place",
        )
    )
    return statement.select(
        "SELECT touchpoint, seen_by, coalesce(visits, 0) AS visits, coalesce(customers, 0) AS customers,\n"
        "  coalesce(round(amount), 0)::BIGINT AS without_customer,\n"
        "  coalesce(visits, 0) / nullif(coalesce(visits, 0) + coalesce(amount, 0), 0) AS share\n"
        "FROM places LEFT JOIN named USING (touchpoint) LEFT JOIN unnamed USING (touchpoint) ORDER BY place"
    )


def _by_day(selection: Selection, statement: Statement) -> Statement:
    """`unnamed`: what names nobody, by touchpoint."""
    return statement.step(
        "by_day",
        f"SELECT {_columns()} FROM daily_numbers WHERE {days_asked(selection)}",
    ).step(
        "unnamed",
        f"SELECT {_touchpoint(selection)} AS touchpoint, sum(amount) AS amount FROM by_day GROUP BY ALL",
    )


def _columns() -> str:
    """A number by day with the columns of an event, of which only its name and properties are known."""
    known = {"event": "number", "properties": "properties", "source_id": "source_id"}
    columns = (
        f"{known.get(column.name) or f'NULL::{_SQL_TYPES[column.type]}'} AS {column.name}"
        for column in VIEWS["events"].columns
    )
    return f"{', '.join(columns)}, value AS amount"


_SQL_TYPES: Final = {
    pa.string(): "VARCHAR",
    pa.float64(): "DOUBLE",
    pa.int64(): "BIGINT",
    pa.uint32(): "UINTEGER",
    pa.timestamp("us", tz="UTC"): "TIMESTAMPTZ",
}


def _touchpoint(selection: Selection) -> str:
    """Which touchpoint a number by day is about: by its name, or as an event by the first signal that holds."""
    own = f"json_extract_string(properties, {literal('$.' + json.dumps(selection.snapshot.journey_map.key))})"
    cases = [f"WHEN event = {literal(WITHHELD)} THEN {own}", f"WHEN event = {literal(WITHHELD + '_by_bots')} THEN NULL"]
    for signal in selection.snapshot.journey_map.signals:
        if signal.daily_number is not None:
            cases.append(f"WHEN event = {literal(signal.daily_number)} THEN {literal(signal.touchpoint)}")
        elif signal.when is not None:
            condition = inlined(selection.snapshot.event_expression(signal.when, "boolean"))
            cases.append(f"WHEN {condition} THEN {literal(signal.touchpoint)}")
    return f"CASE {' '.join(cases)} END"


def days_asked(selection: Selection) -> str:
    """A condition: the day lies in the period, as days are counted in the map's zone."""
    first, last = day_bounds(selection)
    conditions = [f"day {sign} {literal(day)}" for sign, day in ((">=", first), ("<=", last)) if day is not None]
    return " AND ".join(conditions) or "TRUE"


def day_bounds(selection: Selection) -> tuple[date | None, date | None]:
    """First and last day of the period, likewise; `None`: it has no such end."""
    question, zone = selection.question, ZoneInfo(selection.snapshot.journey_map.timezone)
    ends = (question.since, question.until)
    first, last = (end.astimezone(zone).date() if isinstance(end, datetime) else end for end in ends)
    return first, last


_KNOWN_SQL: Final = """\
SELECT known, customers, customers / nullif(max(customers) OVER (), 0) AS share FROM (
  SELECT 1 AS place, 'anything' AS known, count(*) AS customers FROM customers
  UNION ALL SELECT 2, 'events', count(*) FILTER (events > 0) FROM customers
  UNION ALL SELECT 3, 'visits', count(*) FILTER (visits > 0) FROM customers
  UNION ALL SELECT 4, 'traits', count(*) FILTER (traits <> '{}') FROM customers
  UNION ALL SELECT 5, 'a persona', count(*) FILTER (len(personas) > 0) FROM customers
) ORDER BY place"""
