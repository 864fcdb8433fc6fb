"""A row of an answer, by what its columns say."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from resa.analytics.results.plain_text import plain
from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import sentence

__all__ = ["described_row"]


def described_row(table: pa.Table, described: Mapping[str, object]) -> int:
    """The number of the one row that is described.

    Args:
        table: Of an answer.
        described: What its columns say; or `row`, its number.

    Raises:
        QuestionError: The description fits no row, or several.
    """
    rows = table.num_rows
    if set(described) == {"row"} and isinstance(described["row"], int):
        if not 0 <= described["row"] < rows:
            raise QuestionError(
                sentence("there is no row {described}; the table has {rows}", described=described["row"], rows=rows)
            )
        return described["row"]
    unknown = set(described) - set(table.column_names)
    if unknown:
        name = min(unknown)
        raise QuestionError(
            sentence(
                "there is no column '{name}'{suggestion}",
                name=name,
                suggestion=did_you_mean(name, table.column_names),
            )
        )
    wanted = {name: table.column(name).to_pylist() for name in described}
    fits = [row for row in range(rows) if all(_says(cells[row], described[name]) for name, cells in wanted.items())]
    if len(fits) != 1:
        said = ", ".join(f"{name}={value}" for name, value in described.items()) or sentence("no description")
        raise QuestionError(
            sentence("{count} rows fit {said}; describe exactly one by its columns", count=len(fits), said=said)
        )
    return fits[0]


def _says(cell: object, wanted: object) -> bool:
    """Whether a cell is what was described; days, moments and numbers may be written as text, null as nothing."""
    return cell == wanted or (wanted == "" if cell is None else str(plain(cell)) == str(plain(wanted)))
