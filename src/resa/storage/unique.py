"""The ids that were ever stored: sorted runs of 128-bit hashes, looked up by merging.

A commit adds a run. When `_TIER` runs of about one size have come together they are merged into one, so an id is
looked up in a few runs whatever their number. A run of n hashes is n times 16 bytes, little-endian, and nothing else.
Merging goes by the hashes' first byte, so that no more than a 256th of two runs is in memory.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import select

from resa.base.errors import WorkspaceDamaged
from resa.base.files import durable_file
from resa.base.language import sentence
from resa.kernels import ordering
from resa.storage.arrays import append_array
from resa.storage.database import Database
from resa.storage.hashing import Words
from resa.storage.schema import hash_runs

__all__ = [
    "HashRun",
    "count_in_runs",
    "is_whole",
    "listed_runs",
    "mergeable",
    "open_run",
    "write_merged",
    "write_run",
    "write_without",
]

_TIER = 8
_BYTES = 16
_LETTER = "<u8"


@dataclass(frozen=True)
class HashRun:
    """A listed run.

    Attributes:
        id: Number in the database.
        name: File name in `unique/`.
        purpose: `ids` (stored) or `repeats` (rows of a running load that were there already).
        load_id: The running load that made it.
        hashes: How many.
    """

    id: int
    name: str
    purpose: str
    load_id: int | None
    hashes: int


def listed_runs(database: Database) -> list[HashRun]:
    """All runs that count, oldest first."""
    with database.reading() as connection:
        return [HashRun(**row._asdict()) for row in connection.execute(select(hash_runs).order_by(hash_runs.c.id))]


def is_whole(folder: Path, run: HashRun) -> bool:
    """Whether the file of a run is there and has the size that was listed."""
    path = folder / run.name
    return path.exists() and path.stat().st_size == run.hashes * _BYTES


def open_run(folder: Path, run: HashRun) -> Words:
    """The hashes of a run, memory-mapped.

    Raises:
        WorkspaceDamaged: The file is missing or has another size than was listed.
    """
    if run.hashes == 0:
        return np.empty((0, 2), np.uint64)
    if not is_whole(folder, run):
        raise WorkspaceDamaged(sentence("unique/{run} is missing or incomplete; run `resa rebuild`", run=run.name))
    return np.memmap(folder / run.name, _LETTER, "r").view(np.ndarray).reshape(-1, 2)


def write_run(folder: Path, parts: Iterable[Words]) -> tuple[str, int]:
    """Write sorted hashes, given in pieces, as a new run; its name and length."""
    name = f"{secrets.token_hex(8)}.hashes"
    hashes = 0
    with durable_file(folder / name) as temporary, temporary.open("wb") as stream:
        for part in parts:
            append_array(stream, part.astype(_LETTER, copy=False))
            hashes += len(part)
    return name, hashes


def count_in_runs(wanted: Words, runs: Iterable[Words]) -> npt.NDArray[np.int32]:
    """How often each of the sorted `wanted` hashes stands in the runs."""
    counts = np.zeros(len(wanted), np.int32)
    for run in runs:
        counts += ordering.find_hashes(wanted, run)
    return counts


def mergeable(runs: Sequence[HashRun]) -> list[HashRun]:
    """Runs of about one size that are enough to be merged; empty when nothing needs it."""
    tiers: dict[int, list[HashRun]] = {}
    for run in runs:
        tiers.setdefault(max(run.hashes, 1).bit_length() // 3, []).append(run)
    for _, tier in sorted(tiers.items()):
        if len(tier) >= _TIER:
            return tier
    return []


def write_merged(folder: Path, runs: Sequence[Words]) -> tuple[str, int]:
    """Write the union of runs as a new run."""

    def pieces() -> Iterable[Words]:
        edges = [ordering.first_byte_edges(run) for run in runs]
        for byte in range(256):
            parts = [run[edge[byte] : edge[byte + 1]] for run, edge in zip(runs, edges, strict=True)]
            while len(parts) > 1:
                pairs = [ordering.merge_hashes(*parts[k : k + 2]) for k in range(0, len(parts) - 1, 2)]
                parts = pairs + parts[2 * len(pairs) :]
            yield parts[0]

    return write_run(folder, pieces())


def write_without(folder: Path, run: Words, removed: Words) -> tuple[str, int]:
    """Write a run again without the sorted hashes `removed`."""

    def pieces() -> Iterable[Words]:
        edges, others = ordering.first_byte_edges(run), ordering.first_byte_edges(removed)
        for byte in range(256):
            yield ordering.keep_absent(run[edges[byte] : edges[byte + 1]], removed[others[byte] : others[byte + 1]])

    return write_run(folder, pieces())
