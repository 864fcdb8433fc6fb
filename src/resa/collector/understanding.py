"""From an unknown file to a source file: what it seems to hold, a proposal, and what would become of its first rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

import pyarrow as pa

from resa.base.clock import system_clock
from resa.base.errors import Problem, SourceError, did_you_mean
from resa.collector.collecting import first_rows
from resa.collector.files import RowFile
from resa.collector.guessing import (
    ColumnSeen,
    guess_null_words,
    guess_target,
    looks_personal,
    safe_samples,
    see_columns,
)
from resa.collector.judging import Judge
from resa.collector.mapping import no_column, pointer, structure_of
from resa.collector.opening import guess_format, open_rows
from resa.collector.planning import plan_rows
from resa.collector.reading import LINE, Piece, Reader
from resa.collector.relations import query_over, select_sql
from resa.collector.shapes import SHAPES, CsvShape, targets_of
from resa.collector.sources import Source, read_source
from resa.collector.text_files import CsvRows
from resa.collector.typing_sql import literal, name_sql
from resa.documents import quoted
from resa.engine import Engine

__all__ = ["Trial", "Understanding", "source_yaml", "understand"]

_SETTINGS = ("timezone", "time_format", "decimal", "currency")
_PLAIN = re.compile(r"[^\W\d][\w ./()-]*")
_NOT_PLAIN = {"true", "false", "null", "yes", "no", "on", "off", "rest"}


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What would become of the first rows.

    Attributes:
        rows: How many were tried.
        good: How many would be stored.
        rejected: How many would be refused, by what is wrong.
        first: The first few good rows, as they would be stored.
    """

    rows: int
    good: int
    rejected: Counter[str]
    first: pa.Table


@dataclass(frozen=True, kw_only=True)
class Understanding:
    """What is understood of a file.

    Attributes:
        name: Proposed name of the source.
        path: The file, as the source will name it.
        kind: Kind of source.
        format: csv, jsonl, parquet or arrow.
        columns: What its columns hold.
        mapping: Target to column; a constant is written `= text`.
        settings: What else was found: delimiter, encoding, time_format, decimal, null_words.
        notes: What a person should check, one sentence each.
        missing: Targets that nothing was found for; empty: the source can be used.
        trial: What would become of the first rows; `None` while something is missing.
        problems: What is wrong with the proposal.
    """

    name: str
    path: str
    kind: str
    format: str
    columns: tuple[ColumnSeen, ...]
    mapping: Mapping[str, str]
    settings: Mapping[str, str]
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    trial: Trial | None = None
    problems: tuple[Problem, ...] = ()
    left_out: tuple[str, ...] = field(default=())

    def samples(self) -> dict[str, tuple[str, ...]]:
        """A few values of each column, as they may be shown: of personal ones only the shape, `xxxx@xxxxxx.xx`."""
        people = {
            column
            for target, column in self.mapping.items()
            if target == "customer" or target.startswith("identifiers.")
        }
        return {column.name: safe_samples(column, personal=column.name in people) for column in self.columns}


def understand(
    file: RowFile,
    overrides: Mapping[str, str] | None = None,
    *,
    kind: str = "events",
    name: str | None = None,
    folder: Path | None = None,
    now: datetime | None = None,
) -> Understanding:
    """Look at a file and propose how to collect it.

    Args:
        file: The file.
        overrides: What the user said: `event` to a column or, where there is no such column, to a constant;
            `identifiers.email` or `properties.total` to a column; `timezone`, `time_format`, `decimal`, `currency`,
            `delimiter` and `encoding` to themselves.
        kind: Of the source.
        name: Of the source; `None`: the file's, without its ending.
        folder: The workspace.
        now: For judging the first rows; `None`: now.

    Raises:
        SourceError: The file cannot be read, or an override names what is not there.
    """
    if kind not in SHAPES:
        raise SourceError(
            f"there is no kind of source '{kind}'; there are: {', '.join(SHAPES)}{did_you_mean(kind, SHAPES)}"
        )
    if name is not None and not re.fullmatch(r"\w[\w-]*", name):
        raise SourceError(f"'{name}' cannot name a source; write letters, digits, _ and -")
    given = dict(overrides or {})
    settings = {name: given.pop(name) for name in (*_SETTINGS, "delimiter", "encoding") if name in given}
    format_name = guess_format(file)
    csv = _csv_shape(file, settings)
    reader = open_rows(file, format_name, csv)
    with Engine() as engine:
        rows = first_rows(reader)
        if not rows.num_rows:
            raise SourceError(f"{file.name} holds no row that can be read")
        table, columns = _as_columns(rows, reader, engine)
        seen = see_columns(table, columns, engine)
        doubts = _note_settings(settings, seen, table, reader, csv)
        mapping, notes, missing = _map(kind, seen, given, settings, PurePosixPath(file.path).name)
    used = set(mapping.values())
    left_out = tuple(column.name for column in seen if column.name not in used and looks_personal(column.name))
    found = Understanding(
        name=name or _snake(PurePosixPath(file.path).name.split(".")[0]),
        path=file.name,
        kind=kind,
        format=format_name,
        columns=tuple(seen),
        mapping=mapping,
        settings=settings,
        notes=(*notes, *doubts),
        missing=tuple(missing),
        left_out=left_out,
    )
    return found if missing else _tried(found, file, folder or Path(), now or system_clock())


def source_yaml(understanding: Understanding) -> str:
    """The source file that was proposed, with comments."""
    shown = {column.name: ", ".join(column.samples) for column in understanding.columns}
    lines = [f"path: {_yaml(understanding.path)}"]
    if understanding.kind != "events":
        lines.append(f"kind: {understanding.kind}")
    for name in (*_SETTINGS, "null_words"):
        if name in understanding.settings:
            value = understanding.settings[name]
            lines.append(f"{name}: {value if name == 'null_words' else _yaml(value)}")
    settings = understanding.settings
    if "timezone" not in settings and any("timezone" in note for note in understanding.notes):
        lines.append("timezone: UTC                     # of times that do not say theirs; such as Europe/Stockholm")
    dialect = [f"{name}: {_yaml(settings[name])}" for name in ("delimiter", "encoding") if name in settings]
    if dialect:
        lines.append(f"csv: {{{', '.join(dialect)}}}")
    lines.append("columns:")
    lines += [f"  {target}:                           # which column?" for target in understanding.missing]
    blocks: dict[str, list[str]] = {}
    for target, column in understanding.mapping.items():
        block, _, name = target.rpartition(".")
        if column.startswith("= "):
            text = f"{name}: {{always: {_yaml(column[2:])}}}"
        else:
            hint = shown.get(column, "") if not (looks_personal(column) or block == "identifiers") else ""
            text = f"{_yaml(name)}: {_yaml(column)}"
            text = f"{text:<33} # {hint}" if hint and name != "customer" else text
        if block:
            blocks.setdefault(block, []).append(f"    {text}".rstrip())
        else:
            lines.append(f"  {text}".rstrip())
    for block, members in blocks.items():
        lines += [f"  {block}:", *members]
    if understanding.left_out:
        names = ", ".join(understanding.left_out)
        lines.append(f"# Left out, because they look like personal data that journeys do not need: {names}")
    return "\n".join(lines) + "\n"


def _csv_shape(file: RowFile, settings: dict[str, str]) -> CsvShape:
    """The dialect; a file that is no UTF-8 is read as Windows-1252, which is what it then nearly always is."""
    if guess_format(file) == "csv" and "encoding" not in settings:
        with file.open() as raw:
            head = raw.read(1 << 20)
        if not head.startswith((b"\xff\xfe", b"\xfe\xff")):
            try:
                head[: head.rfind(b"\n") + 1].decode("utf-8")
            except UnicodeDecodeError:
                settings["encoding"] = "cp1252"
    return CsvShape(delimiter=settings.get("delimiter"), encoding=settings.get("encoding"))


def _as_columns(rows: pa.Table, reader: Reader, engine: Engine) -> tuple[pa.Table, dict[str, pa.DataType]]:
    """The first rows with a column for each member, also of JSON lines."""
    if LINE not in reader.columns:
        return rows, dict(reader.columns)
    line = name_sql(LINE)
    is_object = f"json_valid({line}) AND TRY(json_type({line})) = 'OBJECT'"
    names = list(structure_of(rows))
    members = [f"json_extract_string({line}, {literal(pointer([name]))}) AS {name_sql(name)}" for name in names]
    sql = select_sql(members or ["1 AS nothing"], "lines", where=is_object)
    table = query_over(engine, "lines", rows, sql)
    return table, {field.name: field.type for field in table.schema}


def _note_settings(
    settings: dict[str, str], seen: list[ColumnSeen], table: pa.Table, reader: Reader, csv: CsvShape
) -> list[str]:
    """Set what the file shows; say where a person must decide."""
    notes: list[str] = []
    if isinstance(reader, CsvRows) and csv.delimiter is None and reader.dialect.delimiter != ",":
        settings["delimiter"] = {"\t": "tab", "|": "pipe", ";": ";"}.get(reader.dialect.delimiter or ",", ",")
    if "decimal" not in settings and any(column.decimal == "comma" and column.number for column in seen):
        settings["decimal"] = "comma"
        notes += [_note_commas(column.name) for column in seen if column.thousands]
    if words := guess_null_words(seen, table):
        settings["null_words"] = f"[{', '.join(quoted(word) for word in words)}]"
    return notes


def _map(
    kind: str, seen: list[ColumnSeen], given: Mapping[str, str], settings: dict[str, str], file_name: str
) -> tuple[dict[str, str], list[str], list[str]]:
    """Targets to columns; notes; targets that nothing was found for."""
    known = {column.name: column for column in seen}
    mapping: dict[str, str] = {}
    notes: list[str] = []
    targets = [*targets_of(kind), *(["customer"] if "customer" in SHAPES[kind][1].model_fields else [])]
    for target, wanted in given.items():
        mapping[target] = _given(target, wanted, known, targets)
    for target in [*targets, *_identifier_targets(kind)]:
        if target in mapping or target in {"sequence", "sent_at"}:
            continue
        column = guess_target(target.removeprefix("identifiers."), seen, set(mapping.values()))
        if column is not None and not (target == "message_id" and column.distinct < 0.999 * len(seen)):
            mapping[target] = column.name
    if kind == "events" and "event" not in mapping:
        stem = _snake(file_name.split(".", maxsplit=1)[0])
        mapping["event"] = f"= {stem}"
        notes.append(f"no column says what happened, so every row is the event '{stem}'; --as event=… says otherwise")
    missing = [name for name, target in targets_of(kind).items() if target.missing and name not in mapping]
    if kind in {"events", "customers"} and not _names_people(mapping):
        missing.append("customer")
    for target in ("occurred_at", "day", "recorded_at"):
        if target in mapping and "time_format" not in settings and mapping[target] in known:
            notes += _note_time(known[mapping[target]], settings)
    block = "traits" if kind == "customers" else "properties"
    if block in SHAPES[kind][1].model_fields:
        used = set(mapping.values())
        for column in seen:
            if column.name not in used and column.kind != "nested" and not looks_personal(column.name):
                mapping[f"{block}.{_snake(column.name)}"] = column.name
    return _ordered(mapping, targets), notes, missing


def _ordered(mapping: dict[str, str], targets: list[str]) -> dict[str, str]:
    order = ["occurred_at", "recorded_at", "day", "event", "number", "customer", *targets]
    return dict(sorted(mapping.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)))


def _names_people(mapping: Mapping[str, str]) -> bool:
    return any(target == "customer" or target.startswith("identifiers.") for target in mapping)


def _identifier_targets(kind: str) -> list[str]:
    return ["identifiers.email"] if "identifiers" in SHAPES[kind][1].model_fields else []


def _given(target: str, wanted: str, known: Mapping[str, ColumnSeen], targets: list[str]) -> str:
    """What the user said of one target: a column or, for texts, a constant."""
    block, _, name = target.partition(".")
    if target not in targets and not (name and block in {"identifiers", "properties", "traits"}):
        hint = did_you_mean(target, targets) or "; write identifiers.email=… or properties.total=… for others"
        raise SourceError(f"there is nothing called '{target}' to map to{hint}")
    if wanted in known or wanted.partition(".")[0] in known:
        return wanted
    nearest = did_you_mean(wanted, known)
    if target in {"event", "channel", "device", "number", "touchpoint"} and not nearest:
        return f"= {wanted}"
    raise SourceError(no_column(wanted, known, constant=False))


def _note_time(column: ColumnSeen, settings: dict[str, str]) -> list[str]:
    """Set the time format; say where a person must decide."""
    notes: list[str] = []
    best = column.time_formats[0] if column.time_formats else "iso"
    if best != "iso":
        settings["time_format"] = best
        swapped = best.replace("%d/%m", "%m/%d") if "%d/%m" in best else best
        if swapped != best and swapped in column.time_formats:
            notes.append(f"'{column.name}' could be day/month or month/day; {best} was taken: see time_format")
    zoned = re.compile(r":.*(Z|[+-]\d\d(:?\d\d)?)$")
    if "timezone" not in settings and column.kind == "time" and not any(map(zoned.search, column.samples)):
        notes.append(f"'{column.name}' tells no time zone; UTC was taken, --as timezone=Europe/Stockholm changes it")
    return notes


def _tried(found: Understanding, file: RowFile, folder: Path, now: datetime) -> Understanding:
    """Judge the first rows by the proposal."""
    source, problems = read_source(f"sources/{found.name}.yaml", source_yaml(found), folder)
    values = {name: getattr(found, name) for name in found.__dataclass_fields__}
    if source is None or problems:
        return Understanding(**{**values, "problems": tuple(problems)})
    return Understanding(**{**values, "trial": _trial(source, file, now)})


def _trial(source: Source, file: RowFile, now: datetime) -> Trial:
    reader = open_rows(file, source.shape.format, source.shape.csv)
    piece = next(iter(reader.pieces()))
    piece = Piece(piece.table.slice(0, 20_000), piece.refused, piece.last_row, piece.position)
    with Engine() as engine:
        plan = plan_rows(source.shape, reader.columns, piece.table, engine)
        judged = Judge(source.shape, plan, engine, reader.whole, now, now).judge(piece)
    anonymous = judged.anonymous.num_rows if judged.anonymous is not None else 0
    details: Counter[str] = Counter(judged.rejected.column("detail").to_pylist())
    good = judged.good.num_rows + anonymous
    return Trial(rows=good + judged.rejected.num_rows, good=good, rejected=details, first=judged.good.slice(0, 5))


def _note_commas(name: str) -> str:
    named = name if re.fullmatch(r"[A-Za-z_]\w*", name) else f'row."{name}"'
    return (
        f"every comma in '{name}' stands before three digits and was taken for a decimal comma: 1,234 is less than 2. "
        f"If they part thousands, say --as decimal=point, and in the source file {{expression: "
        f"replace({named}, ',', '')}}"
    )


def _snake(name: str) -> str:
    """A name without spaces and signs, so that expressions can name it without quotes."""
    return re.sub(r"\W+", "_", name).strip("_").casefold() or "source"


def _yaml(text: str) -> str:
    """A text as YAML, in quotes where it needs them."""
    plain = _PLAIN.fullmatch(text) and text == text.strip() and text.casefold() not in _NOT_PLAIN
    return text if plain else quoted(text)
