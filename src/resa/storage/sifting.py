"""Which rows of a chunk are new: every (source, message id) is stored once, for ever.

Rows without an id get one from their content and their ordinal among equal rows of the load. The ordinal must come
out the same whenever the file is collected, in bounded memory. A row that was read earlier in this load was either
stored by it (its hash stands in the load's own runs of ids) or was there before. So only a row whose hash stands in
*some* run of ids needs to be counted, and only such rows, and repetitions within a chunk, are remembered, in the
load's runs of repeats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.kernels import ordering
from resa.storage.hashing import Hasher, Words, escaped
from resa.storage.unique import HashRun, count_in_runs, open_run

__all__ = ["Sifted", "Sifter"]

_NONE = np.empty((0, 2), np.uint64)


@dataclass(frozen=True)
class Sifted:
    """What was found of the rows of a chunk.

    Attributes:
        message_ids: The ids as they are stored, one a row.
        hashes: uint64[n, 2], hash of each row's id.
        fresh: Which rows were never stored.
        new_hashes: Hashes of the fresh rows, sorted: the commit's run of ids.
        repeats: Content hashes, sorted, that further chunks of the load have to count: the commit's run of repeats.
        generated: The ids were made from the rows' content.
    """

    message_ids: pa.Array
    hashes: Words
    fresh: npt.NDArray[np.bool_]
    new_hashes: Words
    repeats: Words
    generated: bool

    def split(self, lengths: Sequence[int]) -> list[Sifted]:
        """What was found of each stretch of rows; the runs of ids and repeats stay those of all."""
        ends = np.cumsum(lengths).tolist()
        return [
            replace(
                self,
                message_ids=self.message_ids.slice(end - length, length),
                hashes=self.hashes[end - length : end],
                fresh=self.fresh[end - length : end],
            )
            for length, end in zip(lengths, ends, strict=True)
        ]

    def without(self, barred: npt.NDArray[np.bool_]) -> Sifted:
        """The same, where these rows are not to be stored."""
        gone = self.hashes[barred & self.fresh]
        if not len(gone):
            return self
        gone = ordering.take_rows(gone, ordering.order_by_hash(gone))
        left = self.new_hashes[count_in_runs(self.new_hashes, [gone]) == 0]
        return replace(self, fresh=self.fresh & ~barred, new_hashes=left)


class Sifter:
    """Looks rows up among all that was stored.

    Args:
        hasher: The workspace's.
        folder: Where the runs stand.
        runs: All runs of ids, and the runs of repeats of this load.
        load_id: The load that is being collected.
    """

    def __init__(self, hasher: Hasher, folder: Path, runs: Sequence[HashRun], load_id: int) -> None:
        self._hasher = hasher
        self._known: list[Words] = []
        self._own: list[Words] = []
        self._repeats: list[Words] = []
        for run in runs:
            hashes = open_run(folder, run)
            if run.purpose in {"ids", "erased"}:
                self._known.append(hashes)
                if run.load_id == load_id:
                    self._own.append(hashes)
            elif run.load_id == load_id:
                self._repeats.append(hashes)

    def nothing(self) -> Sifted:
        """The answer for a chunk without rows."""
        return Sifted(pa.array([], pa.string()), _NONE, np.empty(0, np.bool_), _NONE, _NONE, generated=False)

    def by_ids(self, source_id: str, message_ids: pa.Array | pa.ChunkedArray, *, nameless: int = 0) -> Sifted:
        """Rows that carry ids; the last `nameless` keep hashes alone. Of equal ids in one chunk the first is taken."""
        ids = message_ids.combine_chunks() if isinstance(message_ids, pa.ChunkedArray) else message_ids
        if ids.null_count:
            raise ValueError("a message id is null; rows without one are to be rejected before")
        stored = escaped(ids.cast(pa.string()))
        hashes = self._hasher.ids(source_id, stored)
        if nameless:
            named = len(stored) - nameless
            stored = pa.concat_arrays([stored.slice(0, named), self._hasher.generated_ids(hashes[named:])])
        order = ordering.order_by_hash(hashes)
        ordered = ordering.take_rows(hashes, order)
        new = (ordering.count_repeats(ordered) == 0) & (count_in_runs(ordered, self._known) == 0)
        return Sifted(stored, hashes, _scattered(order, new), ordered[new], _NONE, generated=False)

    def by_cells(self, source_id: str, cells: Sequence[pa.Array | pa.ChunkedArray]) -> Sifted:
        """Rows without ids, told apart by what they say."""
        content = self._hasher.rows(source_id, cells)
        order = ordering.order_by_hash(content)
        ordered = ordering.take_rows(content, order)
        ordinals = ordering.count_repeats(ordered)
        known = count_in_runs(ordered, self._known) > 0
        remembered = known | (ordinals > 0)
        suspects = ordered[known]
        if len(suspects):
            ordinals[known] += count_in_runs(suspects, self._own) + count_in_runs(suspects, self._repeats)
        ids = self._hasher.repeats(ordered, ordinals)
        new = ~known
        new_hashes = ordered[new & (ordinals == 0)]
        again = np.flatnonzero(ordinals)
        if len(again):  # their ids are no longer in the order of the content
            rank = ordering.order_by_hash(ids[again])
            further = ordering.take_rows(ids[again], rank)
            unseen = count_in_runs(further, self._known) == 0
            new[again[rank]] = unseen
            new_hashes = ordering.merge_hashes(new_hashes, further[unseen])
        hashes = np.empty_like(ids)
        hashes[order] = ids
        return Sifted(
            self._hasher.generated_ids(hashes),
            hashes,
            _scattered(order, new),
            new_hashes,
            ordered[remembered],
            generated=True,
        )


def _scattered(order: npt.NDArray[np.int64], flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    out = np.empty(len(order), np.bool_)
    out[order] = flags
    return out
