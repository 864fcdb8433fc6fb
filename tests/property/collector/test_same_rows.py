"""A row is one row: refused and replayed, in a file that has grown, in columns of other types."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from pyarrow import feather
from tests.support.properties import holds
from tests.support.sources import NOW, Shop, figures, open_shop, source_of

from resa.collector import replay

START = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
COLUMNS = "columns: {occurred_at: t, event: e, customer: c, value: v, properties: [p]}\n"
SELECTS = {
    "csv": "strptime(row.t, '%Y-%m-%d %H:%M') as occurred_at, row.v as value",
    "jsonl": "row.t as occurred_at, row.v as value",
    "parquet": "row.t as occurred_at, row.v as value, row.n as n, row.d as d",
}

Row = dict[str, Any]
Writing = Callable[[Shop, list[Row]], str]


def write_csv(shop: Shop, rows: list[Row]) -> str:
    lines = [f"{row['t']:%Y-%m-%d %H:%M},{row['e'] or ''},{row['c']},{row['v']},{row['p']}" for row in rows]
    shop.file("a.csv", "\n".join(["t,e,c,v,p", *lines]))
    return "csv"


def write_jsonl(shop: Shop, rows: list[Row]) -> str:
    shop.file("a.jsonl", "\n".join(json.dumps({**row, "t": str(row["t"])}) for row in rows))
    return "jsonl"


def as_table(rows: list[Row]) -> pa.Table:
    nested = [{"k": row["c"], "l": [row["v"], None]} for row in rows]
    exact = pa.array([Decimal("12345678901234567890.123456789") + row["c"] for row in rows], pa.decimal128(38, 9))
    return pa.Table.from_pylist(rows).append_column("n", pa.array(nested)).append_column("d", exact)


def write_parquet(shop: Shop, rows: list[Row]) -> str:
    pq.write_table(as_table(rows), shop.folder / "a.parquet")
    return "parquet"


def write_arrow(shop: Shop, rows: list[Row]) -> str:
    feather.write_feather(as_table(rows), shop.folder / "a.arrow")
    return "arrow"


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    """Rows of which some name an event that is refused while `no` means nothing; values that are whole and not."""
    return [
        {
            "t": START + timedelta(minutes=draw(st.integers(0, 3))),
            "e": draw(st.sampled_from(["a", "b", "no"])),
            "c": draw(st.integers(1, 2)),
            "v": draw(st.sampled_from([1.0, 2.5, 0.1])),
            "p": draw(st.sampled_from([1.0, 1.5])) if number else 1.5,
        }
        for number in range(draw(st.integers(2, 8)))
    ]


def check_grown(write: Writing, rows: list[Row], *, select: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, open_shop(Path(folder)) as shop:
        form = write(shop, rows)
        chosen = SELECTS.get(form, SELECTS["parquet"])
        shape = f"select: select row.e as event, row.c as customer, {chosen} from row\n" if select else COLUMNS
        first = shop.collect(f"path: a.{form}\nnull_words: [no]\n{shape}")
        fixed = f"path: a.{form}\n{shape}"
        if first.rejected:
            assert replay(shop.writer, source_of(fixed, shop.folder), now=NOW).good == first.rejected
        stored = told(shop)
        write(shop, [*rows, {**rows[0], "t": START + timedelta(days=1), "e": "new"}])
        assert figures(shop.collect(fixed)) == (1, 0, len(rows))
    with tempfile.TemporaryDirectory() as folder, open_shop(Path(folder)) as fresh:
        write(fresh, rows)
        fresh.collect(fixed)
        assert stored == told(fresh), "as if it had never been refused"


def told(shop: Shop) -> list[tuple[object, ...]]:
    names = ("sequence", "event", "value", "occurred_at", "properties")
    return sorted(tuple(map(str, (event[name] for name in names))) for event in shop.events())


@holds(few=1, many=60, rows=tables())
def test_a_replayed_row_is_known_when_its_file_has_grown(rows: list[Row]) -> None:
    for write in (write_csv, write_jsonl, write_parquet, write_arrow):
        check_grown(write, rows, select=False)
        check_grown(write, rows, select=True)


MOMENTS = [pa.timestamp("s"), pa.timestamp("ms"), pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("ms", "UTC")]
WHOLE = [pa.int16(), pa.int64(), pa.uint32(), pa.float32(), pa.float64(), pa.decimal128(12, 2)]
BROKEN = [pa.float64(), pa.decimal128(12, 2), pa.decimal128(15, 4)]


def in_type(values: list[Any], kind: pa.DataType) -> pa.Array:
    decimal = pa.types.is_decimal(kind)
    return pa.array([Decimal(str(value)) if decimal else value for value in values], kind)


@holds(
    few=4,
    many=200,
    rows=tables(),
    types=st.lists(
        st.tuples(st.sampled_from(MOMENTS), st.sampled_from(WHOLE), st.sampled_from(BROKEN)), min_size=2, max_size=3
    ),
)
def test_a_file_that_is_written_in_other_types_holds_the_same_rows(
    rows: list[Row], types: list[tuple[pa.DataType, pa.DataType, pa.DataType]]
) -> None:
    with tempfile.TemporaryDirectory() as folder, open_shop(Path(folder)) as shop:
        for number, (moment, whole, broken) in enumerate(types):
            columns = {
                "t": pa.array([row["t"] for row in rows], pa.timestamp("us")).cast(moment),
                "e": pa.array([row["e"] for row in rows]),
                "c": in_type([row["c"] for row in rows], whole),
                "v": in_type([row["v"] for row in rows], broken),
                "p": in_type([row["c"] for row in rows], whole),
            }
            pq.write_table(pa.table(columns), shop.folder / "a.parquet", coerce_timestamps=None)
            shop.collect("path: a.parquet\nunordered: true\n" + COLUMNS, replace=False)
            assert len(shop.events()) == len(rows), number
