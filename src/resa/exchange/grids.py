"""The wall as a grid, ours or anybody's: stages across, lanes down, several thoughts in a cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from resa.base.language import sentence, sentences
from resa.documents import Path
from resa.exchange.cells import split_names, split_thoughts, tagged
from resa.exchange.feelings import feelings
from resa.exchange.reading import Reading, as_key
from resa.exchange.saying import THOUGHTS
from resa.exchange.sheets import Cell, Sheet
from resa.exchange.terms import choice, lane
from resa.journey_map import display_name, normalised

__all__ = ["read_wall"]

_BY_PERSONA = {"actions", "motivation", "questions", "pain_points", "emotion.now", "emotion.aim"}
"""Lanes in which personas can differ."""

_FOR_PERSONA = re.compile(r"(?P<lane>.*?)\s*\((?P<persona>.+)\)\s*", re.DOTALL)


@dataclass(frozen=True)
class _Column:
    """One column of the grid: where it is, its stage, and its touchpoint, empty for a stage that has none yet."""

    number: int
    stage: str
    touchpoint: str = ""


@dataclass(frozen=True)
class _Lane:
    """One row of the grid: its lane (empty: none that the file knows), for whom, and its cells."""

    lane: str
    persona: str
    label: Cell
    row: Sequence[Cell]


def read_wall(reading: Reading, sheet: Sheet) -> None:
    """Read the stages, touchpoints and lanes of a grid; lists of personas and channels were read before."""
    rows = _oriented(_without_margins(sheet))
    heading = _heading(reading, rows)
    if heading is None:
        place = rows[0][0].place if rows and rows[0] else sheet.file
        message = sentence(
            "no row of stages is found; write the stages across in the first row, and the lanes down from the second"
        )
        reading.warn(message, place, "no-stages")
        return
    lanes = _lanes(reading, rows[heading + 1 :])
    columns = _columns(reading, rows[heading], lanes, _spans(sheet, rows[heading]))
    for one in lanes:
        if one.lane not in {"touchpoint", "key", "stage_key"}:
            _read_lane(reading, one, columns)
    _read_listed(reading, lanes, columns)


def _without_margins(sheet: Sheet) -> list[list[Cell]]:
    """Without empty rows, and without empty columns on the left."""
    rows = [list(row) for row in sheet.rows if any(not cell.empty for cell in row)]
    width = max(map(len, rows), default=0)
    rows = [[*row, *(Cell() for _ in range(width - len(row)))] for row in rows]
    first = next((n for n in range(width) if any(not row[n].empty for row in rows)), 0)
    return [row[first:] for row in rows]


def _oriented(rows: list[list[Cell]]) -> list[list[Cell]]:
    """With lanes down: a grid whose lanes stand across is turned."""
    across = max((sum(1 for cell in row[1:] if lane(cell.text)) for row in rows[:4]), default=0)
    down = sum(1 for row in rows if lane(_lane_word(row[0].text)))
    return [list(column) for column in zip(*rows, strict=True)] if across > max(1, down) else rows


def _lane_word(label: str) -> str:
    match = _FOR_PERSONA.fullmatch(label)
    return match["lane"] if match and not lane(label) else label


def _heading(reading: Reading, rows: list[list[Cell]]) -> int | None:
    """The row of stages: the first with more than a title in it, or the one that says so."""
    for number, row in enumerate(rows):
        filled = [cell for cell in row if not cell.empty]
        if lane(row[0].text) == "stage" or len([cell for cell in row[1:] if not cell.empty]) > 1:
            return number
        if number + 1 < len(rows) and lane(rows[number + 1][0].text) and len(filled) == 1 and filled[0] is not row[0]:
            return number  # a map of one stage
        if lane(row[0].text):
            return None
        if "title" not in reading.data and filled:
            reading.data["title"] = " ".join(filled[0].text.split())
            reading.places["title",] = filled[0].place
        elif filled:
            reading.remark(("resa",), filled[0].text.split("\n"))
    return None


def _spans(sheet: Sheet, heading: Sequence[Cell]) -> set[str]:
    """The places of cells that are part of the cell to their left."""
    del heading
    return {
        sheet.rows[row][column].place
        for row, first, last in sheet.merged
        if row < len(sheet.rows)
        for column in range(first + 1, min(last + 1, len(sheet.rows[row])))
    }


def _lanes(reading: Reading, rows: Sequence[Sequence[Cell]]) -> list[_Lane]:
    """The rows below the stages, each with what it is; one without a name goes on with the one above."""
    found: list[_Lane] = []
    named = [row[0].text for row in rows if not row[0].empty]
    words = [lane(_lane_word(label)) for label in named]
    for number, row in enumerate(rows):
        label = row[0]
        if label.empty and found:
            found.append(replace(found[-1], row=row))
            continue
        if label.empty and number == 0:
            found.append(_Lane("touchpoint", "", label, row))
            continue
        key = lane(label.text)
        match = _FOR_PERSONA.fullmatch(label.text)
        persona = ""
        # A persona may be called by a sign that headings are read without, such as ´.
        own = match is not None and reading.member("personas", match["persona"]) is not None
        if (key is None or own) and match and (key := lane(match["lane"])):
            persona = _persona(reading, match["persona"], label, several=words.count(key) > 1)
            if persona and key not in _BY_PERSONA:
                key, persona = None, ""
        if key is None and number == 0 and all(len(split_thoughts(cell.text)) < 2 for cell in row[1:]):
            key = "touchpoint" if normalised(label.text) in {"", "name", "namn", "navn", "nev"} else None
        found.append(_Lane(key or "", persona, label, row))
    return found


def _persona(reading: Reading, name: str, label: Cell, *, several: bool) -> str:
    """The persona that a lane is for, made if several rows of the lane differ by names; empty: it is a remark."""
    known = reading.member("personas", name)
    if known is not None or not several:
        return known or ""
    taken = [*reading.data.get("personas", {}), *reading.data["stages"]]
    key = reading.free(as_key(name), taken)
    if not key:
        return ""
    reading.section("personas")[key] = {"name": name.strip()} if display_name(key) != name.strip() else {}
    reading.places["personas", key] = label.place
    reading.warn(
        sentence("'{name}' is taken for a persona, and is one of the map now", name=name), label.place, "new-persona"
    )
    return key


def _texts(lanes: Sequence[_Lane], wanted: str) -> Sequence[Cell] | None:
    return next((one.row for one in lanes if one.lane == wanted), None)


def _columns(reading: Reading, top: Sequence[Cell], lanes: Sequence[_Lane], spans: set[str]) -> list[_Column]:
    """Stages and touchpoints, in order, with the names that the file gives them."""
    keys, stage_keys, names = (_texts(lanes, wanted) for wanted in ("key", "stage_key", "touchpoint"))
    listed = keys is None and names is not None and any(len(split_thoughts(cell.text)) > 1 for cell in names[1:])
    reading.note(top[0], ("stages",))
    found: list[_Column] = []
    begins = [number for number in range(1, len(top)) if not top[number].empty and top[number].place not in spans]
    stage = ""
    for number in range(1, len(top)):
        cell = top[number]
        if number in begins:
            stage = _stage(reading, cell, stage_keys[number] if stage_keys else Cell())
        filled = any(not one.row[number].empty for one in lanes if one.lane != "stage_key")
        if not stage:
            if filled:
                stage = _stage(reading, replace(cell, value="?"), Cell())
                reading.warn(
                    sentence("no stage stands above this column; it is called '?' now"), cell.place, "no-stage"
                )
            else:
                continue
        name = names[number] if names is not None else Cell()
        if listed:
            name = replace(name, value=next(iter(split_thoughts(name.text)), None), note="")
        key = keys[number] if keys is not None else Cell()
        alone = number in begins and (number + 1 in begins or number + 1 == len(top)) and name.empty
        touchpoint = _touchpoint(reading, stage, name, key, cell, alone=alone) if filled else ""
        found.append(_Column(number, stage, touchpoint))
    return found


def _stage(reading: Reading, cell: Cell, key: Cell) -> str:
    name = " ".join(cell.text.split("\n")).strip() if key.empty else cell.text.strip()
    wanted = normalised(key.text) if not key.empty else as_key(name) or "stage"
    stages = reading.data["stages"]
    found = reading.free(wanted, stages)
    stages[found] = {} if display_name(found) == name else {"name": name}
    reading.note(cell, ("stages", found))
    reading.names.setdefault(normalised(name), found)
    return found


def _touchpoint(reading: Reading, stage: str, name: Cell, key: Cell, top: Cell, *, alone: bool = False) -> str:
    """The touchpoint of a column; without a name it is called as its stage, also in the file if it is `alone` there."""
    stages = reading.data["stages"]
    inside = stages[stage].setdefault("touchpoints", [])
    taken = {one for what in stages.values() for one in what.get("touchpoints", ())}
    others = {one for one in stages if one != stage or not alone} | set(reading.data.get("personas", {}))
    shown = name.text.strip()
    if not shown and key.empty:
        title = stages[stage].get("name") or display_name(stage)
        shown = title if not inside else f"{title} {len(inside) + 1}"
    wanted = normalised(key.text) if not key.empty else as_key(shown) or f"{stage}_{len(inside) + 1}"
    found = reading.free(wanted, taken | (others if key.empty else set()))
    if found != wanted and not key.empty:
        message = sentence(
            "'{wanted}' names another column already; this one is called '{found}' in the file",
            wanted=wanted,
            found=found,
        )
        reading.warn(message, key.place, "repeated-name")
    inside.append(found)
    place = key.place or name.place or top.place
    reading.places["stages", stage, "touchpoints", len(inside) - 1] = place
    reading.note(name if not name.empty else replace(top, note=""), ("touchpoints", found))
    for said in (shown, found):
        reading.names.setdefault(normalised(said), found)
    reading.names.setdefault(shown, found)
    if shown and shown != display_name(found):
        reading.touchpoint(found)["name"] = shown
    return found


def _read_lane(reading: Reading, one: _Lane, columns: Sequence[_Column]) -> None:
    if one.label.note:
        reading.remark(("stages",), [f"{one.label.text}: {line}" for line in one.label.note.split("\n")])
    cells = [(column, one.row[column.number]) for column in columns]
    if not one.lane:
        _keep(reading, one, cells)
    elif one.lane.startswith("emotion."):
        _read_emotion(reading, one, cells)
    else:
        for column, cell in cells:
            if column.touchpoint:
                _read_cell(reading, one, column.touchpoint, cell)
    for number, cell in enumerate(one.row[1:], start=1):
        if not cell.empty and all(column.number != number for column in columns):
            reading.remark(("stages",), [f"{one.label.text}: {line}" for line in cell.text.split("\n")])
            reading.warn(sentence("no stage stands above this cell; it is kept as a comment"), cell.place, "no-stage")


def _keep(reading: Reading, one: _Lane, cells: Sequence[tuple[_Column, Cell]]) -> None:
    """Keep a lane that the file does not know, as comments beside its touchpoints."""
    kept = 0
    for column, cell in cells:
        lines = [*split_thoughts(cell.text), *filter(None, cell.note.split("\n"))]
        kept += bool(lines)
        path: Path = ("touchpoints", column.touchpoint) if column.touchpoint else ("stages", column.stage)
        reading.remark(path, [f"{' '.join(one.label.text.split())}: {' '.join(line.split())}" for line in lines])
    if kept:
        message = sentences(
            "'{lane}' is no lane of a journey file; its cell stands as a comment beside the touchpoints",
            "'{lane}' is no lane of a journey file; its {n} cells stand as comments beside the touchpoints",
            kept,
            lane=one.label.text.strip(),
        )
        reading.warn(message, one.label.place, "unknown-lane")


def _place(one: _Lane, touchpoint: str) -> Path:
    return ("touchpoints", touchpoint, *(("for", one.persona) if one.persona else ()))


def _told(reading: Reading, path: Path) -> dict[str, object]:
    told = reading.data
    for step in path:
        told = told.setdefault(step, {})  # type: ignore[arg-type]  # no list lies on the way
    return told


def _read_emotion(reading: Reading, one: _Lane, cells: Sequence[tuple[_Column, Cell]]) -> None:
    part = one.lane.removeprefix("emotion.")
    said = [(column, cell) for column, cell in cells if column.touchpoint]
    written = [(column, cell) for column, cell in said if not cell.empty]
    values, five = feelings([cell.text for _, cell in written])
    if five:
        message = sentence("these numbers are read as 1 (awful) to 5 (delightful) and written as -2 to +2")
        reading.warn(message, one.label.place, "scale")
    for (column, cell), value in zip(written, values, strict=True):
        path = _place(one, column.touchpoint)
        if value is None:
            message = sentence(
                "'{cell}' does not say how it feels, from -2 to +2; kept as a comment", cell=" ".join(cell.text.split())
            )
            reading.warn(message, cell.place, "emotion")
            lines = [f"{one.label.text}: {' '.join(line.split())}" for line in cell.text.split("\n")]
            reading.remark(("touchpoints", column.touchpoint), lines)
            continue
        emotion = _told(reading, (*path, "emotion"))
        emotion.setdefault(part, value)
        reading.places[*path, "emotion", part] = cell.place
    for column, cell in said:
        if cell.note:
            reading.note(cell, (*_place(one, column.touchpoint), "emotion"))


def _read_cell(reading: Reading, one: _Lane, touchpoint: str, cell: Cell) -> None:
    path = (*_place(one, touchpoint), one.lane)
    if cell.empty:
        if cell.note:
            reading.note(cell, path)
        return
    if one.lane == "improvements":
        _read_improvements(reading, touchpoint, cell)
        return
    told = _told(reading, path[:-1])
    text = cell.text.strip()
    if one.lane in THOUGHTS or one.lane == "pain_points":
        thoughts: list[object] = [
            tagged(thought) if one.lane == "pain_points" else thought for thought in split_thoughts(cell.text)
        ]
        before = told.setdefault(one.lane, [])
        if not isinstance(before, list):
            return
        for number in range(len(thoughts)):
            reading.places[*path, len(before) + number] = cell.place
        before.extend(thoughts)
        reading.note(cell, path, len(before))
        return
    if one.lane == "channel":
        told[one.lane] = list(dict.fromkeys(_channel(reading, name, cell) for name in split_names(cell.text)))
    elif one.lane == "was":
        told[one.lane] = split_names(cell.text)
    elif one.lane == "moment_of_truth":
        told[one.lane] = choice(text, ("true", "false")) or text
    elif one.lane in told:
        told[one.lane] = f"{told[one.lane]}, {' '.join(text.split())}"
    else:
        told[one.lane] = text
    reading.note(cell, path)


def _channel(reading: Reading, name: str, cell: Cell) -> str:
    known = reading.member("channels", name)
    if known is not None:
        return known
    channels = reading.section("channels")
    key = reading.free(as_key(name) or "channel", channels)
    channels[key] = {"kind": "external"} | ({"name": name} if display_name(key) != name else {})
    reading.places["channels", key] = cell.place
    return key


def _read_improvements(reading: Reading, touchpoint: str, cell: Cell) -> None:
    """Opportunities become improvements of the map; where they stood is kept beside them."""
    improvements = reading.section("improvements")
    name = reading.data.get("touchpoints", {}).get(touchpoint, {}).get("name") or display_name(touchpoint)
    for thought in split_thoughts(cell.text):
        known = next((key for key, what in improvements.items() if what.get("about") == thought), None)
        key = known or reading.free(as_key(thought) or "improvement", improvements)
        improvements.setdefault(key, {"about": thought})
        reading.places["improvements", key] = cell.place
        reading.remark(("improvements", key), [str(name)])
    if cell.note:
        reading.remark(("touchpoints", touchpoint), cell.note.split("\n"))


def _read_listed(reading: Reading, lanes: Sequence[_Lane], columns: Sequence[_Column]) -> None:
    """A lane that lists the touchpoints of each stage; what stands in the other lanes belongs to the first of them."""
    listing = next((one for one in lanes if one.lane == "touchpoint"), None)
    if listing is None:
        return
    reading.note(listing.label, ("touchpoints",))
    if any(one.lane == "key" for one in lanes):
        return
    several = False
    for column in columns:
        cell = listing.row[column.number]
        for name in split_thoughts(cell.text)[1:]:
            several = True
            _touchpoint(reading, column.stage, replace(cell, value=name, note=""), Cell(), cell)
        if cell.note and column.touchpoint and len(split_thoughts(cell.text)) > 1:
            reading.note(cell, ("touchpoints", column.touchpoint))
    if several:
        message = sentence(
            "where a cell lists several touchpoints, what stands below it belongs to the first of them now"
        )
        reading.warn(message, listing.label.place or listing.row[1].place, "several-touchpoints")
