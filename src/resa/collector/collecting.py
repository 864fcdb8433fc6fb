"""Collecting a source: every file that it names becomes one load, chunk by chunk, good rows beside rejected ones."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from resa.base.errors import EngineError, InputError, Problem, SourceError
from resa.base.language import NOTHING, sentence
from resa.base.masking import masked
from resa.collector.collecting_databases import collect_database
from resa.collector.files import RowFile, find_files, settled
from resa.collector.judging import Judge, Judged, refused_table
from resa.collector.opening import open_rows
from resa.collector.planning import Plan, plan_rows
from resa.collector.reading import LINE, ROW, Piece, Reader, pieces_by_rows
from resa.collector.relations import query_over, select_sql
from resa.collector.replaying import replay_origin
from resa.collector.reports import FileReport, LoadReport, Progress, report_of
from resa.collector.sources import Source, definition_hash
from resa.collector.storing import Storing
from resa.collector.typing_sql import name_sql
from resa.collector.zones import stated_end
from resa.engine import Engine
from resa.model.tables import LOOKUPS
from resa.storage import Load, first_of_each_key

__all__ = ["collect", "first_rows"]

SAMPLE_ROWS = 20_000


def collect(
    writer: Storing,
    source: Source,
    *,
    replace: bool = False,
    progress: Callable[[Progress], None] | None = None,
    now: datetime | None = None,
    chunk_rows: int = 1_000_000,
    engine: Engine | None = None,
) -> LoadReport:
    """Collect the files, or read on in the database, that a source names; its state says how that went.

    A file that was collected and has not changed since is left alone. A collection that was killed goes on where it
    stopped. Good rows go in beside bad ones, which are kept with their reason.

    Args:
        writer: Of the workspace.
        source: What to collect.
        replace: Undo the loads of the same files, once the files were read to their ends.
        progress: Called after every chunk.
        now: When the rows are received, UTC; `None`: now.
        chunk_rows: Rows that are read and committed at a time. It changes memory and speed, never the result.
        engine: Where the SQL runs; `None`: a new one.

    Raises:
        SourceError: A file is not there or not readable, a database cannot be reached, or the definition does not fit.
    """
    received = now or writer.store.clock()
    try:
        with Engine() if engine is None else engine.cursor() as sql:
            run = _collect_files if source.shape.database is None else collect_database
            report = run(writer, source, sql, received, chunk_rows, progress, replace=replace)
    except (InputError, EngineError) as error:
        said = error.problems[0].message if isinstance(error, InputError) else error.message
        writer.note_run(source.name, began_at=received, error=said)
        raise
    writer.note_run(source.name, began_at=received, complete_until=source.complete_until(received))
    return report


def _collect_files(
    writer: Storing,
    source: Source,
    engine: Engine,
    received: datetime,
    chunk_rows: int,
    progress: Callable[[Progress], None] | None,
    *,
    replace: bool,
) -> LoadReport:
    """Collect the files; of a source that runs by itself those that are new, and that nobody is writing just now."""
    by_itself = source.shape.schedule is not None
    try:
        files = find_files(source.shape.path, source.folder, may_be_none=by_itself)
        files = settled(files) if by_itself else files
    except SourceError as error:
        raise source.located(error) from error
    loads: dict[str, list[Load]] = {}
    for load in writer.store.loads(source.name):
        loads.setdefault(load.origin, []).append(load)
    reports: list[FileReport] = []
    problems: list[Problem] = []
    for file in files:
        mine = loads.get(file.name, ())
        try:
            one = _File(writer, source, file, engine, received, chunk_rows, progress, mine).collect(replace=replace)
            reports.append(one)
        except SourceError as error:  # it keeps none of the others waiting
            problems += error.problems
    if problems:
        raise SourceError(problems)
    if by_itself and not replace:  # of a folder that grows, only what came is worth a line
        reports = [report for report in reports if report.state != "unchanged" or report.note] or [
            FileReport(file=masked(source.shape.path), state="nothing new")
        ]
    return LoadReport(source=source.name, files=tuple(reports))


def first_rows(reader: Reader) -> pa.Table:
    """The first rows of a file, for finding out how it is built; without rows if it has none that can be read."""
    for piece in reader.pieces():
        return piece.table.slice(0, SAMPLE_ROWS)
    return no_rows(reader)


def every_nesting(reader: Reader, engine: Engine) -> pa.Table:
    """Of all lines of a file of JSON, one of each nesting and set of names."""
    line, row = name_sql(LINE), name_sql(ROW)
    valid = f"json_valid({line}) AND TRY(json_type({line})) = 'OBJECT'"
    sql = select_sql([f"arg_min({line}, {row}) AS {line}", f"min({row}) AS {row}"], "lines", where=valid)
    sql += f" GROUP BY TRY(json_structure({line})) ORDER BY 2"
    found = [query_over(engine, "lines", piece.table, sql) for piece in reader.pieces()]
    return pa.concat_tables([no_rows(reader), *found])


def no_rows(reader: Reader) -> pa.Table:
    """A table with the columns of a file, and no row."""
    return pa.schema([*reader.columns.items(), (ROW, pa.int64())]).empty_table()


@dataclass
class _File:
    """Collects one file."""

    writer: Storing
    source: Source
    file: RowFile
    engine: Engine
    received: datetime
    chunk_rows: int
    progress: Callable[[Progress], None] | None
    earlier: Sequence[Load]

    def collect(self, *, replace: bool) -> FileReport:
        """All of it, or nothing when it is unchanged."""
        finished = [load for load in self.earlier if load.state == "finished"]
        definition = definition_hash(self.source.shape)
        if not replace:
            # A lookup table is as its file says now: one that says again what it said before the last time has changed.
            for load in reversed(finished[-1:] if self.source.kind == "lookup" else finished):
                content, *rest = load.fingerprint.split("-")
                if rest[1:] == [self.file.state] or content == self.file.fingerprint:
                    return _unchanged(self.file, load, same=rest[:1] == [definition])
        fingerprint = "-".join((self.file.fingerprint, definition, *((self.file.state,) if self.file.state else ())))
        try:
            reader = open_rows(self.file, self.source.shape.format, self.source.shape.csv)
            # Only the nesting of JSON has to be found out from rows; other files state their types.
            sample = first_rows(reader) if LINE in reader.columns else no_rows(reader)
            try:
                plan = plan_rows(self.source.shape, reader.columns, sample, self.engine)
            except SourceError:
                if LINE not in reader.columns:
                    raise
                sample = every_nesting(reader, self.engine)  # what is named may first occur later
                plan = plan_rows(self.source.shape, reader.columns, sample, self.engine)
        except SourceError as error:
            raise self.source.located(error) from error
        recorded = self.file.modified or self.received
        judge = Judge(self.source.shape, plan, self.engine, reader.whole, self.received, min(recorded, self.received))
        outdated = [load for load in self.earlier if load.state == "running" and load.fingerprint != fingerprint]
        replaced = outdated + (finished if replace else [])
        if any(load.rows_in for load in replaced):
            self._try(reader, plan, judge)
        for load in replaced:
            self._remove(load)
        load = self.writer.begin_load(source_id=self.source.name, origin=self.file.name, fingerprint=fingerprint)
        collect = self._lookup if self.source.kind == "lookup" else self._chunks
        counted, reasons = collect(load, reader, plan, judge)
        done = self.writer.store.load(load.id)
        done = self.writer.finish_load(done, complete_until=self._complete_until(done))
        return report_of(self.file.name, done, reasons=reasons, without_customer=counted["without customer"])

    def _try(self, reader: Reader, plan: Plan, judge: Judge) -> None:
        """Read the file to its end once: only a file that can be read may take the place of what is stored.

        Rows cannot be stored before the old ones are gone, which they would repeat. A kill between leaves the file as
        one that was not collected, and the next collection brings all of it.
        """
        for piece in pieces_by_rows(reader.pieces(needed=plan.needed), self.chunk_rows):
            judge.judge(piece)

    def _remove(self, load: Load) -> None:
        """Undo a load, and first the replays of what it rejected."""
        for other in self.writer.store.loads(self.source.name):
            if other.origin == replay_origin(load.id) and other.state != "removed":
                self.writer.remove_load(other.id)
        self.writer.remove_load(load.id)

    def _chunks(self, load: Load, reader: Reader, plan: Plan, judge: Judge) -> tuple[Counter[str], Counter[str]]:
        counted: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        began = time.monotonic()
        done = load.rows_read
        for piece in pieces_by_rows(reader.pieces(after=done, needed=plan.needed), self.chunk_rows):
            judged = judge.judge(piece)
            reasons += judged.reasons
            self._commit(load, judged, rows_read=piece.last_row - done, counted=counted)
            done = piece.last_row
            self._tell(reader, piece, began)
        return counted, +reasons

    def _lookup(self, load: Load, reader: Reader, plan: Plan, judge: Judge) -> tuple[Counter[str], Counter[str]]:
        """A whole lookup table in one commit; of rows with the same key the first counts."""
        reasons: Counter[str] = Counter()
        good = [LOOKUPS.empty_table().select(["key", "name", "properties"])]
        rejected: list[pa.Table] = [refused_table([])]
        rows_read, began = 0, time.monotonic()
        for piece in pieces_by_rows(reader.pieces(needed=plan.needed), self.chunk_rows):
            judged = judge.judge(piece)
            reasons += judged.reasons
            good.append(judged.good)
            rejected.append(judged.rejected)
            rows_read = piece.last_row
            self._tell(reader, piece, began)
        table = pa.concat_tables(good, promote_options="default")
        unique = first_of_each_key(table)
        repeated = reasons["repeated-key"] = table.num_rows - unique.num_rows
        refused = pa.concat_tables(rejected)
        self.writer.commit_lookup(load, unique, rows_read=rows_read, rejected=refused, repeated=repeated)
        return Counter(), +reasons

    def _commit(self, load: Load, judged: Judged, *, rows_read: int, counted: Counter[str]) -> None:
        counted["without customer"] += judged.anonymous.num_rows if judged.anonymous is not None else 0
        self.writer.commit_chunk(
            load,
            self.source.kind,  # type: ignore[arg-type]  # `_lookup` handles those
            judged.good,
            rows_read=rows_read,
            rejected=judged.rejected,
            message_ids=judged.message_ids,
            cells=judged.cells,
            also=judged.others,
        )

    def _complete_until(self, load: Load) -> datetime | None:
        shape = self.source.shape
        lateness = timedelta(seconds=shape.lateness.seconds) if shape.lateness else timedelta(0)
        if shape.complete_until not in {"file modified", "newest row"}:
            return stated_end(shape.complete_until, shape.timezone)
        if shape.complete_until == "file modified" and self.file.modified is not None:
            return self.file.modified - lateness
        if load.newest is None or not shape.lateness:
            return None  # storage knows
        return min(load.newest, load.started_at) - lateness

    def _tell(self, reader: Reader, piece: Piece, began: float) -> None:
        if self.progress is not None:
            self.progress(
                Progress(
                    file=self.file.name,
                    rows=piece.last_row,
                    position=piece.position,
                    length=reader.length,
                    seconds=time.monotonic() - began,
                )
            )


def _unchanged(file: RowFile, load: Load, *, same: bool) -> FileReport:
    note = (
        NOTHING
        if same
        else sentence("its source file has changed since it was collected; `resa collect --replace` reads it anew")
    )
    return FileReport(
        file=file.name,
        state="unchanged",
        load_id=load.id,
        rows_read=load.rows_read,
        good=load.good,
        rejected=load.rejected,
        duplicate=load.duplicate,
        note=note,
    )
