"""Metrics of the map: counts, sums, means, shares and quantiles over visits, with intervals where customers tell them.

A mean, and a number per customer, is a ratio of totals over customers; its interval is that of `ratio_interval`, by
customer. A share of visits has the interval of a share of openings.
"""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.questions.kinds import MetricsQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, in_columns, part_of, problem
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.selection import WHOLE, Selection
from resa.analytics.scope.snapshot import Flags, Positions
from resa.analytics.sql.intervals import clustered_sql, ratio_sql
from resa.analytics.sql.text import Statement, inlined, listed, literal
from resa.analytics.statistics import count_distinct, distinct, quantile, ratio_interval
from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import Sentence, sentence, sentences
from resa.kernels import Interval, clustered_interval
from resa.model.journey import Metric

__all__ = ["METRIC_COLUMNS", "MeasuredMetric", "answer_metrics"]

METRIC_COLUMNS: Final = (
    Column("metric", pa.string(), "Its key."),
    Column("value", pa.float64(), "The number, in the metric's unit; of a share 0 to 1; null: nothing tells."),
    Column("low", pa.float64(), "Lower end of its 95 % interval, by customer; null for counts, sums and quantiles."),
    Column("high", pa.float64(), "Upper end."),
    Column("visits", pa.int64(), "Visits that it is about."),
    Column("customers", pa.int64(), "Their customers."),
)

_NOTHING: Final = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class MeasuredMetric:
    """One metric over the visits that a question looks at.

    Attributes:
        metric: What is asked.
        selection: Whose visits.
    """

    metric: Metric
    selection: Selection

    @cached_property
    def positions(self) -> Positions:
        """Of the visits."""
        selection = self.selection
        positions = selection.visits
        if self.metric.of:
            wanted = np.zeros(len(selection.snapshot.names), np.bool_)
            wanted[[selection.snapshot.journey_map.code[key] for key in self.metric.of]] = True
            positions = positions[wanted[selection.journeys.touchpoints[positions]]]
        if selection.bounds != WHOLE:
            times = selection.snapshot.times(positions)
            positions = positions[(times >= selection.bounds[0]) & (times < selection.bounds[1])]
        return positions

    @cached_property
    def customers(self) -> Counted:
        """Whose they are."""
        return self.selection.snapshot.customers_at(self.positions)

    @cached_property
    def groups(self) -> Groups:
        """The visits' groups."""
        return grouped(self.selection, self.customers, self.positions)

    @cached_property
    def numbers(self) -> npt.NDArray[np.float64]:
        """What each visit counts for; NaN: nothing is known."""
        metric, snapshot = self.metric, self.selection.snapshot
        if metric.kind in {"visits", "customers"}:
            return np.ones(len(self.positions))
        if metric.kind == "share":
            return snapshot.event_flags(metric.number or "")[self.positions].astype(np.float64)
        return snapshot.numbers_at(metric.number, self.positions)

    def value(self, members: Flags | slice) -> Interval:
        """The number of a group."""
        numbers, customers = self.numbers[members], self.customers[members]
        known = ~np.isnan(numbers)
        match self.metric.kind:
            case "customers":
                return _NOTHING._replace(share=float(count_distinct(customers)))
            case "share":
                return clustered_interval(customers, numbers > 0)
            case "mean":
                return ratio_interval(customers[known], numbers[known], np.ones(int(known.sum())))
            case "quantile":
                return _NOTHING._replace(share=quantile(numbers[known], self.metric.at or 0.0))
        amounts = np.where(known, numbers, 0.0)
        if not self.metric.per_customer:
            empty = self.metric.kind == "sum" and not known.any()
            return _NOTHING._replace(share=math.nan if empty else float(amounts.sum()))
        first = np.diff(customers, prepend=-1) != 0
        return ratio_interval(customers, amounts, first.astype(np.float64))


def answer_metrics(question: MetricsQuestion, selection: Selection) -> Answer:
    """Measure the metrics of the map, or those that are named."""
    measured = [MeasuredMetric(metric, selection) for metric in _asked(question, selection)]
    rows: list[tuple[object, ...]] = []
    behind: list[tuple[MeasuredMetric, Flags | slice]] = []
    for item in measured:
        for label, members in item.groups.split():
            whose = item.customers[members]
            rows.append((label, item.metric.key, *item.value(members), len(whose), count_distinct(whose)))
            behind.append((item, members))

    def people(row: int) -> Counted:
        item, members = behind[row]
        return item.customers[members]

    def moments(row: int) -> tuple[Counted, Counted]:
        item, members = behind[row]
        return item.customers[members], selection.snapshot.times(item.positions[members])

    columns = (*measured[0].groups.columns, *METRIC_COLUMNS)
    part = part_of(
        columns,
        in_columns(columns, rows),
        sql=_sql(measured),
        people={"visits": people, "customers": lambda row: distinct(people(row))},
        moments={"visits": moments, "customers": moments},
    )
    warnings = dict.fromkeys(warning for item in measured for warning in item.groups.warnings)
    valued = any(item.metric.kind in {"sum", "mean", "quantile"} and item.metric.number is None for item in measured)
    return Answer(
        parts={"metrics": part},
        n={"metrics": len(measured)},
        warnings=(*warnings, *(selection.snapshot.value_warnings if valued else ()), *_without(measured)),
    )


def _asked(question: MetricsQuestion, selection: Selection) -> Iterator[Metric]:
    known = {metric.key: metric for metric in selection.snapshot.journey_map.metrics}
    if not known:
        raise QuestionError(
            sentence("the map names no metrics; write some under metrics:, such as  orders: {{count: purchase}}")
        )
    for name in question.names:
        if name not in known:
            advice = did_you_mean(name, known) or sentence("; it names: {known}", known=", ".join(known))
            raise QuestionError(
                problem(sentence("metric '{name}' is not on the map{advice}", name=name, advice=advice), "names")
            )
    yield from (metric for key, metric in known.items() if not question.names or key in question.names)


def _without(measured: list[MeasuredMetric]) -> Iterator[Sentence]:
    """How many visits say nothing that could be added up."""
    for item in measured:
        missing = int(np.isnan(item.numbers).sum())
        if missing:
            yield sentences(
                "{n} of {visits} visits says nothing for '{metric}'.",
                "{n} of {visits} visits say nothing for '{metric}'.",
                missing,
                visits=len(item.positions),
                metric=item.metric.key,
            )


# The same in SQL.


def _sql(measured: list[MeasuredMetric]) -> str:
    statement = measured[0].selection.statement
    branches = []
    for place, item in enumerate(measured):
        statement, branch = _branch(statement, item, place)
        branches.append(branch)
    return statement.step("measured", "\nUNION ALL\n".join(branches)).select(
        f"SELECT {measured[0].groups.names}metric, value, low, high, visits, customers\n"
        "FROM measured ORDER BY place, rank"
    )


def _branch(statement: Statement, item: MeasuredMetric, place: int) -> tuple[Statement, str]:
    """The steps of one metric, and the SELECT of its rows."""
    metric, selection, groups = item.metric, item.selection, item.groups
    touchpoints = f" AND touchpoint IN {listed(metric.of)}" if metric.of else ""
    number, joined = _number_sql(metric, selection)
    grouped_visits = f"grouped{place}"
    statement = statement.step(
        f"items{place}",
        f"SELECT v.customer, v.position, v.occurred_at AS started_at, {number} AS number\n"
        f"FROM seen v{joined} WHERE {selection.in_period('v.occurred_at')}{touchpoints}",
    ).step(grouped_visits, groups.over(f"items{place}"))
    statement, low, high = _interval_sql(statement, item, place)
    counted = (
        f"SELECT {groups.names}{groups.rank}, {_value_sql(metric)} AS value, count(*) AS visits,\n"
        f"  count(DISTINCT customer) AS customers FROM {grouped_visits}{groups.clause}"
    )
    return statement, (
        f"SELECT {groups.names}{place} AS place, rank, {literal(metric.key)} AS metric, value,\n"
        f"  {low} AS low, {high} AS high, visits, customers FROM ({counted}) t"
    )


def _value_sql(metric: Metric) -> str:
    value = {
        "visits": "count(*)::DOUBLE",
        "customers": "count(DISTINCT customer)::DOUBLE",
        "sum": "sum(number)",
        "mean": "avg(number)",
        "share": "avg(number)",
        "quantile": f"quantile_disc(number, {metric.at})",
    }[metric.kind]
    return f"coalesce({value}, 0) / nullif(count(DISTINCT customer), 0)" if metric.per_customer else value


def _interval_sql(statement: Statement, item: MeasuredMetric, place: int) -> tuple[Statement, str, str]:
    """The steps of a metric's intervals, and what gives the limits of a row `t`."""
    metric = item.metric
    ratio = metric.kind == "mean" or metric.per_customer
    if metric.kind != "share" and not ratio:
        return statement, "NULL::DOUBLE", "NULL::DOUBLE"
    trials, name = f"trials{place}", f"interval{place}"
    rank = "" if item.groups.by else ", 1 AS rank"
    if ratio:
        known = " WHERE number IS NOT NULL" if metric.kind == "mean" else ""
        statement = statement.step(trials, f"SELECT *{rank} FROM grouped{place}{known}")
        statement = ratio_sql(statement, trials, "rank, ", name, below="count(*)" if metric.kind == "mean" else "1")
    else:
        met = "CASE WHEN number > 0 THEN 'met' END AS outcome, TRUE AS mature"
        statement = statement.step(trials, f"SELECT *{rank}, {met} FROM grouped{place}")
        statement = clustered_sql(statement, trials, "rank, ", name)
    limits = [f"(SELECT {end} FROM {name} i WHERE i.rank = t.rank)" for end in ("low", "high")]
    return statement, limits[0], limits[1]


def _number_sql(metric: Metric, selection: Selection) -> tuple[str, str]:
    """What a visit counts for, and what must be joined for it."""
    if metric.kind in {"visits", "customers"}:
        return "1::DOUBLE", ""
    if metric.number is None:
        return "v.value", ""
    expects = "boolean" if metric.kind == "share" else "number"
    value = inlined(selection.snapshot.event_expression(metric.number, expects))
    if metric.kind == "share":
        value = f"coalesce({value}, FALSE)::INT"
    return "e.number", f" JOIN (SELECT position, ({value})::DOUBLE AS number FROM events) e ON e.position = v.position"
