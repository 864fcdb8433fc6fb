"""The openings of an expectation as SQL over `seen`, the visits that a question looks at.

It says in SQL what `resa.kernels.openings` says in its text, and is held to it by tests: each visit that opens is
joined to the first visit after it that meets or cancels. With renewals, visits that open are then strung together as
long as each comes in time to restart the clock of the one before; without, openings are walked one after the other.
"""

# ruff: noqa: S608, E501 - every part of the SQL is written here or is an escaped literal; its lines stay whole

from __future__ import annotations

from datetime import date

from resa.analytics.scope.selection import Selection
from resa.analytics.sql.text import Statement, inlined, listed, literal, moment
from resa.model.journey import Expectation

__all__ = ["openings_sql"]


def openings_sql(
    statement: Statement,
    selection: Selection,
    expectation: Expectation,
    number: int,
    *,
    as_of: int | None,
    last_start: int,
) -> Statement:
    """Add the step `openings<number>`.

    Its columns: expectation, number, customer, position, started_at, clock_at, due, closed_at, outcome, mature (the opening);
    entered, reached (as in a funnel: started in time to be mature; met, looking at such starts alone).

    Args:
        statement: Has the step `seen`.
        selection: The question.
        expectation: The arrow.
        number: Tells its steps from those of other arrows.
        as_of: Up to when the data are complete for it, microseconds since 1970.
        last_start: The latest start that is mature.
    """
    statement = _keyed(statement, selection, expectation, number)
    closers = (*expectation.next, *expectation.unless)
    source = f"keyed{number}"
    statement = (
        statement.step(
            f"starts{number}",
            f"SELECT *, {_due(selection, expectation)} AS due FROM {source}\n"
            f"WHERE touchpoint = {literal(expectation.after)} AND {selection.in_period('occurred_at')}",
        )
        .step(
            f"answered{number}",
            f"SELECT a.*, c.position AS closed_position, c.occurred_at AS closed_at, c.meets\nFROM starts{number} a\n"
            f"ASOF LEFT JOIN (SELECT customer, key, position, occurred_at, touchpoint IN {listed(expectation.next)} AS meets\n"
            f"  FROM {source} WHERE touchpoint IN {listed(closers)}) c\n"
            "  ON a.customer = c.customer AND a.key = c.key AND a.position < c.position",
        )
        .step(
            f"closed{number}",
            "SELECT * REPLACE (CASE WHEN closed_at <= due THEN closed_position END AS closed_position,\n"
            f"  CASE WHEN closed_at <= due THEN closed_at END AS closed_at) FROM answered{number}",
        )
    )
    entered = f"{{}} <= {moment(last_start)}" if as_of is not None else "({} IS NULL)"
    strung = _strung if expectation.renews else _walked
    statement = strung(statement, number, entered)
    mature = f"due <= {moment(as_of)}" if as_of is not None else "FALSE"
    outcome = (
        "CASE WHEN closed_at IS NOT NULL THEN CASE WHEN meets THEN 'met' ELSE 'cancelled' END\n"
        f"    WHEN {mature} THEN 'missed' ELSE 'open' END"
    )
    return statement.step(
        f"openings{number}",
        f"SELECT {literal(expectation.name)} AS expectation, {number} AS number, customer, position, started_at, clock_at, due,\n"
        f"  clock_position, closed_at, {outcome} AS outcome, {mature} AS mature, entered, reached FROM strung{number}",
    )


def _keyed(statement: Statement, selection: Selection, expectation: Expectation, number: int) -> Statement:
    """`keyed`: the visits that matter, with the value that keeps openings apart."""
    keys = listed(dict.fromkeys((expectation.after, *expectation.next, *expectation.unless)))
    columns = "s.customer, s.position, s.occurred_at, s.touchpoint"
    if expectation.per is None:
        return statement.step(f"keyed{number}", f"SELECT {columns}, 0 AS key FROM seen s WHERE s.touchpoint IN {keys}")
    value = inlined(selection.snapshot.event_expression(expectation.per, "scalar"))
    return statement.step(
        f"keyed{number}",
        f"SELECT {columns}, e.key FROM seen s\nJOIN (SELECT position, ({value})::VARCHAR AS key FROM events) e"
        f" ON e.position = s.position\nWHERE s.touchpoint IN {keys} AND e.key IS NOT NULL",
    )


def _due(selection: Selection, expectation: Expectation) -> str:
    """The deadline of a clock started at `occurred_at`."""
    within = expectation.within
    if not within.working:
        return f"occurred_at + to_microseconds({within.microseconds})"
    zone = literal(selection.snapshot.journey_map.timezone)
    local = f"timezone({zone}, occurred_at)"
    if selection.snapshot.journey_map.holidays:
        return f"timezone({zone}, {_after_holidays(local, within.amount, selection.snapshot.journey_map.holidays)})"
    day = f"isodow({local})"
    # A free day counts as the beginning of the Monday after it; then whole working weeks and the days left.
    start = f"CASE WHEN {day} > 5 THEN date_trunc('week', {local}) + INTERVAL 7 DAY ELSE {local} END"
    weekday = f"CASE WHEN {day} > 5 THEN 0 ELSE {day} - 1 END"
    days = f"{within.amount} + 2 * (({weekday} + {within.amount}) // 5)"
    return f"timezone({zone}, {start} + to_days(({days})::INTEGER))"


def _after_holidays(local: str, days: int, holidays: tuple[date, ...]) -> str:
    """The deadline on the wall clock where there are holidays: the working days from the start's own on, counted out."""
    free = listed(holiday.isoformat() for holiday in holidays)
    midnight = f"date_trunc('day', {local})"
    last = f"{midnight} + to_days({2 * days + 7 + 2 * len(holidays)})"
    worked = "isodow(d) <= 5 AND strftime(d, '%Y-%m-%d') NOT IN " + free
    line = f"list_filter(generate_series({midnight}, {last}, INTERVAL 1 DAY), lambda d: {worked})"
    # On a free day the clock stands at the beginning of the next working day.
    return f"{line}[{days + 1}] + CASE WHEN {line}[1] = {midnight} THEN {local} - {midnight} ELSE INTERVAL 0 DAY END"


def _strung(statement: Statement, number: int, entered: str) -> Statement:
    """Renewals: a start in time restarts the clock of the one before it; the opening is answered from its last start."""
    return (
        statement.step(
            f"renewed{number}",
            "SELECT *, coalesce(next_at <= due AND (closed_position IS NULL OR next_position < closed_position), FALSE) AS renewed\n"
            "FROM (SELECT *, lead(position) OVER line AS next_position, lead(occurred_at) OVER line AS next_at\n"
            f"  FROM closed{number} WINDOW line AS (PARTITION BY customer, key ORDER BY position))",
        )
        .step(
            f"islands{number}",
            "SELECT *, sum(CASE WHEN before THEN 0 ELSE 1 END) OVER (PARTITION BY customer, key ORDER BY position) AS island\n"
            "FROM (SELECT *, coalesce(lag(renewed) OVER (PARTITION BY customer, key ORDER BY position), FALSE) AS before\n"
            f"  FROM renewed{number})",
        )
        .step(
            f"strung{number}",
            "SELECT customer, min(position) AS position, min(occurred_at) AS started_at, max(position) AS clock_position,\n"
            "  max(occurred_at) AS clock_at, max_by(due, position) AS due, max(closed_at) FILTER (NOT renewed) AS closed_at,\n"
            f"  bool_or(meets) FILTER (NOT renewed) AS meets, {entered.format('min(occurred_at)')} AS entered,\n"
            "  coalesce(max_by(coalesce(meets AND closed_at IS NOT NULL, FALSE), position)"
            f" FILTER ({entered.format('occurred_at')}), FALSE) AS reached\n"
            f"FROM islands{number} GROUP BY customer, key, island",
        )
    )


def _walked(statement: Statement, number: int, entered: str) -> Statement:
    """No renewals: after an opening has ended, the next start opens the next one."""
    first = f"SELECT * FROM closed{number} QUALIFY row_number() OVER (PARTITION BY customer, key ORDER BY position) = 1"
    following = (
        f"SELECT n.* FROM walked{number} o JOIN closed{number} n ON n.customer = o.customer AND n.key = o.key\n"
        "  AND CASE WHEN o.closed_position IS NULL THEN n.occurred_at > o.due AND n.position > o.position\n"
        "    ELSE n.position >= o.closed_position END\n"
        "QUALIFY row_number() OVER (PARTITION BY n.customer, n.key ORDER BY n.position) = 1"
    )
    reached = f"coalesce(meets AND closed_at IS NOT NULL, FALSE) AND {entered.format('occurred_at')}"
    return statement.step(f"walked{number}", f"{first}\nUNION ALL\n{following}").step(
        f"strung{number}",
        "SELECT customer, position, occurred_at AS started_at, position AS clock_position, occurred_at AS clock_at, due,\n"
        f"  closed_at, meets, {entered.format('occurred_at')} AS entered, {reached} AS reached FROM walked{number}",
    )
