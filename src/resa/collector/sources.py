"""The source files of a workspace: reading them, with every problem in its place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from resa.base.errors import ExpressionError, Problem, SourceError, did_you_mean
from resa.base.language import pattern, sentence
from resa.base.masking import masked
from resa.collector.mapping import IDENTIFIER
from resa.collector.nesting import places_read
from resa.collector.shapes import SHAPES, Cell, EventSource, Rest, SourceShape, targets_of
from resa.documents import Document, read_document, spelling, validate
from resa.expressions import Scope, compile_expression, compile_select

__all__ = ["Source", "definition_hash", "read_source", "read_sources"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source of rows, as its file defines it.

    Attributes:
        name: The file's name without its ending; the `source_id` of its rows.
        shape: What the file says, checked.
        folder: The workspace, from which paths count.
        document: The file as read, for the places of problems that only show when rows are read.
    """

    name: str
    shape: SourceShape
    folder: Path
    document: Document = field(repr=False, compare=False)

    @property
    def kind(self) -> str:
        """events, customers, daily_numbers, feedback or lookup."""
        return self.shape.kind

    @property
    def exclude(self) -> tuple[str, ...]:
        """Event expressions; what they hold for stays in the event files and out of the index."""
        return self.shape.exclude if isinstance(self.shape, EventSource) else ()

    @property
    def currency(self) -> str | None:
        """ISO 4217 code of the values of its events, if it says one."""
        return self.shape.currency if isinstance(self.shape, EventSource) else None

    def complete_until(self, read_at: datetime) -> datetime | None:
        """Up to when a database that was read at a moment is complete, where the source says how late rows come."""
        lateness = self.shape.lateness
        if self.shape.database is None or lateness is None:
            return None
        return read_at - timedelta(seconds=lateness.seconds)

    def located(self, error: SourceError) -> SourceError:
        """The same error with this file as the place of problems that have none."""
        path = ("select",) if self.shape.select is not None else ("columns",)
        line, column = self.document.position(path, key=True)
        return SourceError(
            problem.at(file=self.document.file, line=line, column=column) if problem.file is None else problem
            for problem in error.problems
        )


def definition_hash(shape: SourceShape) -> str:
    """A short hash of what decides how rows are read; not of when, and of where only for files."""
    said = shape.model_dump_json(exclude={"database", "every", "at"})
    return hashlib.blake2b(masked(said).encode(), digest_size=8).hexdigest()


def read_sources(folder: Path) -> tuple[list[Source], list[Problem]]:
    """Read `sources/*.yaml` of a workspace, sorted by name. Sources with errors are left out.

    Args:
        folder: The workspace.

    Returns:
        The sources, and all problems of all files.
    """
    sources: list[Source] = []
    problems: list[Problem] = []
    for path in sorted((folder / "sources").glob("*.y*ml")):
        try:
            data = path.read_bytes()
        except OSError as error:
            name = path.relative_to(folder).as_posix()
            problems.append(
                Problem(message=sentence("the file cannot be opened: {strerror}", strerror=error.strerror), file=name)
            )
            continue
        source, found = _read_once(path.relative_to(folder).as_posix(), data, folder)
        problems += found
        if source is not None and not any(problem.severity == "error" for problem in found):
            sources.append(source)
    return sources, problems


def read_source(file: str, text: str | bytes, folder: Path) -> tuple[Source | None, list[Problem]]:
    """Read the text of one source file.

    Args:
        file: Its name, relative to the workspace.
        text: What it holds.
        folder: The workspace.

    Returns:
        The source (`None` if too little was right), and all problems.
    """
    document = read_document(file, text)
    problems = list(document.problems)
    shape_class, problem = _shape_of(document)
    if problem is not None:
        problems.append(problem)
    value, findings = validate(document, shape_class)
    problems += [finding.problem for finding in findings]
    problems += [*_origin_problems(document, problems), *_place_problems(document, problems)]
    if value is None:
        return None, _ordered(problems)
    problems += [*_expression_problems(document, value), *_whole_problems(document, value)]
    return Source(name=Path(file).stem, shape=value, folder=folder, document=document), _ordered(problems)


_read_once = lru_cache(maxsize=64)(read_source)
"""A server asks how its sources are doing time and again."""


def _ordered(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def _shape_of(document: Document) -> tuple[type[SourceShape], Problem | None]:
    """The form that the file's `kind` asks for; a wrong kind is reported, and read as events."""
    data = document.data if isinstance(document.data, dict) else {}
    kind = next((value for key, value in data.items() if spelling(str(key)) == "kind"), "events")
    if isinstance(kind, str) and kind in SHAPES:
        return SHAPES[kind][0], None
    return EventSource, None


def _origin_problems(document: Document, problems: list[Problem]) -> list[Problem]:
    """Where rows come from is written once, unless it may be what is misspelt."""
    keys = {spelling(key) for key in document.data} if isinstance(document.data, dict) else set()
    misspelt = any(problem.fix in {"columns", "select"} for problem in problems)
    if ("columns" in keys) != ("select" in keys) or misspelt or document.damaged or not keys:
        return []
    return [document.problem(sentence("write `columns:` or `select:`, one of them"), code="columns-or-select")]


def _place_problems(document: Document, problems: list[Problem]) -> Iterator[Problem]:
    """Rows come from files, from a database or over HTTP; what is said of files means nothing for the others."""
    keys = {spelling(key): key for key in document.data} if isinstance(document.data, dict) else {}
    places = [name for name in _PLACES if name in keys]
    misspelt = any(problem.fix in _PLACES for problem in problems)
    if not places and keys and not misspelt:
        message = sentence(
            "'path' is missing; for rows of a database write `database:`, for rows that come over HTTP `hook:`"
        )
        yield document.problem(message, code="missing")
    for name in [name for name in places if name != "path"]:
        for key in sorted(_OF_FILES & keys.keys()):
            yield document.problem(sentence(_NOT_OF_FILES[name], key=key), (keys[key],), key=True, code="of-files")
    if "hook" in keys and "database" in keys:
        message = sentence("rows come over HTTP or from a database; write `hook:` or `database:`, one of them")
        yield document.problem(message, (keys["database"],), key=True, code="of-files")
    if "hook" in keys and "kind" in keys and document.data[keys["kind"]] == "lookup":
        message = sentence("a lookup table is read from files, as a whole; a `hook:` brings rows one by one")
        yield document.problem(message, (keys["hook"],), key=True, code="of-files")
    yield from _schedule_problems(document, keys)


def _schedule_problems(document: Document, keys: Mapping[str, str]) -> Iterator[Problem]:
    said = [name for name in ("every", "at") if name in keys]
    if len(said) == 2:
        message = sentence("write `every:` or `at:`, one of them")
        yield document.problem(message, (keys["at"],), key=True, code="schedule")
    if said and "hook" in keys:
        message = sentence("rows of a `hook:` come when they are sent; '{key}' means nothing for them", key=said[0])
        yield document.problem(message, (keys[said[0]],), key=True, code="schedule")
    database = document.data.get(keys["database"]) if "database" in keys else None
    if isinstance(database, dict) and "kind" in keys and document.data[keys["kind"]] == "lookup":
        for cursor in (key for key in database if spelling(key) == "cursor"):
            message = sentence("a lookup table is read as a whole; leave `cursor:` out")
            yield document.problem(message, (keys["database"], cursor), key=True, code="cursor")


_PLACES = ("path", "hook", "database")

_OF_FILES = {"path", "format", "csv", "complete_until"}

_NOT_OF_FILES = {
    "hook": pattern("'{key}' is of files; rows of a `hook:` come over HTTP"),
    "database": pattern("'{key}' is of files; rows of `database:` are read by SQL"),
}


def _expression_problems(document: Document, shape: SourceShape) -> Iterator[Problem]:
    """What is wrong inside expressions and the SELECT."""
    if shape.select is not None:
        yield from _select_problems(document, shape, shape.select)
    if isinstance(shape, EventSource):
        listed = isinstance((document.data or {}).get("exclude"), list)
        for number, text in enumerate(shape.exclude):
            place = ("exclude", number) if listed else ("exclude",)
            try:
                compile_expression(text, scope=Scope.EVENT, expects="boolean")
            except ExpressionError as error:
                yield from _placed(document, place, error)
    columns = shape.mapping
    if columns is None:
        return
    names = (*targets_of(shape.kind), "customer")
    cells: dict[tuple[str, ...], Cell | None] = {(name,): getattr(columns, name, None) for name in names}
    for block in ("identifiers", "properties", "traits"):
        members = getattr(columns, block, None)
        if members and not isinstance(members, Rest):
            cells |= {(block, key): cell for key, cell in members.items()}
    for path, cell in cells.items():
        if cell is not None and cell.expression is not None:
            try:
                compile_expression(cell.expression, scope=Scope.ROW, expects="scalar")
            except ExpressionError as error:
                yield from _placed(document, ("columns", *path, "expression"), error)
    counts = isinstance(shape, EventSource) and shape.without_customer == "count"
    node = document.node(("columns",))
    said = {spelling(key.text) for key, _ in node.pairs} & {"customer", "identifiers"} if node is not None else set()
    if not columns.people and not said and shape.kind in {"events", "customers"} and not counts:
        message = sentence("nothing says who the customer is; write `customer:` or `identifiers:`")
        yield document.problem(message, ("columns",), key=True, code="no-customer")


def _whole_problems(document: Document, shape: SourceShape) -> Iterator[Problem]:
    """Of a hook's rows, an object of which parts are read is read no further: as a whole, it would lack the rest."""
    try:
        places = places_read(shape) if shape.hook is not None else frozenset()
    except ExpressionError:
        return  # reported where it stands
    for place in sorted((place for place in places if place and place[-1] is not None), key=str):
        parts = [other for other in places if other[: len(place)] == place and len(other) > len(place)]
        if any(other[len(place)] is not None for other in parts):
            name = ".".join(part or "[]" for part in place)
            message = sentence(
                "'{name}' is read as a whole and in parts; of a hook's rows take the one or the other", name=name
            )
            key = "select" if shape.select is not None else "columns"
            yield document.problem(message, (key,), key=True, code="whole-and-part")


def _select_problems(document: Document, shape: SourceShape, text: str) -> Iterator[Problem]:
    try:
        names = compile_select(text).columns
    except ExpressionError as error:
        yield from _placed(document, ("select",), error)
        return
    counts = isinstance(shape, EventSource) and shape.without_customer == "count"
    named = any(name == "customer" or name.startswith(IDENTIFIER) for name in names)
    if not named and not counts and shape.kind in {"events", "customers"}:
        message = sentence("the SELECT does not say who the customer is; write … as customer, or … as identifier_email")
        yield document.problem(message, ("select",), code="no-customer")
    if shape.hook is not None and "message_id" not in names:
        message = sentence(
            "the SELECT of a hook says what each row's own id is; write row.webhook.id as message_id if a request "
            "gives one row, else an id of what it lists"
        )
        yield document.problem(message, ("select",), code="no-id")
    for name, target in targets_of(shape.kind).items():
        if target.missing is not None and name not in names:
            message = sentence(
                "the SELECT gives no '{name}'; write … as {name}{suggestion}",
                name=name,
                suggestion=did_you_mean(name, names),
            )
            yield document.problem(message, ("select",), code="missing-target")


def _placed(document: Document, path: tuple[str | int, ...], error: ExpressionError) -> Iterator[Problem]:
    """The problems of an expression, where it stands in the file."""
    node = document.node(path)
    for problem in error.problems:
        line, column = document.position(path)
        if node is not None and problem.column and node.style not in {"|", ">"}:
            quote = 1 if node.style else 0
            line, column = document.source.position(min(node.start + quote + problem.column - 1, node.end - 1))
        elif node is not None and problem.column and node.style:
            line, column = _in_block(document, node.start, node.text, problem.line, problem.column)
        yield replace(problem, file=document.file, line=line, column=column)


def _in_block(document: Document, start: int, text: str, line: int | None, column: int) -> tuple[int, int]:
    """Line and column in the file of a place in a block of text (`|`)."""
    del line
    before = text[: column - 1]
    first, _ = document.source.position(start)
    number = first + 1 + before.count("\n")
    lines = document.text.splitlines()
    indent = len(lines[number - 1]) - len(lines[number - 1].lstrip()) if number <= len(lines) else 0
    inside = len(before) - before.rfind("\n") - 1
    shown = text.split("\n")[before.count("\n")] if text else ""
    return number, inside + 1 + indent - (len(shown) - len(shown.lstrip()))
