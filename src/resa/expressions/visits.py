"""What each node of the tree means: one function for each, which checks it and writes its SQL."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from resa.base.language import sentence
from resa.expressions import calls, patterns
from resa.expressions.functions import Kind
from resa.expressions.language import Scope
from resa.expressions.nodes import ARITHMETIC, COMPARISONS, TYPES
from resa.expressions.pieces import KIND_WORDS, WRONG, Piece
from resa.expressions.reading import position

if TYPE_CHECKING:
    from resa.expressions.checking import Checker

__all__ = ["VISITS"]

_LARGEST_EXACT = 2**53 - 1  # beyond it several whole numbers are the same DOUBLE


def _literal(checker: Checker, node: exp.Expr) -> Piece:
    at = position(node)
    text = str(node.this)
    if node.is_string:
        return Piece("text", at=at, label=f"'{_short(text)}'", literal=text)
    try:
        number: float | int = float(text)
    except ValueError:
        return checker.wrong(sentence("{text} is no number", text=_short(text)), at, "wrong-number")
    if not math.isfinite(number):
        return checker.wrong(sentence("this number is too large"), at, "wrong-number")
    if checker.scope is Scope.ROW and text.isdigit() and int(text) < 2**63:
        number = int(text)
    elif checker.scope is not Scope.ROW and text.isdigit() and int(text) > _LARGEST_EXACT:
        return checker.wrong(
            sentence(
                "numbers here are exact up to {largest_exact}, and this one is not; an order or "
                "account is compared as text: '{text}'",
                largest_exact=_LARGEST_EXACT,
                text=_short(text),
            ),
            at,
            "wrong-number",
        )
    return Piece("number", at=at, label=text, literal=number)


def _boolean(_: Checker, node: exp.Expr) -> Piece:
    return Piece("boolean", at=position(node), label=str(node.this).lower(), literal=bool(node.this))


def _null(_: Checker, node: exp.Expr) -> Piece:
    return Piece("null", "NULL", position(node), "NULL")


def _paren(checker: Checker, node: exp.Expr) -> Piece:
    return checker.visit(node.this)


def _joined(checker: Checker, node: exp.Expr) -> Piece:
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
    pieces = [checker.visit(operand) for operand in operands]
    why = sentence("; `{word}` joins conditions such as channel = 'web'", word=word.lower())
    sql = f" {word} ".join(checker.as_kind(piece, "boolean", why=why) for piece in pieces)
    return Piece("boolean", f"({sql})", pieces[0].at, sentence("this condition"))


def _not(checker: Checker, node: exp.Expr) -> Piece:
    piece = checker.visit(node.this)
    return Piece("boolean", f"(NOT {checker.as_kind(piece, 'boolean')})", piece.at, sentence("this condition"))


def _compare(checker: Checker, node: exp.Expr) -> Piece:
    left, right = checker.visit(node.this), checker.visit(node.expression)
    sign = COMPARISONS[type(node)]
    null = next((piece for piece in (left, right) if piece.kind == "null"), None)
    if null is not None:
        return checker.wrong(
            sentence("nothing is ever equal to NULL; write `is null` or `is not null`"), null.at, "null"
        )
    kind, (first, second) = checker.alike((left, right), sentence("these cannot be compared"))
    if kind == "json" and sign in ("<", "<=", ">", ">="):
        return checker.wrong(
            sentence(
                "it is not known whether {left} and {right} are numbers or text; write cast({left} as double)",
                left=left.label,
                right=right.label,
            ),
            left.at,
            "wrong-type",
        )
    return Piece("boolean", f"({first} {sign} {second})", left.at, sentence("this condition"))


def _arithmetic(checker: Checker, node: exp.Expr) -> Piece:
    left, right = checker.visit(node.this), checker.visit(node.expression)
    sign = ARITHMETIC[type(node)]
    hint = (
        sentence("; texts are joined by ||")
        if sign == "+" and "text" in (left.kind, right.kind)
        else sentence(" for `{sign}`", sign=sign)
    )
    first, second = checker.as_kind(left, "number", why=hint), checker.as_kind(right, "number", why=hint)
    if sign in "/%":
        second = f"NULLIF({second}, 0)"
    return Piece(
        "number",
        f"({first} {sign} {second})",
        left.at,
        sentence("this sum") if sign in "+-" else sentence("this number"),
    )


def _negative(checker: Checker, node: exp.Expr) -> Piece:
    piece = checker.visit(node.this)
    if piece.kind == "number" and isinstance(piece.literal, (int, float)):
        return Piece("number", at=max(piece.at - 1, 0), label=f"-{piece.label}", literal=-piece.literal)
    return Piece("number", f"(-{checker.as_kind(piece, 'number')})", piece.at, sentence("this number"))


def _join_texts(checker: Checker, node: exp.Expr) -> Piece:
    pieces = [checker.visit(node.this), checker.visit(node.expression)]
    checker.spend(50, pieces[0].at)
    sql = " || ".join(checker.as_kind(piece, "text", why=sentence("; write cast(… as text)")) for piece in pieces)
    return Piece("text", f"({sql})", pieces[0].at, sentence("this text"))


def _between(checker: Checker, node: exp.Expr) -> Piece:
    pieces = [checker.visit(node.args[name]) for name in ("this", "low", "high")]
    kind, (value, low, high) = checker.alike(pieces, sentence("these cannot be compared"))
    if kind == "json":
        return checker.wrong(
            sentence(
                "it is not known whether {piece} is a number or text; write cast({piece} as double)",
                piece=pieces[0].label,
            ),
            pieces[0].at,
            "wrong-type",
        )
    return Piece("boolean", f"({value} BETWEEN {low} AND {high})", pieces[0].at, sentence("this condition"))


def _in(checker: Checker, node: exp.Expr) -> Piece:
    pieces = [checker.visit(node.this), *(checker.visit(item) for item in node.expressions)]
    if len(pieces) == 1:
        return checker.wrong(sentence("after `in` come values in parentheses: channel in ('web', 'app')"), pieces[0].at)
    if any(piece.kind == "null" for piece in pieces):
        return checker.wrong(
            sentence("NULL in a list is never equal to anything; write `is null`"), pieces[0].at, "null"
        )
    _, (value, *items) = checker.alike(pieces, sentence("these cannot be compared"))
    return Piece("boolean", f"({value} IN ({', '.join(items)}))", pieces[0].at, sentence("this condition"))


def _like(checker: Checker, node: exp.Expr, escape: str | None = None) -> Piece:
    word = "LIKE" if isinstance(node, exp.Like) else "ILIKE"
    value, pattern = checker.visit(node.this), checker.visit(node.expression)
    if "wrong" in (value.kind, pattern.kind):
        return WRONG
    if not isinstance(pattern.literal, str):
        return checker.wrong(
            sentence("after `{word}` comes a pattern in quotes, such as '/p/%'", word=word.lower()),
            pattern.at,
            "wrong-type",
        )
    reason = patterns.check_like(pattern.literal, escape)
    if reason:
        return checker.wrong(reason, pattern.at, "wrong-pattern")
    checker.spend(6, value.at)
    ending = f" ESCAPE {checker.parameter(escape)}" if escape else ""
    negation = "NOT " if node.args.get("negate") else ""
    sql = f"({checker.as_kind(value, 'text')} {negation}{word} {checker.parameter(pattern.literal)}{ending})"
    return Piece("boolean", sql, value.at, sentence("this condition"))


def _escape(checker: Checker, node: exp.Expr) -> Piece:
    like, escape = node.this, node.expression
    if not isinstance(like, (exp.Like, exp.ILike)) or not (isinstance(escape, exp.Literal) and escape.is_string):
        return checker.wrong(sentence("`escape` follows a pattern and is one character in quotes"), position(node))
    return _like(checker, like, str(escape.this))


def _is(checker: Checker, node: exp.Expr) -> Piece:
    piece, right = checker.visit(node.this), node.expression
    if isinstance(right, exp.Null):
        return Piece("boolean", f"({checker.sql(piece) or 'NULL'} IS NULL)", piece.at, sentence("this condition"))
    if isinstance(right, exp.Boolean):
        truth = "TRUE" if right.this else "FALSE"
        return Piece(
            "boolean", f"({checker.as_kind(piece, 'boolean')} IS {truth})", piece.at, sentence("this condition")
        )
    return checker.wrong(sentence("after `is` comes null, true, false, or `distinct from`"), piece.at)


def _case(checker: Checker, node: exp.Expr) -> Piece:
    branches = node.args["ifs"]
    default = node.args.get("default")
    results = [checker.visit(branch.args["true"]) for branch in branches]
    at = position(node)
    if default is not None:
        results.append(checker.visit(default))
    if node.this is not None:
        compared = [checker.visit(node.this), *(checker.visit(branch.this) for branch in branches)]
        _, (value, *conditions) = checker.alike(compared, sentence("these cannot be compared"))
        opening = f"CASE {value}"
    else:
        conditions = [
            checker.as_kind(checker.visit(branch.this), "boolean", why=sentence(" after `when`")) for branch in branches
        ]
        opening = "CASE"
    kind, texts = checker.alike(results, sentence("the results of `case` differ"))
    whens = "".join(f" WHEN {when} THEN {then}" for when, then in zip(conditions, texts, strict=False))
    otherwise = f" ELSE {texts[-1]}" if default is not None else ""
    return Piece(kind, f"{opening}{whens}{otherwise} END", at, sentence("this case"))


def _cast(checker: Checker, node: exp.Expr) -> Piece:
    piece = checker.visit(node.this)
    target = node.args["to"]
    kind = TYPES.get(target.this)
    if kind is None or any(value for name, value in target.args.items() if name not in ("this", "nested")):
        allowed = "double, bigint, decimal, text, boolean, date, timestamp, timestamptz"
        return checker.wrong(
            sentence(
                "a value cannot be cast to {sql}; use {allowed}", sql=_short(target.sql("duckdb")), allowed=allowed
            ),
            piece.at,
            "wrong-type",
        )
    if piece.kind == "wrong":
        return WRONG
    moments = ("time", "local")
    if (kind in moments and piece.kind in ("number", "boolean")) or (
        piece.kind in moments and kind in ("number", "boolean")
    ):
        return checker.wrong(
            sentence(
                "{piece} is {kind} and cannot be cast to {wanted}",
                piece=piece.label,
                kind=KIND_WORDS[piece.kind],
                wanted=KIND_WORDS[kind],
            ),
            piece.at,
            "wrong-type",
        )
    return _converted(checker, piece, kind, target.this)


def _converted(checker: Checker, piece: Piece, kind: Kind, target: exp.DType) -> Piece:
    if kind == "local" and checker.scope is not Scope.ROW:
        kind = "time"
    label = f"cast({piece.label} as …)"
    if kind in ("time", "local") and (isinstance(piece.literal, str) or piece.kind in ("time", "local")):
        sql = checker.as_kind(piece, kind)
    else:
        sql = checker.converted(checker.sql(piece), kind, piece.at)
    if target in (exp.DType.INT, exp.DType.BIGINT):
        sql = f"TRY_CAST({checker.sql(piece)} AS BIGINT)"
        if checker.scope is not Scope.ROW:
            sql = f"TRY_CAST({sql} AS DOUBLE)"
    if target == exp.DType.DATE:
        if checker.scope is not Scope.ROW:
            zone = checker.parameter(checker.catalog.timezone)
            return Piece("time", f"timezone({zone}, date_trunc('day', timezone({zone}, {sql})))", piece.at, label)
        return Piece("native", f"TRY_CAST({sql} AS DATE)", piece.at, label)
    return Piece(kind, sql, piece.at, label)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "…"


VISITS: dict[type[exp.Expr], Callable[[Checker, exp.Expr], Piece]] = {
    exp.Literal: _literal,
    exp.Boolean: _boolean,
    exp.Null: _null,
    exp.Paren: _paren,
    exp.And: _joined,
    exp.Or: _joined,
    exp.Not: _not,
    **dict.fromkeys(COMPARISONS, _compare),
    **dict.fromkeys(ARITHMETIC, _arithmetic),
    exp.Neg: _negative,
    exp.DPipe: _join_texts,
    exp.Between: _between,
    exp.In: _in,
    exp.Like: _like,
    exp.ILike: _like,
    exp.Escape: _escape,
    exp.Is: _is,
    exp.Case: _case,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Anonymous: calls.call,
}
