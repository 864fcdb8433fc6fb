"""Building a generation of the journey index from a former one and sorted runs, one stretch of customers at a time.

Customers are ordered by their keys, and so are runs and generations. Each stretch of keys is therefore merged by
itself, in memory that does not grow with the data, and written at the end of the arrays. Building from nothing and
adding to a generation are one function: the result is the same, byte for byte. Customers whose rows are others' by now
are left out of the base; their rows come again as runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.base.files import flush_file, flush_folder
from resa.kernels import ordering
from resa.storage.arrays import ArrayFile
from resa.storage.gather import gather_rows
from resa.storage.hashing import Hasher, Words
from resa.storage.index import ARRAYS, FORMAT, OTHER_CHANNELS, JourneyIndex
from resa.storage.layout import HEADER
from resa.storage.records import EPOCH, EventFile, Exclusion
from resa.storage.runs import LEADING_BITS, TEXT_ROWS, Run, grouped, ids_of

__all__ = ["FileRun", "Runs", "build_arrays", "write_header"]

Longs = npt.NDArray[np.int64]

STRETCH = 4_000_000  # events in memory at a time, about
_CODED = 254  # channels with a code of their own
_MILLION = 1_000_000


@dataclass(frozen=True)
class FileRun:
    """The run of one file with what is needed to put it into the index.

    Attributes:
        run: The run, in the order of customers.
        first_row: Number of the file's first row in the global order.
        excluded: Which rows of the file are left out; `None`: none.
    """

    run: Run
    first_row: int
    excluded: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Runs:
    """What is put into the index.

    Attributes:
        events: Runs of events.
        records: Runs of customer records.
        gone: uint64[G, 2], sorted: customers of the base that are left out, for all their rows are among the runs.
    """

    events: Sequence[FileRun]
    records: Sequence[FileRun]
    gone: Words


@dataclass(frozen=True)
class _Stretch:
    """Customers of a stretch of hashes with their events, in order; `sequences` and `ids` only of new events."""

    who: Words
    offsets: Longs
    times: Longs
    channels: npt.NDArray[np.uint8]
    rows: npt.NDArray[np.uint32]
    texts: pa.Table
    sequences: Longs
    ids: npt.NDArray[np.uint64]

    def some(self, stays: npt.NDArray[np.bool_]) -> _Stretch:
        """Some of its customers, of a stretch without new events."""
        counts = np.diff(self.offsets)
        events = np.repeat(stays, counts)
        return replace(
            self,
            who=self.who[stays],
            offsets=np.append(0, np.cumsum(counts[stays])),
            times=self.times[events],
            channels=self.channels[events],
            rows=self.rows[events],
            texts=self.texts.filter(pa.array(stays)),
        )

    def without_events(self) -> _Stretch:
        """Its customers alone."""
        return _Stretch(
            who=self.who,
            offsets=np.zeros(len(self.who) + 1, np.int64),
            times=_NO_LONGS,
            channels=np.empty(0, np.uint8),
            rows=np.empty(0, np.uint32),
            texts=self.texts,
            sequences=_NO_LONGS,
            ids=_NO_WORDS,
        )


def build_arrays(folder: Path, base: JourneyIndex, runs: Runs, hasher: Hasher) -> tuple[str, ...]:
    """Write the arrays of a generation that holds the base and the runs; the names of its channels.

    Args:
        folder: Empty, in the making.
        base: A former generation, or an empty one.
        runs: Of the files that the base does not hold, and of what is another's by now.
        hasher: The workspace's.
    """
    names = _channel_names(base, runs.events)
    recode = _codes_of(base.channel_names, names)
    total = base.events + sum(len(file.run.rows) for file in runs.events)
    with ExitStack() as stack:
        out = {
            name: stack.enter_context(ArrayFile(folder / f"{name}.npy", dtype, 2 if name == "who" else 0))
            for name, dtype in ARRAYS.items()
        }
        texts = stack.enter_context(_TextFile(folder / "identifiers.arrow"))
        events = records = 0
        out["offsets"].append(np.zeros(1, np.int64))
        out["record_offsets"].append(np.zeros(1, np.int64))
        for low, high in _bounds(total):
            kept = _kept(base, low, high, runs.gone)
            told = [_records(file, low, high) for file in runs.records]
            new = [_slice(file, low, high, _codes_of(file.run.channel_names, names)) for file in runs.events]
            new += [part.without_events() for part in told]
            merged = _merge(base, _base_stretch(base, kept, recode), _new_stretch(new), hasher)
            out["who"].append(merged.who)
            out["offsets"].append(merged.offsets[1:] + events)
            since = merged.times - EPOCH * _MILLION
            out["seconds"].append(since // _MILLION)
            out["micros"].append(since % _MILLION)
            out["channels"].append(merged.channels)
            out["rows"].append(merged.rows)
            texts.append(merged.texts)
            known = _new_stretch([_base_records(base, kept), *told])
            out["record_offsets"].append(_offsets_among(merged.who, known)[1:] + records)
            out["record_rows"].append(known.rows)
            events += len(merged.rows)
            records += len(known.rows)
    flush_file(folder / "identifiers.arrow")
    return names


def write_header(
    folder: Path,
    *,
    events: int,
    customers: int,
    nobody: int,
    channels: Sequence[str],
    files: Sequence[EventFile],
    records: Sequence[EventFile],
    identity: tuple[str, int],
    as_of: Mapping[str, datetime],
    exclude: Sequence[Exclusion],
) -> None:
    """Write what a reader needs to know of a generation, and flush its folder."""
    header: dict[str, Any] = {
        "format": FORMAT,
        "epoch": EPOCH,
        "events": events,
        "customers": customers,
        "nobody": nobody,
        "channels": list(channels),
        "exclude": [astuple(exclusion) for exclusion in exclude],
        "as_of": {source: moment.isoformat() for source, moment in sorted(as_of.items())},
        "identity": identity,
        "records": list(map(_said, records)),
        "files": list(map(_said, files)),
    }
    path = folder / HEADER
    path.write_text(json.dumps(header, indent=1), encoding="utf-8")
    flush_file(path)
    flush_folder(folder)


def _said(file: EventFile) -> dict[str, Any]:
    return {
        "id": file.id,
        "name": file.path.name,
        "rows": file.rows,
        "first_row": file.first_row,
        "loads": file.loads,
        "source_id": file.source_id,
    }


def _channel_names(base: JourneyIndex, runs: Sequence[FileRun]) -> tuple[str, ...]:
    """All channels by name.

    Beyond 254 the later ones share a code. Names only ever move out, so merging finds what building anew would.
    """
    known = set(base.channel_names) - {OTHER_CHANNELS}
    crowded = len(base.channel_names) > _CODED
    for file in runs:
        run = file.run
        codes = run.channels[:]
        used = np.unique(codes if file.excluded is None else codes[~file.excluded[run.rows[:]]])
        known |= {run.channel_names[code] for code in used if code >= 0}
    names = sorted(known)
    if len(names) > _CODED or crowded:
        return (*names[:_CODED], OTHER_CHANNELS)
    return tuple(names)


def _codes_of(names: Sequence[str], coded: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Code of each name; one more at the end, 0, for none: so that -1 finds it."""
    place = {name: number for number, name in enumerate(coded, start=1)}
    return np.array([*(place.get(name, _CODED + 1) for name in names), 0], np.uint8)


def _bounds(total: int) -> Iterator[tuple[int, int]]:
    """Stretches of customers, as ranges of the leading bits of their hashes."""
    bits = 0
    while total >> bits > STRETCH and bits < LEADING_BITS:
        bits += 1
    width = 1 << (LEADING_BITS - bits)
    for low in range(0, 1 << LEADING_BITS, width):
        yield low, low + width


def _place_of(who: Words, leading: int) -> int:
    """The first customer with these leading bits, or beyond."""
    if leading == 1 << LEADING_BITS:
        return len(who)
    place: int = ordering.lower_bound(who, 0, len(who), np.uint64(leading << (64 - LEADING_BITS)), np.uint64(0))
    return place


class _Kept(NamedTuple):
    """Customers of the base in a stretch, and which of them stay; `None`: all."""

    begin: int
    end: int
    stays: npt.NDArray[np.bool_] | None


def _kept(base: JourneyIndex, low: int, high: int, gone: Words) -> _Kept:
    begin, end = _place_of(base.who, low), _place_of(base.who, high)
    if not len(gone) or begin == end:
        return _Kept(begin, end, None)
    stays = ordering.find_hashes(np.ascontiguousarray(base.who[begin:end]), gone) == 0
    return _Kept(begin, end, None if stays.all() else stays)


def _base_stretch(base: JourneyIndex, kept: _Kept, recode: npt.NDArray[np.uint8]) -> _Stretch:
    begin, end, stays = kept
    first, last = int(base.offsets[begin]), int(base.offsets[end])
    seconds = base.seconds[first:last].astype(np.int64) + base.epoch
    codes = base.channels[first:last]
    numbers = np.arange(begin, end)
    whole = _Stretch(
        who=np.ascontiguousarray(base.who[begin:end]),
        offsets=base.offsets[begin : end + 1] - first,
        times=seconds * _MILLION + base.micros[first:last],
        channels=recode[codes.astype(np.int64) - 1],
        rows=base.rows[first:last],
        texts=base.identifiers(numbers).select(["kind", "value"]) if len(numbers) else _TEXTS.empty_table(),
        sequences=_NO_LONGS,
        ids=_NO_WORDS,
    )
    return whole if stays is None else whole.some(stays)


def _base_records(base: JourneyIndex, kept: _Kept) -> _Stretch:
    """The customer records of the base in a stretch."""
    begin, end, stays = kept
    first, last = int(base.record_offsets[begin]), int(base.record_offsets[end])
    there = np.diff(base.record_offsets[begin : end + 1]) > 0
    rows = base.record_rows[first:last]
    who = np.ascontiguousarray(base.who[begin:end])
    untold = pa.table([pa.nulls(len(who), pa.string())] * 2, schema=_TEXTS)  # the base's events name them
    whole = _of_records(who, base.record_offsets[begin : end + 1] - first, rows, untold)
    return whole.some(there if stays is None else there & stays)


def _records(file: FileRun, low: int, high: int) -> _Stretch:
    """The part of a run of records in one stretch."""
    run = file.run
    begin, end = int(run.edges[low]), int(run.edges[high])
    starts = run.starts[begin : end + 1]
    rows = run.rows[int(starts[0]) : int(starts[-1])] + np.uint32(file.first_row)
    return _of_records(run.who[begin:end], starts - starts[0], rows, run.identifiers.slice(begin, end - begin))


def _of_records(who: Words, offsets: Longs, rows: npt.NDArray[np.uint32], texts: pa.Table) -> _Stretch:
    """Records, which stand in the order of their rows."""
    return _Stretch(
        who=who,
        offsets=offsets,
        times=rows.astype(np.int64),
        channels=np.zeros(len(rows), np.uint8),
        rows=rows,
        texts=texts,
        sequences=np.zeros(len(rows), np.int64),
        ids=np.zeros(len(rows), np.uint64),
    )


def _offsets_among(who: Words, records: _Stretch) -> Longs:
    """Where the records of each customer begin, of those among them who have any."""
    counts = np.zeros(len(who), np.int64)
    counts[ordering.find_hashes(who, records.who) > 0] = np.diff(records.offsets)
    return np.append(0, np.cumsum(counts))


_TEXTS = pa.schema([("kind", pa.string()), ("value", pa.string())])
_NO_LONGS = np.empty(0, np.int64)
_NO_WORDS = np.empty(0, np.uint64)


def _slice(file: FileRun, low: int, high: int, recode: npt.NDArray[np.uint8]) -> _Stretch:
    """The part of a run in one stretch, without what is left out of the index."""
    run = file.run
    begin, end = int(run.edges[low]), int(run.edges[high])
    who = run.who[begin:end]
    starts = run.starts[begin : end + 1]
    first, last = int(starts[0]), int(starts[-1])
    offsets = starts - first
    part = slice(first, last)
    texts = run.identifiers.slice(begin, end - begin)
    rows = run.rows[part]
    keep: Any = slice(None)
    if file.excluded is not None:
        keep = ~file.excluded[rows]
        offsets = np.concatenate([[0], np.cumsum(keep)])[offsets]
        there = np.diff(offsets) > 0
        who, texts = who[there], texts.filter(pa.array(there))
        offsets = np.append(offsets[:-1][there], offsets[-1])
    return _Stretch(
        who=who,
        offsets=offsets,
        times=run.times[part][keep],
        channels=recode[run.channels[part][keep]],
        rows=rows[keep] + np.uint32(file.first_row),
        texts=texts,
        sequences=run.sequences[part][keep],
        ids=run.ids[part][keep],
    )


def _new_stretch(parts: Sequence[_Stretch]) -> _Stretch:
    """The parts of several runs as one, ordered."""
    if len(parts) == 1:
        return parts[0]
    counts = np.concatenate([_NO_LONGS, *(np.diff(part.offsets) for part in parts)])
    who, heads, events, offsets = grouped(
        np.concatenate([np.empty((0, 2), np.uint64), *(part.who for part in parts)]), counts
    )

    def joined(name: str, dtype: type[np.generic]) -> npt.NDArray[Any]:
        return np.concatenate([np.empty(0, dtype), *(getattr(part, name) for part in parts)])

    times, sequences, ids = joined("times", np.int64), joined("sequences", np.int64), joined("ids", np.uint64)
    ordering.order_within_groups(offsets, events, times, sequences, ids)
    texts = pa.concat_tables([_TEXTS.empty_table(), *(part.texts for part in parts)])
    return _Stretch(
        who=who,
        offsets=offsets,
        times=times[events],
        channels=joined("channels", np.uint8)[events],
        rows=joined("rows", np.uint32)[events],
        texts=texts.take(pa.array(heads)),
        sequences=sequences[events],
        ids=ids[events],
    )


def _merge(base: JourneyIndex, old: _Stretch, new: _Stretch, hasher: Hasher) -> _Stretch:
    if not len(old.who):
        return new
    if not len(new.who):
        return old
    ties = ordering.find_ties(old.who, old.offsets, old.times, new.who, new.offsets, new.times)
    tied = gather_rows(base.files, old.rows[ties], ["sequence", "source_id", "message_id"])
    merged = ordering.merge_customers(
        old.who,
        old.offsets,
        old.times,
        ties,
        np.ascontiguousarray(tied.column("sequence").to_numpy()),
        np.ascontiguousarray(ids_of(hasher, tied)[:, 0]),
        new.who,
        new.offsets,
        new.times,
        new.sequences,
        new.ids,
    )
    # Places of new ones come as -1 - place; here they follow those of the base.
    texts = pa.concat_tables([old.texts, new.texts])
    customers = np.where(merged.origin < 0, len(old.who) - 1 - merged.origin, merged.origin)
    events = np.where(merged.events < 0, len(old.rows) - 1 - merged.events, merged.events)
    return _Stretch(
        who=merged.who,
        offsets=merged.offsets,
        times=np.concatenate([old.times, new.times])[events],
        channels=np.concatenate([old.channels, new.channels])[events],
        rows=np.concatenate([old.rows, new.rows])[events],
        texts=texts.take(pa.array(customers)),
        sequences=new.sequences[:0],
        ids=new.ids[:0],
    )


class _TextFile:
    """The identifiers' texts as an Arrow file whose pieces have one size, however they were given."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting = _TEXTS.empty_table()

    def __enter__(self) -> Self:
        self._sink = pa.OSFile(str(self._path), "wb")
        self._writer = pa.ipc.new_file(self._sink, _TEXTS)
        return self

    def append(self, texts: pa.Table) -> None:
        self._waiting = pa.concat_tables([self._waiting, texts.replace_schema_metadata(None)])
        whole = self._waiting.num_rows // TEXT_ROWS * TEXT_ROWS
        for begin in range(0, whole, TEXT_ROWS):
            self._write(self._waiting.slice(begin, TEXT_ROWS))
        self._waiting = self._waiting.slice(whole)

    def _write(self, piece: pa.Table) -> None:
        # Copied, so that the bytes do not depend on how the pieces came to be.
        self._writer.write_table(
            pa.table([pa.concat_arrays(column.chunks) for column in piece.columns], piece.schema.names)
        )

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if kind is None and self._waiting.num_rows:
                self._write(self._waiting)
            self._writer.close()
        finally:
            self._sink.close()
