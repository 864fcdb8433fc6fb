"""What is read from sheets, as it grows: data, comments, where each thing stands, and what was wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from resa.base.errors import Problem
from resa.base.language import Sentence
from resa.documents import Path
from resa.exchange.comments import note_lines
from resa.exchange.sheets import Cell
from resa.journey_map import display_name, normalised

__all__ = ["Reading", "as_key"]

_LONGEST_KEY = 40


def as_key(text: str) -> str:
    """A name for the file from what people call something: `When's it due?` is `when_s_it_due`."""
    words = re.findall(r"\w+", normalised(text))
    key = ""
    for word in "_".join(words).split("_"):
        if key and len(key) + len(word) >= _LONGEST_KEY:
            break
        key = f"{key}_{word}" if key else word[: 2 * _LONGEST_KEY]
    return key


@dataclass
class Reading:
    """A map while its sheets are read.

    Attributes:
        data: As in the journey file.
        comments: Lines by path.
        places: The cell of each path.
        problems: What was wrong, or read otherwise than it was written.
        names: Keys of touchpoints and stages by what people call them.
    """

    data: dict[str, Any] = field(default_factory=lambda: {"stages": {}})
    comments: dict[Path, list[str]] = field(default_factory=dict)
    places: dict[Path, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def warn(self, message: Sentence, place: str, code: str) -> None:
        """Say what was read otherwise than it was written."""
        self.problems.append(Problem(message=message, file=place, severity="warning", code=code))

    def remark(self, path: Path, lines: Iterable[str]) -> None:
        """Keep lines as comments beside a thing."""
        said = [line for line in lines if line.strip()]
        if said:
            self.comments.setdefault(path, []).extend(said)

    def note(self, cell: Cell, path: Path, items: int = 0) -> None:
        """Keep the note of a cell beside what the cell holds, and remember where that stands."""
        self.places.setdefault(path, cell.place)
        if cell.note:
            for place, lines in note_lines(cell.note, path, items).items():
                self.comments.setdefault(place, []).extend(lines)

    def section(self, name: str) -> dict[str, Any]:
        """A section of the file, made where it is not there yet."""
        section: dict[str, Any] = self.data.setdefault(name, {})
        return section

    def touchpoint(self, key: str) -> dict[str, Any]:
        """What is said of a touchpoint."""
        told: dict[str, Any] = self.section("touchpoints").setdefault(key, {})
        return told

    def free(self, key: str, taken: Iterable[str]) -> str:
        """The key, or the next free one that begins so."""
        used = set(taken)
        number = 2
        free = key
        while free in used:
            free, number = f"{key}_{number}", number + 1
        return free

    def named(self, text: str) -> str:
        """The key of what people call so; else the text itself, for the reader of the file to judge."""
        key = normalised(text)
        known = {touchpoint for stage in self.data["stages"].values() for touchpoint in stage.get("touchpoints", ())}
        if key in known or key in self.data["stages"]:
            return key
        return self.names.get(text.strip()) or self.names.get(key) or text.strip()

    def member(self, section: Literal["personas", "channels"], text: str) -> str | None:
        """The key of a persona or channel that is called so; `None`: none is."""
        members = self.data.get(section, {})
        for key, what in members.items():
            if text in {key, what.get("name") or display_name(key)} or normalised(text) == key:
                return str(key)
        folded = normalised(text)
        return next((str(key) for key, what in members.items() if normalised(what.get("name", "")) == folded), None)
