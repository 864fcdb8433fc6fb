"""How rows of JSON are nested: as their first lines are, or as far as a hook's source reads them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pyarrow as pa

from resa.collector.reading import LINE, ROW
from resa.collector.relations import select_sql
from resa.collector.shapes import Cell, Columns, SourceShape
from resa.collector.typing_sql import literal, name_sql
from resa.expressions import Place, Scope, compile_expression, compile_select

__all__ = ["LINES", "fits", "places_read", "structure_of", "structure_read", "typed_lines"]

LINES = "lines"
"""The relation that holds a chunk of JSON lines, each a JSON object. Chunks of other files are the relation `row`."""


def structure_of(sample: pa.Table) -> dict[str, Any]:
    """How the first lines are nested.

    Objects, lists, `VARCHAR` for every single value, so that none is changed, and `JSON` where lines differ.
    """
    found: dict[str, Any] = {}
    for line in sample.column(LINE).to_pylist():
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):  # no JSON, or lists in lists in lists by the thousand
            continue
        if isinstance(value, dict):
            merged = _merged(found, _shape(value))
            found = merged if isinstance(merged, dict) else found
    return found


def structure_read(shape: SourceShape) -> dict[str, Any]:
    """How the rows of a hook are nested, as far as its SELECT or expressions read them.

    The requests themselves do not decide it, so that none is read otherwise for what came beside it. What is read as a
    whole is text: that of JSON, where it is an object or a list.
    """
    found = _nested(places_read(shape))
    return found if isinstance(found, dict) else {}


def places_read(shape: SourceShape) -> frozenset[Place]:
    """Every place in a row that a source's SELECT or expressions read.

    Raises:
        ExpressionError: One of them is wrong.
    """
    places: set[Place] = set()
    if shape.select is not None:
        places |= compile_select(shape.select).members
    for cell in _cells_of(shape.mapping) if shape.mapping is not None else ():
        if cell.expression is not None:
            places |= compile_expression(cell.expression, scope=Scope.ROW, expects="scalar").members
    return frozenset(places)


def _cells_of(columns: Columns) -> Iterator[Cell]:
    named = [getattr(columns, name, None) for name in type(columns).model_fields]
    blocks = [*named, columns.people, columns.extras]
    for value in blocks:
        if isinstance(value, Cell):
            yield value
        elif isinstance(value, dict):
            yield from value.values()


def _nested(places: Collection[Place]) -> Any:
    """Places as a structure: those behind `None` as a list, those behind a name as an object, an end as anything."""
    inner = sorted({place[0] for place in places if place}, key=lambda part: (part is None, part))
    if not inner:
        return "JSON"
    parts = {part: _nested({place[1:] for place in places if place and place[0] == part}) for part in inner}
    return [parts[None]] if None in parts else parts


def fits(structure: Any, seen: Any) -> bool:
    """Whether a value that is nested as DuckDB's `json_structure` says can be read by the structure of the first lines.

    What cannot be read so would silently be nothing.
    """
    if seen == "NULL" or structure is None or structure == "JSON":
        return True
    if isinstance(structure, dict):
        return isinstance(seen, dict) and all(
            fits(inner, seen[name]) for name, inner in structure.items() if name in seen
        )
    if isinstance(structure, list):
        return isinstance(seen, list) and all(fits(structure[0], item) for item in seen)
    return isinstance(seen, str) and seen != "JSON"


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(member) for key, member in value.items()} or None
    if isinstance(value, list):
        merged: Any = None
        for item in value:
            merged = _merged(merged, _shape(item))
        return [merged]
    return None if value is None else "VARCHAR"


def _merged(one: Any, other: Any) -> Any:
    if one is None or other is None or one == other:
        return other if one is None else one
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: _merged(one.get(key), other.get(key)) for key in [*one, *(k for k in other if k not in one)]}
    if isinstance(one, list) and isinstance(other, list):
        return [_merged(one[0], other[0])]
    return "JSON"  # of different nesting: kept as text


def typed_lines(structure: Mapping[str, Any]) -> str:
    """The lines as a relation with a column for each member."""
    form = json.dumps(_filled(structure), ensure_ascii=False)
    members = [f"(line).{name_sql(name)} AS {name_sql(name)}" for name in structure if name not in {ROW, LINE}]
    names = [name_sql(ROW), name_sql(LINE)]
    read = select_sql([*names, f"TRY(json_transform({name_sql(LINE)}, {literal(form)})) AS line"], LINES)
    return f"({select_sql([*names, *members], f'({read})')})"


def _filled(structure: Any) -> Any:
    if isinstance(structure, dict):
        return {key: _filled(value) for key, value in structure.items()}
    if isinstance(structure, list):
        return [_filled(structure[0])]
    return "VARCHAR" if structure is None or structure == "JSON" else structure
