"""Random expressions: valid ones against plain Python, senseless ones against the promise that nothing else happens."""

from __future__ import annotations

import json
import math
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from resa.base.errors import ExpressionError
from resa.engine import Engine
from resa.expressions import FUNCTIONS, Compiled, Scope, compile_expression, compile_select
from resa.expressions.reading import Language

ENGINE = Engine(threads=1)
AT = datetime(2026, 9, 14, 22, 30, tzinfo=UTC)
Row = Mapping[str, object]
PROPERTIES: list[dict[str, object]] = [
    {"n": number, "s": text, "b": truth}
    for number, text, truth in [
        (0, "page", True), (1, "p_e", False), (-2.5, "5", None), ("3", "", "true"), ("x", "a%b", 1), (None, None, "no"),
    ]
] + [{}]  # fmt: skip
ROWS: list[dict[str, object]] = [
    {"event": event, "channel": channel, "value": value, "properties": json.dumps(properties)}
    for (event, channel, value), properties in zip(
        [("page", "web", 1.0), ("p_e", None, None), ("", "a%b", -2.5), ("5", "x", 0.0), ("Page", "å", 3.0)] * 2,
        [*PROPERTIES, *PROPERTIES],
        strict=False,
    )
]
TABLE = pa.Table.from_pylist(
    [{**row, "device": None, "occurred_at": AT, "sent_at": None, "received_at": AT, "source_id": "s"} for row in ROWS],
    schema=pa.schema(
        [
            *((name, pa.string()) for name in ("event", "channel", "device", "source_id", "properties")),
            ("value", pa.float64()),
            *((name, pa.timestamp("us", tz="UTC")) for name in ("occurred_at", "sent_at", "received_at")),
        ]
    ),
)


@dataclass(frozen=True)
class Said:
    """An expression as text, and what it means in plain Python; None is NULL."""

    text: str
    means: Callable[[Row], object]


def properties(row: Row) -> Mapping[str, object]:
    found: Mapping[str, object] = json.loads(str(row["properties"]))
    return found


def number_of(value: object) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(str(value))
    except ValueError:
        return None


def text_of(value: object) -> str | None:
    return None if value is None else json.dumps(value) if not isinstance(value, str) else value


def truth_of(value: object) -> bool | None:
    return {"true": True, "1": True, "false": False, "no": False}.get(str(text_of(value)))


def literal(text: str) -> Said:
    return Said("'" + text.replace("'", "''") + "'", lambda _: text)


def number_literal(value: float) -> Said:
    return Said(repr(value), lambda _: value)


NUMBER_FIELDS = [
    Said("value", lambda row: row["value"]),
    Said("properties.n::double", lambda row: number_of(properties(row).get("n"))),
]
TEXT_FIELDS = [
    Said("event", lambda row: row["event"]),
    Said("channel", lambda row: row["channel"]),
    Said("cast(properties.s as text)", lambda row: text_of(properties(row).get("s"))),
]
OPERATORS: dict[str, Callable[[float, float], float | None]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else None,
    "%": lambda a, b: math.fmod(a, b) if b else None,
}
COMPARISONS: dict[str, Callable[[object, object], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,  # type: ignore[operator]  # both are of one type, by construction
    "<=": lambda a, b: a <= b,  # type: ignore[operator]  # as above
    ">": lambda a, b: a > b,  # type: ignore[operator]  # as above
    ">=": lambda a, b: a >= b,  # type: ignore[operator]  # as above
}


def strict(function: Callable[..., object], *parts: Said) -> Callable[[Row], object]:
    """NULL when any part is."""

    def means(row: Row) -> object:
        values = [part.means(row) for part in parts]
        return None if any(value is None for value in values) else function(*values)

    return means


def all_of(parts: list[Said]) -> Callable[[Row], object]:
    def means(row: Row) -> object:
        values = [part.means(row) for part in parts]
        return False if False in values else None if None in values else True

    return means


def any_of(parts: list[Said]) -> Callable[[Row], object]:
    def means(row: Row) -> object:
        values = [part.means(row) for part in parts]
        return True if True in values else None if None in values else False

    return means


def arithmetic(left: Said, sign: str, right: Said) -> Said:
    return Said(f"({left.text} {sign} {right.text})", strict(OPERATORS[sign], left, right))


def compared(left: Said, sign: str, right: Said) -> Said:
    return Said(f"{left.text} {sign} {right.text}", strict(COMPARISONS[sign], left, right))


def member(value: Said, items: list[Said], negated: bool) -> Said:
    return Said(
        f"{value.text} {'not ' if negated else ''}in ({', '.join(item.text for item in items)})",
        strict(lambda found: (found in [item.means({}) for item in items]) != negated, value),
    )


def like(value: Said, pattern: str, ignoring: bool, negated: bool) -> Said:
    expression = "".join({"%": "(?s:.*)", "_": "(?s:.)"}.get(character, re.escape(character)) for character in pattern)
    compiled = re.compile(expression, re.IGNORECASE if ignoring else 0)
    word = f"{'not ' if negated else ''}{'ilike' if ignoring else 'like'}"
    return Said(
        f"{value.text} {word} {literal(pattern).text}",
        strict(lambda found: (compiled.fullmatch(found) is not None) != negated, value),
    )


def absent(value: Said, negated: bool) -> Said:
    return Said(f"{value.text} is {'not ' if negated else ''}null", lambda row: (value.means(row) is None) != negated)


def between(value: Said, low: Said, high: Said) -> Said:
    lower, upper = compared(value, ">=", low), compared(value, "<=", high)
    return Said(f"{value.text} between {low.text} and {high.text}", all_of([lower, upper]))


def choice(condition: Said, then: Said, otherwise: Said) -> Said:
    return Said(
        f"case when {condition.text} then {then.text} else {otherwise.text} end",
        lambda row: then.means(row) if condition.means(row) is True else otherwise.means(row),
    )


words = st.sampled_from(["page", "p_e", "", "5", "a%b", "x", "it's", "å", "--", "$p0", '"'])
patterns = st.text(alphabet="pae5%_.x", max_size=5)
texts = st.one_of(st.sampled_from(TEXT_FIELDS), words.map(literal))
numbers = st.recursive(
    st.one_of(st.sampled_from(NUMBER_FIELDS), st.sampled_from([0.0, 1.0, 2.5, 3.0, 10.0]).map(number_literal)),
    lambda inner: st.builds(arithmetic, inner, st.sampled_from(list(OPERATORS)), inner),
    max_leaves=4,
)
signs = st.sampled_from(list(COMPARISONS))
# A comparison whose sides are both literals would be folded while DuckDB plans; that is worth testing too.
simple = st.one_of(
    st.builds(compared, numbers, signs, numbers),
    st.builds(compared, texts, signs, texts),
    st.builds(member, texts, st.lists(words.map(literal), min_size=1, max_size=4), st.booleans()),
    st.builds(like, st.sampled_from(TEXT_FIELDS), patterns, st.booleans(), st.booleans()),
    st.builds(absent, st.one_of(texts, numbers), st.booleans()),
    st.builds(between, numbers, numbers, numbers),
    st.just(Said("properties.b", lambda row: truth_of(properties(row).get("b")))),
    st.sampled_from([Said("true", lambda _: True), Said("false", lambda _: False)]),
)
conditions = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(
            lambda parts: Said(" and ".join(f"({part.text})" for part in parts), all_of(parts))
        ),
        st.lists(inner, min_size=2, max_size=4).map(
            lambda parts: Said("(" + " or ".join(f"({part.text})" for part in parts) + ")", any_of(parts))
        ),
        inner.map(lambda part: Said(f"not ({part.text})", strict(lambda found: not found, part))),
        st.builds(choice, inner, inner, inner),
    ),
    max_leaves=6,
)


def answers(compiled: Compiled) -> list[object]:
    ENGINE.register("given", TABLE)
    found: list[object] = ENGINE.query(f"SELECT {compiled.sql} AS x FROM given", compiled.parameters)["x"].to_pylist()
    return found


def check_condition(said: Said) -> None:
    compiled = compile_expression(said.text, scope=Scope.EVENT, expects="boolean")
    assert answers(compiled) == [said.means(row) is True for row in ROWS], said.text


@given(conditions)
@settings(max_examples=120, suppress_health_check=list(HealthCheck))
def test_conditions_equal_plain_python(said: Said) -> None:
    check_condition(said)


@pytest.mark.nightly
@given(conditions)
@settings(max_examples=20_000, suppress_health_check=list(HealthCheck))
def test_many_conditions_equal_plain_python(said: Said) -> None:
    check_condition(said)


@given(numbers)
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
def test_numbers_equal_plain_python(said: Said) -> None:
    compiled = compile_expression(said.text, scope=Scope.EVENT, expects="number")
    expected = [said.means(row) for row in ROWS]
    assert answers(compiled) == [None if value is None else pytest.approx(value) for value in expected], said.text


MARK, NUMBER = "zzmark", "987654"
VOCABULARY = (
    *"""
    ( ) ( ) , . = <> < > <= >= + - * / % || [ ] { } : ; ? $1 # @ -> ->> :: := => & | ^ ~ ! \\ ' " -- /* */ ` $$
    and or not in is null like ilike between case when then else end escape true false as cast try_cast
    event channel value occurred_at properties properties.total properties.a.b traits.x row.x hit cart
    select from where unnest with union join group order by limit values exists any all array struct map
    date timestamp interval double bigint text boolean int[] decimal(4,2) distinct over filter columns lambda
    read_text getenv repeat range now random copy attach pragma install set 'day' '%Y' 'UTC' '90d' '2026-01-01'
    1 0 2.5 1e308 last
    """.split(),  # noqa: SIM905  # a list of 150 signs one a line would not be read
    *(function.name for function in FUNCTIONS),
    *(f"{function.name}(" for function in FUNCTIONS),
    f"'{MARK}'",
    f"'{MARK}%'",
    f'"{MARK}"',
    NUMBER,
)
VALID = (
    f"event = '{MARK}' and properties.total > {NUMBER}",
    "channel in ('web', 'app') or not (value between 1 and 2)",
    "case when properties.vip then value * 2 else coalesce(properties.total, 0) end > 5",
    "properties.path like '/p/%' escape '!' and device is not null",
    "date_trunc('day', occurred_at) = '2026-01-01' and hour(occurred_at) in (1, 2)",
    "lower(trim(event)) || '-' || channel = 'x' and starts_with(event, 'p')",
    "regexp_matches(properties.path, '^/p/[0-9]+$') and length(event) % 2 = 0",
    "round(cast(properties.total as double), 2)::text = '1.5' and strftime(occurred_at, '%Y') = '2026'",
)
VALID_SELECTS = (
    "select row.a as x, lower(hit.b) as y from row, unnest(row.hits) as hit where hit.c > 1",
    "select timezone('UTC', strptime(row.a, '%Y')) as t, json_object('a', row.b) as p from row",
)
FORBIDDEN = (
    exp.Query, exp.Table, exp.Command, exp.DDL, exp.DML, exp.Lambda, exp.Window, exp.AggFunc, exp.Star, exp.Parameter,
    exp.Subquery, exp.Comprehension, exp.Kwarg, exp.Alias,
)  # fmt: skip
OWN_LITERALS = {"0", "1000000", "1000", "86400000000", "UTC", "day"}
OWN_FUNCTIONS = {
    *re.findall(r"\w+(?=\()", " ".join(function.sql for function in FUNCTIONS)),
    "coalesce", "date_trunc", "epoch_us", "isfinite", "json_extract_string", "nullif", "regexp_replace",
    "timezone", "try",
}  # fmt: skip


def soup(chance: random.Random) -> str:
    return " ".join(chance.choices(VOCABULARY, k=chance.randint(1, 14)))


def mutated(chance: random.Random, texts: tuple[str, ...]) -> str:
    parts = re.findall(r"\w+|'[^']*'|\s+|.", chance.choice(texts))
    for _ in range(chance.randint(1, 2)):
        place = chance.randrange(len(parts))
        match chance.randrange(4):
            case 0:
                parts[place] = chance.choice(VOCABULARY)
            case 1:
                parts.insert(place, f" {chance.choice(VOCABULARY)} ")
            case 2 if len(parts) > 1:
                del parts[place]
            case _:
                other = chance.randrange(len(parts))
                parts[place], parts[other] = parts[other], parts[place]
    return "".join(parts)


def noise(chance: random.Random) -> str:
    return "".join(
        chr(chance.choice([chance.randrange(32, 127), chance.randrange(0x3000), 39, 40, 41])) for _ in range(20)
    )


def check_sql(compiled: Compiled) -> None:
    """The SQL holds our own words only: no literal of the user, no relation, no function that was not meant."""
    assert MARK not in re.sub(r'"[^"]*"', "", compiled.sql)
    assert NUMBER not in compiled.sql
    assert not set(compiled.sql) & set(";#?'\\") - {"'"}
    (tree,) = Language().parse(compiled.sql)
    assert tree is not None
    for node in tree.walk():
        assert not isinstance(node, FORBIDDEN), (compiled.text, compiled.sql)
        if isinstance(node, exp.Literal):
            assert node.this in OWN_LITERALS, (compiled.text, compiled.sql)
        if isinstance(node, exp.Anonymous):
            assert str(node.this).casefold() in OWN_FUNCTIONS, (compiled.text, compiled.sql)


def check_any(text: str, scope: Scope, *, run: bool) -> bool:
    try:
        compiled = compile_expression(text, scope=scope, expects="scalar")
    except ExpressionError as error:
        problems = error.problems
    else:
        check_sql(compiled)
        if run and scope is Scope.EVENT:
            answers(compiled)
        return True
    assert problems
    assert all(problem.column and "\x1b" not in problem.message for problem in problems), text
    return False


def check_select(text: str) -> None:
    try:
        compiled = compile_select(text)
    except ExpressionError:
        return
    (tree,) = Language().parse(compiled.sql)
    assert tree is not None
    assert {table.name for table in tree.find_all(exp.Table)} == {"row"}, text
    assert MARK not in re.sub(r'"[^"]*"', "", compiled.sql)


def fuzz(count: int, seed: int) -> int:
    chance = random.Random(seed)  # noqa: S311  # repeatable nonsense, not a secret
    accepted = 0
    for number in range(count):
        scope = (Scope.EVENT, Scope.CUSTOMER, Scope.ROW)[number % 3]
        match number % 8:
            case 0 | 1:
                text = soup(chance)
            case 2:
                text = noise(chance)
            case 3:
                check_select(mutated(chance, VALID_SELECTS))
                continue
            case _:
                scope = Scope.EVENT
                text = mutated(chance, VALID)
        accepted += check_any(text, scope, run=True)
    return accepted


@pytest.mark.parametrize("seed", range(4))
def test_senseless_text_is_refused_or_harmless(seed: int) -> None:
    assert fuzz(500, seed) > 5


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 110))
def test_much_senseless_text_is_refused_or_harmless(seed: int) -> None:
    assert fuzz(10_000, seed) > 100


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_any_text_at_all(text: str) -> None:
    for scope in Scope:
        check_any(text, scope, run=False)
    check_select(text)


ARGUMENTS: dict[str, tuple[str, ...]] = {
    "text": ("event", "properties.s", "''", "'å\u0301'", "null", "device", "value::text"),
    "number": ("value", "properties.n", "1e308", "-1e308", "0", "-1", "null", "1e-320", "9223372036854775808"),
    "integer": ("value", "properties.n", "1e308", "-1e308", "0", "-3", "9223372036854775807", "null", "1e15"),
    "boolean": ("true", "properties.b", "null", "value > 1"),
    "time": ("occurred_at", "sent_at", "properties.s", "'0001-01-01'", "'9999-12-31'", "null"),
    "same": ("value", "properties.n", "1e308", "null"),
    "regular expression": ("'a'", "''", "'(a|b)*c'", "'\\d{1,50}'", "'(?i)x'", "'(a{0,30}){0,30}'"),
    "format": ("'%Y-%m-%d'", "' '", "'%j %U %f %z %%'"),
    "part": ("'day'", "'week'", "'quarter'"),
    "digits": ("0", "9"),
    "short text": ("'ab'", "'a'"),
}
NESTED = {"text": {"text"}, "number": {"number"}, "integer": {"number"}, "time": {"time"}}
EVENT_FUNCTIONS = [function for function in FUNCTIONS if Scope.EVENT in function.scopes]


def a_call(chance: random.Random, kinds: set[str], depth: int) -> str:
    """A call of a function that yields one of the kinds, with arguments extreme, missing, constant or calls."""
    function = chance.choice([function for function in EVENT_FUNCTIONS if function.result in kinds])
    arguments = []
    for parameter in function.parameters:
        if parameter.optional and chance.random() < 0.5:
            continue
        for _ in range(chance.randint(1, 3) if parameter.repeated else 1):
            nested = {"text": {"text"}, "number": {"number"}, "integer": {"number"}, "time": {"time"}}.get(
                parameter.kind
            )
            if depth and nested and chance.random() < 0.4:
                arguments.append(a_call(chance, nested, depth - 1))
            else:
                arguments.append(chance.choice(ARGUMENTS[parameter.kind]))
    return f"{function.name}({', '.join(arguments)})"


def check_calls(count: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # repeatable nonsense, not a secret
    accepted = 0
    for _ in range(count):
        text = a_call(chance, {"text", "number", "boolean", "time", "json"}, 2)
        accepted += check_any(text, Scope.EVENT, run=True)
    assert accepted > count / 2


def test_calls_with_extreme_arguments_run() -> None:
    check_calls(200, 1)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(10, 20))
def test_many_calls_with_extreme_arguments_run(seed: int) -> None:
    check_calls(2_000, seed)


SLOW = {
    "many likes": (" or ".join(f"properties.path ilike '%a%b_{number}'" for number in range(20)), 12.0),
    "regular expressions": (
        " or ".join(f"regexp_matches(properties.path, '(.*a){{9}}{number}')" for number in range(20)),
        12.0,
    ),
    "properties": (" or ".join(f"properties.a{number} > 1" for number in range(40)), 12.0),
    "errors": ("strftime(occurred_at, '%Y') = 'x' or date_trunc('day', properties.at) = occurred_at", 6.0),
    "text": ("length(" + " || ".join(["properties.path"] * 25) + ") > 5", 12.0),
    "usual": ("event = 'page' and properties.path like '/p/%' and properties.total > 5", 1.0),
}


@pytest.mark.parametrize(("text", "seconds"), SLOW.values(), ids=SLOW)
def test_nothing_takes_long(text: str, seconds: float) -> None:
    """100,000 events with a path of 100 characters, in seconds of processor time."""
    compiled = compile_expression(text, scope=Scope.EVENT, expects="boolean")
    with Engine(threads=1) as engine:
        engine.execute(
            """CREATE TABLE given AS SELECT 'page' AS event, timestamptz '2026-09-14' AS occurred_at,
            json_object('path', repeat('ab', 50), 'total', i, 'at', 'never')::varchar AS properties
            FROM range(100000) t(i)"""
        )
        began = time.process_time()
        engine.query(f"SELECT count(*) FROM given WHERE {compiled.sql}", compiled.parameters, seconds=60)
        assert time.process_time() - began < seconds
