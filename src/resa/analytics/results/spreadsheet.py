"""Tables as an Excel workbook, each on a sheet of its own; what stands in a cell is a value, never a formula."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from resa.base.errors import InputError
from resa.base.language import sentence

__all__ = ["workbook"]

_MOST_ROWS: Final = 1_048_575
_MOST_COLUMNS: Final = 16_384
_LONGEST_TEXT: Final = 32_767
_EXACT: Final = 10**15
"""Whole numbers from here on lose digits in Excel, and are written as text."""

_FIRST_YEAR: Final = 1900
_WIDEST: Final = 60


def workbook(sheets: Mapping[str, pa.Table], about: Sequence[tuple[str, str]] = ()) -> bytes:
    """The file.

    Days and moments are Excel's own; moments are in UTC. Lists are JSON. NaN and infinity are empty cells.

    Args:
        sheets: Tables by the name of their sheet.
        about: Lines of a last sheet that says what the tables are: name and text.

    Raises:
        InputError: A table has more rows or columns, or a text more letters, than a sheet can hold.
    """
    import xlsxwriter  # noqa: PLC0415  # seldom needed

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        for name, table in sheets.items():
            _fill(_sheet(book, name), table, formats)
        if about:
            sheet = _sheet(book, "about")
            sheet.set_column(0, 0, 28)
            sheet.set_column(1, 1, 100)
            for row, (name, text) in enumerate(about):
                sheet.write_string(row, 0, name, formats["head"])
                sheet.write_string(row, 1, text[:_LONGEST_TEXT], formats["text"])
    return target.getvalue()


def _sheet(book: Any, name: str) -> Any:
    """A new sheet, printed across A4 pages as wide as it is, its first row on each."""
    sheet = book.add_worksheet(name)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    return sheet


def _fill(sheet: Any, table: pa.Table, formats: Mapping[str, Any]) -> None:
    if table.num_rows > _MOST_ROWS or table.num_columns > _MOST_COLUMNS:
        raise InputError(
            sentence(
                "a sheet holds {most_rows} rows and {most_columns} columns, not {num_rows} and "
                "{num_columns}; write .csv or .parquet",
                most_rows=_MOST_ROWS,
                most_columns=_MOST_COLUMNS,
                num_rows=table.num_rows,
                num_columns=table.num_columns,
            )
        )
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    for column, name in enumerate(table.column_names):
        sheet.write_string(0, column, name, formats["head"])
        width = len(name)
        for row, value in enumerate(table.column(column).to_pylist(), start=1):
            if value is not None:
                width = max(width, _write(sheet, row, column, value, formats, name))
        sheet.set_column(column, column, min(width, _WIDEST) + 2)
    if table.num_rows:
        sheet.autofilter(0, 0, table.num_rows, table.num_columns - 1)


def _write(sheet: Any, row: int, column: int, value: object, formats: Mapping[str, Any], name: str) -> int:
    """Write a value; gives how many letters wide it is."""
    match value:
        case bool():
            sheet.write_boolean(row, column, value)
            return 5
        case float():
            if math.isfinite(value):
                sheet.write_number(row, column, value)
            return 10
        case int() | Decimal() if -_EXACT < value < _EXACT:
            sheet.write_number(row, column, value)
            return 10
        case datetime() if value.year >= _FIRST_YEAR:
            utc = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            sheet.write_datetime(row, column, utc, formats["moment"])
            return 19
        case date() if value.year >= _FIRST_YEAR:
            sheet.write_datetime(row, column, value, formats["day"])
            return 10
        case _:
            text = _text(value)
            if len(text) > _LONGEST_TEXT:
                raise InputError(
                    sentence(
                        "row {row}, column '{name}': a cell holds {longest_text} letters, not {count}; write "
                        ".csv or .parquet",
                        row=row,
                        name=name,
                        longest_text=_LONGEST_TEXT,
                        count=len(text),
                    )
                )
            sheet.write_string(row, column, text)  # never a formula or a link, whatever it begins with
            return max(map(len, text.split("\n")))


def _text(value: object) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.isoformat() if isinstance(value, date) else str(value)
