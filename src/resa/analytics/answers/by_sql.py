"""Tables that their SQL gives: where there is no quicker way to them."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from resa.analytics.results.result import Column, Part, People
from resa.analytics.scope.selection import Selection
from resa.analytics.views import with_views

__all__ = ["part_by_sql"]


def part_by_sql(selection: Selection, columns: tuple[Column, ...], sql: str, people: Mapping[str, People]) -> Part:
    """A table of an answer.

    Args:
        selection: What is looked at.
        columns: Of the table.
        sql: A SELECT over the views that gives it.
        people: Who stands behind the numbers, by column.
    """
    schema = pa.schema([pa.field(column.name, column.type) for column in columns])
    table = with_views(selection.snapshot, sql, as_of=selection.as_of_override).cast(schema)
    return Part(columns=columns, table=table, sql=sql, people=people)
