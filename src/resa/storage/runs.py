"""Sorted runs: the rows of one new file in the order of the index, waiting to be merged into its next generation.

A run is made while a commit has the rows in memory, so that the index is built without reading them again. It is
derived: when it is missing it is made from the file. On disk it is `<name>.run`, numpy arrays one after the other, and
`<name>.arrow`, the texts of the customers' identifiers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from resa.base.files import durable_file
from resa.kernels import ordering
from resa.storage.arrays import FileArray, append_array
from resa.storage.gather import open_parquet
from resa.storage.hashing import Hasher, Words

__all__ = [
    "LEADING_BITS",
    "TEXT_ROWS",
    "Run",
    "first_identifiers",
    "ids_of",
    "make_run",
    "open_run_file",
    "run_from_file",
    "write_run_file",
]

Longs = npt.NDArray[np.int64]

LEADING_BITS = 12  # stretches of customers are cut at these bits of their hashes
TEXT_ROWS = 65_536


@dataclass(frozen=True)
class StoredTexts:
    """The identifiers of a run on disk, of which a slice is read at a time.

    Attributes:
        path: An Arrow file of pieces of `TEXT_ROWS` rows.
    """

    path: Path

    def slice(self, begin: int, length: int) -> pa.Table:
        """Some rows."""
        with pa.OSFile(str(self.path)) as source:
            file = pa.ipc.open_file(source)
            first, last = begin // TEXT_ROWS, -(-(begin + length) // TEXT_ROWS)
            pieces = [file.get_batch(number) for number in range(first, last)]
            return pa.Table.from_batches(pieces, file.schema).slice(begin - first * TEXT_ROWS, length)


@dataclass(frozen=True)
class Run:
    """Rows in the order of the index.

    Attributes:
        edges: int64[4097], where the customers of each leading 12 bits of their hash begin.
        who: uint64[C, 2], hashes of the customers' identifiers, sorted.
        starts: int64[C + 1], where each customer's events begin.
        times: int64[N], microseconds since 1970.
        sequences: int64[N].
        ids: uint64[N], first word of the hash of the id.
        rows: uint32[N], row in the file.
        channels: int32[N], place in `channel_names`, or -1.
        channel_names: The channels of these rows.
        identifiers: kind and value of each customer.
    """

    edges: Longs
    who: Words | FileArray
    starts: Longs | FileArray
    times: Longs
    sequences: Longs
    ids: Words
    rows: npt.NDArray[np.uint32]
    channels: npt.NDArray[np.int32]
    channel_names: tuple[str, ...]
    identifiers: pa.Table | StoredTexts

    ARRAYS: ClassVar = ("edges", "who", "starts", "times", "sequences", "ids", "rows", "channels")


def make_run(hasher: Hasher, table: pa.Table, ids: Words | None) -> Run:
    """Bring the rows of a table into the order of the index.

    Args:
        hasher: The workspace's.
        table: identifiers, and for events occurred_at, sequence and channel.
        ids: The hash of each row's id; `None`: the rows are no events but tell of customers.

    Raises:
        ValueError: A row has no identifier.
    """
    kinds, values = first_identifiers(table.column("identifiers"))
    who = hasher.identifiers(kinds, values)
    order = ordering.order_by_hash(who)
    ordered = ordering.take_rows(who, order)
    starts = ordering.group_starts(ordered)
    customers = ordered[starts[:-1]]
    heads = order[starts[:-1]]
    identifiers = pa.table({"kind": kinds.take(pa.array(heads)), "value": values.take(pa.array(heads))})
    if ids is None:
        nothing = np.empty(0, np.int64)
        return Run(
            _edges(customers),
            customers,
            np.zeros(len(starts), np.int64),
            nothing,
            nothing,
            nothing.astype(np.uint64),
            nothing.astype(np.uint32),
            nothing.astype(np.int32),
            (),
            identifiers,
        )
    times = _longs(table.column("occurred_at").cast(pa.int64()))
    sequences = _longs(table.column("sequence"))
    first_words = np.ascontiguousarray(ids[:, 0])
    ordering.order_within_groups(starts, order, times, sequences, first_words)
    names, codes = _channel_codes(table.column("channel"))
    return Run(
        _edges(customers),
        customers,
        starts,
        times[order],
        sequences[order],
        first_words[order],
        order.astype(np.uint32),
        codes[order],
        names,
        identifiers,
    )


def run_from_file(hasher: Hasher, path: Path, kind: str) -> Run:
    """Make the run of a listed file again, from the file alone."""
    with open_parquet(path) as parquet:
        if kind != "events":
            return make_run(hasher, parquet.read(columns=["identifiers"]), None)
        names = ["identifiers", "occurred_at", "sequence", "channel", "source_id", "message_id"]
        table = parquet.read(columns=names)
    return make_run(hasher, table, ids_of(hasher, table))


def ids_of(hasher: Hasher, table: pa.Table) -> Words:
    """The hash of each row's (source_id, message_id), as stored."""
    sources = pc.dictionary_encode(table.column("source_id").combine_chunks())
    stored = table.column("message_id").combine_chunks()
    names = sources.dictionary.to_pylist()
    if len(names) <= 1:
        return hasher.ids(names[0], stored) if names else np.empty((0, 2), np.uint64)
    out = np.empty((len(stored), 2), np.uint64)
    codes = sources.indices.to_numpy()
    for code, name in enumerate(names):
        rows = np.flatnonzero(codes == code)
        out[rows] = hasher.ids(name, stored.take(pa.array(rows)))
    return out


def write_run_file(folder: Path, name: str, run: Run) -> None:
    """Write a run; both of its files are on the disk when this returns."""
    with durable_file(folder / f"{name}.arrow") as temporary:
        texts = run.identifiers.slice(0, len(run.who))
        table = texts.combine_chunks().replace_schema_metadata({"channels": json.dumps(run.channel_names)})
        with pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=TEXT_ROWS)
    with durable_file(folder / f"{name}.run") as temporary, temporary.open("wb") as stream:
        for field in Run.ARRAYS:
            array = getattr(run, field)
            np.lib.format.write_array_header_1_0(stream, np.lib.format.header_data_from_array_1_0(array))
            append_array(stream, array)


def open_run_file(folder: Path, name: str) -> Run | None:
    """Open a run, its events to be read in slices; `None` when it is not there."""
    path, texts = folder / f"{name}.run", folder / f"{name}.arrow"
    if not (path.exists() and texts.exists()):
        return None
    arrays: dict[str, Any] = dict(zip(Run.ARRAYS, _arrays(path), strict=True))
    with pa.OSFile(str(texts)) as source:
        names = json.loads(pa.ipc.open_file(source).schema.metadata[b"channels"])
    return Run(**arrays, channel_names=tuple(names), identifiers=StoredTexts(texts))


def _arrays(path: Path) -> Iterator[npt.NDArray[Any] | FileArray]:
    with path.open("rb") as stream:
        for name in Run.ARRAYS:
            np.lib.format.read_magic(stream)
            shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
            count = int(np.prod(shape))
            if name == "edges":
                yield np.fromfile(stream, dtype, count)
            else:
                yield FileArray(path, dtype, stream.tell(), shape[0], *shape[1:])
                stream.seek(count * dtype.itemsize, os.SEEK_CUR)


def first_identifiers(column: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Kind and value of the first identifier of each row."""
    lists = column.combine_chunks()
    offsets = lists.offsets.to_numpy()
    if lists.null_count or (len(lists) and (np.diff(offsets) < 1).any()):
        raise ValueError("every row needs at least one identifier; rows without one are to be rejected before")
    pairs = lists.values
    if len(pairs) == len(lists) and len(lists) and offsets[0] == 0:
        firsts = pairs
    else:
        firsts = pairs.take(pa.array(offsets[:-1]))
    return firsts.field("kind"), firsts.field("value")


def _edges(who: Words) -> Longs:
    bounds = np.arange(1 << LEADING_BITS, dtype=np.uint64) << np.uint64(64 - LEADING_BITS)
    return np.append(np.searchsorted(np.ascontiguousarray(who[:, 0]), bounds), len(who)).astype(np.int64)


def _channel_codes(column: pa.ChunkedArray) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    encoded = column.combine_chunks()
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    codes = encoded.indices.cast(pa.int32()).fill_null(-1).to_numpy()
    return tuple(encoded.dictionary.to_pylist()), codes


def _longs(column: pa.ChunkedArray) -> Longs:
    return np.ascontiguousarray(column.combine_chunks().to_numpy(zero_copy_only=False))
