"""Walk the tree, check every node, name and type, and write SQL anew from what was understood.

Each node becomes a `Piece`: SQL of our own making and what it yields. Nothing of the user's text reaches the SQL but names
of columns and struct fields of a source's row, quoted here; every literal becomes a parameter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlglot import exp

from resa.base.errors import Problem
from resa.expressions import calls, patterns
from resa.expressions.fields import Path, as_path, field_piece
from resa.expressions.functions import Kind
from resa.expressions.language import Catalog, Requirement, Scope
from resa.expressions.nodes import ARITHMETIC, COMPARISONS, TYPES, reason_against
from resa.expressions.pieces import WRONG, Piece, is_open
from resa.expressions.reading import position

__all__ = ["Checker"]

_HIGHEST_COST = 2_000
_DEEPEST = 60
_WORDS = {
    "text": "text",
    "number": "a number",
    "boolean": "true or false",
    "time": "a moment",
    "local": "a date and time without a zone",
    "native": "a field of the row",
    "json": "a value of unknown type",
    "null": "NULL",
    "wrong": "wrong",
}
_CASTS: Mapping[Kind, str] = {
    "text": "CAST({} AS VARCHAR)",
    "number": "TRY_CAST({} AS DOUBLE)",
    "boolean": "TRY_CAST({} AS BOOLEAN)",
    "time": "TRY_CAST({} AS TIMESTAMPTZ)",
    "local": "TRY_CAST({} AS TIMESTAMP)",
}


@dataclass
class Checker:
    """One walk over one tree.

    Args:
        scope: What names mean.
        catalog: Known names and types.
        prefix: Of the parameters' names.
        unnested: Row scope: names given by `unnest(…) as name` → SQL of the column that holds it.
    """

    scope: Scope
    catalog: Catalog
    prefix: str
    unnested: Mapping[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    parameters: dict[str, object] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)
    requires: dict[str, Requirement] = field(default_factory=dict)
    uses_as_of: bool = False
    cost: int = 0
    depth: int = 0
    _known: dict[tuple[type, object], str] = field(default_factory=dict)

    # What a walk writes down

    def wrong(self, message: str, at: int, code: str = "not-allowed") -> Piece:
        """Report a problem; the piece keeps its neighbours from reporting it again."""
        self.problems.append(Problem(message=message, column=at + 1, code=code))
        return WRONG

    def parameter(self, value: object) -> str:
        """The placeholder of a value; equal values share one."""
        key = (type(value), value)
        if key not in self._known:
            name = f"{self.prefix}{len(self._known)}"
            self._known[key] = f"${name}"
            self.parameters[name] = value
        return self._known[key]

    def spend(self, cost: int, at: int) -> None:
        """Add to what the expression costs to run; too much is reported once."""
        before, self.cost = self.cost, self.cost + cost
        if before <= _HIGHEST_COST < self.cost:
            self.wrong(
                "the expression does too much to be run on every row; use fewer functions and properties",
                at,
                "too-costly",
            )

    def sql(self, piece: Piece) -> str:
        """The piece as SQL, whatever it yields."""
        return piece.sql if piece.literal is None else self.parameter(piece.literal)

    # Types

    def as_kind(self, piece: Piece, kind: Kind, *, why: str = "") -> str:
        """The piece as SQL that yields `kind`; a literal, or a value of unknown type, is converted where that is safe."""
        if piece.kind in ("wrong", "null"):
            return "NULL"
        if piece.kind == kind or (kind == "text" and piece.kind == "json"):
            return self.sql(piece)
        if kind in ("time", "local") and isinstance(piece.literal, str):
            return self._moment(piece, kind)
        if is_open(piece.kind) or {piece.kind, kind} == {"time", "local"}:
            if kind == "time" and piece.kind == "local":
                return f"timezone({self.parameter(self.catalog.timezone)}, {piece.sql})"
            return _CASTS[kind].format(self.sql(piece))
        self.wrong(f"{piece.label} is {_WORDS[piece.kind]}, but {_WORDS[kind]} is needed{why}", piece.at, "wrong-type")
        return "NULL"

    def _moment(self, piece: Piece, kind: Kind) -> str:
        moment = patterns.parse_moment(str(piece.literal), self.catalog.timezone)
        if moment is None:
            self.wrong(
                f"{piece.label} is not a moment; write for example '2026-09-14' or '2026-09-14 08:30'",
                piece.at,
                "wrong-type",
            )
            return "NULL"
        if kind == "time":
            return self.parameter(moment.astimezone(UTC))
        return self.parameter(datetime.fromisoformat(str(piece.literal).strip()).replace(tzinfo=None))

    def common(self, pieces: Sequence[Piece], what: str) -> Kind:
        """The one kind that all the pieces can have; `wrong` after reporting that there is none."""
        kinds: set[Kind] = {piece.kind for piece in pieces}
        if "wrong" in kinds:
            return "wrong"
        known = sorted(kinds - {"json", "native", "null"})
        if not known:
            closed: Sequence[Kind] = ("json", "native", "null")
            present = [kind for kind in closed if kind in kinds]
            return "text" if present[:2] == ["json", "native"] else present[0]
        moments = [kind for kind in known if kind in ("time", "local")]
        if moments and all(
            p.kind in ("time", "local", "json", "native", "null") or isinstance(p.literal, str) for p in pieces
        ):
            return "time" if "time" in moments else "local"
        if len(known) == 1:
            return known[0]
        first = next(piece for piece in pieces if piece.kind in known)
        other = next(piece for piece in pieces if piece.kind in known and piece.kind != first.kind)
        hint = ""
        if {first.kind, other.kind} == {"text", "number"}:
            literal = next((p for p in (first, other) if p.kind == "text" and isinstance(p.literal, str)), None)
            number = next((p for p in (first, other) if p.kind == "number" and p.literal is not None), None)
            if literal is not None:
                hint = "; write the number without quotes"
            elif number is not None:
                hint = f"; write '{number.label}' in quotes"
        self.wrong(
            f"{what}: {first.label} is {_WORDS[first.kind]} and {other.label} is {_WORDS[other.kind]}{hint}",
            other.at,
            "wrong-type",
        )
        return "wrong"

    def alike(self, pieces: Sequence[Piece], what: str) -> tuple[Kind, list[str]]:
        """The pieces as SQL of their common kind."""
        kind = self.common(pieces, what)
        if kind in ("wrong", "native", "json", "null"):
            return kind, [self.sql(piece) if piece.kind not in ("wrong", "null") else "NULL" for piece in pieces]
        return kind, [self.as_kind(piece, kind) for piece in pieces]

    # The walk

    def visit(self, node: exp.Expr) -> Piece:
        """Check one node and what is below it."""
        path = as_path(node)
        if path is not None:
            return field_piece(self, path)
        reason = reason_against(node)
        if reason is not None:
            return self.wrong(reason, position(node))
        if self.depth >= _DEEPEST:
            return self.wrong("the expression is nested too deeply here; simplify it", position(node), "too-deep")
        self.depth += 1
        try:
            piece = _VISITS[type(node)](self, node) if type(node) in _VISITS else self._misplaced(node)
        finally:
            self.depth -= 1
        return piece

    def _misplaced(self, node: exp.Expr) -> Piece:
        at = position(node)
        if isinstance(node, exp.Dot):
            return self.wrong("a function cannot be called after a dot; write lower(name), not name.lower()", at)
        if isinstance(node, exp.Array):
            return self.wrong("a list in [ ] is allowed only inside unnest; use `in (…)`", at)
        return self.wrong("this cannot stand here", at)

    def _literal(self, node: exp.Expr) -> Piece:
        at = position(node)
        text = str(node.this)
        if node.is_string:
            return Piece("text", at=at, label=f"'{_short(text)}'", literal=text)
        number: float | int = float(text)
        if not math.isfinite(number):
            return self.wrong("this number is too large", at, "wrong-number")
        if self.scope is Scope.ROW and text.isdigit() and int(text) < 2**63:
            number = int(text)
        return Piece("number", at=at, label=text, literal=number)

    def _boolean(self, node: exp.Expr) -> Piece:
        return Piece("boolean", at=position(node), label=str(node.this).lower(), literal=bool(node.this))

    def _null(self, node: exp.Expr) -> Piece:
        return Piece("null", "NULL", position(node), "NULL")

    def _paren(self, node: exp.Expr) -> Piece:
        return self.visit(node.this)

    def _joined(self, node: exp.Expr) -> Piece:
        """A chain of `and` or `or`, however long, as one piece; sqlglot nests it to the left."""
        kind, word = (exp.And, "AND") if isinstance(node, exp.And) else (exp.Or, "OR")
        operands: list[exp.Expr] = []
        waiting = [node]
        while waiting:
            current = waiting.pop()
            if type(current) is kind:
                waiting += [current.expression, current.this]
            else:
                operands.append(current)
        pieces = [self.visit(operand) for operand in operands]
        why = f"; `{word.lower()}` joins conditions such as channel = 'web'"
        sql = f" {word} ".join(self.as_kind(piece, "boolean", why=why) for piece in pieces)
        return Piece("boolean", f"({sql})", pieces[0].at, "this condition")

    def _not(self, node: exp.Expr) -> Piece:
        piece = self.visit(node.this)
        return Piece("boolean", f"(NOT {self.as_kind(piece, 'boolean')})", piece.at, "this condition")

    def _compare(self, node: exp.Expr) -> Piece:
        left, right = self.visit(node.this), self.visit(node.expression)
        sign = COMPARISONS[type(node)]
        null = next((piece for piece in (left, right) if piece.kind == "null"), None)
        if null is not None:
            return self.wrong("nothing is ever equal to NULL; write `is null` or `is not null`", null.at, "null")
        kind, (first, second) = self.alike((left, right), "these cannot be compared")
        if kind == "json" and sign in ("<", "<=", ">", ">="):
            return self.wrong(
                f"it is not known whether {left.label} and {right.label} are numbers or text; write "
                f"cast({left.label} as double)",
                left.at,
                "wrong-type",
            )
        return Piece("boolean", f"({first} {sign} {second})", left.at, "this condition")

    def _arithmetic(self, node: exp.Expr) -> Piece:
        left, right = self.visit(node.this), self.visit(node.expression)
        sign = ARITHMETIC[type(node)]
        hint = "; texts are joined by ||" if sign == "+" and "text" in (left.kind, right.kind) else f" for `{sign}`"
        first, second = self.as_kind(left, "number", why=hint), self.as_kind(right, "number", why=hint)
        if sign in "/%":
            second = f"NULLIF({second}, 0)"
        return Piece("number", f"({first} {sign} {second})", left.at, "this sum" if sign in "+-" else "this number")

    def _negative(self, node: exp.Expr) -> Piece:
        piece = self.visit(node.this)
        if piece.kind == "number" and isinstance(piece.literal, (int, float)):
            return Piece("number", at=max(piece.at - 1, 0), label=f"-{piece.label}", literal=-piece.literal)
        return Piece("number", f"(-{self.as_kind(piece, 'number')})", piece.at, "this number")

    def _join_texts(self, node: exp.Expr) -> Piece:
        pieces = [self.visit(node.this), self.visit(node.expression)]
        self.spend(2, pieces[0].at)
        sql = " || ".join(self.as_kind(piece, "text", why="; write cast(… as text)") for piece in pieces)
        return Piece("text", f"({sql})", pieces[0].at, "this text")

    def _between(self, node: exp.Expr) -> Piece:
        pieces = [self.visit(node.args[name]) for name in ("this", "low", "high")]
        kind, (value, low, high) = self.alike(pieces, "these cannot be compared")
        if kind == "json":
            return self.wrong(
                f"it is not known whether {pieces[0].label} is a number or text; write "
                f"cast({pieces[0].label} as double)",
                pieces[0].at,
                "wrong-type",
            )
        return Piece("boolean", f"({value} BETWEEN {low} AND {high})", pieces[0].at, "this condition")

    def _in(self, node: exp.Expr) -> Piece:
        pieces = [self.visit(node.this), *(self.visit(item) for item in node.expressions)]
        if len(pieces) == 1:
            return self.wrong("after `in` come values in parentheses: channel in ('web', 'app')", pieces[0].at)
        if any(piece.kind == "null" for piece in pieces):
            return self.wrong("NULL in a list is never equal to anything; write `is null`", pieces[0].at, "null")
        _, (value, *items) = self.alike(pieces, "these cannot be compared")
        return Piece("boolean", f"({value} IN ({', '.join(items)}))", pieces[0].at, "this condition")

    def _like(self, node: exp.Expr, escape: str | None = None) -> Piece:
        word = "LIKE" if isinstance(node, exp.Like) else "ILIKE"
        value, pattern = self.visit(node.this), self.visit(node.expression)
        if "wrong" in (value.kind, pattern.kind):
            return WRONG
        if not isinstance(pattern.literal, str):
            return self.wrong(
                f"after `{word.lower()}` comes a pattern in quotes, such as '/p/%'", pattern.at, "wrong-type"
            )
        reason = patterns.check_like(pattern.literal, escape)
        if reason:
            return self.wrong(reason, pattern.at, "wrong-pattern")
        self.spend(6, value.at)
        ending = f" ESCAPE {self.parameter(escape)}" if escape else ""
        sql = f"({self.as_kind(value, 'text')} {word} {self.parameter(pattern.literal)}{ending})"
        return Piece("boolean", sql, value.at, "this condition")

    def _escape(self, node: exp.Expr) -> Piece:
        like, escape = node.this, node.expression
        if not isinstance(like, (exp.Like, exp.ILike)) or not (isinstance(escape, exp.Literal) and escape.is_string):
            return self.wrong("`escape` follows a pattern and is one character in quotes", position(node))
        return self._like(like, str(escape.this))

    def _is(self, node: exp.Expr) -> Piece:
        piece, right = self.visit(node.this), node.expression
        if isinstance(right, exp.Null):
            return Piece("boolean", f"({self.sql(piece) or 'NULL'} IS NULL)", piece.at, "this condition")
        if isinstance(right, exp.Boolean):
            truth = "TRUE" if right.this else "FALSE"
            return Piece("boolean", f"({self.as_kind(piece, 'boolean')} IS {truth})", piece.at, "this condition")
        return self.wrong("after `is` comes null, true, false, or `distinct from`", piece.at)

    def _case(self, node: exp.Expr) -> Piece:
        branches = node.args["ifs"]
        default = node.args.get("default")
        results = [self.visit(branch.args["true"]) for branch in branches]
        at = position(node)
        if default is not None:
            results.append(self.visit(default))
        if node.this is not None:
            compared = [self.visit(node.this), *(self.visit(branch.this) for branch in branches)]
            _, (value, *conditions) = self.alike(compared, "these cannot be compared")
            opening = f"CASE {value}"
        else:
            conditions = [self.as_kind(self.visit(branch.this), "boolean", why=" after `when`") for branch in branches]
            opening = "CASE"
        kind, texts = self.alike(results, "the results of `case` differ")
        whens = "".join(f" WHEN {when} THEN {then}" for when, then in zip(conditions, texts, strict=False))
        otherwise = f" ELSE {texts[-1]}" if default is not None else ""
        return Piece(kind, f"{opening}{whens}{otherwise} END", at, "this case")

    def _cast(self, node: exp.Expr) -> Piece:
        piece = self.visit(node.this)
        target = node.args["to"]
        kind = TYPES.get(target.this)
        if kind is None or any(value for name, value in target.args.items() if name not in ("this", "nested")):
            allowed = "double, bigint, decimal, text, boolean, date, timestamp, timestamptz"
            return self.wrong(
                f"a value cannot be cast to {_short(target.sql('duckdb'))}; use {allowed}", piece.at, "wrong-type"
            )
        if piece.kind == "wrong":
            return WRONG
        moments = ("time", "local")
        if (kind in moments and piece.kind in ("number", "boolean")) or (
            piece.kind in moments and kind in ("number", "boolean")
        ):
            return self.wrong(
                f"{piece.label} is {_WORDS[piece.kind]} and cannot be cast to {_WORDS[kind]}", piece.at, "wrong-type"
            )
        return self._converted(piece, kind, target.this)

    def _converted(self, piece: Piece, kind: Kind, target: exp.DType) -> Piece:
        if kind == "local" and self.scope is not Scope.ROW:
            kind = "time"
        label = f"cast({piece.label} as …)"
        if kind in ("time", "local") and (isinstance(piece.literal, str) or piece.kind in ("time", "local")):
            sql = self.as_kind(piece, kind)
        else:
            sql = _CASTS[kind].format(self.sql(piece))
        if target in (exp.DType.INT, exp.DType.BIGINT):
            sql = f"TRY_CAST({self.sql(piece)} AS BIGINT)"
            if self.scope is not Scope.ROW:
                sql = f"CAST({sql} AS DOUBLE)"
        if target == exp.DType.DATE:
            if self.scope is not Scope.ROW:
                zone = self.parameter(self.catalog.timezone)
                return Piece("time", f"timezone({zone}, date_trunc('day', timezone({zone}, {sql})))", piece.at, label)
            return Piece("native", f"TRY_CAST({sql} AS DATE)", piece.at, label)
        return Piece(kind, sql, piece.at, label)

    def _call(self, node: exp.Expr) -> Piece:
        return calls.call(self, node)

    def _path(self, node: exp.Expr) -> Path | None:
        return as_path(node)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "…"


_VISITS: dict[type[exp.Expr], Callable[[Checker, exp.Expr], Piece]] = {
    exp.Literal: Checker._literal,
    exp.Boolean: Checker._boolean,
    exp.Null: Checker._null,
    exp.Paren: Checker._paren,
    exp.And: Checker._joined,
    exp.Or: Checker._joined,
    exp.Not: Checker._not,
    **dict.fromkeys(COMPARISONS, Checker._compare),
    **dict.fromkeys(ARITHMETIC, Checker._arithmetic),
    exp.Neg: Checker._negative,
    exp.DPipe: Checker._join_texts,
    exp.Between: Checker._between,
    exp.In: Checker._in,
    exp.Like: Checker._like,
    exp.ILike: Checker._like,
    exp.Escape: Checker._escape,
    exp.Is: Checker._is,
    exp.Case: Checker._case,
    exp.Cast: Checker._cast,
    exp.TryCast: Checker._cast,
    exp.Anonymous: Checker._call,
}
