"""Which touchpoint a row is, before or without its being stored: by conditions alone, without a history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from resa.engine import Engine
from resa.expressions import Catalog, Scope, compile_expression
from resa.model.journey import JourneyMap
from resa.model.tables import EVENTS

__all__ = ["touchpoints_without_history"]


def touchpoints_without_history(table: pa.Table, maps: Sequence[JourneyMap]) -> list[Mapping[str, str]]:
    """The touchpoint of each row in each map that has one: the first signal whose condition holds.

    Which of a customer's events it is (`occurrence`) cannot be known: it counts for the first signal that it fits.

    Args:
        table: Columns of `EVENTS`; what is missing is not known.
        maps: By their keys.
    """
    if not table.num_rows or not maps:
        return [{}] * table.num_rows
    rows = pa.table({field.name: _column(table, field) for field in EVENTS})
    columns: list[str] = []
    parameters: dict[str, object] = {}
    for place, journey_map in enumerate(maps):
        cases = []
        for number, signal in enumerate(signal for signal in journey_map.signals if signal.when is not None):
            compiled = compile_expression(
                signal.when or "",
                scope=Scope.EVENT,
                expects="boolean",
                catalog=Catalog(timezone=journey_map.timezone),
                prefix=f"m{place}_{number}_",
            )
            parameters.update(compiled.parameters)
            parameters[f"t{place}_{number}"] = signal.touchpoint
            cases.append(f"WHEN {compiled.sql} THEN $t{place}_{number}")
        columns.append(f"CASE {' '.join(cases)} END AS m{place}" if cases else f"NULL AS m{place}")
    with Engine(threads=1) as engine:
        engine.register("withheld", rows)
        found = engine.query(f"SELECT {', '.join(columns)} FROM withheld", parameters)  # noqa: S608 - ours
    keys = [journey_map.key for journey_map in maps]
    told = zip(*(column.to_pylist() for column in found.columns), strict=True)
    return [{key: name for key, name in zip(keys, names, strict=True) if name is not None} for names in told]


def _column(table: pa.Table, field: pa.Field) -> pa.Array | pa.ChunkedArray:
    return table.column(field.name) if field.name in table.column_names else pa.nulls(table.num_rows, field.type)
