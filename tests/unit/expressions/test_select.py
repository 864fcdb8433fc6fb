"""A source's SELECT, run by the real engine on made-up rows and on a real nested export."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resa.base.errors import ExpressionError
from resa.engine import Engine
from resa.expressions import Scope, compile_expression, compile_select


def rows_of(text: str, rows: list[dict[str, object]], carry: tuple[str, ...] = ()) -> list[dict[str, object]]:
    compiled = compile_select(text, carry=carry)
    with Engine(threads=2) as engine:
        engine.register("row", pa.Table.from_pylist(rows))
        table = engine.query(compiled.sql, compiled.parameters)
    assert table.column_names == [*compiled.columns, *carry]
    found: list[dict[str, object]] = table.to_pylist()
    return found


def test_plain_rows() -> None:
    text = """select lower(row.email) as email, at, 'order' as event, row.total * 1.25 as value,
        timezone('Europe/Stockholm', strptime(row.at, '%d/%m/%Y %H:%M')) as occurred_at,
        cast(cast(row.number as bigint) as text) as number, date as day
        from row where row.kind <> 'test' and row.total::double > 0"""
    rows: list[dict[str, object]] = [
        {
            "email": "A@B.se",
            "at": "14/09/2026 08:30",
            "total": "8",
            "number": 7.0,
            "kind": "x",
            "date": date(2026, 9, 14),
        },
        {"email": None, "at": "tomorrow", "total": "8", "number": None, "kind": "x", "date": None},
        {"email": "x", "at": "x", "total": "8", "number": 1.0, "kind": "test", "date": None},
        {"email": "x", "at": "x", "total": "free", "number": 1.0, "kind": "x", "date": None},
    ]
    assert rows_of(text, rows) == [
        {
            "email": "a@b.se",
            "at": "14/09/2026 08:30",
            "event": "order",
            "value": 10.0,
            "occurred_at": datetime(2026, 9, 14, 6, 30, tzinfo=UTC),
            "number": "7",
            "day": date(2026, 9, 14),
        },
        {
            "email": None,
            "at": "tomorrow",
            "event": "order",
            "value": 10.0,
            "occurred_at": None,
            "number": None,
            "day": None,
        },
    ]


def test_nested_rows_keep_their_order_and_carry_columns() -> None:
    lists = [{"n": n, "items": [{"sku": f"{n}-{i}", "parts": [i, i + 1]} for i in range(n % 4)]} for n in range(500)]
    text = """select item.sku, row.items[1].sku as first, part
        from row, unnest(row.items) as item, unnest(item.parts) as part"""
    found = rows_of(text, lists, carry=("n",))
    assert found == [
        {"sku": f"{n}-{i}", "first": f"{n}-0", "part": part, "n": n}
        for n in range(500)
        for i in range(n % 4)
        for part in (i, i + 1)
    ]


def test_columns_become_events() -> None:
    text = """select row.id as customer, step.name as event, step.at as occurred_at from row,
        unnest([struct_pack(name := 'ordered', at := row.ordered),
                struct_pack(name := 'shipped', at := row.shipped)]) as step
        where step.at is not null"""
    found = rows_of(
        text, [{"id": 1, "ordered": "2026-01-01", "shipped": None}, {"id": 2, "ordered": "a", "shipped": "b"}]
    )
    assert [(row["customer"], row["event"], row["occurred_at"]) for row in found] == [
        (1, "ordered", "2026-01-01"),
        (2, "ordered", "a"),
        (2, "shipped", "b"),
    ]


def test_unnest_in_the_select() -> None:
    assert rows_of("select unnest(hits) as hit from row", [{"hits": [3, 1, 2]}]) == [{"hit": 3}, {"hit": 1}, {"hit": 2}]


def test_json_inside_rows() -> None:
    text = """select json_extract_string(row.body, '$.user.id') as id,
        json_extract_string(row.body, '$."a b"[0]') as first,
        json_object('n', row.n, 'total', json_extract_string(row.body, '$.total') * 2) as properties from row"""
    found = rows_of(
        text, [{"body": '{"user": {"id": 7}, "a b": ["x"], "total": "1.5"}', "n": 1}, {"body": "{broken", "n": 2}]
    )
    assert found == [
        {"id": "7", "first": "x", "properties": '{"n":1,"total":3.0}'},
        {"id": None, "first": None, "properties": '{"n":2,"total":null}'},
    ]


def test_moments() -> None:
    text = """select to_timestamp(row.s) as a, epoch_ms(row.s * 1000) as b, epoch_us(row.s * 1000000) as c,
        timezone('UTC', make_timestamp(2026, 9, 14, 22, 30, 0)) as d, to_timestamp(row.s * 1e30) as e from row"""
    at = datetime(2026, 9, 14, 22, 30, tzinfo=UTC)
    assert rows_of(text, [{"s": int(at.timestamp())}]) == [{"a": at, "b": at, "c": at, "d": at, "e": None}]


def test_one_expression_over_a_row() -> None:
    compiled = compile_expression("upper(row.a) || b", scope=Scope.ROW, expects="scalar")
    assert compiled.fields == {"a", "b"}
    with Engine() as engine:
        engine.register("row", pa.table({"a": ["x"], "b": [1]}))
        table = engine.query(f'SELECT {compiled.sql} AS x FROM "row"', compiled.parameters)
    assert table["x"].to_pylist() == ["X1"]


def test_names_with_quotes_stay_names() -> None:
    """The only text of a user that reaches the SQL is quoted there."""
    evil = 'a" FROM events; --'
    written = evil.replace('"', '""')
    text = f'select row."{written}" as "x""y", row.s."{written}" as z from row, unnest(row.l) as "{written}"'
    assert rows_of(text, [{evil: 1, "s": {evil: 2}, "l": [3]}]) == [{'x"y': 1, "z": 2}]


def test_fields_tell_what_must_be_read() -> None:
    assert compile_select("select row.a.b as x, c from row, unnest(row.d) as e where e.f = 1").fields == {"a", "c", "d"}


@pytest.mark.parametrize(
    ("text", "column", "part"),
    [
        ("select lower(row.a) from row", 8, "give each value a name"),
        ("select row.a as x, row.b as X from row", 20, "given twice"),
        ("select a from row, events", 20, "no other relation"),
        ("select a from row limit 5", 19, "LIMIT is not allowed: a source is one SELECT"),
        ("select * from row", 8, "name each field"),
        ("select row.* from row", 8, "name each field"),
        ("select a from row, unnest(row.b) as b, unnest(row.c) as c", 47, "must lie inside the last one"),
        ("from row select a", 1, "begins with SELECT"),
        ("select lowr(row.a) as a from row", 8, "did you mean 'lower'"),
        ("select strptime(row.a, '%Q') as a from row", 24, "% code"),
        ("select timezone('Europe/Stokholm', row.a) as a from row", 17, "did you mean 'Europe/Stockholm'"),
        ("select row.a + 'x' as a from row", 16, "joined by ||"),
    ],
)
def test_problem(text: str, column: int, part: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_select(text)
    assert caught.value.problems[0].column == column, caught.value.problems
    assert part in caught.value.problems[0].message


GA360 = """
select row.fullVisitorId as customer, to_timestamp(row.visitStartTime + hit.time / 1000) as occurred_at,
  hit.hitNumber as sequence, row.channelGrouping as channel, row.device.deviceCategory as device,
  case hit.eCommerceAction.action_type when '2' then 'product_seen' when '3' then 'cart_added' when '5' then 'checkout'
    when '6' then 'purchase' else 'page' end as event,
  json_object('path', hit.page.pagePath, 'session', row.visitId, 'sku', hit.product[1].productSKU) as properties
from row, unnest(row.hits) as hit
"""


def test_real_nested_export(shared_data: Path) -> None:
    compiled = compile_select(GA360)
    with Engine() as engine:
        engine.register("row", pq.read_table(shared_data / "ga360_merch_store_day" / "sessions.parquet"))
        engine.register("event", engine.query(compiled.sql, compiled.parameters))
        counted = engine.query("SELECT event, count(DISTINCT customer) AS visitors FROM event GROUP BY event")
        total = engine.query("SELECT count(*) AS n, count(DISTINCT customer) AS c, count(occurred_at) AS t FROM event")
    visitors = {row["event"]: row["visitors"] for row in counted.to_pylist()}
    del visitors["page"]
    assert visitors == {"product_seen": 394, "cart_added": 158, "checkout": 91, "purchase": 42}
    assert total.to_pylist() == [{"n": 13_233, "c": 2_293, "t": 13_233}]
