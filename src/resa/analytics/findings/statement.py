"""Places as SQL: those of an expectation from its openings (`openings_sql`), those of anything else from its trials."""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal

from __future__ import annotations

from collections.abc import Sequence

from resa.analytics.answers.expectations import Measured
from resa.analytics.answers.openings_sql import openings_sql
from resa.analytics.scope.grouping import label_sql
from resa.analytics.scope.selection import WHOLE, Selection
from resa.analytics.sql.intervals import clustered_sql
from resa.analytics.sql.text import Statement, literal, moment

__all__ = ["finding_sql", "place_steps", "whole_place_steps"]


def whole_place_steps(statement: Statement, selection: Selection, item: Measured, number: int) -> Statement:
    """Add the steps `place<number>` and `interval<number>` of all mature openings of an expectation.

    Args:
        statement: Has the step `seen`.
        selection: What was looked at.
        item: The openings.
        number: Tells its steps from those of other places.
    """
    found = item.outcomes
    statement = openings_sql(
        statement, selection, item.expectation, number, as_of=found.as_of, last_start=found.last_start
    )
    return place_steps(statement, selection, f"openings{number}", number, ["i.mature"], WHOLE, None)


def place_steps(
    statement: Statement,
    selection: Selection,
    source: str,
    number: int,
    conditions: Sequence[str],
    bounds: tuple[int, int],
    group: tuple[str, str] | None,
) -> Statement:
    """Add the steps `place<number>`, the trials of a place, and `interval<number>`, its low and high.

    Args:
        statement: Has the step `source`: a row a trial, with customer, position, started_at, outcome and mature.
        selection: What was looked at.
        source: Name of that step.
        number: Tells these steps from those of other places.
        conditions: On a row `i` of the source; at least one.
        bounds: When those of the place began, [from, until), microseconds since 1970.
        group: Attribute and value; `None`: everybody's.
    """
    conditions, join = list(conditions), ""
    if bounds != WHOLE:
        conditions.append(f"i.started_at >= {moment(bounds[0])} AND i.started_at < {moment(bounds[1])}")
    if group is not None:
        label, join = label_sql(selection, group[0])
        conditions.append(f"{label} = {literal(group[1])}")
    place = f"SELECT i.* FROM {source} i {join}\nWHERE {' AND '.join(conditions)}"
    return clustered_sql(statement.step(f"place{number}", place), f"place{number}", "", f"interval{number}")


def finding_sql(selection: Selection, item: Measured, bounds: tuple[int, int], group: tuple[str, str] | None) -> str:
    """A SELECT of a place's openings, customers, share, low and high, over the views of `resa sql`.

    Args:
        selection: What was looked at.
        item: The openings.
        bounds: When those of the place opened, [from, until), microseconds since 1970.
        group: Attribute and value; `None`: everybody's.
    """
    found = item.outcomes
    statement = openings_sql(
        selection.statement, selection, item.expectation, 0, as_of=found.as_of, last_start=found.last_start
    )
    statement = place_steps(statement, selection, "openings0", 0, ["i.mature"], bounds, group)
    return statement.select(
        "SELECT count(*) AS openings, count(DISTINCT customer) AS customers,\n"
        "  count(*) FILTER (outcome = 'met') / count(*) AS share,\n"
        "  (SELECT low FROM interval0) AS low, (SELECT high FROM interval0) AS high\nFROM place0"
    )
