"""Expressions against what they mean, run by the real engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from resa.base.errors import ExpressionError
from resa.engine import Engine
from resa.expressions import (
    EVENT_FIELDS,
    FUNCTIONS,
    Catalog,
    Compiled,
    Expected,
    FieldType,
    Scope,
    compile_expression,
    short_form,
)

AT = datetime(2026, 9, 14, 22, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(threads=1)


def event_table(**given: object) -> pa.Table:
    row: dict[str, object] = {
        "event": "page",
        "channel": "web",
        "device": None,
        "value": 12.5,
        "occurred_at": AT,
        "sent_at": None,
        "received_at": AT,
        "source_id": "shop",
        "properties": "{}",
    }
    row.update(given)
    types = {"text": pa.string(), "number": pa.float64(), "time": pa.timestamp("us", tz="UTC"), "boolean": pa.bool_()}
    fields = [(name, types[kind]) for name, kind in EVENT_FIELDS.items()]
    schema = pa.schema([*fields, ("properties", pa.string())])
    return pa.Table.from_pylist([row], schema=schema)


def answer(engine: Engine, compiled: Compiled, table: pa.Table, **more: object) -> object:
    engine.register("given", table)
    return engine.query(f"SELECT {compiled.sql} AS x FROM given", {**compiled.parameters, **more})["x"][0].as_py()


def of_event(
    engine: Engine, text: str, given: Mapping[str, object], *, expects: Expected = "boolean", zone: str = "UTC"
) -> object:
    properties = given.get("properties")
    written = properties if properties is None or isinstance(properties, str) else json.dumps(properties)
    compiled = compile_expression(text, scope=Scope.EVENT, expects=expects, catalog=Catalog(timezone=zone))
    return answer(engine, compiled, event_table(**{**given, "properties": written}))


DESIGN = [
    ("event = 'page' and properties.path like '/p/%'", {"properties": {"path": "/p/tea"}}, True),
    ("event = 'page' and properties.path like '/p/%'", {"properties": {"path": "/cart"}}, False),
    ("event = 'page' and properties.path like '/p/%'", {"properties": None}, False),
    (
        "event = 'review_written' and properties.stars >= 4",
        {"event": "review_written", "properties": {"stars": 5}},
        True,
    ),
    (
        "event = 'review_written' and properties.stars >= 4",
        {"event": "review_written", "properties": {"stars": "4"}},
        True,
    ),
    (
        "event = 'review_written' and properties.stars >= 4",
        {"event": "review_written", "properties": {"stars": "many"}},
        False,
    ),
]

MEANINGS = [
    # Fields, NULL and three-valued logic
    ("channel = 'web'", {}, True),
    ("CHANNEL = 'web'", {}, True),
    ("device = 'x'", {}, False),
    ("not device = 'x'", {}, False),
    ("device <> 'x'", {}, False),
    ("device is null", {}, True),
    ("device is not null", {}, False),
    ("device is null or device = 'x'", {}, True),
    ("device is distinct from 'x'", {}, True),
    ("device is not distinct from 'x'", {}, False),
    ("device in ('x', 'y')", {"device": "y"}, True),
    ("device not in ('x', 'y')", {}, False),
    ("coalesce(device, channel) = 'web'", {}, True),
    ("true", {}, True),
    ("value > 1 and true", {}, True),
    # Properties take the type of what they meet
    ("properties.n = 5", {"properties": {"n": 5}}, True),
    ("properties.n = 5", {"properties": {"n": "5.0"}}, True),
    ("properties.n = '5'", {"properties": {"n": 5}}, True),
    ("properties.n > 10", {"properties": {"n": "9"}}, False),
    ("properties.vip", {"properties": {"vip": True}}, True),
    ("properties.vip = true", {"properties": {"vip": "yes"}}, True),
    ("not properties.vip", {"properties": {"vip": False}}, True),
    ("not properties.vip", {"properties": {"vip": "perhaps"}}, False),
    ("properties.vip is true", {"properties": {}}, False),
    ("properties.vip is not true", {"properties": {}}, True),
    ("properties.x is null", {"properties": {"x": None}}, True),
    ("properties.x is null", {"properties": "{broken"}, False),
    ("properties.x = 'a'", {"properties": "{broken"}, False),
    ("properties.a.b = 'c'", {"properties": {"a": {"b": "c"}}}, True),
    ("properties.a[2].b = 'c'", {"properties": {"a": [1, {"b": "c"}]}}, True),
    ("properties.\"a b\" = 'c'", {"properties": {"a b": "c"}}, True),
    ("properties['a/b~c'] = 'd'", {"properties": {"a/b~c": "d"}}, True),
    ("properties.order = 'x' and properties.end = 'y'", {"properties": {"order": "x", "end": "y"}}, True),
    ("properties.\"$.*\" = 'x'", {"properties": {"$.*": "x", "y": 1}}, True),
    ("properties.at < occurred_at", {"properties": {"at": "2026-09-14T12:00:00Z"}}, True),
    ("properties.a = properties.b", {"properties": {"a": "x", "b": "x"}}, True),
    ("cast(properties.a as double) < cast(properties.b as double)", {"properties": {"a": 9, "b": 10}}, True),
    ("properties.a::text < properties.b::text", {"properties": {"a": 9, "b": 10}}, False),
    # Numbers
    ("value between 12 and 13", {}, True),
    ("value + 1 = 13.5 and value - 1 = 11.5 and value * 2 = 25 and value / 2 = 6.25 and value % 5 = 2.5", {}, True),
    ("-value = -12.5", {}, True),
    ("value / 0 > 1", {}, False),
    ("value % 0 is null", {}, True),
    ("1 + 2 * 3 = 7 and (1 + 2) * 3 = 9", {}, True),
    ("abs(-2) = 2 and floor(2.9) = 2 and ceil(2.1) = 3 and round(2.567, 2) = 2.57", {}, True),
    ("round(2.5) = 3 and round(2.567, 1e0) = 2.6", {}, True),
    ("greatest(1, value) = 12.5 and least(1, value) = 1", {}, True),
    ("nullif(value, 12.5) is null", {}, True),
    # Text
    ("channel like 'w%' and channel like '_eb' and channel not like 'W%' and channel ilike 'W%'", {}, True),
    ("channel like '100\\%' escape '\\'", {"channel": "100%"}, True),
    ("channel like '100\\%' escape '\\'", {"channel": "100x"}, False),
    ("lower('ÅÄÖ') = 'åäö' and upper('å') = 'Å' and trim('  x ') = 'x' and length('åä') = 2", {}, True),
    ("substr('abcdef', 2, 3) = 'bcd' and left('abc', 2) = 'ab' and right('abc', 2) = 'bc'", {}, True),
    ("split_part('a-b-c', '-', 2) = 'b' and replace('a-b', '-', '') = 'ab'", {}, True),
    ("starts_with(event, 'pa') and ends_with(event, 'ge') and contains(event, 'ag')", {}, True),
    ("regexp_matches(event, '^p.*e$') and regexp_extract('order 12', '[0-9]+') = '12'", {}, True),
    ("event || '-' || channel = 'page-web' and concat(event, device, channel) = 'pageweb'", {}, True),
    ("event = 'it''s'", {"event": "it's"}, True),
    ("event = 'x'' or 1 = 1 --'", {}, False),
    # Case
    ("case when value > 10 then 'much' when value > 5 then 'some' else 'little' end = 'much'", {}, True),
    ("case channel when 'web' then 1 when 'app' then 2 end = 1", {}, True),
    ("case when device = 'x' then true else false end", {}, False),
    # Moments
    ("occurred_at >= '2026-09-14' and occurred_at < '2026-09-15'", {}, True),
    ("occurred_at between date '2026-09-14' and timestamp '2026-09-14 23:00'", {}, True),
    (
        "year(occurred_at) = 2026 and month(occurred_at) = 9 and day(occurred_at) = 14 and hour(occurred_at) = 22",
        {},
        True,
    ),
    (
        "weekday(occurred_at) = 1 and week(occurred_at) = 38 and quarter(occurred_at) = 3 and minute(occurred_at) = 30",
        {},
        True,
    ),
    ("date_trunc('day', occurred_at) = '2026-09-14' and date_diff('day', '2026-09-01', occurred_at) = 13", {}, True),
    ("strftime(occurred_at, '%Y-%m-%d') = '2026-09-14' and epoch(occurred_at) = 1789425000", {}, True),
]


@pytest.mark.parametrize(("text", "given", "expected"), [*DESIGN, *MEANINGS])
def test_means(engine: Engine, text: str, given: Mapping[str, object], expected: bool) -> None:
    assert of_event(engine, text, given) is expected


def test_parts_of_dates_are_in_the_maps_zone(engine: Engine) -> None:
    text = (
        "day(occurred_at) = 15 and hour(occurred_at) = 0 and occurred_at >= '2026-09-15' and weekday(occurred_at) = 2"
    )
    assert of_event(engine, text, {}, zone="Europe/Stockholm") is True
    assert of_event(engine, text, {}) is False


DATES = [
    "month(properties.d) = 9",
    "day(properties.d) = 1",
    "cast(properties.d as date) = '2026-09-01'",
    "cast(properties.d as timestamp) >= '2026-09-01' and cast(properties.d as timestamp) < '2026-09-02'",
    "date_trunc('month', properties.d) = '2026-09-01'",
    "strftime(properties.d, '%Y-%m-%d') = '2026-09-01'",
    "year(cast(strftime(properties.d, '%Y-%m-%d') as timestamp)) = 2026",
]


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland", "Etc/GMT+5", "UTC"])
@pytest.mark.parametrize("written", ["2026-09-01", " 2026/9/1 ", "2026-09-01T00:00", "2026-09-01 00:00:00.5"])
@pytest.mark.parametrize("text", DATES)
def test_a_date_without_a_zone_in_a_property_is_one_of_the_maps(
    engine: Engine, text: str, written: str, zone: str
) -> None:
    assert of_event(engine, text, {"properties": {"d": written}}, zone=zone) is True


@pytest.mark.parametrize("written", ["2026-09-01T04:00:00Z", "2026-09-01 06:00+02", "2026-09-01 06:00 Europe/Berlin"])
def test_a_moment_with_a_zone_in_a_property_keeps_it(engine: Engine, written: str) -> None:
    text = "cast(properties.d as timestamp) = '2026-09-01 00:00' and hour(properties.d) = 0"
    assert of_event(engine, text, {"properties": {"d": written}}, zone="America/New_York") is True


@pytest.mark.parametrize("written", ["soon", "2026-09-31", "20260901", "", "2026-09-01 25:00", 7, None])
def test_what_is_no_moment_is_none_in_any_zone(engine: Engine, written: object) -> None:
    text = "cast(properties.d as timestamp) is null"
    assert of_event(engine, text, {"properties": {"d": written}}, zone="America/New_York") is True


def test_a_large_number_is_compared_as_text(engine: Engine) -> None:
    given = {"properties": {"o": 9007199254740992}}
    assert of_event(engine, "properties.o = '9007199254740993'", given) is False
    assert of_event(engine, "properties.o = '9007199254740992'", given) is True
    assert of_event(engine, "properties.o > 9007199254740991", given) is True


VALUES = [
    ("properties.total", {"properties": {"total": 99.5}}, 99.5),
    ("properties.total", {"properties": {"total": "99.5"}}, 99.5),
    ("properties.total", {"properties": {"total": "a lot"}}, None),
    ("properties.total", {"properties": {"total": "nan"}}, None),
    ("properties.total", {"properties": {"total": "inf"}}, None),
    ("value * 1e308", {}, None),
    ("value / 0", {}, None),
    ("length(event)", {}, 4.0),
    ("case when properties.paid then value else 0 end", {"properties": {"paid": True}}, 12.5),
    ("coalesce(properties.a, properties.b)", {"properties": {"b": 3}}, 3.0),
]


@pytest.mark.parametrize(("text", "given", "expected"), VALUES)
def test_number(engine: Engine, text: str, given: Mapping[str, object], expected: float | None) -> None:
    assert of_event(engine, text, given, expects="number") == expected


@pytest.mark.parametrize(
    ("text", "expected", "kind"),
    [
        ("properties.order_id", "7", "text"),
        ("occurred_at", AT, "time"),
        ("value", 12.5, "number"),
        ("event = 'page'", True, "boolean"),
        ("'x'", "x", "text"),
    ],
)
def test_scalar(engine: Engine, text: str, expected: object, kind: FieldType) -> None:
    compiled = compile_expression(text, scope=Scope.EVENT, expects="scalar")
    assert compiled.type == kind
    assert answer(engine, compiled, event_table(properties='{"order_id": 7}')) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"page": "/p/*"}, "event = 'page' and properties.path like '/p/%'"),
        ({"page": "/cart"}, "event = 'page' and properties.path = '/cart'"),
        ({"event": "product_added"}, "event = 'product_added'"),
        ({"event": "order_*"}, "event like 'order\\_%' escape '\\'"),
        ({"page": "/100%/*"}, "event = 'page' and properties.path like '/100\\%/%' escape '\\'"),
        ({"event": "screen", "page": "/p'x/*"}, "event = 'screen' and properties.path like '/p''x/%'"),
    ],
)
def test_short_form(given: Mapping[str, str], expected: str) -> None:
    written = short_form(**given)
    assert written == expected
    compile_expression(written, scope=Scope.EVENT, expects="boolean")


@pytest.mark.parametrize("given", [{}, {"page": " "}, {"event": ""}, {"event": "", "page": "/x"}])
def test_short_form_needs_something(given: Mapping[str, str]) -> None:
    with pytest.raises(ExpressionError):
        short_form(**given)


def test_customer(engine: Engine) -> None:
    text = (
        "traits.orders <= 2 and traits.gift_share > 0.5 and count(cart, last => '90 days') >= 1"
        " and persona('gift_buyer') and not segment('staff') and met('cart.purchase')"
        " and not missed(cart.purchase, last => '1 week') and opened('cart.purchase')"
        " and days_since(traits.joined) between 9 and 11 and days_since(cart) < 2"
    )
    compiled = compile_expression(text, scope=Scope.CUSTOMER, expects="boolean", prefix="who")
    assert {(need.column, need.kind, need.name, need.last_seconds) for need in compiled.requires} == {
        ("count:cart:7776000", "count", "cart", 90 * 86_400),
        ("persona:gift_buyer", "persona", "gift_buyer", None),
        ("segment:staff", "segment", "staff", None),
        ("met:cart.purchase", "met", "cart.purchase", None),
        ("missed:cart.purchase:604800", "missed", "cart.purchase", 604_800),
        ("opened:cart.purchase", "opened", "cart.purchase", None),
        ("latest:cart", "latest", "cart", None),
    }
    assert compiled.uses_as_of
    assert compiled.fields == {"traits.orders", "traits.gift_share", "traits.joined"}
    row = {
        "customer": 1,
        "traits": json.dumps({"orders": 2, "gift_share": 0.75, "joined": "2026-09-04T22:30:00+00:00"}),
        "count:cart:7776000": 1,
        "persona:gift_buyer": True,
        "segment:staff": False,
        "met:cart.purchase": True,
        "missed:cart.purchase:604800": False,
        "opened:cart.purchase": True,
        "latest:cart": datetime(2026, 9, 13, 22, 30, tzinfo=UTC),
    }
    assert answer(engine, compiled, pa.Table.from_pylist([row]), as_of=AT) is True
    assert answer(engine, compiled, pa.Table.from_pylist([{**row, "persona:gift_buyer": False}]), as_of=AT) is False
    assert answer(engine, compiled, pa.Table.from_pylist([{**row, "traits": "{}"}]), as_of=AT) is False


@pytest.mark.parametrize(
    ("text", "met", "holds"),
    [
        ("met('cart.purchase')", 0, False),
        ("met('cart.purchase')", 3, True),
        ("not met('cart.purchase')", 0, True),
        ("met('cart.purchase') >= 2", 1, False),
        ("met('cart.purchase') >= 2", 2, True),
        ("met('cart.purchase') = true", 2, True),
        ("met('cart.purchase') is false", 0, True),
        ("met('cart.purchase') + 1 = 3", 2, True),
        ("case when traits.x = 'y' then met('cart.purchase') else 5 end > 4", 2, True),
        ("coalesce(met('cart.purchase'), 0) between 1 and 2", 2, True),
        ("met('cart.purchase') in (2, 3)", 2, True),
    ],
)
def test_a_count_is_a_condition_and_a_number(engine: Engine, text: str, met: int, holds: bool) -> None:
    compiled = compile_expression(text, scope=Scope.CUSTOMER, expects="boolean")
    table = pa.table({"traits": ["{}"], "met:cart.purchase": pa.array([met], pa.int64())})
    assert answer(engine, compiled, table) is holds


def test_any_expectation_may_be_open(engine: Engine) -> None:
    compiled = compile_expression("has_open() and not has_open(cart.purchase)", scope=Scope.CUSTOMER, expects="boolean")
    assert [(need.column, need.kind, need.name) for need in compiled.requires] == [
        ("open:", "open", ""),
        ("open:cart.purchase", "open", "cart.purchase"),
    ]
    assert answer(engine, compiled, pa.table({"open:": [2], "open:cart.purchase": [0]})) is True


def test_a_computed_trait_is_a_column_of_its_type(engine: Engine) -> None:
    catalog = Catalog(computed={"orders": "number", "city": None, "at": "time"})
    text = "traits.orders > 2 and traits.city = 'Lund' and traits.other = 'x' and days_since(traits.at) > 1"
    compiled = compile_expression(text, scope=Scope.CUSTOMER, expects="boolean", catalog=catalog)
    assert {need.column for need in compiled.requires} == {"trait:orders", "trait:city", "trait:at"}
    at = pa.array([AT - timedelta(days=2)], pa.timestamp("us", tz="UTC"))
    table = pa.table({"traits": ['{"other": "x"}'], "trait:orders": [3.0], "trait:city": ["Lund"], "trait:at": at})
    assert answer(engine, compiled, table, as_of=AT) is True


def test_names_with_quotes_stay_names(engine: Engine) -> None:
    compiled = compile_expression("""segment('a" OR TRUE OR "')""", scope=Scope.CUSTOMER, expects="boolean")
    (need,) = compiled.requires
    assert answer(engine, compiled, pa.table({need.column: [False]})) is False


def test_days_are_exact(engine: Engine) -> None:
    compiled = compile_expression("days_since(cart)", scope=Scope.CUSTOMER, expects="number")
    table = pa.table(
        {"latest:cart": pa.array([datetime(2026, 9, 13, 10, 30, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))}
    )
    assert answer(engine, compiled, table, as_of=AT) == 1.5


def test_shared_statement(engine: Engine) -> None:
    """Expressions with prefixes of their own stand in one statement."""
    first = compile_expression("event = 'page'", scope=Scope.EVENT, expects="boolean", prefix="a")
    second = compile_expression("value > 5", scope=Scope.EVENT, expects="boolean", prefix="b")
    engine.register("given", event_table())
    table = engine.query(
        f"SELECT {first.sql} AS x, {second.sql} AS y FROM given", {**first.parameters, **second.parameters}
    )
    assert table.to_pylist() == [{"x": True, "y": True}]


CATALOG = Catalog(
    touchpoints=frozenset({"cart", "product_page"}),
    personas=frozenset({"gift_buyer"}),
    segments=frozenset({"staff"}),
    expectations=frozenset({"cart.purchase"}),
    properties={"total": "number", "path": "text", "paid": "boolean", "due": "time", "address": "text"},
    traits={"orders": "number", "city": "text"},
)
EVENT, CUSTOMER = Scope.EVENT, Scope.CUSTOMER
WRONG = [
    (EVENT, "boolean", "propertys.total > 1", 1, "did you mean 'properties'"),
    (EVENT, "boolean", "properties.totl > 1", 1, "did you mean 'total'"),
    (EVENT, "boolean", "properties.nothing > 1", 1, "known are address, due, paid"),
    (EVENT, "boolean", "total > 1", 1, "did you mean 'properties.total'"),
    (EVENT, "boolean", "chanel = 'web'", 1, "did you mean 'channel'"),
    (EVENT, "boolean", 'event = "page"', 9, "single quotes: 'page'"),
    (EVENT, "boolean", "traits.x = 1", 1, "an event has no traits"),
    (EVENT, "boolean", "event > 5", 9, "event is text and 5 is a number; write '5' in quotes"),
    (EVENT, "boolean", "properties.total > '5'", 20, "'5' is text; write the number without quotes"),
    (EVENT, "boolean", "properties.path = 5", 19, "is text and 5 is a number"),
    (EVENT, "boolean", "properties.paid = 'yes'", 19, "is true or false and 'yes' is text"),
    (EVENT, "boolean", "properties.due < 'soon'", 18, "'soon' is not a moment"),
    (EVENT, "boolean", "occurred_at > 5", 15, "occurred_at is a moment and 5 is a number"),
    (EVENT, "boolean", "value in (1, 'a')", 14, "is text"),
    (EVENT, "boolean", "value > 1e", 9, "1e is no number"),
    (EVENT, "boolean", "properties.total in (1, 9007199254740992)", 25, "as text: '9007199254740992'"),
    (CUSTOMER, "boolean", "traits.orders = -9007199254740993", 18, "exact up to 9,007,199,254,740,991"),
    (EVENT, "boolean", "round(value, false) > 1", 14, "a whole number from 0 to 9"),
    (EVENT, "boolean", "value", 1, "value is a number, but true or false is needed"),
    (EVENT, "boolean", "value and event = 'x'", 1, "`and` joins conditions"),
    (EVENT, "boolean", "not value", 5, "true or false is needed"),
    (EVENT, "number", "event", 1, "event is text, but a number is needed"),
    (EVENT, "number", "value > 1", 1, "this condition is true or false, but a number is needed"),
    (EVENT, "number", "event + 1", 1, "texts are joined by ||"),
    (EVENT, "number", "null", 1, "NULL alone"),
    (EVENT, "number", "case when value > 1 then 1 else 'x' end", 33, "the results of `case` differ"),
    (EVENT, "boolean", "value = null", 9, "write `is null`"),
    (EVENT, "boolean", "value in (1, null)", 1, "write `is null`"),
    (EVENT, "boolean", "lowr(event) = 'x'", 1, "did you mean 'lower'"),
    (EVENT, "boolean", "substring(event, 1, 2) = 'x'", 1, "use substr"),
    (EVENT, "boolean", "substr(event) = 'x'", 1, "substr(text, start, [length])"),
    (EVENT, "boolean", "lower(value) = 'x'", 7, "value is a number, but text is needed in lower(text)"),
    (EVENT, "boolean", "now() > occurred_at", 1, "there is no clock"),
    (EVENT, "boolean", "date_trunc('dya', occurred_at) = '2026-01-01'", 12, "did you mean 'day'"),
    (EVENT, "boolean", "count(cart) > 1", 1, "it is for expressions over a customer"),
    (EVENT, "boolean", "cast(event as blob) = 'x'", 6, "cannot be cast"),
    (EVENT, "boolean", "cast(value as timestamp) > '2026-01-01'", 6, "cannot be cast"),
    (EVENT, "boolean", "event = 'page' and", 16, "something is missing after `and`"),
    (EVENT, "boolean", "(event = 'page'", 1, "never closed"),
    (EVENT, "boolean", "event = 'page", 9, "never closed"),
    (EVENT, "boolean", "event = 'page') and true", 15, "cannot be understood at `)`"),
    (EVENT, "boolean", "event = ‘page’", 9, "write '"),
    (EVENT, "boolean", "", 1, "empty"),
    (EVENT, "boolean", "   ", 1, "empty"),
    (CUSTOMER, "boolean", "count(chart) > 1", 7, "did you mean 'cart'"),
    (CUSTOMER, "boolean", "persona('gift')", 9, "is not a persona of this map; known are gift_buyer"),
    (CUSTOMER, "boolean", "segment('stuff')", 9, "did you mean 'staff'"),
    (CUSTOMER, "boolean", "met('cart.purchas')", 5, "is not an expectation of this map; did you mean 'cart.purchase'"),
    (CUSTOMER, "boolean", "count(cart, last => '3 months') > 1", 21, "differ in length"),
    (CUSTOMER, "boolean", "count(cart, last => '3 working days') > 1", 21, "plain days"),
    (CUSTOMER, "boolean", "count(cart, first => '3 days') > 1", 22, "`last =>"),
    (CUSTOMER, "boolean", "count(cart, 3) > 1", 1, "count(touchpoint)"),
    (CUSTOMER, "boolean", "persona('gift_buyer', last => '3 days')", 31, "persona(name)"),
    (CUSTOMER, "boolean", "days_since(traits.orders) > 1", 12, "is a number, but a moment is needed"),
    (CUSTOMER, "boolean", "orders > 2", 1, "did you mean 'traits.orders'"),
    (CUSTOMER, "boolean", "properties.total > 2", 1, "a customer has no properties"),
    (CUSTOMER, "boolean", "event = 'x'", 1, "a customer has no event"),
]


@pytest.mark.parametrize(("scope", "expects", "text", "column", "part"), WRONG)
def test_problem(scope: Scope, expects: Expected, text: str, column: int, part: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text, scope=scope, expects=expects, catalog=CATALOG)
    assert [problem.column for problem in caught.value.problems] == [column], caught.value.problems
    assert part in caught.value.problems[0].message


def test_all_problems_at_once() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression("lowr(event) = 'x' and chanel = 'web' or value > 'x'", scope=EVENT, expects="boolean")
    assert [problem.column for problem in caught.value.problems] == [1, 23, 49]


def test_touchpoints_may_be_written_with_spaces() -> None:
    compiled = compile_expression("count('product page') > 1", scope=CUSTOMER, expects="boolean", catalog=CATALOG)
    assert compiled.requires[0].name == "product_page"


def test_known_ancestors_allow_what_is_inside() -> None:
    compile_expression("properties.address.city = 'x'", scope=EVENT, expects="boolean", catalog=CATALOG)


def test_equal_literals_share_a_parameter() -> None:
    compiled = compile_expression("event = 'a' or channel = 'a' or value = 1", scope=EVENT, expects="boolean")
    assert compiled.parameters == {"p0": "a", "p1": 1.0}


def test_every_function_is_documented_once() -> None:
    names = [function.name for function in FUNCTIONS]
    assert len(set(names)) == len(names)
    for function in FUNCTIONS:
        assert function.meaning.endswith("."), function.name
        assert function.signature.startswith(f"{function.name}(")
        assert function.scopes
