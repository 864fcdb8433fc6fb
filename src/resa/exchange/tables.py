"""CSV: grids that people have already, and the long form, one line a thought, that other programs can read."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from resa.base.errors import InputError, Problem
from resa.base.language import sentence
from resa.documents import Path
from resa.exchange.saying import Said
from resa.exchange.sheets import Cell, Sheet, address

__all__ = ["LONG_COLUMNS", "is_long", "long_form", "read_csv", "read_long"]

LONG_COLUMNS: Final = ("journey", "stage", "touchpoint", "lane", "item", "value", "note")
"""The heading of the long form."""

_LOOKS_LIKE_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_QUOTED_FORMULA = re.compile(r"'+[=+\-@\t\r]")
_MOST_CELLS: Final = 400_000


def long_form(said: Said, key: str) -> bytes:
    """A map as CSV in the long form: UTF-8 with a mark, so that Excel reads å, ä and ö.

    A text that a spreadsheet would take for a formula has an apostrophe before it; reading takes it away.

    Args:
        said: What the map says.
        key: The map's key, for the first column.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(LONG_COLUMNS)
    remarks = dict(said.comments)
    for path, value in _leaves(said.data):
        note = "\n".join(remarks.pop(path, ()))
        writer.writerow([key, *_coordinates(said, path), _guarded(value), _guarded(note)])
    for path, lines in remarks.items():
        writer.writerow([key, *_coordinates(said, path), "", _guarded("\n".join(lines))])
    for number, line in enumerate(said.kept, start=1):
        writer.writerow([key, "", "", "kept", number, _guarded(line), ""])
    return target.getvalue().encode("utf-8-sig")


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(value, Mapping):
        if not value:
            yield path, ""
        for key, what in value.items():
            yield from _leaves(what, (*path, key))
    elif isinstance(value, list) and any(isinstance(step, int) for step in path):
        yield path, ", ".join(value)  # several names inside an item
    elif isinstance(value, list):
        for number, what in enumerate(value):
            yield from _leaves(what, (*path, number))
    else:
        yield path, ("true" if value else "false") if isinstance(value, bool) else str(value)


def _coordinates(said: Said, path: Path) -> tuple[str, str, str, str | int]:
    """Stage, touchpoint, lane and item of a path; what is inside an item follows the lane after a full stop."""
    stage = touchpoint = ""
    rest = path
    if path[0] == "touchpoints" and len(path) > 1:
        touchpoint, rest = str(path[1]), path[2:]
        places = said.data["stages"].items()
        stage = next((key for key, what in places if touchpoint in what.get("touchpoints", ())), "")
    elif path[0] == "stages" and len(path) > 1:
        stage, rest = str(path[1]), ("stage", *path[2:])
    item = next((step + 1 for step in rest if isinstance(step, int)), "")
    return stage, touchpoint, ".".join(str(step) for step in rest if not isinstance(step, int)), item


def _guarded(text: str) -> str:
    return f"'{text}" if _LOOKS_LIKE_FORMULA.match(text) else text


def _unguarded(text: str) -> str:
    return text[1:] if _QUOTED_FORMULA.match(text) else text


def read_csv(data: bytes, file: str) -> Sheet:
    """The cells of a CSV file, whatever parts them: comma, semicolon or tab.

    Raises:
        InputError: It cannot be read as CSV.
    """
    text = _decoded(data)
    first = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        message = sentence("it cannot be read as CSV ({error}); save it anew as CSV UTF-8 or .xlsx", error=error)
        raise InputError(Problem(message=message, file=file, code="unreadable-file")) from error
    width = max(map(len, rows), default=0)
    if len(rows) * width > _MOST_CELLS:
        raise InputError(Problem(message=sentence("it is far too large to be a map"), file=file, code="too-large"))
    return Sheet(
        name="",
        file=file,
        rows=[
            [
                Cell(_unguarded(cells[column]) if column < len(cells) else None, place=f"{file}:{address(row, column)}")
                for column in range(width)
            ]
            for row, cells in enumerate(rows)
        ],
    )


def _decoded(data: bytes) -> str:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")  # what Excel writes by default in our countries


def is_long(sheet: Sheet) -> bool:
    """Whether a table is the long form."""
    head = [cell.text.strip().casefold() for cell in sheet.rows[0]] if sheet.rows else []
    return tuple(head[:6]) == LONG_COLUMNS[:6]


def read_long(sheet: Sheet) -> tuple[Said, dict[Path, str], list[Problem]]:
    """What the long form says, where each of it stands, and the lines that cannot be understood."""
    data: dict[str, Any] = {}
    comments: dict[Path, tuple[str, ...]] = {}
    places: dict[Path, str] = {}
    problems: list[Problem] = []
    kept: list[str] = []
    for row in sheet.rows[1:]:
        cells = [cell.text for cell in row]
        if not any(cell.strip() for cell in cells):
            continue
        _, stage, touchpoint, lane, item, value, note = [*cells, ""][:7]
        if lane == "kept":
            kept.append(value)
            continue
        path = _path(stage.strip(), touchpoint.strip(), lane.strip(), item.strip())
        if path is None or not _put(data, path, value):
            message = sentence(
                "the lane '{lane}' with the item '{item}' is no place on a map; it is left out", lane=lane, item=item
            )
            problems.append(Problem(message=message, file=row[3].place, severity="warning", code="unknown-place"))
            continue
        places[path] = row[5].place
        if note:
            comments[path] = (*comments.get(path, ()), *note.split("\n"))
    return Said(data=_with_lists(data), comments=comments, kept=tuple(kept)), places, problems


_LISTS_AFTER = {"for": 2, "stage": 1, "personas": 2, "channels": 2, "improvements": 2, "goal": 1}
"""Which step of a lane is the list that the item counts in, by its first step; else the first."""


def _path(stage: str, touchpoint: str, lane: str, item: str) -> Path | None:
    """The path that a line is about; `None`: there is none."""
    steps: list[str | int] = list(lane.split(".")) if lane else []
    after = _LISTS_AFTER.get(str(steps[0]), 0) if steps else 0
    if item:
        if not item.isdecimal() or int(item) < 1 or after >= len(steps):
            return None
        steps.insert(after + 1, int(item) - 1)
    if touchpoint:
        return ("touchpoints", touchpoint, *steps)
    if steps and steps[0] == "stage":
        return ("stages", stage, *steps[1:]) if stage else None
    return tuple(steps) or None


def _put(data: dict[Any, Any], path: Path, value: str) -> bool:
    """Put a value at a path, lists as mappings from numbers for now; `False`: something else stands on the way."""
    for step in path[:-1]:
        inner: Any = data.setdefault(step, {})
        if not isinstance(inner, dict):
            return False
        data = inner
    last: Any = path[-1]
    if not value.strip():
        return isinstance(data.setdefault(last, {}), dict)
    if last in data:
        return False
    data[last] = value if last not in _SEVERAL else [name.strip() for name in value.split(",") if name.strip()]
    return True


_SEVERAL = {"next", "unless"}
"""What holds several names in one cell, for it is inside an item."""


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(isinstance(key, int) for key in value):
        return [_with_lists(value[number]) for number in sorted(value)]
    return {key: _with_lists(what) for key, what in value.items()}
