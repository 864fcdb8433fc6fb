"""Maps as Excel workbooks, written and read by openpyxl. What is text stays text, never a formula or a link."""

from __future__ import annotations

import io
import math
import re
import zipfile
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from resa.base.errors import InputError, Problem
from resa.base.language import sentence
from resa.exchange.sheets import Book, Cell, Look, Sheet, address

if TYPE_CHECKING:
    from openpyxl.styles import Alignment, Font, PatternFill

__all__ = ["read_workbook", "write_workbook"]

_LONGEST_TEXT: Final = 32_767
_LONGEST_NAME: Final = 31
_MOST_BYTES: Final = 200_000_000
"""Of a workbook when it is unpacked; no wall comes near."""

_MOST_CELLS: Final = 400_000
_LETTERS_ON_A3: Final = 280
"""Across, still large enough to read: nine columns of the wall."""

_SPECIAL = re.compile("_x(?=[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile("_x(005F|00[01][0-9A-Fa-f]|[Dd][89A-Fa-f][0-9A-Fa-f]{2}|[Ff]{3}[EeFf])_")
_LOST: Final = "x005F_"
"""What openpyxl takes out of every text."""

_AUTHOR: Final = "Resa"
_THREADED = re.compile(r"\[Threaded comment\].*?(?:Comment|Kommentar|Megjegyzés):\s*", re.DOTALL)


def write_workbook(book: Book, *, title: str) -> bytes:
    """The sheets as an Excel workbook, set for reading and for A3 paper.

    Raises:
        InputError: A text is longer than a cell can hold.
    """
    from openpyxl import Workbook  # noqa: PLC0415  # heavy; only here

    workbook = Workbook()
    workbook.remove(workbook.active)
    workbook.properties.title = _escaped(title)
    workbook.properties.creator = _AUTHOR
    looks = _looks()
    for sheet in book:
        _write_sheet(workbook.create_sheet(_tab(sheet.name)), sheet, looks)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def _tab(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", name)[:_LONGEST_NAME]


def _looks() -> dict[Look, tuple[Font, PatternFill | None, Alignment]]:
    from openpyxl.styles import Alignment, Font, PatternFill  # noqa: PLC0415  # heavy; only here

    top = Alignment(vertical="top", horizontal="left", wrap_text=True)
    middle = Alignment(vertical="center", horizontal="left", wrap_text=True)

    def fill(colour: str) -> PatternFill:
        return PatternFill("solid", fgColor=colour)

    def font(**what: Any) -> Font:
        return Font(name="Calibri", **{"size": 11, **what})

    return {
        "stage": (font(bold=True, size=13, color="FFFFFF"), fill("175C9E"), middle),
        "head": (font(bold=True), fill("E6EFF8"), top),
        "moment": (font(bold=True, color="AD4408"), fill("FBE9DC"), top),
        "label": (font(bold=True, color="5A626C"), fill("F6F5F1"), top),
        "text": (font(), None, top),
        "quiet": (font(color="868D95", size=9), None, top),
        "code": (Font(name="Consolas", size=10), None, Alignment(vertical="top")),
    }


def _write_sheet(target: Any, sheet: Sheet, looks: dict[Look, tuple[Any, Any, Any]]) -> None:
    from openpyxl.comments import Comment  # noqa: PLC0415  # heavy; only here
    from openpyxl.styles import Border, Side  # noqa: PLC0415  # heavy; only here

    thin = Side(style="thin", color="DEDCD5")
    edges = Border(left=thin, right=thin, top=thin, bottom=thin)
    for row, cells in enumerate(sheet.rows):
        tallest = 1
        for column, cell in enumerate(cells):
            font, fill, alignment = looks[cell.look]
            written = target.cell(row + 1, column + 1)
            _set(written, cell, f"{sheet.name}!{address(row, column)}")
            written.font, written.alignment, written.border = font, alignment, edges
            if fill is not None:
                written.fill = fill
            if cell.note:
                lines = cell.note.count("\n") + 1 + len(cell.note) // 40
                written.comment = Comment(_escaped(cell.note), _AUTHOR, height=30 + 18 * lines, width=300)
            width = sheet.widths[column] if column < len(sheet.widths) else 24
            tallest = max(tallest, sum(1 + int(len(line) / width) for line in cell.text.split("\n")))
        # Not every program sets the height of a row by itself.
        target.row_dimensions[row + 1].height = min(400, 15.5 * tallest + 4)
    for column, width in enumerate(sheet.widths):
        target.column_dimensions[target.cell(1, column + 1).column_letter].width = width
    for row, first, last in sheet.merged:
        target.merge_cells(start_row=row + 1, end_row=row + 1, start_column=first + 1, end_column=last + 1)
    rows, columns = sheet.frozen
    target.freeze_panes = target.cell(rows + 1, columns + 1)
    target.page_setup.orientation = "landscape"
    target.page_setup.paperSize = 8  # A3
    target.page_setup.fitToWidth = max(1, math.ceil(sum(sheet.widths) / _LETTERS_ON_A3))
    target.page_setup.fitToHeight = 0
    target.sheet_properties.pageSetUpPr.fitToPage = True
    if rows:
        target.print_title_rows = f"1:{rows}"
    if columns:
        target.print_title_cols = "A:A"
    target.sheet_view.zoomScale = 90


def _set(written: Any, cell: Cell, place: str) -> None:
    if cell.value is None:
        return
    if not isinstance(cell.value, str):
        written.value = cell.value
        if cell.path and "emotion" in cell.path:
            written.number_format = "+0;-0;0"
        return
    text = _escaped(cell.value)
    if len(text) > _LONGEST_TEXT:
        message = sentence(
            "a cell of Excel holds {longest_text} letters, not {count}; shorten the text, or write .csv",
            longest_text=_LONGEST_TEXT,
            count=len(text),
        )
        raise InputError(Problem(message=message, file=place, code="too-long"))
    if _LOST in cell.value:
        message = sentence(
            "'{lost}' has a meaning of its own in Excel's files; write it otherwise, or write .csv", lost=_LOST
        )
        raise InputError(Problem(message=message, file=place, code="unwritable"))
    written.value = text
    written.data_type = "s"  # whatever it begins with: openpyxl takes = for a formula
    written.quotePrefix = True


def _escaped(text: str) -> str:
    """Text as a workbook holds it: what XML cannot hold, and what looks like such a mark already, by its number."""
    return _SPECIAL.sub(lambda match: f"_x{ord(match[0][0]):04X}_" + match[0][1:], text)


def _plain(text: str) -> str:
    """The text again."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def read_workbook(data: bytes, file: str) -> tuple[Book, list[Problem]]:
    """The sheets of a workbook, and the cells that have no value of their own to read.

    Args:
        data: The file.
        file: As the user would name it.

    Raises:
        InputError: It is no Excel workbook, or far too large for a map.
    """
    from openpyxl import load_workbook  # noqa: PLC0415  # heavy; only here

    _check_size(data, file)
    try:
        workbook = load_workbook(io.BytesIO(data))
        values = load_workbook(io.BytesIO(data), data_only=True)
    except Exception as error:  # openpyxl raises whatever its parts raise at a broken file
        message = sentence(
            "it cannot be read as an Excel workbook ({kind}); save it anew as .xlsx", kind=type(error).__name__
        )
        raise InputError(Problem(message=message, file=file, code="unreadable-file")) from error
    problems: list[Problem] = []
    book = [_read_sheet(sheet, values[sheet.title], file, problems) for sheet in workbook.worksheets]
    return book, problems


def _check_size(data: bytes, file: str) -> None:
    if not zipfile.is_zipfile(io.BytesIO(data)):
        message = sentence(
            "it is no Excel workbook (.xlsx); open it in Excel or LibreOffice and save it as .xlsx or .csv"
        )
        raise InputError(Problem(message=message, file=file, code="unreadable-file"))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if sum(part.file_size for part in packed.infolist()) > _MOST_BYTES:
            raise InputError(Problem(message=sentence("it is far too large to be a map"), file=file, code="too-large"))


def _read_sheet(sheet: Any, values: Any, file: str, problems: list[Problem]) -> Sheet:
    if sheet.max_row * sheet.max_column > _MOST_CELLS:
        message = sentence(
            "it has cells in {max_row} rows and {max_column} columns; delete the empty ones",
            max_row=sheet.max_row,
            max_column=sheet.max_column,
        )
        raise InputError(Problem(message=message, file=f"{file}:{sheet.title}", code="too-large"))
    rows: list[list[Cell]] = []
    for row, cells in enumerate(sheet.iter_rows()):
        found = []
        for column, cell in enumerate(cells):
            place = f"{file}:{sheet.title}!{address(row, column)}"
            value = cell.value
            if cell.data_type == "f":
                value = values.cell(row + 1, column + 1).value
                if value is None:
                    message = sentence(
                        "a formula stands here without its result; open the file, save it and import it again"
                    )
                    problems.append(Problem(message=message, file=place, severity="warning", code="formula"))
            if cell.data_type == "e" or (isinstance(value, str) and value in _ERRORS and cell.data_type == "f"):
                message = sentence("the cell shows an error ({value}); it is left out", value=value)
                problems.append(Problem(message=message, file=place, severity="warning", code="formula"))
                value = None
            note = _note(getattr(cell, "comment", None))
            found.append(Cell(_text(value, cell.number_format), note=note, place=place))
        rows.append(found)
    merged = [
        (area.min_row - 1, area.min_col - 1, area.max_col - 1)
        for area in sheet.merged_cells.ranges
        if area.max_col > area.min_col
    ]
    return Sheet(name=sheet.title, rows=_trimmed(rows), merged=sorted(merged), file=file)


_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})


def _trimmed(rows: list[list[Cell]]) -> list[list[Cell]]:
    while rows and all(cell.empty and not cell.note for cell in rows[-1]):
        rows.pop()
    return rows


def _note(comment: Any) -> str:
    """A note's words, without what Excel puts before them."""
    if comment is None:
        return ""
    text = _plain(str(comment.text or "")).replace("\r\n", "\n").replace("\r", "\n")
    text = _THREADED.sub("", text, count=1)
    author = f"{comment.author}:\n"
    return text.removeprefix(author).strip("\n") if comment.author else text.strip("\n")


def _text(value: object, number_format: str) -> str | None:
    """A value as a person reads it in the cell, exactly."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float() if "%" in number_format:
            return f"{value * 100:.10g} %"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case _:
            return None if value is None else _plain(str(value))
