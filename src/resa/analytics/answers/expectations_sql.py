"""The numbers of expectations as SQL, from their openings (`openings_sql`)."""

# ruff: noqa: S608, E501 - every part of the SQL is written here or is an escaped literal; its lines stay whole

from __future__ import annotations

from typing import Final

from resa.analytics.results.result import Column
from resa.analytics.scope.grouping import Groups
from resa.analytics.sql.intervals import clustered_sql
from resa.analytics.sql.text import Statement, literal, moment
from resa.analytics.statistics import quantile_sql, verdict_sql
from resa.model.journey import Expectation

__all__ = ["CURVE_POINTS", "counted_steps", "curve_sql", "instead_sql", "main_sql", "united"]

CURVE_POINTS: Final = 24
"""Points of a curve after its start."""


def keys_of(groups: Groups, more: str = "") -> str:
    """What to group by in SQL, each with a comma behind it."""
    return (f"{groups.names}rank, " if groups.by else "") + (f"{more}, " if more else "")


def counted_steps(statement: Statement, groups: Groups, number: int, more: str = "") -> Statement:
    """`counted<number>`: the numbers of an expectation, from `grouped<number>`, for each group (and each `more`)."""
    keys = keys_of(groups, more)
    statement = clustered_sql(statement, f"grouped{number}", keys, f"interval{number}")
    waited = "epoch_us(closed_at) - epoch_us(clock_at)"
    of_met = "FILTER (mature AND outcome = 'met')"
    outcomes = ", ".join(
        f"count(*) FILTER ({'' if mature else 'NOT '}mature AND outcome = '{name}') AS {prefix}{name}"
        for prefix, mature, names in (
            ("", True, ("met", "missed", "cancelled")),
            ("young_", False, ("met", "open", "cancelled")),
        )
        for name in names
    )
    by = f" GROUP BY {keys.rstrip(', ')}" if keys else ""
    sums = (
        f"SELECT {keys}count(*) FILTER (mature) AS mature, {outcomes},\n"
        "    count(DISTINCT customer) FILTER (entered) AS customers,\n"
        "    count(DISTINCT customer) FILTER (entered AND reached) AS customers_met,\n"
        f"    {quantile_sql(waited, 0.5)} {of_met} / 1e6 AS median_seconds,\n"
        f"    {quantile_sql(waited, 0.9)} {of_met} / 1e6 AS p90_seconds\n"
        f"  FROM grouped{number}{by}"
    )
    joined = " AND ".join(f"c.{key} = k.{key}" for key in (("rank",) if groups.by else ()) + ((more,) if more else ()))
    rank = "" if groups.by else "1 AS rank, "
    return statement.step(
        f"counted{number}",
        f"SELECT {rank}c.*, met / nullif(mature, 0) AS share, k.low, k.high\n"
        f"FROM ({sums}) c LEFT JOIN interval{number} k ON {joined or 'TRUE'}",
    )


def united(branches: list[str], columns: tuple[Column, ...], order: str) -> str:
    """One SELECT of several, in order; without any, one that gives no rows."""
    if not branches:
        nothing = ", ".join(f"NULL AS {column.name}" for column in columns)
        return f"SELECT {nothing} WHERE FALSE"
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f"SELECT {names} FROM (\n" + "\nUNION ALL\n".join(branches) + f"\n) ORDER BY {order}"


def main_sql(arrow: Expectation, number: int) -> str:
    """A SELECT of the numbers of an arrow, from `counted<number>`."""
    target = literal(None if arrow.target is None else float(arrow.target))
    return (
        f"SELECT {number} AS number, *, {literal(arrow.name)} AS expectation, {literal(arrow.kind)} AS kind,"
        f" {literal(arrow.after)} AS after, {literal(arrow.written)} AS next,\n"
        f"  {target}::DOUBLE AS target, share - {target} AS difference,\n  {verdict_sql(target)} AS verdict\n"
        f"FROM counted{number}"
    )


def instead_sql(statement: Statement, arrow: Expectation, groups: Groups, number: int) -> tuple[Statement, str]:
    """The steps, and a SELECT, of what those who missed it did instead."""
    statement = statement.step(
        f"instead{number}",
        "SELECT o.*, CASE WHEN v.occurred_at <= o.due THEN v.touchpoint END AS instead\n"
        f"FROM (SELECT * FROM grouped{number} WHERE outcome = 'missed' AND mature) o\n"
        "ASOF LEFT JOIN seen v ON v.customer = o.customer AND o.clock_position < v.position",
    )
    over = 'PARTITION BY "group"' if groups.by else ""
    return statement, (
        f"SELECT {number} AS number, {groups.names}{groups.rank}, {literal(arrow.name)} AS expectation, instead,\n"
        "  count(*) AS missed, count(DISTINCT customer) AS customers,\n"
        f"  count(*) / sum(count(*)) OVER ({over}) AS share_of_missed\n"
        f"FROM instead{number} GROUP BY {keys_of(groups)}instead"
    )


def curve_sql(
    statement: Statement, arrow: Expectation, groups: Groups, number: int, *, end: int, as_of: int | None
) -> tuple[Statement, str]:
    """The steps, and a SELECT, of the curve: how long each was watched, how many still were, and Aalen-Johansen's sums."""
    longest = f"(SELECT max(epoch_us(due) - epoch_us(clock_at)) FROM openings{number} WHERE outcome = 'missed')"
    watched = "due" if as_of is None else f"greatest(clock_at, {moment(as_of)})"
    line = 'PARTITION BY "group" ' if groups.by else ""
    keys = keys_of(groups)
    statement = (
        statement.step(
            f"ends{number}",
            f"SELECT *, CASE outcome WHEN 'missed' THEN {longest}\n"
            f"  WHEN 'open' THEN epoch_us({watched}) - epoch_us(clock_at)\n"
            f"  ELSE epoch_us(closed_at) - epoch_us(clock_at) END AS waited FROM grouped{number}",
        )
        .step(
            f"risk{number}",
            f"SELECT {groups.names}{groups.rank}, waited, count(*) AS gone, count(*) FILTER (outcome = 'met') AS met,\n"
            "  count(*) FILTER (outcome = 'cancelled') AS cancelled\n"
            f"FROM ends{number} GROUP BY {keys}waited",
        )
        .step(
            f"left{number}",
            "SELECT *, coalesce(product(1 - (met + cancelled) / watched) OVER\n"
            f"    ({line}ORDER BY waited ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 1) AS before\n"
            f"FROM (SELECT *, sum(gone) OVER ({line}ORDER BY waited DESC) AS watched FROM risk{number})",
        )
        .step(
            f"incidence{number}",
            f"SELECT {groups.names}rank, waited, sum(before * met / watched) OVER ({line}ORDER BY waited) AS met,\n"
            f"  sum(before * cancelled / watched) OVER ({line}ORDER BY waited) AS cancelled FROM left{number}",
        )
    )
    grid = f"SELECT point * {end} // {CURVE_POINTS} AS at FROM range({CURVE_POINTS + 1}) AS points(point)"
    names = groups.names
    return statement, (
        f"SELECT {number} AS number, {'g.' if names else ''}{names}g.rank, {literal(arrow.name)} AS expectation,\n"
        "  g.at / 1e6 AS seconds, coalesce(i.met, 0) AS met, coalesce(i.cancelled, 0) AS cancelled,\n"
        f"  (SELECT count(*) FROM ends{number} e WHERE e.waited >= g.at{' AND e.rank = g.rank' if names else ''}) AS waiting\n"
        f"FROM (SELECT * FROM (SELECT DISTINCT {names}rank FROM incidence{number}), ({grid})) g\n"
        f"ASOF LEFT JOIN incidence{number} i ON g.rank = i.rank AND g.at >= i.waited"
    )
