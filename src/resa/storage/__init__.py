"""What a workspace keeps: event files, the operational database, uniqueness, the journey index."""

from resa.storage.compaction import compact_files
from resa.storage.index import JourneyIndex, MapColumn, Sparse
from resa.storage.publishing import refresh_index
from resa.storage.records import (
    EARLIEST,
    EPOCH,
    KINDS,
    LATEST,
    AsOf,
    ChunkResult,
    EventFile,
    Finding,
    Kind,
    Load,
    MapVersion,
)
from resa.storage.recounting import forget_derived
from resa.storage.store import Store
from resa.storage.verification import verify_store
from resa.storage.writer import Writer

__all__ = [
    "EARLIEST",
    "EPOCH",
    "KINDS",
    "LATEST",
    "AsOf",
    "ChunkResult",
    "EventFile",
    "Finding",
    "JourneyIndex",
    "Kind",
    "Load",
    "MapColumn",
    "MapVersion",
    "Sparse",
    "Store",
    "Writer",
    "compact_files",
    "forget_derived",
    "refresh_index",
    "verify_store",
]
