"""Touchpoints: how often each is visited, by how many customers, how soon they go on, its value and its score.

A visit is an event that is a touchpoint of the map. The time to the next visit is that of `resa.kernels.transitions`;
scores are as the events give them, on the scale that the touchpoint's signal states.
"""

# ruff: noqa: S608, E501 - every part of the SQL is written here or is an escaped literal; its lines stay whole

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.calendar import SECOND
from resa.analytics.questions.kinds import TouchpointsQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Part, part_of
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.selection import WHOLE, Selection
from resa.analytics.scope.snapshot import Flags, Positions
from resa.analytics.sql.text import Statement, literal
from resa.analytics.statistics import distinct, quantile, quantile_sql
from resa.kernels import Moves, count_customers, in_cells, moves, quantiles, transitions, visits

__all__ = ["PERSONA_COLUMNS", "TOUCHPOINT_COLUMNS", "answer_touchpoints"]

TOUCHPOINT_COLUMNS: Final = (
    Column("touchpoint", pa.string(), "Its key; those without visits are left out."),
    Column("visits", pa.int64(), "How often it was visited."),
    Column("customers", pa.int64(), "By how many customers."),
    Column(
        "median_seconds", pa.float64(), "Median time to the customer's next visit, seconds, off by at most 1/64 of it."
    ),
    Column(
        "value",
        pa.float64(),
        "What its visits are worth together, in the map's currency, without those in another; null: nothing tells.",
    ),
    Column("score", pa.float64(), "Mean score of its visits, on the signal's scale; null: there are none."),
    Column("scores", pa.int64(), "How many visits have a score."),
)

PERSONA_COLUMNS: Final = (
    Column("persona", pa.string(), "Its key."),
    Column("customers", pa.int64(), "Customers with a visit who are this persona, as of now."),
)


@dataclass(frozen=True)
class _Visits:
    """The visits that are looked at, one by one; for groups and for the people behind.

    Attributes:
        selection: What is looked at.
    """

    selection: Selection

    @cached_property
    def found(self) -> Moves:
        """Each with the customer's next one."""
        selection = self.selection
        period = None if selection.bounds == WHOLE else selection.period
        return moves(selection.journeys, period=period, customers=selection.customers)

    def chosen(self, code: int, members: Flags | slice) -> Counted:
        """The customers of a touchpoint's visits in a group."""
        whose: Counted = self.found.customers[members][self.found.codes[members] == code].astype(np.int64)
        return whose

    def moments(self, code: int, members: Flags | slice) -> tuple[Counted, Counted]:
        """The same, and when each of the visits was."""
        positions = self.found.positions[members][self.found.codes[members] == code]
        return self.chosen(code, members), self.selection.snapshot.times(positions)


@dataclass(frozen=True)
class _Numbers:
    """What was counted of one group, by touchpoint code."""

    visits: npt.NDArray[np.int64]
    customers: npt.NDArray[np.int64]
    median_seconds: npt.NDArray[np.float64]


def answer_touchpoints(question: TouchpointsQuestion, selection: Selection) -> Answer:
    """Count visits by touchpoint."""
    everything = _Visits(selection)
    groups, found = _counted(question, selection, everything)
    columns = (*groups.columns, *TOUCHPOINT_COLUMNS)
    rows: dict[str, list[object]] = {column.name: [] for column in columns}
    behind: list[tuple[int, Flags | slice]] = []
    amounts = _sparse(selection, everything, selection.snapshot.values, whole=question.by is None)
    felt = _sparse(selection, everything, selection.snapshot.column.scores, whole=question.by is None)
    for label, members, numbers in found:
        values, scores = amounts.of(members), felt.of(members)
        for code in np.flatnonzero(numbers.visits).tolist():
            row = (
                *(selection.snapshot.names[code], int(numbers.visits[code]), int(numbers.customers[code])),
                float(numbers.median_seconds[code]),
                float(values[1][code]) if values[0][code] else None,
                float(scores[1][code] / scores[0][code]) if scores[0][code] else None,
                int(scores[0][code]),
            )
            for column, value in zip(rows.values(), (label, *row)[-len(rows) :], strict=True):
                column.append(value)
            behind.append((code, members))

    def people(number: int) -> Counted:
        return everything.chosen(*behind[number])

    statement = _grouped(selection, groups)
    part = part_of(
        columns,
        rows,
        sql=_sql(selection, groups, statement),
        looked_at=groups.sizes(statement),
        people={"visits": people, "customers": lambda number: distinct(people(number))},
        moments=dict.fromkeys(("visits", "customers"), lambda number: everything.moments(*behind[number])),
    )
    flags = _visitors(selection, everything)
    return Answer(
        parts={"touchpoints": part, "personas": _personas(selection, flags)},
        n={"customers": int(flags.sum()), "visits": int(sum(int(numbers.visits.sum()) for _, _, numbers in found))},
        warnings=(*groups.warnings, *selection.snapshot.value_warnings),
    )


def _counted(
    question: TouchpointsQuestion, selection: Selection, everything: _Visits
) -> tuple[Groups, list[tuple[str | None, Flags | slice, _Numbers]]]:
    if question.by is None:
        none = np.zeros(0, np.int64)
        return grouped(selection, none, none), [(None, slice(None), _by_kernel(selection))]
    visited = everything.found
    groups = grouped(selection, visited.customers, visited.positions)
    size = len(selection.snapshot.names)
    found: list[tuple[str | None, Flags | slice, _Numbers]] = []
    for numbers, layer in groups.layers(len(visited.codes)):
        cells = np.where(layer < 0, layer, layer * np.int32(size) + visited.codes)
        counted = _in_cells(visited, cells, len(numbers), size)
        found += ((groups.labels[at], groups.chosen(at), one) for at, one in zip(numbers, counted, strict=True))
    return groups, found


def _by_kernel(selection: Selection) -> _Numbers:
    codes = len(selection.snapshot.names)
    period = None if selection.bounds == WHOLE else selection.period
    counted = visits(selection.journeys, codes, selection.edges, customers=selection.customers)
    ways = transitions(selection.journeys, codes, distinct=False, period=period, customers=selection.customers)
    medians = np.full(codes, np.nan)
    for code in range(1, codes):
        rows = ways.edges[:, 1] == code
        if rows.any():
            medians[code] = quantiles(ways.histograms[rows].sum(axis=0, dtype=np.int64), 0.5)[0] / SECOND
    counts, reach = counted.counts[:, 0].copy(), counted.reach
    counts[0] = 0  # row 0 counts any touchpoint
    return _Numbers(counts, reach, medians)


def _in_cells(visited: Moves, cells: npt.NDArray[np.int32], groups: int, size: int) -> list[_Numbers]:
    """Count visits in the cells of groups and touchpoints."""
    counts, customers = count_customers(cells, visited.customers, groups * size)
    going_on = np.where(visited.following > 0, cells, np.int32(-1))
    left, _ = count_customers(going_on, visited.customers, groups * size)
    medians = np.array([quantile(times, 0.5) / SECOND for times in in_cells(visited.waited, going_on, left)])
    tables = (table.reshape(groups, size) for table in (counts, customers, medians))
    return [_Numbers(*columns) for columns in zip(*tables, strict=True)]


@dataclass(frozen=True)
class _Sparse:
    """The visits that have a number.

    Attributes:
        size: One more than the largest touchpoint code.
        rows: Which of all visits each is; `None`: they were not looked for, as there are no groups.
        codes: Its touchpoint.
        numbers: Its number.
    """

    size: int
    rows: Positions | None
    codes: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.float64]

    def of(self, members: Flags | slice) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """How many of a group's visits have a number, and the sum of these, by touchpoint code."""
        chosen = slice(None) if self.rows is None else members[self.rows]  # type: ignore[index]  # flags, where rows are
        codes, numbers = self.codes[chosen], self.numbers[chosen]
        counts = np.bincount(codes, minlength=self.size).astype(np.int64)
        return counts, np.bincount(codes, weights=numbers, minlength=self.size).astype(np.float64)


def _sparse(
    selection: Selection,
    everything: _Visits,
    column: tuple[npt.NDArray[np.generic], npt.NDArray[np.float64]],
    *,
    whole: bool,
) -> _Sparse:
    positions, numbers = np.asarray(column[0], np.int64), np.asarray(column[1], np.float64)
    codes = selection.journeys.touchpoints[positions].astype(np.int64)
    kept = (codes > 0) & ~np.isnan(numbers)
    if selection.customers is not None:
        kept &= selection.customers[selection.snapshot.customers_at(positions)]
    if selection.bounds != WHOLE:
        times = selection.snapshot.times(positions)
        kept &= (times >= selection.bounds[0]) & (times < selection.bounds[1])
    rows = None if whole else np.searchsorted(everything.found.positions, positions[kept])
    return _Sparse(len(selection.snapshot.names), rows, codes[kept], numbers[kept])


def _visitors(selection: Selection, everything: _Visits) -> Flags:
    """Which customers have a visit in the period."""
    offsets, touchpoints = selection.snapshot.index.offsets, selection.journeys.touchpoints
    flags = np.zeros(len(offsets) - 1, np.bool_)
    if selection.bounds != WHOLE:
        flags[everything.found.customers] = True
        return flags
    some = offsets[1:] > offsets[:-1]
    if some.any():
        flags[some] = np.maximum.reduceat(touchpoints, offsets[:-1][some]) > 0
    return flags if selection.customers is None else flags & selection.customers


def _personas(selection: Selection, visitors: Flags) -> Part:
    """The size of each persona that can be told."""
    keys = [persona.key for persona in selection.snapshot.journey_map.personas if persona.who is not None]
    members = [visitors & selection.expressions.persona(key) for key in keys]
    sql = (
        selection.statement.step("items", f"SELECT customer FROM seen WHERE {selection.in_period('occurred_at')}")
        .step(
            "counted",
            f"SELECT persona FROM ({selection.expressions.personas()})\nWHERE customer IN (SELECT customer FROM items)",
        )
        .select(
            f"SELECT k.persona, count(c.persona) AS customers FROM (SELECT unnest({_keys(keys)}) AS persona) k\n"
            f"LEFT JOIN counted c ON c.persona = k.persona GROUP BY k.persona ORDER BY list_position({_keys(keys)}, k.persona)"
        )
    )
    rows: dict[str, list[object]] = {"persona": list(keys), "customers": [int(flags.sum()) for flags in members]}
    return part_of(PERSONA_COLUMNS, rows, sql=sql, people={"customers": lambda row: np.flatnonzero(members[row])})


def _keys(keys: list[str]) -> str:
    return literal(keys) if keys else "[]::VARCHAR[]"


def _grouped(selection: Selection, groups: Groups) -> Statement:
    """`grouped`: a row for each visit, with the time to the next."""
    return (
        selection.statement.step(
            "ordered",
            "SELECT customer, position, occurred_at, touchpoint, value, score,\n"
            "  epoch_us(lead(occurred_at) OVER line) - epoch_us(occurred_at) AS waited\n"
            "FROM seen WINDOW line AS (PARTITION BY customer ORDER BY position)",
        )
        .step(
            "items",
            "SELECT *, occurred_at AS started_at FROM ordered WHERE " + selection.in_period("occurred_at"),
        )
        .step("grouped", groups.over("items"))
    )


def _sql(selection: Selection, groups: Groups, statement: Statement) -> str:
    names = list(selection.snapshot.names[1:])
    return statement.step(
        "counted",
        f"SELECT {groups.names}{groups.rank}, touchpoint, count(*) AS visits, count(DISTINCT customer) AS customers,\n"
        f"  {quantile_sql('waited', 0.5)} / 1e6 AS median_seconds, sum(value) AS value, avg(score) AS score,\n"
        f"  count(score) AS scores\nFROM grouped GROUP BY {groups.names}{'rank, ' if groups.by else ''}touchpoint",
    ).select(
        f"SELECT {groups.names}touchpoint, visits, customers, median_seconds, value, score, scores\n"
        f"FROM counted ORDER BY rank, list_position({literal(names)}, touchpoint)"
    )
