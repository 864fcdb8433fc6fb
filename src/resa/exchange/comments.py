"""The comments of a journey file by what they stand beside, and as the notes of a spreadsheet's cells.

A comment belongs to what begins on its own line, or, where it fills its line, to what begins on the next line. A
comment with a blank line after it belongs to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from resa.documents import Path, read_document, spelling, walk

__all__ = ["Comments", "line_paths", "note_lines", "notes", "read_comments", "settled"]

Comments = Mapping[Path, tuple[str, ...]]
"""Lines of comment by the path of what they stand beside."""

_NUMBERED = re.compile(r"(\d{1,3})\. (.*)", re.DOTALL)
_CANNOT_STAND = re.compile(
    "[^\t\x20-\x7e\xa0-\u1fff\u2010-\u2027\u202f-\u205f\u2070-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|\xad"
)
"""What YAML, or its readers here, do not take even in a comment."""

_BEHIND = re.compile(r"[:,]?[ \t]+#(.*)")


def read_comments(text: str) -> Comments:
    """The comments of a YAML text that stand beside something, in the order of the text."""
    document = read_document("journey.yaml", text)
    if document.root is None:
        return {}
    source = document.source
    begins: dict[int, Path] = {}
    ends: dict[int, int] = {}
    inside: set[int] = set()
    for path, node, _ in walk(document.root):
        line, _ = source.position(node.start)
        block = node.kind != "scalar" and not node.flow
        if path and not _begins_with_its_first(path, block=block):
            begins.setdefault(line, tuple(step if isinstance(step, int) else spelling(step) for step in path))
        if block:
            continue
        last, _ = source.position(max(node.start, node.end - (node.style in {"|", ">"})))
        ends[last] = max(ends.get(last, 0), node.end)
        if node.kind == "scalar":
            inside.update(range(line + 1, last + (node.style in {"|", ">"})))
    found: dict[Path, list[str]] = {}
    waiting: list[str] = []
    for number, line_text in enumerate(re.split("\r\n|\n|\r", source.text), start=1):
        stripped = line_text.strip()
        if number in inside or not stripped:
            waiting = []
            continue
        if stripped.startswith("#"):
            waiting.append(_said(stripped[1:]))
            continue
        path_here = begins.get(number)
        start, end = source.line_bounds(ends[number] - 1) if number in ends else (0, 0)
        behind = _BEHIND.match(source.text[max(ends.get(number, 0), start) : end])
        lines = [*waiting, *([_said(behind[1])] if behind else [])]
        if path_here is not None and lines:
            found.setdefault(path_here, []).extend(lines)
        waiting = []
    return {path: tuple(lines) for path, lines in found.items()}


def _said(raw: str) -> str:
    return raw.removeprefix(" ").rstrip()


def notes(comments: Comments, cells: Mapping[Path, int]) -> dict[Path, str]:
    """The notes of cells, by the path of what they hold.

    A comment stands at the innermost cell that holds what it is about. Beside one of several items it has the number
    of the item before it.

    Args:
        comments: Lines by path.
        cells: What cells hold, each with the number of its items (0: it is no list).
    """
    found: dict[Path, list[tuple[int, str]]] = {}
    for path, lines in comments.items():
        cell = next((path[:length] for length in range(len(path), 0, -1) if path[:length] in cells), None)
        if cell is None:
            continue
        items = cells[cell]
        step = path[len(cell)] if len(path) > len(cell) else None
        number = step + 1 if isinstance(step, int) and step < items else 0
        found.setdefault(cell, []).extend((number, _marked(line, number, items)) for line in lines)
    return {cell: "\n".join(line for _, line in sorted(lines, key=lambda one: one[0])) for cell, lines in found.items()}


def _marked(line: str, number: int, items: int) -> str:
    """A line of a note; one without a number is about the only item, or, of several, about the whole cell."""
    usual = 1 if items == 1 else 0
    return line if number == usual and not _NUMBERED.fullmatch(line) else f"{number}. {line}"


def note_lines(note: str, path: Path, items: int = 0) -> dict[Path, list[str]]:
    """What the lines of a note are about, by path: the other way round."""
    usual = 1 if items == 1 else 0
    found: dict[Path, list[str]] = {}
    for line in note.split("\n"):
        match = _NUMBERED.fullmatch(line)
        number, said = (int(match[1]), match[2]) if match and int(match[1]) <= items else (usual, line)
        found.setdefault((*path, number - 1) if number else path, []).append(said)
    return found


def line_paths(text: str) -> frozenset[Path]:
    """What begins a line in a YAML text, which a comment can stand beside."""
    document = read_document("journey.yaml", text)
    begins: dict[int, Path] = {}
    for path, node, _ in walk(document.root) if document.root is not None else ():
        if path and not _begins_with_its_first(path, block=node.kind != "scalar" and not node.flow):
            begins.setdefault(document.source.position(node.start)[0], path)
    return frozenset(begins.values())


def _begins_with_its_first(path: Path, *, block: bool) -> bool:
    """Whether this is what stands below a key: it begins where its first key or item does, which is what is meant."""
    return block and not isinstance(path[-1], int)


def settled(comments: Comments, places: frozenset[Path]) -> dict[Path, tuple[str, ...]]:
    """The comments, each beside the innermost place that has a line of its own."""
    found: dict[Path, tuple[str, ...]] = {}
    for path, lines in comments.items():
        place = next((path[:length] for length in range(len(path), 0, -1) if path[:length] in places), ("resa",))
        found[place] = (*found.get(place, ()), *(_CANNOT_STAND.sub("", line) for line in lines))
    return found
