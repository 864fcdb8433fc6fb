"""Paths from a touchpoint or to it, and variants: whole journeys that are the same.

Defined in `resa.kernels.paths` and `resa.kernels.variants`. A path is counted once for each journey or session, where
its anchor first stands (to an end: last stands); it is grouped by the event of its anchor.
"""

# ruff: noqa: S608, E501 - every part of the SQL is written here or is an escaped literal; its lines stay whole

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.questions.kinds import PathsQuestion, VariantsQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Part, part_of
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.selection import WHOLE, Selection
from resa.analytics.scope.snapshot import Flags
from resa.analytics.sql.text import Statement, listed, literal
from resa.analytics.statistics import share
from resa.kernels import PathCounts, Paths, Variants, count_paths, flow, paths, top_paths, variant_codes

__all__ = ["FLOW_COLUMNS", "PATH_COLUMNS", "VARIANT_COLUMNS", "answer_paths", "answer_variants", "ranked_variants"]

PATH_COLUMNS: Final = (
    Column("path", pa.list_(pa.string()), "Touchpoints in the order of time; null: all the others together."),
    Column("count", pa.int64(), "Paths that are this one."),
    Column("customers", pa.int64(), "Customers with such a path."),
    Column("share", pa.float64(), "Of all paths, 0 to 1."),
    Column("kinds", pa.int64(), "How many different paths the row stands for."),
)

FLOW_COLUMNS: Final = (
    Column("step", pa.int64(), "Counted from the anchor, which is 1 (to an end: backwards)."),
    Column("from", pa.string(), "The touchpoint at this step."),
    Column("to", pa.string(), "The touchpoint at the next one; null: the path stops here."),
    Column("count", pa.int64(), "How many paths."),
)

VARIANT_COLUMNS: Final = (
    Column("variant", pa.list_(pa.string()), "The whole journey; null: all the others together."),
    Column("length", pa.int64(), "How many touchpoints; null for the others."),
    Column("customers", pa.int64(), "Customers whose journey is this one."),
    Column("share", pa.float64(), "Of all customers who visited anything, 0 to 1."),
    Column("kinds", pa.int64(), "How many different journeys the row stands for."),
)


def answer_paths(question: PathsQuestion, selection: Selection) -> Answer:
    """Count paths."""
    backward = bool(question.end)
    anchors = question.end or question.start
    codes = selection.codes(anchors, "end" if backward else "start") if anchors else None
    found = paths(
        selection.journeys,
        len(selection.snapshot.names),
        steps=question.steps,
        anchors=codes,
        direction="backward" if backward else "forward",
        collapse=question.collapse,
        session_gap_us=None if question.sessions is None else question.sessions.microseconds,
        period=None if selection.bounds == WHOLE else selection.period,
        customers=selection.customers,
    )
    groups = grouped(selection, found.customer, found.position)
    counted = [(label, _subset(found, members)) for label, members in groups.split()]
    statement = _path_items(question, selection, codes)
    statement = statement.step("grouped", groups.over("items"))
    listing = _listing(question, selection, counted, groups, statement)
    others = {} if groups.by else _others(listing)
    return Answer(
        parts={"paths": listing, "flow": _flow(question, selection, counted, groups, statement)},
        n={"paths": len(found.customer)},
        others=others,
        warnings=(*selection.unseen(codes or ()), *groups.warnings),
    )


def _subset(found: Paths, members: Flags | slice) -> PathCounts:
    chosen = found._replace(
        customer=found.customer[members], position=found.position[members], words=found.words[members]
    )
    return count_paths(chosen)


def _others(part: Part) -> dict[str, int]:
    rows = [row for row in part.table.to_pylist() if next(iter(row.values())) is None]
    return {name: row[name] for row in rows for name in ("count", "customers", "kinds") if name in row}


def _listing(
    question: PathsQuestion,
    selection: Selection,
    counted: list[tuple[str | None, PathCounts]],
    groups: Groups,
    statement: Statement,
) -> Part:
    columns = (*groups.columns, *PATH_COLUMNS)
    rows: dict[str, list[object]] = {column.name: [] for column in columns}
    behind: list[tuple[PathCounts, Flags]] = []
    for label, kinds in counted:
        top = top_paths(kinds, question.top)
        total = len(kinds.paths.customer)
        for number, kind in enumerate(top.kinds.tolist()):
            path = _named(selection, top.codes[number], backward=bool(question.end))
            count = int(top.counts[number])
            _add(rows, label, (path, count, int(top.customers[number]), share(count, total), 1))
            behind.append((kinds, kinds.groups.group == kind))
        if top.others_kinds:
            rest = (None, top.others_count, top.others_customers, share(top.others_count, total), top.others_kinds)
            _add(rows, label, rest)
            behind.append((kinds, ~np.isin(kinds.groups.group, top.kinds)))

    def people(row: int) -> Counted:
        kinds, members = behind[row]
        return kinds.paths.customer[members].astype(np.int64)

    def moments(row: int) -> tuple[Counted, Counted]:
        kinds, members = behind[row]
        return people(row), selection.snapshot.times(kinds.paths.position[members])

    sql = _path_sql(question, selection, groups, statement)
    return part_of(
        columns,
        rows,
        sql=sql,
        people={"count": people, "customers": lambda row: np.unique(people(row))},
        moments={"count": moments, "customers": moments},
        looked_at=groups.sizes(statement),
    )


def _add(rows: dict[str, list[object]], label: str | None, values: tuple[object, ...]) -> None:
    """Append a row; the group's column, if there is one, comes first."""
    for column, value in zip(rows.values(), (label, *values)[-len(rows) :], strict=True):
        column.append(value)


def _named(selection: Selection, codes: npt.NDArray[np.integer], *, backward: bool) -> list[str]:
    names = [selection.snapshot.names[code] for code in codes.tolist() if code]
    return names[::-1] if backward else names


def _flow(
    question: PathsQuestion,
    selection: Selection,
    counted: list[tuple[str | None, PathCounts]],
    groups: Groups,
    statement: Statement,
) -> Part:
    columns = (*groups.columns, *FLOW_COLUMNS)
    rows: dict[str, list[object]] = {column.name: [] for column in columns}
    names = selection.snapshot.names
    for label, kinds in counted:
        links = [
            (step, names[start], names[end], count)
            for step, start, end, count in flow(kinds, len(names)).links.tolist()
        ]
        for step, start, end, count in sorted(
            links, key=lambda link: (link[0], -link[3], link[1], not link[2], link[2])
        ):
            _add(rows, label, (step + 1, start, end or None, count))
    sql = statement.step(
        "links",
        f'SELECT {groups.names}{groups.rank}, step, path[step] AS "from", path[step + 1] AS "to"\n'
        f"FROM (SELECT *, unnest(range(1, least(len(path) + 1, {question.steps}))) AS step FROM grouped)",
    ).select(
        f'SELECT {groups.names}step, "from", "to", count(*) AS count FROM links\n'
        f'GROUP BY {groups.names}rank, step, "from", "to"\n'
        'ORDER BY rank, step, count DESC, "from", "to" NULLS LAST'
    )
    return part_of(columns, rows, sql=sql, people={})


def _read_order(question: PathsQuestion) -> tuple[str, str]:
    """How a path is read: the direction of positions, and which anchor comes first."""
    return ("DESC", "max") if question.end else ("ASC", "min")


def _path_items(question: PathsQuestion, selection: Selection, codes: tuple[int, ...] | None) -> Statement:
    """`items`: one row a path, its touchpoints from the anchor on in `path`."""
    way, nearest = _read_order(question)
    gap = (
        "FALSE"
        if question.sessions is None
        else (f"abs(epoch_us(occurred_at) - epoch_us(previous_at)) > {question.sessions.microseconds}")
    )
    kept = "begins OR touchpoint <> previous" if question.collapse else "TRUE"
    wanted = "TRUE" if codes is None else f"touchpoint IN {listed(selection.snapshot.names[code] for code in codes)}"
    reach = "s.position <= a.position" if question.end else "s.position >= a.position"
    at = "max_by" if question.end else "min_by"
    return (
        selection.statement.step(
            "ordered",
            "SELECT customer, position, occurred_at, touchpoint, lag(touchpoint) OVER line AS previous,\n"
            "  lag(occurred_at) OVER line AS previous_at\n"
            f"FROM seen WINDOW line AS (PARTITION BY customer ORDER BY position {way})",
        )
        .step("begun", f"SELECT *, previous_at IS NULL OR {gap} AS begins FROM ordered")
        .step(
            "sessions",
            f"SELECT *, sum(begins::INT) OVER (PARTITION BY customer ORDER BY position {way}) AS session FROM begun",
        )
        .step(
            "anchors",
            f"SELECT customer, session, {nearest}(position) AS position, {at}(occurred_at, position) AS started_at\n"
            f"FROM sessions WHERE {wanted} GROUP BY customer, session",
        )
        .step(
            "items",
            "SELECT a.customer, a.position, a.started_at,\n"
            f"  list(s.touchpoint ORDER BY s.position {way})[1:{question.steps}] AS path\n"
            f"FROM anchors a JOIN (SELECT * FROM sessions WHERE {kept}) s\n"
            f"  ON s.customer = a.customer AND s.session = a.session AND {reach}\n"
            f"WHERE {selection.in_period('a.started_at')} GROUP BY ALL",
        )
    )


def _path_sql(question: PathsQuestion, selection: Selection, groups: Groups, statement: Statement) -> str:
    codes = f"list_transform(path, lambda key: list_position({literal(list(selection.snapshot.names[1:]))}, key))"
    shown = "list_reverse(path)" if question.end else "path"
    by = f"{groups.names}{'rank, ' if groups.by else ''}"
    return (
        statement.step(
            "kinds",
            f"SELECT {groups.names}{groups.rank}, path, count(*) AS count FROM grouped GROUP BY {by}path",
        )
        .step(
            "placed",
            f"SELECT *, row_number() OVER (PARTITION BY rank ORDER BY count DESC, {codes}) AS place FROM kinds",
        )
        .step(
            "shown",
            f"SELECT g.customer, {'g.' if groups.by else ''}{groups.names}p.rank, g.path,\n"
            f"  CASE WHEN p.place <= {question.top} THEN p.place END AS place\n"
            f"FROM grouped g JOIN placed p ON g.path = p.path{' AND g.rank = p.rank' if groups.by else ''}",
        )
        .step(
            "counted",
            f"SELECT {groups.names}rank, place, CASE WHEN place IS NULL THEN NULL ELSE any_value({shown}) END AS path,\n"
            "  count(*) AS count, count(DISTINCT customer) AS customers, count(DISTINCT path) AS kinds\n"
            f"FROM shown GROUP BY {groups.names}rank, place",
        )
        .select(
            f"SELECT {groups.names}path, count, customers, count / sum(count) OVER (PARTITION BY rank) AS share, kinds\n"
            "FROM counted ORDER BY rank, place NULLS LAST"
        )
    )


def answer_variants(question: VariantsQuestion, selection: Selection) -> Answer:
    """Count whole journeys."""
    found = selection.variants(collapse=question.collapse)
    groups = grouped(selection, found.customer, found.start)
    columns = (*groups.columns, *VARIANT_COLUMNS)
    rows: dict[str, list[object]] = {column.name: [] for column in columns}
    behind: list[tuple[Flags | slice, Flags]] = []
    for label, members in groups.split():
        counts = np.bincount(found.groups.group[members], minlength=len(found.groups.first))
        journeys = int(counts.sum())
        order = ranked_variants(question.top, found, counts, members)
        for kind in order.tolist():
            row = int(found.groups.first[kind])
            path = _named(selection, variant_codes(selection.journeys, found, row), backward=False)
            _add(rows, label, (path, len(path), int(counts[kind]), share(int(counts[kind]), journeys), 1))
            behind.append((members, _these([kind], len(counts))))
        listed = _these(order, len(counts))
        rest = journeys - int(counts[listed].sum())
        if rest:
            number = int(np.count_nonzero(counts)) - len(order)
            _add(rows, label, (None, None, rest, share(rest, journeys), number))
            behind.append((members, ~listed))

    def people(row: int) -> Counted:
        members, kinds = behind[row]
        whose: Counted = found.customer[members][kinds[found.groups.group[members]]].astype(np.int64)
        return whose

    def moments(row: int) -> tuple[Counted, Counted]:
        members, kinds = behind[row]
        begun = found.start[members][kinds[found.groups.group[members]]]
        return people(row), selection.snapshot.times(begun)

    statement = _journeys(question, selection, groups)
    part = part_of(
        columns,
        rows,
        sql=_variant_sql(question, groups, statement),
        looked_at=groups.sizes(statement),
        people={"customers": people},
        moments={"customers": moments},
    )
    others = {} if groups.by else _others(part)
    return Answer(
        parts={"variants": part}, n={"customers": len(found.customer)}, others=others, warnings=groups.warnings
    )


def _these(kinds: list[int] | npt.NDArray[np.int64], every: int) -> Flags:
    """A flag for each of all variants, set for some."""
    flags = np.zeros(every, np.bool_)
    flags[kinds] = True
    return flags


def ranked_variants(
    top: int, found: Variants, counts: npt.NDArray[np.int64], members: Flags | slice
) -> npt.NDArray[np.int64]:
    """The commonest variants of some journeys, most frequent first.

    Of equally frequent ones the shortest comes first, then the one whose first journey among these does.

    Args:
        top: How many are listed.
        found: All journeys.
        counts: How many of these journeys each variant has.
        members: Which these are.
    """
    kind, first = found.groups.group, found.groups.first
    least = np.partition(counts, -top)[-top] if top < len(counts) else 1
    candidate = counts >= max(1, int(least))
    chosen = candidate[kind]
    if not isinstance(members, slice):
        chosen &= members
    candidates, rows = np.flatnonzero(candidate), np.flatnonzero(chosen)[::-1]
    earliest = np.zeros(len(first), np.int64)
    earliest[kind[rows]] = found.start[rows]
    ranks = np.lexsort((earliest[candidates], found.length[first[candidates]], -counts[candidates]))
    return candidates[ranks][:top]


def _journeys(question: VariantsQuestion, selection: Selection, groups: Groups) -> Statement:
    """`grouped`: a row for each journey, its touchpoints in `variant`."""
    kept = "previous IS NULL OR touchpoint <> previous" if question.collapse else "TRUE"
    return (
        selection.statement.step(
            "ordered",
            "SELECT customer, position, occurred_at, touchpoint, lag(touchpoint) OVER line AS previous\n"
            "FROM seen WINDOW line AS (PARTITION BY customer ORDER BY position)",
        )
        .step(
            "journeys",
            "SELECT customer, min(position) AS position, min(occurred_at) AS started_at,\n"
            f"  list(touchpoint ORDER BY position) AS variant FROM ordered WHERE {kept} GROUP BY customer",
        )
        .step("items", f"SELECT * FROM journeys WHERE {selection.in_period('started_at')}")
        .step("grouped", groups.over("items"))
    )


def _variant_sql(question: VariantsQuestion, groups: Groups, statement: Statement) -> str:
    by = f"{groups.names}{'rank, ' if groups.by else ''}"
    return (
        statement.step(
            "kinds",
            f"SELECT {groups.names}{groups.rank}, variant, count(*) AS customers, min(position) AS position\n"
            f"FROM grouped GROUP BY {by}variant",
        )
        .step(
            "placed",
            "SELECT *, row_number() OVER (PARTITION BY rank ORDER BY customers DESC, len(variant), position) AS place\nFROM kinds",
        )
        .step(
            "shown",
            f"SELECT * REPLACE (CASE WHEN place <= {question.top} THEN place END AS place,\n"
            f"  CASE WHEN place <= {question.top} THEN variant END AS variant) FROM placed",
        )
        .step(
            "counted",
            f"SELECT {groups.names}rank, place, variant, sum(customers)::BIGINT AS customers, count(*) AS kinds\n"
            f"FROM shown GROUP BY {groups.names}rank, place, variant",
        )
        .select(
            f"SELECT {groups.names}variant, len(variant) AS length, customers,\n"
            "  customers / sum(customers) OVER (PARTITION BY rank) AS share, kinds FROM counted ORDER BY rank, place NULLS LAST"
        )
    )
