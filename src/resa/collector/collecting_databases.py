"""Collecting a database: its rows in the order of a cursor, each chunk stored together with how far it was read.

Each run goes on where the last one stopped, whatever ended it. It begins a little below, where rows may have come late;
what was read before is recognised there and stored no second time.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replace_in
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import compute

from resa.base.errors import SourceError
from resa.base.language import sentence
from resa.collector.cursors import Cursor, earlier, is_cursor, kept, lies_ahead, order_of, read_kept
from resa.collector.database_shape import DatabaseShape
from resa.collector.databases import Database
from resa.collector.judging import Judge, Judged, refused_table
from resa.collector.mapping import map_cells, no_column
from resa.collector.planning import Plan, plan_rows
from resa.collector.reading import KEY, ROW, Piece
from resa.collector.replaying import replay_origin
from resa.collector.reports import FileReport, LoadReport, Progress, report_of
from resa.collector.sources import Source, definition_hash
from resa.collector.storing import Storing
from resa.collector.typing_rows import column_of, keys_of, united
from resa.engine import Engine
from resa.model.tables import LOOKUPS
from resa.storage import RUN, Load, Reached, SourceState, first_of_each_key, refused_payloads, state_of_source

__all__ = ["collect_database"]

_CHUNK_ROWS: Final = 50_000
_CHUNK_BYTES: Final = 64 << 20


def collect_database(
    writer: Storing,
    source: Source,
    engine: Engine,
    received: datetime,
    chunk_rows: int,
    progress: Callable[[Progress], None] | None,
    *,
    replace: bool,
) -> LoadReport:
    """Read on in a database; for the arguments see `collect`.

    Raises:
        SourceError: The database cannot be reached or read, or the definition does not fit it.
    """
    shape = source.shape.database
    if shape is None:
        raise ValueError(f"{source.name} is no database")
    try:
        with Database(shape, source.folder) as database:
            run = _Run(writer, source, shape, database, engine, received, min(chunk_rows, _CHUNK_ROWS), progress)
            report = run.lookup() if source.kind == "lookup" else run.collect(replace=replace)
    except SourceError as error:
        raise source.located(error) from error
    return LoadReport(source=source.name, files=(report,))


@dataclass(frozen=True)
class _Chunk:
    """Some rows that follow each other.

    Attributes:
        piece: The rows.
        last: The last cursor from which a later run may go on; `None`: there is none.
        again: They lie where a former run has read.
    """

    piece: Piece
    last: Cursor | None
    again: bool


@dataclass
class _Run:
    """One run of a source."""

    writer: Storing
    source: Source
    shape: DatabaseShape
    database: Database
    engine: Engine
    received: datetime
    chunk_rows: int
    progress: Callable[[Progress], None] | None
    plans: dict[pa.Schema, Plan] = field(default_factory=dict)
    refused_before: set[str] | None = None
    without_cursor: int = 0

    def __post_init__(self) -> None:
        names = self.database.names
        for name in names:
            if sum(other.casefold() == name.casefold() for other in names) > 1:
                raise SourceError(
                    sentence(
                        "{table} has two columns '{name}'; give one of them another name in a `query:`",
                        table=self.database.name,
                        name=name,
                    )
                )
        columns = {name: pa.string() for name in names}
        mapped = map_cells(self.source.shape, columns, pa.schema(columns.items()).empty_table())
        if self.shape.cursor is not None and self.shape.cursor not in names:
            raise SourceError(no_column(self.shape.cursor, columns, constant=False))
        wanted = {*(mapped.needed or names), *((self.shape.cursor,) if self.shape.cursor else ())}
        self.names = [name for name in names if name in wanted]
        self.has_ids = "message_id" in mapped.targets

    @property
    def _of(self) -> str:
        """What a cursor is one of: that of another table means nothing here."""
        said = repr((self.shape.table, self.shape.query, self.shape.cursor))
        return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()

    # Events and whatever else grows

    def collect(self, *, replace: bool) -> FileReport:
        """Read on, or from the beginning."""
        if replace:
            self._undo()
        state = (
            SourceState(source_id=self.source.name) if replace else state_of_source(self.writer.store, self.source.name)
        )
        told_apart = self._told_apart(state)
        self._finish_killed()
        position = read_kept(state.position, self._of)
        if self.shape.cursor is not None:
            self.without_cursor = self.database.count_without(self.shape.cursor)
        load = self.writer.begin_load(
            source_id=self.source.name, origin=self.database.name, fingerprint=f"{RUN}{self.received.isoformat()}"
        )
        counted, reasons = self._chunks(load, position, told_apart)
        done = self.writer.store.load(load.id)
        if not done.good and not done.rejected:
            self.writer.drop_load(done)
        else:
            done = self.writer.finish_load(done, complete_until=self.source.complete_until(self.received))
        return replace_in(
            report_of(self.database.name, done, reasons=reasons),
            state="collected" if done.good or done.rejected else "nothing new",
            without_customer=counted["without customer"],
            without_cursor=self.without_cursor,
            late=counted["late"],
        )

    def _chunks(
        self, load: Load, position: Cursor | None, told_apart: Sequence[str]
    ) -> tuple[Counter[str], Counter[str]]:
        counted: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        began, last = time.monotonic(), position
        for chunk in self._read(position, told_apart):
            last = last if chunk.again or chunk.last is None else chunk.last
            judged, again = self._judged(chunk)
            reasons += judged.reasons
            result = self.writer.commit_chunk(
                load,
                self.source.kind,  # type: ignore[arg-type]  # `lookup` handles those
                judged.good,
                rows_read=chunk.piece.table.num_rows,
                rejected=judged.rejected,
                message_ids=judged.message_ids,
                cells=judged.cells,
                also=judged.others,
                again=again,
                reached=Reached(None if last is None else kept(last, self._of), told_apart),
            )
            counted["without customer"] += judged.anonymous.num_rows if judged.anonymous is not None else 0
            counted["late"] += result.good if chunk.again else 0
            self._tell(chunk.piece, began)
        return counted, +reasons

    def _read(self, position: Cursor | None, told_apart: Sequence[str]) -> Iterator[_Chunk]:
        """The rows from a little below the position on, those up to it apart from those behind it."""
        start = None if position is None else earlier(position, self.shape.late)
        names = list(dict.fromkeys([*self.names, *told_apart]))
        place = None if self.shape.cursor is None else names.index(self.shape.cursor)
        waiting = _Waiting(names, self.names, told_apart, place, self.received)
        for rows in self.database.batches(names, most=self.chunk_rows, cursor=self.shape.cursor, start=start):
            usable = rows if place is None else [row for row in rows if is_cursor(row[place])]
            self.without_cursor += len(rows) - len(usable)
            before = 0 if position is None or place is None else sum(_is_before(row[place], position) for row in usable)
            for again, part in ((True, usable[:before]), (False, usable[before:])):
                if part and (waiting.again != again or waiting.rows >= self.chunk_rows or waiting.size >= _CHUNK_BYTES):
                    yield from waiting.chunk()
                waiting.add(part, again=again)
        yield from waiting.chunk()

    def _judged(self, chunk: _Chunk) -> tuple[Judged, int]:
        """What the rows of a chunk are, and how many of them an earlier run has refused and kept."""
        table = chunk.piece.table
        plan = self.plans.get(table.schema)
        if plan is None:
            columns = {field.name: field.type for field in table.schema if field.name != ROW}
            plan = self.plans[table.schema] = plan_rows(self.source.shape, columns, table.slice(0, 0), self.engine)
        judge = Judge(self.source.shape, plan, self.engine, lambda rows: rows, self.received, self.received)
        judged = judge.judge(chunk.piece)
        if not judged.rejected.num_rows:
            return judged, 0
        if self.refused_before is None:
            parts = refused_payloads(self.writer.store, self.source.name)
            self.refused_before = {payload for part in parts for payload in part.to_pylist()}
        known = compute.is_in(judged.rejected.column("payload"), pa.array(list(self.refused_before), pa.string()))
        left = judged.rejected.filter(compute.invert(known))
        return replace_in(judged, rejected=left), judged.rejected.num_rows - left.num_rows

    def _told_apart(self, state: SourceState) -> Sequence[str]:
        """The columns by which rows are told apart: the same in every run, so that none is stored twice.

        Raises:
            SourceError: They can no longer be told apart as they were.
        """
        if state.told_apart is None:
            return () if self.has_ids else self.names
        again = sentence("to read all of it anew: resa collect {name} --replace", name=self.source.name)
        if self.has_ids != (not state.told_apart):
            raise SourceError(
                sentence(
                    "rows that were read before are known by other ids than `message_id:` now gives, and would count "
                    "twice; {again}",
                    again=again,
                )
            )
        if gone := sorted(set(state.told_apart) - set(self.database.names)):
            raise SourceError(
                sentence(
                    "{table} has no column '{name}' any more, by which its rows are told apart, and they would count "
                    "twice; give the rows an id (`message_id:`), or, {again}",
                    table=self.database.name,
                    name=gone[0],
                    again=again,
                )
            )
        return state.told_apart

    def _finish_killed(self) -> None:
        """Finish the load of a run that was killed: each of its commits is whole, and this run goes on behind them."""
        for load in self.writer.store.loads(self.source.name):
            if load.state == "running" and load.fingerprint.startswith(RUN):
                if load.good or load.rejected:
                    self.writer.finish_load(load)
                else:
                    self.writer.drop_load(load)

    def _undo(self) -> None:
        """Undo every load of the source, those first that replay what others refused."""
        loads = [load for load in self.writer.store.loads(self.source.name) if load.state != "removed"]
        replays = {replay_origin(load.id) for load in loads}
        for load in sorted(loads, key=lambda load: load.origin not in replays):
            self.writer.remove_load(load.id)

    # Lookup tables

    def lookup(self) -> FileReport:
        """The whole of a lookup table in one commit, unless it is as it was."""
        chunks = list(self._read(None, self.names))
        content = hashlib.blake2b(digest_size=16)
        for key in sorted(key for chunk in chunks for key in chunk.piece.table.column(KEY).to_pylist()):
            content.update(key.encode())
        fingerprint = f"{content.hexdigest()}-{definition_hash(self.source.shape)}"
        earlier_loads = [load for load in self.writer.store.loads(self.source.name) if load.state == "finished"]
        if earlier_loads and earlier_loads[-1].fingerprint == fingerprint:
            return FileReport(file=self.database.name, state="nothing new")
        judged = [self._judged(chunk)[0] for chunk in chunks]
        good = [LOOKUPS.empty_table().select(["key", "name", "properties"]), *(part.good for part in judged)]
        table = pa.concat_tables(good, promote_options="default")
        unique = first_of_each_key(table)
        load = self.writer.begin_load(source_id=self.source.name, origin=self.database.name, fingerprint=fingerprint)
        rejected = pa.concat_tables([refused_table([]), *(part.rejected for part in judged)])
        rows_read = sum(chunk.piece.table.num_rows for chunk in chunks)
        repeated = table.num_rows - unique.num_rows
        self.writer.commit_lookup(load, unique, rows_read=rows_read, rejected=rejected, repeated=repeated)
        done = self.writer.finish_load(load)
        reasons = sum((part.reasons for part in judged), Counter({"repeated-key": repeated} if repeated else {}))
        return report_of(self.database.name, done, reasons=reasons)

    def _tell(self, piece: Piece, began: float) -> None:
        if self.progress is not None:
            seconds = time.monotonic() - began
            last = piece.last_row
            self.progress(Progress(file=self.database.name, rows=last, position=last, length=0, seconds=seconds))


@dataclass
class _Waiting:
    """Rows that were read, until they are a chunk.

    Attributes:
        names: The columns of the rows.
        shown: Those that the source reads.
        told_apart: Those by which rows are told apart; empty: they have ids of their own.
        place: Where in a row its cursor stands; `None`: it has none.
        now: The present moment; no run goes on behind a cursor that lies ahead of it.
    """

    names: Sequence[str]
    shown: Sequence[str]
    told_apart: Sequence[str]
    place: int | None
    now: datetime
    again: bool = True
    rows: int = 0
    size: int = 0
    read: int = 0
    last: Cursor | None = None
    tables: list[pa.Table] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)

    def add(self, rows: Sequence[Sequence[Any]], *, again: bool) -> None:
        """Add rows of one kind: all lie where a former run has read, or none does."""
        if not rows:
            return
        columns = dict(zip(self.names, zip(*rows, strict=True), strict=True))
        table = pa.table({name: column_of(columns[name]) for name in self.shown})
        if self.told_apart:
            keys = keys_of(columns[name] for name in self.told_apart)
            table = table.append_column(KEY, pa.array(keys, pa.string()))
        self.tables.append(table)
        self.orders += [0] * len(rows) if self.place is None else order_of([row[self.place] for row in rows])
        if self.place is not None:
            place = self.place
            self.last = next((row[place] for row in reversed(rows) if not lies_ahead(row[place], self.now)), self.last)
        self.again = again
        self.rows += len(rows)
        self.size += table.nbytes

    def chunk(self) -> Iterator[_Chunk]:
        """What waits, if anything does; from then on nothing waits."""
        if not self.rows:
            return
        numbers = np.arange(self.read + 1, self.read + self.rows + 1)
        self.read += self.rows
        table = united(self.tables).append_column(ROW, pa.array(numbers, pa.int64()))
        piece = Piece(table, [], self.read, self.read, orders=np.array(self.orders, np.int64))
        yield _Chunk(piece, self.last, self.again)
        self.tables, self.orders, self.rows, self.size = [], [], 0, 0


def _is_before(value: Any, position: Any) -> bool:
    """Whether a cursor is not behind a position."""
    try:
        return bool(value <= position)
    except TypeError:  # a database without types may hold both numbers and times
        return order_of([value]) <= order_of([position])
