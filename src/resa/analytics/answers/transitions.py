"""Transitions: which touchpoint directly follows which.

Defined in `resa.kernels.transitions`: what is no touchpoint, or hidden by a filter, is looked past; a period keeps
what starts in it. Every visit has one row that it goes out by, to the next touchpoint or to the end, and every
customer one entry.
"""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; its lines stay whole

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa import kernels
from resa.analytics.calendar import SECOND
from resa.analytics.questions.kinds import TransitionsQuestion
from resa.analytics.questions.question import Question, of_customers
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, part_of
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.selection import WHOLE, Selection
from resa.analytics.scope.snapshot import Flags, Positions
from resa.analytics.sql.text import Statement
from resa.analytics.statistics import distinct, quantile_sql, quantiles_of, share
from resa.kernels import count_customers, in_cells, renumbered, transitions, visits

__all__ = [
    "TRANSITION_COLUMNS",
    "Cell",
    "Moves",
    "Ways",
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


Codes = npt.NDArray[np.uint16]
Some = TypeVar("Some", bound=np.generic)


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
    """Every entry and every way out of a visit, as arrays, for groups of events and the people behind.

    Attributes:
        selection: What is looked at.
    """

    selection: Selection

    @cached_property
    def found(self) -> kernels.Moves:
        """The visits, each with the next."""
        selection = self.selection
        period = None if selection.bounds == WHOLE else selection.period
        return kernels.moves(selection.journeys, period=period, customers=selection.customers)

    @cached_property
    def visits(self) -> Positions:
        """Entries first, then the visits."""
        return self._entries_and(self.found.positions)

    @cached_property
    def codes(self) -> tuple[Codes, Codes]:
        """From and to; 0 at the start and the end."""
        found = self.found
        entries = found.codes[found.first]
        return np.append(np.zeros_like(entries), found.codes), np.append(entries, found.following)

    @cached_property
    def customers(self) -> npt.NDArray[np.int32]:
        """Whose."""
        return self._entries_and(self.found.customers)

    @cached_property
    def waited(self) -> npt.NDArray[np.int64]:
        """Microseconds to the next visit; 0 at the start and the end."""
        return np.append(np.zeros(int(np.count_nonzero(self.found.first)), np.int64), self.found.waited)

    def _entries_and(self, column: npt.NDArray[Some]) -> npt.NDArray[Some]:
        return np.append(column[self.found.first], column)

    def along(self, cell: Cell, members: Callable[[Moves], Flags]) -> Counted:
        """Whose moves of a cell are, one for each."""
        return self.whose(self._of(cell, members))

    def along_when(self, cell: Cell, members: Callable[[Moves], Flags]) -> tuple[Counted, Counted]:
        """The same, and when each of them came to its end."""
        chosen = self._of(cell, members)
        return self.whose(chosen), self.when(chosen)

    def whose(self, chosen: Flags) -> Counted:
        """Whose some of the moves are."""
        counted: Counted = self.customers[chosen].astype(np.int64)
        return counted

    def when(self, chosen: Flags) -> Counted:
        """When some of the moves came to their end, microseconds since 1970."""
        return self.selection.snapshot.times(self.visits[chosen]) + self.waited[chosen]

    def _of(self, cell: Cell, members: Callable[[Moves], Flags]) -> Flags:
        start, end = self.codes
        chosen: Flags = (start == cell.start) & (end == cell.end) & members(self)
        return chosen


def answer_transitions(question: TransitionsQuestion, selection: Selection) -> Answer:
    """Count transitions."""
    moves = Moves(selection)
    groups, found = counted_moves(question, selection, moves)
    columns = (*groups.columns, *TRANSITION_COLUMNS)
    rows: dict[str, list[object]] = {column.name: [] for column in columns}
    behind: list[tuple[Cell, Members]] = []
    names = selection.snapshot.names
    for label, cells, members, _ in found:
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
        people={"count": people, "customers": lambda row: distinct(people(row))},
        moments=dict.fromkeys(("count", "customers"), lambda row: moves.along_when(*behind[row])),
    )
    ways = sum(cell.count for cell, _ in behind)
    return Answer(parts={"transitions": part}, n={"ways": ways}, warnings=groups.warnings)


Members = Callable[[Moves], Flags]


class Ways(NamedTuple):
    """What was counted of one group.

    Attributes:
        label: Its name; `None`: nothing was grouped.
        cells: Its rows.
        members: How to find the moves behind them.
        reach: How many of its customers visit each touchpoint, by code.
    """

    label: str | None
    cells: list[Cell]
    members: Members
    reach: Callable[[], npt.NDArray[np.int64]]


def cell_place(cell: Cell, names: tuple[str, ...]) -> tuple[int, bool, str, bool, str]:
    """Where a row stands: the most frequent first."""
    return -cell.count, cell.start == 0, names[cell.start], cell.end == 0, names[cell.end]


def counted_moves(question: Question, selection: Selection, moves: Moves) -> tuple[Groups, list[Ways]]:
    """Each group with its cells; of customers by one kernel, of events by another, which knows times exactly."""
    if question.by is None:
        none = np.zeros(0, np.int64)
        reach = partial(_reach, selection, selection.customers)
        return grouped(selection, none, none), [Ways(None, cells_of_all(selection), _all, reach)]
    if not of_customers(question.by):
        groups = grouped(selection, moves.customers, moves.visits)
        return groups, _of_events(selection, moves, groups)
    customers = distinct(moves.found.customers)
    groups = grouped(selection, customers, selection.snapshot.index.offsets[customers])
    found = []
    for label, members in groups.split():
        mask = np.zeros(len(selection.snapshot.index.offsets) - 1, np.bool_)
        mask[customers[members]] = True
        found.append(Ways(label, _by_kernel(selection, mask), _of(mask), partial(_reach, selection, mask)))
    return groups, found


def _reach(selection: Selection, customers: Flags | None) -> npt.NDArray[np.int64]:
    """How many of these customers visit each touchpoint, by its code."""
    reach = visits(selection.journeys, len(selection.snapshot.names), selection.edges, customers=customers).reach
    reach[0] = 0  # any touchpoint
    return reach


def _of_events(selection: Selection, moves: Moves, groups: Groups) -> list[Ways]:
    """Count every move in the cell of its group, from and to."""
    if groups.numbers is None:
        raise ValueError("a move is in one group")
    size, numbers = len(selection.snapshot.names), groups.numbers
    start, end = moves.codes
    pairs, known = renumbered(start.astype(np.int32) * size + end, size * size)
    cells = numbers * np.int32(len(known)) + pairs
    counts, people = count_customers(cells, moves.customers, len(groups.labels) * len(known))
    times = in_cells(moves.waited, cells, counts)
    entries = len(moves.visits) - len(moves.found.codes)
    places = numbers[entries:] * np.int32(size) + moves.found.codes
    _, reach = count_customers(places, moves.found.customers, len(groups.labels) * size)
    found = []
    for number, label in enumerate(groups.labels):
        rows = []
        for place, pair in enumerate(known.tolist()):
            at = number * len(known) + place
            if counts[at]:
                before, after = divmod(pair, size)
                spans = _spans(times[at] if before and after else times[at][:0])
                rows.append(Cell(before, after, int(counts[at]), int(people[at]), *spans))
        own = reach[number * size : (number + 1) * size]
        found.append(Ways(label, rows, _these(numbers, number), partial(np.copy, own)))
    return found


def _spans(times: npt.NDArray[np.int64]) -> tuple[float, float, float]:
    """Mean, median and what 90 % need at most, seconds; NaN of none."""
    if not len(times):
        return float("nan"), float("nan"), float("nan")
    median, most = quantiles_of(times, (0.5, 0.9))
    return int(times.sum()) / len(times) / SECOND, median / SECOND, most / SECOND


def _all(moves: Moves) -> Flags:
    return np.ones(len(moves.visits), np.bool_)


def _these(numbers: npt.NDArray[np.unsignedinteger[Any]], number: int) -> Members:
    return lambda _: numbers == number


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
