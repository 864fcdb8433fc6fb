"""Calls of functions, as the table in `functions` allows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from resa.base.errors import did_you_mean
from resa.base.language import NOTHING, Sentence, pattern, said_by, sentence
from resa.expressions import patterns
from resa.expressions.fields import as_path
from resa.expressions.functions import FUNCTIONS_BY_NAME, Function, Kind, Parameter, ParameterKind
from resa.expressions.language import Scope
from resa.expressions.pieces import WRONG, Piece, quoted
from resa.expressions.reading import position
from resa.model.quantities import parse_duration

if TYPE_CHECKING:
    from resa.expressions.checking import Checker

__all__ = ["call"]

_LONGEST_SECONDS = 200 * 366 * 86_400

_INSTEAD = {
    "now": sentence("there is no clock; use days_since(…), or `last =>` in count(…)"),
    "today": sentence("there is no clock; use days_since(…), or `last =>` in count(…)"),
    "sum": sentence("sums over many rows are not part of an expression"),
    "avg": sentence("averages over many rows are not part of an expression"),
    "min": sentence("use least(a, b)"),
    "max": sentence("use greatest(a, b)"),
    "like": sentence("write name like '/p/%'"),
    "if": sentence("write case when … then … else … end"),
    "iff": sentence("write case when … then … else … end"),
    "ifnull": "use coalesce(a, b)",
    "len": sentence("use length(text)"),
    "substring": sentence("use substr(text, start, length)"),
    "prefix": sentence("use starts_with(text, start)"),
    "suffix": sentence("use ends_with(text, end)"),
    "dayofweek": sentence("use weekday(moment)"),
    "isodow": sentence("use weekday(moment)"),
    "extract": sentence("use year(…), month(…), weekday(…), hour(…)"),
    "date_part": sentence("use year(…), month(…), weekday(…), hour(…)"),
    "regexp_replace": sentence("use regexp_extract or replace"),
}
_CHECKED_LITERALS: dict[ParameterKind, tuple[Callable[[str], Sentence | None], Sentence]] = {
    "regular expression": (patterns.check_regular_expression, sentence("a regular expression in quotes")),
    "format": (patterns.check_time_format, sentence("a format in quotes, such as '%Y-%m-%d'")),
    "part": (patterns.check_date_part, sentence("a part of a date in quotes, such as 'day'")),
    "zone": (patterns.check_time_zone, sentence("a time zone in quotes, such as 'Europe/Stockholm'")),
    "short text": (lambda _: None, sentence("text in quotes")),
}
_PATH = re.compile(r"""\$((?:\.(?:[^\W\d]\w*|"[^"\\]+")|\[\d{1,9}\])+)""")
_PATH_PART = re.compile(r"""\.(?:([^\W\d]\w*)|"([^"\\]+)")|\[(\d+)\]""")

_UNKNOWN: Mapping[str, str] = {
    "touchpoint": pattern("'{name}' is not a touchpoint of this map{hint}"),
    "persona": pattern("'{name}' is not a persona of this map{hint}"),
    "segment": pattern("'{name}' is not a segment of this map{hint}"),
    "expectation": pattern("'{name}' is not an expectation of this map{hint}"),
}
_NAMED: Mapping[str, str] = {
    "touchpoint": pattern("{function} takes the name of a touchpoint"),
    "persona": pattern("{function} takes the name of a persona"),
    "segment": pattern("{function} takes the name of a segment"),
    "expectation": pattern("{function} takes the name of an expectation"),
}
_ELSEWHERE: Mapping[frozenset[str], Sentence] = {
    frozenset({"customer"}): sentence("; it is for expressions over a customer"),
    frozenset({"event"}): sentence("; it is for expressions over an event"),
    frozenset({"row"}): sentence("; it is for expressions over a row"),
    frozenset({"customer", "event"}): sentence("; it is for expressions over a customer and event"),
    frozenset({"customer", "row"}): sentence("; it is for expressions over a customer and row"),
    frozenset({"event", "row"}): sentence("; it is for expressions over an event and row"),
}


def call(checker: Checker, node: exp.Expr) -> Piece:
    """One call: its name, the number and kinds of its arguments, and what it yields."""
    at = position(node)
    if not isinstance(node.this, str):
        return checker.wrong(sentence("the name of a function is written without quotes"), at, "unknown-function")
    name = node.this.casefold()
    function = FUNCTIONS_BY_NAME.get(name)
    if function is None or checker.scope not in function.scopes:
        return _unknown(checker, name, function, at)
    arguments = list(node.expressions)
    checker.spend(function.cost * (max(1, len(arguments)) if function.most is None else 1), at)
    if function.requires is not None:
        return _required(checker, function, arguments, at)
    too_few = len(arguments) < function.fewest
    too_many = function.most is not None and len(arguments) > function.most
    if too_few or too_many or any(isinstance(argument, exp.Kwarg) for argument in arguments):
        return checker.wrong(
            sentence("{name} is written {signature}", name=name, signature=function.signature), at, "wrong-arguments"
        )
    write = _pairs if function.parameters[0].kind == "pairs" else _plain
    return write(checker, function, arguments, at)


def _unknown(checker: Checker, name: str, function: Function | None, at: int) -> Piece:
    if name in _INSTEAD:
        hint = sentence("; {advice}", advice=_INSTEAD[name])
    elif name == "unnest" and checker.scope is Scope.ROW:
        hint = sentence("; it stands alone: select unnest(row.hits) as hit, or from row, unnest(row.hits) as hit")
    elif function is not None:
        hint = _ELSEWHERE[frozenset(scope.value for scope in function.scopes)]
    else:
        known = [known.name for known in FUNCTIONS_BY_NAME.values() if checker.scope in known.scopes]
        hint = did_you_mean(name, known)
    short = name if len(name) <= 40 else name[:37] + "…"
    return checker.wrong(
        sentence("'{short}' is not a function that can be used here{hint}", short=short, hint=hint),
        at,
        "unknown-function",
    )


def _plain(checker: Checker, function: Function, arguments: list[exp.Expr], at: int) -> Piece:
    parameters = [*function.parameters, *[function.parameters[-1]] * (len(arguments) - len(function.parameters))]
    kind: Kind = function.result
    if parameters[0].kind == "same":
        pieces = [checker.visit(argument) for argument in arguments]
        kind, texts = checker.alike(pieces, sentence("the values of {function} differ", function=function.name))
        if kind == "json" and function.name in ("greatest", "least"):
            return checker.wrong(
                sentence(
                    "it is not known whether these are numbers or text; write cast({piece} as double)",
                    piece=pieces[0].label,
                ),
                at,
                "wrong-type",
            )
    else:
        texts = [_argument(checker, function, *pair) for pair in zip(parameters, arguments, strict=False)]
    if function.name == "replace":
        old, new = (str(argument.this) for argument in arguments[1:])
        if len(new.encode()) > len(old.encode()) or not old:
            return checker.wrong(
                sentence("what is put in may not be longer than what it replaces"), at, "wrong-arguments"
            )
    zone = checker.parameter(checker.catalog.timezone) if "{zone}" in function.sql else ""
    sql = function.sql.format(*texts, all=", ".join(texts), zone=zone)
    return Piece(kind, sql, at, f"{function.name}(…)")


def _argument(checker: Checker, function: Function, parameter: Parameter, node: exp.Expr) -> str:
    """One argument as SQL."""
    kind, why = parameter.kind, sentence(" in {signature}", signature=function.signature)
    if kind in _CHECKED_LITERALS:
        check, wanted = _CHECKED_LITERALS[kind]
        return _checked_literal(checker, node, check, sentence("{wanted}{why}", wanted=wanted, why=why))
    piece = checker.visit(node)
    match kind:
        case "path":
            return _json_path(checker, piece, why)
        case "digits":
            return _digits(checker, piece, why)
        case "integer":
            # 32 bits: some functions fail on more while DuckDB plans, where TRY does not reach.
            return f"TRY_CAST({checker.as_kind(piece, 'number', why=why)} AS INTEGER)"
        case "text" | "number" | "boolean" | "time" | "local":
            return checker.as_kind(piece, kind, why=why)
        case "list" if piece.kind not in ("native", "wrong"):
            checker.wrong(sentence("{piece} is not a list", piece=piece.label), piece.at, "wrong-type")
    return checker.sql(piece)


def _digits(checker: Checker, piece: Piece, why: Sentence) -> str:
    if piece.kind != "number" or piece.literal not in range(10):  # false is in the range, being 0
        checker.wrong(sentence("a whole number from 0 to 9 is needed{why}", why=why), piece.at, "wrong-type")
        return "NULL"
    return checker.parameter(int(float(piece.label)))


def _checked_literal(
    checker: Checker, node: exp.Expr, check: Callable[[str], Sentence | None], wanted: Sentence
) -> str:
    if not isinstance(node, exp.Literal) or not node.is_string:
        checker.wrong(sentence("{wanted} is needed", wanted=wanted), position(node), "wrong-arguments")
        return "NULL"
    text = str(node.this)
    reason = check(text)
    if reason is not None:
        checker.wrong(reason, position(node), "wrong-arguments")
        return "NULL"
    return checker.parameter(text)


def _json_path(checker: Checker, piece: Piece, why: Sentence) -> str:
    text = str(piece.literal)
    if not isinstance(piece.literal, str) or not _PATH.fullmatch(text):
        checker.wrong(
            sentence("a path in quotes such as '$.address.city' or '$.items[0].sku' is needed{why}", why=why),
            piece.at,
            "wrong-arguments",
        )
        return "NULL"
    parts = [int(number) if number else word or in_quotes for word, in_quotes, number in _PATH_PART.findall(text)]
    return checker.parameter(patterns.json_pointer(tuple(parts)))


def _pairs(checker: Checker, function: Function, arguments: list[exp.Expr], at: int) -> Piece:
    """`json_object('key', value, …)` and `struct_pack(key := value, …)`."""
    texts = []
    if function.name == "struct_pack":
        for argument in arguments:
            if not isinstance(argument, exp.PropertyEQ) or not isinstance(argument.this, (exp.Identifier, exp.Column)):
                return checker.wrong(sentence("write struct_pack(name := value, …)"), at, "wrong-arguments")
            piece = checker.visit(argument.expression)
            texts.append(f"{quoted(argument.this.name)} := TRY({checker.sql(piece)})")
    else:
        if len(arguments) % 2:
            return checker.wrong(
                sentence("write {function}('name', value, …)", function=function.name), at, "wrong-arguments"
            )
        for key, value in zip(arguments[::2], arguments[1::2], strict=True):
            texts.append(_checked_literal(checker, key, lambda _: None, sentence("a name in quotes")))
            texts.append(f"TRY({checker.sql(checker.visit(value))})")
    return Piece("native", function.sql.format(all=", ".join(texts)), at, f"{function.name}(…)")


def _required(checker: Checker, function: Function, arguments: list[exp.Expr], at: int) -> Piece:
    """A function over a customer's history, which the caller answers by a column."""
    positional = [argument for argument in arguments if not isinstance(argument, exp.Kwarg)]
    named = [argument for argument in arguments if isinstance(argument, exp.Kwarg)]
    if not function.fewest <= len(positional) <= 1:
        return checker.wrong(
            sentence("{function} is written {signature}", function=function.name, signature=function.signature),
            at,
            "wrong-arguments",
        )
    last = _last(checker, function, named)
    if last is WRONG:
        return WRONG
    seconds = last.literal if isinstance(last.literal, int) else None
    if not positional:
        return _column(checker, function, "", None, at)
    path = as_path(positional[0])
    if function.name == "days_since":
        checker.uses_as_of = True
        if path is not None and str(path.parts[0]).casefold() == "traits":
            moment = checker.as_kind(
                checker.visit(positional[0]), "time", why=sentence(" in {signature}", signature=function.signature)
            )
            return Piece("number", function.sql.format(moment), at, "days_since(…)")
    name = _name(checker, function, positional[0])
    if name is None:
        return WRONG
    return _column(checker, function, name, seconds, at)


def _column(checker: Checker, function: Function, name: str, seconds: int | None, at: int) -> Piece:
    """What the function yields, out of the column that answers it."""
    column = checker.require(function.requires or "count", name, seconds)
    return Piece(function.result, function.sql.format(column) if function.sql else column, at, f"{function.name}(…)")


def _last(checker: Checker, function: Function, named: Sequence[exp.Expr]) -> Piece:
    """`last => '90d'` in seconds; a piece without a literal when it is not given."""
    if not named:
        return Piece("null")
    at = position(named[0])
    if function.name not in ("count", "met", "missed", "opened"):
        return checker.wrong(
            sentence("{function} is written {signature}", function=function.name, signature=function.signature),
            at,
            "wrong-arguments",
        )
    word, value = named[0].this.name, named[0].expression
    if len(named) > 1 or word.casefold() != "last" or not (isinstance(value, exp.Literal) and value.is_string):
        return checker.wrong(sentence("after the name only `last => '90 days'` may follow"), at, "wrong-arguments")
    try:
        duration = parse_duration(str(value.this))
    except ValueError as error:
        return checker.wrong(said_by(error), position(value), "wrong-duration")
    if duration.working or duration.seconds > _LONGEST_SECONDS:
        return checker.wrong(
            sentence("`last =>` takes plain days, such as '90 days'"), position(value), "wrong-duration"
        )
    return Piece("number", literal=duration.seconds)


def _name(checker: Checker, function: Function, node: exp.Expr) -> str | None:
    """The name of a touchpoint, persona, segment or expectation, written plainly or in quotes."""
    path = as_path(node)
    at = position(node)
    kind = function.parameters[0].kind
    word = "touchpoint" if "touchpoint" in kind else kind
    if isinstance(node, exp.Literal) and node.is_string:
        name = str(node.this).strip()
    elif path is not None and all(isinstance(part, str) for part in path.parts):
        name = str(path)
    else:
        checker.wrong(sentence(_NAMED[word], function=function.name), at, "wrong-arguments")
        return None
    known: Iterable[str] = {
        "touchpoint": checker.catalog.touchpoints,
        "persona": checker.catalog.personas,
        "segment": checker.catalog.segments,
        "expectation": checker.catalog.expectations,
    }[word]
    key = name if name in known else name.replace(" ", "_")
    if not name or (known and key not in known):
        listed = ", ".join(sorted(known)[:8])  # a name that is empty says that nothing is known yet
        hint = did_you_mean(name, known) or (sentence("; known are {known}", known=listed) if listed else NOTHING)
        checker.wrong(
            sentence(
                _UNKNOWN[word],
                name=name[:60],
                hint=hint,
            ),
            at,
            f"unknown-{word}",
        )
        return None
    return key
