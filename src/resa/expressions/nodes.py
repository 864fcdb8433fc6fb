"""Which nodes of sqlglot's tree belong to the language, and with which of their parts."""

from __future__ import annotations

from sqlglot import exp

from resa.base.language import Sentence, sentence
from resa.expressions.functions import Kind

__all__ = ["ARITHMETIC", "COMPARISONS", "TYPES", "reason_against"]

COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}
ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}

_BINARY = frozenset({"this", "expression"})
_PARTS: dict[type[exp.Expr], frozenset[str]] = {
    **dict.fromkeys((*COMPARISONS, *ARITHMETIC, exp.And, exp.Or, exp.Escape, exp.Is, exp.Dot), _BINARY),
    **dict.fromkeys((exp.Not, exp.Neg, exp.Paren, exp.Null, exp.Boolean), frozenset({"this"})),
    exp.Literal: frozenset({"this", "is_string"}),
    exp.Identifier: frozenset({"this", "quoted"}),
    exp.Column: frozenset({"this", "table", "db", "catalog"}),
    exp.Bracket: frozenset({"this", "expressions"}),
    exp.Anonymous: frozenset({"this", "expressions"}),
    exp.Between: frozenset({"this", "low", "high"}),
    exp.In: frozenset({"this", "expressions"}),
    exp.Case: frozenset({"this", "ifs", "default"}),
    exp.If: frozenset({"this", "true"}),
    exp.Like: _BINARY | {"negate"},
    exp.ILike: _BINARY | {"negate"},
    exp.DPipe: _BINARY | {"safe"},
    exp.Kwarg: _BINARY,
    exp.Cast: frozenset({"this", "to"}),
    exp.TryCast: frozenset({"this", "to", "safe"}),
    exp.Array: frozenset({"expressions"}),
    exp.PropertyEQ: _BINARY,
}
# How sqlglot read the thing, not what was written.
_HARMLESS = frozenset({"typed", "safe"})

_NAMES: dict[type[exp.Expr], Sentence] = {
    exp.Star: sentence("`*` is not allowed; name each field"),
    exp.Subquery: sentence("queries inside an expression are not allowed"),
    exp.Select: sentence("queries inside an expression are not allowed"),
    exp.Window: sentence("window functions are not allowed"),
    exp.Tuple: sentence("a list in parentheses is allowed only after `in`"),
    exp.Slice: sentence("parts of lists are not allowed; name one position"),
    exp.AtTimeZone: sentence("write timezone('Europe/Stockholm', moment) instead of `at time zone`"),
    exp.Concat: sentence("two texts stand side by side; join them by ||"),
    exp.Alias: sentence("a name (`as …`) is not allowed here"),
}

_OTHER = sentence("this is not part of the language; use comparisons, and, or, not, in, like, case and functions")

TYPES: dict[exp.DType, Kind] = {
    exp.DType.DOUBLE: "number",
    exp.DType.FLOAT: "number",
    exp.DType.DECIMAL: "number",
    exp.DType.INT: "number",
    exp.DType.BIGINT: "number",
    exp.DType.TEXT: "text",
    exp.DType.VARCHAR: "text",
    exp.DType.BOOLEAN: "boolean",
    exp.DType.TIMESTAMP: "local",
    exp.DType.TIMESTAMPNTZ: "local",
    exp.DType.TIMESTAMPTZ: "time",
    exp.DType.DATE: "local",
}
"""The types of casts."""


def reason_against(node: exp.Expr) -> Sentence | None:
    """Why the node is not part of the language, or `None` if it is."""
    parts = _PARTS.get(type(node))
    if parts is None:
        return _NAMES.get(type(node), _OTHER)
    if isinstance(node.this, exp.Star):
        return _NAMES[exp.Star]
    foreign = any(value for name, value in node.args.items() if name not in parts and name not in _HARMLESS)
    return _OTHER if foreign else None
