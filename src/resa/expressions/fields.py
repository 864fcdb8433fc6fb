"""Names: which field a path such as `properties.address.city` means in each scope."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from resa.base.errors import did_you_mean
from resa.base.language import sentence
from resa.expressions.functions import FUNCTIONS
from resa.expressions.language import EVENT_FIELDS, FieldType, Place, Scope
from resa.expressions.patterns import json_pointer
from resa.expressions.pieces import Piece, quoted

if TYPE_CHECKING:
    from resa.expressions.checking import Checker

__all__ = ["Path", "as_path", "field_piece", "place_of"]

_PLAIN: Final = re.compile(r"[^\W\d]\w*")
"""Names that need no quotes."""


@dataclass(frozen=True, slots=True)
class Path:
    """A dotted name; whole numbers are positions in lists, counted from 1.

    Attributes:
        parts: At least one; the first is a name.
        at: Where it begins in the text, from 0.
        in_quotes: It is a single name in double quotes, which is how some write text.
    """

    parts: tuple[str | int, ...]
    at: int
    in_quotes: bool = False

    def __str__(self) -> str:
        """The path as it is written."""
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.parts).removeprefix(".")


def as_path(node: exp.Expr) -> Path | None:
    """The path that a node writes, or `None` if it is something else."""
    parts: list[str | int] = []
    at = 0
    current: exp.Expr | None = node
    while isinstance(current, (exp.Dot, exp.Bracket)):
        part = _last_part(current)
        if part is None:
            return None
        parts.append(part)
        current = current.this
    if isinstance(current, exp.Column):
        names = [current.args.get(name) for name in ("catalog", "db", "table", "this")]
        identifiers = [name for name in names if name is not None]
    elif isinstance(current, exp.Identifier):
        identifiers = [current]
    else:
        return None
    if not all(isinstance(name, exp.Identifier) and name.name for name in identifiers):
        return None
    at = identifiers[0].meta.get("start", 0)
    alone = len(identifiers) == 1 and not parts
    return Path(
        (*(name.name for name in identifiers), *reversed(parts)), at, alone and bool(identifiers[0].args.get("quoted"))
    )


def _last_part(node: exp.Expr) -> str | int | None:
    if isinstance(node, exp.Dot):
        return node.expression.name if isinstance(node.expression, exp.Identifier) else None
    items = node.expressions
    if len(items) != 1 or not isinstance(items[0], exp.Literal):
        return None
    text = str(items[0].this)
    if items[0].is_string:
        return text
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 2**31 else None


def field_piece(checker: Checker, path: Path) -> Piece:
    """The field that the path names, or a reported problem."""
    match checker.scope:
        case Scope.EVENT:
            return _event_field(checker, path)
        case Scope.CUSTOMER:
            return _customer_field(checker, path)
        case Scope.ROW:
            return _row_field(checker, path)


def _event_field(checker: Checker, path: Path) -> Piece:
    first = str(path.parts[0]).casefold()
    if first == "properties":
        return _json_field(checker, path, "properties", checker.catalog.properties)
    if first in EVENT_FIELDS and len(path.parts) == 1:
        checker.fields.add(first)
        return Piece(EVENT_FIELDS[first], quoted(first), path.at, first)
    if first in EVENT_FIELDS:
        return checker.wrong(sentence("{first} has no parts; write {first}", first=first), path.at, "unknown-field")
    if first == "traits":
        return checker.wrong(
            sentence("an event has no traits, they are facts about a customer; use properties.…"),
            path.at,
            "unknown-field",
        )
    return _unknown(checker, path, [*EVENT_FIELDS, "properties"], "properties", checker.catalog.properties)


def _customer_field(checker: Checker, path: Path) -> Piece:
    first = str(path.parts[0]).casefold()
    if first == "traits":
        name = str(path.parts[1]) if len(path.parts) == 2 else ""
        if name in checker.catalog.computed:
            checker.fields.add(f"traits.{name}")
            checker.spend(1, path.at)
            kind = checker.catalog.computed[name] or "json"
            return Piece(kind, checker.require("trait", name), path.at, f"traits.{name}")
        return _json_field(checker, path, "traits", checker.catalog.traits)
    if first == "properties" or first in EVENT_FIELDS:
        message = sentence(
            "a customer has no {first}, it belongs to an event; use traits.…, or count(touchpoint)", first=first
        )
        return checker.wrong(message, path.at, "unknown-field")
    return _unknown(checker, path, ["traits"], "traits", checker.catalog.traits)


def _row_field(checker: Checker, path: Path) -> Piece:
    first, *rest = path.parts
    name = str(first)
    if name.casefold() in checker.unnested:
        sql = checker.unnested[name.casefold()]
    elif name.casefold() != "row":
        checker.fields.add(name)
        sql = f'"row".{quoted(name)}'
    elif rest and isinstance(rest[0], str):
        column = rest.pop(0)
        checker.fields.add(str(column))
        sql = f'"row".{quoted(str(column))}'
    else:
        return checker.wrong(
            sentence("`row` alone is the whole row; name a column: row.email"), path.at, "unknown-field"
        )
    for part in rest:
        sql = f"({sql})[{checker.parameter(part)}]" if isinstance(part, int) else f"({sql}).{quoted(part)}"
    checker.spend(1, path.at)
    checker.members.add(place_of(checker, path))
    return Piece("native", sql, path.at, str(path))


def _written(part: str | int) -> str:
    """A part of a path so that it is read again as the same."""
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _PLAIN.fullmatch(part) else "['" + part.replace("'", "''") + "']"


def place_of(checker: Checker, path: Path) -> Place:
    """Where in the row a path of the row scope leads; empty: into a list that the SELECT itself wrote."""
    first, *rest = path.parts
    name = str(first)
    begin: Place = (name,)
    if name.casefold() in checker.unnested:
        begin = checker.lists.get(name.casefold(), ())
        rest = rest if begin else []
    elif name.casefold() == "row":
        begin = ()
    return (*begin, *(None if isinstance(part, int) else part for part in rest))


def _json_field(checker: Checker, path: Path, column: str, known: Mapping[str, FieldType]) -> Piece:
    inner = Path(path.parts[1:], path.at)
    if not inner.parts:
        return checker.wrong(
            sentence("`{column}` alone is all of them; name one: {column}.total", column=column),
            path.at,
            "unknown-field",
        )
    if inner.parts[0] == "*" or any(part == "" for part in inner.parts):
        return checker.wrong(sentence("`{column}.*` is not allowed; name one", column=column), path.at, "unknown-field")
    name = str(inner)
    if known and name not in known and not any(name.startswith((f"{other}.", f"{other}[")) for other in known):
        near = did_you_mean(name, known) or sentence("; known are {known}", known=_listed(known))
        return checker.wrong(
            sentence("'{name}' is not among the {column}{near}", name=name, column=column, near=near),
            path.at,
            "unknown-field",
        )
    label = column + "".join(_written(part) for part in inner.parts)
    checker.fields.add(label)
    checker.spend(10, path.at)
    pointer = json_pointer(tuple(part - 1 if isinstance(part, int) else part for part in inner.parts))
    text = Piece("json", f"json_extract_string({quoted(column)}, {checker.parameter(pointer)})", path.at, label)
    kind = known.get(name)
    return text if kind is None else Piece(kind, checker.as_kind(text, kind), path.at, label)


def _unknown(checker: Checker, path: Path, names: list[str], column: str, known: Mapping[str, FieldType]) -> Piece:
    first = str(path.parts[0])
    if path.in_quotes:
        message = sentence(
            '"{first}" in double quotes is the name of a field, and there is none; text stands in single '
            "quotes: {text}",
            first=first,
            text="'" + first.replace("'", "''") + "'",
        )
        return checker.wrong(message, path.at, "unknown-field")
    if str(path) in known:
        return checker.wrong(
            sentence("'{path}' is not a field; did you mean '{column}.{path}'?", path=path, column=column),
            path.at,
            "unknown-field",
        )
    functions = {function.name: f"{function.signature}" for function in FUNCTIONS if checker.scope in function.scopes}
    if first.casefold() in functions:
        return checker.wrong(
            sentence("'{first}' is a function; write {function}", first=first, function=functions[first.casefold()]),
            path.at,
            "unknown-field",
        )
    hint = did_you_mean(first, names)
    if not hint:
        hint = sentence(
            "; text stands in single quotes ('{first}'), other fields are {column}.{path}",
            first=first,
            column=column,
            path=path,
        )
    return checker.wrong(sentence("'{first}' is not a field{hint}", first=first, hint=hint), path.at, "unknown-field")


def _listed(names: Mapping[str, FieldType]) -> str:
    shown = sorted(names)[:8]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "")
