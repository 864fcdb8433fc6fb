"""Every format, encoding and way of writing a time or a number: values are kept exactly."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.sources import COLUMNS, Shop, figures

from resa.base.errors import SourceError
from resa.collector import Progress
from resa.collector.columnar_files import ParquetRows
from resa.collector.files import find_files
from resa.collector.reading import PIECE_BYTES


def test_values_are_kept_exactly(shop: Shop) -> None:
    shop.file(
        "a.csv",
        "when;what;who;total;note\n"
        '2026-03-29 02:30:00.123456;köp;9007199254740993;1.234,50;  "x"  \n'
        "2026-01-02T10:00:00+05:30;köp;007;-1 234,5;NULL\n"
        "2026-01-02T10:00:00.5 Z;köp;8;7;\n",
    )
    shop.collect(
        'path: a.csv\ntimezone: Europe/Stockholm\ndecimal: comma\nnull_words: ["NULL"]'
        + COLUMNS
        + "  value: total\n  properties: [note]\n"
    )
    first, second, third = shop.events()
    assert first["occurred_at"] == datetime(2026, 3, 29, 0, 30, 0, 123456, tzinfo=UTC)  # skipped hour: the earlier
    assert second["occurred_at"] == datetime(2026, 1, 2, 4, 30, tzinfo=UTC)
    assert third["occurred_at"] == datetime(2026, 1, 2, 10, 0, 0, 500000, tzinfo=UTC)
    assert [event["value"] for event in (first, second, third)] == [1234.5, -1234.5, 7.0]
    assert [event["identifiers"][0]["value"] for event in (first, second, third)] == ["9007199254740993", "007", "8"]
    assert [event["properties"] for event in (first, second, third)] == ['{"note":"  \\"x\\"  "}', None, None]


@pytest.mark.parametrize(("rule", "moments"), [("earlier", [0, 0]), ("later", [1, 1]), ("reject", [])])
def test_hours_that_clocks_show_twice_or_never(shop: Shop, rule: str, moments: list[int]) -> None:
    shop.file("a.csv", "when,what,who\n2025-10-26 02:30,a,k\n2026-03-29 02:30,b,k\n")
    shop.collect(f"path: a.csv\ntimezone: Europe/Stockholm\nclock_change: {rule}" + COLUMNS)
    assert [event["occurred_at"].hour for event in shop.events()] == moments
    assert set(shop.reasons().values()) == (set() if moments else {"doubtful-time"})


@pytest.mark.parametrize(
    ("time_format", "text", "expected"),
    [
        ("iso", "1767348000", "2026-01-02 10:00:00"),
        ("iso", "1767348000123", "2026-01-02 10:00:00.123000"),
        ("iso", "1767348000123456", "2026-01-02 10:00:00.123456"),
        ("iso", "1767348000.25", "2026-01-02 10:00:00.250000"),
        ("epoch seconds", "86400", "1970-01-02 00:00:00"),
        ("epoch milliseconds", "1767348000123", "2026-01-02 10:00:00.123000"),
        ('"%d.%m.%Y %H:%M"', "02.01.2026 10:00", "2026-01-02 10:00:00"),
        ('["%d.%m.%Y %H:%M", iso]', "2026-01-02 10:00", "2026-01-02 10:00:00"),
        ('"%Y-%m-%d %H:%M %z"', "2026-01-02 12:00 +0200", "2026-01-02 10:00:00"),
        ('"%Y%m%d"', "20260102", "2026-01-02 00:00:00"),
    ],
)
def test_time_formats(shop: Shop, time_format: str, text: str, expected: str) -> None:
    shop.file("a.csv", f"when,what,who\n{text},a,k\n")
    shop.collect(f"path: a.csv\ntime_format: {time_format}" + COLUMNS)
    assert [str(event["occurred_at"])[:-6] for event in shop.events()] == [expected]


def test_json_lines(shop: Shop) -> None:
    lines = [
        '{"when": "2026-01-02T10:00Z", "what": "buy", "who": {"id": 12345678901234567890}, "n": 1.50, "o": {"a": [1]}}',
        '{"when": 1767348000, "what": "buy", "who": {"id": 17850.0}, "n": "7", "t": null}',
        '{"when": "2026-01-02", "what": "buy"',
        "[1, 2]",
        '{"when": "2026-01-02", "what": "buy", "who": {"id": 1}, "n": NaN}',
        '{"when": "2026-01-02", "what": "buy", "who": {}}',
        '{"when": "2026-01-02", "what": "buy", "who": {"id": "NaN"}}',
        "",
        '{"when": "2026-01-02", "what": "bu\\u0000y", "who": {"id": 1}}',
    ]
    shop.file("a.jsonl", "\n".join(lines))
    report = shop.collect(
        "path: a.jsonl\ncolumns: {occurred_at: when, event: what, customer: who.id, value: n, properties: [o, n]}\n"
    )
    assert shop.reasons() == {3: "bad-json", 4: "bad-json", 5: "bad-json", 6: "no-customer", 8: "nul-byte"}
    assert figures(report) == (3, 5, 0)
    first, second, third = shop.events()
    assert [e["identifiers"][0]["value"] for e in (first, second, third)] == ["12345678901234567890", "17850", "NaN"]
    assert (first["value"], second["value"]) == (1.5, 7.0)
    assert json.loads(first["properties"]) == {"o": {"a": [1]}, "n": 1.5}


def test_the_rest_of_a_line_of_json(shop: Shop) -> None:
    new = {"new": {"x": [1, {"y": 2}]}, "big": 123456789012345678}
    shop.file("a.jsonl", json.dumps({"when": "2026-01-02", "what": "buy", "who": 1, **new}))
    shop.collect("path: a.jsonl" + COLUMNS + "  properties: rest\n")
    assert json.loads(shop.events()[0]["properties"]) == new


def test_parquet_keeps_types_and_reads_nested_columns(shop: Shop) -> None:
    table = pa.table(
        {
            "when": pa.array([1767348000123456789, 1767348000000000000, None], pa.timestamp("ns", "Europe/Oslo")),
            "what": pa.array(["a", "b", "c"]).dictionary_encode(),
            "who": pa.array([17850.0, float("nan"), 3.0]),
            "page": [{"path": "/p/1"}, {"path": None}, None],
            "n": pa.array([2**60 + 1, None, 3]),
            "d": pa.array([date(2026, 1, 1)] * 3),
        }
    )
    pq.write_table(table, shop.folder / "a.parquet")
    report = shop.collect("path: a.parquet" + COLUMNS + "  properties: {path: page.path, n: n, d: d}\n")
    assert figures(report) == (1, 2, 0)
    assert shop.reasons() == {2: "no-customer", 3: "no-time"}
    event = shop.events()[0]
    assert event["occurred_at"] == datetime(2026, 1, 2, 10, 0, 0, 123456, tzinfo=UTC)
    assert event["identifiers"][0]["value"] == "17850"
    assert json.loads(event["properties"]) == {"path": "/p/1", "n": 2**60 + 1, "d": "2026-01-01"}
    payload = json.loads(shop.store.rejected().to_pylist()[0]["payload"])
    assert set(payload) == set(table.column_names), "the whole row is kept, also columns that nothing reads"


def test_text_of_a_columnar_file_that_is_no_utf8(shop: Shop) -> None:
    broken = pa.StringArray.from_buffers(2, pa.py_buffer(b"\0\0\0\0\2\0\0\0\4\0\0\0"), pa.py_buffer(b"k\xffk1"))
    table = pa.table({"when": ["2026-01-02", "2026-01-02"], "what": ["a", "b"], "who": broken})
    with pa.ipc.new_file(shop.folder / "a.arrow", table.schema) as writer:
        writer.write_table(table)
    assert figures(shop.collect("path: a.arrow" + COLUMNS)) == (1, 1, 0)
    assert shop.reasons() == {1: "broken-utf8"}


@pytest.mark.parametrize("stream", [True, False])
def test_arrow_files(shop: Shop, stream: bool) -> None:
    table = pa.table({"when": ["2026-01-02", "x"], "what": ["a", "b"], "who": [1, 2]})
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(shop.folder / "a.arrow", table.schema) as writer:
        writer.write_table(table)
    assert figures(shop.collect("path: a.arrow" + COLUMNS)) == (1, 1, 0)


def test_globs_packed_files_and_other_file_systems(shop: Shop) -> None:
    memory: Any = fsspec.filesystem("memory")
    memory.pipe("/box/a.csv", b"when,what,who\n2026-01-02,a,1\n")
    memory.pipe("/box/b.csv", b"when,what,who\n2026-01-02,a,2\n")
    report = shop.collect("path: memory://box/*.csv" + COLUMNS)
    assert [file.file for file in report.files] == ["memory:///box/a.csv", "memory:///box/b.csv"]
    with fsspec.open(str(shop.folder / "c.csv.gz"), "wb", compression="gzip") as stream:
        stream.write(b"when,what,who\n2026-01-02,a,3\n")
    assert figures(shop.collect("path: c.csv.gz" + COLUMNS, name="packed")) == (1, 0, 0)
    memory.rm("/box", recursive=True)


@pytest.mark.parametrize(
    ("encoding", "stated"), [("utf-16", None), ("utf-8-sig", None), ("cp1252", "cp1252"), ("utf-16-le", "utf-16-le")]
)
def test_encodings(shop: Shop, encoding: str, stated: str | None) -> None:
    shop.file("a.csv", "när,vad,vem\n2026-01-02,köp,Åsa\n".encode(encoding))
    csv = f"csv: {{encoding: {stated}}}\n" if stated else ""
    shop.collect(f"path: a.csv\n{csv}columns: {{occurred_at: när, event: vad, customer: vem}}\n")
    assert [event["identifiers"][0]["value"] for event in shop.events()] == ["Åsa"]


def test_a_csv_file_without_heading_and_with_lines_before_it(shop: Shop) -> None:
    shop.file("a.csv", "report of May\n\n2026-01-02\tbuy\t'k\t1'\n")
    csv = 'csv: {delimiter: tab, quote: "\'", header: false, columns: [when, what, who], skip_lines: 1}\n'
    shop.collect("path: a.csv\n" + csv + COLUMNS)
    assert shop.events()[0]["identifiers"][0]["value"] == "k\t1"


def test_a_damaged_file_keeps_what_came_before(shop: Shop) -> None:
    sink = io.BytesIO()
    table = pa.table({"when": ["2026-01-02"] * 300_000, "what": ["a"] * 300_000, "who": range(300_000)})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=1_000)
    shop.file("a.arrow", sink.getvalue()[: len(sink.getvalue()) // 2])
    with pytest.raises(SourceError, match="damaged"):
        shop.collect("path: a.arrow" + COLUMNS, chunk_rows=10_000)
    assert len(shop.events()) > 100_000


def test_names_that_differ_only_in_case(shop: Shop) -> None:
    shop.file("a.csv", "when,what,who,Size,size\n2026-01-02,buy,k1,1,2\n")
    shop.collect("path: a.csv" + COLUMNS + "  properties: {a: Size, A: size_5}\n")
    assert json.loads(shop.events()[0]["properties"]) == {"a": "1", "A": "2"}
    pq.write_table(pa.table({"a": [1], "A": [2]}), shop.folder / "a.parquet")
    with pytest.raises(SourceError, match="the same to SQL"):
        shop.collect("path: a.parquet" + COLUMNS)


def test_wide_rows_are_read_a_few_at_a_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("reading", "columnar_files"):
        monkeypatch.setattr(f"resa.collector.{module}.PIECE_BYTES", 40_000)
    wide = ["x" * 1_000 + str(number) for number in range(200)]
    pq.write_table(pa.table({"when": ["2026-01-02"] * 200, "what": wide, "who": wide}), shop.folder / "a.parquet")
    seen: list[Progress] = []
    report = shop.collect(
        "path: a.parquet\ncolumns:\n  occurred_at: when\n  event: {always: a}\n"
        "  customer:\n    expression: right(who, 9)\n",
        progress=seen.append,
    )
    assert report.good == 200
    assert len(seen) > 3
    assert all(0 < progress.position <= progress.length for progress in seen)


def test_a_dictionary_of_long_texts_unfolds_within_bounds(tmp_path: Path) -> None:
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 30_000), ["x" * 10_000])
    pq.write_table(pa.table({"text": text.cast(pa.string())}), tmp_path / "a.parquet")
    (file,) = find_files("a.parquet", tmp_path)
    assert file.size < 1_000_000
    pieces = ParquetRows(file).pieces()
    assert max(piece.table.nbytes for piece in pieces) < PIECE_BYTES
