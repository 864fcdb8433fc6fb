"""The numbers of a finding as SQL, from the openings of its expectation (`openings_sql`)."""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal

from __future__ import annotations

from resa.analytics.answers.expectations import Measured
from resa.analytics.answers.openings_sql import openings_sql
from resa.analytics.scope.grouping import label_sql
from resa.analytics.scope.selection import WHOLE, Selection
from resa.analytics.sql.intervals import clustered_sql
from resa.analytics.sql.text import literal, moment

__all__ = ["finding_sql"]


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
    conditions, join = ["i.mature"], ""
    if bounds != WHOLE:
        conditions.append(f"i.started_at >= {moment(bounds[0])} AND i.started_at < {moment(bounds[1])}")
    if group is not None:
        label, join = label_sql(selection, group[0])
        conditions.append(f"{label} = {literal(group[1])}")
    statement = statement.step("place", f"SELECT i.* FROM openings0 i {join}\nWHERE {' AND '.join(conditions)}")
    statement = clustered_sql(statement, "place", "", "interval")
    return statement.select(
        "SELECT count(*) AS openings, count(DISTINCT customer) AS customers,\n"
        "  count(*) FILTER (outcome = 'met') / count(*) AS share,\n"
        "  (SELECT low FROM interval) AS low, (SELECT high FROM interval) AS high\nFROM place"
    )
