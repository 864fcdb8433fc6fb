"""A source's one SELECT over `row`: rows of a file, nested ones too, into rows of events."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from resa.base.errors import ExpressionError
from resa.base.language import Sentence, sentence
from resa.expressions.checking import Checker
from resa.expressions.fields import as_path, place_of
from resa.expressions.language import Catalog, CompiledSelect, Scope
from resa.expressions.pieces import quoted
from resa.expressions.reading import parse_select, position

__all__ = ["compile_select"]

_SELECT = "SELECT {} FROM {}"
_MOST_COLUMNS = 200
_MOST_UNNESTS = 3


def compile_select(text: str, *, prefix: str = "p", carry: Sequence[str] = ()) -> CompiledSelect:
    """Check the SELECT of a source and write it anew as SQL for DuckDB.

    `select lower(row.email) as email, row.at as occurred_at from row where row.kind = 'order'` reads one row at a time.
    Lists inside a row are unrolled by `from row, unnest(row.hits) as hit`, and a list inside those by a further
    `, unnest(hit.product) as product`; the order within the list is kept. A value that cannot be computed is NULL; a
    row for which the condition is not true is left out.

    Args:
        text: The SELECT, at most 10,000 characters.
        prefix: Of the parameters' names.
        carry: Columns of `row` that the caller wants at the end of the output, such as the number of the row.

    Raises:
        ExpressionError: It is wrong or not allowed; all problems at once, each with its column in the text.
    """
    tree = parse_select(text)
    checker = Checker(scope=Scope.ROW, catalog=Catalog(), prefix=prefix)
    _only(
        checker,
        tree,
        {"expressions", "from_", "joins", "where"},
        sentence("a source is one SELECT over `row`, with WHERE and unnest"),
    )
    relation = _relation(checker, tree)
    columns, outputs = _outputs(checker, tree)
    condition = ""
    where = tree.args.get("where")
    if where is not None:
        piece = checker.visit(where.this)
        condition = f" WHERE COALESCE(TRY({checker.as_kind(piece, 'boolean', why=sentence(' after where'))}), FALSE)"
    if checker.problems:
        raise ExpressionError(sorted(checker.problems, key=lambda problem: problem.column or 0))
    outputs += [f'"row".{quoted(name)}' for name in carry]
    return CompiledSelect(
        text=text,
        sql=_SELECT.format(", ".join(outputs), relation) + condition,
        parameters=checker.parameters,
        columns=tuple(columns),
        fields=frozenset(checker.fields),
        members=frozenset(checker.members),
    )


def _only(checker: Checker, node: exp.Expr, allowed: set[str], reason: Sentence) -> bool:
    """Whether the node has no other parts; if it has, that is reported."""
    foreign = sorted(name.rstrip("_") for name, value in node.args.items() if value and name not in allowed)
    if foreign:
        checker.wrong(
            sentence("{foreign} is not allowed: {reason}", foreign=foreign[0].upper(), reason=reason), position(node)
        )
    return not foreign


def _relation(checker: Checker, tree: exp.Expr) -> str:
    """`row`, with its lists unrolled one inside the other.

    A plain `UNNEST` in a SELECT list streams and keeps the order; DuckDB's lateral join does neither.
    """
    source = tree.args.get("from_")
    if source is None or not _is_row(source.this):
        checker.wrong(
            sentence("only `from row` is allowed; `row` is one row of the file, without another name"),
            0 if source is None else position(source),
        )
        return '"row"'
    joins = tree.args.get("joins") or []
    if len(joins) > _MOST_UNNESTS:
        checker.wrong(
            sentence("at most {most_unnests} lists can be unrolled, one inside the other", most_unnests=_MOST_UNNESTS),
            position(joins[_MOST_UNNESTS]),
        )
        return '"row"'
    relation = '"row"'
    names: dict[str, str] = {}
    for number, join in enumerate(joins, start=1):
        unrolled = _unrolled(checker, join, names)
        if unrolled is None:
            break
        name, sql = unrolled
        column = quoted(f"unrolled {number}")
        relation = f'({_SELECT.format(f"*, UNNEST({sql}) AS {column}", relation)}) AS "row"'
        names[name.casefold()] = f'"row".{column}'
        checker.unnested = dict(names)
    return relation


def _is_row(node: exp.Expr) -> bool:
    return (
        isinstance(node, exp.Table)
        and isinstance(node.this, exp.Identifier)
        and node.name.casefold() == "row"
        and not any(value for name, value in node.args.items() if name != "this")
    )


def _unrolled(checker: Checker, join: exp.Expr, before: dict[str, str]) -> tuple[str, str] | None:
    """The name and the SQL of one `unnest(…) as name`, or `None` after reporting what is wrong."""
    unnest = join.this
    at = position(join)
    if not isinstance(unnest, exp.Unnest) or any(value for name, value in join.args.items() if name != "this"):
        checker.wrong(
            sentence("after `from row` only `, unnest(row.list) as name` may follow; there is no other relation"), at
        )
        return None
    alias = unnest.args.get("alias")
    if alias is None or not alias.name or alias.args.get("columns"):
        checker.wrong(sentence("give what is unrolled one name: unnest(row.hits) as hit"), at)
        return None
    if not _only(checker, unnest, {"expressions", "alias"}, sentence("write unnest(row.hits) as hit")):
        return None
    name = alias.name
    if name.casefold() == "row" or name.casefold() in before:
        checker.wrong(sentence("the name '{name}' is already used; give another", name=name), at)
        return None
    sql = _list(checker, unnest.expressions, before, at)
    if sql is None:
        return None
    path = as_path(unnest.expressions[0])
    checker.lists[name.casefold()] = () if path is None else (*place_of(checker, path), None)
    return name, sql


def _list(checker: Checker, arguments: list[exp.Expr], before: dict[str, str], at: int) -> str | None:
    """The list that is unrolled. A further one lies inside the last, so that rows cannot multiply without bound."""
    if len(arguments) != 1:
        checker.wrong(sentence("unnest takes one list: unnest(row.hits)"), at, "wrong-arguments")
        return None
    node = arguments[0]
    path = as_path(node)
    if before:
        last = list(before)[-1]
        if path is None or str(path.parts[0]).casefold() != last:
            checker.wrong(sentence("a further list must lie inside the last one: unnest({last}.…)", last=last), at)
            return None
    if isinstance(node, exp.Array):
        pieces = [checker.visit(item) for item in node.expressions]
        kind = checker.common(pieces, sentence("the values of the list differ")) if pieces else "wrong"
        if not pieces:
            checker.wrong(sentence("the list is empty"), at)
        return None if kind == "wrong" else f"[{', '.join(f'TRY({checker.sql(piece)})' for piece in pieces)}]"
    piece = checker.visit(node)
    if path is not None:
        checker.members.add((*place_of(checker, path), None))
    if piece.kind not in ("native", "wrong"):
        checker.wrong(sentence("{piece} is not a list", piece=piece.label), piece.at, "wrong-type")
    return None if piece.kind != "native" else piece.sql


def _outputs(checker: Checker, tree: exp.Expr) -> tuple[list[str], list[str]]:
    """The names of the output and their SQL."""
    names: list[str] = []
    outputs: list[str] = []
    unrolled = False
    if not tree.expressions:
        checker.wrong(sentence("name what is selected: select row.email as email, … from row"), 0, "empty")
    if len(tree.expressions) > _MOST_COLUMNS:
        checker.wrong(
            sentence(
                "{count} columns are too many; {most_columns} are allowed",
                count=len(tree.expressions),
                most_columns=_MOST_COLUMNS,
            ),
            0,
            "too-long",
        )
        return names, outputs
    for item in tree.expressions:
        node = item.this if isinstance(item, exp.Alias) else item
        name = _output_name(checker, item, names)
        if isinstance(node, exp.Anonymous) and str(node.this).casefold() == "unnest":
            if unrolled:
                checker.wrong(
                    sentence("only one list can be unrolled in the SELECT; use from row, unnest(…) as name"),
                    position(node),
                )
            unrolled = True
            sql = f"UNNEST({_list(checker, node.expressions, dict(checker.unnested), position(node))})"
        else:
            piece = checker.visit(node)
            plain = piece.literal is not None or as_path(node) is not None
            sql = checker.sql(piece) if plain else f"TRY({checker.sql(piece)})"
        names.append(name)
        outputs.append(f"{sql} AS {quoted(name)}")
    return names, outputs


def _output_name(checker: Checker, item: exp.Expr, names: list[str]) -> str:
    if isinstance(item, exp.Alias) and isinstance(item.args.get("alias"), exp.Identifier):
        name = item.alias
    else:
        path = as_path(item)
        name = str(path.parts[-1]) if path else ""
        if path is None and not isinstance(item, (exp.Star, exp.Column)):
            checker.wrong(sentence("give each value a name: lower(row.email) as email"), position(item), "no-name")
    if name and name.casefold() in (known.casefold() for known in names):
        checker.wrong(sentence("the name '{name}' is given twice", name=name), position(item), "same-name")
    return name
