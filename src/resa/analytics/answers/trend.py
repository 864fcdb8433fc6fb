"""One number over time: visits of a touchpoint, or the share of an expectation by when it opened.

Every calendar period between the first and the last is listed, empty ones too. A period is complete when it had ended
at the moment up to which the data are complete (for an expectation: when all that can open in it has passed its
deadline).
"""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.answers.expectations import COUNTED, Measured, measured
from resa.analytics.answers.expectations_sql import counted_steps
from resa.analytics.answers.openings_sql import openings_sql
from resa.analytics.calendar import Instants, calendar_edges
from resa.analytics.questions.kinds import TrendQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Moments, People, part_of, problem
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.outcomes import OUTCOMES, Outcomes
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Flags
from resa.analytics.sql.text import Statement, listed, literal
from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import sentence
from resa.kernels import bucket_numbers, tally

__all__ = ["EXPECTATION_TREND_COLUMNS", "VISIT_TREND_COLUMNS", "answer_trend"]

_PERIOD: Final = (
    Column("period", pa.date32(), "First day of the calendar period, in the map's zone."),
    Column("complete", pa.bool_(), "The data cover the whole period."),
)

VISIT_TREND_COLUMNS: Final = (
    *_PERIOD,
    Column("visits", pa.int64(), "How often it was visited."),
    Column("customers", pa.int64(), "By how many customers."),
)

EXPECTATION_TREND_COLUMNS: Final = (
    *_PERIOD,
    Column("mature", pa.int64(), "Openings of the period whose deadline had passed; what the share is of."),
    Column("met", pa.int64(), "Of these, met in time."),
    Column("missed", pa.int64(), "Of these, neither met nor cancelled."),
    Column("cancelled", pa.int64(), "Of these, cancelled."),
    Column("share", pa.float64(), "met / mature, 0 to 1."),
    Column("low", pa.float64(), "Lower end of its 95 % interval (Wilson, by customer)."),
    Column("high", pa.float64(), "Upper end."),
    Column("young_met", pa.int64(), "Younger openings of the period that are met already."),
    Column("young_open", pa.int64(), "Younger openings of the period that may still be met."),
    Column("young_cancelled", pa.int64(), "Younger openings of the period that are cancelled."),
)


@dataclass(frozen=True)
class _Buckets:
    """Calendar periods.

    Attributes:
        edges: When they begin, and when the last ends, microseconds since 1970.
        days: The first day of each.
        complete: Which of them the data cover.
    """

    edges: Instants
    days: tuple[date, ...]
    complete: tuple[bool, ...]

    def of(self, times: Instants) -> npt.NDArray[np.int32]:
        """The number of the period that each moment lies in."""
        return bucket_numbers(times, self.edges) if len(times) else np.zeros(0, np.int32)

    def sql(self) -> str:
        """A SELECT of (period, complete)."""
        return f"SELECT unnest({literal(self.days)}) AS period, unnest({literal(self.complete)}) AS complete"


def answer_trend(question: TrendQuestion, selection: Selection) -> Answer:
    """Count by calendar period."""
    journey_map = selection.snapshot.journey_map
    now = journey_map.expectation_named(question.of) or journey_map.touchpoint_named(question.of)
    question = replace(question, of=now or question.of)
    if question.of in journey_map.expectation:
        return _of_expectation(question, selection)
    signal = journey_map.signal.get(question.of)
    if signal is not None and signal.kind == "daily_number":
        raise QuestionError(
            problem(
                sentence("'{of}' is counted by day without customers; its number is shown on the map", of=question.of),
                "of",
            )
        )
    known = [*journey_map.code, *(stage.key for stage in journey_map.stages), *journey_map.expectation]
    if question.of not in known:
        message = sentence(
            "'{of}' is neither a touchpoint nor an expectation of the map{suggestion}",
            of=question.of,
            suggestion=did_you_mean(question.of, known),
        )
        raise QuestionError(problem(message, "of"))
    return _of_visits(question, selection)


def _buckets(question: TrendQuestion, selection: Selection, times: Instants, last_moment: int | None) -> _Buckets:
    """The periods that hold these moments; complete if they end by `last_moment` and begin in the question's period."""
    if not len(times):
        return _Buckets(np.zeros(1, np.int64), (), ())
    low, high = selection.bounds
    edges, days = calendar_edges(int(times.min()), int(times.max()), question.every, selection.snapshot.zone)
    end = -(2**62) if last_moment is None else last_moment
    whole = (edges[:-1] >= low) & (edges[1:] <= min(high, end + 1))
    return _Buckets(edges, days, tuple(whole.tolist()))


def _of_visits(question: TrendQuestion, selection: Selection) -> Answer:
    snapshot = selection.snapshot
    codes = selection.codes(question.of, "of")
    positions = selection.visits
    positions = positions[np.isin(selection.journeys.touchpoints[positions], codes)]
    times = snapshot.times(positions)
    low, high = selection.bounds
    positions, times = (column[(times >= low) & (times < high)] for column in (positions, times))
    customers = snapshot.customers_at(positions)
    groups = grouped(selection, customers, positions)
    buckets = _buckets(question, selection, times, selection.as_of)
    number = buckets.of(times)

    def row(members: Flags) -> tuple[object, ...]:
        return int(members.sum()), len(np.unique(customers[members]))

    columns = (*groups.columns, *VISIT_TREND_COLUMNS)
    rows, behind = _rows(columns, groups, buckets, number, row)

    def people(place: int) -> Counted:
        return customers[behind[place]]

    touchpoints = listed(snapshot.names[code] for code in codes)
    statement = selection.statement.step(
        "items",
        f"SELECT customer, position, occurred_at AS started_at FROM seen\nWHERE touchpoint IN {touchpoints}"
        f" AND {selection.in_period('occurred_at')}",
    )
    statement = _dated(statement, question, selection, groups, "items", "grouped")
    statement = statement.step(
        "counted",
        f"SELECT {groups.names}{groups.rank}, period, count(*) AS visits, count(DISTINCT customer) AS customers\n"
        f"FROM grouped GROUP BY {groups.names}{'rank, ' if groups.by else ''}period",
    )
    part = part_of(
        columns,
        rows,
        sql=_filled(statement, groups, buckets, VISIT_TREND_COLUMNS),
        people={"visits": people, "customers": lambda place: np.unique(people(place))},
        moments=dict.fromkeys(("visits", "customers"), lambda place: (people(place), times[behind[place]])),
    )
    return Answer(
        parts={"trend": part}, n={"visits": len(positions)}, warnings=(*selection.unseen(codes), *groups.warnings)
    )


def _rows(
    columns: tuple[Column, ...],
    groups: Groups,
    buckets: _Buckets,
    number: npt.NDArray[np.int32],
    values: Callable[[Flags], tuple[object, ...]],
) -> tuple[dict[str, list[object]], list[Flags]]:
    """A row for each group and period; and for each row which things are in it."""
    rows: dict[str, list[object]] = {column.name: [] for column in columns}
    behind: list[Flags] = []
    for label, chosen in groups.split():
        inside = np.zeros(len(number), np.bool_)
        inside[chosen] = True
        for bucket, day in enumerate(buckets.days):
            members = inside & (number == bucket)
            row = (label, day, buckets.complete[bucket], *values(members))
            for column, value in zip(columns, row[-len(columns) :], strict=True):
                rows[column.name].append(value)
            behind.append(members)
    return rows, behind


def _dated(
    statement: Statement, question: TrendQuestion, selection: Selection, groups: Groups, source: str, name: str
) -> Statement:
    """Add `period` to the things in a step, and their group."""
    local = f"timezone({literal(selection.snapshot.journey_map.timezone)}, started_at)"
    statement = statement.step(f"{name}_at", groups.over(source))
    return statement.step(
        name, f"SELECT *, date_trunc({literal(question.every)}, {local})::DATE AS period FROM {name}_at"
    )


def _filled(statement: Statement, groups: Groups, buckets: _Buckets, columns: tuple[Column, ...]) -> str:
    """The counted rows with empty periods filled in."""
    counts = [column for column in columns if column not in _PERIOD]
    shown = ", ".join(
        f"coalesce(c.{column.name}, 0) AS {column.name}" if pa.types.is_integer(column.type) else f"c.{column.name}"
        for column in counts
    )
    if groups.by:
        labels = literal(list(groups.labels))
        every = f'SELECT unnest({labels}) AS "group", unnest(range(1, {len(groups.labels) + 1})) AS rank'
    else:
        every = "SELECT 1 AS rank"
    if not buckets.days or not groups.labels:
        every, dates = (
            'SELECT NULL::VARCHAR AS "group", 1 AS rank',
            "SELECT NULL::DATE AS period, FALSE AS complete WHERE FALSE",
        )
    else:
        dates = buckets.sql()
    statement = statement.step("periods", f"SELECT * FROM ({every}), ({dates})")
    group = 'p."group", ' if groups.by else ""
    return statement.select(
        f"SELECT {group}p.period, p.complete, {shown}\n"
        "FROM periods p LEFT JOIN counted c ON c.rank = p.rank AND c.period = p.period ORDER BY p.rank, p.period"
    )


def _of_expectation(question: TrendQuestion, selection: Selection) -> Answer:
    expectation = selection.snapshot.journey_map.expectation[question.of]
    found = measured(selection, expectation)
    outcomes, groups = found.outcomes, found.groups
    last = None if outcomes.as_of is None else outcomes.last_start
    buckets = _buckets(question, selection, outcomes.opened_at, last)
    number = buckets.of(outcomes.opened_at)
    columns = (*groups.columns, *EXPECTATION_TREND_COLUMNS)
    wanted = [column.name for column in EXPECTATION_TREND_COLUMNS if column not in _PERIOD]

    rows: dict[str, list[object]] = {column.name: [] for column in columns}
    behind: list[tuple[Flags | slice, int]] = []
    for label, chosen in groups.split():
        counted = _counted(outcomes, chosen, number, len(buckets.days))
        for bucket, (day, values) in enumerate(zip(buckets.days, counted, strict=True)):
            row = (label, day, buckets.complete[bucket], *(values[name] for name in wanted))
            for column, value in zip(columns, row[-len(columns) :], strict=True):
                rows[column.name].append(value)
            behind.append((chosen, bucket))

    def members(place: int) -> Flags:
        chosen, bucket = behind[place]
        inside = np.zeros(len(number), np.bool_)
        inside[chosen] = True
        inside &= number == bucket
        return inside

    counts = [name for name in COUNTED if name in wanted]
    people: dict[str, People] = {name: _behind(found, members, name) for name in counts}
    moments: dict[str, Moments] = {name: _moments(found, members, name) for name in counts}
    statement = openings_sql(
        selection.statement, selection, expectation, 0, as_of=outcomes.as_of, last_start=outcomes.last_start
    )
    statement = _dated(statement, question, selection, groups, "openings0", "grouped0")
    statement = counted_steps(statement, groups, 0, more="period").step("counted", "SELECT * FROM counted0")
    sql = _filled(statement, groups, buckets, EXPECTATION_TREND_COLUMNS)
    part = part_of(columns, rows, sql=sql, people=people, moments=moments)
    return Answer(parts={"trend": part}, n={"openings": len(outcomes.customer)}, warnings=groups.warnings)


def _counted(
    outcomes: Outcomes, chosen: Flags | slice, number: npt.NDArray[np.int32], buckets: int
) -> list[dict[str, object]]:
    """The numbers of the openings of every period."""
    customer, outcome, mature = outcomes.customer[chosen], outcomes.outcome[chosen], outcomes.mature[chosen]
    counts, intervals = tally(customer, outcome, mature, number[chosen], buckets)
    found: list[dict[str, object]] = []
    for cells, (part, low, high) in zip(counts.tolist(), intervals, strict=True):
        by_name = dict(zip(OUTCOMES, cells, strict=True))
        found.append(
            {
                "mature": sum(old for _, old in cells),
                **{name: by_name[name][1] for name in ("met", "missed", "cancelled")},
                "share": part,
                "low": low,
                "high": high,
                **{f"young_{name}": by_name[name][0] for name in ("met", "open", "cancelled")},
            }
        )
    return found


def _behind(found: Measured, members: Callable[[int], Flags], column: str) -> Callable[[int], Counted]:
    return lambda row: found.counted(column, members(row))


def _moments(found: Measured, members: Callable[[int], Flags], column: str) -> Moments:
    return lambda row: found.moments(column, members(row))
