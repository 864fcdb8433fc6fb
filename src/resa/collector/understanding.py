"""From an unknown file to a source file: what it seems to hold, a proposal, and what would become of its first rows."""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from resa.base.clock import system_clock
from resa.base.errors import SourceError, did_you_mean, nearest
from resa.base.language import sentence
from resa.collector.advising import (
    Advice,
    advise,
    advise_of_commas,
    advise_of_constant,
    advise_of_guess,
    missing_of,
    names_people,
    readings_of,
)
from resa.collector.collecting import first_rows
from resa.collector.column_names import looks_personal
from resa.collector.files import RowFile
from resa.collector.guessing import ColumnSeen, guess_null_words, guess_target, see_columns
from resa.collector.guessing_by_values import channel_by_values, customer_by_values, email_by_values, event_by_values
from resa.collector.judging import Judge
from resa.collector.mapping import no_column, pointer
from resa.collector.opening import guess_format, open_rows
from resa.collector.planning import plan_rows
from resa.collector.proposal import SETTINGS, Trial, Understanding, source_yaml
from resa.collector.reading import LINE, Piece, Reader
from resa.collector.relations import query_over, select_sql
from resa.collector.shapes import SHAPES, CsvShape, targets_of
from resa.collector.sources import Source, read_source
from resa.collector.text_files import CsvRows
from resa.collector.typing_sql import literal, name_sql
from resa.documents import quoted
from resa.engine import Engine

__all__ = ["understand"]

_SETTINGS = (*SETTINGS, "delimiter", "encoding")
_NEARLY_ALL = 0.999


def understand(
    file: RowFile,
    overrides: Mapping[str, str] | None = None,
    *,
    kind: str = "events",
    name: str | None = None,
    folder: Path | None = None,
    timezone: str = "Europe/Stockholm",
    now: datetime | None = None,
) -> Understanding:
    """Look at a file and propose how to collect it.

    Args:
        file: The file.
        overrides: What the user said: `event` to a column or, where there is no such column, to a constant;
            `identifiers.email` or `properties.total` to a column; `timezone`, `time_format`, `decimal`, `currency`,
            `scale`, `delimiter` and `encoding` to themselves. Nothing where nothing is to be taken.
        kind: Of the source.
        name: Of the source; `None`: the file's, without its ending.
        folder: The workspace.
        timezone: The map's, to be suggested for times that do not say theirs.
        now: For judging the first rows; `None`: now.

    Raises:
        SourceError: The file cannot be read, or an override names what is not there.
    """
    _check_names(kind, name)
    given = dict(overrides or {})
    settings = {key: value for key in _SETTINGS if key in given and (value := given.pop(key))}
    format_name = guess_format(file)
    csv = _csv_shape(file, settings)
    reader = open_rows(file, format_name, csv)
    stem = _snake(PurePosixPath(file.path).name.split(".", maxsplit=1)[0])
    with Engine() as engine:
        table, columns = _first_columns(file, reader, engine)
        seen = see_columns(table, columns, engine)
        doubts = _note_settings(settings, seen, table, reader, csv)
        mapping, guessed = _map(kind, seen, given, stem, table, engine)
    used = set(mapping.values())
    found = Understanding(
        name=name or stem,
        path=file.name,
        kind=kind,
        format=format_name,
        columns=tuple(seen),
        mapping=mapping,
        advice=(*guessed, *advise(kind, mapping, seen, settings, timezone), *doubts),
        settings=settings,
        missing=missing_of(kind, mapping, seen, settings),
        readings=readings_of(mapping, seen, table),
        left_out=tuple(column.name for column in seen if column.name not in used and looks_personal(column.name)),
    )
    return found if found.missing else _tried(found, file, folder or Path(), now or system_clock())


def _check_names(kind: str, name: str | None) -> None:
    """Refuse a kind that there is not, and a name that no source can have.

    Raises:
        SourceError: It is one.
    """
    if kind not in SHAPES:
        raise SourceError(
            sentence(
                "there is no kind of source '{kind}'; there are: {shapes}{suggestion}",
                kind=kind,
                shapes=", ".join(SHAPES),
                suggestion=did_you_mean(kind, SHAPES),
            )
        )
    if name is not None and not re.fullmatch(r"\w[\w-]*", name):
        raise SourceError(sentence("'{name}' cannot name a source; write letters, digits, _ and -", name=name))


def _first_columns(file: RowFile, reader: Reader, engine: Engine) -> tuple[pa.Table, dict[str, pa.DataType]]:
    """The first rows, and the columns that they have.

    Raises:
        SourceError: There is no row, or no line of JSON.
    """
    rows = first_rows(reader)
    if not rows.num_rows:
        raise SourceError(sentence("{file} holds no row that can be read", file=file.name))
    if LINE in reader.columns and not _leaves(rows):
        hint = sentence("write one object a line; jq -c '.[]' makes that of one long list")
        raise SourceError(sentence("{file} is no file of JSON lines: {hint}", file=file.name, hint=hint))
    return _as_columns(rows, reader, engine)


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
    """The first rows with a column for each single value, also of nested ones: `user.id`. Lists stay as they are."""
    if LINE in reader.columns:
        line = name_sql(LINE)
        leaves = {
            ".".join(path): f"json_extract_string({line}, {literal(pointer(list(path)))})" for path in _leaves(rows)
        }
        where = f"json_valid({line}) AND TRY(json_type({line})) = 'OBJECT'"
    else:
        leaves = {".".join(path): ".".join(map(name_sql, path)) for path in _fields(reader.columns)}
        where = ""
    outputs = [f"{sql} AS {name_sql(name)}" for name, sql in leaves.items()] or ["1 AS nothing"]
    sql = select_sql(outputs, "first_rows", where=where)
    table = query_over(engine, "first_rows", rows, sql)
    return table, {field.name: field.type for field in table.schema}


def _leaves(rows: pa.Table) -> list[tuple[str, ...]]:
    """Paths to the single values of the first lines; where a few lines are nested otherwise, most lines decide."""
    single: Counter[tuple[str, ...]] = Counter()
    nested: Counter[tuple[str, ...]] = Counter()

    def look(value: Mapping[str, Any], above: tuple[str, ...]) -> None:
        for name, member in value.items():
            path = (*above, name)
            if isinstance(member, dict):
                nested[path] += 1
                look(member, path)
            elif not isinstance(member, list):
                single[path] += member is not None

    for line in rows.column(LINE).to_pylist():
        with contextlib.suppress(ValueError, RecursionError):  # no JSON: it will be refused
            value = json.loads(line)
            if isinstance(value, dict):
                look(value, ())

    def is_nested(path: tuple[str, ...]) -> bool:
        return nested[path] > single[path]

    return [
        path
        for path in single
        if not is_nested(path) and all(is_nested(path[:length]) for length in range(1, len(path)))
    ]


def _fields(columns: Mapping[str, pa.DataType], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, kind in columns.items():
        if pa.types.is_struct(kind):
            yield from _fields({field.name: field.type for field in kind}, (*above, name))
        else:
            yield *above, name


def _note_settings(
    settings: dict[str, str], seen: list[ColumnSeen], table: pa.Table, reader: Reader, csv: CsvShape
) -> list[Advice]:
    """Set what the file shows; say where a person must decide."""
    found: list[Advice] = []
    if isinstance(reader, CsvRows) and csv.delimiter is None and reader.dialect.delimiter != ",":
        settings["delimiter"] = {"\t": "tab", "|": "pipe", ";": ";"}.get(reader.dialect.delimiter or ",", ",")
    if "decimal" not in settings and any(column.decimal == "comma" and column.number for column in seen):
        settings["decimal"] = "comma"
        found += [advise_of_commas(column.name) for column in seen if column.thousands]
    if words := guess_null_words(seen, table):
        settings["null_words"] = f"[{', '.join(quoted(word) for word in words)}]"
    return found


def _map(
    kind: str, seen: list[ColumnSeen], given: Mapping[str, str], stem: str, table: pa.Table, engine: Engine
) -> tuple[dict[str, str], list[Advice]]:
    """Targets to columns: as the user said, by what columns are called, and then by what they hold."""
    known = {column.name: column for column in seen}
    targets = [*targets_of(kind), *(["customer"] if "customer" in SHAPES[kind][1].model_fields else [])]
    mapping = {target: _given(target, wanted, known, targets) for target, wanted in given.items() if wanted}
    for target in [*targets, *_identifier_targets(kind)]:
        if target in given or target in {"sequence", "sent_at"}:
            continue
        if target == "identifiers.phone" and names_people(mapping):
            continue  # it is personal, and somebody is known without it
        column = guess_target(target.removeprefix("identifiers."), seen, set(mapping.values()))
        if column is not None and not (target == "message_id" and column.distinct < _NEARLY_ALL):
            mapping[target] = column.name
    advice = _map_by_values(mapping, seen, given, table, engine) if kind == "events" else []
    if kind == "events" and "event" not in mapping:
        mapping["event"] = f"= {stem}"
        advice.append(advise_of_constant(stem))
    block = "traits" if kind == "customers" else "properties"
    if block in SHAPES[kind][1].model_fields:
        used = set(mapping.values())
        for column in seen:
            if column.name not in used and column.kind != "nested" and not looks_personal(column.name):
                mapping[f"{block}.{_snake(column.name)}"] = column.name
    return _ordered(mapping, targets), advice


def _map_by_values(
    mapping: dict[str, str], seen: list[ColumnSeen], given: Mapping[str, str], table: pa.Table, engine: Engine
) -> list[Advice]:
    """Find what no name said by what columns hold; each such guess is told."""
    advice: list[Advice] = []

    def take(target: str, column: ColumnSeen | None) -> None:
        if column is not None:
            mapping[target] = column.name
            advice.append(advise_of_guess(target, column.name))

    if not names_people(mapping) and "identifiers.email" not in given:
        take("identifiers.email", email_by_values(seen, mapping.values()))
    if not names_people(mapping) and "customer" not in given:
        take("customer", customer_by_values(seen, mapping.values()))
    if "channel" not in mapping and "channel" not in given:
        take("channel", channel_by_values(seen, mapping.values()))
    who = next((mapping[target] for target in ("customer", "identifiers.email") if target in mapping), "")
    if "event" not in mapping and "event" not in given and who in table.column_names:
        take("event", event_by_values(seen, mapping.values(), who, table, engine))
    return advice


def _ordered(mapping: dict[str, str], targets: list[str]) -> dict[str, str]:
    order = ["occurred_at", "recorded_at", "day", "event", "number", "customer", *targets]
    return dict(sorted(mapping.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)))


def _identifier_targets(kind: str) -> list[str]:
    return ["identifiers.email", "identifiers.phone"] if "identifiers" in SHAPES[kind][1].model_fields else []


def _given(target: str, wanted: str, known: Mapping[str, ColumnSeen], targets: list[str]) -> str:
    """What the user said of one target: a column or, for texts, a constant."""
    block, _, name = target.partition(".")
    if target not in targets and not (name and block in {"identifiers", "properties", "traits"}):
        hint = did_you_mean(target, targets) or sentence("; write identifiers.email=… or properties.total=… for others")
        raise SourceError(sentence("there is nothing called '{target}' to map to{hint}", target=target, hint=hint))
    if wanted in known:
        return wanted
    near = nearest(wanted, known)
    if target in {"event", "channel", "device", "number", "touchpoint"} and near is None:
        return f"= {wanted}"
    raise SourceError(no_column(wanted, known, constant=False))


def _tried(found: Understanding, file: RowFile, folder: Path, now: datetime) -> Understanding:
    """Judge the first rows by the proposal."""
    source, problems = read_source(f"sources/{found.name}.yaml", source_yaml(found), folder)
    found = replace(found, problems=tuple(problems))
    return found if source is None else replace(found, trial=_trial(source, file, now))


def _trial(source: Source, file: RowFile, now: datetime) -> Trial:
    reader = open_rows(file, source.shape.format, source.shape.csv)
    piece = next(iter(reader.pieces()))
    piece = Piece(piece.table.slice(0, 20_000), piece.refused, piece.last_row, piece.position)
    with Engine() as engine:
        plan = plan_rows(source.shape, reader.columns, piece.table, engine)
        judged = Judge(source.shape, plan, engine, reader.whole, now, now).judge(piece)
    anonymous = judged.anonymous.num_rows if judged.anonymous is not None else 0
    details: Counter[str] = Counter(judged.rejected.column("detail").to_pylist())
    reasons = dict(zip(*(judged.rejected.column(name).to_pylist() for name in ("detail", "reason")), strict=True))
    good = judged.good.num_rows + anonymous
    return Trial(
        rows=good + judged.rejected.num_rows,
        good=good,
        rejected=details,
        reasons=reasons,
        first=judged.good.slice(0, 5),
    )


def _snake(name: str) -> str:
    """A name without spaces and signs, so that expressions can name it without quotes."""
    return re.sub(r"\W+", "_", name).strip("_").casefold() or "source"
