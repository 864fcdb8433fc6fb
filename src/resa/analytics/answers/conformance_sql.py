"""Alignments of journeys with planned paths as SQL: what `resa.kernels.alignments` says in its text."""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resa.analytics.scope.grouping import Groups
from resa.analytics.scope.selection import Selection
from resa.analytics.sql.intervals import wilson_sql
from resa.analytics.sql.text import Statement, literal

__all__ = [
    "Walkers",
    "added_sql",
    "alignment_steps",
    "conformance_sql",
    "journey_steps",
    "steps_sql",
    "variant_steps",
    "variants_sql",
]


@dataclass(frozen=True)
class Walkers:
    """Whose journeys are held against which plan.

    Attributes:
        number: Of the plan, in the names of steps.
        persona: Key of the persona whose plan it is.
        who: `persona` or `everyone`.
        path: The planned touchpoints.
        chosen: A condition on `customer`.
    """

    number: int
    persona: str
    who: str
    path: Sequence[str]
    chosen: str


def journey_steps(selection: Selection, groups: Groups, *, collapse: bool) -> Statement:
    """`walked`, a row a visit with its number `j` in the journey, and `journeys`, a row a customer and group."""
    kept = "before IS NULL OR touchpoint <> before" if collapse else "TRUE"
    return (
        selection.statement.step(
            "ordered",
            "SELECT *, lag(touchpoint) OVER (PARTITION BY customer ORDER BY position) AS before FROM seen",
        )
        .step(
            "visited",
            "SELECT customer, position, occurred_at, touchpoint,\n"
            "  row_number() OVER (PARTITION BY customer ORDER BY position) AS j\n"
            f"FROM ordered WHERE {kept}",
        )
        .step(
            "items",
            "SELECT customer, min(position) AS position, min(occurred_at) AS started_at, count(*) AS visits\n"
            f"FROM visited GROUP BY customer HAVING {selection.in_period('min(occurred_at)')}",
        )
        .step("walked", "SELECT v.* FROM visited v JOIN items i USING (customer)")
        .step("grouped", groups.over("items"))
        .step("journeys", f"SELECT *{'' if groups.by else ', 1 AS rank'} FROM grouped")
    )


def alignment_steps(statement: Statement, path: Sequence[str], number: int) -> Statement:
    """`placed<number>`, a row a customer and step with what became of it, and `added<number>`, a row an added visit."""
    statement = _matched(_table(statement, path, number), path, number)
    places = ", ".join(f"m.k{step}" for step in range(len(path)))
    unmatched = " AND ".join(f"m.k{step} IS DISTINCT FROM v.j" for step in range(len(path)))
    last = ", ".join(f"CASE WHEN m.k{step} < v.j THEN {step + 1} ELSE 0 END" for step in range(len(path)))
    in_turn = "row_number() OVER (PARTITION BY customer, touchpoint ORDER BY {}) AS nth"
    return (
        statement.step(
            f"extra{number}",
            f"SELECT v.customer, v.j, v.touchpoint, greatest({last}, 0) AS after, {in_turn.format('v.j')}\n"
            f"FROM walked v JOIN matched{number} m USING (customer) WHERE {unmatched}",
        )
        .step(
            f"planned{number}",
            f"SELECT m.customer, s.step, s.touchpoint, [{places}][s.step] AS k FROM matched{number} m CROSS JOIN\n"
            f"  (SELECT unnest({literal(list(path))}) AS touchpoint, unnest(range(1, {len(path) + 1})) AS step) s",
        )
        .step(f"missing{number}", f"SELECT *, {in_turn.format('step')} FROM planned{number} WHERE k IS NULL")
        .step(
            f"extras{number}",
            f"SELECT customer, touchpoint, count(*) AS many FROM extra{number} GROUP BY customer, touchpoint",
        )
        .step(
            f"misses{number}",
            f"SELECT customer, touchpoint, count(*) AS many FROM missing{number} GROUP BY customer, touchpoint",
        )
        .step(
            f"placed{number}",
            "SELECT p.customer, p.step, p.touchpoint, CASE WHEN p.k IS NOT NULL THEN 'in place'\n"
            "  WHEN m.nth <= coalesce(e.many, 0) THEN 'out of order' ELSE 'skipped' END AS word\n"
            f"FROM planned{number} p LEFT JOIN missing{number} m ON m.customer = p.customer AND m.step = p.step\n"
            f"LEFT JOIN extras{number} e ON e.customer = p.customer AND e.touchpoint = p.touchpoint",
        )
        .step(
            f"added{number}",
            f"SELECT x.* FROM extra{number} x LEFT JOIN misses{number} s\n"
            "  ON s.customer = x.customer AND s.touchpoint = x.touchpoint WHERE x.nth > coalesce(s.many, 0)",
        )
    )


def _table(statement: Statement, path: Sequence[str], number: int) -> Statement:
    """`most<number>_0`: of each visit `l<i>`, how many steps from i on match from it on, and `n<i>`, behind it."""
    end = len(path)
    statement = statement.step(f"most{number}_{end}", f"SELECT *, 0 AS l{end}, 0 AS n{end} FROM walked")
    for step in range(end - 1, -1, -1):
        here = f"CASE WHEN touchpoint = {literal(path[step])} THEN 1 + n{step + 1} ELSE 0 END"
        statement = statement.step(
            f"best{number}_{step}",
            f"SELECT *, max(greatest(l{step + 1}, {here})) OVER (PARTITION BY customer ORDER BY j DESC) AS l{step}\n"
            f"FROM most{number}_{step + 1}",
        ).step(
            f"most{number}_{step}",
            f"SELECT *, coalesce(lead(l{step}) OVER (PARTITION BY customer ORDER BY j), 0) AS n{step}\n"
            f"FROM best{number}_{step}",
        )
    return statement


def _matched(statement: Statement, path: Sequence[str], number: int) -> Statement:
    """`matched<number>`: for each customer `k<i>`, the visit that step i is matched with; null: none."""
    table, rows = f"most{number}_0", f"from{number}_0"
    statement = statement.step(rows, "SELECT customer, 1 AS place FROM items")
    for step, touchpoint in enumerate(path):
        following = f"from{number}_{step + 1}"
        statement = statement.step(
            f"first{number}_{step}",
            f"SELECT f.customer, min(v.j) AS k FROM {rows} f\n"
            f"JOIN {table} a ON a.customer = f.customer AND a.j = f.place\n"
            f"JOIN {table} v ON v.customer = f.customer AND v.j >= f.place AND v.touchpoint = {literal(touchpoint)}\n"
            f"  AND 1 + v.n{step + 1} = a.l{step} GROUP BY f.customer",
        ).step(
            following,
            f"SELECT f.* EXCLUDE (place), coalesce(g.k + 1, f.place) AS place, g.k AS k{step}\n"
            f"FROM {rows} f LEFT JOIN first{number}_{step} g USING (customer)",
        )
        rows = following
    return statement.step(f"matched{number}", f"SELECT * FROM {rows}")


def _names(walkers: Walkers, groups: Groups, order: int) -> str:
    group = 'j."group", ' if groups.by else ""
    return f"{group}j.rank, {order} AS number, {literal(walkers.persona)} AS persona, {literal(walkers.who)} AS who"


def conformance_sql(walkers: Walkers, groups: Groups, order: int) -> str:
    """A SELECT of one row a group: how well the journeys fit."""
    by = f"GROUP BY {'j.rank, j.' + chr(34) + 'group' + chr(34) if groups.by else 'j.rank'}"
    moves = "(SELECT customer, count(*) FILTER (word = 'in place') AS matched,\n"
    moves += "    count(*) FILTER (word = 'skipped') AS skipped, count(*) FILTER (word = 'out of order') AS moved\n"
    moves += f"  FROM placed{walkers.number} GROUP BY customer)"
    added = f"(SELECT customer, count(*) AS added FROM added{walkers.number} GROUP BY customer)"
    fitness = f"2 * m.matched / ({len(walkers.path)} + j.visits)"
    low, high = wilson_sql("perfect", "customers")
    return (
        f"SELECT *, perfect / customers AS share, {low} AS low, {high} AS high FROM (\n"
        f"SELECT {_names(walkers, groups, order)}, count(*) AS customers,\n"
        f"  count(*) FILTER ({fitness} = 1) AS perfect, avg({fitness}) AS fitness, avg(m.skipped) AS skipped,\n"
        "  avg(m.moved) AS out_of_order, avg(coalesce(a.added, 0)) AS added\n"
        f"FROM journeys j JOIN {moves} m USING (customer) LEFT JOIN {added} a USING (customer)\n"
        f"WHERE {walkers.chosen} {by})"
    )


def steps_sql(walkers: Walkers, groups: Groups, order: int) -> str:
    """A SELECT of one row a group and step: what became of it."""
    group = ', j."group"' if groups.by else ""
    low, high = wilson_sql("in_place", "customers")
    return (
        f"SELECT *, in_place / customers AS share, {low} AS low, {high} AS high FROM (\n"
        f"SELECT {_names(walkers, groups, order)}, p.step, any_value(p.touchpoint) AS touchpoint,\n"
        "  count(*) AS customers, count(*) FILTER (p.word = 'in place') AS in_place,\n"
        "  count(*) FILTER (p.word = 'out of order') AS out_of_order, count(*) FILTER (p.word = 'skipped') AS skipped\n"
        f"FROM journeys j JOIN placed{walkers.number} p USING (customer)\n"
        f"WHERE {walkers.chosen} GROUP BY j.rank{group}, p.step)"
    )


def added_sql(walkers: Walkers, groups: Groups, order: int) -> str:
    """A SELECT of one row a group, place in the plan and touchpoint: how often it was added."""
    group = ', j."group"' if groups.by else ""
    return (
        f"SELECT {_names(walkers, groups, order)}, a.after, {literal(list(walkers.path))}[nullif(a.after, 0)]"
        " AS after_touchpoint,\n"
        "  a.touchpoint, count(*) AS count, count(DISTINCT j.customer) AS customers\n"
        f"FROM journeys j JOIN added{walkers.number} a USING (customer)\n"
        f"WHERE {walkers.chosen} GROUP BY j.rank{group}, a.after, a.touchpoint"
    )


def variant_steps(statement: Statement, number: int, top: int) -> Statement:
    """`paths`, the journey of each customer; `moves<number>`, its moves; and `listed`, how many are listed."""
    skipped, moved = (
        f"coalesce(list(touchpoint ORDER BY step) FILTER (word = '{word}'), []) AS {name}"
        for word, name in (("skipped", "skipped"), ("out of order", "out_of_order"))
    )
    return (
        statement.step("paths", "SELECT customer, list(touchpoint ORDER BY j) AS variant FROM walked GROUP BY customer")
        .step("listed", f"SELECT {top} AS top")
        .step(
            f"adds{number}",
            f"SELECT customer, list(touchpoint ORDER BY j) AS added FROM added{number} GROUP BY customer",
        )
        .step(
            f"moves{number}",
            f"SELECT customer, count(*) FILTER (word = 'in place') AS matched, {skipped}, {moved},\n"
            f"  coalesce(any_value(added), []) AS added\n"
            f"FROM placed{number} LEFT JOIN adds{number} USING (customer) GROUP BY customer",
        )
    )


def variants_sql(walkers: Walkers, groups: Groups, order: int) -> str:
    """A SELECT of one row a group and listed journey: its moves."""
    group = ', j."group"' if groups.by else ""
    return (
        f"SELECT * FROM (SELECT {_names(walkers, groups, order)}, p.variant, count(*) AS customers,\n"
        "  count(*) / sum(count(*)) OVER (PARTITION BY j.rank) AS share,\n"
        f"  any_value(2 * m.matched / ({len(walkers.path)} + len(p.variant))) AS fitness,\n"
        "  any_value(m.skipped) AS skipped, any_value(m.out_of_order) AS out_of_order, any_value(m.added) AS added,\n"
        "  row_number() OVER (PARTITION BY j.rank ORDER BY count(*) DESC, len(p.variant), min(j.position)) AS place\n"
        f"FROM journeys j JOIN paths p USING (customer) JOIN moves{walkers.number} m USING (customer)\n"
        f"WHERE {walkers.chosen} GROUP BY j.rank{group}, p.variant) WHERE place <= (SELECT top FROM listed)"
    )
