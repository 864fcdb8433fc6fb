"""How a workspace is doing, in numbers: what monitoring asks for. Nothing here tells of a person."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, case, func, select

from resa.storage.database import from_micros
from resa.storage.records import LIVE, RUN
from resa.storage.schema import files, generations, lease, loads, source_states

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["Figures", "Rows", "SourceFigures", "read_figures"]


@dataclass(frozen=True)
class Rows:
    """What a source's rows became, in all its loads so far, removed ones too: these numbers never fall.

    Attributes:
        good: Stored.
        rejected: Refused and kept.
        duplicate: There already.
    """

    good: int
    rejected: int
    duplicate: int


@dataclass(frozen=True)
class SourceFigures:
    """How far a source is. Moments are UTC.

    Attributes:
        live: Whether requests bring it, and no file of the workspace need say so.
        newest: When its newest event happened; `None`: it has none.
        began_at: When its last run began; `None`: it does not run.
        failures: How many runs have failed since one succeeded.
    """

    live: bool
    newest: datetime | None
    began_at: datetime | None
    failures: int


@dataclass(frozen=True)
class Figures:
    """The state of a workspace at one moment.

    Attributes:
        rows: By source.
        sources: By name, those whose file is gone among them.
        events: In the newest published index.
        customers: In the newest published index.
        published_at: When it was published, UTC; `None`: none was yet.
        rows_behind: Stored rows of events and customers that no published index holds yet.
        written_at: Last sign of life of the process that writes, UTC; `None`: none writes.
        logs: Bytes of the write-ahead log of each database.
        free: Bytes that are free on the disk.
    """

    rows: Mapping[str, Rows]
    sources: Mapping[str, SourceFigures]
    events: int
    customers: int
    published_at: datetime | None
    rows_behind: int
    written_at: datetime | None
    logs: Mapping[str, int]
    free: int


def read_figures(store: Store) -> Figures:
    """Read them: a few quick queries in one transaction."""
    sums = [func.sum(loads.c[name]).label(name) for name in ("good", "rejected", "duplicate")]
    # Of a run of a database it is only known at its end whether it brings anything: else it is forgotten.
    counts = (loads.c.state != "running") | ~loads.c.fingerprint.startswith(RUN)
    behind = select(func.coalesce(func.sum(files.c.rows), 0)).where(
        files.c.kind.in_(["events", "customers"]), files.c.state == "listed", files.c.run.is_not(None)
    )
    with store.database.reading() as connection:
        by_source = connection.execute(select(loads.c.source_id, *sums).where(counts).group_by(loads.c.source_id)).all()
        sources = _sources(connection)
        newest = connection.execute(select(generations).order_by(generations.c.id.desc()).limit(1)).first()
        rows_behind = connection.execute(behind).scalar() or 0
        renewed = connection.execute(select(lease.c.renewed_at).where(lease.c.held == 1)).scalar()
    return Figures(
        rows={row.source_id: Rows(row.good, row.rejected, row.duplicate) for row in by_source},
        sources=sources,
        events=0 if newest is None else newest.events,
        customers=0 if newest is None else newest.customers,
        published_at=None if newest is None else from_micros(newest.published_at),
        rows_behind=rows_behind,
        written_at=None if renewed is None else from_micros(renewed),
        logs={path.stem: _size(path.with_name(f"{path.name}-wal")) for path in store.layout.databases},
        free=shutil.disk_usage(store.layout.root).free,
    )


def _sources(connection: Connection) -> dict[str, SourceFigures]:
    live = func.max(case((loads.c.origin.startswith(LIVE), 1), else_=0)).label("live")
    there = select(loads.c.source_id, func.max(loads.c.newest).label("newest"), live)
    brought = connection.execute(there.where(loads.c.state != "removed").group_by(loads.c.source_id)).all()
    columns = source_states.c.source_id, source_states.c.began_at, source_states.c.failures
    ran = {row.source_id: row for row in connection.execute(select(*columns)).all()}
    came = {row.source_id: row for row in brought}
    found = {}
    for name in sorted({*came, *ran}):
        load, run = came.get(name), ran.get(name)
        found[name] = SourceFigures(
            live=load is not None and bool(load.live),
            newest=None if load is None or load.newest is None else from_micros(load.newest),
            began_at=None if run is None or run.began_at is None else from_micros(run.began_at),
            failures=0 if run is None else run.failures,
        )
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
