"""What storage says of itself: loads, files, sources, results of commits. Plain frozen values, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pyarrow as pa

from resa.model.tables import CUSTOMER_RECORDS, DAILY_NUMBERS, EVENTS, FEEDBACK

__all__ = [
    "BOTS",
    "EARLIEST",
    "EPOCH",
    "KINDS",
    "LATEST",
    "LIVE",
    "RUN",
    "SETTLED",
    "AsOf",
    "ChunkResult",
    "EventFile",
    "Exclusion",
    "Finding",
    "Kind",
    "Load",
    "LoadState",
    "MapVersion",
]

Kind = Literal["events", "customers", "feedback", "daily_numbers"]
LoadState = Literal["running", "finished", "removed"]

KINDS: Mapping[str, pa.Schema] = {
    "events": EVENTS,
    "customers": CUSTOMER_RECORDS,
    "feedback": FEEDBACK,
    "daily_numbers": DAILY_NUMBERS,
}
"""The kinds of rows that are kept in files, each with the schema of `resa.model.tables`."""

SETTLED = pa.schema(
    [
        pa.field("load_id", pa.int64(), nullable=False),  # the replay
        pa.field("file", pa.int64(), nullable=False),  # number of the file of rejected rows
        pa.field("place", pa.int64(), nullable=False),  # 0-based row in that file
    ]
)
"""A rejected row that a replay stored, or found to be stored: it no longer waits, unless the replay is undone."""

EPOCH = 946_684_800
"""Unix seconds of 2000-01-01T00:00:00Z, from which the index counts its seconds in 32 bits."""

EARLIEST = datetime.fromtimestamp(EPOCH - 2**31, UTC)
"""The earliest moment that the index can hold (December 1931); an event before it must be rejected."""

LATEST = datetime.fromtimestamp(EPOCH + 2**31 - 1, UTC)
"""The latest whole second that the index can hold (January 2068)."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """One collection of one file; it can be resumed while it runs and removed when it is done.

    Attributes:
        id: Number, ascending in the order of beginning.
        source_id: Name of the source.
        origin: Where the rows came from, as named to the user.
        fingerprint: What tells whether the origin is still the same file (size, time, hash), as the collector defines
            it.
        state: running, finished or removed.
        started_at: When it began, UTC.
        finished_at: When it ended, UTC.
        rows_read: Rows of the origin consumed so far: where a killed collection goes on.
        rows_in: Rows that they became (one row may hold several events); always good + rejected + duplicate.
        good: Rows that were stored.
        rejected: Rows that were refused and kept with their reason. A replay is a load of its own and changes nothing
            here: which of these rows it settled stands beside it (`SETTLED`).
        duplicate: Rows that were there already.
        complete_until: Up to when the load says that its data are complete, UTC; `None`: it does not say.
        newest: The newest `occurred_at` (`recorded_at` of customers) among its rows, duplicates among them, UTC.
        erased_good: How many of the good rows are gone since, with their customer.
        erased_rejected: The same of rejected rows.
    """

    id: int
    source_id: str
    origin: str
    fingerprint: str
    state: LoadState
    started_at: datetime
    finished_at: datetime | None
    rows_read: int
    rows_in: int
    good: int
    rejected: int
    duplicate: int
    complete_until: datetime | None
    newest: datetime | None
    erased_good: int = 0
    erased_rejected: int = 0


@dataclass(frozen=True, kw_only=True)
class ChunkResult:
    """What became of the rows of one commit; together they are the rows read."""

    good: int
    rejected: int
    duplicate: int


@dataclass(frozen=True)
class Exclusion:
    """Events that are kept in the files and left out of the index.

    Attributes:
        source_id: Of the source that says so; other sources' events are not its own to leave out. `None`: of all.
        timezone: IANA name; hours and days in the expression are in it.
        expression: Of the event scope; events for which it holds are left out.
    """

    source_id: str | None
    timezone: str
    expression: str


LIVE = "arrivals of "
"""How the origin of a load begins whose rows came over HTTP; then the day."""

RUN = "run "
"""How the fingerprint of a load begins that is one run of a database; then its moment."""

BOTS = Exclusion(None, "UTC", "device = 'bot'")
"""What programs did, whatever the source."""


@dataclass(frozen=True, kw_only=True)
class EventFile:
    """One listed Parquet file.

    Attributes:
        id: Its number in the database.
        path: Where it stands.
        kind: What its rows are.
        rows: How many.
        first_row: Number of its first row in the global order of rows of its kind.
        loads: The loads whose rows it holds; several after compaction.
        source_id: The one source of its rows.
        run: Name of its sorted run, while no generation of the index holds its rows.
    """

    id: int
    path: Path
    kind: str
    rows: int
    first_row: int
    loads: tuple[int, ...]
    source_id: str
    run: str | None = None

    @property
    def load_id(self) -> int | None:
        """The load that wrote the file; `None` when it holds several."""
        return self.loads[0] if len(self.loads) == 1 else None


@dataclass(frozen=True, kw_only=True)
class AsOf:
    """Up to when the data are complete.

    Attributes:
        sources: For each source: the end that its newest load states, else its newest row, never later than the load
            itself, UTC. A source none of whose loads is finished is left out.
        overall: The latest of them, UTC; `None` while there are no rows.
    """

    sources: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def overall(self) -> datetime | None:
        """The latest moment that any source is complete to; 'now' for questions that need one."""
        return max(self.sources.values(), default=None)

    def complete(self, sources: tuple[str, ...]) -> datetime | None:
        """The moment that every one of these sources is complete to; `None` when of one of them it is not known."""
        if not all(source in self.sources for source in sources):
            return None
        return min((self.sources[source] for source in sources), default=None)


@dataclass(frozen=True, kw_only=True)
class MapVersion:
    """A version of a journey map that was taken into use.

    Attributes:
        map_key: The map.
        hash: Of all the files that it was read from.
        text: These files, whole: a JSON object of text by name.
        at: When it was taken into use, UTC.
        who: Name of the operating system's user; empty if there is none.
    """

    map_key: str
    hash: str
    text: str
    at: datetime
    who: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that `verify` found to be wrong.

    Attributes:
        code: Stable name, such as `missing-file`.
        message: What is wrong and what to do.
    """

    code: str
    message: str
