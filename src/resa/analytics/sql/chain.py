"""The chosen chain of a funnel as SQL: what `resa.kernels.funnel` says in its text, and is held to by tests."""

# ruff: noqa: S608, E501 - every part of the SQL is written here or is an escaped literal; its lines stay whole

from __future__ import annotations

from collections.abc import Sequence

from resa.analytics.sql.text import Statement

__all__ = ["chosen_chain", "direct_chain", "next_event"]


def chosen_chain(
    statement: Statement,
    steps: Sequence[tuple[int, str]],
    *,
    source: str,
    condition: str,
    window: str = "",
    name: str = "",
    unless: str | None = None,
) -> Statement:
    """Add the step `chosen<name>`: each customer's longest chain, of those the earliest: `p<n>`, `t<n>` of each step n.

    Args:
        statement: Has the step `source`.
        steps: The number of each step, 0 first, and its touchpoints as a SQL list.
        source: Visits.
        condition: Of the visits that may start a chain.
        window: ` AND …`, what `t` must satisfy to belong to a chain that started at `t0`.
        name: Tells the steps from those of another chain.
        unless: A SQL list of touchpoints; the position `stop` of the first of them after `p0` is then there for `window`.
    """
    begins = (
        f"SELECT customer, position AS p0, occurred_at AS t0 FROM {source}\n"
        f"WHERE touchpoint IN {steps[0][1]} AND {condition}"
    )
    if unless is not None:
        begins = (
            f"SELECT a.*, b.position AS stop FROM ({begins}) a\n"
            f"ASOF LEFT JOIN (SELECT customer, position FROM {source} WHERE touchpoint IN {unless}) b\n"
            "  ON a.customer = b.customer AND p0 < b.position"
        )
    statement = statement.step(f"chain{name}0", begins)
    before = 0
    for number, touchpoints in steps[1:]:
        statement = next_event(
            statement,
            number,
            touchpoints,
            source=(source, f"chain{name}{before}"),
            name=f"chain{name}{number}",
            after=f"p{before}",
            condition=window,
        )
        before = number
    return _chosen(statement, [number for number, _ in steps], f"chain{name}{before}", f"chosen{name}")


def _chosen(statement: Statement, numbers: Sequence[int], source: str, name: str) -> Statement:
    level = " + ".join(f"(p{number} IS NOT NULL)::INT" for number in numbers)
    return statement.step(
        name,
        f"SELECT * FROM {source}\nQUALIFY row_number() OVER (PARTITION BY customer ORDER BY {level} DESC, p0) = 1",
    )


def direct_chain(
    statement: Statement, steps: Sequence[tuple[int, str]], *, source: str, condition: str, window: str
) -> Statement:
    """Add the step `chosen`, as `chosen_chain` does, of chains whose visits directly follow each other.

    Args:
        statement: Has the step `source`.
        steps: The number of each step, 0 first, and its touchpoints as a SQL list.
        source: Visits.
        condition: Of the visits that may start a chain.
        window: As for `chosen_chain`.
    """
    later = "".join(
        f",\n  lead(touchpoint, {number}) OVER journey AS k{number}, lead(position, {number}) OVER journey AS q{number},"
        f" lead(occurred_at, {number}) OVER journey AS u{number}"
        for number, _ in steps[1:]
    )
    statement = statement.step(
        "chain0",
        "SELECT * EXCLUDE (touchpoint, occurred_at), occurred_at AS t0\n"
        f"FROM (SELECT customer, position AS p0, occurred_at, touchpoint{later}\n"
        f"FROM {source} WINDOW journey AS (PARTITION BY customer ORDER BY position))\n"
        f"WHERE touchpoint IN {steps[0][1]} AND {condition}",
    )
    for number, touchpoints in steps[1:]:
        found = f"p{number - 1} IS NOT NULL AND k{number} IN {touchpoints}{window}"
        statement = statement.step(
            f"chain{number}",
            f"SELECT * EXCLUDE (p, t), CASE WHEN {found} THEN p END AS p{number}, CASE WHEN {found} THEN t END AS t{number}\n"
            f"FROM (SELECT * RENAME (q{number} AS p, u{number} AS t) FROM chain{number - 1})",
        )
    return _chosen(statement, [number for number, _ in steps], f"chain{len(steps) - 1}", "chosen")


def next_event(
    statement: Statement,
    number: int,
    touchpoints: str,
    *,
    source: tuple[str, str],
    name: str,
    after: str,
    condition: str,
) -> Statement:
    """Add `p<number>`, `t<number>`: the first visit of a step after the one in `after`, if it satisfies the condition.

    Args:
        statement: Has both steps of `source`.
        number: Of the funnel's step.
        touchpoints: A SQL list.
        source: Visits; and the rows to extend.
        name: Of the step to add.
        after: The position after which to look; NULL: nothing is found.
        condition: ` AND …` over `p` and `t`.
    """
    visits, rows = source
    joined = (
        f"SELECT a.*, b.position AS p, b.occurred_at AS t FROM {rows} a\n"
        f"ASOF LEFT JOIN (SELECT customer, position, occurred_at FROM {visits} WHERE touchpoint IN {touchpoints}) b\n"
        f"  ON a.customer = b.customer AND {after} < b.position"
    )
    found = f"{after} IS NOT NULL{condition}"
    return statement.step(
        name,
        f"SELECT * EXCLUDE (p, t), CASE WHEN {found} THEN p END AS p{number}, CASE WHEN {found} THEN t END AS t{number}\n"
        f"FROM (\n{joined}\n)",
    )
