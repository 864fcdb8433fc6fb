"""One workspace's data folder, for any number of readers; `writing()` gives the one writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Connection, Row, func, select

from resa.base.clock import Clock, system_clock
from resa.base.errors import QuestionError, WorkspaceDamaged
from resa.base.files import make_private_folder
from resa.base.language import sentence
from resa.expressions import Compiled, Scope
from resa.model.tables import REJECTED
from resa.storage.answering import AnswersByFile
from resa.storage.arrivals import Arrivals
from resa.storage.attributes import kept_text_attributes, text_attributes
from resa.storage.database import Database, from_micros
from resa.storage.evaluation import evaluate_files
from resa.storage.hashing import Hasher, Words
from resa.storage.index import JourneyIndex, open_index
from resa.storage.labels import Labels, read_labels
from resa.storage.layout import Layout
from resa.storage.lease import take_lease
from resa.storage.lookups import newest_of_each_key
from resa.storage.memberships import kept_members
from resa.storage.parquet import read_parquet
from resa.storage.readers import read_lock
from resa.storage.records import KINDS, EventFile, Load, MapVersion
from resa.storage.schema import consumed, file_loads, files, generations, loads, map_columns, map_versions
from resa.storage.settling import waiting_rows
from resa.storage.traits import read_traits, told_traits
from resa.storage.turns import ask_for_turn
from resa.storage.writer import Writer

__all__ = ["Store"]

Listed = TypeVar("Listed")


class Store:
    """A data folder; safe to open in many processes, to be used by one thread at a time. Open it with `Store.open`."""

    def __init__(self, layout: Layout, database: Database, clock: Clock) -> None:
        self.layout = layout
        self.database = database
        self.clock = clock
        self.hasher = Hasher(database.key)
        self._evaluate: Callable[[Sequence[EventFile], Mapping[str, Compiled]], pa.Table] = evaluate_files
        self.hashes_of: Callable[[pa.Array, pa.Array], Words] = self.hasher.identifiers
        """The hashes of identifiers by which who was erased is kept out; who knows their one form puts that here."""

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

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    @contextmanager
    def writing(self, *, asks: bool = False) -> Iterator[Writer]:
        """Be the one writer while the block runs. What a dead writer left half-done is cleaned away first.

        Args:
            asks: Where a server writes, ask it for a turn; what arrives waits meanwhile.

        Raises:
            WorkspaceBusy: Another process writes.
        """
        if asks:
            with ask_for_turn(self) as lease:
                yield Writer(self, lease)
            return
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
            raise QuestionError(sentence("there is no load {load}; `resa loads list` shows them", load=str(load_id)))
        return _load(row)

    def version(self) -> int:
        """A number that differs once another connection has changed the operational database."""
        return self.database.version()

    def arrivals(self) -> Arrivals:
        """The arrivals, whose numbers go on behind those that are consumed."""
        return Arrivals(self.layout.arrivals, after=max(self.consumed().values(), default=0))

    def consumed(self) -> dict[str, int]:
        """Number of the last consumed arrival of each source that had any."""
        with self.database.reading() as connection:
            return {row.source_id: row.arrival for row in connection.execute(select(consumed))}

    def event_files(self, kind: str = "events") -> list[EventFile]:
        """The listed files of a kind, in the global order of their rows."""
        with self.database.reading() as connection:
            return listed_files(connection, self.layout, kind)

    @property
    def newest_file(self) -> int:
        """Number of the newest file of any kind; 0: there was none."""
        with self.database.reading() as connection:
            return connection.execute(select(func.max(files.c.id))).scalar() or 0

    def rejected(
        self,
        load_id: int | None = None,
        *,
        source_id: str | None = None,
        columns: Sequence[str] = tuple(REJECTED.names),
    ) -> pa.Table:
        """Rejected rows that no replay has settled, load by load in the order in which they were refused.

        Args:
            load_id: Only of this load.
            source_id: Only of this source.
            columns: Of `REJECTED`, `row` among them; payloads of many rows are large: see `rejected_parts`.
        """
        empty = pa.schema([REJECTED.field(name) for name in columns]).empty_table()

        def read(_: object) -> pa.Table:
            parts = waiting_rows(self, columns, load_id=load_id, source_id=source_id)
            return pa.concat_tables([empty, *(part.select(columns) for part in parts)])

        return self._newest(lambda: (self.event_files("rejected"), self.event_files("settled")), read)

    def rejected_parts(self, load_id: int | None = None, *, source_id: str | None = None) -> Iterator[pa.Table]:
        """The same, whole, no more at a time than one commit refused; also where each stands, as `file` and `place`."""
        return waiting_rows(self, REJECTED.names, load_id=load_id, source_id=source_id)

    def rows(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows of a kind (feedback, daily_numbers, customers; events too, if they fit in memory)."""
        schema = KINDS[kind]
        wanted = schema if columns is None else pa.schema([schema.field(name) for name in columns])

        def read(listed: list[EventFile]) -> pa.Table:
            parts = [read_parquet(file.path, wanted) for file in listed]
            return pa.concat_tables([wanted.empty_table(), *parts])

        return self._newest(lambda: self.event_files(kind), read)

    def lookups(self) -> pa.Table:
        """What every key of every lookup table stands for, as `LOOKUPS`; see `resa.storage.lookups`."""

        def read(listed: list[EventFile]) -> pa.Table:
            return newest_of_each_key(listed, {load.id: load.origin for load in self.loads()})

        return self._newest(lambda: self.event_files("lookups"), read)

    def _newest(self, listed: Callable[[], Listed], read: Callable[[Listed], pa.Table]) -> pa.Table:
        """What listed files hold, read anew where a writer replaced them meanwhile."""
        while True:
            found = listed()
            try:
                return read(found)
            except FileNotFoundError as error:
                if listed() == found:
                    lost = Path(error.filename or "").name or sentence("a listed file")
                    raise WorkspaceDamaged(sentence("{lost} is missing; run `resa verify`", lost=lost)) from None

    def map_versions(self, map_key: str) -> list[MapVersion]:
        """The versions of a map that were taken into use, oldest first."""
        query = select(map_versions).where(map_versions.c.map_key == map_key).order_by(map_versions.c.id)
        with self.database.reading() as connection:
            return [
                MapVersion(map_key=row.map_key, hash=row.hash, text=row.text, at=from_micros(row.at), who=row.who)
                for row in connection.execute(query)
            ]

    # The index

    @property
    def generation(self) -> int:
        """Number of the newest published generation of the journey index; 0: nothing was published yet."""
        with self.database.reading() as connection:
            return connection.execute(select(func.max(generations.c.id))).scalar() or 0

    def index(self) -> JourneyIndex:
        """The newest published generation of the journey index; an empty one when there is none."""
        while True:
            with self.database.reading() as connection:
                number = connection.execute(select(func.max(generations.c.id))).scalar() or 0
                query = select(map_columns).where(map_columns.c.generation == number)
                columns = {row.map_key: (row.map_hash, row.folder) for row in connection.execute(query)}
            try:
                lock = read_lock(self.layout.header(number)) if number else None
                index = open_index(self.layout.generation(number), number, self.layout.kinds, columns, self.hasher)
                return replace(index, lock=lock)
            except FileNotFoundError:
                if self.generation == number:
                    raise WorkspaceDamaged(
                        sentence("generation {number} of the index has lost a part; run `resa rebuild`", number=number)
                    ) from None

    def evaluate_events(self, columns: Mapping[str, Compiled], *, index: JourneyIndex | None = None) -> pa.Table:
        """Run event expressions over all event files: one row for each row of the files, in their global order.

        Args:
            columns: Compiled expressions of the event scope by the name of the result's column.
            index: Over the files of this generation, so that `result[index.rows]` is by position; `None`: the newest's.
        """
        return self._evaluate((index or self.index()).files, columns)

    def keep_answers(self) -> None:
        """From now on ask each event file once, and keep its answers in memory: for a process that asks again."""
        self._evaluate = AnswersByFile()

    def labels(self, scope: Scope, compiled: Compiled, *, index: JourneyIndex) -> Labels | None:
        """What an expression says of every event or customer, if the writer kept it; see `resa.storage.labels`."""
        return read_labels(index, scope, compiled)

    def text_attributes(self, index: JourneyIndex) -> tuple[str, ...]:
        """Traits and properties that tell groups apart; see `resa.storage.attributes`."""
        kept = kept_text_attributes(index)
        return text_attributes(index, self.customer_traits(index)) if kept is None else kept

    def customer_traits(self, index: JourneyIndex | None = None) -> pa.Table:
        """What is known of customers: customer (uint32), traits (JSON text); customers without records are left out."""
        return read_traits(index or self.index())

    def member_since(self, segment: str, index: JourneyIndex) -> npt.NDArray[np.int64]:
        """Since when each customer is kept to be in a segment (`map.segment`), microseconds since 1970; 0: unknown."""
        keys, moments = kept_members(self, segment)
        since: npt.NDArray[np.int64] = np.zeros(index.customers, np.int64)
        places = index.find(keys)
        since[places[places >= 0]] = moments[places >= 0]
        return since

    def told_traits(self, index: JourneyIndex, customer: int) -> pa.Table:
        """What was said of a customer: trait, value (JSON), source_id, recorded_at; of each trait the newest first."""
        return told_traits(index, customer)


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
