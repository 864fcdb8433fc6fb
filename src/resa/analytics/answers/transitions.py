"""Transitions: which touchpoint directly follows which.

Defined in `resa.kernels.transitions`: what is no touchpoint, or hidden by a filter, is looked past; a period keeps
what starts in it. Every visit has one row that it goes out by, to the next touchpoint or to the end, and every
customer one entry.
"""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; its lines stay whole

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.calendar import SECOND
from resa.analytics.questions.kinds import TransitionsQuestion
from resa.analytics.questions.question import Question, of_customers
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, part_of
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.selection import WHOLE, Selection
from resa.analytics.scope.snapshot import Flags, Positions
from resa.analytics.sql.text import Statement
from resa.analytics.statistics import quantile, quantile_sql, share
from resa.kernels import transitions

__all__ = [
    "TRANSITION_COLUMNS",
    "Cell",
    "Moves",
    "answer_transitions",
    "cell_place",
    "cells_of_all",
    "counted_moves",
    "counted_moves_sql",
    "grouped_moves",
]

TRANSITION_COLUMNS: Final = (
    Column("from", pa.string(), "The touchpoint before; null: the journey starts."),
    Column("to", pa.string(), "The touchpoint after; null: the journey ends, so far."),
    Column("count", pa.int64(), "How often."),
    Column("customers", pa.int64(), "Customers who did so at least once."),
    Column("share", pa.float64(), "Of all that went out from `from` (of all journeys, where they start), 0 to 1."),
    Column("mean_seconds", pa.float64(), "Mean time between, seconds; null at the start and the end."),
    Column("median_seconds", pa.float64(), "Median time between, seconds, off by at most 1/64 of it."),
    Column("p90_seconds", pa.float64(), "The time that 90 % needed at most, seconds, off by at most 1/64 of it."),
)


@dataclass(frozen=True)
class Cell:
    """One row's numbers.

    Attributes:
        start: Code of the touchpoint before; 0: none.
        end: Code of the touchpoint after; 0: none.
        count: How often.
        customers: How many.
        mean: Seconds between; NaN at the start and the end.
        median: Likewise.
        p90: Likewise.
    """

    start: int
    end: int
    count: int
    customers: int
    mean: float
    median: float
    p90: float


@dataclass(frozen=True)
class Moves:
    """Every entry and every way out of a visit, as arrays: the slow way, for groups of events and the people behind.

    Attributes:
        selection: What is looked at.
    """

    selection: Selection

    @cached_property
    def visits(self) -> Positions:
        """Entries first, then the visits."""
        return np.concatenate([self._visits[self._first], self._visits])[self._inside]

    @cached_property
    def codes(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """From and to; 0 at the start and the end."""
        codes = self.selection.journeys.touchpoints[self._visits].astype(np.int64)
        following = np.concatenate([codes[1:], [0]]) if len(codes) else codes
        following = np.where(self._last, 0, following)
        start = np.concatenate([np.zeros(int(self._first.sum()), np.int64), codes])
        end = np.concatenate([codes[self._first], following])
        return start[self._inside], end[self._inside]

    @cached_property
    def customers(self) -> npt.NDArray[np.int64]:
        """Whose."""
        return self.selection.snapshot.customers_at(self.visits)

    @cached_property
    def waited(self) -> npt.NDArray[np.int64]:
        """Microseconds to the next visit; 0 at the start and the end."""
        times = self.selection.snapshot.times(self._visits)
        apart = np.diff(times, append=times[-1:])
        apart = np.concatenate([np.zeros(int(self._first.sum()), np.int64), np.where(self._last, 0, apart)])
        return apart[self._inside]

    @cached_property
    def _visits(self) -> Positions:
        return self.selection.visits

    @cached_property
    def _first(self) -> Flags:
        whose = self.selection.snapshot.customers_at(self._visits)
        flags: Flags = np.diff(whose, prepend=-1) != 0
        return flags

    @cached_property
    def _last(self) -> Flags:
        whose = self.selection.snapshot.customers_at(self._visits)
        flags: Flags = np.diff(whose, append=-1) != 0
        return flags

    @cached_property
    def _inside(self) -> Flags:
        every = np.concatenate([self._visits[self._first], self._visits])
        times = self.selection.snapshot.times(every)
        low, high = self.selection.bounds
        return (times >= low) & (times < high)

    def along(self, cell: Cell, members: Callable[[Moves], Flags]) -> Counted:
        """Whose moves of a cell are, one for each."""
        start, end = self.codes
        counted: Counted = self.customers[(start == cell.start) & (end == cell.end) & members(self)]
        return counted


def answer_transitions(question: TransitionsQuestion, selection: Selection) -> Answer:
    """Count transitions."""
    moves = Moves(selection)
    groups, found = counted_moves(question, selection, moves)
    columns = (*groups.columns, *TRANSITION_COLUMNS)
    rows: dict[str, list[object]] = {column.name: [] for column in columns}
    behind: list[tuple[Cell, Members]] = []
    names = selection.snapshot.names
    for label, cells, members in found:
        totals: dict[int, int] = {}
        for cell in cells:
            totals[cell.start] = totals.get(cell.start, 0) + cell.count
        for cell in sorted(cells, key=lambda cell: cell_place(cell, names)):
            ends = (names[cell.start] or None, names[cell.end] or None)
            times = (cell.mean, cell.median, cell.p90)
            values = (*ends, cell.count, cell.customers, share(cell.count, totals[cell.start]), *times)
            for column, value in zip(columns, (label, *values) if groups.by else values, strict=True):
                rows[column.name].append(value)
            behind.append((cell, members))

    def people(row: int) -> Counted:
        cell, members = behind[row]
        return moves.along(cell, members)

    statement = grouped_moves(selection, groups)
    part = part_of(
        columns,
        rows,
        sql=_sql(statement, groups),
        looked_at=groups.sizes(statement),
        people={"count": people, "customers": lambda row: np.unique(people(row))},
    )
    ways = sum(cell.count for cell, _ in behind)
    return Answer(parts={"transitions": part}, n={"ways": ways}, warnings=groups.warnings)


Members = Callable[[Moves], Flags]


def cell_place(cell: Cell, names: tuple[str, ...]) -> tuple[int, bool, str, bool, str]:
    """Where a row stands: the most frequent first."""
    return -cell.count, cell.start == 0, names[cell.start], cell.end == 0, names[cell.end]


def counted_moves(
    question: Question, selection: Selection, moves: Moves
) -> tuple[Groups, list[tuple[str | None, list[Cell], Members]]]:
    """Each group's label, its cells, and how to find the moves behind them.

    Groups of customers, and no groups, are counted by the kernel; groups of events event by event.
    """
    found: list[tuple[str | None, list[Cell], Members]] = []
    if question.by is None:
        none = np.zeros(0, np.int64)
        return grouped(selection, none, none), [(None, cells_of_all(selection), _all)]
    if not of_customers(question.by):
        groups = grouped(selection, moves.customers, moves.visits)
        for label, members in groups.split():
            flags = np.zeros(len(moves.visits), np.bool_)
            flags[members] = True
            found.append((label, _by_hand(moves, flags), _these(flags)))
        return groups, found
    customers = np.unique(moves.customers)
    groups = grouped(selection, customers, selection.snapshot.index.offsets[customers])
    for label, members in groups.split():
        mask = np.zeros(len(selection.snapshot.index.offsets) - 1, np.bool_)
        mask[customers[members]] = True
        found.append((label, _by_kernel(selection, mask), _of(mask)))
    return groups, found


def _all(moves: Moves) -> Flags:
    return np.ones(len(moves.visits), np.bool_)


def _these(flags: Flags) -> Members:
    return lambda _moves: flags


def _of(mask: Flags) -> Members:
    return lambda moves: mask[moves.customers]


def cells_of_all(selection: Selection) -> list[Cell]:
    """The cells of everybody who takes part, whatever the groups."""
    return _by_kernel(selection, selection.customers)


def _by_kernel(selection: Selection, customers: Flags | None) -> list[Cell]:
    period = None if selection.bounds == WHOLE else selection.period
    counted = transitions(selection.journeys, len(selection.snapshot.names), period=period, customers=customers)
    mean, median, p90 = counted.mean_seconds(), counted.quantile_seconds(0.5), counted.quantile_seconds(0.9)
    cells = []
    for group, start, end in counted.edges.tolist():
        at = (group, start, end)
        count, people = int(counted.counts[at]), int(counted.customers[at])
        cells.append(Cell(start, end, count, people, float(mean[at]), float(median[at]), float(p90[at])))
    nan = float("nan")
    for code in range(len(selection.snapshot.names)):
        entries, exits = int(counted.entries[0, code]), int(counted.exits[0, code])
        # A customer has one journey, so one entry and one exit: as many customers.
        cells += [Cell(0, code, entries, entries, nan, nan, nan)] * (entries > 0)
        cells += [Cell(code, 0, exits, exits, nan, nan, nan)] * (exits > 0)
    return cells


def _by_hand(moves: Moves, members: Flags) -> list[Cell]:
    starts, ends = (codes[members] for codes in moves.codes)
    customers, waited = moves.customers[members], moves.waited[members]
    pairs, which = np.unique(np.stack([starts, ends]), axis=1, return_inverse=True)
    cells = []
    for number, (start, end) in enumerate(pairs.T.tolist()):
        rows = which.reshape(-1) == number
        times = waited[rows] if start and end else waited[:0]
        mean = float(times.mean()) / SECOND if len(times) else float("nan")
        spans = (quantile(times, 0.5) / SECOND, quantile(times, 0.9) / SECOND)
        cells.append(Cell(start, end, int(rows.sum()), len(np.unique(customers[rows])), mean, *spans))
    return cells


def grouped_moves(selection: Selection, groups: Groups) -> Statement:
    """`grouped`: a row for each way from a visit to the next, or from the start, or to the end."""
    return (
        selection.statement.step(
            "ordered",
            "SELECT customer, position, occurred_at, touchpoint, lag(position) OVER line IS NULL AS first,\n"
            "  lead(touchpoint) OVER line AS following, lead(occurred_at) OVER line AS following_at\n"
            "FROM seen WINDOW line AS (PARTITION BY customer ORDER BY position)",
        )
        .step(
            "ways",
            'SELECT customer, position, occurred_at AS started_at, NULL::VARCHAR AS "from",\n'
            '  touchpoint AS "to", NULL::BIGINT AS waited\n'
            "FROM ordered WHERE first\nUNION ALL\n"
            "SELECT customer, position, occurred_at, touchpoint, following,\n"
            "  epoch_us(following_at) - epoch_us(occurred_at) FROM ordered",
        )
        .step("items", f"SELECT * FROM ways WHERE {selection.in_period('started_at')}")
        .step("grouped", groups.over("items"))
    )


def counted_moves_sql(statement: Statement, groups: Groups) -> Statement:
    """`counted`: the rows of `grouped`, counted by group, from and to."""
    return statement.step(
        "counted",
        f'SELECT {groups.names}{groups.rank}, "from", "to", count(*) AS count, count(DISTINCT customer) AS customers,\n'
        f"  avg(waited) / 1e6 AS mean_seconds, {quantile_sql('waited', 0.5)} / 1e6 AS median_seconds,\n"
        f"  {quantile_sql('waited', 0.9)} / 1e6 AS p90_seconds\n"
        f'FROM grouped GROUP BY {groups.names}{"rank, " if groups.by else ""}"from", "to"',
    )


def _sql(statement: Statement, groups: Groups) -> str:
    return counted_moves_sql(statement, groups).select(
        f'SELECT {groups.names}"from", "to", count, customers,\n'
        '  count / sum(count) OVER (PARTITION BY rank, "from") AS share, mean_seconds, median_seconds, p90_seconds\n'
        'FROM counted ORDER BY rank, count DESC, "from" NULLS LAST, "to" NULLS LAST'
    )
