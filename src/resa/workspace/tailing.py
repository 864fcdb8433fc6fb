"""Watching what comes in, while another process writes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from resa.collector import BOT
from resa.storage import EventFile, Store

__all__ = ["Seen", "Tail", "newest_seen"]

_KINDS: Final = ("events", "customers", "feedback", "daily_numbers", "rejected")
_COLUMNS: Final = ("source_id", "identifiers", "event", "touchpoint", "number", "device", "reason", "detail")


class Seen(NamedTuple):
    """A row that came in.

    Attributes:
        source: Whose it is.
        outcome: What became of it; bot: it is kept, and not measured.
        what: Name of the event or daily number, `customer` or `feedback`; of a rejected row the reason.
        more: Its first identifier; of a rejected row the detail.
    """

    source: str
    outcome: Literal["good", "rejected", "bot"]
    what: str
    more: str


class Tail:
    """What comes into a store from now on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last = max((file.id for kind in _KINDS for file in store.event_files(kind)), default=0)
        self._counted = self._counts()

    def _counts(self) -> dict[int, int]:
        return {load.id: load.good + load.rejected for load in self._store.loads()}

    def look(self) -> Iterator[Seen]:
        """What came in since it was looked at last, in the order in which it was stored."""
        before = self._counted
        while True:  # until both are of one moment: else a commit between them would look like a compaction
            self._counted = self._counts()
            new = [file for kind in _KINDS for file in self._store.event_files(kind) if file.id > self._last]
            if self._counts() == self._counted:
                break
        for file in sorted(new, key=lambda file: file.id):
            self._last = file.id
            # Compaction and removal write rows anew that came in before: their loads have grown by nothing.
            if file.load_id is not None and self._counted.get(file.load_id, 0) > before.get(file.load_id, 0):
                yield from _rows(file)


def newest_seen(store: Store, most: int) -> list[Seen]:
    """What came in last, the newest first.

    Args:
        store: The store.
        most: So many rows at most.
    """
    found: list[Seen] = []
    files = (file for kind in _KINDS for file in store.event_files(kind) if file.rows)
    for file in sorted(files, key=lambda file: -file.id):
        found += reversed(list(_rows(file, most - len(found))))
        if len(found) >= most:
            break
    return found


def _rows(file: EventFile, last: int | None = None) -> Iterator[Seen]:
    """The rows of a file, or its last ones."""
    try:
        with pq.ParquetFile(file.path) as parquet:
            names = [name for name in _COLUMNS if name in parquet.schema_arrow.names]
            groups = parquet.num_row_groups
            table: pa.Table = parquet.read_row_groups(range(0 if last is None else groups - 1, groups), names)
    except FileNotFoundError:  # compacted since
        return
    for row in (table if last is None else table.slice(max(0, table.num_rows - last))).to_pylist():
        if file.kind == "rejected":
            yield Seen(row["source_id"], "rejected", row["reason"], row["detail"])
        else:
            who = next(iter(row.get("identifiers") or ()), None)
            what = row.get("event") or row.get("touchpoint") or row.get("number") or "customer"
            outcome: Literal["bot", "good"] = "bot" if row.get("device") == BOT else "good"
            yield Seen(row["source_id"], outcome, what, f"{who['kind']} {who['value']}" if who else "")
