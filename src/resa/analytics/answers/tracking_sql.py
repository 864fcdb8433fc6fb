"""What came of what the map needs, and what it does not use, as SQL over the views."""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

from collections.abc import Sequence

from resa.analytics.answers.coverage import days_asked
from resa.analytics.answers.tracking_needs import BY_CHANCE, Need, numbers_by_day, places
from resa.analytics.results.result import Column
from resa.analytics.scope.selection import Selection
from resa.analytics.sql.text import Statement, inlined, literal

__all__ = ["properties_sql", "tracking_sql", "unused_properties_sql", "unused_sql"]


def _visits(selection: Selection) -> Statement:
    """`met`: the visits in the period that are known by now, with their day."""
    known = selection.in_period("occurred_at", selection.as_of)
    return selection.statement.step("met", f"SELECT *, {_day(selection, 'occurred_at')} AS day FROM seen WHERE {known}")


def _day(selection: Selection, moment: str) -> str:
    return f"timezone({literal(selection.snapshot.journey_map.timezone)}, {moment})::DATE"


def tracking_sql(selection: Selection) -> str:
    """What came of each touchpoint."""
    every, numbers = list(places(selection)), numbers_by_day(selection.snapshot.journey_map)
    columns = {
        "touchpoint": literal([place.touchpoint for place in every]),
        "needs": literal([place.needs for place in every]),
        "seen_by": literal([place.seen_by for place in every]),
        "complete": f"{literal([place.complete for place in every])}::DATE[]",
        "place": f"range({len(every)})",
    }
    unnested = ", ".join(f"unnest({values}) AS {name}" for name, values in columns.items())
    statement = (
        _visits(selection)
        .step("places", f"SELECT {unnested}")
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
            f"  WHEN power(1 - rate, since) < {BY_CHANCE} THEN 'silent' ELSE 'comes' END AS state FROM quiet",
        )
    )
    return statement.select(
        "SELECT touchpoint, nullif(needs, '') AS needs, state,\n"
        "  CASE WHEN state = 'silent' THEN last_day + 1 END AS missing_since, coalesce(visits, 0) AS visits,\n"
        "  first_day, last_day FROM judged ORDER BY place"
    )


def properties_sql(selection: Selection, needs: Sequence[Need], columns: Sequence[Column]) -> str:
    """Which visits carry what is needed: one row of marks a visit, then a branch for each need."""
    if not needs:
        empty = ", ".join(f"NULL AS {column.name}" for column in columns)
        return f"SELECT {empty} WHERE FALSE"
    fields = sorted({need.field for need in needs})
    marks = ", ".join(f"{_carries(selection, field)} AS c{place}" for place, field in enumerate(fields))
    carried = (
        _visits(selection)
        .step("read", f"SELECT position, {marks} FROM events")
        .step("carried", "SELECT * FROM met JOIN read USING (position)")
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
        f"  WHEN power(1 - carried / (visits - since + 1), since) < {BY_CHANCE} THEN 'missing'\n"
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


def unused_sql(selection: Selection, top: int) -> str:
    """Events that are no touchpoint."""
    return _unused(selection).select(
        "SELECT event, source_id AS source, count(*) FILTER (NOT used) AS unused, count(*) AS events,\n"
        "  count(DISTINCT customer) FILTER (NOT used) AS customers, min(day) FILTER (NOT used) AS first_day,\n"
        "  max(day) FILTER (NOT used) AS last_day\n"
        f"FROM told GROUP BY ALL HAVING unused > 0 ORDER BY unused DESC, event, source LIMIT {top}"
    )


def unused_properties_sql(selection: Selection, needs: Sequence[Need], top: int) -> str:
    """Properties of touchpoints' events that the map does not read."""
    used = sorted({need.field.split(".")[1] for need in needs if need.field.startswith("properties.")})
    statement = _unused(selection).step(
        "keys", "SELECT event, day, unnest(json_keys(properties)) AS property FROM told WHERE used"
    )
    return statement.select(
        "SELECT property, event, count(*) AS carried, max(day) AS last_day FROM keys\n"
        f"WHERE NOT list_contains({literal(used)}::VARCHAR[], property)\n"
        f"GROUP BY ALL ORDER BY carried DESC, property, event LIMIT {top}"
    )
