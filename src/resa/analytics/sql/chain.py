"""The chosen chain of a funnel as SQL: what `resa.kernels.funnel` says in its text, and is held to by tests."""

# ruff: noqa: S608, E501 - every part of the SQL is written here or is an escaped literal; its lines stay whole

from __future__ import annotations

from collections.abc import Sequence

from resa.analytics.sql.text import Statement

__all__ = ["chosen_chain", "next_event"]


def chosen_chain(
    statement: Statement,
    steps: Sequence[tuple[int, str]],
    *,
    source: str,
    condition: str,
    window: str = "",
    name: str = "",
) -> Statement:
    """Add the step `chosen<name>`: each customer's longest chain, of those the earliest: `p<n>`, `t<n>` of each step n.

    Args:
        statement: Has the step `source`.
        steps: The number of each step, 0 first, and its touchpoints as a SQL list.
        source: Visits.
        condition: Of the visits that may start a chain.
        window: ` AND …`, what `t` must satisfy to belong to a chain that started at `t0`.
        name: Tells the steps from those of another chain.
    """
    statement = statement.step(
        f"chain{name}0",
        f"SELECT customer, position AS p0, occurred_at AS t0 FROM {source}\n"
        f"WHERE touchpoint IN {steps[0][1]} AND {condition}",
    )
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
    level = " + ".join(f"(p{number} IS NOT NULL)::INT" for number, _ in steps)
    return statement.step(
        f"chosen{name}",
        f"SELECT * FROM chain{name}{before}\nQUALIFY row_number() OVER (PARTITION BY customer ORDER BY {level} DESC, p0) = 1",
    )


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
