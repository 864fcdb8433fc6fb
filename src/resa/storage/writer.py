"""The one writer: loads and commits. Files first, then one short transaction that lists them with what was consumed.

A crash leaves at most files that nothing lists; the next writer removes them. A reader sees only what is listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import delete, insert, select, update

from resa.base.errors import QuestionError
from resa.base.language import as_it_is, sentence
from resa.model.tables import LOOKUPS, REJECTED
from resa.storage.cleaning import clean
from resa.storage.consents import ConsentRecord, put_consents
from resa.storage.database import to_micros
from resa.storage.keeping_out import KeptOut
from resa.storage.lease import Lease
from resa.storage.parquet import list_file, write_parquet
from resa.storage.records import EARLIEST, KINDS, LATEST, ChunkResult, Kind, Load
from resa.storage.removal import remove_load
from resa.storage.runs import make_run, write_run_file
from resa.storage.schema import consumed, file_loads, hash_runs, loads, map_versions
from resa.storage.settling import settled_rows
from resa.storage.sifting import Sifted, Sifter
from resa.storage.source_states import Reached, keep_reached, keep_run
from resa.storage.unique import HashRun, listed_runs, mergeable, open_run, write_merged, write_run

if TYPE_CHECKING:
    from resa.storage.audit import Also
    from resa.storage.store import Store

__all__ = ["Writer"]


@dataclass
class _Written:
    """A commit's files before they are listed: kind, name, rows and name of the sorted run; and its runs of ids."""

    runs: list[dict[str, Any]]
    files: list[tuple[str, str, int, str | None]] = field(default_factory=list)


class Writer:
    """What changes a workspace; given by `Store.writing()`, for as long as its block runs."""

    def __init__(self, store: Store, lease: Lease) -> None:
        self.store = store
        self.lease = lease
        clean(store, lease)

    # Loads

    def begin_load(self, *, source_id: str, origin: str, fingerprint: str = "", replaces: int | None = None) -> Load:
        """Begin to collect a file, or go on where a killed collection of the same file stopped (see `Load.rows_read`).

        Args:
            source_id: Name of the source.
            origin: Where the rows come from, as named to the user.
            fingerprint: What tells that it is still the same file.
            replaces: A load to remove first. A crash after that leaves the old one removed and the new one unfinished.
        """
        if replaces is not None:
            self.remove_load(replaces)
        same = (loads.c.source_id == source_id, loads.c.origin == origin, loads.c.fingerprint == fingerprint)
        with self.lease.writing() as connection:
            found = connection.execute(select(loads.c.id).where(*same, loads.c.state == "running")).scalar()
            if found is None:
                found = connection.execute(
                    insert(loads).values(
                        source_id=source_id,
                        origin=origin,
                        fingerprint=fingerprint,
                        state="running",
                        started_at=to_micros(self.store.clock()),
                        **dict.fromkeys(("rows_read", "rows_in", "good", "rejected", "duplicate"), 0),
                    )
                ).lastrowid
        return self.store.load(found)

    def commit_chunk(
        self,
        load: Load,
        kind: Kind,
        table: pa.Table,
        *,
        rows_read: int,
        rejected: pa.Table | None = None,
        message_ids: pa.Array | pa.ChunkedArray | None = None,
        cells: Sequence[pa.Array | pa.ChunkedArray] = (),
        also: Sequence[tuple[Kind, pa.Table]] = (),
        settles: pa.Table | None = None,
        consumes: int | None = None,
        again: int = 0,
        reached: Reached | None = None,
        nameless: int = 0,
        consents: Sequence[ConsentRecord] = (),
    ) -> ChunkResult:
        """Store the next rows of a load: those that are new; a row that was there before is counted and left out.

        Args:
            load: From `begin_load`.
            kind: What the rows are.
            table: Good rows: columns of the kind's schema, in any order, without source_id, message_id and load_id;
                nullable columns may be missing.
            rows_read: How many rows of the origin these are, refused ones among them; added up in `Load.rows_read`.
            rejected: Refused rows: columns of `REJECTED` without source_id and load_id; nullable ones may be missing.
            message_ids: The rows' own ids, unique for ever within the source.
            cells: For rows without ids: what the file says in each mapped column. Equal rows of one load are told
                apart by their ordinal, so collecting a file again finds every row there.
            also: Rows of other kinds in the same commit, such as those that name nobody and are kept as daily numbers;
                `message_ids` and `cells` tell of these behind those of `table`.
            settles: Of a replay: the rejected rows (`file` and `place` of `Store.rejected_parts`) that became
                these. From this commit on they wait no longer; if the load is removed, they wait again.
            consumes: Number of the last arrival of the source that is in here: from this commit on, it and those before
                it are consumed.
            again: Refused rows that an earlier load has kept, and that are not in `rejected`: they count as duplicates.
            reached: How far the source's database is read with these rows.
            nameless: Of the last rows, so many ids are kept as hashes alone: known for ever, and saying nothing.
            consents: What the rows say that customers consent to, kept in the same transaction.

        Returns:
            How many rows were stored, refused and left out.

        Raises:
            ValueError: The arguments contradict each other, a time is outside `EARLIEST` to `LATEST`, or a row has no
                identifier: the collector rejects such rows before.
            WorkspaceBusy: Another process took over writing.
        """
        parts = [(kind, table), *also]
        if any(part.num_rows for _, part in parts) and (message_ids is None) == (not cells):
            raise ValueError("give either message_ids or cells")
        self.merge_hashes(load.id)  # before: where the disk fails, the caller tries again what was not stored
        lengths = [part.num_rows for _, part in parts]
        sifted = self._sift(load, sum(lengths), message_ids, cells, nameless)
        sifted, rejected, barred = self._without_erased(parts, sifted, rejected)
        newest = max((_check_times(part) for name, part in parts if name == "events" and part.num_rows), default=None)
        stored = [
            (part_kind, _fresh(_complete(part, KINDS[part_kind], load, mine.message_ids), mine), mine)
            for (part_kind, part), mine in zip(parts, sifted.split(lengths), strict=True)
        ]
        refused = None if rejected is None or not rejected.num_rows else _complete(rejected, REJECTED, load)
        good = sum(part.num_rows for _, part, _ in stored)
        refused_rows = refused.num_rows if refused is not None else 0
        result = ChunkResult(good=good, rejected=refused_rows, duplicate=sum(lengths) - good + barred + again)
        written = self._write(stored, refused, sifted)
        if settles is not None and settles.num_rows:
            told = settled_rows(settles, load.id)
            name = write_parquet(self.store.layout.root / "settled", told)
            written.files.append(("settled", name, told.num_rows, None))
        self._list(
            load,
            written,
            result=result,
            rows_read=rows_read,
            newest=newest,
            consumes=consumes,
            reached=reached,
            consents=consents,
        )
        return result

    def commit_lookup(
        self, load: Load, table: pa.Table, *, rows_read: int, rejected: pa.Table, repeated: int
    ) -> ChunkResult:
        """Store a whole file of a lookup table (see `resa.storage.lookups`), unless the load was cut after this.

        Args:
            load: From `begin_load`.
            table: Columns of `LOOKUPS`, each key once; without source_id and load_id.
            rows_read: How many rows the file has.
            rejected: Refused rows, as for `commit_chunk`.
            repeated: How many rows were left out, for their key was there already.
        """
        result = ChunkResult(good=table.num_rows, rejected=rejected.num_rows, duplicate=repeated)
        if load.rows_read:
            return result
        written = _Written(runs=[])
        for kind, rows in (
            ("lookups", _complete(table, LOOKUPS, load)),
            ("rejected", _complete(rejected, REJECTED, load)),
        ):
            if rows.num_rows or kind == "lookups":  # an empty file is what counts now
                name = write_parquet(self.store.layout.root / kind, rows)
                written.files.append((kind, name, rows.num_rows, None))
        self._list(load, written, result=result, rows_read=rows_read, newest=None)
        return result

    def finish_load(self, load: Load, *, complete_until: datetime | None = None) -> Load:
        """Declare a load complete; `complete_until` is the end of time that it says its data cover."""
        with self.lease.writing() as connection:
            connection.execute(
                update(loads)
                .where(loads.c.id == load.id, loads.c.state == "running")
                .values(
                    state="finished",
                    finished_at=to_micros(self.store.clock()),
                    complete_until=None if complete_until is None else to_micros(complete_until),
                )
            )
            mine = hash_runs.c.load_id == load.id
            connection.execute(delete(hash_runs).where(mine, hash_runs.c.purpose == "repeats"))
            connection.execute(update(hash_runs).where(mine).values(load_id=None))
        self.merge_hashes(None)
        return self.store.load(load.id)

    def state_complete(self, load: Load, until: datetime) -> None:
        """Say of a load that still runs, as those of live sources do, up to when it is complete by now."""
        with self.lease.writing() as connection:
            mine = update(loads).where(loads.c.id == load.id, loads.c.state == "running")
            connection.execute(mine.values(complete_until=to_micros(until)))

    def drop_load(self, load: Load) -> None:
        """Forget a load that brought nothing: no row was stored, and none was refused."""
        with self.lease.writing() as connection:
            row = connection.execute(select(loads).where(loads.c.id == load.id)).one()
            if row.good or row.rejected:
                raise ValueError(f"load {load.id} holds rows; remove it")
            connection.execute(delete(hash_runs).where(hash_runs.c.load_id == load.id))
            connection.execute(delete(loads).where(loads.c.id == load.id))

    def remove_load(self, load_id: int) -> Load:
        """Undo a load: its rows and rejected rows vanish, and the file may be collected as if for the first time.

        The journey index follows at its next refresh; until then it answers as before, and the files stay for it.

        Raises:
            QuestionError: There is no such load, or it is removed already.
        """
        load = self.store.load(load_id)
        if load.state == "removed":
            raise QuestionError(sentence("load {load} is removed already", load=str(load_id)))
        remove_load(self.store, self.lease, load)
        return self.store.load(load_id)

    # Other truth

    def save_map_version(self, map_key: str, map_hash: str, text: str, who: str, *, also: Also | None = None) -> None:
        """Keep a version of a map that is taken into use, unless it is the newest already; `also` goes with it."""
        with self.lease.writing() as connection:
            newest = connection.execute(
                select(map_versions.c.hash).where(map_versions.c.map_key == map_key).order_by(map_versions.c.id.desc())
            ).scalar()
            if newest != map_hash:
                at = to_micros(self.store.clock())
                connection.execute(
                    insert(map_versions).values(map_key=map_key, hash=map_hash, text=text, at=at, who=who)
                )
                if also is not None:
                    also(connection)

    def note_run(
        self, source_id: str, *, began_at: datetime, error: str = "", complete_until: datetime | None = None
    ) -> None:
        """Keep how a run of a source went.

        Args:
            source_id: Of the source.
            began_at: When it began, UTC.
            error: What it failed by, without rows and secrets; empty: it brought all there was.
            complete_until: Up to when the source is complete, if it states that.
        """
        now = self.store.clock()
        with self.lease.writing() as connection:
            keep_run(connection, source_id, now, began_at=began_at, error=error, complete_until=complete_until)

    def merge_hashes(self, load_id: int | None) -> None:
        """Merge runs of about one size; those of a running load only with each other."""
        while True:
            families: dict[tuple[str, int | None], list[HashRun]] = {}
            for run in self._hash_runs(load_id):
                families.setdefault((run.purpose, run.load_id), []).append(run)
            due = [found for family in families.values() if (found := mergeable(family))]
            if not due:
                return
            folder = self.store.layout.unique
            old = due[0]
            name, hashes = write_merged(folder, [open_run(folder, run) for run in old])
            with self.lease.writing() as connection:
                connection.execute(delete(hash_runs).where(hash_runs.c.id.in_([run.id for run in old])))
                values = {"name": name, "purpose": old[0].purpose, "load_id": old[0].load_id, "hashes": hashes}
                connection.execute(insert(hash_runs).values(**values))
            for run in old:
                (folder / run.name).unlink(missing_ok=True)

    # Parts

    def _sift(
        self,
        load: Load,
        rows: int,
        message_ids: pa.Array | pa.ChunkedArray | None,
        cells: Sequence[pa.Array | pa.ChunkedArray],
        nameless: int = 0,
    ) -> Sifted:
        sifter = Sifter(self.store.hasher, self.store.layout.unique, self._hash_runs(load.id), load.id)
        if message_ids is not None:
            return sifter.by_ids(load.source_id, message_ids, nameless=nameless)
        return sifter.by_cells(load.source_id, cells) if rows else sifter.nothing()

    def _without_erased(
        self, parts: Sequence[tuple[Kind, pa.Table]], sifted: Sifted, rejected: pa.Table | None
    ) -> tuple[Sifted, pa.Table | None, int]:
        """What is not of somebody who was erased since it happened, and how many refused rows are."""
        kept_out = KeptOut(self.store)
        if not kept_out:
            return sifted, rejected, 0
        sifted = sifted.without(np.concatenate([kept_out.rows(part) for _, part in parts]))
        if rejected is None or not rejected.num_rows:
            return sifted, rejected, 0
        left = rejected.filter(pa.array(~kept_out.payloads(rejected)))
        return sifted, left, rejected.num_rows - left.num_rows

    def _hash_runs(self, load_id: int | None) -> list[HashRun]:
        """The runs of ids, and those of what this load repeats."""
        return [run for run in listed_runs(self.store.database) if run.purpose != "repeats" or run.load_id == load_id]

    def _write(
        self, stored: Sequence[tuple[Kind, pa.Table, Sifted]], refused: pa.Table | None, sifted: Sifted
    ) -> _Written:
        """Write a commit's files; nothing lists them yet."""
        layout = self.store.layout
        written = _Written(
            runs=[
                {"purpose": purpose, **dict(zip(("name", "hashes"), write_run(layout.unique, [hashes]), strict=True))}
                for purpose, hashes in (("ids", sifted.new_hashes), ("repeats", sifted.repeats))
                if len(hashes)
            ]
        )
        for kind, table, mine in stored:
            if not table.num_rows:
                continue
            name = write_parquet(layout.root / kind, table, ids_generated=mine.generated)
            run = Path(name).stem if kind in {"events", "customers"} else None
            if run is not None:
                write_run_file(layout.runs, run, make_run(self.store.hasher, table, mine.hashes[mine.fresh]))
            written.files.append((kind, name, table.num_rows, run))
        if refused is not None:
            written.files.append(("rejected", write_parquet(layout.root / "rejected", refused), refused.num_rows, None))
        return written

    def _list(
        self,
        load: Load,
        written: _Written,
        *,
        result: ChunkResult,
        rows_read: int,
        newest: int | None,
        consumes: int | None = None,
        reached: Reached | None = None,
        consents: Sequence[ConsentRecord] = (),
    ) -> None:
        """Enter a commit: its files, its runs of ids, consents, and what of the load was consumed."""
        with self.lease.writing() as connection:
            row = connection.execute(select(loads).where(loads.c.id == load.id)).one()
            if row.state != "running":
                raise QuestionError(
                    sentence(
                        "load {load} is {state}; nothing can be added to it",
                        load=str(load.id),
                        state=as_it_is(row.state),
                    )
                )
            for kind, name, rows, run in written.files:
                number = list_file(connection, kind, self.store.layout.root / kind / name, rows, run=run)
                connection.execute(insert(file_loads).values(file_id=number, load_id=load.id, rows=rows))
            for values in written.runs:
                connection.execute(insert(hash_runs).values(load_id=load.id, **values))
            put_consents(connection, self.store, consents)
            if consumes is not None:
                connection.execute(delete(consumed).where(consumed.c.source_id == load.source_id))
                connection.execute(insert(consumed).values(source_id=load.source_id, arrival=consumes))
            if reached is not None:
                keep_reached(connection, load.source_id, reached)
            connection.execute(
                update(loads)
                .where(loads.c.id == load.id)
                .values(
                    rows_read=row.rows_read + rows_read,
                    rows_in=row.rows_in + result.good + result.rejected + result.duplicate,
                    good=row.good + result.good,
                    rejected=row.rejected + result.rejected,
                    duplicate=row.duplicate + result.duplicate,
                    newest=max((moment for moment in (row.newest, newest) if moment is not None), default=None),
                )
            )


def _complete(table: pa.Table, schema: pa.Schema, load: Load, message_ids: pa.Array | None = None) -> pa.Table:
    """The table in its schema, with the columns that storage fills."""
    filled = {"source_id": _repeated(load.source_id, table.num_rows), "message_id": message_ids}
    filled["load_id"] = pa.array(np.full(table.num_rows, load.id, np.int64))
    columns = []
    for wanted in schema:
        if wanted.name in filled:
            columns.append(filled[wanted.name])
        elif wanted.name in table.column_names:
            column = table.column(wanted.name)
            if not wanted.nullable and column.null_count:
                raise ValueError(f"{wanted.name} must not be null; rows without it are to be rejected before")
            same = column.type == wanted.type or pa.types.is_dictionary(column.type)
            columns.append(column if same else column.cast(wanted.type))
        elif wanted.nullable:
            columns.append(pa.nulls(table.num_rows, wanted.type))
        else:
            raise ValueError(f"the column {wanted.name} is missing")
    return pa.table(columns, names=schema.names)


def _fresh(table: pa.Table, sifted: Sifted) -> pa.Table:
    """The rows that were never stored."""
    return table if sifted.fresh.all() else table.filter(pa.array(sifted.fresh))


def _repeated(text: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), [text])


def _check_times(table: pa.Table) -> int:
    """The newest time of one event or more, after a check that the index can hold them all."""
    times: npt.NDArray[np.int64] = table.column("occurred_at").cast(pa.int64()).to_numpy()
    if times.min() < to_micros(EARLIEST) or times.max() >= to_micros(LATEST):
        raise ValueError(f"a time lies outside {EARLIEST:%Y} to {LATEST:%Y}; such rows are to be rejected before")
    return int(times.max())
