"""A map's column: which touchpoint each event of the index is, and what it was worth.

Two steps. Which conditions hold, and the values, depend on a row alone: they are evaluated once a file, through the
engine, and kept in `signals/<hash>/<file>.npz`. What an event becomes may depend on the customer's other events
(`occurrence`): a kernel decides it over the whole index, in milliseconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.base.errors import QuestionError
from resa.base.files import durable_file, flush_file, flush_folder
from resa.base.language import sentence
from resa.expressions import Catalog, Compiled, Scope, compile_expression
from resa.kernels import matching
from resa.model.journey import JourneyMap, Signal
from resa.storage.arrays import write_array
from resa.storage.evaluation import stream_files
from resa.storage.index import JourneyIndex, sources_of
from resa.storage.records import EventFile

__all__ = ["column_hash", "derive_column", "has_column", "move_answers"]

_BITS = 62  # conditions in one word: a sum of powers below 2**62 is a BIGINT
_OWN_VALUE = "value"
_FEW = 4  # of so many rows at least one has to be asked for to make reading all answers worth it


@dataclass(frozen=True)
class _Questions:
    """What has to be asked of every row: distinct conditions and numbers of a map's signals."""

    timezone: str
    signals: tuple[Signal, ...]
    conditions: tuple[str, ...]
    numbers: tuple[str, ...]

    @property
    def hash(self) -> str:
        return _digest(
            [
                self.timezone,
                self.conditions,
                self.numbers,
                [
                    sorted(self.conditions.index(_when(signal)) for signal in self.users(number))
                    for number in self.numbers
                ],
            ]
        )

    def users(self, number: str) -> list[Signal]:
        """The signals that use a number, as value or score."""
        return [signal for signal in self.signals if number in (_value(signal), signal.score)]


@dataclass(frozen=True)
class _Answers:
    """The answers for rows of the event files, in their global order: for all of them, or for those of some events.

    Attributes:
        rows: uint32[N], the place of each event's row among the rows that are answered for.
        count: How many these are.
        patterns: Number of each row's pattern.
        words: uint64[patterns, W], the bits of each pattern.
        numbers: For each number its rows, ascending, and what it is there.
    """

    rows: npt.NDArray[np.uint32]
    count: int
    patterns: npt.NDArray[np.unsignedinteger[Any]]
    words: npt.NDArray[np.uint64]
    numbers: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]


def column_hash(journey_map: JourneyMap) -> str:
    """A hash of what a column depends on; the same for two versions of a map that differ in other parts only."""
    signals = [
        [s.touchpoint, s.when, s.occurrence, s.value, s.score, s.scale]
        for s in journey_map.signals
        if s.kind == "events"
    ]
    return _digest([journey_map.timezone, list(journey_map.code), signals])


def has_column(index: JourneyIndex, journey_map: JourneyMap) -> bool:
    """Whether the index has a column that says what this version of the map says."""
    _, folder = index.columns.get(journey_map.key, ("", ""))
    return folder == f"maps/{column_hash(journey_map)}"


def derive_column(
    index: JourneyIndex,
    journey_map: JourneyMap,
    cache: Path,
    histories: Callable[[], tuple[JourneyIndex, npt.NDArray[np.int64]]] | None = None,
) -> str:
    """Derive a map's column and write it below the index's folder, unless it stands there already.

    Args:
        index: Published or in the making.
        journey_map: The map.
        cache: The folder of answers by file, `signals/`.
        histories: Where the index does not hold all that its customers did: one that does, and where in it the events
            of this one stand.

    Returns:
        The column's folder, relative to the index's.
    """
    name = column_hash(journey_map)
    folder = index.folder / "maps" / name
    if folder.exists():
        return f"maps/{name}"
    questions = _questions(journey_map)
    answers = _answers(index, questions, cache / questions.hash)
    if histories is not None and any(signal.occurrence for signal in questions.signals):
        full, places = histories()
        counted = _answers(full, questions, cache / questions.hash)
        touchpoints = _touchpoints(full, journey_map, questions, counted)[places]
    else:
        touchpoints = _touchpoints(index, journey_map, questions, answers)
    values = _sparse(index, touchpoints, questions, answers, code=journey_map.code, which="value")
    scores = _sparse(index, touchpoints, questions, answers, code=journey_map.code, which="score")
    temporary = folder.with_name(f".{name}.writing")
    temporary.mkdir(parents=True, exist_ok=True)
    write_array(temporary / "touchpoints.npy", "<u2", touchpoints)
    for word, (positions, numbers) in (("value", values), ("score", scores)):
        write_array(temporary / f"{word}_positions.npy", "<i8", positions)
        write_array(temporary / f"{word}_numbers.npy", "<f8", numbers)
    sources = sources_of(index.files, touchpoints, index.rows, len(journey_map.code))
    header = {"codes": dict(journey_map.code), "sources": sources}
    (temporary / "column.json").write_text(json.dumps(header, indent=1), encoding="utf-8")
    flush_file(temporary / "column.json")
    flush_folder(temporary)
    temporary.replace(folder)
    flush_folder(folder.parent)
    return f"maps/{name}"


def move_answers(cache: Path, old: Sequence[EventFile], new: int, order: npt.NDArray[np.int64]) -> None:
    """Keep the answers when files become one: its row k is row `order[k]` of the old ones together."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    starts = np.cumsum([0, *(file.rows for file in old)])
    for folder in sorted(cache.iterdir()):
        if not all((folder / f"{file.id}.npz").exists() for file in old):
            continue
        parts = []
        for file in old:
            with np.load(folder / f"{file.id}.npz", allow_pickle=False) as saved:
                parts.append(dict(saved))
        known = np.cumsum([0, *(len(part["words"]) for part in parts)])
        patterns = np.concatenate(
            [part["patterns"].astype(np.int64) + begin for part, begin in zip(parts, known, strict=False)]
        )
        words, numbers = np.unique(np.concatenate([part["words"] for part in parts]), axis=0, return_inverse=True)
        arrays: dict[str, npt.NDArray[Any]] = {
            "words": words,
            "patterns": _narrow(numbers.reshape(-1)[patterns[order]], len(words)),
        }
        for name in parts[0]:
            if name.startswith("rows"):
                values = name.replace("rows", "numbers")
                rows = place[np.concatenate([part[name] + begin for part, begin in zip(parts, starts, strict=False)])]
                by_row = np.argsort(rows)
                arrays[name] = rows[by_row]
                arrays[values] = np.concatenate([part[values] for part in parts])[by_row]
        _write_answers(folder / f"{new}.npz", arrays)


def _narrow(numbers: npt.NDArray[np.int64], count: int) -> npt.NDArray[Any]:
    return numbers.astype(np.uint8 if count <= 256 else np.uint16 if count <= 65_536 else np.uint32)


def _write_answers(path: Path, arrays: dict[str, npt.NDArray[Any]]) -> None:
    with durable_file(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)


def _digest(value: object) -> str:
    return hashlib.blake2b(json.dumps(value, ensure_ascii=False).encode(), digest_size=16).hexdigest()


def _when(signal: Signal) -> str:
    return signal.when or "false"


def _value(signal: Signal) -> str:
    return signal.value or _OWN_VALUE


def _questions(journey_map: JourneyMap) -> _Questions:
    signals = tuple(signal for signal in journey_map.signals if signal.kind == "events")
    numbers = [_value(signal) for signal in signals] + [signal.score for signal in signals if signal.score]
    return _Questions(
        journey_map.timezone, signals, tuple(dict.fromkeys(map(_when, signals))), tuple(dict.fromkeys(numbers))
    )


def _answers(index: JourneyIndex, questions: _Questions, folder: Path) -> _Answers:
    """Read what was answered before, ask the rest."""
    missing = [file for file in index.files if not (folder / f"{file.id}.npz").exists()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        _ask(missing, questions, folder)
    wanted = np.sort(index.rows) if index.events * _FEW < index.total_rows else None
    width = max(1, -(-len(questions.conditions) // _BITS))
    tables: list[npt.NDArray[np.uint64]] = [np.zeros((0, width), np.uint64)]
    parts: list[npt.NDArray[np.uint32]] = []
    numbers: list[tuple[list[npt.NDArray[np.int64]], list[npt.NDArray[np.float64]]]] = [
        ([], []) for _ in questions.numbers
    ]
    known = begin = 0
    for file in index.files:
        some = None if wanted is None else _of_file(wanted, file)
        if some is not None and not len(some):
            continue
        with np.load(folder / f"{file.id}.npz", allow_pickle=False) as saved:
            patterns = saved["patterns"].astype(np.uint32) + np.uint32(known)
            tables.append(saved["words"])
            parts.append(patterns if some is None else patterns[some])
            known += len(saved["words"])
            for place, (rows, values) in enumerate(numbers):
                found = _numbers_of(saved[f"rows{place}"], saved[f"numbers{place}"], some)
                rows.append(found[0] + begin)
                values.append(found[1])
        begin += len(parts[-1])
    return _Answers(
        index.rows if wanted is None else np.searchsorted(wanted, index.rows).astype(np.uint32),
        begin,
        np.concatenate([np.empty(0, np.uint32), *parts]),
        np.concatenate(tables),
        [
            (np.concatenate([np.empty(0, np.int64), *rows]), np.concatenate([np.empty(0, np.float64), *values]))
            for rows, values in numbers
        ],
    )


def _of_file(wanted: npt.NDArray[np.uint32], file: EventFile) -> npt.NDArray[np.int64]:
    """Which rows of a file are among these."""
    begin, end = np.searchsorted(wanted, [file.first_row, file.first_row + file.rows])
    return wanted[begin:end].astype(np.int64) - file.first_row


def _numbers_of(
    rows: npt.NDArray[np.int64], numbers: npt.NDArray[np.float64], some: npt.NDArray[np.int64] | None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The numbers of some rows of a file, by their places among these; `None`: of all."""
    if some is None or not len(rows):
        return rows, numbers
    place = np.minimum(np.searchsorted(rows, some), len(rows) - 1)
    there = np.flatnonzero(rows[place] == some)
    return there, numbers[place[there]]


def _ask(files: Sequence[EventFile], questions: _Questions, folder: Path) -> None:
    columns = _columns(questions)
    batches = stream_files(files, columns)
    waiting: list[pa.RecordBatch] = []
    for file in files:  # pieces of the stream do not keep to the files
        left = file.rows
        taken: list[pa.RecordBatch] = []
        while left:
            batch = waiting.pop() if waiting else next(batches)
            taken.append(batch.slice(0, left))
            if batch.num_rows > left:
                waiting.append(batch.slice(left))
            left -= taken[-1].num_rows
        _save(folder / f"{file.id}.npz", pa.Table.from_batches(taken), questions)


def _columns(questions: _Questions) -> dict[str, Compiled]:
    """The words of bits, and the numbers, as columns to evaluate."""
    catalog = Catalog(timezone=questions.timezone)
    conditions = [
        compile_expression(text, scope=Scope.EVENT, expects="boolean", catalog=catalog, prefix=f"c{place}_")
        for place, text in enumerate(questions.conditions)
    ]
    columns = {}
    for begin in range(0, max(1, len(conditions)), _BITS):
        part = conditions[begin : begin + _BITS]
        bits = [f"CASE WHEN {condition.sql} THEN {1 << bit} ELSE 0 END" for bit, condition in enumerate(part)]
        columns[f"word{begin // _BITS}"] = _combined(f"CAST({' + '.join(bits) or '0'} AS BIGINT)", part)
    for place, text in enumerate(questions.numbers):
        number = compile_expression(text, scope=Scope.EVENT, expects="number", catalog=catalog, prefix=f"n{place}_")
        users = [conditions[questions.conditions.index(_when(signal))] for signal in questions.users(text)]
        asked = " OR ".join(f"({condition.sql})" for condition in users)
        sql = f"CASE WHEN {asked} THEN CAST({number.sql} AS DOUBLE) END"
        columns[f"number{place}"] = _combined(sql, [number, *users])
    return columns


def _combined(sql: str, parts: Sequence[Compiled]) -> Compiled:
    parameters = {name: value for part in parts for name, value in part.parameters.items()}
    fields = frozenset(field for part in parts for field in part.fields)
    return Compiled(text=sql, sql=sql, parameters=parameters, fields=fields, requires=(), type=None)


def _save(path: Path, table: pa.Table, questions: _Questions) -> None:
    width = max(1, -(-len(questions.conditions) // _BITS))
    words = np.column_stack([table.column(f"word{k}").to_numpy() for k in range(width)]).astype(np.uint64)
    known = np.empty((matching.MAX_PATTERNS, width), np.uint64)
    slots = np.full(2 * matching.MAX_PATTERNS, -1, np.int32)
    patterns, count = matching.number_patterns(words, known, 0, slots)
    if count < 0:
        raise QuestionError(sentence("the map's signals overlap in more than half a million ways; make them simpler"))
    arrays: dict[str, npt.NDArray[Any]] = {"words": known[:count], "patterns": _narrow(patterns, count)}
    for place in range(len(questions.numbers)):
        column = table.column(f"number{place}").to_numpy()
        there = np.flatnonzero(np.isfinite(column))
        arrays[f"rows{place}"], arrays[f"numbers{place}"] = there, column[there]
    _write_answers(path, arrays)


def _touchpoints(
    index: JourneyIndex, journey_map: JourneyMap, questions: _Questions, answers: _Answers
) -> npt.NDArray[np.uint16]:
    signals = questions.signals
    if not signals:
        return np.zeros(index.events, np.uint16)
    place = np.array([questions.conditions.index(_when(signal)) for signal in signals])
    holds = (answers.words[:, place // _BITS] >> (place % _BITS).astype(np.uint64)) & np.uint64(1)
    pattern, signal = np.nonzero(holds)  # by pattern, then in the order of the map
    starts = np.searchsorted(pattern, np.arange(len(answers.words) + 1)).astype(np.int64)
    occurrences = [signal.occurrence for signal in signals]
    touchpoints: npt.NDArray[np.uint16] = matching.touchpoints_by_signal(
        np.ascontiguousarray(index.offsets),
        answers.rows,
        answers.patterns,
        starts,
        signal.astype(np.int64),
        np.array([journey_map.code[signal.touchpoint] for signal in signals], np.uint16),
        np.array([0 if occurrence is None else occurrence[0] for occurrence in occurrences], np.int64),
        np.array([2**62 if occurrence is None else occurrence[1] or 2**62 for occurrence in occurrences], np.int64),
    )
    return touchpoints


def _sparse(
    index: JourneyIndex,
    touchpoints: npt.NDArray[np.uint16],
    questions: _Questions,
    answers: _Answers,
    *,
    code: Mapping[str, int],
    which: str,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The numbers of one sort by position, where the event became a touchpoint whose signal asks for them."""
    positions = [np.empty(0, np.int64)]
    numbers = [np.empty(0, np.float64)]
    place_of_row: npt.NDArray[np.int64] | None = None
    for text, (rows, values) in zip(questions.numbers, answers.numbers, strict=True):
        asking = np.zeros(len(code) + 1, np.bool_)
        for signal in questions.signals:
            asking[code[signal.touchpoint]] |= text == (_value(signal) if which == "value" else signal.score)
        if not len(rows) or not asking.any():
            continue
        if place_of_row is None:
            place_of_row = np.full(answers.count, -1, np.int64)
            place_of_row[answers.rows] = np.arange(index.events)
        places = place_of_row[rows]
        keep = (places >= 0) & asking[touchpoints[places]]
        positions.append(places[keep])
        numbers.append(values[keep])
    where = np.concatenate(positions)
    order = np.argsort(where, kind="stable")
    return where[order], np.concatenate(numbers)[order]
