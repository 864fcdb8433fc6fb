"""Stays as SQL over `seen`: what `resa.kernels.stays` says in its text, and the numbers of the answer."""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from resa.analytics.calendar import Instants
from resa.analytics.scope.grouping import Groups
from resa.analytics.scope.selection import Selection
from resa.analytics.sql.text import Statement, literal, moment
from resa.analytics.statistics import quantile_sql
from resa.base.clock import from_microseconds
from resa.kernels import ROUNDING
from resa.model.quantities import Duration

__all__ = ["movements_sql", "over_time_sql", "stages_sql", "stays_steps"]

_WATCHED: Final = "epoch_us(gone_at) - epoch_us(started_at)"


def stays_steps(
    selection: Selection, groups: Groups, stages: Sequence[str], *, quiet: Duration | None, seen_to: int
) -> Statement:
    """The steps `stays` and `places`.

    `stays` has customer, position, started_at, number (of the stage), next_number (0: not moved), gone_at, arrived,
    asked, rank and the group; `places` has every group with every stage.
    """
    pause = "FALSE" if quiet is None else f"epoch_us({{}}) - epoch_us({{}}) > {quiet.microseconds}"
    silent = "NULL" if quiet is None else f"last_at + to_microseconds({quiet.microseconds})"
    over = f"next_at IS NOT NULL OR {silent} <= {moment(seen_to)}" if quiet is not None else "FALSE"
    by_customer = "WINDOW w AS (PARTITION BY customer ORDER BY {})"
    steps = {
        "visited": f"SELECT *, list_position({literal(list(stages))}, stage) AS number FROM seen",
        "parted": "SELECT *, coalesce(number <> lag(number) OVER w, TRUE)"
        f" OR coalesce({pause.format('occurred_at', 'lag(occurred_at) OVER w')}, FALSE) AS begins\n"
        f"FROM visited {by_customer.format('position')}",
        "numbered": f"SELECT *, sum(begins::INTEGER) OVER w AS stay FROM parted {by_customer.format('position')}",
        "stayed": "SELECT customer, stay, number, min(position) AS position, min(occurred_at) AS started_at,"
        " max(occurred_at) AS last_at\nFROM numbered GROUP BY customer, stay, number",
        "followed": "SELECT *, lead(number) OVER w AS next_stage, lead(started_at) OVER w AS next_at,"
        f" lag(last_at) OVER w AS before_at\nFROM stayed {by_customer.format('stay')}",
        "judged": f"SELECT *, next_at IS NOT NULL AND NOT ({pause.format('next_at', 'last_at')}) AS moved,\n"
        f"  before_at IS NULL OR {pause.format('started_at', 'before_at')} AS arrived FROM followed",
        "items": "SELECT customer, position, started_at, number, arrived,\n"
        "  CASE WHEN moved THEN next_stage ELSE 0 END AS next_number,\n"
        f"  CASE WHEN moved THEN next_at WHEN {over} THEN {silent} END AS gone_at,\n"
        f"  {selection.in_period('started_at')} AS asked FROM judged",
        "grouped": groups.over("items"),
        "stays": f"SELECT *{'' if groups.by else ', 1 AS rank'} FROM grouped",
        "places": f"SELECT * FROM ({groups.every}) CROSS JOIN (SELECT unnest({literal(list(stages))}) AS stage,"
        f" unnest(range(1, {len(stages) + 1})) AS number)",
    }
    statement = selection.statement
    for name, sql in steps.items():
        statement = statement.step(name, sql)
    return statement


def stages_sql(statement: Statement, groups: Groups, *, now: int, seen_to: int) -> str:
    """The numbers of each stage."""
    line = "PARTITION BY rank, number ORDER BY waited"
    steps = {
        "watched": f"SELECT rank, number, next_number > 0 AS moved, gone_at IS NOT NULL AS ended,\n"
        f"  epoch_us(coalesce(gone_at, greatest({moment(seen_to)}, started_at))) - epoch_us(started_at) AS waited\n"
        "FROM stays WHERE asked",
        "risk": "SELECT rank, number, waited, count(*) AS gone, count(*) FILTER (moved) AS moved,"
        " count(*) FILTER (ended) AS ended\nFROM watched GROUP BY rank, number, waited",
        "left_over": f"SELECT *, sum(gone) OVER ({line} DESC) AS there FROM risk",
        "before": f"SELECT *, coalesce(product(1 - ended / there) OVER ({line}\n"
        "  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 1) AS still FROM left_over",
        "curve": f"SELECT *, sum(still * moved / there) OVER ({line}) AS met FROM before",
        "medians": f"SELECT rank, number, min(waited) FILTER (met >= 0.5 - {ROUNDING:.0e}) / 1e6 AS median_seconds\n"
        "FROM curve GROUP BY rank, number",
    }
    for name, sql in steps.items():
        statement = statement.step(name, sql)
    group = 'p."group", ' if groups.by else ""
    there = f"s.started_at <= {moment(now)} AND (s.gone_at IS NULL OR s.gone_at > {moment(now)})"
    return statement.select(
        f"SELECT {group}p.stage, count(DISTINCT s.customer) FILTER (s.asked) AS customers,\n"
        "  count(s.customer) FILTER (s.asked) AS stays,\n"
        "  count(s.customer) FILTER (s.asked AND s.next_number > s.number) AS onward,\n"
        "  count(s.customer) FILTER (s.asked AND s.next_number BETWEEN 1 AND s.number - 1) AS back,\n"
        "  count(s.customer) FILTER (s.asked AND s.next_number = 0 AND s.gone_at IS NOT NULL) AS quiet,\n"
        f"  count(s.customer) FILTER ({there}) AS now, any_value(m.median_seconds) AS median_seconds\n"
        "FROM places p LEFT JOIN stays s ON s.rank = p.rank AND s.number = p.number\n"
        "LEFT JOIN medians m ON m.rank = p.rank AND m.number = p.number\n"
        f"GROUP BY {group}p.stage, p.rank, p.number ORDER BY p.rank, p.number"
    )


def movements_sql(statement: Statement, groups: Groups, stages: Sequence[str]) -> str:
    """How often customers went from each stage to each."""
    names = literal(list(stages))
    statement = statement.step(
        "moves",
        f"SELECT {groups.names}rank, 0 AS gone_from, number AS came_to, customer, NULL::BIGINT AS length FROM stays\n"
        "WHERE arrived AND asked\n"
        f"UNION ALL SELECT {groups.names}rank, number, next_number, customer, {_WATCHED} FROM stays\n"
        "WHERE gone_at IS NOT NULL AND asked",
    )
    return statement.select(
        f'SELECT {groups.names}{names}[nullif(gone_from, 0)] AS "from", {names}[nullif(came_to, 0)] AS "to",\n'
        "  count(*) AS count, count(DISTINCT customer) AS customers,"
        f" {quantile_sql('length', 0.5)} / 1e6 AS median_seconds\n"
        f"FROM moves GROUP BY {groups.names}rank, gone_from, came_to ORDER BY rank, gone_from, came_to"
    )


def over_time_sql(
    statement: Statement,
    selection: Selection,
    groups: Groups,
    calendar: tuple[Instants, tuple[date, ...]],
    *,
    complete_to: int | None,
) -> str:
    """How many customers were in each stage when each calendar period ended."""
    edges, days = calendar
    low, high = selection.bounds
    shown = [number for number in range(len(days)) if edges[number + 1] > low and edges[number] < high]
    begins, ends = ([from_microseconds(int(edges[number + more])) for number in shown] for more in (0, 1))
    complete = "FALSE" if complete_to is None else f"t.ends <= {moment(complete_to + 1)}"
    statement = statement.step(
        "periods",
        f"SELECT unnest({literal([days[number] for number in shown])}::DATE[]) AS period,"
        f" unnest({literal(begins)}::TIMESTAMPTZ[]) AS begins, unnest({literal(ends)}::TIMESTAMPTZ[]) AS ends",
    )
    group = 'p."group", ' if groups.by else ""
    return statement.select(
        f"SELECT {group}t.period, {complete} AS complete, p.stage,\n"
        "  count(s.customer) FILTER (s.started_at < t.ends AND coalesce(s.gone_at >= t.ends, TRUE)) AS customers,\n"
        "  count(s.customer) FILTER (s.started_at >= t.begins AND s.started_at < t.ends) AS entered,\n"
        '  count(s.customer) FILTER (s.gone_at >= t.begins AND s.gone_at < t.ends) AS "left"\n'
        "FROM periods t CROSS JOIN places p LEFT JOIN stays s ON s.rank = p.rank AND s.number = p.number\n"
        f"GROUP BY {group}t.period, t.ends, p.stage, p.rank, p.number ORDER BY p.rank, t.period, p.number"
    )
