"""Sorted runs: the rows of one new file by what they name, waiting to be merged into the index's next generation.

A run is made while a commit has the rows in memory, so that the index is built without reading them again. It is
derived: when it is missing it is made from the file. On disk it is `<name>.run`, numpy arrays one after the other, and
`<name>.arrow`, the identifiers that its rows name. Whose they are is not known before all is: `placed` then brings a
run into the order of customers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from resa.base.files import durable_file
from resa.kernels import ordering
from resa.model.tables import IDENTIFIERS, INSTANT, SEEN
from resa.storage.arrays import FileArray, append_array
from resa.storage.gather import open_parquet
from resa.storage.hashing import Hasher, Words

__all__ = [
    "LEADING_BITS",
    "RUN_COLUMNS",
    "TEXT_ROWS",
    "Owners",
    "Run",
    "first_identifiers",
    "grouped",
    "ids_of",
    "make_run",
    "open_run_file",
    "placed",
    "rows_of_nobody",
    "run_from_file",
    "seen_in",
    "write_run_file",
]

Longs = npt.NDArray[np.int64]

ALIAS = "alias"
"""Rows of this event state that the identifiers they name are the same, as Segment's call of this name does."""

_TOLD = ("identifiers", "sequence", "source_id", "message_id")
RUN_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "events": (*_TOLD, "occurred_at", "event", "channel"),
    "customers": (*_TOLD, "recorded_at"),
}
"""What a run is made of, by kind of the file."""

_FORMAT = "2"

LEADING_BITS = 12  # stretches of customers are cut at these bits of their hashes
TEXT_ROWS = 65_536


class Owners(NamedTuple):
    """Whose N rows are, or N lists of identifiers.

    Attributes:
        who: uint64[N, 2], the key of each one's customer.
        somebody: bool[N], whether they are anybody's at all.
        kinds: N kinds of the identifiers that name the customers.
        values: N values of these.
    """

    who: Words
    somebody: npt.NDArray[np.bool_]
    kinds: pa.Array
    values: pa.Array


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
class FirstTexts:
    """Kind and value of the first identifier of each list of a run, where that is its customer.

    Attributes:
        lists: What the run's rows name.
    """

    lists: pa.Table | StoredTexts

    def slice(self, begin: int, length: int) -> pa.Table:
        """Some rows."""
        kinds, values = first_identifiers(self.lists.slice(begin, length).column("identifiers"))
        return pa.table({"kind": kinds, "value": values})


@dataclass(frozen=True)
class Run:
    """Rows in groups: of those that name the same, or of those that are the same customer's.

    Attributes:
        edges: int64[4097], where the groups of each leading 12 bits of their hash begin.
        who: uint64[G, 2], hashes of what they name, or keys of customers, sorted.
        starts: int64[G + 1], where each group's rows begin.
        times: int64[N], microseconds since 1970.
        sequences: int64[N].
        ids: uint64[N], first word of the hash of the id.
        rows: uint32[N], row in the file.
        channels: int32[N], place in `channel_names`, or -1.
        channel_names: The channels of these rows.
        identifiers: What each group names (`identifiers`, and whether it is an `alias`), or the `kind` and `value` that
            name the customer.
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
    identifiers: pa.Table | StoredTexts | FirstTexts

    ARRAYS: ClassVar = ("edges", "who", "starts", "times", "sequences", "ids", "rows", "channels")


def make_run(hasher: Hasher, table: pa.Table, ids: Words) -> Run:
    """Group the rows of a table by what they name, each group in the one order.

    Args:
        hasher: The workspace's.
        table: identifiers and sequence; of events occurred_at, event and channel, of customer records recorded_at.
        ids: The hash of each row's id.

    Raises:
        ValueError: A row has no identifier.
    """
    lists = table.column("identifiers").combine_chunks()
    events = "event" in table.column_names
    alias = np.zeros(len(lists), np.bool_)
    if events:
        alias = pc.equal(table.column("event"), ALIAS).combine_chunks().to_numpy(zero_copy_only=False)
    names, alias = _hashes_of_lists(hasher, lists, alias)
    order = ordering.order_by_hash(names)
    ordered = ordering.take_rows(names, order)
    starts = ordering.group_starts(ordered)
    who, heads = ordered[starts[:-1]], pa.array(order[starts[:-1]])
    times = _longs(table.column("occurred_at" if events else "recorded_at").cast(pa.int64()))
    sequences = _longs(table.column("sequence"))
    first_words = np.ascontiguousarray(ids[:, 0])
    ordering.order_within_groups(starts, order, times, sequences, first_words)
    channel_names, codes = (
        _channel_codes(table.column("channel")) if events else ((), np.full(len(lists), -1, np.int32))
    )
    return Run(
        _edges(who),
        who,
        starts,
        times[order],
        sequences[order],
        first_words[order],
        order.astype(np.uint32),
        codes[order],
        channel_names,
        pa.table({"identifiers": lists.take(heads), "alias": pa.array(alias).take(heads)}),
    )


def _hashes_of_lists(
    hasher: Hasher, lists: pa.Array, alias: npt.NDArray[np.bool_]
) -> tuple[Words, npt.NDArray[np.bool_]]:
    """A hash of all that each row names: that of the identifier, if it is one alone. And which rows are aliases."""
    kinds, values, lengths = _flat(lists)
    each = hasher.identifiers(kinds, values)
    alias = alias & (lengths > 1)
    if len(each) == len(lists):
        return each, alias
    begins = np.cumsum(lengths) - lengths
    found = each[begins]
    for length in np.unique(lengths[lengths > 1]).tolist():
        rows = np.flatnonzero(lengths == length)
        words = each[begins[rows][:, None] + np.arange(length)].reshape(len(rows), -1)
        marked = np.column_stack([words, alias[rows].astype(np.uint64)])
        found[rows] = hasher.words(marked)
    return found, alias


def seen_in(run: Run, source_id: str, excluded: npt.NDArray[np.bool_] | None) -> pa.Table:
    """What the rows of a run that are not left out name, as `SEEN`; groups that name one thing alone say nothing."""
    texts = run.identifiers.slice(0, len(run.who))
    starts = run.starts[:]
    times, counts = run.times[:], np.diff(starts)
    if excluded is not None:
        keep = ~excluded[run.rows[:]]
        counts = np.add.reduceat(keep, starts[:-1], dtype=np.int64) if len(counts) else counts
        times = times[keep]
        starts = np.append(0, np.cumsum(counts))
    several = pc.greater(pc.list_value_length(texts.column("identifiers")), 1).to_numpy()
    groups = np.flatnonzero(several & (counts > 0))
    chosen = texts.take(pa.array(groups))
    columns = [
        chosen.column("identifiers").cast(IDENTIFIERS),
        chosen.column("alias"),
        pa.array([source_id] * len(groups), pa.string()),
        pa.array(times[starts[:-1][groups]]).cast(INSTANT),
        pa.array(times[starts[1:][groups] - 1]).cast(INSTANT),
        pa.array(counts[groups]),
    ]
    return pa.table(columns, schema=SEEN)


def placed(run: Run, owners: Owners) -> Run:
    """A run in the order of customers; what is nobody's is left out.

    Args:
        run: By what its rows name.
        owners: Whose each of its groups is.
    """
    if owners.somebody.all() and np.array_equal(owners.who, run.who[:]):
        return replace(run, identifiers=FirstTexts(run.identifiers))
    kept = np.flatnonzero(owners.somebody)
    who, groups, order, starts = grouped(owners.who[kept], np.diff(run.starts[:])[kept])
    events = _places(run.starts[:], kept)[order]
    times, sequences, ids = run.times[:], run.sequences[:], run.ids[:]
    ordering.order_within_groups(starts, events, times, sequences, ids)
    heads = pa.array(kept[groups])
    return Run(
        _edges(who),
        who,
        starts,
        times[events],
        sequences[events],
        ids[events],
        run.rows[:][events],
        run.channels[:][events],
        run.channel_names,
        pa.table({"kind": owners.kinds.take(heads), "value": owners.values.take(heads)}),
    )


def rows_of_nobody(run: Run, owners: Owners, excluded: npt.NDArray[np.bool_] | None) -> int:
    """How many rows of a run, by what they name, are nobody's and not left out anyway."""
    rows = run.rows[:][_places(run.starts[:], np.flatnonzero(~owners.somebody))]
    return len(rows) if excluded is None else int((~excluded[rows]).sum())


def grouped(who: Words, counts: Longs) -> tuple[Words, Longs, Longs, Longs]:
    """Groups with the same hash as one: the hashes, sorted; the first old group of each; members; where each begins.

    Args:
        who: The hash of each group.
        counts: How many members each has; they stand one after the other.
    """
    order = ordering.order_by_hash(who)
    ordered = ordering.take_rows(who, order)
    heads = ordering.group_starts(ordered)
    members = ordering.expand_groups(order, np.append(0, np.cumsum(counts)))
    starts = np.append(0, np.cumsum(counts[order]))[heads]
    return ordered[heads[:-1]], order[heads[:-1]], members, starts


def _places(starts: Longs, groups: Longs) -> Longs:
    """The places of the members of some groups."""
    places: Longs = ordering.expand_groups(groups, starts)
    return places


def run_from_file(hasher: Hasher, path: Path, kind: str) -> Run:
    """Make the run of a listed file again, from the file alone."""
    with open_parquet(path) as parquet:
        table = parquet.read(columns=list(RUN_COLUMNS[kind]))
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
        table = texts.combine_chunks().replace_schema_metadata(
            {"channels": json.dumps(run.channel_names), "format": _FORMAT}
        )
        with pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=TEXT_ROWS)
    with durable_file(folder / f"{name}.run") as temporary, temporary.open("wb") as stream:
        for field in Run.ARRAYS:
            array = getattr(run, field)
            np.lib.format.write_array_header_1_0(stream, np.lib.format.header_data_from_array_1_0(array))
            append_array(stream, array)


def open_run_file(folder: Path, name: str) -> Run | None:
    """Open a run, its events to be read in slices; `None` when it is not there, or is written in another format."""
    path, texts = folder / f"{name}.run", folder / f"{name}.arrow"
    if not (path.exists() and texts.exists()):
        return None
    arrays: dict[str, Any] = dict(zip(Run.ARRAYS, _arrays(path), strict=True))
    with pa.OSFile(str(texts)) as source:
        metadata = pa.ipc.open_file(source).schema.metadata
    if metadata.get(b"format") != _FORMAT.encode():
        return None
    names = json.loads(metadata[b"channels"])
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
    kinds, values, lengths = _flat(lists)
    if len(kinds) == len(lists):
        return kinds, values
    firsts = pa.array(np.cumsum(lengths) - lengths)
    return kinds.take(firsts), values.take(firsts)


def _flat(lists: pa.Array) -> tuple[pa.Array, pa.Array, Longs]:
    """Kinds and values of all identifiers in lists, and how many each list has."""
    lengths = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    if len(lists) and lengths.min() < 1:
        raise ValueError("every row needs at least one identifier; rows without one are to be rejected before")
    pairs = lists.flatten()
    return pairs.field("kind"), pairs.field("value"), lengths


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
