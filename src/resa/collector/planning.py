"""From a source's definition and a file's columns to SQL: one SELECT that maps, reads and judges a chunk of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from resa.base.errors import EngineError, SourceError
from resa.base.language import sentence
from resa.collector.mapping import Mapped, map_cells
from resa.collector.nesting import LINES
from resa.collector.reading import KEY, LINE, ROW
from resa.collector.reasons import DETAILS, OVERLONG_JSON
from resa.collector.relations import query_over, select_sql
from resa.collector.shapes import Cell, EventSource, FeedbackSource, SourceShape, Target, targets_of
from resa.collector.typing_sql import (
    Reading,
    Style,
    comparable,
    fragment,
    has_floats,
    identifier_of,
    is_nested,
    literal,
    name_sql,
    not_finite,
    read_cell,
    trimmed,
)
from resa.engine import Engine

__all__ = ["PROBLEM", "Plan", "plan_rows"]

PROBLEM = "#problem"
"""Column of the plan's result: 0 for a good row, else the number (from 1) of one of the plan's problems."""

_JSON_COLUMN = {"events": "properties", "customers": "traits", "daily_numbers": "properties", "lookup": "properties"}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a chunk becomes rows of a kind.

    Attributes:
        relation: Name under which the SELECT expects the chunk.
        sql: The SELECT. Its columns: `ROW`, the targets, `identifiers`, the JSON object, `PROBLEM`, and what `times`
            and `cells` name.
        parameters: Of the SELECT.
        raw_sql: Stage one alone: what the file says in each target column, before it is read.
        needed: Columns of the file that it reads; `None`: all.
        problems: Reason and detail of each kind of bad row.
        times: Target columns that are moments, each with the name of its wall-clock column, if it has one.
        cells: Columns that hold what the file says, by which rows without ids are told apart.
        keyed: Rows without ids are told apart by `KEY` instead, and by their place among those of one row.
        has_ids: The source maps `message_id`.
        has_sequence: The source maps `sequence`.
        selects: The rows come from a SELECT, so one row of the file may give several.
        structure: Members of JSON lines that the SQL reads as columns, and how the first lines are nested there.
    """

    relation: str
    sql: str
    parameters: Mapping[str, object]
    raw_sql: str
    needed: frozenset[str] | None
    problems: tuple[tuple[str, str], ...]
    times: Mapping[str, str | None]
    cells: tuple[str, ...]
    keyed: bool
    has_ids: bool
    has_sequence: bool
    selects: bool
    structure: Mapping[str, Any]


@dataclass
class _Builder:
    """What is gathered while the columns are gone through."""

    shape: SourceShape
    mapped: Mapped
    columns: list[str] = field(default_factory=list)
    problems: list[tuple[str, str, str]] = field(default_factory=list)  # condition, reason, detail
    times: dict[str, str | None] = field(default_factory=dict)
    cells: list[str] = field(default_factory=list)

    def style(self, cell: Cell | None) -> Style:
        shape = self.shape
        return Style(
            decimal=(cell.decimal if cell else None) or shape.decimal,
            time_formats=(cell.time_format if cell else None) or shape.time_format,
            null_words=shape.null_words,
            timezone=shape.timezone,
        )

    def add(self, name: str, sql: str, *, cell: bool = False) -> None:
        self.columns.append(f"{sql} AS {name_sql(name)}")
        if cell:
            self.cells.append(name)

    def single(self, column: str, name: str, wanted: str) -> None:
        """Refuse objects and lists of JSON where one value is wanted."""
        if column in self.mapped.nested:
            nested = self.mapped.nested[column]
            self.add(f"#{column} nested", name_sql(nested))
            self.problem(name_sql(f"#{column} nested"), "wrong-type", column=name, type=wanted)

    def problem(self, condition: str, reason: str, **about: str) -> None:
        self.problems.append((condition, reason, DETAILS[reason].format(**about)))


def plan_rows(shape: SourceShape, columns: Mapping[str, pa.DataType], sample: pa.Table, engine: Engine) -> Plan:
    """Plan how rows of a file are read.

    Args:
        shape: The definition.
        columns: Names and types of the file's columns.
        sample: The file's first rows; of JSON lines they tell how lists and structures are nested.
        engine: Tells the types of what the definition computes.

    Raises:
        SourceError: The definition does not fit the file: a column is not there, or holds lists.
    """
    mapped = map_cells(shape, columns, sample)
    relation = LINES if LINE in columns else "row"
    try:
        types = query_over(engine, relation, sample.slice(0, 0), mapped.sql, mapped.parameters).schema
    except EngineError as error:
        raise SourceError(sentence("the columns of this file do not fit the source: {error}", error=error)) from error
    builder = _Builder(shape, mapped)
    targets = targets_of(shape.kind)
    for name, target in targets.items():
        if name in mapped.targets:
            _add_target(builder, name, target, types.field(name).type)
    _add_people(builder, types)
    _add_json(builder, types)
    _add_scale(builder)
    ordered = "".join(
        f" WHEN {condition} THEN {number}" for number, (condition, _, _) in enumerate(builder.problems, start=1)
    )
    problem = f"CAST(CASE{ordered} ELSE 0 END AS INTEGER)" if ordered else "CAST(0 AS INTEGER)"
    # The outer SELECT judges what the inner one has read, so that nothing is read twice.
    keyed = KEY in columns
    carried = [name_sql(name) for name in ((ROW, KEY) if keyed else (ROW,))]
    inner = select_sql([*carried, *builder.columns], f"({mapped.sql})")
    people = [f"{_people_sql(list(mapped.people))} AS identifiers"] if mapped.people else []
    sql = select_sql(["*", *people, f"{problem} AS {name_sql(PROBLEM)}"], f"({inner})")
    return Plan(
        relation=relation,
        sql=sql,
        parameters=mapped.parameters,
        raw_sql=mapped.sql,
        needed=mapped.needed,
        problems=tuple((reason, detail) for _, reason, detail in builder.problems),
        times=builder.times,
        cells=tuple(builder.cells),
        keyed=keyed,
        has_ids="message_id" in mapped.targets,
        has_sequence="sequence" in mapped.targets,
        selects=shape.select is not None,
        structure=mapped.structure,
    )


def _add_target(builder: _Builder, name: str, target: Target, kind: pa.DataType) -> None:
    if is_nested(kind):
        raise SourceError(sentence("'{name}' must be one value, but its column holds lists or structures", name=name))
    raw = name_sql(name)
    builder.single(name, name, target.type)
    reading = read_cell(raw, kind, target.type, builder.style(builder.mapped.targets[name]))
    constant = builder.mapped.is_constant(name)
    value = name_sql(name)
    builder.add(f"#{name} missing", reading.missing)
    missing = name_sql(f"#{name} missing")
    if target.missing is not None or name == "message_id":
        builder.problem(missing, target.missing or "no-id", column=name)
    if target.type == "text":
        # An id is what its system calls the row, white space and all.
        builder.add(name, reading.value if name == "message_id" else trimmed(reading.value), cell=not constant)
        builder.problem(
            f"length({value}) > {target.limit}",
            "overlong",
            column=name,
            limit=str(target.limit),
        )
        builder.problem(f"contains({value}, chr(0))", "nul-byte", column=name)
        return
    readable = f"{value} IS NOT NULL"
    builder.add(name, reading.value)
    if not constant:
        said = comparable(raw, kind)
        builder.add(f"#{name} said", said, cell=True)
    if target.type == "time":
        builder.times[name] = None
        if reading.local is not None:
            local = f"#{name} local"
            builder.add(local, reading.local)
            builder.times[name] = local
            readable = f"({value} IS NOT NULL OR {name_sql(local)} IS NOT NULL)"
    reason = "unreadable-time" if target.type in {"time", "day"} else "wrong-type"
    builder.problem(f"NOT {missing} AND NOT {readable}", reason, column=name, type=target.type)


def _add_people(builder: _Builder, types: pa.Schema) -> None:
    """The identifiers, as a list; those that are missing are left out."""
    people = builder.mapped.people
    if not people:
        return
    missing: list[str] = []
    for kind, column in people.items():
        if is_nested(types.field(column).type):
            raise SourceError(
                sentence(
                    "the identifier '{kind}' must be one value, but its column holds lists or structures", kind=kind
                )
            )
        name = f"#{kind} who"
        builder.single(column, kind, "single value")
        kind_of_cell, raw = types.field(column).type, name_sql(column)
        builder.add(name, identifier_of(raw, kind_of_cell, builder.shape.null_words), cell=True)
        quoted = name_sql(name)
        if has_floats(kind_of_cell):
            builder.problem(
                f"{quoted} IN ('inf', '-inf')",
                "wrong-type",
                column=kind,
                type="finite number",
            )
        missing.append(f"{quoted} IS NULL")
        builder.problem(f"length({quoted}) > 500", "overlong", column=kind, limit="500")
        builder.problem(f"contains({quoted}, chr(0))", "nul-byte", column=kind)
    shape = builder.shape
    nobody = isinstance(shape, FeedbackSource) or (isinstance(shape, EventSource) and shape.without_customer == "count")
    if not nobody:
        builder.problem(" AND ".join(missing), "no-customer")


def _people_sql(kinds: Sequence[str]) -> str:
    """SQL of the list of identifiers over the plan's result."""
    pairs = [f"{{'kind': {literal(kind)}, 'value': {name_sql(f'#{kind} who')}}}" for kind in kinds]
    if len(pairs) == 1:
        return f"CASE WHEN {name_sql(f'#{kinds[0]} who')} IS NULL THEN [] ELSE [{pairs[0]}] END"
    return f"list_filter([{', '.join(pairs)}], lambda pair: pair.value IS NOT NULL)"


def _add_json(builder: _Builder, types: pa.Schema) -> None:
    """Properties or traits, as the text of a JSON object without empty members; NULL when nothing is left."""
    name = _JSON_COLUMN.get(builder.shape.kind)
    mapped = builder.mapped
    if name is None:
        return
    if mapped.rest_json is not None:
        value = f"NULLIF(CAST({name_sql(mapped.rest_json)} AS VARCHAR), '{{}}')"
    elif mapped.extras:
        members = [
            fragment(
                key,
                name_sql(extra.column),
                types.field(extra.column).type,
                as_json=extra.json,
                style=builder.style(extra.cell),
                number=None if extra.cell is None or extra.cell.type is None else extra.cell.type == "number",
            )
            for key, extra in mapped.extras.items()
        ]
        for key, extra in mapped.extras.items():
            kind = types.field(extra.column).type
            if is_nested(kind) and has_floats(kind):
                wrong = f"#{key} not finite"
                builder.add(wrong, not_finite(name_sql(extra.column)))
                finite = "value of JSON, which knows no NaN and no infinity"
                builder.problem(name_sql(wrong), "wrong-type", column=key, type=finite)
            if extra.cell is not None and extra.cell.type == "number":
                _judge_number(builder, key, extra.column, types.field(extra.column).type, extra.cell)
        value = f"NULLIF('{{' || concat_ws(',', {', '.join(members)}) || '}}', '{{}}')"
    else:
        return
    builder.add(name, value, cell=True)
    builder.problem(
        f"strlen({name_sql(name)}) > {OVERLONG_JSON}",
        "overlong",
        column=name,
        limit=str(OVERLONG_JSON),
    )


def _judge_number(builder: _Builder, key: str, column: str, kind: pa.DataType, cell: Cell) -> None:
    reading: Reading = read_cell(name_sql(column), kind, "number", builder.style(cell))
    wrong = f"#{key} wrong"
    builder.add(wrong, f"NOT ({reading.missing}) AND ({reading.value}) IS NULL")
    builder.problem(name_sql(wrong), "wrong-type", column=key, type="number")


def _add_scale(builder: _Builder) -> None:
    shape = builder.shape
    if not isinstance(shape, FeedbackSource):
        return
    told = [name_sql(name) for name in ("score", "text") if name in builder.mapped.targets]
    if not told:
        raise SourceError(sentence("feedback needs a score or a text: write `score:` or `text:` under `columns:`"))
    builder.problem(" AND ".join(f"{name} IS NULL" for name in told), "no-feedback")
    if shape.scale is not None and "score" in builder.mapped.targets:
        low, high = shape.scale
        builder.problem(f'"score" NOT BETWEEN {low} AND {high}', "outside-scale", low=f"{low:g}", high=f"{high:g}")
