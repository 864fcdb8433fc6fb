"""The two doors of the package: an expression, and a source's SELECT, to SQL."""

from __future__ import annotations

from typing import Literal

from resa.base.errors import ExpressionError
from resa.base.language import sentence
from resa.expressions.checking import Checker
from resa.expressions.functions import Kind
from resa.expressions.language import Catalog, Compiled, FieldType, Scope
from resa.expressions.pieces import Piece
from resa.expressions.reading import parse_expression

__all__ = ["Expected", "compile_expression"]

Expected = Literal["boolean", "truth", "number", "scalar"]
"""`truth` is a condition whose NULL stays NULL: not known."""

_NO_CATALOG = Catalog()


def compile_expression(
    text: str,
    *,
    scope: Scope,
    expects: Expected,
    catalog: Catalog = _NO_CATALOG,
    prefix: str = "p",
) -> Compiled:
    """Check an expression of a user, who may be hostile, and write it anew as SQL for DuckDB.

    Args:
        text: The expression, at most 4,000 characters.
        scope: What it is evaluated over.
        expects: A condition (`boolean`; `truth`: one that may be NULL), a number, or any single value (`scalar`).
        catalog: Known names and types.
        prefix: Of the parameters' names, so that several expressions can share a statement.

    Raises:
        ExpressionError: It is wrong or not allowed; all problems at once, each with its column in the text.
    """
    tree = parse_expression(text)
    checker = Checker(scope=scope, catalog=catalog, prefix=prefix)
    piece = checker.visit(tree)
    sql, type_ = _finished(checker, piece, expects)
    if checker.problems:
        raise ExpressionError(sorted(checker.problems, key=lambda problem: problem.column or 0))
    return Compiled(
        text=text,
        sql=sql,
        parameters=checker.parameters,
        fields=frozenset(checker.fields),
        requires=tuple(checker.requires.values()),
        type=type_,
        uses_as_of=checker.uses_as_of,
        members=frozenset(checker.members),
    )


def _finished(checker: Checker, piece: Piece, expects: Expected) -> tuple[str, FieldType | None]:
    """The piece wrapped in TRY, as what is expected."""
    if piece.kind == "null":
        checker.wrong(sentence("NULL alone says nothing; name a field"), piece.at)
    if expects in ("boolean", "truth"):
        hint = sentence(", a condition such as channel = 'web'")
        truth = f"TRY({checker.as_kind(piece, 'boolean', why=hint)})"
        return f"COALESCE({truth}, FALSE)" if expects == "boolean" else truth, "boolean"
    if expects == "number" or (piece.kind in ("number", "tally") and checker.scope is not Scope.ROW):
        number = f"TRY(TRY_CAST({checker.as_kind(piece, 'number')} AS DOUBLE))"
        return f"CASE WHEN isfinite({number}) THEN {number} END", "number"
    types: dict[Kind, FieldType] = {
        "text": "text",
        "json": "text",
        "number": "number",
        "boolean": "boolean",
        "time": "time",
    }
    return f"TRY({checker.sql(piece)})", types.get(piece.kind)
