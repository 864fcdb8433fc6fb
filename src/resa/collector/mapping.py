"""Stage one of reading a chunk: which column of the file goes where, as SQL. Values stay what the file holds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from resa.base.errors import SourceError, did_you_mean
from resa.base.language import NOTHING, Sentence, sentence
from resa.collector.hook_shape import WEBHOOK
from resa.collector.nesting import LINES, structure_of, structure_read, typed_lines
from resa.collector.reading import KEY, LINE, ROW
from resa.collector.relations import select_sql
from resa.collector.shapes import Cell, Columns, Rest, SourceShape, targets_of
from resa.collector.typing_sql import literal, name_sql
from resa.expressions import Scope, compile_expression, compile_select

__all__ = [
    "IDENTIFIER",
    "LINES",
    "Extra",
    "Mapped",
    "map_cells",
    "no_column",
    "pointer",
]

IDENTIFIER = "identifier_"
"""A SELECT's columns of this beginning are identifiers: `identifier_email`."""


_DATA = re.compile(r"\S@\S|^\s*[-+]?[0-9][0-9 .,:/T-]*(Z|[+-][0-9:]+)?\s*$")
"""Names that are none: an e-mail address, a number, a time."""


@dataclass(frozen=True)
class Extra:
    """One member of a row's JSON object.

    Attributes:
        column: Name of the column that holds it.
        json: The column holds JSON text.
        cell: How the source describes it; `None`: not at all.
    """

    column: str
    json: bool = False
    cell: Cell | None = None


@dataclass
class Mapped:
    """Stage one.

    Attributes:
        sql: SELECT over the relation `row`: `ROW` and the columns below.
        parameters: Of the SELECT.
        needed: Columns of the file that are read; `None`: all.
        targets: Target columns that are mapped; their cells, where the source has cells.
        people: Kinds of identifiers and the columns that hold them.
        extras: Members of the JSON object.
        rest_json: Column that holds the whole JSON object; `None`: it is put together from `extras`.
        nested: Columns that hold text of JSON lines, each with the column that says whether it is an object or a list.
        structure: Members of JSON lines that the SQL reads as columns, and how the first lines are nested there.
    """

    sql: str = ""
    parameters: dict[str, object] = field(default_factory=dict)
    needed: frozenset[str] | None = None
    targets: dict[str, Cell | None] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    extras: dict[str, Extra] = field(default_factory=dict)
    rest_json: str | None = None
    nested: dict[str, str] = field(default_factory=dict)
    structure: Mapping[str, Any] = field(default_factory=dict)

    def is_constant(self, target: str) -> bool:
        """Every row has the same."""
        cell = self.targets[target]
        return cell is not None and cell.always is not None


def map_cells(shape: SourceShape, columns: Mapping[str, pa.DataType], sample: pa.Table) -> Mapped:
    """Map the columns of a file as a source says.

    Raises:
        SourceError: A column is not there, or a required target is not given.
    """
    is_json = LINE in columns
    structure: Mapping[str, Any] = {}
    if is_json:
        structure = structure_of(sample) if shape.hook is None else structure_read(shape)
    if shape.select is not None:
        return _from_select(shape, shape.select, columns, structure)
    if shape.mapping is None:
        raise SourceError(sentence("the source has neither `columns:` nor `select:`"))
    mapping = shape.mapping if shape.hook is None else _of_hook(shape.mapping)
    return _Cells(mapping, shape.kind, columns, structure, is_json=is_json, hook=shape.hook is not None).map()


def _of_hook(columns: Columns) -> Columns:
    """What a hook's rows are where the source does not say it: known by the request, recorded when it came."""
    said = {name: Cell(column=f"{WEBHOOK}.{part}") for name, part in _SAID_BY_WEBHOOK.items()}
    missing = {name: cell for name, cell in said.items() if getattr(columns, name, cell) is None}
    return columns.model_copy(update=missing)


_SAID_BY_WEBHOOK = {"message_id": "id", "recorded_at": "received_at"}


class _Cells:
    """Turns the cells of `columns:` into SQL."""

    def __init__(
        self,
        columns: Columns,
        kind: str,
        file: Mapping[str, pa.DataType],
        structure: Mapping[str, Any],
        *,
        is_json: bool,
        hook: bool,
    ) -> None:
        self.columns = columns
        self.kind = kind
        self.file = file
        self.structure = structure
        self.is_json = is_json
        self.hook = hook
        self.read: set[str] = set()
        self.parts: list[list[str]] = []  # paths of members of columns that are read
        self.outputs: list[str] = []
        self.result = Mapped()
        self.computes = False

    def map(self) -> Mapped:
        """All of it."""
        result = self.result
        for name in targets_of(self.kind):
            cell: Cell | None = getattr(self.columns, name, None)
            if cell is not None:
                result.targets[name] = cell
                self.single(name, cell)
        for kind, cell in self.columns.people.items():
            result.people[kind] = f"{IDENTIFIER}{kind}"
            self.single(result.people[kind], cell)
        extras = self.columns.extras
        if isinstance(extras, Rest):
            self.rest()
        else:
            for name, cell in extras.items():
                as_json = self.is_json and cell.column is not None and cell.type is None
                self.member(name, self.value(cell, as_json=as_json), Extra("", as_json, cell))
        relation = (typed_lines(self.structure) if self.computes else LINES) if self.is_json else '"row"'
        result.sql = select_sql(
            [*(name_sql(name) for name in _carried(self.file)), *self.outputs], f'{relation} AS "row"'
        )
        if not self.is_json:
            result.needed = frozenset({*self.read, *(first for first, *_ in self.parts)})
        return result

    def single(self, name: str, cell: Cell) -> None:
        """A column that must hold one value."""
        value = self.value(cell)
        self.output(name, value)
        if self.is_json and cell.column is not None:
            self.result.nested[name] = f"{name} nested"
            kind = self.line_value(cell.column, _kind_of)
            # To look at a line again is dear; few texts begin like this.
            self.output(self.result.nested[name], f"left({value}, 1) IN ('{{', '[') AND {kind} IN ('OBJECT', 'ARRAY')")

    def output(self, name: str, sql: str) -> None:
        self.outputs.append(f"{sql} AS {name_sql(name)}")

    def member(self, name: str, sql: str, extra: Extra) -> None:
        """A member of the JSON object; its column is numbered, for SQL does not tell `Name` from `name`."""
        column = f"extra {len(self.result.extras)}"
        self.result.extras[name] = replace(extra, column=column)
        self.output(column, sql)

    def value(self, cell: Cell, *, as_json: bool = False) -> str:
        """SQL of a cell."""
        if cell.column is not None:
            if not self.is_json:
                return self.column(cell.column)
            return self.line_value(cell.column, _json_of if as_json else _text_of)
        if cell.always is not None:
            parameter = f"always{len(self.result.parameters)}"
            self.result.parameters[parameter] = str(cell.always)
            return f"CAST(${parameter} AS VARCHAR)"
        prefix = f"e{len(self.result.parameters)}_"
        compiled = compile_expression(cell.expression or "", scope=Scope.ROW, expects="scalar", prefix=prefix)
        known = self.structure if self.is_json else self.file
        for name in compiled.fields:
            if name not in known:
                raise SourceError(no_column(name, known))
        self.computes = True
        self.read |= compiled.fields
        if self.is_json:
            self.result.structure = {**self.result.structure, **{name: known[name] for name in compiled.fields}}
        self.result.parameters.update(compiled.parameters)
        return compiled.sql

    def column(self, name: str) -> str:
        """SQL of a column, or of a part of one: `device.browser`."""
        if name in self.file:
            self.read.add(name)
            return f'"row".{name_sql(name)}'
        first, *parts = name.split(".")
        kind = self.file.get(first)
        sql = f'"row".{name_sql(first)}'
        for part in parts:
            if kind is None or not pa.types.is_struct(kind) or kind.get_field_index(part) < 0:
                raise SourceError(no_column(name, self.file))
            kind = kind.field(part).type
            sql = f"({sql}).{name_sql(part)}"
        if not parts:
            raise SourceError(no_column(name, self.file))
        self.parts.append([first, *parts])
        return sql

    def line_value(self, name: str, read: Callable[[str], str]) -> str:
        """SQL of a member of a line of JSON, read as a function says of its place."""
        known = not self.structure or self.hook  # a request may lack what others have
        if not known and name.split(".", maxsplit=1)[0] not in self.structure and name not in self.structure:
            raise SourceError(no_column(name, self.structure))
        self.read.add(name)
        found = [read(pointer([name]))]
        if "." in name:
            self.parts.append(name.split("."))
            found.append(read(pointer(name.split("."))))
        return found[0] if len(found) == 1 else f"COALESCE({', '.join(found)})"

    def rest(self) -> None:
        """What nothing else uses; of a member of which a part is used, the other parts."""
        parts = [path for path in self.parts if path[0] not in self.read]
        if self.is_json:
            self.result.rest_json = "rest"
            whole = {*self.read, WEBHOOK} if self.hook else self.read
            parts = [path for path in parts if path[0] not in whole]
            self.output("rest", _without(name_sql(LINE), [[name] for name in sorted(whole)], parts))
            return
        for name, kind in self.file.items():
            if name not in self.read and name != KEY:
                mine = [path[1:] for path in parts if path[0] == name]
                value = _remaining(f'"row".{name_sql(name)}', kind, mine)
                if value is not None:
                    self.member(name, value, Extra(""))
        self.read |= set(self.file) - {KEY}


def _carried(columns: Mapping[str, pa.DataType]) -> tuple[str, ...]:
    """What tells the rows apart, and is no part of them."""
    return (ROW, KEY) if KEY in columns else (ROW,)


def _without(line: str, whole: Sequence[list[str]], parts: Sequence[list[str]]) -> str:
    """SQL of a line of JSON without members, and without parts of members; what nothing is left of goes as well."""
    firsts = sorted({path[0] for path in parts})
    patch = json.dumps(dict.fromkeys([*(name for (name,) in whole), *firsts]), ensure_ascii=False)
    rest = f"json_merge_patch({line}, {literal(patch)})"
    for first in firsts:
        removed: dict[str, Any] = {}
        for path in (path[1:] for path in parts if path[0] == first):
            inner = removed
            for step in path[:-1]:
                inner = inner.setdefault(step, {}) or {}
            inner[path[-1]] = None
        member = f"json_extract({line}, {literal(pointer([first]))})"
        left = f"json_merge_patch({member}, {literal(json.dumps(removed, ensure_ascii=False))})"
        left = f"CASE WHEN json_type({member}) = 'OBJECT' THEN NULLIF({left}, '{{}}') ELSE {member} END"
        rest = f"json_merge_patch({rest}, json_object({literal(first)}, {left}))"
    return rest


def _remaining(raw: str, kind: pa.DataType, used: Sequence[list[str]]) -> str | None:
    """SQL of a column of structures without parts of them; `None`: nothing is left."""
    if not used:
        return raw
    left: list[str] = []
    for place in range(kind.num_fields):
        part = kind.field(place)
        inner = [path[1:] for path in used if path[0] == part.name]
        if [] not in inner and (value := _remaining(f"({raw}).{name_sql(part.name)}", part.type, inner)) is not None:
            left.append(f"{literal(part.name)}: {value}")
    return f"CASE WHEN {raw} IS NOT NULL THEN {{{', '.join(left)}}} END" if left else None


def _from_select(
    shape: SourceShape, text: str, columns: Mapping[str, pa.DataType], structure: Mapping[str, Any]
) -> Mapped:
    compiled = compile_select(text, carry=_carried(columns))
    known: Mapping[str, Any] = structure if LINE in columns else columns
    for name in compiled.fields:
        if name not in known and known:
            raise SourceError(no_column(name, known))
    targets = targets_of(shape.kind)
    result = Mapped(parameters=dict(compiled.parameters))
    for name in compiled.columns:
        if name.startswith("#"):
            raise SourceError(sentence("'{name}': a name that the SELECT gives must not begin with #", name=name))
        if name in targets:
            result.targets[name] = None
        elif name == "customer":
            result.people["user_id"] = name
        elif name.startswith(IDENTIFIER):
            result.people[name.removeprefix(IDENTIFIER)] = name
        else:
            result.extras[name] = Extra(name)
    for name, target in targets.items():
        if target.missing is not None and name not in result.targets:
            raise SourceError(
                sentence(
                    "the SELECT gives no '{name}'; write … as {name}{suggestion}",
                    name=name,
                    suggestion=did_you_mean(name, compiled.columns),
                )
            )
    if LINE in columns:
        result.sql = f'WITH "row" AS {typed_lines(structure)} {compiled.sql}'
        result.structure = {name: structure[name] for name in compiled.fields if name in structure}
    else:
        result.sql = compiled.sql
        result.needed = compiled.fields
    return result


def no_column(name: str, known: Mapping[str, Any], *, constant: bool = True) -> Sentence:
    """What to say of a column that is not there.

    Args:
        name: Of the column.
        known: By name, what there is.
        constant: A constant could be meant.
    """
    names = [column for column in known if column not in {ROW, LINE, KEY}]
    if any(_DATA.search(column) for column in names):
        # The heading is a row, which may be personal: it is not shown.
        names_form = ", ".join(f"column_{number}" for number in range(1, min(len(names), 4) + 1))
        return sentence(
            "the file has no column '{name}', and its first line looks like a row and not like "
            "names; if it is one, write `csv: {{header: false, columns: [{names_form}]}}` with "
            "{count} names of your own",
            name=name,
            names_form=names_form,
            count=len(names),
        )
    suggestion = did_you_mean(name, names)
    listed = ", ".join(names[:20]) + (" …" if len(names) > 20 else "")
    same = sentence(". For the same text in every row write {{always: {name}}}", name=name) if constant else NOTHING
    hint = suggestion or sentence("; it has {listed}{same}", listed=listed, same=same)
    return sentence("there is no column '{name}'{hint}", name=name, hint=hint)


def pointer(path: list[str]) -> str:
    """RFC 6901."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)


def _json_of(pointer: str) -> str:
    return f"CAST(json_extract({name_sql(LINE)}, {literal(pointer)}) AS VARCHAR)"


def _kind_of(pointer: str) -> str:
    return f"NULLIF(json_type({name_sql(LINE)}, {literal(pointer)}), 'NULL')"


def _text_of(pointer: str) -> str:
    line = name_sql(LINE)
    text = f"json_extract_string({line}, {literal(pointer)})"
    # A number such as 17850.0 names what 17850 names, but the text "17850.0" is itself.
    whole = f"json_type({line}, {literal(pointer)}) = 'DOUBLE' AND ends_with({text}, '.0')"
    return f"CASE WHEN {whole} THEN left({text}, -2) ELSE {text} END"
