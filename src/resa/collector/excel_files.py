"""Excel workbooks (`.xlsx`), read as JSON lines, an object for each row of the first sheet that has rows.

The first row with two cells or more names the columns. Times are written as ISO 8601 has them, so that no form of them
is to be guessed; formulas give the results that were saved with the file, and cells that show an error are empty.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import IO, Any, Final

from resa.base.errors import SourceError
from resa.base.language import sentence
from resa.collector.files import RowFile
from resa.collector.reading import unique_names

__all__ = ["ExcelStream"]

_MOST_BYTES: Final = 4 << 30
"""Unpacked; a small file may hold far more."""

_MOST_IN_MEMORY: Final = 256 << 20
"""Of what is no sheet, such as the texts that cells share: all of it is read at once."""

_MOST_ROWS: Final = 1_048_576
"""Of a sheet, by Excel's own measure; one may number a single row so high that counting up to it takes for ever."""

_ERRORS: Final = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})


class ExcelStream:
    """The rows of a workbook as the bytes of JSON lines.

    Args:
        file: The file.

    Raises:
        SourceError: It is no Excel workbook.
    """

    def __init__(self, file: RowFile) -> None:
        from openpyxl import load_workbook  # noqa: PLC0415  # heavy; only here

        self._file = file
        self._raw: IO[bytes] = file.open()
        try:
            _check_size(self._raw, file)
            self._book = load_workbook(self._raw, read_only=True, data_only=True, keep_links=False)
        except SourceError:
            self._raw.close()
            raise
        except Exception as error:  # openpyxl raises whatever its parts raise at a broken file
            self._raw.close()
            raise _unreadable(file, error) from error
        self._lines = self._read()

    def read(self, size: int) -> bytes:
        """Whole lines, about so many bytes; none at the end.

        Raises:
            SourceError: The file is damaged.
        """
        taken: list[bytes] = []
        length = 0
        try:
            with self._file.reading():
                while length < size and (line := next(self._lines, b"")):
                    taken.append(line)
                    length += len(line)
        except SourceError:
            raise
        except Exception as error:  # as above
            raise _unreadable(self._file, error) from error
        return b"".join(taken)

    def close(self) -> None:
        """Close the file."""
        self._book.close()
        self._raw.close()

    def _read(self) -> Iterator[bytes]:
        for sheet in self._book.worksheets:
            names: Sequence[str] = ()
            any_row = False
            sheet.reset_dimensions()  # what a file says of its own size is often wrong: rows beyond would be lost
            for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                if number > _MOST_ROWS:
                    raise _too_large(self._file)
                cells = [_value(cell) for cell in row]
                if not names:
                    names = _heading(cells)
                elif any(cell is not None for cell in cells):
                    any_row = True
                    yield _line(names, cells)
            if any_row:
                return


def _check_size(raw: IO[bytes], file: RowFile) -> None:
    """Refuse what is no workbook, and one that would fill the disk.

    Raises:
        SourceError: It is one of them.
    """
    if not zipfile.is_zipfile(raw):
        raise SourceError(
            sentence("{file} is no Excel workbook; open it in Excel and save it as .xlsx or .csv", file=file.name)
        )
    with zipfile.ZipFile(raw) as packed:
        sizes = [(part.filename.startswith("xl/worksheets/"), part.file_size) for part in packed.infolist()]
        in_memory = sum(size for streamed, size in sizes if not streamed)
        if in_memory > _MOST_IN_MEMORY or sum(size for _, size in sizes) > _MOST_BYTES:
            raise _too_large(file)
    raw.seek(0)


def _too_large(file: RowFile) -> SourceError:
    return SourceError(sentence("{file} is far too large for a workbook; save it as .csv", file=file.name))


def _unreadable(file: RowFile, error: Exception) -> SourceError:
    return SourceError(
        sentence(
            "{file} cannot be read as an Excel workbook ({kind}); save it anew as .xlsx",
            file=file.name,
            kind=type(error).__name__,
        )
    )


def _heading(cells: Sequence[object]) -> Sequence[str]:
    """Names of the columns, if the row holds them; a title above them is one cell alone."""
    filled = [place for place, cell in enumerate(cells) if cell is not None]
    if len(filled) < 2:
        return ()
    return unique_names([" ".join(str(cell or "").split()) for cell in cells[: filled[-1] + 1]])


def _line(names: Sequence[str], cells: Sequence[object]) -> bytes:
    """A row; what stands beside the named columns has a name of its own."""
    beside = [f"column_{number}" for number in range(len(names) + 1, len(cells) + 1)]
    row = {
        name: cell for name, cell in zip([*names, *beside], cells, strict=False) if cell is not None or name in names
    }
    return json.dumps(row, ensure_ascii=False).encode(errors="replace") + b"\n"


def _value(cell: Any) -> object:
    """What stands in a cell, as JSON has it; numbers without a fraction are whole, as Excel shows them."""
    match cell:
        case datetime():
            return cell.isoformat(sep=" ", timespec="seconds")
        case date() | time():
            return cell.isoformat()
        case bool() | int() | None:
            return cell
        case float():
            return int(cell) if cell.is_integer() and abs(cell) < 1 << 53 else cell
        case _:
            text = str(cell).strip()
            return None if not text or text in _ERRORS else text
