"""Retention: of the customers who started in one calendar period, how many came back in each later one.

Starts and returns are those of `resa.kernels.retention`, whose text defines them. A cell is one cohort and one range of
periods after its own; a customer counts once in each cell with a return.
"""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from math import isnan
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.calendar import DAY, Instants, calendar_edges
from resa.analytics.questions.kinds import RetentionQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.plain_text import cell_text, heading
from resa.analytics.results.result import Column, Counted, Part, in_columns, part_of
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.outcomes import as_of_delivering
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Flags
from resa.analytics.sql.intervals import wilson_sql
from resa.analytics.sql.text import Statement, listed, literal, moment
from resa.base.clock import from_microseconds
from resa.base.language import in_language, sentence
from resa.kernels import Retention, retention, wilson_interval

__all__ = ["OVERALL_COLUMNS", "RETENTION_COLUMNS", "answer_retention"]

_RANGE: Final = (
    Column("period", pa.int64(), "How many calendar periods after that of the start; of a bracket: its first."),
    Column("last_period", pa.int64(), "The last that is counted; null: all up to now."),
)
_SHARES: Final = (
    Column("returned", pa.int64(), "Of these, customers who came back then."),
    Column("share", pa.float64(), "returned / customers, 0 to 1."),
    Column("low", pa.float64(), "Lower end of its 95 % interval (Wilson, by customer)."),
    Column("high", pa.float64(), "Upper end."),
)

RETENTION_COLUMNS: Final = (
    Column("cohort", pa.date32(), "First day of the calendar period in which they started, in the map's zone."),
    Column("customers", pa.int64(), "How many started then."),
    *_RANGE,
    *_SHARES,
    Column("complete", pa.bool_(), "The data cover the whole of these periods."),
)

OVERALL_COLUMNS: Final = (
    *_RANGE,
    Column("cohorts", pa.int64(), "Cohorts whose periods the data cover whole; only these are added up."),
    Column("customers", pa.int64(), "How many started in them."),
    *_SHARES,
)

_LONGEST_PERIOD: Final = 92 * DAY
_NO_END: Final = 2**31 - 1
_LAST_SQL: Final = f"nullif(last, {_NO_END}) AS last_period"


@dataclass(frozen=True)
class _Buckets:
    """Calendar periods from the first event to where cells can still be complete.

    Attributes:
        edges: When they begin, and when the last ends, microseconds since 1970.
        days: The first day of each.
        as_of: Up to when the data of returns are complete; `None`: nothing is certain.
        known: Up to when there are data at all.
    """

    edges: Instants
    days: tuple[date, ...]
    as_of: int | None
    known: int

    def begun(self, bucket: int) -> bool:
        """Whether there can be anything in a bucket."""
        return bucket < len(self.days) and int(self.edges[bucket]) <= self.known

    def ended(self, bucket: int) -> bool:
        """Whether the data cover it whole."""
        return self.as_of is not None and bucket < len(self.days) and int(self.edges[bucket + 1]) <= self.as_of + 1


@dataclass(frozen=True)
class _Counted:
    """Who started and came back.

    Attributes:
        question: What was asked.
        found: By customer.
        buckets: The calendar.
    """

    question: RetentionQuestion
    found: Retention
    buckets: _Buckets

    @cached_property
    def customers(self) -> npt.NDArray[np.int64]:
        """Who started."""
        return np.flatnonzero(self.found.cohorts >= 0)

    @cached_property
    def cohorts(self) -> npt.NDArray[np.int64]:
        """In which bucket each of `customers` did."""
        return self.found.cohorts[self.customers].astype(np.int64)

    @cached_property
    def span(self) -> range:
        """From the first cohort with a customer to the last; empty ones between are listed too."""
        return range(int(self.cohorts.min()), int(self.cohorts.max()) + 1) if len(self.cohorts) else range(0)

    @cached_property
    def pairs(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Rows of `customers`, and in which of the question's ranges each came back, each once."""
        row = np.cumsum(self.found.cohorts >= 0, dtype=np.int64) - 1
        whose, after = row[self.found.customers], self.found.after
        ranges = self.question.ranges
        if self.question.rolling:
            last = np.append(whose[1:] != whose[:-1], True)[: len(whose)]
            sizes = np.minimum(after[last].astype(np.int64) + 1, len(ranges))
            before = np.cumsum(sizes) - sizes
            return np.repeat(whose[last], sizes), np.arange(sizes.sum()) - np.repeat(before, sizes)
        place = np.full(int(after.max(initial=0)) + 1, -1, np.int64)
        for number, (first, end) in enumerate(ranges):
            place[first : None if end is None else end + 1] = number
        cell = place[after]
        new = (cell >= 0) & np.append(True, (whose[1:] != whose[:-1]) | (cell[1:] != cell[:-1]))[: len(cell)]
        return whose[new], cell[new]

    def counts(self, members: Flags) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Customers of each cohort, and of these who came back in each range: i64[B], i64[B, ranges]."""
        whose, cell = self.pairs
        chosen = slice(None) if members.all() else members[whose]
        shape = (len(self.buckets.days), len(self.question.ranges))
        place = self.cohorts[whose[chosen]] * shape[1] + cell[chosen]
        back = np.bincount(place, minlength=shape[0] * shape[1])
        return np.bincount(self.cohorts[members], minlength=shape[0]), back.reshape(shape)

    def people(self, members: Flags, cohorts: Flags, cell: int | None) -> Counted:
        """Those of some cohorts; with a cell those of them who came back in it."""
        wanted = members & cohorts[self.cohorts]
        if cell is None:
            return self.customers[wanted]
        whose, cells = self.pairs
        back: Counted = self.customers[whose[(cells == cell) & wanted[whose]]]
        return back


def answer_retention(question: RetentionQuestion, selection: Selection) -> Answer:
    """Count who came back when."""
    begins = selection.codes(question.start, "start") if question.start else ()
    returns = selection.codes(question.returns, "returns") if question.returns else ()
    buckets = _calendar(question, selection, returns)
    found = retention(
        selection.journeys,
        begins or None,
        returns or None,
        buckets.edges - selection.snapshot.epoch,
        period=selection.period,
        customers=selection.customers,
    )
    counted = _Counted(question, found, buckets)
    groups = grouped(selection, counted.customers, found.starts[counted.customers])
    statement = _counted_steps(selection, groups, counted, begins, returns)
    parts = {
        "retention": _cohorts(groups, counted, statement),
        "overall": _overall(groups, counted, statement),
    }
    return Answer(
        parts=parts,
        n={"customers": len(counted.customers)},
        warnings=(*selection.unseen(begins, returns), *groups.warnings),
    )


def _calendar(question: RetentionQuestion, selection: Selection, returns: tuple[int, ...]) -> _Buckets:
    """The periods from the oldest event to the newest, and on to where the data are complete."""
    snapshot = selection.snapshot
    codes = returns or range(1, len(snapshot.names))
    as_of = as_of_delivering(snapshot, codes, selection.as_of_override)
    if snapshot.oldest is None or snapshot.newest is None:
        return _Buckets(np.array([0, DAY]), (date(1970, 1, 1),), as_of, 0)
    known = snapshot.newest if as_of is None else as_of
    last = max(question.ranges[-1][0], question.ranges[-1][1] or 0)
    furthest = snapshot.newest + (last + 2) * _LONGEST_PERIOD  # no cell ends later
    end = max(snapshot.newest, min(known, furthest))
    edges, days = calendar_edges(snapshot.oldest, end, question.every, snapshot.zone)
    return _Buckets(edges, days, as_of, known)


def _cohorts(groups: Groups, counted: _Counted, statement: Statement) -> Part:
    """One row a cohort and range of periods that has begun."""
    columns = (*groups.columns, *RETENTION_COLUMNS)
    rows: list[tuple[object, ...]] = []
    behind: list[tuple[Flags, Flags, int]] = []
    for label, members in _split(groups, counted):
        sizes, returned = counted.counts(members)
        for cohort in counted.span:
            alone = np.arange(len(sizes)) == cohort
            for cell, (first, last) in enumerate(counted.question.ranges):
                if not counted.buckets.begun(cohort + first):
                    continue
                size, back = int(sizes[cohort]), int(returned[cohort, cell])
                complete = counted.buckets.ended(cohort + (first if last is None else last))
                day = counted.buckets.days[cohort]
                rows.append((label, day, size, first, last, back, *wilson_interval(back, size), complete))
                behind.append((members, alone, cell))
    table = in_columns(columns, rows)
    low, high = wilson_sql("returned", "customers")
    sql = statement.select(
        f"SELECT {groups.names}day AS cohort, customers, first AS period, {_LAST_SQL}, returned,\n"
        f"  returned / nullif(customers, 0) AS share, {low} AS low, {high} AS high, complete\n"
        "FROM counted ORDER BY rank, cohort, cell"
    )
    return part_of(
        columns,
        table,
        sql=sql,
        laid_out=partial(_triangle, table, counted.question, grouped=groups.by),
        people={
            "returned": lambda row: counted.people(*behind[row]),
            "customers": lambda row: counted.people(*behind[row][:2], None),
        },
    )


def _overall(groups: Groups, counted: _Counted, statement: Statement) -> Part:
    """One row a range of periods, over the cohorts for which it is complete."""
    columns = (*groups.columns, *OVERALL_COLUMNS)
    rows: list[tuple[object, ...]] = []
    behind: list[tuple[Flags, Flags, int]] = []
    for label, members in _split(groups, counted):
        sizes, returned = counted.counts(members)
        for cell, (first, last) in enumerate(counted.question.ranges):
            whole = np.zeros(len(sizes), np.bool_)
            for cohort in counted.span:
                whole[cohort] = counted.buckets.ended(cohort + (first if last is None else last))
            if not whole.any():
                continue
            size, back = int(sizes[whole].sum()), int(returned[whole, cell].sum())
            rows.append((label, first, last, int(whole.sum()), size, back, *wilson_interval(back, size)))
            behind.append((members, whole, cell))
    statement = statement.step(
        "together",
        f"SELECT {groups.names}rank, cell, first, last, count(*) AS cohorts, sum(customers)::BIGINT AS customers,"
        " sum(returned)::BIGINT AS returned\nFROM counted WHERE complete GROUP BY ALL",
    )
    low, high = wilson_sql("returned", "customers")
    return part_of(
        columns,
        in_columns(columns, rows),
        sql=statement.select(
            f"SELECT {groups.names}first AS period, {_LAST_SQL}, cohorts, customers, returned,\n"
            f"  returned / nullif(customers, 0) AS share, {low} AS low, {high} AS high\n"
            "FROM together ORDER BY rank, cell"
        ),
        people={
            "returned": lambda row: counted.people(*behind[row]),
            "customers": lambda row: counted.people(*behind[row][:2], None),
        },
    )


def _triangle(table: dict[str, list[Any]], question: RetentionQuestion, language: str = "en", *, grouped: bool) -> str:
    """A line a cohort and a column a range of periods: the shares; those that may still change with a tilde."""
    if not table["share"]:
        return ""
    place = {first: number for number, (first, _) in enumerate(question.ranges)}
    names = ("group", "cohort") if grouped else ("cohort",)
    lines: dict[tuple[str, ...], list[str]] = {}
    for number, share in enumerate(table["share"]):
        key = (*(str(table[name][number]) for name in names), cell_text(table["customers"][number], language))
        line = lines.setdefault(key, [])
        line += [""] * (place[table["period"][number]] - len(line))
        percent = f"{share:.1%}" if language == "en" else f"{share:.1%}".replace(".", ",")
        line.append("–" if isnan(share) else f"{'' if table['complete'][number] else '~'}{percent}")
    heads = question.range_names[: max(map(len, lines.values()))]
    rows = [
        (*(heading(name, language) for name in (*names, "customers")), *heads),
        *((*key, *line, *[""] * (len(heads) - len(line))) for key, line in lines.items()),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    said = [
        "  ".join(
            cell.ljust(width) if column < len(names) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    young = in_language(sentence("~ may still change: the period has not ended"), language)
    return "\n".join(said if all(table["complete"]) else [*said, young])


def _split(groups: Groups, counted: _Counted) -> Iterator[tuple[str | None, Flags]]:
    """Each group with a flag for each of those who started."""
    for label, chosen in groups.split():
        members = np.zeros(len(counted.customers), np.bool_)
        members[chosen] = True
        yield label, members


def _counted_steps(
    selection: Selection, groups: Groups, counted: _Counted, begins: tuple[int, ...], returns: tuple[int, ...]
) -> Statement:
    """The step `counted`: one row a group, cohort and range of periods that has begun."""
    names, every = selection.snapshot.names, literal(counted.question.every)
    zone = literal(selection.snapshot.journey_map.timezone)

    def shown(codes: tuple[int, ...]) -> str:
        return f"touchpoint IN {listed(names[code] for code in codes)}" if codes else "TRUE"

    statement = selection.statement.step(
        "starts", f"SELECT customer, min(position) AS position FROM seen WHERE {shown(begins)} GROUP BY customer"
    )
    statement = statement.step(
        "items",
        "SELECT s.customer, s.position, v.occurred_at AS started_at\n"
        "FROM starts s JOIN seen v ON v.position = s.position\n"
        f"WHERE {selection.in_period('v.occurred_at')}",
    )
    statement = statement.step("grouped", groups.over("items")).step("periods", _periods_sql(counted))
    statement = statement.step(
        "begun",
        "SELECT g.*, p.number AS cohort FROM grouped g\n"
        f"JOIN periods p ON p.day = date_trunc({every}, timezone({zone}, g.started_at))::DATE",
    )
    statement = statement.step(
        "back",
        "SELECT DISTINCT i.customer, p.number FROM items i\n"
        f"JOIN seen s ON s.customer = i.customer AND s.position > i.position AND {shown(returns)}\n"
        f"JOIN periods p ON p.day = date_trunc({every}, timezone({zone}, s.occurred_at))::DATE",
    )
    statement = statement.step("cells", _cells_sql(counted))
    group = 'g."group", ' if groups.by else ""
    same = " AND b.rank = g.rank" if groups.by else ""
    return statement.step(
        "counted",
        f"SELECT {group}g.rank, c.cohort, c.day, c.cell, c.first, c.last, c.complete,\n"
        "  count(DISTINCT b.customer) AS customers, count(DISTINCT k.customer) AS returned\n"
        f"FROM ({groups.every}) g CROSS JOIN cells c\n"
        f"LEFT JOIN begun b ON b.cohort = c.cohort{same}\n"
        "LEFT JOIN back k ON k.customer = b.customer AND k.number - b.cohort BETWEEN c.first AND c.last\n"
        "GROUP BY ALL",
    )


def _periods_sql(counted: _Counted) -> str:
    """The calendar from the first cohort on: number, first day, beginning and end."""
    begin = counted.span.start
    edges = [from_microseconds(int(edge)) for edge in counted.buckets.edges[begin:]]
    return (
        f"SELECT unnest({literal(counted.buckets.days[begin:])}) AS day, unnest({literal(edges[:-1])}) AS begins,"
        f" unnest({literal(edges[1:])}) AS ends, unnest(range({len(edges) - 1})) AS number"
    )


def _cells_sql(counted: _Counted) -> str:
    """Each cohort with each range of periods that has begun, and whether the data cover it."""
    firsts, lasts = zip(*counted.question.ranges, strict=True)
    buckets = counted.buckets
    ended = "FALSE" if buckets.as_of is None else f"coalesce(e.ends <= {moment(buckets.as_of + 1)}, FALSE)"
    return (
        f"SELECT p.number AS cohort, p.day, r.cell, r.first, r.last, {ended} AS complete\n"
        f"FROM periods p CROSS JOIN (SELECT unnest({literal(firsts)}) AS first,"
        f" unnest({literal([_NO_END if last is None else last for last in lasts])}) AS last,"
        f" unnest(range({len(firsts)})) AS cell) r\n"
        f"JOIN periods f ON f.number = p.number + r.first AND f.begins <= {moment(buckets.known)}\n"
        f"LEFT JOIN periods e ON e.number = p.number + CASE WHEN r.last = {_NO_END} THEN r.first ELSE r.last END\n"
        f"WHERE p.number < {len(counted.span)}"
    )
