"""What collecting asks of whoever stores: the writer itself, or one who hands over to it from another process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from resa.storage import ChunkResult, Kind, Load, Reached, Store

__all__ = ["Storing"]


class Storing(Protocol):
    """The part of `resa.storage.Writer` that collecting uses; see there."""

    @property
    def store(self) -> Store:
        """The workspace's."""

    def begin_load(self, *, source_id: str, origin: str, fingerprint: str = "") -> Load:
        """Begin, or go on with, a load."""

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
        again: int = 0,
        reached: Reached | None = None,
    ) -> ChunkResult:
        """Store the next rows of a load."""

    def commit_lookup(
        self, load: Load, table: pa.Table, *, rows_read: int, rejected: pa.Table, repeated: int
    ) -> ChunkResult:
        """Store a whole lookup table."""

    def finish_load(self, load: Load, *, complete_until: datetime | None = None) -> Load:
        """Declare a load complete."""

    def drop_load(self, load: Load) -> None:
        """Forget a load that brought nothing."""

    def remove_load(self, load_id: int) -> Load:
        """Undo a load."""

    def note_run(
        self, source_id: str, *, began_at: datetime, error: str = "", complete_until: datetime | None = None
    ) -> None:
        """Keep how a run of a source went."""
