"""What a form of the wall says of a touchpoint, in the words that `resa.journey_map.said_of` has for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.journey_map import LANES, squeezed
from resa.model.quantities import in_english

__all__ = ["BLANK", "asked_of_form", "in_form", "over_theirs", "row_of_form", "words_of_form"]

_NUMBER: Final = re.compile(r"[0-9]+([.,][0-9]+)?")
_FEELING: Final = re.compile(r"[+-]?[0-2]")
_OF_ROWS: Final = {
    "pain_points": ("text", "source", "shown_by", "improvement"),
    "expect": ("within", "target", "owner"),
    "promise": ("within", "target", "owner"),
}
BLANK: Final[Mapping[str, Mapping[str, Any]]] = {
    field: {**dict.fromkeys(names, ""), **({} if field == "pain_points" else {"next": []})}
    for field, names in _OF_ROWS.items()
}
"""A row of each list that says nothing yet."""

_NEEDED: Final = {"pain_points": "text", "expect": "next", "promise": "next"}


def in_form(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a touchpoint as a form shows it: of each row the fields that it has."""
    rows = {
        field: [
            {
                "at": row["at"],
                **{name: row.get(name, blank) for name, blank in BLANK[field].items()},
            }
            for row in said[field]
        ]
        for field in _OF_ROWS
    }
    return {**said, **rows}


def asked_of_form(said: Mapping[str, Any], data: Mapping[str, str]) -> dict[str, Any]:
    """What a form says otherwise than what was said when it was shown; of a feeling, the sides.

    Raises:
        QuestionError: A feeling is none, or a new row says something, but not what it is about.
    """
    _check(data)
    before, words = in_form(said), words_of_form(data)
    if "channel" in words:
        kept = [one for one in before["channel"] if one in words["channel"]]
        words["channel"] = kept + [one for one in words["channel"] if one not in kept]
    for field in _NEEDED.keys() & words:
        words[field] = [row for row in words[field] if row[_NEEDED[field]]]
    if "emotion" in words:
        words["emotion"] = {side: now for side, now in words["emotion"].items() if now != before["emotion"][side]}
    return {field: value for field, value in words.items() if value not in (before[field], {})}


def over_theirs(
    seen: Mapping[str, Any] | None, now: Mapping[str, Any], data: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """A form that something else was changed under, to be looked at again: what it changes, over all that is said now.

    Args:
        seen: What was said when it was shown; `None`: nobody knows any more.
        now: What is said now.
        data: What it said.

    Returns:
        What the form says now, and the fields in which that would write over what others said meanwhile.
    """
    mine = words_of_form(data) if seen is None else asked_of_form(seen, data)
    before, after = in_form(seen or now), in_form(now)
    for field in _OF_ROWS.keys() & mine:
        mine[field] = _rows_now(mine[field], before[field], after[field])
    if "emotion" in mine:
        mine["emotion"] = {**after["emotion"], **mine["emotion"]}
    others = [
        field for field in mine if after[field] != mine[field] and (seen is None or after[field] != before[field])
    ]
    return {**after, **mine}, others


def _rows_now(
    rows: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows with their places among those of now, and behind them those that others wrote meanwhile.

    A row is where it is found again, or, of as many rows, where it was and no other one was; else it is new.
    """

    def words(one: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in one.items() if name != "at"}

    old = {one["at"]: words(one) for one in before}
    left = {one["at"]: words(one) for one in now}
    found: dict[int, int] = {}
    for number, row in enumerate(rows):
        at = next((at for at, one in left.items() if one == old.get(row.get("at", -1))), None)
        if at is not None:
            found[number] = at
            del left[at]
    for number, row in enumerate(rows):
        at = row.get("at", -1)
        if number not in found and len(now) == len(before) and at in left and left[at] not in old.values():
            found[number] = at
            del left[at]
    placed = [{**words(row), **({"at": found[number]} if number in found else {})} for number, row in enumerate(rows)]
    return placed + [{**one, "at": at} for at, one in left.items() if one not in old.values()]


def _check(data: Mapping[str, str]) -> None:
    for side in ("now", "aim"):
        text = data.get(f"emotion.{side}", "").strip()
        if text and _feeling(text) is None:
            raise QuestionError(sentence("'{text}' is no feeling; write a whole number from -2 to 2", text=text[:20]))
    for field, needed in _NEEDED.items():
        for row in _rows(data, field, _OF_ROWS[field]):
            if "at" not in row and not row[needed] and any(row.values()):
                raise QuestionError(
                    sentence("a pain point was described, but not told; write it, or empty the row")
                    if needed == "text"
                    else sentence("an expectation or promise needs what comes next; choose it, or empty the row")
                )


def words_of_form(data: Mapping[str, str]) -> dict[str, Any]:
    """The words of a form; of fields that it does not hold, nothing.

    Fields are called as they are in the file. Of a list of rows, `expect.0.within` is one of the first row, whose
    `expect.0.at` says which of those in the file it is.
    """
    words: dict[str, Any] = {}
    for field in ("name", "owner"):
        if field in data:
            words[field] = squeezed(data[field])
    for lane in LANES:
        if lane in data:
            words[lane] = _lines(data[lane])
    if "emotion.now" in data:
        words["emotion"] = {side: _feeling(data.get(f"emotion.{side}", "")) for side in ("now", "aim")}
    if "has.moment_of_truth" in data:
        words["moment_of_truth"] = "moment_of_truth" in data
    if "has.channel" in data:
        words["channel"] = [name.removeprefix("channel.") for name in data if name.startswith("channel.")]
    for field, names in _OF_ROWS.items():
        if f"has.{field}" in data:
            words[field] = _rows(data, field, names)
    return words


def _lines(text: str) -> list[str]:
    """One thought a line."""
    return [line for line in map(squeezed, text.splitlines()) if line]


def _feeling(text: str) -> int | None:
    text = text.strip().replace("−", "-")
    return int(text) if _FEELING.fullmatch(text) else None


def _rows(data: Mapping[str, str], field: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows of a list that say anything, those that are there already with `at`."""
    named = (re.fullmatch(rf"{field}\.([0-9]{{1,3}})\.\w+(\.[0-9]{{1,3}})?", name) for name in data)
    rows = []
    for number in sorted({int(found[1]) for found in named if found}):
        start = f"{field}.{number}."
        row = row_of_form(data, start, names) if "next" in BLANK[field] else _texts(data, start, names)
        if re.fullmatch(r"[0-9]{1,4}", at := data.get(f"{start}at", "")):
            row["at"] = int(at)
        if "at" in row or any(row.values()):
            rows.append(row)
    return rows


def row_of_form(data: Mapping[str, str], start: str, names: tuple[str, ...]) -> dict[str, Any]:
    """What the fields of one arrow say, whose names begin with `start`: these texts, and what comes `next`."""
    ends = [data[name] for name in data if name.startswith(f"{start}next.") and data[name]]
    return {**_texts(data, start, names), "next": list(dict.fromkeys(ends))}


def _texts(data: Mapping[str, str], start: str, names: tuple[str, ...]) -> dict[str, Any]:
    said = {name: squeezed(data.get(start + name)) for name in names}
    if _NUMBER.fullmatch(said.get("target", "")):
        said["target"] += " %"  # a target is nothing else, and people leave it out
    if "within" in said:
        said["within"] = in_english(said["within"])
    return said
