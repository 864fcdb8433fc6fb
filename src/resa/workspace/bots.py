"""What bots did: kept in the event files, and left out of the index."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from resa.collector import BOT
from resa.storage import Store

__all__ = ["events_of_bots"]


def events_of_bots(store: Store, source: str | None = None) -> pa.Table:
    """How many events bots caused, by day (UTC), source and event, the newest day first.

    Args:
        store: The data.
        source: Only of this source; `None`: of all.
    """
    rows = store.rows("events", ["source_id", "occurred_at", "event", "device"])
    mine = rows.filter(pc.equal(rows.column("device"), BOT))
    if source is not None:
        mine = mine.filter(pc.equal(mine.column("source_id"), source))
    days = pc.strftime(mine.column("occurred_at"), "%Y-%m-%d")
    named = pa.table({"day (UTC)": days, "source": mine.column("source_id"), "event": mine.column("event")})
    counted = named.group_by(named.column_names).aggregate([([], "count_all")]).rename_columns({"count_all": "events"})
    return counted.sort_by([("day (UTC)", "descending"), ("source", "ascending"), ("event", "ascending")])
