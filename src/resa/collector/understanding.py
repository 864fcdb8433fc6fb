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
from resa.base.language import Sentence, one_of, sentence
from resa.collector.collecting import first_rows
from resa.collector.files import RowFile
from resa.collector.guessing import ColumnSeen, guess_null_words, guess_target, looks_personal, see_columns
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
_SCALES = ((1, 5), (0, 5), (1, 7), (0, 10), (1, 10), (0, 100), (-100, 100))
_CURRENCY = re.compile(r"[A-Z]{3}")


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
            `scale`, `delimiter` and `encoding` to themselves.
        kind: Of the source.
        name: Of the source; `None`: the file's, without its ending.
        folder: The workspace.
        timezone: The map's, to be suggested for times that do not say theirs.
        now: For judging the first rows; `None`: now.

    Raises:
        SourceError: The file cannot be read, or an override names what is not there.
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
    given = dict(overrides or {})
    settings = {name: given.pop(name) for name in _SETTINGS if name in given}
    format_name = guess_format(file)
    csv = _csv_shape(file, settings)
    reader = open_rows(file, format_name, csv)
    with Engine() as engine:
        rows = first_rows(reader)
        if not rows.num_rows:
            raise SourceError(sentence("{file} holds no row that can be read", file=file.name))
        if LINE in reader.columns and not _leaves(rows):
            hint = sentence("write one object a line; jq -c '.[]' makes that of one long list")
            raise SourceError(sentence("{file} is no file of JSON lines: {hint}", file=file.name, hint=hint))
        table, columns = _as_columns(rows, reader, engine)
        seen = see_columns(table, columns, engine)
        doubts = _note_settings(settings, seen, table, reader, csv)
        mapping = _map(kind, seen, given)
        notes = _notes(kind, mapping, seen, settings, PurePosixPath(file.path).name, timezone)
        missing = _missing(kind, mapping, seen, settings)
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
        missing=missing,
        left_out=left_out,
    )
    return found if missing else _tried(found, file, folder or Path(), now or system_clock())


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
) -> list[Sentence]:
    """Set what the file shows; say where a person must decide."""
    notes: list[Sentence] = []
    if isinstance(reader, CsvRows) and csv.delimiter is None and reader.dialect.delimiter != ",":
        settings["delimiter"] = {"\t": "tab", "|": "pipe", ";": ";"}.get(reader.dialect.delimiter or ",", ",")
    if "decimal" not in settings and any(column.decimal == "comma" and column.number for column in seen):
        settings["decimal"] = "comma"
        notes += [_note_commas(column.name) for column in seen if column.thousands]
    if words := guess_null_words(seen, table):
        settings["null_words"] = f"[{', '.join(quoted(word) for word in words)}]"
    return notes


def _map(kind: str, seen: list[ColumnSeen], given: Mapping[str, str]) -> dict[str, str]:
    """Targets to columns."""
    known = {column.name: column for column in seen}
    targets = [*targets_of(kind), *(["customer"] if "customer" in SHAPES[kind][1].model_fields else [])]
    mapping = {target: _given(target, wanted, known, targets) for target, wanted in given.items()}
    for target in [*targets, *_identifier_targets(kind)]:
        if target in mapping or target in {"sequence", "sent_at"}:
            continue
        column = guess_target(target.removeprefix("identifiers."), seen, set(mapping.values()))
        if column is not None and not (target == "message_id" and column.distinct < 0.999):
            mapping[target] = column.name
    block = "traits" if kind == "customers" else "properties"
    if block in SHAPES[kind][1].model_fields:
        used = set(mapping.values())
        for column in seen:
            if column.name not in used and column.kind != "nested" and not looks_personal(column.name):
                mapping[f"{block}.{_snake(column.name)}"] = column.name
    return _ordered(mapping, targets)


def _notes(
    kind: str,
    mapping: dict[str, str],
    seen: list[ColumnSeen],
    settings: dict[str, str],
    file_name: str,
    timezone: str,
) -> list[Sentence]:
    """What a person should check; what can be taken for granted until then is entered in the mapping and settings."""
    known = {column.name: column for column in seen}
    notes: list[Sentence] = []
    if kind == "events" and "event" not in mapping:
        stem = _snake(file_name.split(".", maxsplit=1)[0])
        mapping["event"] = f"= {stem}"
        notes.append(
            sentence(
                "no column says what happened, so every row is the event '{stem}'; --as event=… says otherwise",
                stem=stem,
            )
        )
    for target in ("occurred_at", "day", "recorded_at"):
        if mapping.get(target) in known:
            notes += _note_time(known[mapping[target]], settings, timezone)
    taken = {column for target, column in mapping.items() if not target.startswith("properties.")}
    numbers = [column.name for column in seen if column.number and column.name not in taken]
    if kind == "events" and "value" not in mapping and numbers:
        notes.append(
            sentence(
                "no column was taken for a value; if one is money, say --as value=COLUMN, such as {number}",
                number=numbers[0],
            )
        )
    if "score" in mapping and "scale" not in settings:
        notes += _note_scale(known[mapping["score"]], settings)
    for column in seen:
        codes = set(column.samples)
        if "value" in mapping and len(codes) > 1 and all(map(_CURRENCY.fullmatch, codes)):
            notes.append(
                sentence(
                    "'{column}' may name several currencies ({samples}); values are added up as they "
                    "stand: collect each currency as a source of its own, or convert before",
                    column=column.name,
                    samples=", ".join(column.samples),
                )
            )
    return notes


def _note_scale(column: ColumnSeen, settings: dict[str, str]) -> list[Sentence]:
    """Take the scale that the scores fit on; without one they could not be compared."""
    if column.low is None or column.high is None:
        return []
    low, high = column.low, column.high
    scale = next((ends for ends in _SCALES if ends[0] <= low and high <= ends[1]), None)
    if scale is None:
        return [
            sentence(
                "'{column}' fits no usual scale; say --as scale=LOWEST-HIGHEST, or scores are left out of means",
                column=column.name,
            )
        ]
    settings["scale"] = f"{scale[0]}-{scale[1]}"
    return [
        sentence(
            "scores were taken to be {low} to {high}; --as scale=1-5 says otherwise, and others are refused",
            low=scale[0],
            high=scale[1],
        )
    ]


def _missing(
    kind: str, mapping: Mapping[str, str], seen: list[ColumnSeen], settings: Mapping[str, str]
) -> dict[str, Sentence]:
    """Targets that nothing was found for, each with what to do."""
    found = {
        name: sentence("nothing says what {name} is; add --as {name}=COLUMN", name=name)
        for name, target in targets_of(kind).items()
        if target.missing and name not in mapping
    }
    if "number" in found:
        found["number"] = sentence(
            "nothing says what is counted; add --as number=NAME, such as number=footfall, or a column"
        )
    if kind in {"events", "customers"} and not _names_people(mapping):
        found["customer"] = (
            sentence("nothing says who the customer is; add --as customer=COLUMN")
            if kind == "customers"
            else sentence(
                "nothing says who the customer is; add --as customer=COLUMN, or --kind daily_numbers if these are "
                "numbers without customers, such as footfall"
            )
        )
    known = {column.name: column for column in seen}
    for target in ("occurred_at", "day", "recorded_at"):
        column = known.get(mapping.get(target, ""))
        if column is not None and "time_format" not in settings and len(ways := _ways(column)) > 1:
            choice = one_of(f"--as 'time_format={way}'" for way in ways)
            found["time_format"] = sentence(
                "'{column}' could be day/month or month/day; add {choice}", column=column.name, choice=choice
            )
    return found


def _ways(column: ColumnSeen) -> list[str]:
    """The best format and, where every value can be read so too, the one with day and month the other way round."""
    best = column.time_formats[0] if column.time_formats else "iso"
    swapped = best.replace("%d/%m", "%m/%d")
    return [best, swapped] if swapped != best and swapped in column.time_formats else [best]


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
        hint = did_you_mean(target, targets) or sentence("; write identifiers.email=… or properties.total=… for others")
        raise SourceError(sentence("there is nothing called '{target}' to map to{hint}", target=target, hint=hint))
    if wanted in known:
        return wanted
    near = nearest(wanted, known)
    if target in {"event", "channel", "device", "number", "touchpoint"} and near is None:
        return f"= {wanted}"
    raise SourceError(no_column(wanted, known, constant=False))


def _note_time(column: ColumnSeen, settings: dict[str, str], timezone: str) -> list[Sentence]:
    """Set the time format where there is no doubt; say where a person must decide on the zone."""
    ways = _ways(column)
    if len(ways) == 1 and ways != ["iso"]:
        settings.setdefault("time_format", ways[0])
    zoned = re.compile(r":.*(Z|[+-]\d\d(:?\d\d)?)$")
    if "timezone" in settings or column.kind != "time" or any(map(zoned.search, column.samples)):
        return []
    return [
        sentence(
            "'{column}' tells no time zone; UTC was taken, --as timezone={timezone} changes it",
            column=column.name,
            timezone=timezone,
        )
    ]


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
    good = judged.good.num_rows + anonymous
    return Trial(rows=good + judged.rejected.num_rows, good=good, rejected=details, first=judged.good.slice(0, 5))


def _note_commas(name: str) -> Sentence:
    named = name if re.fullmatch(r"[A-Za-z_]\w*", name) else f'row."{name}"'
    return sentence(
        "every comma in '{name}' stands before three digits and was taken for a decimal "
        "comma: 1,234 is less than 2. If they part thousands, say --as decimal=point, and in "
        "the source file {{expression: replace({named}, ',', '')}}",
        name=name,
        named=named,
    )


def _snake(name: str) -> str:
    """A name without spaces and signs, so that expressions can name it without quotes."""
    return re.sub(r"\W+", "_", name).strip("_").casefold() or "source"
