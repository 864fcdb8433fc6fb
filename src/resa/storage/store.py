"""One workspace's data folder, for any number of readers; `writing()` gives the one writer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, Row, func, select

from resa.base.clock import Clock, system_clock
from resa.base.errors import QuestionError, WorkspaceDamaged, did_you_mean
from resa.base.files import make_private_folder
from resa.expressions import Compiled
from resa.model.tables import REJECTED
from resa.storage.database import Database, from_micros
from resa.storage.evaluation import evaluate_files
from resa.storage.hashing import Hasher
from resa.storage.index import JourneyIndex, open_index
from resa.storage.layout import Layout
from resa.storage.lease import take_lease
from resa.storage.parquet import read_parquet
from resa.storage.records import KINDS, EventFile, Load, MapVersion
from resa.storage.schema import file_loads, files, generations, loads, map_columns, map_versions
from resa.storage.settling import waiting_rows
from resa.storage.traits import read_traits
from resa.storage.writer import Writer

__all__ = ["Store"]


class Store:
    """A data folder; safe to open in many processes, to be used by one thread at a time. Open it with `Store.open`."""

    def __init__(self, layout: Layout, database: Database, clock: Clock) -> None:
        self.layout = layout
        self.database = database
        self.clock = clock
        self.hasher = Hasher(database.key)

    @classmethod
    def open(cls, folder: Path, *, clock: Clock = system_clock) -> Store:
        """Open the data folder, which is made (readable by its owner alone) when it is missing.

        Raises:
            WorkspaceError: A newer version of Resa wrote it.
            WorkspaceDamaged: Its database cannot be read.
        """
        layout = Layout(folder)
        for path in layout.folders():
            make_private_folder(path)
        return cls(layout, Database(layout.database, clock()), clock)

    def close(self) -> None:
        """Let go of the database; an index that is held stays readable."""
        self.database.close()

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Be the one writer while the block runs. What a dead writer left half-done is cleaned away first.

        Raises:
            WorkspaceBusy: Another process writes.
        """
        lease = take_lease(self.database, self.clock)
        try:
            yield Writer(self, lease)
        finally:
            lease.release()

    # What is there

    def loads(self, source_id: str | None = None) -> list[Load]:
        """All loads in the order of their beginning, of one source if it is named."""
        query = select(loads).order_by(loads.c.id)
        if source_id is not None:
            query = query.where(loads.c.source_id == source_id)
        with self.database.reading() as connection:
            return [_load(row) for row in connection.execute(query)]

    def load(self, load_id: int) -> Load:
        """One load.

        Raises:
            QuestionError: There is none with this number.
        """
        with self.database.reading() as connection:
            row = connection.execute(select(loads).where(loads.c.id == load_id)).first()
        if row is None:
            raise QuestionError(f"there is no load {load_id}; `resa loads list` shows them")
        return _load(row)

    def event_files(self, kind: str = "events") -> list[EventFile]:
        """The listed files of a kind, in the global order of their rows."""
        with self.database.reading() as connection:
            return listed_files(connection, self.layout, kind)

    def rejected(self, load_id: int | None = None, *, source_id: str | None = None, places: bool = False) -> pa.Table:
        """Rejected rows (`REJECTED`) that no replay has settled, in the order of loads and rows.

        Args:
            load_id: Only of this load.
            source_id: Only of this source.
            places: Also where each row stands, as columns `file` and `place`, for `Writer.commit_chunk` to settle it.
        """
        table = waiting_rows(self)
        for name, wanted in (("load_id", load_id), ("source_id", source_id)):
            if wanted is not None:
                table = table.filter(pc.equal(table.column(name), wanted))
        ordered = table.sort_by([(name, "ascending") for name in ("load_id", "row", "file", "place")])
        return ordered if places else ordered.select(REJECTED.names)

    def rows(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows of a kind (feedback, daily_numbers, customers; events too, if they fit in memory)."""
        schema = KINDS[kind]
        wanted = schema if columns is None else pa.schema([schema.field(name) for name in columns])
        parts = [read_parquet(file.path, wanted) for file in self.event_files(kind)]
        return pa.concat_tables([wanted.empty_table(), *parts])

    def lookups(self) -> list[str]:
        """Names of the lookup tables."""
        with self.database.reading() as connection:
            query = select(files.c.label).where(files.c.kind == "lookups", files.c.state == "listed").distinct()
            return sorted(connection.execute(query).scalars())

    def lookup(self, name: str) -> pa.Table:
        """A lookup table, such as products or stores.

        Raises:
            QuestionError: There is none of this name.
        """
        with self.database.reading() as connection:
            query = select(files.c.name).where(
                files.c.kind == "lookups", files.c.state == "listed", files.c.label == name
            )
            found = connection.execute(query).scalar()
        if found is None:
            raise QuestionError(f"there is no lookup table '{name}'{did_you_mean(name, self.lookups())}")
        return pq.read_table(self.layout.root / "lookups" / found, partitioning=None)

    def map_versions(self, map_key: str) -> list[MapVersion]:
        """The versions of a map that were taken into use, oldest first."""
        query = select(map_versions).where(map_versions.c.map_key == map_key).order_by(map_versions.c.id)
        with self.database.reading() as connection:
            return [
                MapVersion(map_key=row.map_key, hash=row.hash, text=row.text, at=from_micros(row.at), who=row.who)
                for row in connection.execute(query)
            ]

    # The index

    def index(self) -> JourneyIndex:
        """The newest published generation of the journey index; an empty one when there is none."""
        while True:
            with self.database.reading() as connection:
                number = connection.execute(select(func.max(generations.c.id))).scalar() or 0
                query = select(map_columns).where(map_columns.c.generation == number)
                columns = {row.map_key: (row.map_hash, row.folder) for row in connection.execute(query)}
            folders = {"events": self.layout.root / "events"}
            try:
                return open_index(self.layout.generation(number), number, folders, columns, self.hasher)
            except FileNotFoundError:
                with self.database.reading() as connection:
                    newest = connection.execute(select(func.max(generations.c.id))).scalar()
                if newest == number:
                    raise WorkspaceDamaged(
                        f"generation {number} of the index has lost a part; run `resa rebuild`"
                    ) from None

    def evaluate_events(self, columns: Mapping[str, Compiled], *, index: JourneyIndex | None = None) -> pa.Table:
        """Run event expressions over all event files: one row for each row of the files, in their global order.

        Args:
            columns: Compiled expressions of the event scope by the name of the result's column.
            index: Over the files of this generation, so that `result[index.rows]` is by position; `None`: the newest's.
        """
        return evaluate_files((index or self.index()).files, columns)

    def customer_traits(self, index: JourneyIndex | None = None) -> pa.Table:
        """What is known of customers: customer (uint32), traits (JSON text); customers without records are left out."""
        return read_traits((index or self.index()).folder / "traits.arrow")


def listed_files(connection: Connection, layout: Layout, kind: str) -> list[EventFile]:
    """The listed files of a kind, in the order of their numbers."""
    query = (
        select(
            files.c.id,
            files.c.name,
            files.c.rows,
            files.c.run,
            func.group_concat(file_loads.c.load_id).label("loads"),
            func.min(loads.c.source_id).label("source_id"),
        )
        .outerjoin(file_loads, file_loads.c.file_id == files.c.id)
        .outerjoin(loads, loads.c.id == file_loads.c.load_id)
        .where(files.c.kind == kind, files.c.state == "listed")
        .group_by(files.c.id)
        .order_by(files.c.id)
    )
    found: list[EventFile] = []
    first_row = 0
    for row in connection.execute(query):
        numbers = tuple(sorted(int(number) for number in (row.loads or "").split(",") if number))
        found.append(
            EventFile(
                id=row.id,
                path=layout.root / kind / row.name,
                kind=kind,
                rows=row.rows,
                first_row=first_row,
                loads=numbers,
                source_id=row.source_id or "",
                run=row.run,
            )
        )
        first_row += row.rows
    return found


def _load(row: Row[Any]) -> Load:
    values = row._asdict()
    for name in ("started_at", "finished_at", "complete_until", "newest"):
        if values[name] is not None:
            values[name] = from_micros(values[name])
    return Load(**values)
