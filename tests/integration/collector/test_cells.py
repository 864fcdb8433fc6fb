"""What cells become that files write in unusual ways: read rightly, or refused with a reason; never something else."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from gzip import compress
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather
from tests.support.sources import COLUMNS, NOW, Shop, figures, source_of

from resa.base.errors import SourceError
from resa.collector import replay

T = "2026-01-02T10:00:00Z"


def lines(*rows: dict[str, Any]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def customers(shop: Shop) -> list[str]:
    return [event["identifiers"][0]["value"] for event in shop.events()]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()], ids=str)
@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_text_in_columns_of_bytes(shop: Shop, kind: pa.DataType, name: str) -> None:
    table = pa.table(
        {
            "when": pa.array([T.encode()] * 2, kind),
            "what": pa.array(["köp".encode(), b"k\xf6p"], kind),
            "who": pa.array([b"k1", b"k2"], kind),
            "picture": pa.array([b"\xff\xd8"] * 2, kind),
        }
    )
    pq.write_table(table, shop.folder / name) if name.endswith("parquet") else feather.write_feather(
        table, shop.folder / name
    )
    assert figures(shop.collect(f"path: {name}" + COLUMNS)) == (1, 1, 0)
    assert (shop.events()[0]["event"], shop.reasons()) == ("köp", {2: "broken-utf8"})


@pytest.mark.parametrize("cell", ["202609141030", "20260914103000"])
def test_a_day_and_an_hour_in_one_number_is_no_moment_of_1976(shop: Shop, cell: str) -> None:
    shop.file("a.csv", f"when,what,who\n{cell},buy,k1\n")
    pq.write_table(pa.table({"when": [int(cell)], "what": ["buy"], "who": ["k1"]}), shop.folder / "a.parquet")
    late = datetime(2026, 10, 1, tzinfo=UTC)
    form = "%Y%m%d%H%M" if len(cell) == 12 else "%Y%m%d%H%M%S"
    for number, name in enumerate(("a.csv", "a.parquet")):
        assert figures(shop.collect(f"path: {name}" + COLUMNS, name=f"s{number}", now=late)) == (0, 1, 0)
        assert "time_format" in shop.store.rejected().to_pylist()[-1]["detail"]
        text = f'path: {name}\ntime_format: "{form}"' + COLUMNS
        assert shop.collect(text, name=f"t{number}", now=late).good == 1
    assert {event["occurred_at"] for event in shop.events()} == {datetime(2026, 9, 14, 10, 30, tzinfo=UTC)}


def test_milliseconds_are_still_counted(shop: Shop) -> None:
    shop.file("a.csv", "when,what,who\n1767348000000,buy,k1\n213600000000,buy,k2\n")
    assert figures(shop.collect("path: a.csv" + COLUMNS)) == (2, 0, 0)


def test_objects_and_lists_are_no_single_values(shop: Shop) -> None:
    good: dict[str, Any] = {"when": T, "what": "{buy}", "who": "k1"}
    bad = [{**good, name: value} for name in ("what", "who") for value in ({"id": 5}, [5], {})]
    shop.file("a.jsonl", lines(good, *bad, {**good, "when": {"d": T}}))
    assert figures(shop.collect("path: a.jsonl" + COLUMNS)) == (1, 7, 0)
    assert set(shop.reasons().values()) == {"wrong-type"}
    assert shop.events()[0]["event"] == "{buy}"


def test_a_member_that_first_occurs_late_is_found(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resa.collector.collecting.SAMPLE_ROWS", 2)
    row: dict[str, Any] = {"when": T, "what": "buy", "who": "k1"}
    shop.file("a.jsonl", lines(row, row, {**row, "d": {"kind": "phone"}}, {"x": 1}))
    text = "path: a.jsonl\nselect: select {} row.when as occurred_at, row.what as event, row.who as customer from row\n"
    assert figures(shop.collect(text.format("row.d.kind as device,"))) == (3, 1, 0)
    assert [event["device"] for event in shop.events()] == [None, None, "phone"]
    with pytest.raises(SourceError, match="no column 'e'"):
        shop.collect(text.format("row.e as device,"), name="other")


def test_a_line_that_is_nested_otherwise_than_the_first_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resa.collector.collecting.SAMPLE_ROWS", 2)
    row: dict[str, Any] = {"when": T, "what": "buy", "who": "k1", "d": {"kind": "phone"}, "l": [{"n": 1}]}
    others: list[dict[str, Any]] = [
        {**row, "d": "phone"},
        {**row, "l": {"n": 1}},
        {**row, "who": {"id": 5}},
        {**row, "l": [1]},
    ]
    shop.file("a.jsonl", lines(row, row, *others, {**row, "unused": [1]}, {**row, "d": None, "l": []}))
    text = (
        "path: a.jsonl\nselect: select row.when as occurred_at, row.what as event, row.who as customer, "
        "row.d.kind as device, row.l[1].n as n from row\n"
    )
    assert figures(shop.collect(text)) == (4, 4, 0)
    assert shop.reasons() == dict.fromkeys((3, 4, 5, 6), "other-shape")
    assert replay(shop.writer, source_of(text, shop.folder), now=NOW).still_rejected == 4


def test_the_rest_holds_what_stands_beside_a_used_member(shop: Shop) -> None:
    text = "path: {}\ncolumns: {{occurred_at: t, event: e, customer: c, device: d.kind, properties: rest}}\n"
    rows: list[dict[str, Any]] = [
        {"t": T, "e": "a", "c": "k", "d": {"kind": "phone", "os": "ios", "app": 3}, "n": 1},
        {"t": T, "e": "a", "c": "k", "d": {"kind": "web"}, "n": 2},
        {"t": T, "e": "a", "c": "k", "n": 3},
    ]
    expected = [{"d": {"os": "ios", "app": 3}, "n": 1}, {"n": 2}, {"n": 3}]
    shop.file("a.jsonl", lines(*rows, {**rows[2], "d": "x"}))
    shop.collect(text.format("a.jsonl"))
    assert [json.loads(event["properties"]) for event in shop.events()] == [*expected, {"d": "x", "n": 3}]
    pq.write_table(pa.Table.from_pylist(rows), shop.folder / "a.parquet")
    shop.collect(text.format("a.parquet"), name="other")
    found = [json.loads(event["properties"]) for event in shop.events()[4:]]
    assert found == [expected[0], {"d": {"os": None, "app": None}, "n": 2}, {"n": 3}]


def test_a_day_is_that_of_the_zone_also_for_moments_that_state_another(shop: Shop) -> None:
    shop.file("a.csv", "d,v\n2026-03-14T23:30:00Z,1\n2026-03-14 23:30,2\n2026-03-14,3\n2026-03-15T00:30:00+03:00,4\n")
    shop.collect(
        "path: a.csv\nkind: daily_numbers\ntimezone: Europe/Stockholm\n"
        "columns: {day: d, number: {always: n}, value: v}\n"
    )
    days = [row["day"] for row in shop.store.rows("daily_numbers").to_pylist()]
    assert days == [date(2026, 3, 15), date(2026, 3, 14), date(2026, 3, 14), date(2026, 3, 14)]


def test_a_whole_decimal_names_what_the_number_names(shop: Shop) -> None:
    who = [Decimal("17850.00"), Decimal("100.00"), Decimal("0.50"), Decimal("0.00")]
    pq.write_table(pa.table({"when": [T] * 4, "what": ["buy"] * 4, "who": who}), shop.folder / "a.parquet")
    shop.collect("path: a.parquet" + COLUMNS)
    assert customers(shop) == ["17850", "100", "0.50".rstrip("0"), "0"]


@pytest.mark.parametrize("name", ["#row", "#line", "#problem", "extra 0", "rest"])
def test_a_column_may_be_called_as_it_likes(shop: Shop, name: str) -> None:
    text = f'columns: {{occurred_at: when, event: what, customer: who, properties: ["{name}"]}}\n'
    shop.file("a.csv", f"when,what,who,{name}\n{T},buy,k1,x\n")
    shop.file("a.jsonl", lines({"when": T, "what": "buy", "who": "k1", name: "x"}))
    pq.write_table(pa.table({"when": [T], "what": ["buy"], "who": ["k1"], name: ["x"]}), shop.folder / "a.parquet")
    for place, file in enumerate(("a.csv", "a.jsonl", "a.parquet")):
        assert figures(shop.collect(f"path: {file}\n{text}", name=f"s{place}")) == (1, 0, 0)
    assert {event["properties"] for event in shop.events()} == {json.dumps({name: "x"}, separators=(",", ":"))}


@pytest.mark.parametrize(("encoding", "tail"), [("utf-16-le", b"\x00"), ("shift_jis", b"\x83"), ("utf-8", b"\xc3")])
def test_a_character_that_is_cut_off_at_the_end_breaks_its_row(shop: Shop, encoding: str, tail: bytes) -> None:
    text = f"when,what,who\n{T},buy,k1\n{T},buy,k"
    shop.file("a.csv", text.encode(encoding) + tail)
    assert figures(shop.collect(f"path: a.csv\ncsv: {{encoding: {encoding}}}" + COLUMNS)) == (1, 1, 0)
    assert shop.reasons() == {2: "broken-utf8"}


@pytest.mark.parametrize(
    ("cell", "hour"),
    [
        ("2026-01-02 10:00:00 BST", None),
        ("2026-01-02 10:00:00 IST", None),
        ("2026-01-02 10:00 CST", None),
        ("2026-01-02 10:00:00 UTC", 10),
        ("2026-01-02 10:00:00 GMT", 10),
        ("2026-01-02 10:00:00 Europe/Stockholm", 9),
        ("2026-01-02T10:00:00Z", 10),
        ("2026-01-02 10:00:00+01:00", 9),
        ("2026-01-02 10:00:00 CET", 9),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Stockholm"])
def test_abbreviations_of_zones_are_refused(shop: Shop, cell: str, hour: int | None, zone: str) -> None:
    shop.file("a.csv", f"when,what,who\n{cell},buy,k1\n")
    shop.collect(f"path: a.csv\ntimezone: {zone}" + COLUMNS)
    assert [event["occurred_at"].hour for event in shop.events()] == ([] if hour is None else [hour])
    assert shop.reasons() == ({1: "unreadable-time"} if hour is None else {})


def test_abbreviations_in_a_pattern_are_refused(shop: Shop) -> None:
    shop.file("a.csv", "when,what,who\nFri Jan 02 10:00:00 IST 2026,buy,k1\nFri Jan 02 10:00:00 UTC 2026,buy,k2\n")
    shop.collect('path: a.csv\ntime_format: "%a %b %d %H:%M:%S %Z %Y"' + COLUMNS)
    assert (customers(shop), shop.reasons()) == (["k2"], {1: "unreadable-time"})


def test_white_space_at_the_ends_is_no_part_of_a_name(shop: Shop) -> None:
    rows: list[dict[str, Any]] = [
        {"when": f" {T}\t", "what": "\tbuy ", "who": "\tk1\u00a0", "ch": " web\n", "de": "\u2003phone"},
        {"when": T, "what": "null", "who": "null", "ch": "\t", "de": None},
        {"when": T, "what": "buy", "who": " \t ", "ch": None, "de": None},
    ]
    shop.file("a.jsonl", lines(*rows))
    columns = "columns: {occurred_at: when, event: what, customer: who, channel: ch, device: de}\n"
    assert figures(shop.collect("path: a.jsonl\n" + columns)) == (2, 1, 0)
    told = [(event["event"], event["channel"], event["device"]) for event in shop.events()]
    assert told == [("buy", "web", "phone"), ("null", None, None)]
    assert (customers(shop), shop.reasons()) == (["k1", "null"], {3: "no-customer"})


def test_a_number_has_no_underscores(shop: Shop) -> None:
    shop.file("a.csv", f"when,what,who,v\n{T},buy,k1,1_000\n{T},buy,k1,1e3\n{T},buy,k1,-.5\n")
    shop.collect("path: a.csv\ncolumns: {occurred_at: when, event: what, customer: who, value: v}\n")
    assert ([event["value"] for event in shop.events()], shop.reasons()) == ([1000.0, -0.5], {1: "wrong-type"})


def test_a_heading_that_is_a_row_is_not_shown(shop: Shop) -> None:
    shop.file("a.csv", f"{T},a,anna.svensson@example.com\n{T},b,bo@example.com\n")
    with pytest.raises(SourceError, match="header: false") as caught:
        shop.collect("path: a.csv" + COLUMNS)
    assert "anna" not in str(caught.value)
    text = "path: a.csv\ncsv: {header: false, columns: [when, what, who]}" + COLUMNS
    assert figures(shop.collect(text)) == (2, 0, 0)


def test_replacing_by_a_file_that_cannot_be_read_keeps_what_is_stored(shop: Shop) -> None:
    good = "when,what,who\n" + "".join(f"{T},buy,k{number}\n" for number in range(40_000))
    packed = compress(good.encode())
    shop.file("a.csv.gz", packed)
    assert shop.collect("path: a.csv.gz" + COLUMNS, chunk_rows=10_000).good == 40_000
    shop.file("a.csv.gz", packed[: len(packed) // 2])
    with pytest.raises(SourceError, match="cannot be read to its end"):
        shop.collect("path: a.csv.gz" + COLUMNS, replace=True, chunk_rows=10_000)
    assert len(shop.events()) == 40_000
    assert [load.state for load in shop.store.loads()] == ["finished"]
    shop.file("a.csv.gz", compress(good.encode(), 1))
    assert shop.collect("path: a.csv.gz" + COLUMNS, replace=True, chunk_rows=10_000).good == 40_000


def test_a_replayed_row_of_a_select_keeps_its_place_among_its_sisters(shop: Shop) -> None:
    hits = [{"t": T, "e": name, "v": value} for name, value in (("a", "1"), ("b", "2,5"), ("c", "3"))]
    shop.file("a.jsonl", lines({"who": 1, "hits": hits}))
    text = (
        "path: a.jsonl\nselect: select row.who as customer, hit.t as occurred_at, hit.e as event, hit.v as value "
        "from row, unnest(row.hits) as hit\n"
    )
    assert figures(shop.collect(text)) == (2, 1, 0)
    assert replay(shop.writer, source_of(text + "decimal: comma\n", shop.folder), now=NOW).good == 1
    told = sorted((event["sequence"], event["event"]) for event in shop.events())
    assert [name for _, name in told] == ["a", "b", "c"]
    assert [sequence & 3 for sequence, _ in told] == [0, 1, 2]


def test_a_replayed_daily_number_is_counted_once(shop: Shop) -> None:
    head = 't,e,v\n01.01.2026,visit,1\n02.01.2026,visit,"2,5"\n'
    shop.file("a.csv", head)
    text = (
        "path: a.csv\nwithout_customer: count\n"
        "select: select strptime(row.t, '%d.%m.%Y') as occurred_at, row.e as event, row.v as value from row\n"
    )
    assert figures(shop.collect(text)) == (1, 1, 0)
    text += "decimal: comma\n"
    assert replay(shop.writer, source_of(text, shop.folder), now=NOW).good == 1
    shop.file("a.csv", head + "03.01.2026,visit,1\n")
    assert figures(shop.collect(text)) == (1, 0, 2)
