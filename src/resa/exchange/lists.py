"""The sheets beside the wall: personas, channels, improvements, expectations and promises, and the map as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from resa.base.language import sentence
from resa.exchange.cells import split_names
from resa.exchange.reading import Reading, as_key
from resa.exchange.sheets import Cell, Sheet
from resa.exchange.terms import choice, understood
from resa.exchange.walls import ARROW_COLUMNS, HEAD_LINES, LISTS
from resa.journey_map import display_name, normalised

__all__ = ["read_arrows", "read_head", "read_list", "read_rest"]

_NAMES = {"path", "next", "unless"}
_KINDS = ("external", "internal", "peripheral")
_STATES = ("idea", "planned", "doing", "done", "dropped")


def _columns(reading: Reading, sheet: Sheet, known: Sequence[str]) -> list[str]:
    """What each column holds; empty where nobody knows."""
    found = []
    for cell in sheet.rows[0]:
        meant = next((key for key in understood(cell.text) if key in known and key not in found), "")
        if not meant and not cell.empty:
            reading.warn(
                sentence(
                    "the column '{cell}' is none of {known}; what stands in it is kept as comments",
                    cell=cell.text,
                    known=", ".join(known),
                ),
                cell.place,
                "unknown-column",
            )
        found.append(meant)
    return found


def read_list(reading: Reading, sheet: Sheet, section: str) -> None:
    """Personas, channels or improvements, one a row."""
    if not sheet.rows:
        return
    columns = _columns(reading, sheet, LISTS[section])
    reading.note(sheet.rows[0][0], (section,))
    for row in sheet.rows[1:]:
        told = {column: cell for column, cell in zip(columns, row, strict=False) if column and not cell.empty}
        if not told:
            continue
        label = told.get("key") or told.get("name") or row[0]
        key = normalised(label.text) if "key" in told else as_key(label.text)
        members = reading.section(section)
        if key in members:
            reading.warn(
                sentence("'{key}' stands twice on this sheet; the second is called otherwise", key=key),
                label.place,
                "repeated-name",
            )
            key = reading.free(key, members)
        members[key] = {}
        reading.note(row[0], (section, key))
        for column, cell in told.items():
            if column != "key":
                reading.places[section, key, column] = cell.place
                members[key][column] = _value(reading, column, cell)
        if members[key].get("name") == display_name(key):
            del members[key]["name"]
        if section == "channels":
            members[key].setdefault("kind", "external")
        for column, cell, heading in zip(columns, row, sheet.rows[0], strict=False):
            if not column and not cell.empty:
                reading.remark(
                    (section, key), [f"{heading.text}: {line}".strip(": ") for line in cell.text.split("\n")]
                )


def _value(reading: Reading, column: str, cell: Cell) -> str | list[str]:
    text = cell.text.strip()
    if column in _NAMES:
        return [reading.named(name) for name in split_names(text)]
    if column == "kind":
        return choice(text, _KINDS) or text
    if column == "state":
        return choice(text, _STATES) or text
    if column == "renews":
        return choice(text, ("true", "false")) or text
    if column in {"if_met", "if_missed"}:
        return normalised(text)
    return text


def read_arrows(reading: Reading, sheet: Sheet) -> None:
    """Expectations and promises, one a row."""
    if not sheet.rows:
        return
    columns = _columns(reading, sheet, ARROW_COLUMNS)
    reading.note(sheet.rows[0][0], ("stages",))
    known = {touchpoint for stage in reading.data["stages"].values() for touchpoint in stage.get("touchpoints", ())}
    for row in sheet.rows[1:]:
        told = {column: cell for column, cell in zip(columns, row, strict=False) if column and not cell.empty}
        if not told:
            continue
        after = reading.named(told["after"].text) if "after" in told else ""
        kind = choice(told["kind"].text, ("expect", "promise")) if "kind" in told else "expect"
        if after not in known or kind is None:
            cell = told.get("after", row[0]) if after not in known else told["kind"]
            reading.warn(
                sentence("'{cell}' is no touchpoint of the wall; the row is kept as a comment", cell=cell.text)
                if after not in known
                else sentence(
                    "'{cell}' is neither 'We expect' nor 'We promise'; the row is kept as a comment", cell=cell.text
                ),
                cell.place,
                "unknown-touchpoint",
            )
            said = ", ".join(f"{column}: {cell.text}" for column, cell in told.items())
            reading.remark(("stages",), [" ".join(said.split())])
            continue
        arrows = reading.touchpoint(after).setdefault(kind, [])
        path = ("touchpoints", after, kind, len(arrows))
        arrow = {column: _value(reading, column, told[column]) for column in ARROW_COLUMNS if column in told}
        arrows.append({key: what for key, what in arrow.items() if key not in {"kind", "after"}})
        reading.note(row[0], path)
        for column, cell in told.items():
            reading.places[*path, column] = cell.place


def read_head(reading: Reading, sheet: Sheet) -> None:
    """Title, language and the other facts about the whole map: a name in the first column, what it is in the second."""
    for row in sheet.rows:
        if len(row) < 2 or row[0].empty:
            continue
        label, cell = row[0], row[1]
        if label.text.strip() == "resa":
            reading.note(label, ("resa",))
            continue
        line = next((key for key in understood(label.text) if key in HEAD_LINES), None)
        if line is None:
            if not cell.empty:
                reading.warn(
                    sentence("'{label}' is nothing that a map says; kept as a comment", label=label.text),
                    label.place,
                    "unknown-line",
                )
                reading.remark(("resa",), [f"{label.text}: {part}" for part in cell.text.split("\n")])
            continue
        section, _, part = line.partition(".")
        if part in {"", "from"}:
            reading.note(label, (section,))
        if cell.empty:
            continue
        text = cell.text.strip()
        value: str | list[str] = text
        if line == "holidays":
            value = split_names(text)
        elif line == "goal.reach":
            value = [reading.named(name) for name in split_names(text)]
        elif line == "goal.from":
            value = reading.named(text)
        if part:
            reading.section(section)[part] = value
        else:
            reading.data[section] = value
        reading.places[(section, part) if part else (section,)] = cell.place


def read_rest(sheet: Sheet) -> tuple[str, ...]:
    """The lines that were kept word for word."""
    lines = [row[0].text if row else "" for row in sheet.rows[1:]]
    while lines and not lines[-1].strip():
        lines.pop()
    return tuple(lines)
