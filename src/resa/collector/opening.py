"""Which reader is for which file."""

from __future__ import annotations

from resa.base.errors import SourceError
from resa.base.language import sentence
from resa.collector.columnar_files import ArrowRows, ParquetRows
from resa.collector.excel_files import ExcelStream
from resa.collector.files import RowFile
from resa.collector.reading import Reader
from resa.collector.shapes import CsvShape
from resa.collector.text_files import CsvRows, JsonRows
from resa.collector.xes_files import XesStream

__all__ = ["guess_format", "open_rows"]

_ENDINGS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".parquet": "parquet", ".pq": "parquet", ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow",
    ".xes": "xes", ".xlsx": "excel", ".xlsm": "excel",
}  # fmt: skip
_PACKINGS = (".gz", ".bz2", ".xz", ".zst")


def guess_format(file: RowFile) -> str:
    """csv, jsonl, parquet, arrow, xes or excel, as the file's name tells.

    Raises:
        SourceError: It tells none.
    """
    name = file.path.casefold()
    for packing in _PACKINGS:
        name = name.removesuffix(packing)
    for ending, found in _ENDINGS.items():
        if name.endswith(ending):
            return found
    if name.endswith((".xls", ".xlsb", ".ods", ".numbers")):
        raise SourceError(sentence("{file} is a spreadsheet of another kind; save it as .xlsx or .csv", file=file.name))
    raise SourceError(
        sentence(
            "{file}: its name does not tell its format; write `format: csv`, jsonl, parquet, arrow, xes or excel",
            file=file.name,
        )
    )


def open_rows(file: RowFile, format_name: str | None = None, csv: CsvShape | None = None) -> Reader:
    """Open a file of rows.

    Args:
        file: Which.
        format_name: csv, jsonl, parquet, arrow, xes or excel; `None`: as its name tells.
        csv: How a CSV file is written.

    Raises:
        SourceError: It cannot be opened, is empty, or is not what it should be.
    """
    chosen = format_name or guess_format(file)
    shape = csv or CsvShape()
    if chosen == "csv":
        return CsvRows.open(file, shape)
    if chosen == "jsonl":
        return JsonRows(file, shape.encoding)
    if chosen == "xes":
        return JsonRows(file, made=XesStream)
    if chosen == "excel":
        return JsonRows(file, made=ExcelStream)
    return ParquetRows(file) if chosen == "parquet" else ArrowRows(file)
