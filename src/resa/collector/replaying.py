"""Rejected rows, read once more by the source as it is now: what is good goes in, the rest stays rejected.

A replay is a load of its own. The load that refused the rows keeps its numbers; a row waits no longer from the commit
on that stores all that came of it, and waits again if the replay is undone.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

from resa.base.errors import QuestionError, SourceError
from resa.base.language import sentence
from resa.collector.judging import Judge, Judged
from resa.collector.mapping import IDENTIFIER
from resa.collector.planning import plan_rows
from resa.collector.reading import LINE, ROW, Piece
from resa.collector.records import Dialect
from resa.collector.relations import query_over, select_sql
from resa.collector.shapes import SHAPES, Cell, SourceShape, targets_of
from resa.collector.sources import Source
from resa.collector.text_files import guess_delimiter
from resa.collector.typing_sql import name_sql
from resa.engine import Engine
from resa.expressions import compile_select
from resa.model.consents import WITHOUT_CONTENT
from resa.storage import Writer

__all__ = ["ReplayReport", "replay", "replay_origin"]

_FINGERPRINT = "replay"


@dataclass(frozen=True, kw_only=True)
class ReplayReport:
    """What became of rejected rows that were read once more.

    Attributes:
        load_id: The new load; `None` if no row was good.
        tried: Rows that were read.
        good: Rows that are stored now.
        duplicate: Rows that are good, and were there already.
        still_rejected: Rows that stay rejected, wholly or in part.
        reasons: Why.
    """

    load_id: int | None
    tried: int
    good: int
    duplicate: int
    still_rejected: int
    reasons: Counter[str]


def replay(
    writer: Writer,
    source: Source,
    *,
    load_id: int | None = None,
    reason: str | None = None,
    now: datetime | None = None,
) -> ReplayReport:
    """Read rejected rows of a source once more.

    Rows of a SELECT are kept as the SELECT gave them: for a change of the SELECT itself, collect with `replace`.

    Args:
        writer: Of the workspace.
        source: As it is now.
        load_id: Only rows of this load.
        reason: Only rows that were rejected for this reason.
        now: When the rows are received, UTC; `None`: now.

    Raises:
        QuestionError: There are no such rows, or they belong to a lookup table.
        SourceError: The definition does not fit them.
    """
    if source.kind == "lookup":
        raise QuestionError(sentence("a lookup table is read as a whole; collect it with --replace"))
    received = now or writer.store.clock()
    _finish_killed(writer, source)
    totals: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    loads: dict[int, int] = {}  # of rows that were refused by this one, the load that replays them
    with Engine() as engine:
        for waiting in writer.store.rejected_parts(load_id, source_id=source.name):
            part = waiting if reason is None else waiting.filter(compute.equal(waiting.column("reason"), reason))
            part = part.filter(compute.invert(compute.starts_with(part.column("payload"), WITHOUT_CONTENT)))
            totals["tried"] += part.num_rows
            for judge, piece, places in _readings(source, part, engine, received):
                judged = judge.judge(piece)
                reasons += judged.reasons
                if len(judged.taken):
                    refused_by = part.column("load_id")[0].as_py()
                    if refused_by not in loads:
                        origin = replay_origin(refused_by)
                        begun = writer.begin_load(source_id=source.name, origin=origin, fingerprint=_FINGERPRINT)
                        loads[refused_by] = begun.id
                    _commit(writer, loads[refused_by], source, judged, part.take(places), totals)
    if not totals["tried"]:
        raise QuestionError(
            sentence("there are no rejected rows of this kind; `resa rejected list` shows those that there are")
        )
    for number in loads.values():
        writer.finish_load(writer.store.load(number))
    return ReplayReport(
        load_id=max(loads.values(), default=None),
        tried=totals["tried"],
        good=totals["good"],
        duplicate=totals["duplicate"],
        still_rejected=totals["tried"] - totals["settled"],
        reasons=reasons,
    )


def _finish_killed(writer: Writer, source: Source) -> None:
    """Finish the loads of replays that were killed: each of their commits is whole, and the rest waits still."""
    for begun in writer.store.loads(source.name):
        if begun.state == "running" and begun.fingerprint == _FINGERPRINT:
            writer.finish_load(begun)


def replay_origin(load_id: int) -> str:
    """The origin of loads that replay rejected rows of a load."""
    return f"replay of load {load_id}"


def _commit(writer: Writer, load_id: int, source: Source, part: Judged, tried: pa.Table, totals: Counter[str]) -> None:
    """Store what is good of a piece; the rows that gave nothing bad are settled with the last of it."""
    load = writer.store.load(load_id)
    rows = tried.column("row").to_numpy()
    refused = part.rejected.column("row").to_numpy()
    settles = tried.filter(pa.array(np.isin(rows, part.taken) & ~np.isin(rows, refused)))
    result = writer.commit_chunk(
        load,
        source.kind,  # type: ignore[arg-type]  # lookups were refused above
        part.good,
        rows_read=tried.num_rows,
        message_ids=part.message_ids,
        cells=part.cells,
        also=part.others,
        settles=settles,
    )
    totals.update(good=result.good, duplicate=result.duplicate, settled=settles.num_rows)


def _readings(
    source: Source, rejected: pa.Table, engine: Engine, received: datetime
) -> Iterator[tuple[Judge, Piece, list[int]]]:
    """The rejected rows as pieces of files, each with a judge who can read it and the places of its rows.

    A SELECT may have given several rejected rows of one row of the file; each stands in another piece, so that within
    a piece a row's number tells it.
    """
    rows = rejected.column("row").to_pylist()
    payloads = rejected.column("payload").to_pylist()
    shape = source.shape
    texts: dict[tuple[int, tuple[str, ...]], list[tuple[int, list[str]]]] = {}
    typed: dict[tuple[int, str], list[tuple[int, str]]] = {}
    lines: dict[int, list[tuple[int, str]]] = {}
    seen: Counter[int] = Counter()
    for place, (row, payload, types) in enumerate(
        zip(rows, payloads, rejected.column("types").to_pylist(), strict=True)
    ):
        ordinal = seen[row]
        seen[row] += 1
        if types is not None:
            typed.setdefault((ordinal, types), []).append((place, payload))
            continue
        whole = _line(payload, shape) if not payload.startswith("{") else payload
        if isinstance(whole, str):
            lines.setdefault(ordinal, []).append((place, whole))
        elif whole is not None:
            texts.setdefault((ordinal, whole[0]), []).append((place, whole[1]))
    for (_, types), given in typed.items():
        places = [place for place, _ in given]
        table = _numbered(_typed([payload for _, payload in given], types, engine), [rows[place] for place in places])
        order = rejected.column("position").take(pa.array(places)) if shape.select is not None else None
        yield *_prepared(_of_outputs(shape), table, engine, received, order), places
    for (_, names), records in texts.items():
        columns = list(zip(*(cells for _, cells in records), strict=True))
        table = pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})
        places = [place for place, _ in records]
        yield *_prepared(shape, _numbered(table, [rows[place] for place in places]), engine, received), places
    for given in lines.values():
        table = pa.table({LINE: pa.array([line for _, line in given], pa.string())})
        places = [place for place, _ in given]
        numbered = _numbered(table, [rows[place] for place in places])
        try:
            prepared = _prepared(shape, numbered, engine, received)
        except SourceError:
            if shape.select is None:
                raise
            continue  # these lines are nested in another way than the SELECT reads, and stay refused
        yield *prepared, places


def _prepared(
    shape: SourceShape, table: pa.Table, engine: Engine, received: datetime, places: pa.ChunkedArray | None = None
) -> tuple[Judge, Piece]:
    columns = {field.name: field.type for field in table.schema if field.name != ROW}
    plan = plan_rows(shape, columns, table, engine)
    last = table.column(ROW)[-1].as_py()
    judge = Judge(shape, plan, engine, lambda rows: rows, received, received)  # payloads are whole rows
    return judge, Piece(table, [], last, 0, None if places is None else places.to_numpy())


def _numbered(table: pa.Table, rows: Sequence[int]) -> pa.Table:
    return table.append_column(ROW, pa.array(np.array(rows, np.int64)))


def _typed(payloads: Sequence[str], types: str, engine: Engine) -> pa.Table:
    """Rows of columns as they were when they were refused: in the same types, so that they are told apart alike."""
    columns: dict[str, str] = json.loads(types)
    records = [json.loads(payload, parse_float=str, parse_int=str, parse_constant=str) for payload in payloads]
    table = pa.table({name: pa.array([_written(row[name]) for row in records], pa.string()) for name in columns})
    outputs = [f"{_as_type(name_sql(name), kind)} AS {name_sql(name)}" for name, kind in columns.items()]
    return query_over(engine, "texts", table, select_sql(outputs, "texts"))


def _written(value: Any) -> str | None:
    """A member of a payload as text that SQL reads as its type."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _as_type(raw: str, kind: str) -> str:
    if kind in {"VARCHAR", '"NULL"'}:
        return raw
    nested = kind.startswith(("STRUCT", "MAP", "UNION")) or kind.endswith("]")
    return f"TRY_CAST({f'CAST({raw} AS JSON)' if nested else raw} AS {kind})"


def _line(payload: str, shape: SourceShape) -> str | tuple[tuple[str, ...], list[str]] | None:
    """A record that could not be read: names and cells, a line of JSON, or `None` if it still cannot be read."""
    try:
        parts = json.loads(payload) if payload.startswith("[") else _decoded(payload, shape)
    except ValueError:
        return None
    if len(parts) < 2:
        return parts[0] if parts else None
    heading, record = (part.strip("\r\n").encode() for part in parts[:2])
    dialect = Dialect(
        shape.csv.delimiter or guess_delimiter(heading), None if shape.csv.quote == "none" else shape.csv.quote
    )
    if not (dialect.is_whole(heading) and dialect.is_whole(record)) or b"\0" in record:
        return None
    names = tuple(cell.decode().strip() for cell in dialect.cells(heading))
    cells = [cell.decode() for cell in dialect.cells(record)]
    return (names, cells) if len(names) == len(cells) == len(set(names)) else None


def _decoded(payload: str, shape: SourceShape) -> list[str]:
    """Bytes that were no UTF-8, by the encoding that the source states now."""
    text = base64.b64decode(payload, validate=True).decode(shape.csv.encoding or "utf-8")
    heading, _, record = text.partition("\n")
    return [heading, record] if record else [text]


def _of_outputs(shape: SourceShape) -> SourceShape:
    """For rows that a SELECT gave: a source whose columns are the SELECT's output."""
    if shape.select is None:
        return shape
    shape_class, columns_class = SHAPES[shape.kind]
    targets = targets_of(shape.kind)
    block = "traits" if shape.kind == "customers" else "properties"
    mapped: dict[str, object] = {}
    people: dict[str, Cell] = {}
    extras: dict[str, Cell] = {}
    for name in compile_select(shape.select).columns:
        if name in targets or name == "customer":
            mapped[name] = Cell(column=name)
        elif name.startswith(IDENTIFIER):
            people[name.removeprefix(IDENTIFIER)] = Cell(column=name)
        else:
            extras[name] = Cell(column=name)
    if people:
        mapped["identifiers"] = people
    if extras and block in columns_class.model_fields:
        mapped[block] = extras
    values: Mapping[str, object] = {name: getattr(shape, name) for name in type(shape).model_fields}
    return shape_class.model_validate({**values, "select": None, "columns": columns_class.model_validate(mapped)})
