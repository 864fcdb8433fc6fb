"""What people decided on who is who: a log that only grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from sqlalchemy import func, insert, select

from resa.model.tables import DECISIONS
from resa.storage.database import from_micros, to_micros
from resa.storage.schema import decisions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resa.storage.audit import Also
    from resa.storage.store import Store

__all__ = ["count_decisions", "keep_decisions", "kept_decisions"]


def keep_decisions(store: Store, made: pa.Table, also: Sequence[Also] = ()) -> None:
    """Add decisions to the log, all or none. Who is who follows at the next refresh of the index.

    Args:
        store: The workspace's.
        made: As `DECISIONS`.
        also: What is written in the same transaction.
    """
    rows = [{**row, "at": to_micros(row["at"])} for row in made.cast(DECISIONS).to_pylist()]
    with store.database.changing() as connection:  # a short transaction of its own: beside a running server, too
        if rows:
            connection.execute(insert(decisions), rows)
        for write in also:
            write(connection)


def kept_decisions(store: Store) -> pa.Table:
    """All decisions in the order in which they were kept, as `DECISIONS`."""
    columns = [decisions.c[name] for name in DECISIONS.names]
    with store.database.reading() as connection:
        rows = connection.execute(select(*columns).order_by(decisions.c.id)).mappings().all()
    return pa.Table.from_pylist([{**row, "at": from_micros(row["at"])} for row in rows], schema=DECISIONS)


def count_decisions(store: Store) -> int:
    """How many decisions there are."""
    with store.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(decisions)).scalar() or 0)
