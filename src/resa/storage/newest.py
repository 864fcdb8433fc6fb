"""The newest events that count, and what expressions say of them: for who writes a condition and wants to see it."""

# ruff: noqa: S608 - every part of the SQL is written here, an escaped path, or SQL that an expression was compiled to

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Final, NamedTuple

import pyarrow as pa

from resa.base.errors import EngineError, TimeExceeded
from resa.engine import Engine
from resa.expressions import Catalog, Compiled, Scope, compile_expression
from resa.model.tables import EVENTS
from resa.storage.erasing import count_erasures, is_unfinished
from resa.storage.evaluation import quoted_files
from resa.storage.records import EventFile, Exclusion
from resa.storage.store import Store

__all__ = ["evaluate_events", "newest_events"]

_KEPT: Final = 2
_PAUSE: Final = 3
"""So many times as long as reading them took, events stay the newest, whatever came meanwhile."""


class _Read(NamedTuple):
    """Events that were read: of which files, after how many erasures, and when to look again."""

    files: tuple[int, ...]
    erased: int
    table: pa.Table
    again_at: float


_read: OrderedDict[tuple[object, ...], _Read] = OrderedDict()
_reading: Final = Lock()


def newest_events(store: Store, most: int, exclude: Sequence[Exclusion] = (), *, seconds: float = 5.0) -> pa.Table:
    """The events that happened last, the newest first; those that are left out of the index are left out here too.

    They are read anew once others came, but not all the time.

    Args:
        store: Where they are.
        most: So many at most.
        exclude: Which are left out.
        seconds: How long it may take.

    Raises:
        TimeExceeded: It takes longer.
    """
    try:
        return _kept(store, most, exclude, seconds)
    except TimeExceeded:
        raise
    except EngineError:  # files were joined meanwhile: those that hold the same rows now are listed by now
        return _kept(store, most, exclude, seconds)


def _kept(store: Store, most: int, exclude: Sequence[Exclusion], seconds: float) -> pa.Table:
    """The events as they were read before, while they are the newest, or reading them again would take too long."""
    files = [file for file in store.event_files() if file.rows]
    numbers = tuple(file.id for file in files)
    key = (store.layout.root, tuple(exclude), most)
    began, erased = time.monotonic(), count_erasures(store)
    with _reading:
        before = _read.get(key)
    if before is not None and (before.erased != erased or is_unfinished(store)):
        before = None  # who asked to be forgotten is, at once
    if before is not None and (before.files == numbers or began < before.again_at):
        return before.table
    table = _newest(files, most, exclude, seconds) if files else EVENTS.empty_table()
    now = time.monotonic()
    with _reading:
        _read[key] = _Read(numbers, erased, table, now + _PAUSE * (now - began))
        _read.move_to_end(key)
        while len(_read) > _KEPT:
            _read.popitem(last=False)
    return table


def _newest(files: Sequence[EventFile], most: int, exclude: Sequence[Exclusion], seconds: float) -> pa.Table:
    paths = [file.path for file in files]
    left_out, parameters = ["FALSE"], dict[str, object]()
    for number, one in enumerate(exclude):
        compiled = compile_expression(
            one.expression,
            scope=Scope.EVENT,
            expects="boolean",
            catalog=Catalog(timezone=one.timezone),
            prefix=f"x{number}_",
        )
        parameters.update(compiled.parameters)
        if one.source_id is not None:
            parameters[f"s{number}"] = one.source_id
        left_out.append(compiled.sql if one.source_id is None else f"(source_id = $s{number} AND {compiled.sql})")
    columns = ", ".join(EVENTS.names)
    rows = f"read_parquet([{quoted_files(paths)}]) WHERE NOT ({' OR '.join(left_out)})"
    newest = f"ORDER BY occurred_at DESC, sequence DESC LIMIT {most:d}"
    with Engine(readable=paths, seconds=seconds) as engine:
        # First when alone, which is read fast, then everything of the few that are so new.
        since = engine.query(
            f"SELECT min(occurred_at) AS since FROM (SELECT occurred_at FROM {rows} ORDER BY occurred_at DESC "
            f"LIMIT {most:d})",
            parameters,
        )
        parameters["since"] = since.column("since")[0].as_py()
        return engine.query(f"SELECT {columns} FROM {rows} AND occurred_at >= $since {newest}", parameters)


def evaluate_events(table: pa.Table, columns: Mapping[str, Compiled], *, seconds: float) -> pa.Table:
    """What expressions say of events that were read before: a row for each, a column for each expression.

    Args:
        table: Columns of `EVENTS`.
        columns: Expressions over an event, compiled with prefixes of their own.
        seconds: How long it may take.

    Raises:
        TimeExceeded: It takes longer.
    """
    outputs = ", ".join(f'({one.sql}) AS "{name}"' for name, one in columns.items())
    parameters = {name: value for one in columns.values() for name, value in one.parameters.items()}
    place = pa.array(range(table.num_rows), pa.int64())
    with Engine(threads=1, seconds=seconds) as engine:
        engine.register("newest", table.append_column("place", place))
        return engine.query(f"SELECT {outputs} FROM newest ORDER BY place", parameters)
