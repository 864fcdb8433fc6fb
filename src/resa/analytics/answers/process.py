"""The process map: touchpoints and the arrows between them, the happy path first, thinned by share.

What is counted is what `transitions` counts. The *happy path* is the commonest whole journey, repeats left out, that
reaches the goal of the map; where none does, the commonest of more than one touchpoint. A share of the visits keeps the
fewest touchpoints, the most visited first, that together hold it; a share of the transitions keeps the fewest arrows between
these in the same way. Kept besides are the happy path, and for each kept touchpoint the commonest arrow to it and from
it, so that none stands alone. What is kept does not depend on groups: all of them are drawn alike.
"""

# ruff: noqa: S608, E501 - every part of the SQL is written here or is an escaped literal; its lines stay whole

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa

from resa.analytics.answers.transitions import (
    TRANSITION_COLUMNS,
    Cell,
    Moves,
    Ways,
    cell_place,
    cells_of_all,
    counted_moves,
    counted_moves_sql,
    grouped_moves,
)
from resa.analytics.questions.kinds import ProcessQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Part, part_of
from resa.analytics.scope.grouping import Groups
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Flags
from resa.analytics.sql.text import Statement, literal
from resa.analytics.statistics import distinct, share
from resa.kernels import variant_codes

__all__ = ["ARROW_COLUMNS", "PROCESS_TOUCHPOINT_COLUMNS", "answer_process"]

ARROW_COLUMNS: Final = (
    *TRANSITION_COLUMNS,
    Column("happy", pa.bool_(), "It is part of the happy path."),
)

PROCESS_TOUCHPOINT_COLUMNS: Final = (
    Column("touchpoint", pa.string(), "The touchpoint."),
    Column("visits", pa.int64(), "How often it was visited."),
    Column("customers", pa.int64(), "Customers who visited it at least once."),
    Column("begin", pa.int64(), "Journeys that start there."),
    Column("end", pa.int64(), "Journeys that end there, so far."),
    Column("happy", pa.int64(), "Its place on the happy path, 1 for the first; null: it is not on it."),
    Column("shown", pa.bool_(), "It is kept in the picture."),
)

_Key = TypeVar("_Key")


@dataclass(frozen=True)
class _Thinned:
    """What is kept.

    Attributes:
        question: The shares.
        cells: All arrows, of all groups together.
        happy: Codes of the happy path in order.
    """

    question: ProcessQuestion
    cells: Sequence[Cell]
    happy: Sequence[int]

    @cached_property
    def visits(self) -> dict[int, int]:
        """How often each touchpoint at an end of an arrow was visited."""
        counts = {code: 0 for cell in self.cells for code in (cell.start, cell.end) if code}
        for cell in self.cells:
            if cell.start:
                counts[cell.start] += cell.count
        return counts

    @cached_property
    def touchpoints(self) -> frozenset[int]:
        """Codes of the touchpoints that are kept."""
        ranked = sorted(self.visits.items(), key=lambda item: (-item[1], item[0]))
        return frozenset(_most(ranked, self.question.touchpoints)) | set(self.happy)

    @cached_property
    def arrows(self) -> frozenset[tuple[int, int]]:
        """From and to of the arrows that are kept."""
        ends = self.touchpoints | {0}
        cells = [cell for cell in self.cells if cell.start in ends and cell.end in ends]
        ranked = sorted(cells, key=lambda cell: (-cell.count, cell.start, cell.end))
        kept = set(_most([((cell.start, cell.end), cell.count) for cell in ranked], self.question.arrows))
        out: dict[int, tuple[int, int]] = {}
        into: dict[int, tuple[int, int]] = {}
        for cell in sorted(ranked, key=lambda cell: cell.start == cell.end):  # a loop only where there is nothing else
            out.setdefault(cell.start, (cell.start, cell.end))
            into.setdefault(cell.end, (cell.start, cell.end))
        known = {(cell.start, cell.end) for cell in cells}
        return frozenset({*kept, *out.values(), *into.values()} | (set(self.along) & known))

    @cached_property
    def along(self) -> frozenset[tuple[int, int]]:
        """From and to of the arrows of the happy path."""
        return frozenset(pairwise([0, *self.happy, 0])) if self.happy else frozenset()


def _most(ranked: Sequence[tuple[_Key, int]], part: float) -> list[_Key]:
    """The first of these that together have a share of all."""
    if part >= 1:
        return [key for key, _ in ranked]
    total = sum(count for _, count in ranked)
    kept: list[_Key] = []
    before = 0
    for key, count in ranked:
        if before >= part * total:
            break
        kept.append(key)
        before += count
    return kept


def _happy(selection: Selection) -> tuple[list[int], int]:
    """Codes of the happy path in order, and how many walk it; none where nobody visits anything."""
    journeys = selection.journeys
    found = selection.variants(collapse=True)
    if not len(found.customer):
        return [], 0
    goal = np.zeros(len(selection.snapshot.names), np.bool_)
    goal[[selection.snapshot.journey_map.code[key] for key in _goal(selection)]] = True
    hits = np.flatnonzero(goal[journeys.touchpoints])
    rows = np.searchsorted(found.start, hits, side="right") - 1
    inside = (rows >= 0) & (hits < found.stop[rows])
    reaches = np.zeros(len(found.customer), np.bool_)
    reaches[rows[inside]] = True
    first = found.groups.first
    length = found.length[first]
    ranks = np.lexsort((found.start[first], length, -found.groups.counts, length < 2, ~reaches[first]))
    best = int(ranks[0])
    return variant_codes(journeys, found, int(first[best])).tolist(), int(found.groups.counts[best])


def _goal(selection: Selection) -> tuple[str, ...]:
    """Touchpoints at which the goal of the map is reached."""
    goal = selection.snapshot.journey_map.goal
    return () if goal is None else goal.reach


def answer_process(question: ProcessQuestion, selection: Selection) -> Answer:
    """Count the arrows and choose those that are kept."""
    moves = Moves(selection)
    groups, found = counted_moves(question, selection, moves)
    everything = found[0].cells if question.by is None else cells_of_all(selection)
    path, walkers = _happy(selection)
    thinned = _Thinned(question, everything, path)
    statement = _statement(question, selection, groups)
    left_out = [cell for cell in everything if (cell.start, cell.end) not in thinned.arrows]
    others = {
        "arrows": len(left_out),
        "count": sum(cell.count for cell in left_out),
        "touchpoints": len(thinned.visits) - len(thinned.touchpoints),
    }
    return Answer(
        parts={
            "arrows": _arrows(selection, moves, groups, found, thinned, statement, kept=True),
            "touchpoints": _touchpoints(selection, moves, groups, found, thinned, statement),
            "left_out": _arrows(selection, moves, groups, found, thinned, statement, kept=False),
        },
        n={"ways": sum(cell.count for cell in everything), "happy_path": walkers},
        others=others if any(others.values()) else {},
        warnings=groups.warnings,
    )


def _arrows(
    selection: Selection,
    moves: Moves,
    groups: Groups,
    found: Sequence[Ways],
    thinned: _Thinned,
    statement: Statement,
    *,
    kept: bool,
) -> Part:
    """The arrows that are kept, or those that are not."""
    columns = (*groups.columns, *ARROW_COLUMNS)
    rows: dict[str, list[object]] = {column.name: [] for column in columns}
    behind: list[tuple[Cell, Callable[[Moves], Flags]]] = []
    names = selection.snapshot.names
    for label, cells, members, _ in found:
        totals: dict[int, int] = {}
        for cell in cells:
            totals[cell.start] = totals.get(cell.start, 0) + cell.count
        for cell in sorted(cells, key=lambda cell: cell_place(cell, names)):
            pair = (cell.start, cell.end)
            if (pair in thinned.arrows) is not kept:
                continue
            ends = (names[cell.start] or None, names[cell.end] or None)
            counted = (cell.count, cell.customers, share(cell.count, totals[cell.start]))
            values = (*ends, *counted, cell.mean, cell.median, cell.p90, pair in thinned.along)
            for column, value in zip(rows.values(), (label, *values)[-len(rows) :], strict=True):
                column.append(value)
            behind.append((cell, members))

    def people(row: int) -> Counted:
        cell, members = behind[row]
        return moves.along(cell, members)

    names_of = ", ".join(f'c."{column.name}"' for column in (*groups.columns, *TRANSITION_COLUMNS))
    return part_of(
        columns,
        rows,
        sql=statement.select(
            f"SELECT {names_of}, h.customers IS NOT NULL AS happy\nFROM shares c\n"
            'LEFT JOIN happy_ways h ON h."from" IS NOT DISTINCT FROM c."from" AND h."to" IS NOT DISTINCT FROM c."to"\n'
            'LEFT JOIN shown s ON s."from" IS NOT DISTINCT FROM c."from" AND s."to" IS NOT DISTINCT FROM c."to"\n'
            f"WHERE s.count IS {'NOT ' if kept else ''}NULL\n"
            'ORDER BY c.rank, c.count DESC, c."from" NULLS LAST, c."to" NULLS LAST'
        ),
        looked_at=groups.sizes(statement, _IS_SHOWN) if kept else "",
        people={"count": people, "customers": lambda row: np.unique(people(row))},
        moments=dict.fromkeys(("count", "customers"), lambda row: moves.along_when(*behind[row])),
    )


_IS_SHOWN: Final = 'EXISTS (FROM shown s WHERE s."from" IS NOT DISTINCT FROM grouped."from" AND s."to" IS NOT DISTINCT FROM grouped."to")'


_ENDS: Final = ("visits", "customers", "begin", "end")
"""What is counted of a touchpoint."""


def _touchpoints(
    selection: Selection, moves: Moves, groups: Groups, found: Sequence[Ways], thinned: _Thinned, statement: Statement
) -> Part:
    columns = (*groups.columns, *PROCESS_TOUCHPOINT_COLUMNS)
    rows: dict[str, list[object]] = {column.name: [] for column in columns}
    behind: list[tuple[int, Callable[[Moves], Flags]]] = []
    place = {code: number for number, code in reversed(list(enumerate(dict.fromkeys(thinned.happy), start=1)))}
    for label, cells, members, counted_reach in found:
        reach = counted_reach()
        visits, begin, end = (np.zeros(len(reach), np.int64) for _ in range(3))
        for cell in cells:
            visits[cell.start] += cell.count
            begin[cell.end] += cell.count if not cell.start else 0
            end[cell.start] += cell.count if not cell.end else 0
        for code in sorted({code for cell in cells for code in (cell.start, cell.end) if code}):
            counted = (int(visits[code]), int(reach[code]), int(begin[code]), int(end[code]))
            values = (selection.snapshot.names[code], *counted, place.get(code), code in thinned.touchpoints)
            for column, value in zip(rows.values(), (label, *values)[-len(rows) :], strict=True):
                column.append(value)
            behind.append((code, members))

    def chosen(row: int, column: str) -> Flags:
        code, members = behind[row]
        start, end = moves.codes
        wanted = {
            "visits": start == code,
            "customers": start == code,
            "begin": (start == 0) & (end == code),
            "end": (start == code) & (end == 0),
        }[column]
        flags: Flags = wanted & members(moves)
        return flags

    def people(row: int, column: str) -> Counted:
        counted = moves.whose(chosen(row, column))
        return distinct(counted) if column == "customers" else counted

    def moments(row: int, column: str) -> tuple[Counted, Counted]:
        those = chosen(row, column)
        return moves.whose(those), selection.snapshot.times(moves.visits[those])

    names = literal(list(selection.snapshot.names[1:]))
    by = ", ".join(f'e."{column.name}"' for column in groups.columns)
    return part_of(
        columns,
        rows,
        sql=statement.select(
            f"SELECT {by}{', ' if by else ''}e.touchpoint, coalesce(v.visits, 0) AS visits, coalesce(v.customers, 0) AS customers,\n"
            '  coalesce(v.begin, 0) AS begin, coalesce(v."end", 0) AS "end", p.place AS happy, k.touchpoint IS NOT NULL AS shown\n'
            "FROM ends e LEFT JOIN visits_of v ON v.rank = e.rank AND v.touchpoint = e.touchpoint\n"
            "LEFT JOIN happy_places p ON p.touchpoint = e.touchpoint LEFT JOIN kept k ON k.touchpoint = e.touchpoint\n"
            f"ORDER BY e.rank, list_position({names}, e.touchpoint)"
        ),
        people={column: partial(people, column=column) for column in _ENDS},
        moments={column: partial(moments, column=column) for column in _ENDS},
    )


def _statement(question: ProcessQuestion, selection: Selection, groups: Groups) -> Statement:
    """All steps that the parts read: `shares`, `shown`, `kept`, `ends`, `visits_of`, `happy_ways`, `happy_places`."""
    by = f"{groups.names}rank, "
    statement = counted_moves_sql(grouped_moves(selection, groups), groups).step(
        "shares", 'SELECT *, count / sum(count) OVER (PARTITION BY rank, "from") AS share FROM counted'
    )
    statement = _happy_steps(statement, selection)
    return (
        _kept_steps(statement, question, selection)
        .step(
            "ends",
            f'SELECT DISTINCT {by}touchpoint FROM (SELECT {by}"from" AS touchpoint FROM counted\n'
            f'  UNION ALL SELECT {by}"to" FROM counted) WHERE touchpoint IS NOT NULL',
        )
        .step(
            "visits_of",
            f'SELECT {groups.rank}, coalesce("from", "to") AS touchpoint, count(*) FILTER ("from" IS NOT NULL) AS visits,\n'
            '  count(DISTINCT customer) FILTER ("from" IS NOT NULL) AS customers,\n'
            '  count(*) FILTER ("from" IS NULL) AS begin, count(*) FILTER ("from" IS NOT NULL AND "to" IS NULL) AS "end"\n'
            f'FROM grouped GROUP BY {"rank, " if groups.by else ""}coalesce("from", "to")',
        )
    )


def _happy_steps(statement: Statement, selection: Selection) -> Statement:
    goal = literal(list(_goal(selection))) + "::VARCHAR[]"
    return (
        statement.step(
            "changes",
            "SELECT customer, position, occurred_at, touchpoint, lag(touchpoint) OVER line AS previous\n"
            "FROM seen WINDOW line AS (PARTITION BY customer ORDER BY position)",
        )
        .step(
            "journeys",
            "SELECT min(position) AS position, min(occurred_at) AS started_at, list(touchpoint ORDER BY position) AS variant\n"
            "FROM changes WHERE previous IS NULL OR touchpoint <> previous GROUP BY customer",
        )
        .step(
            "happy",
            "SELECT variant, count(*) AS customers, min(position) AS position FROM journeys\n"
            f"WHERE {selection.in_period('started_at')} GROUP BY variant\n"
            f"ORDER BY list_has_any(variant, {goal}) DESC, len(variant) > 1 DESC, customers DESC, len(variant), position LIMIT 1",
        )
        .step(
            "happy_ways",
            'SELECT DISTINCT unnest(list_prepend(NULL::VARCHAR, variant)) AS "from",\n'
            '  unnest(list_append(variant, NULL::VARCHAR)) AS "to", customers FROM happy',
        )
        .step(
            "happy_places",
            "SELECT touchpoint, row_number() OVER (ORDER BY min(number)) AS place\n"
            "FROM (SELECT unnest(variant) AS touchpoint, generate_subscripts(variant, 1) AS number FROM happy) GROUP BY touchpoint",
        )
    )


def _kept_steps(statement: Statement, question: ProcessQuestion, selection: Selection) -> Statement:
    names = literal(list(selection.snapshot.names[1:]))
    start, end = (f'coalesce(list_position({names}, "{end}"), 0)' for end in ("from", "to"))
    return (
        statement.step(
            "overall",
            'SELECT "from", "to", count(*) AS count, "from" IS NOT DISTINCT FROM "to" AS loop FROM items GROUP BY ALL',
        )
        .step(
            "visited",
            "SELECT touchpoint, sum(visits) AS visits FROM (\n"
            '  SELECT "from" AS touchpoint, count AS visits FROM overall UNION ALL SELECT "to", 0 FROM overall\n'
            ") WHERE touchpoint IS NOT NULL GROUP BY touchpoint",
        )
        .step(
            "kept",
            "SELECT touchpoint FROM (SELECT touchpoint, sum(visits) OVER () AS total,\n"
            f"  sum(visits) OVER (ORDER BY visits DESC, list_position({names}, touchpoint) ROWS UNBOUNDED PRECEDING) - visits AS before\n"
            f"  FROM visited) WHERE {_within(question.touchpoints)} OR touchpoint IN (SELECT touchpoint FROM happy_places)",
        )
        .step(
            "possible",
            'SELECT * FROM overall WHERE ("from" IS NULL OR "from" IN (SELECT touchpoint FROM kept))\n'
            '  AND ("to" IS NULL OR "to" IN (SELECT touchpoint FROM kept))',
        )
        .step(
            "shown",
            f'SELECT o."from", o."to", o.count FROM (SELECT *, sum(count) OVER () AS total,\n'
            f"  sum(count) OVER (ORDER BY count DESC, {start}, {end} ROWS UNBOUNDED PRECEDING) - count AS before,\n"
            f'  row_number() OVER (PARTITION BY "from" ORDER BY loop, count DESC, {end}) AS out,\n'
            f'  row_number() OVER (PARTITION BY "to" ORDER BY loop, count DESC, {start}) AS into\n'
            "  FROM possible) o\n"
            'LEFT JOIN happy_ways h ON h."from" IS NOT DISTINCT FROM o."from" AND h."to" IS NOT DISTINCT FROM o."to"\n'
            f"WHERE {_within(question.arrows)} OR o.out = 1 OR o.into = 1 OR h.customers IS NOT NULL",
        )
    )


def _within(part: float) -> str:
    """Whether what comes before a row is less than a share of all."""
    return "TRUE" if part >= 1 else f"before < {literal(float(part))} * total"
