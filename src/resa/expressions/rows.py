"""Conditions as rows that people choose from lists: a field, how it is compared, with what; joined by all, any or none.

    rows = rows_of("event = 'product_viewed' and properties.price >= 100")
    text_of(rows).text                                      # the same again

What rows cannot say stays text: `rows_of` gives rows only where they say exactly what the expression says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, get_args

from sqlglot import exp

from resa.base.errors import ExpressionError
from resa.base.language import Sentence, sentence
from resa.expressions.fields import as_path
from resa.expressions.functions import FUNCTIONS_BY_NAME
from resa.expressions.language import EVENT_FIELDS
from resa.expressions.nodes import COMPARISONS
from resa.expressions.parts import spoken
from resa.expressions.reading import parse_expression

__all__ = ["SIGNS", "Group", "Join", "Row", "Rows", "Sign", "WrittenRows", "normal_rows", "rows_of", "shown", "text_of"]

Sign = Literal[
    "=",
    "<>",
    ">",
    ">=",
    "<",
    "<=",
    "in",
    "not in",
    "between",
    "contains",
    "not contains",
    "starts_with",
    "ends_with",
    "like",
    "not like",
    "is not null",
    "is null",
    "holds",
    "not",
]
"""How a field is compared; `holds` and `not` ask whether it is true."""

Join = Literal["all", "any", "none"]
"""How many of the rows of a group must hold."""

SIGNS: Final[tuple[Sign, ...]] = get_args(Sign)

_ALONE: Final = frozenset({"is not null", "is null", "holds", "not"})
"""Signs that take no value."""

_SEVERAL: Final = frozenset({"in", "not in", "between"})
_OF_TEXT: Final = frozenset({"contains", "not contains", "starts_with", "ends_with", "like", "not like"})
_CALLS: Final[tuple[Sign, ...]] = ("contains", "starts_with", "ends_with")
_TURNED: Final[Mapping[str, Sign]] = {
    "holds": "not",
    "in": "not in",
    "contains": "not contains",
    "like": "not like",
    "is null": "is not null",
}
"""Signs whose denial is a sign as well."""

_LASTING: Final = frozenset({"count", "met", "missed", "opened"})
"""Functions that may look at the last days alone."""

_NUMBER: Final = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_TRUTHS: Final = frozenset({"true", "false"})
_UNSHOWABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class Row:
    """One condition.

    Attributes:
        field: What is looked at: a field such as `properties.price`, or a call such as `count(cart)`.
        sign: How it is compared.
        value: With what, as `shown` shows it; of several, a comma between them.
        last: Only so many last days count, such as `90 days`; empty: all.
    """

    field: str
    sign: Sign = "="
    value: str = ""
    last: str = ""


@dataclass(frozen=True)
class Group:
    """Rows of which all, any or none must hold."""

    join: Join
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Rows:
    """An expression in rows.

    Attributes:
        join: Whether all groups must hold, or any of them.
        groups: In the order of the text.
    """

    join: Literal["all", "any"] = "all"
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True)
class WrittenRows:
    """What rows say as text.

    Attributes:
        text: The expression; empty where there are no rows, or one is wrong.
        places: Where in the text each row stands, by the numbers of its group and of itself.
        problems: What is wrong with rows, so that they say nothing.
    """

    text: str = ""
    places: Mapping[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    problems: Mapping[tuple[int, int], Sentence] = field(default_factory=dict)

    def row_at(self, offset: int) -> tuple[int, int] | None:
        """The row that wrote what stands at an offset into the text."""
        return next((row for row, (start, end) in self.places.items() if start <= offset < end), None)


# From rows to text.


def text_of(rows: Rows) -> WrittenRows:
    """The expression that rows say; rows without a field say nothing."""
    problems: dict[tuple[int, int], Sentence] = {}
    parts: list[list[tuple[int, str]]] = []
    for number, group in enumerate(rows.groups):
        said = []
        for place, row in enumerate(group.rows):
            if row.field.strip():
                try:
                    said.append((place, _written(row)))
                except _Wrong as wrong:
                    problems[number, place] = wrong.why
        parts.append(said)
    if problems:
        return WrittenRows(problems=problems)
    return _joined(rows, parts)


def _joined(rows: Rows, parts: Sequence[Sequence[tuple[int, str]]]) -> WrittenRows:
    text = ""
    places: dict[tuple[int, int], tuple[int, int]] = {}
    some = sum(map(bool, parts))
    for number, (group, said) in enumerate(zip(rows.groups, parts, strict=True)):
        if not said:
            continue
        text += (" and " if rows.join == "all" else " or ") * bool(text)
        apart = group.join == "none" or (len(said) > 1 and some > 1 and group.join != rows.join)
        text += ("not " if group.join == "none" else "") + "(" * apart
        for step, (place, written) in enumerate(said):
            text += (" and " if group.join == "all" else " or ") * bool(step)
            places[number, place] = len(text), len(text) + len(written)
            text += written
        text += ")" * apart
    return WrittenRows(text, places)


class _Wrong(Exception):
    """A row says nothing that can be understood."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


def _written(row: Row) -> str:
    what = _field(row)
    if row.sign in _ALONE:
        return {"holds": what, "not": f"not {what}"}.get(row.sign, f"{what} {row.sign}")
    kind = "text" if row.sign in _OF_TEXT else _kind(row.field)
    values = _split(row.value) if row.sign in _SEVERAL else [row.value.strip()]
    if not any(values):
        raise _Wrong(sentence("write what it is compared with; an empty text is ''"))
    said = [_literal(value, kind) for value in values]
    if row.sign == "between":
        if len(said) != 2:
            raise _Wrong(sentence("write the lowest and the highest value, with a comma between them"))
        return f"{what} between {said[0]} and {said[1]}"
    if row.sign in {"in", "not in"}:
        return f"{what} {row.sign} ({', '.join(said)})"
    if row.sign == "not contains":
        return f"not contains({what}, {said[0]})"
    return f"{row.sign}({what}, {said[0]})" if row.sign in _CALLS else f"{what} {row.sign} {said[0]}"


def _field(row: Row) -> str:
    what = row.field.strip()
    try:
        tree = parse_expression(what)
    except ExpressionError as error:
        raise _Wrong(error.problems[0].message) from None
    if not _is_field(tree):
        raise _Wrong(sentence("this is no field; write what is compared in the row's other parts"))
    if last := row.last.strip():
        if not isinstance(tree, exp.Anonymous) or str(tree.this).casefold() not in _LASTING:
            raise _Wrong(sentence("only what is counted can be of the last days"))
        return f"{what[:-1]}, last => {_quoted(last)})"
    return what


def _literal(value: str, kind: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == "'":
        return _quoted(value[1:-1].replace("''", "'"))
    if kind == "text":
        return _quoted(value)
    if _NUMBER.fullmatch(value):
        return value.replace(".", "0.", 1) if value.lstrip("-")[0] == "." else value
    if kind == "number":
        raise _Wrong(sentence("'{value}' is no number", value=value[:40]))
    return value.lower() if value.lower() in _TRUTHS else _quoted(value)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _split(text: str) -> list[str]:
    """Values with commas between them; a comma within quotes is part of a value."""
    found = re.findall(r"\s*('(?:[^']|'')*'(?=\s*(?:,|$))|[^,]*?)\s*(?:,|$)", text)
    return [one for one in found if one]


def _kind(what: str) -> str:
    """What a field holds, where that is known without data: text, number, or any."""
    name = what.strip().casefold()
    if name in EVENT_FIELDS:
        return "number" if EVENT_FIELDS[name] == "number" else "text"
    function = FUNCTIONS_BY_NAME.get(name.partition("(")[0].strip()) if name.endswith(")") else None
    return "number" if function is not None and function.result in {"number", "tally"} else "any"


# From text to rows.


def rows_of(text: str) -> Rows | None:
    """An expression in rows, in their normal form; `None`: rows cannot say it."""
    if not text.strip():
        return Rows()
    try:
        tree = parse_expression(text)
        rows = _rows(_bare(tree))
    except (ExpressionError, _Unsaid):
        return None
    try:
        again = parse_expression(text_of(rows).text)
    except ExpressionError:
        return None
    return rows if _told(again) == _told(tree) else None


class _Unsaid(Exception):
    """Rows have no words for this."""


def _rows(node: exp.Expr) -> Rows:
    if not isinstance(node, (exp.And, exp.Or)):
        group = _group(node)
        return normal_rows(Rows("all", (group or Group("all", (_row(node),)),)))
    join: Literal["all", "any"] = "all" if isinstance(node, exp.And) else "any"
    groups = [_group(one) or Group(join, (_row(one),)) for one in _operands(node)]
    return normal_rows(Rows(join, tuple(groups)))


def _group(node: exp.Expr) -> Group | None:
    """Several rows that stand together; `None`: it is a row, or nothing that rows can say."""
    if isinstance(node, (exp.And, exp.Or)):
        return Group("all" if isinstance(node, exp.And) else "any", tuple(map(_row, _operands(node))))
    if isinstance(node, exp.Not) and not _is_row(node):
        inner = _bare(node.this)
        return Group("none", tuple(map(_row, _operands(inner))) if isinstance(inner, exp.Or) else (_row(inner),))
    return None


def _is_row(node: exp.Expr) -> bool:
    try:
        _row(node)
    except _Unsaid:
        return False
    return True


def _row(node: exp.Expr) -> Row:
    node = _bare(node)
    if isinstance(node, exp.Not):
        inner = _row(node.this)
        if inner.sign not in _TURNED:
            raise _Unsaid
        return replace(inner, sign=_TURNED[inner.sign])
    what, sign, values = _parts(node)
    return _compared(what, sign, values)


def _parts(node: exp.Expr) -> tuple[exp.Expr, Sign, Sequence[exp.Expr]]:
    """What a condition looks at, how it is compared, and with what."""
    what = node.this
    match node:
        case exp.In() if node.expressions:
            return what, "in", node.expressions
        case exp.Between():
            return what, "between", [node.args["low"], node.args["high"]]
        case exp.Like():
            return what, "not like" if node.args.get("negate") else "like", [node.expression]
        case exp.Is() if isinstance(node.expression, exp.Null):
            return what, "is null", []
        case exp.Anonymous() if len(node.expressions) == 2 and isinstance(node.expressions[1], exp.Literal):
            call = next((sign for sign in _CALLS if sign == str(what).casefold()), None)
            if call is not None:
                return node.expressions[0], call, [node.expressions[1]]
    sign = next((sign for sign in SIGNS if sign == COMPARISONS.get(type(node))), None)
    return (node, "holds", []) if sign is None else (what, sign, [node.expression])


def _compared(what: exp.Expr, sign: Sign, values: Sequence[exp.Expr]) -> Row:
    if not _is_field(what):
        raise _Unsaid
    last = ""
    if isinstance(what, exp.Anonymous) and str(what.this).casefold() in _LASTING:
        what, last = _without_last(what)
    name = spoken(what)
    kind = "text" if sign in _OF_TEXT else _kind(name)
    said = ", ".join(_value(value, kind, several=sign in _SEVERAL) for value in values)
    return Row(name, sign, said, last)


def _without_last(call: exp.Anonymous) -> tuple[exp.Anonymous, str]:
    """A call without its last days, and those."""
    named = [one for one in call.expressions if isinstance(one, exp.Kwarg)]
    if not named:
        return call, ""
    value = named[0].expression
    if len(named) > 1 or str(named[0].this.name).casefold() != "last" or not isinstance(value, exp.Literal):
        raise _Unsaid
    last = str(value.this)
    if not value.is_string or last != last.strip() or not last or _UNSHOWABLE.search(last):
        raise _Unsaid
    others = [one.copy() for one in call.expressions if not isinstance(one, exp.Kwarg)]
    return exp.Anonymous(this=call.this, expressions=others), last


def _value(node: exp.Expr, kind: str, *, several: bool) -> str:
    sign = ""
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        sign, node = "-", node.this
    if isinstance(node, exp.Boolean):
        return "true" if node.this else "false"
    if not isinstance(node, exp.Literal):
        raise _Unsaid
    if not node.is_string:
        return f"{sign}{node.this}"
    if _UNSHOWABLE.search(str(node.this)):
        raise _Unsaid
    return shown(str(node.this), kind, several=several)


def shown(value: str, kind: str = "any", *, several: bool = False) -> str:
    """A text as it is written into a row: plainly, or in quotes where it would be read as something else.

    Args:
        value: The text.
        kind: What the field holds: `text`, `number`, or `any`.
        several: Whether other values may stand beside it.
    """
    other = kind != "text" and (_NUMBER.fullmatch(value) or value.lower() in _TRUTHS or kind == "number")
    if other or not value or value != value.strip() or value[0] == "'" or (several and "," in value):
        return _quoted(value)
    return value


def normal_rows(rows: Rows) -> Rows:
    """The same in the form in which `rows_of` gives it: what stands alone stands in no group of its own."""
    groups: list[Group] = []
    for group in rows.groups:
        said = tuple(row for row in group.rows if row.field.strip())
        if not said:
            continue
        join = group.join
        if len(said) == 1 and join == "none" and said[0].sign in _TURNED:
            join, said = rows.join, (replace(said[0], sign=_TURNED[said[0].sign]),)
        if len(said) == 1 and join != "none":
            join = rows.join
        if join == rows.join and groups and groups[-1].join == join:
            groups[-1] = replace(groups[-1], rows=groups[-1].rows + said)
        else:
            groups.append(Group(join, said))
    if len(groups) != 1:
        return Rows(rows.join if groups else "all", tuple(groups))
    (only,) = groups
    if len(only.rows) == 1 and only.join != "none":
        return Rows("all", (replace(only, join="all"),))
    return Rows("any" if only.join == "any" else "all", (only,))


# Trees.


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _is_field(node: exp.Expr) -> bool:
    return as_path(node) is not None or isinstance(node, exp.Anonymous)


def _operands(node: exp.Expr) -> Iterator[exp.Expr]:
    """Of a chain of `and` or `or`, however it is put into parentheses."""
    waiting = [node]
    while waiting:
        current = _bare(waiting.pop())
        if type(current) is type(node):
            waiting += [current.expression, current.this]
        else:
            yield current


def _told(node: exp.Expr) -> object:
    """What an expression says, but for parentheses that say nothing."""
    node = _bare(node)
    if isinstance(node, (exp.And, exp.Or)):
        return type(node).__name__, _all_told(_operands(node))
    if isinstance(node, exp.Not):
        return "Not", _told(node.this)
    if isinstance(node, exp.Like) and node.args.get("negate"):
        return "Not", _told(exp.Like(this=node.this.copy(), expression=node.expression.copy()))
    return spoken(node)


def _all_told(nodes: Iterable[exp.Expr]) -> tuple[object, ...]:
    return tuple(map(_told, nodes))
