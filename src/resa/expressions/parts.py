"""The conditions that an expression is made of, each an expression by itself: so one can ask which of them hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from sqlglot import exp

from resa.expressions.fields import as_path
from resa.expressions.nodes import COMPARISONS
from resa.expressions.reading import Language, parse_expression

__all__ = ["Part", "parts_of", "spoken"]

_KEYWORDS: Final = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![.\w])(?:AND|OR|NOT|IN|IS|NULL|BETWEEN|LIKE|ILIKE|ESCAPE|CASE|WHEN|THEN|ELSE"""
    r"""|END|CAST|TRY_CAST|AS|TRUE|FALSE|DISTINCT|FROM)\b"""
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One condition of an expression.

    Attributes:
        text: The condition, an expression by itself.
        kind: `all` of its parts must hold, `any` of them, or its one part must `not`; `condition`: it stands alone.
        parts: What it is made of.
        value: What is looked at, an expression; `None`: the condition is all that can be said.
        sign: How that is compared, such as `>=`.
        threshold: What it is compared with, as written.
        fixed: The threshold is the same for everybody.
        about: The persona or segment that is asked for, as kind and name.
    """

    text: str
    kind: Literal["all", "any", "not", "condition"] = "condition"
    parts: tuple[Part, ...] = ()
    value: str | None = None
    sign: str = ""
    threshold: str = ""
    fixed: bool = True
    about: tuple[str, str] | None = None


def parts_of(text: str) -> Part:
    """What an expression is made of; the expression must have been checked before.

    Raises:
        ExpressionError: It cannot be read.
    """
    return _part(parse_expression(text))


def _part(node: exp.Expr) -> Part:
    while isinstance(node, exp.Paren):
        node = node.this
    text = spoken(node)
    if isinstance(node, (exp.And, exp.Or)):
        parts = tuple(_part(operand) for operand in _operands(node))
        return Part(text=text, kind="all" if isinstance(node, exp.And) else "any", parts=parts)
    if isinstance(node, exp.Not):
        inner = _part(node.this)
        if inner.kind == "condition" and inner.sign in {"is", "in", "between"}:
            sign = "is not" if inner.sign == "is" else f"not {inner.sign}"
            return Part(
                text=text, value=inner.value, sign=sign, threshold=inner.threshold, fixed=inner.fixed, about=inner.about
            )
        return Part(text=text, kind="not", parts=(inner,))
    return _condition(node, text)


def _operands(node: exp.Expr) -> Iterator[exp.Expr]:
    """Of a chain of `and` or `or`, however long."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if type(current) is type(node):
            waiting += [current.expression, current.this]
        else:
            yield current


def _condition(node: exp.Expr, text: str) -> Part:
    compared = _compared(node)
    if compared is not None:
        value, sign, thresholds = compared
        joined = (" and " if sign == "between" else ", ").join(map(spoken, thresholds))
        fixed = all(map(_is_fixed, thresholds))
        return Part(text=text, value=spoken(value), sign=sign, threshold=joined, fixed=fixed)
    if isinstance(node, exp.Anonymous) and str(node.this).casefold() in {"persona", "segment"}:
        (named,) = node.expressions
        path = as_path(named)
        name = str(named.this) if path is None else str(path)
        return Part(text=text, about=(str(node.this).casefold(), name.strip().replace(" ", "_")))
    alone = isinstance(node, (exp.Case, exp.Boolean, exp.Escape))
    return Part(text=text, value=None if alone else text)


def _compared(node: exp.Expr) -> tuple[exp.Expr, str, list[exp.Expr]] | None:
    """What is looked at, how it is compared, and with what; `None`: nothing is compared."""
    sign = COMPARISONS.get(type(node))
    if sign is not None:
        left, right = node.this, node.expression
        if _is_fixed(left) and not _is_fixed(right):
            left, right, sign = right, left, _TURNED.get(sign, sign)
        return left, sign.lower(), [right]
    if isinstance(node, exp.Between):
        return node.this, "between", [node.args["low"], node.args["high"]]
    if isinstance(node, exp.In):
        return node.this, "in", node.expressions
    if isinstance(node, (exp.Like, exp.ILike)):
        return node.this, ("not " if node.args.get("negate") else "") + type(node).__name__.lower(), [node.expression]
    return (node.this, "is", [node.expression]) if isinstance(node, exp.Is) else None


_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _is_fixed(node: exp.Expr) -> bool:
    """It is written out, and so the same for everybody."""
    return not any(isinstance(part, (exp.Column, exp.Anonymous)) for part in node.walk())


def spoken(node: exp.Expr) -> str:
    """A part as text that is read as the same part."""
    written = node.sql(dialect=Language, normalize_functions=False)
    return _KEYWORDS.sub(lambda match: match[0] if match[0][0] in "'\"" else match[0].lower(), written)
