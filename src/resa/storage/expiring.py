"""Taking away what is too old: as an erasure does, by the age of rows.

What was stored once is known for ever: a file that is collected again brings nothing of it back.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import delete, func, insert, select

from resa.model.tables import INSTANT
from resa.storage.database import to_micros
from resa.storage.gather import open_parquet
from resa.storage.rewriting import Rewriting
from resa.storage.schema import erasures, segment_changes

if TYPE_CHECKING:
    from resa.storage.store import Store
    from resa.storage.writer import Writer

__all__ = ["EXPIRING", "expire_rows"]

Flags = npt.NDArray[np.bool_]

EXPIRING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "events": "occurred_at",
        "customers": "recorded_at",
        "feedback": "occurred_at",
        "daily_numbers": "day",
        "rejected": "load_id",
        "segment_changes": "at",
    }
)
"""What may be kept for a time, and by which column it is old; a rejected row is as old as the load that brought it."""


def expire_rows(writer: Writer, before: Mapping[str, date], *, dry: bool = False) -> Mapping[str, int]:
    """Take away what is older than some days, in one transaction; how many rows, by kind.

    Args:
        writer: The writer. The index follows at the next refresh.
        before: The first day (UTC) that is kept, by kind of `EXPIRING`.
        dry: Only count.
    """
    store = writer.store
    plan = Rewriting(store)
    rows: Counter[str] = Counter(dict.fromkeys(before, 0))
    began = {load.id: load.started_at for load in store.loads()}
    for kind, day in before.items():
        if kind == "segment_changes":
            rows[kind] = _old_changes(store, day)
            continue
        for file in store.event_files(kind):
            with open_parquet(file.path) as parquet:
                ages = parquet.read(columns=[EXPIRING[kind]]).column(0)
            goes = _is_old(ages, _midnight(day), began)
            rows[kind] += int(goes.sum())
            if goes.any() and not dry:
                with open_parquet(file.path) as parquet:
                    table = parquet.read()
                plan.take(file, table, goes, table.filter(pa.array(~goes)))
    if dry or not rows.total():
        return rows
    plan.prepare()
    with writer.lease.writing() as connection:
        plan.put_in_place(connection)
        if "segment_changes" in before:
            old = segment_changes.c.at < to_micros(_midnight(before["segment_changes"]))
            connection.execute(delete(segment_changes).where(old))
        entry = {"at": to_micros(store.clock()), "who": "", "rows": json.dumps(rows), "state": "expired"}
        connection.execute(insert(erasures).values(**entry))
    return rows


def _is_old(ages: pa.ChunkedArray, until: datetime, began: Mapping[int, datetime]) -> Flags:
    if pa.types.is_integer(ages.type):
        old = pa.array([number for number, moment in began.items() if moment < until], pa.int64())
        flags = pc.is_in(ages, old)
    else:
        flags = pc.less(ages.cast(INSTANT), pa.scalar(until, INSTANT))
    found: Flags = np.asarray(flags.to_numpy(), np.bool_)
    return found


def _old_changes(store: Store, day: date) -> int:
    old = segment_changes.c.at < to_micros(_midnight(day))
    with store.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(segment_changes).where(old)).scalar() or 0)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
