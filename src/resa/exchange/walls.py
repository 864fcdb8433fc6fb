"""A map as sheets: the wall as a grid, and what a grid cannot hold as lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from resa.documents import Path
from resa.exchange.cells import join_thoughts, pain_point
from resa.exchange.comments import notes
from resa.exchange.saying import THOUGHTS, Said
from resa.exchange.sheets import Book, Cell, Sheet
from resa.exchange.terms import word
from resa.journey_map import display_name

__all__ = ["ARROW_COLUMNS", "HEAD_LINES", "LISTS", "as_sheets"]

LISTS: Mapping[str, tuple[str, ...]] = {
    "personas": ("key", "name", "about", "quote", "path", "picture", "who"),
    "channels": ("key", "name", "kind", "cost"),
    "improvements": ("key", "name", "about", "owner", "state", "since", "should_move"),
}
"""The columns of the sheets that list named things."""

ARROW_COLUMNS = (
    *("kind", "after", "next", "within", "target", "owner", "unless", "name"),
    *("renews", "per", "if_met", "if_missed"),
)
HEAD_LINES = (
    *("title", "language", "timezone", "currency", "owner", "review", "reviewed", "holidays"),
    *("goal.from", "goal.reach", "goal.within", "goal.target"),
)
"""The lines of the sheet about the map as a whole."""

_ABOVE = ("picture", "actions")
_BELOW = ("channel", "owner", "frontstage", "backstage", "support", "moment_of_truth", "was")
_PEOPLE = ("actions", "emotion.now", "emotion.aim", "motivation", "questions", "pain_points")
_WIDE = {"about": 60, "quote": 46, "path": 46, "who": 36, "next": 28, "after": 24, "kind": 16, "per": 24, "value": 80}


def as_sheets(said: Said, language: str) -> Book:
    """All sheets of a map, notes of its file's comments included.

    Args:
        said: What the map says.
        language: Of headings.
    """
    sheets = [
        _wall(said, language),
        _arrows(said, language),
        *(_list(said, section, language) for section in LISTS),
        _head(said, language),
    ]
    if said.kept:
        heading = [Cell(word("kept", language), look="head")]
        lines = [[Cell(line, look="code")] for line in said.kept]
        sheets.append(Sheet(name=word("sheet.rest", language), rows=[heading, *lines], widths=(110,)))
    places = {cell.path: cell.items for sheet in sheets for cell in sheet.cells() if cell.path is not None}
    remarks = notes(said.comments, places)
    for sheet in sheets:
        sheet.rows = [
            [replace(cell, note=remarks.get(cell.path, "")) if cell.path is not None else cell for cell in row]
            for row in sheet.rows
        ]
    return sheets


def _columns(said: Said) -> Iterator[tuple[str, str]]:
    """Stage and touchpoint of every column; a stage without touchpoints has one all the same."""
    for stage, what in said.data["stages"].items():
        for touchpoint in what.get("touchpoints", ()) or ("",):
            yield stage, touchpoint


def _wall(said: Said, language: str) -> Sheet:
    columns = list(_columns(said))
    stages = said.data["stages"]
    told = said.data.get("touchpoints", {})
    top = [Cell(word("lane.stage", language), look="stage", path=("stages",))]
    merged: list[tuple[int, int, int]] = []
    for number, (stage, _) in enumerate(columns, start=1):
        if number > 1 and columns[number - 2][0] == stage:
            top.append(Cell(look="stage"))
            row, first, _ = merged[-1] if merged and merged[-1][2] == number - 1 else (0, number - 1, 0)
            merged = [*(one for one in merged if one[1] != first), (row, first, number)]
            continue
        top.append(Cell(stages[stage].get("name") or display_name(stage), look="stage", path=("stages", stage)))
    names = [Cell(word("lane.touchpoint", language), look="head", path=("touchpoints",))]
    for _, touchpoint in columns:
        here = told.get(touchpoint, {})
        look = "moment" if here.get("moment_of_truth") else "head"
        path: Path | None = ("touchpoints", touchpoint) if touchpoint else None
        shown = here.get("name") or display_name(touchpoint)
        names.append(Cell(shown or None, look=look, path=path))  # type: ignore[arg-type]  # one of two words
    rows = [top, names]
    for lane in (*_ABOVE, *_PEOPLE[1:], *_BELOW):
        rows.append(_lane_row(said, columns, lane, language))
        if lane in _PEOPLE:
            rows += _persona_rows(said, columns, lane, language)
    rows.append(_quiet("key", [touchpoint for _, touchpoint in columns], language))
    rows.append(_quiet("stage_key", [stage for stage, _ in columns], language))
    return Sheet(
        name=word("sheet.wall", language), rows=rows, merged=merged, widths=(24, *(30 for _ in columns)), frozen=(2, 1)
    )


def _quiet(lane: str, texts: Sequence[str], language: str) -> list[Cell]:
    label = Cell(word(f"lane.{lane}", language), look="quiet")
    return [label, *(Cell(text or None, look="quiet") for text in texts)]


def _lane_row(
    said: Said, columns: Sequence[tuple[str, str]], lane: str, language: str, persona: str | None = None
) -> list[Cell]:
    name = word(f"lane.{lane}", language)
    label = name if persona is None else f"{name} ({_persona_name(said, persona)})"
    row = [Cell(label, look="label")]
    for _, touchpoint in columns:
        here = said.data.get("touchpoints", {}).get(touchpoint, {})
        path: Path = ("touchpoints", touchpoint)
        if persona is not None:
            here, path = here.get("for", {}).get(persona, {}), (*path, "for", persona)
        row.append(_cell(said, here, lane, path, language) if touchpoint else Cell())
    return row


def _persona_rows(said: Said, columns: Sequence[tuple[str, str]], lane: str, language: str) -> Iterator[list[Cell]]:
    for persona in said.data.get("personas", {}):
        row = _lane_row(said, columns, lane, language, persona)
        if any(not cell.empty for cell in row[1:]):
            yield row


def _persona_name(said: Said, key: str) -> str:
    """What people call a persona, where no other is called so; else the name in the file."""
    names = {one: what.get("name") or display_name(one) for one, what in said.data["personas"].items()}
    name = names[key]
    unique = list(names.values()).count(name) == 1 and name not in names
    return name if unique and name == name.strip() and "\n" not in name and not set(name) & set("()") else key


def _cell(said: Said, here: Mapping[str, Any], lane: str, path: Path, language: str) -> Cell:
    if lane.startswith("emotion."):
        part = lane.removeprefix("emotion.")
        of_both = (*path, "emotion")  # which stand on one line of the file
        return Cell(here.get("emotion", {}).get(part), path=of_both if part == "now" else (*of_both, part))
    value = here.get(lane)
    place = (*path, lane)
    if lane == "pain_points":
        thoughts = [pain_point(point, language) for point in value or ()]
        return Cell(join_thoughts(thoughts) or None, path=place, items=len(thoughts))
    if lane in THOUGHTS:
        return Cell(join_thoughts(value or ()) or None, path=place, items=len(value or ()))
    if lane == "channel":
        value = [_channel_name(said, key) for key in value or ()] or None
    if lane == "moment_of_truth":
        value = word("true", language) if value else None
    return Cell("\n".join(value) if isinstance(value, list) else value, path=place)


def _channel_name(said: Said, key: str) -> str:
    channels = said.data.get("channels", {})
    names = {one: what.get("name") or display_name(one) for one, what in channels.items()}
    name = names.get(key, key)
    unique = list(names.values()).count(name) == 1 and name not in names
    return name if unique and name == name.strip() and not set(name) & set(",;\n•-*") else key


def _arrows(said: Said, language: str) -> Sheet:
    rows = [_headings(ARROW_COLUMNS, language)]
    for touchpoint, here in said.data.get("touchpoints", {}).items():
        for kind in ("expect", "promise"):
            for number, arrow in enumerate(here.get(kind, ())):
                first = Cell(word(kind, language), path=("touchpoints", touchpoint, kind, number))
                told = {**arrow, "after": touchpoint}
                rows.append([first, *(_listed(told.get(column), column, language) for column in ARROW_COLUMNS[1:])])
    return Sheet(name=word("sheet.arrows", language), rows=rows, widths=_widths(ARROW_COLUMNS))


def _list(said: Said, section: str, language: str) -> Sheet:
    columns = LISTS[section]
    heading = _headings(columns, language)
    rows = [[replace(heading[0], path=(section,)), *heading[1:]]]
    for key, what in said.data.get(section, {}).items():
        told = {"name": display_name(key), **what}
        first = Cell(key, look="quiet", path=(section, key))
        rows.append([first, *(_listed(told.get(column), column, language) for column in columns[1:])])
    return Sheet(name=word(f"sheet.{section}", language), rows=rows, widths=_widths(columns))


def _headings(columns: Sequence[str], language: str) -> list[Cell]:
    return [Cell(word(column, language), look="head") for column in columns]


def _widths(columns: Sequence[str]) -> list[float]:
    return [_WIDE.get(column, 24) for column in columns]


def _listed(value: Any, column: str, language: str) -> Cell:
    if isinstance(value, bool):
        return Cell(word("true" if value else "false", language))
    if isinstance(value, list):
        return Cell("\n".join(value))
    if column in {"kind", "state"} and value:
        return Cell(word(value, language))
    return Cell(value)


def _head(said: Said, language: str) -> Sheet:
    rows = [[Cell("resa", look="quiet", path=("resa",)), Cell(1, look="quiet")]]
    for line in HEAD_LINES:
        section, _, part = line.partition(".")
        value = said.data.get(section)
        if part:
            value = (value or {}).get(part)
        path = (section,) if part in {"", "from"} else None
        if line == "language":
            value = value or "en"
        if line == "timezone":
            value = value or "UTC"
        label = Cell(word(line, language), look="label", path=path)
        rows.append([label, Cell("\n".join(value) if isinstance(value, list) else value)])
    return Sheet(name=word("sheet.head", language), rows=rows, widths=(28, 80), frozen=(0, 1))
