"""What follows each visit as SQL over `seen`: what `resa.kernels.continuations` and `continued` say in their texts."""

from __future__ import annotations

from typing import Final

from resa.analytics.findings.continued import HARDLY, SIGNS, SLOW, Continued
from resa.analytics.scope.grouping import Groups
from resa.analytics.scope.selection import WHOLE
from resa.analytics.sql.intervals import clustered_sql
from resa.analytics.sql.text import Statement, listed, literal, moment
from resa.analytics.statistics import quantile_sql

__all__ = ["rates_sql", "sign_conditions", "trials_steps"]

_WAITED: Final = "epoch_us(next_at) - epoch_us(occurred_at)"


def trials_steps(continued: Continued, groups: Groups) -> Statement:
    """The steps `limits` (of each touchpoint) and `trials` (each counted visit with each sign that it can show)."""
    selection, patience = continued.selection, continued.question.patience.microseconds
    names = literal([touchpoint.key for touchpoint in selection.snapshot.journey_map.touchpoints])
    last = WHOLE[0] if continued.last_start is None else continued.last_start
    not_goal = f"touchpoint NOT IN {listed(continued.goal)}" if continued.goal else "TRUE"
    staffed = listed(continued.staffed) if continued.staffed else "(NULL)"
    pairs = [
        f"({literal(arrow.after)}, {literal(key)})"
        for arrow in selection.snapshot.journey_map.expectations
        for key in arrow.next
    ]
    unexpected = f"(touchpoint, next_touchpoint) NOT IN ({', '.join(pairs)})" if pairs else "TRUE"
    signs = {
        "drop-off": ("NOT in_time", not_goal),
        "wait": (f"waited > slow * {HARDLY!r}::DOUBLE", "in_time"),
        "loop": (
            f"in_time AND next_touchpoint <> touchpoint AND lately AND {unexpected}",
            f"started_at >= {moment(continued.known_from)}",
        ),
        "repeat": (f"in_time AND next_touchpoint = touchpoint AND {unexpected}", "TRUE"),
        "switch": (
            f"in_time AND next_channel IN {staffed} AND {unexpected}",
            f"coalesce(channel NOT IN {staffed}, TRUE)",
        ),
    }
    if not continued.staffed:
        del signs["switch"]
    branches = [
        f"SELECT *, {SIGNS.index(sign)} AS sign_number,"
        f" CASE WHEN coalesce({trouble}, FALSE) THEN 'met' ELSE 'missed' END AS outcome, TRUE AS mature\n"
        f"FROM limited WHERE {of}"
        for sign, (trouble, of) in signs.items()
    ]
    steps = {
        "known": "SELECT *, lag(occurred_at) OVER (PARTITION BY customer, touchpoint ORDER BY position) AS before_at\n"
        "FROM seen",
        "followed": "SELECT *, lead(touchpoint) OVER w AS next_touchpoint, lead(occurred_at) OVER w AS next_at,\n"
        "  lead(channel) OVER w AS next_channel, lead(before_at) OVER w AS back_at\n"
        "FROM known WINDOW w AS (PARTITION BY customer ORDER BY position)",
        "items": f"SELECT customer, position, occurred_at AS started_at, touchpoint, stage, channel,\n"
        f"  list_position({names}, touchpoint) AS number, next_touchpoint, next_channel,\n"
        f"  coalesce({_WAITED} <= {patience}, FALSE) AS in_time, {_WAITED} AS waited,\n"
        f"  epoch_us(occurred_at) - epoch_us(back_at) <= {patience} AS lately\n"
        f"FROM followed WHERE {selection.in_period('occurred_at', last)}",
        "grouped": groups.over("items"),
        "limits": f"SELECT number, {quantile_sql('waited', SLOW)} AS slow\nFROM items WHERE in_time GROUP BY number",
        "limited": f"SELECT g.*{'' if groups.by else ', 1 AS rank'}, l.slow\n"
        "FROM grouped g LEFT JOIN limits l USING (number)",
        "trials": "\nUNION ALL ".join(branches),
    }
    statement = selection.statement
    for name, sql in steps.items():
        statement = statement.step(name, sql)
    return statement


def sign_conditions(touchpoint: str, sign: str) -> list[str]:
    """Conditions on a row `i` of `trials`: visits of one touchpoint, for one sign."""
    signs: tuple[str, ...] = SIGNS
    return [f"i.touchpoint = {literal(touchpoint)}", f"i.sign_number = {signs.index(sign)}"]


def rates_sql(statement: Statement, groups: Groups) -> str:
    """How often each touchpoint shows each sign."""
    statement = clustered_sql(statement, "trials", "rank, number, sign_number, ", "intervals")
    group = '"group", ' if groups.by else ""
    wait = SIGNS.index("wait")
    statement = statement.step(
        "counted",
        f"SELECT {group}rank, number, sign_number, touchpoint, stage, count(*) AS visits,\n"
        "  count(*) FILTER (outcome = 'met') AS count,\n"
        "  count(DISTINCT customer) FILTER (outcome = 'met') AS customers,\n"
        f"  CASE WHEN sign_number = {wait} THEN {quantile_sql('waited', 0.5)} / 1e6 END AS median_seconds,\n"
        f"  CASE WHEN sign_number = {wait} THEN any_value(slow) / 1e6 END AS slow_seconds\n"
        f"FROM trials GROUP BY {group}rank, number, sign_number, touchpoint, stage",
    )
    others = "sum({0}) OVER (PARTITION BY rank, stage, sign_number) - {0}"
    return statement.select(
        f"SELECT {group}touchpoint, {literal(list(SIGNS))}[sign_number + 1] AS sign, visits, count,\n"
        f"  count / visits AS share, low, high, CASE WHEN sign_number <> {wait} THEN ({others.format('count')})\n"
        f"    / nullif({others.format('visits')}, 0) END AS comparable, customers, median_seconds, slow_seconds\n"
        "FROM counted JOIN intervals USING (rank, number, sign_number) ORDER BY rank, number, sign_number"
    )
