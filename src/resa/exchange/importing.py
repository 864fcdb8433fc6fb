"""From a file of sheets to a journey file that can be used: what cannot be used stands in it as comments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from resa.base.errors import InputError, Problem
from resa.base.files import write_text_durably
from resa.base.language import sentence
from resa.documents import Document, read_document, walk
from resa.documents import Path as Place
from resa.exchange.comments import Comments, line_paths, settled
from resa.exchange.grids import read_wall
from resa.exchange.lists import read_arrows, read_head, read_list, read_rest
from resa.exchange.reading import Reading
from resa.exchange.saying import Said, in_order, is_kept, say_map
from resa.exchange.sheets import Book, Sheet
from resa.exchange.tables import is_long, read_csv, read_long
from resa.exchange.terms import language_of, understood
from resa.exchange.walls import LISTS
from resa.exchange.workbooks import read_workbook
from resa.exchange.writing import write_map
from resa.journey_map import Loaded, display_name, load_texts
from resa.model.journey import JourneyMap

__all__ = ["Imported", "import_file", "import_map"]

_MOST_DROPPED = 500
_WHOLE = re.compile(r"[+-]?\d{1,9}")
_DECIMAL = re.compile(r"\d{1,15}(\.\d{1,15})?")


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A journey file made from sheets.

    Attributes:
        text: The file.
        map: The map it describes.
        problems: What could not be used as it was written, or was read otherwise; each with its cell.
    """

    text: str
    map: JourneyMap
    problems: tuple[Problem, ...] = ()


def import_map(
    data: bytes,
    file: str,
    *,
    language: str | None = None,
    target: str = "journey.yaml",
    beside: Mapping[str, bytes | str] | None = None,
) -> Imported:
    """Make a journey file from an Excel workbook or a CSV file.

    Args:
        data: The file of sheets.
        file: Its name, `.xlsx` or `.csv`, for messages.
        language: Of the map's texts; `None`: as the file says, or as its headings are.
        target: The journey file's name, from which the map's key is made.
        beside: `signals.yaml` and files of `reactions/` by name, which the map may refer to.

    Raises:
        InputError: It is neither, or holds no row of stages.
    """
    reading, kept = _read(data, file)
    if not reading.data.get("stages"):
        raise InputError(reading.problems or sentence("{file} holds no stages", file=file))
    reading.data.setdefault("title", display_name(PurePath(file).stem))
    if language is not None:
        reading.data["language"] = language
    _typed(reading.data)
    shared = dict(beside or {})
    if load_texts(shared).errors and any(not _about_names(problem) for problem in load_texts(shared).errors):
        shared = {}
    work = _Work(reading, list(kept), target, shared)
    journey_map, text = work.settle()
    # Once through the map itself, so that what is written is what an export of it would give again.
    said = say_map(journey_map, text)
    final = _written(replace(said, data=in_order(said.data)))
    loaded = load_texts({**shared, target: final})
    again = _map(loaded, target)
    return Imported(text=final, map=again or journey_map, problems=tuple(reading.problems))


def import_file(file: Path, target: Path, *, language: str | None = None, replace: bool = False) -> Imported:
    """Make a journey file from an Excel workbook or a CSV file, and write it, whole or not at all.

    Args:
        file: The file of sheets.
        target: The journey file, `journey.yaml` or one in `journeys/`; what stands in the workspace around it counts.
        language: Of the map's texts; `None`: as the file says, or as its headings are.
        replace: Write over a map that is there already.

    Raises:
        InputError: The file is no grid, or the target is there already or can be no map.
    """
    if target.suffix.lower() != ".yaml":
        raise InputError(
            sentence("'{target}': maps are files that end in .yaml, such as journeys/wall.yaml", target=target)
        )
    if target.exists() and not replace:
        message = sentence(
            "{target} is there already; write elsewhere with -o journeys/NAME.yaml, or add --replace", target=target
        )
        raise InputError(message)
    inside = target.parent.name == "journeys"
    root = target.parent.parent if inside else target.parent
    if not root.is_dir():
        raise InputError(sentence("there is no folder '{root}'", root=root))
    shared = [path for path in (root / "signals.yaml", *sorted((root / "reactions").glob("*.yaml"))) if path.exists()]
    imported = import_map(
        file.read_bytes(),
        str(file),
        language=language,
        target=target.relative_to(root).as_posix(),
        beside={path.relative_to(root).as_posix(): path.read_bytes() for path in shared},
    )
    if inside:
        target.parent.mkdir(exist_ok=True)
    write_text_durably(target, imported.text)
    return imported


def _about_names(problem: Problem) -> bool:
    return problem.code.startswith("unknown-") or problem.code == "no-map"


def _written(said: Said) -> str:
    bare = write_map(replace(said, comments={}))
    wall = {key for what in said.data["stages"].values() for key in what.get("touchpoints", ())}
    places = line_paths(bare) | {("touchpoints", key) for key in wall}
    return write_map(replace(said, comments=settled(said.comments, frozenset(places))))


def _map(loaded: Loaded, target: str) -> JourneyMap | None:
    return next((one for one in loaded.maps.values() if one.file == target), None)


def _read(data: bytes, file: str) -> tuple[Reading, tuple[str, ...]]:
    ending = PurePath(file).suffix.lower()
    if ending in {".xlsx", ".xlsm"}:
        book, problems = read_workbook(data, file)
        reading = Reading(problems=problems)
        return reading, _read_book(reading, book)
    if ending in {".csv", ".tsv", ".txt"}:
        sheet = read_csv(data, file)
        if is_long(sheet):
            said, places, problems = read_long(sheet)
            comments = {path: list(lines) for path, lines in said.comments.items()}
            return Reading(data=said.data, comments=comments, places=places, problems=problems), said.kept
        reading = Reading()
        return reading, _read_book(reading, [sheet])
    raise InputError(sentence("'{file}': a map is read from .xlsx or .csv; save it so from your program", file=file))


def _read_book(reading: Reading, book: Book) -> tuple[str, ...]:
    """Read the sheets in the order in which one needs the other; gives the lines that are kept as they are."""
    sheets, others = _sorted(book)
    for section in LISTS:
        if section in sheets:
            read_list(reading, sheets[section], section)
    if "wall" in sheets:
        read_wall(reading, sheets["wall"])
        reading.data.setdefault("language", language_of([row[0].text for row in sheets["wall"].rows if row]))
    for persona in reading.data.get("personas", {}).values():
        if "path" in persona:
            persona["path"] = [reading.named(name) for name in persona["path"]]
    if "arrows" in sheets:
        read_arrows(reading, sheets["arrows"])
    if "head" in sheets:
        read_head(reading, sheets["head"])
    for sheet in others:
        reading.warn(
            sentence("this sheet is not read; a map is read from one sheet"), f"{sheet.file}:{sheet.name}", "sheet"
        )
    return read_rest(sheets["rest"]) if "rest" in sheets else ()


def _sorted(book: Book) -> tuple[dict[str, Sheet], list[Sheet]]:
    """The sheets that are known, by what they hold, and the others."""
    sheets: dict[str, Sheet] = {}
    others: list[Sheet] = []
    for sheet in book:
        meant = next((key.removeprefix("sheet.") for key in understood(sheet.name, "sheet.")), "")
        if meant and meant not in sheets and _looks_like(sheet, meant):
            sheets[meant] = sheet
        elif sheet.rows:
            others.append(sheet)
    if "wall" not in sheets and others:
        sheets["wall"] = others.pop(0)
    return sheets, others


def _looks_like(sheet: Sheet, meant: str) -> bool:
    """Whether a sheet of this name is ours: 'Personas' of somebody else may be anything."""
    if meant in {"wall", "rest"}:
        return True
    heads = [cell.text for cell in sheet.rows[0]] if sheet.rows else []
    if meant == "head":
        return any(understood(row[0].text) for row in sheet.rows if row)
    return bool(heads) and any(key in {"key", "name", "kind", "after"} for head in heads for key in understood(head))


def _typed(value: Any, where: str = "") -> None:
    """Numbers and yes or no as what they are, where the text is one; the reader of the file judges the others."""
    for key, what in list(value.items()) if isinstance(value, dict) else enumerate(value):
        if isinstance(what, dict | list):
            _typed(what, str(key))
        elif key in {"now", "aim"} and where == "emotion" and isinstance(what, str):
            value[key] = int(what) if _WHOLE.fullmatch(what) else what
        elif key == "cost" and isinstance(what, str) and _DECIMAL.fullmatch(what):
            number = float(what)
            value[key] = int(number) if number == int(number) else number
        elif key in {"moment_of_truth", "renews"} and what in {"true", "false"}:
            value[key] = what == "true"


class _Work:
    """A map while what cannot be used is taken out of it, one thing after the other, until the rest can be used."""

    def __init__(self, reading: Reading, kept: list[str], target: str, shared: Mapping[str, bytes | str]) -> None:
        self.reading = reading
        self.kept = kept
        self.target = target
        self.shared = shared

    def settle(self) -> tuple[JourneyMap, str]:
        """The map and its file, once every error is out of it."""
        for _ in range(_MOST_DROPPED):
            comments: Comments = {path: tuple(lines) for path, lines in self.reading.comments.items()}
            said = Said(data=in_order(self.reading.data), comments=comments, kept=tuple(self.kept))
            text = _written(said)
            loaded = load_texts({**self.shared, self.target: text})
            errors = [problem for problem in loaded.errors if problem.file == self.target]
            journey_map = _map(loaded, self.target)
            if journey_map is not None and not errors:
                return journey_map, text
            if not errors or not self._take_out(read_document(self.target, text), errors):
                raise InputError([*self.reading.problems, *(self._placed(error, None) for error in errors)])
        raise InputError(self.reading.problems)

    def _take_out(self, document: Document, errors: list[Problem]) -> bool:
        """Take out what the errors are about, from the last to the first so that numbers of items hold."""
        found: dict[Place, Problem] = {}
        for error in errors:
            found.setdefault(_path_at(document, error), error)
        taken = False
        for path in sorted(found, key=_late, reverse=True):
            if any(path[: len(other)] == other for other in found if other != path):
                continue  # what holds it goes, and it with that
            kept = bool(path) and is_kept(str(path[0]))
            done = self._silence(document, path) if kept else self._drop(path)
            if done:
                self.reading.problems.append(self._placed(found[path], path))
            taken = taken or done
        return taken

    def _placed(self, problem: Problem, path: Place | None) -> Problem:
        """The problem at its cell."""
        places = self.reading.places
        place = None
        if path is not None:
            up = (places[path[:length]] for length in range(len(path), 0, -1) if path[:length] in places)
            down = (cell for known, cell in places.items() if known[: len(path)] == path)
            place = places.get(path) or next(down, None) or next(up, None)
        message = (
            sentence("{message}; kept as a comment", message=problem.message) if path is not None else problem.message
        )
        return replace(
            problem, message=message, file=place or problem.file, line=None, column=None, severity="warning", fix=None
        )

    def _drop(self, path: Place) -> bool:
        """Turn what stands at a path into a comment beside what holds it."""
        holder: Any = self.reading.data
        for number, step in enumerate(path[:-1]):
            try:
                holder = holder[step]
            except (KeyError, IndexError, TypeError):
                return self._drop(path[:number]) if number else False
        if not path or path[0] in {"stages", "resa"} or not isinstance(holder, dict | list):
            return False
        last: Any = path[-1]
        if isinstance(holder, dict):
            if last not in holder:
                return self._drop(path[:-1])
            gone = holder.pop(last)
        else:
            if not isinstance(last, int) or last >= len(holder):
                return self._drop(path[:-1])
            gone = holder.pop(last)
        label = ".".join(str(step) for step in path[2:] if not isinstance(step, int)) or str(last)
        self._move_comments(path)
        self.reading.comments.setdefault(path[:-1], []).extend(_as_comment(label, gone))
        if not holder and len(path) > 2:
            self._prune(path[:-1])
        return True

    def _prune(self, path: Place) -> None:
        holder: Any = self.reading.data
        for step in path[:-1]:
            holder = holder[step]
        if isinstance(holder, dict) and len(path) > 2:
            holder.pop(path[-1], None)
            self.reading.comments.setdefault(path[:-1], []).extend(self.reading.comments.pop(path, []))

    def _move_comments(self, gone: Place) -> None:
        """Comments of what is gone stay with what held it; those of later items move up with them."""
        parent, last = gone[:-1], gone[-1]
        for book in (self.reading.comments, self.reading.places):
            moved: dict[Place, Any] = {}
            for path, what in book.items():
                step = path[len(parent)] if len(path) > len(parent) and path[: len(parent)] == parent else None
                if step == last and type(step) is type(last):
                    if book is self.reading.comments:
                        moved.setdefault(parent, []).extend(what)
                    else:
                        moved.setdefault(path, what)
                elif isinstance(last, int) and isinstance(step, int) and step > last:
                    moved[(*parent, step - 1, *path[len(parent) + 1 :])] = what
                elif book is self.reading.comments:
                    moved.setdefault(path, []).extend(what)
                else:
                    moved[path] = what
            book.clear()
            book.update(moved)

    def _silence(self, document: Document, path: Place) -> bool:
        """Make comments of the lines of a signal, metric or reaction that fits this map no longer."""
        pair = None
        for place, node, is_key in walk(document.root) if document.root is not None else ():
            if is_key and place == path[:2]:
                pair = node
        if pair is None:
            return False
        value = document.node(path[:2])
        first = document.source.position(pair.start)[0]
        last = document.source.position(max(pair.start, (value.end if value else pair.end) - 1))[0]
        offset = document.text.rstrip("\n").count("\n") + 1 - len(self.kept)
        lines = range(first - offset - 1, last - offset)
        changed = False
        for number in lines:
            if 0 <= number < len(self.kept) and self.kept[number].strip() and not self.kept[number].startswith("#"):
                self.kept[number] = f"# {self.kept[number]}"
                changed = True
        heads = [number for number, line in enumerate(self.kept) if re.fullmatch(r"\w+:\s*(#.*)?", line)]
        for number in heads:
            below = self.kept[number + 1 :]
            end = next((place for place, line in enumerate(below) if re.match(r"\w", line)), len(below))
            if all(not line.strip() or line.startswith("#") for line in below[:end]):
                self.kept[number] = f"# {self.kept[number]}"
        return changed


def _late(path: Place) -> tuple[tuple[int, int | str], ...]:
    return tuple((1, step) if isinstance(step, int) else (0, step) for step in path)


def _path_at(document: Document, problem: Problem) -> Place:
    """The innermost thing that stands where a problem is."""
    place = (problem.line or 1, problem.column or 1)
    found: tuple[int, Place] | None = None
    for path, node, _ in walk(document.root) if document.root is not None else ():
        start, end = document.source.position(node.start), document.source.position(node.end)
        if start <= place and (place < end or start == place) and path:
            size = node.end - node.start
            if found is None or size <= found[0]:
                found = (size, path)
    return found[1] if found else ()


def _as_comment(label: str, value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{label}: " + ", ".join(f"{key}: {_plain(what)}" for key, what in value.items())]
    if isinstance(value, list):
        return [line for item in value for line in _as_comment(label, item)]
    return [f"{label}: {_plain(value)}"]


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return " ".join(str(value).split())
