"""Answers as files: what other programs read from them."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from tests.support.by_hand import happened, measure_of

from resa.analytics import TABLE_FILES
from resa.analytics.results.spreadsheet import workbook
from resa.base.errors import InputError, QuestionError


def cells(content: bytes, sheet: str = "rows") -> list[list[object]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert all(cell.data_type != "f" for page in book for row in page.iter_rows() for cell in row)
    assert all(cell.hyperlink is None for page in book for row in page.iter_rows() for cell in row)
    return [[cell.value for cell in row] for row in book[sheet].iter_rows()]


HOSTILE = ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "{=1}", "https://example.org", "mailto:a@b.se"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_never_a_formula_or_a_link(text: str) -> None:
    assert cells(workbook({"rows": pa.table({text: [text]})})) == [[text], [text]]


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufffe\uffff"), max_size=40)


@given(st.lists(st.tuples(TEXTS, st.integers(-(10**15) + 1, 10**15 - 1), st.floats(-1e300, 1e300)), max_size=5))
def test_what_is_written_is_read_again(rows: list[tuple[str, int, float]]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    table = pa.table(dict(zip(("text", "whole", "number"), columns, strict=True)))
    found = cells(workbook({"rows": table}))[1:]
    for (text, whole, number), read in zip(rows, found, strict=True):
        assert unescape(str(read[0] or "")) == text  # control characters are escaped, as Excel does
        assert read[1] == whole
        assert read[2] == pytest.approx(number, rel=1e-14)


def test_days_moments_and_what_excel_has_no_kind_for() -> None:
    moment = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    table = pa.table(
        {
            "day": pa.array([date(2026, 3, 2), date(1850, 1, 1)]),
            "moment": pa.array([moment, None], pa.timestamp("us", tz="Europe/Stockholm")),
            "whole": [10**15, 7],
            "money": pa.array([Decimal("1234.50"), Decimal(10**16)], pa.decimal128(20, 2)),
            "share": [float("nan"), 0.25],
            "yes": [True, None],
            "path": [["a", "b"], None],
        }
    )
    assert cells(workbook({"rows": table}))[1:] == [
        [datetime(2026, 3, 2), datetime(2026, 3, 2, 23, 30), str(10**15), 1234.5, None, True, '["a", "b"]'],  # noqa: DTZ001 - Excel has no zones
        ["1850-01-01", None, 7, "10000000000000000.00", 0.25, None, None],
    ]


def test_what_a_sheet_cannot_hold_is_refused_with_a_way_out() -> None:
    with pytest.raises(InputError, match=r"row 2, column 'note': .* write .csv or .parquet"):
        workbook({"rows": pa.table({"note": ["a", "b" * 40_000]})})
    with pytest.raises(InputError, match="16,384 columns, not 0 and 20,000"):
        workbook({"rows": pa.table({f"c{number}": pa.array([], pa.int8()) for number in range(20_000)})})


def test_an_answer_in_every_kind_of_file() -> None:
    result = measure_of([*happened(0, (0, "a"), (5, "b")), *happened(1, (0, "a"))]).expectations()
    rows = result.table.to_pylist()
    assert pyarrow.parquet.read_table(pa.BufferReader(result.file("parquet"))).to_pylist() == rows
    assert pa.ipc.open_stream(result.file("arrow")).read_all().to_pylist() == rows
    read = pyarrow.csv.read_csv(pa.BufferReader(result.file("csv"))).to_pylist()
    assert [row["met"] for row in read] == [row["met"] for row in rows]
    content = result.file("xlsx")
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames == [*result.parts, "about"]
    head, *body = cells(content, "expectations")
    assert head == result.table.column_names
    assert [dict(zip(head, line, strict=True))["openings" if "openings" in head else "mature"] for line in body] == [
        row["mature"] for row in rows
    ]
    about = {str(name): str(text) for name, text in cells(content, "about")}
    assert json.loads(about["question"]) == result.question.document
    assert about["expectations: share"] == next(column.about for column in result.columns if column.name == "share")
    assert openpyxl.load_workbook(io.BytesIO(result.file("xlsx", part="instead"))).sheetnames == ["instead", "about"]
    with pytest.raises(QuestionError, match="use csv, xlsx, parquet, arrow"):
        result.file("ods")
    assert set(TABLE_FILES) == {"csv", "xlsx", "parquet", "arrow"}


def test_a_workbook_is_printed_across_pages_as_wide_as_its_tables() -> None:
    wide = pa.table({f"a rather long name of column {number}": [0.5] for number in range(12)})
    book = openpyxl.load_workbook(io.BytesIO(workbook({"rows": wide}, [("map", "Shop")])))
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert book["rows"].print_title_rows == "$1:$1"
