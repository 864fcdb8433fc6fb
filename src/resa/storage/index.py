"""Reading the journey index: one published generation, memory-mapped, which stays as it is while it is held."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.base.errors import QuestionError, WorkspaceDamaged
from resa.base.language import sentence
from resa.kernels import matching
from resa.model.tables import EVENTS, PAIRS, PERSONS
from resa.storage.gather import gather_rows
from resa.storage.hashing import Hasher, Words
from resa.storage.layers import Layers, Overlaid, lower_bounds
from resa.storage.layout import HEADER
from resa.storage.parts import with_parts
from resa.storage.readers import Lock
from resa.storage.records import EPOCH, AsOf, EventFile, Exclusion

__all__ = [
    "ARRAYS",
    "FORMAT",
    "UNPUBLISHED",
    "WHOLE",
    "WITHOUT",
    "JourneyIndex",
    "MapColumn",
    "Memory",
    "Sparse",
    "open_index",
    "overlaid",
    "read_column",
    "sources_of",
]

ARRAYS: Mapping[str, str] = {
    "who": "<u8",
    "offsets": "<i8",
    "seconds": "<i4",
    "micros": "<i4",
    "channels": "|u1",
    "rows": "<u4",
    "record_offsets": "<i8",
    "record_rows": "<u4",
}
"""The arrays of a generation with their types; each is a file `<name>.npy`."""

TEXTS = pa.schema([("kind", pa.string()), ("value", pa.string())])
"""What names each customer."""

WHOLE = "whole"
"""The folder of the whole generation that a recent one lies over, within it; it shares its files."""

WITHOUT = "without.npy"
"""Which customers of the whole one do not count; it is there in recent ones alone."""

UNPUBLISHED = -1
"""Number of a generation in the making."""

FORMAT = 2
"""How a generation is laid out. One of another format is as good as none: it is derived."""

OTHER_CHANNELS = "(other)"
"""The 255th channel, for all that have no code of their own."""


class Sparse(NamedTuple):
    """Numbers at some of the index's positions.

    Attributes:
        positions: int64, ascending.
        numbers: float64, one a position.
    """

    positions: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MapColumn:
    """What one map makes of the index.

    Attributes:
        map_key: Key of the map.
        map_hash: Hash of the map it was derived for; a map edited in other parts than its signals keeps its column.
        touchpoints: uint16[N], code of each event's touchpoint, 0 where it is none.
        codes: Code of each touchpoint, as `JourneyMap.code`.
        values: What events are worth, where their touchpoint's signal gives a value.
        scores: How events were felt, as given (not scaled), where their touchpoint's signal has a score.
        sources: For each code that occurs, the sources that delivered it.
    """

    map_key: str
    map_hash: str
    touchpoints: npt.NDArray[np.uint16]
    codes: Mapping[str, int]
    values: Sparse
    scores: Sparse
    sources: Mapping[int, tuple[str, ...]]


class Memory(NamedTuple):
    """What stands in files beside the arrays of a generation, of some of its customers.

    Attributes:
        names: What names them, `TEXTS`.
        columns: Of maps that were asked for.
        traits: What is known of them, as `TRAITS`.
    """

    names: pa.Table
    columns: Mapping[str, MapColumn]
    traits: pa.Table


@dataclass(frozen=True, kw_only=True)
class JourneyIndex:
    """One generation of the journey index: C customers, N events, ordered by customer and by the one order within.

    Customers are numbered in the order of their keys, whatever the order of arrival. A customer's key is the (keyed)
    hash of the identifier that names her. A customer of whom only records are known has no events.

    Attributes:
        generation: Its number; 0: nothing was published yet.
        folder: Where its arrays stand.
        epoch: Unix seconds of the moment that `seconds` counts from.
        arrays: `ARRAYS`, which have attributes of their own.
        channel_names: At most 254, sorted; a 255th is `(other)`.
        files: The event files it was built from; row numbers count through them.
        as_of: Up to when the data were complete when it was published.
        exclude: What was left out.
        records: The files of customer records that it holds.
        nobody: How many rows of the event files name nobody, and are no customer's.
        rules: What tells the rules, by which it was worked out who is who, from others.
        decisions: So many decisions of people were known.
        columns: The map columns that were there when it was opened: key, (hash of the map, folder).
        hasher: The workspace's.
        memory: What else is known of customers who were picked out of one layer; `None`: it stands in files.
        layers: What it is made of, if it was published soon after the one before it; `None`: it is one.
        lock: What keeps it from being taken away while it is read; `None`: nothing does.
    """

    generation: int
    folder: Path
    epoch: int
    arrays: Mapping[str, npt.NDArray[Any]]
    channel_names: tuple[str, ...]
    files: tuple[EventFile, ...]
    records: tuple[EventFile, ...]
    as_of: AsOf
    exclude: tuple[Exclusion, ...]
    nobody: int
    rules: str
    decisions: int
    columns: Mapping[str, tuple[str, str]]
    hasher: Hasher
    layers: Layers | None = None
    memory: Memory | None = None
    lock: Lock | None = None

    @property
    def who(self) -> Words:
        """uint64[C, 2], the customers' keys."""
        return self.arrays["who"]

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """int64[C + 1]; customer c has the events `offsets[c]` to `offsets[c + 1]`."""
        return self.arrays["offsets"]

    @property
    def seconds(self) -> npt.NDArray[np.int32]:
        """int32[N], whole seconds since the epoch, rounded down."""
        return self.arrays["seconds"]

    @property
    def micros(self) -> npt.NDArray[np.int32]:
        """int32[N], microseconds beyond, 0 to 999,999."""
        return self.arrays["micros"]

    @property
    def channels(self) -> npt.NDArray[np.uint8]:
        """uint8[N]: 0 for none, else 1 + place in `channel_names`."""
        return self.arrays["channels"]

    @property
    def rows(self) -> npt.NDArray[np.uint32]:
        """uint32[N], number of the event's row in `files`."""
        return self.arrays["rows"]

    @property
    def record_offsets(self) -> npt.NDArray[np.int64]:
        """int64[C + 1]; customer c has the records `record_offsets[c]` to `record_offsets[c + 1]`."""
        return self.arrays["record_offsets"]

    @property
    def record_rows(self) -> npt.NDArray[np.uint32]:
        """uint32, number of each record's row in `records`, ascending within a customer."""
        return self.arrays["record_rows"]

    @property
    def events(self) -> int:
        """How many events."""
        return int(self.offsets[-1])

    @property
    def customers(self) -> int:
        """How many customers."""
        return len(self.offsets) - 1

    @property
    def total_rows(self) -> int:
        """How many rows the event files hold, those left out of the index among them."""
        return self.files[-1].first_row + self.files[-1].rows if self.files else 0

    @cached_property
    def named(self) -> pa.Table:
        """What names each customer: kind, value."""
        if self.memory is not None:
            return self.memory.names
        if self.layers is not None:
            return self.identifiers().select(TEXTS.names)
        return self._told("identifiers.arrow", TEXTS) if len(self.who) else TEXTS.empty_table()

    def part(self, name: str) -> pa.MemoryMappedFile:
        """A file of this generation, memory-mapped.

        Raises:
            WorkspaceDamaged: Newer generations have replaced this one.
        """
        try:
            return pa.memory_map(str(self.folder / name))
        except FileNotFoundError:
            raise WorkspaceDamaged(
                sentence(
                    "{name} of generation {generation} is gone: newer ones replaced it meanwhile; ask "
                    "again, and if it stays so run `resa verify`",
                    name=name,
                    generation=str(self.generation),
                )
            ) from None

    def identifiers(self, customers: npt.NDArray[np.integer[Any]] | Sequence[int] | None = None) -> pa.Table:
        """The identifiers of customers: columns customer (uint32), kind, value; `None`: of all."""
        numbers = np.arange(self.customers) if customers is None else np.asarray(customers, np.int64)
        if self.layers is None:
            texts, places = self.named, None if customers is None else numbers
        else:
            texts, places = self.layers.texts(self.layers.whole.named, self.layers.recent.named, numbers)
        named = texts if places is None else texts.take(pa.array(places))
        return named.add_column(0, "customer", pa.array(numbers.astype(np.uint32)))

    def find(self, keys: Words) -> npt.NDArray[np.int64]:
        """The numbers of the customers with these keys; -1 where there is none.

        Args:
            keys: uint64[N, 2].
        """
        if not self.customers or not len(keys):
            return np.full(len(keys), -1, np.int64)
        places = lower_bounds(self.who, keys)
        here = np.minimum(places, self.customers - 1)
        found: npt.NDArray[np.int64] = np.where((self.who[here] == keys).all(axis=1), here, -1)
        return found

    @cached_property
    def persons(self) -> pa.Table:
        """Whose identifiers are that were seen with others, or decided on, as `PERSONS`."""
        return self._told("persons.arrow", PERSONS) if self.layers is None else self._both[0]

    @cached_property
    def pairs(self) -> pa.Table:
        """The evidence for it, as `PAIRS`."""
        return self._told("pairs.arrow", PAIRS) if self.layers is None else self._both[1]

    @property
    def told_persons(self) -> tuple[pa.Table, ...]:
        """`PERSONS` of each layer, the newer first: what one does not tell of, or that it stands beside, is below."""
        layers = (self,) if self.layers is None else (self.layers.recent, self.layers.whole)
        return tuple(layer.persons for layer in layers)

    @cached_property
    def _both(self) -> tuple[pa.Table, pa.Table]:
        whole, recent = (self.layers.whole, self.layers.recent) if self.layers else (self, self)
        return with_parts(whole.persons, whole.pairs, recent.persons, recent.pairs)

    def _told(self, name: str, schema: pa.Schema) -> pa.Table:
        if not self.generation:
            return schema.empty_table()
        with self.part(name) as source:
            return pa.ipc.open_file(source).read_all()

    def event_rows(self, positions: npt.NDArray[np.integer[Any]], columns: Sequence[str] | None = None) -> pa.Table:
        """The stored rows of the events at these positions, in this order.

        Args:
            positions: Places in the index.
            columns: Columns of `EVENTS`; `None`: all.

        Raises:
            WorkspaceDamaged: A file of this generation is gone, because its load was removed: ask the newest index.
        """
        return gather_rows(self.files, self.rows[positions], EVENTS.names if columns is None else columns)

    def column(self, map_key: str) -> MapColumn:
        """What the map makes of the index.

        Raises:
            QuestionError: Nothing was derived for this map yet.
        """
        if map_key not in self.columns:
            raise QuestionError(
                sentence(
                    "the events were not yet matched with the map '{map_key}'; run `resa collect` or `resa rebuild`",
                    map_key=map_key,
                )
            )
        map_hash, folder = self.columns[map_key]
        if self.memory is not None:
            return self.memory.columns[map_key]
        layers = self.layers
        if layers is not None and layers.whole.columns.get(map_key) == self.columns[map_key]:
            return self._overlaid(layers, map_key)
        try:
            return read_column(self.folder / folder, map_key, map_hash)
        except FileNotFoundError:
            raise WorkspaceDamaged(
                sentence(
                    "the map '{map_key}' was changed and matched anew meanwhile; ask again, or run `resa verify`",
                    map_key=map_key,
                )
            ) from None

    def _overlaid(self, layers: Layers, map_key: str) -> MapColumn:
        whole, recent = layers.whole.column(map_key), layers.recent.column(map_key)
        return replace(
            recent,
            touchpoints=layers.events.joined(whole.touchpoints, recent.touchpoints),
            values=Sparse(*layers.sparse(whole.values, recent.values)),
            scores=Sparse(*layers.sparse(whole.scores, recent.scores)),
            sources={
                code: tuple(sorted({*whole.sources.get(code, ()), *recent.sources.get(code, ())}))
                for code in sorted({*whole.sources, *recent.sources})
            },
        )


def open_index(
    folder: Path, generation: int, file_path: Mapping[str, Path], columns: Mapping[str, tuple[str, str]], hasher: Hasher
) -> JourneyIndex:
    """Open a published generation; generation 0 is empty.

    Args:
        folder: Its folder.
        generation: Its number.
        file_path: Folder of the files of each kind.
        columns: Its map columns: key, (hash of the map, folder within the generation).
        hasher: The workspace's.

    Raises:
        WorkspaceDamaged: A part is missing.
        FileNotFoundError: The whole folder is gone: a newer generation replaced it meanwhile.
    """
    header, arrays = _parts_of(folder, generation)
    if header["format"] != FORMAT:
        return open_index(folder, 0, file_path, {}, hasher)
    as_of = AsOf(
        sources={source: datetime.fromisoformat(moment).astimezone(UTC) for source, moment in header["as_of"].items()}
    )
    index = JourneyIndex(
        generation=generation,
        folder=folder,
        epoch=header["epoch"],
        channel_names=tuple(header["channels"]),
        files=_files(header["files"], file_path["events"], "events"),
        records=_files(header["records"], file_path["customers"], "customers"),
        as_of=as_of,
        exclude=tuple(Exclusion(*said) for said in header["exclude"] if not isinstance(said, str)),
        nobody=header["nobody"],
        rules=header["identity"][0],
        decisions=header["identity"][1],
        columns=columns,
        hasher=hasher,
        arrays=arrays,
    )
    if not (folder / WITHOUT).exists():
        return index
    return overlaid(
        open_index(folder / WHOLE, generation, file_path, columns, hasher), index, map_array(folder / WITHOUT)
    )


def _parts_of(folder: Path, generation: int) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """What the header of a generation says, and its arrays; those of another format stay closed.

    Raises:
        WorkspaceDamaged: They contradict each other.
        FileNotFoundError: The whole folder is gone.
    """
    if generation == 0:
        nothing: dict[str, Any] = {name: [] for name in ("channels", "files", "exclude", "records")}
        nothing |= {"format": FORMAT, "epoch": EPOCH, "as_of": {}, "identity": ["", 0], "nobody": 0}
        empty = {name: np.empty((0, 2) if name == "who" else 0, dtype) for name, dtype in ARRAYS.items()}
        empty["offsets"] = empty["record_offsets"] = np.zeros(1, np.int64)
        return nothing, empty
    header = json.loads((folder / HEADER).read_text(encoding="utf-8"))
    if header["format"] != FORMAT:
        return header, {}
    arrays = {name: map_array(folder / f"{name}.npy") for name in ARRAYS}
    if not len(arrays["rows"]) == header["events"] or not len(arrays["who"]) == header["customers"]:
        raise WorkspaceDamaged(
            sentence(
                "generation {generation} of the index contradicts its header; run `resa rebuild`",
                generation=str(generation),
            )
        )
    return header, arrays


def overlaid(whole: JourneyIndex, recent: JourneyIndex, without: Words) -> JourneyIndex:
    """The index of what came since laid over a whole one."""
    layers = Layers(whole, recent, without)
    return replace(recent, arrays=Overlaid(layers, tuple(ARRAYS)), layers=layers, memory=None)


def _files(said: Sequence[Mapping[str, Any]], folder: Path, kind: str) -> tuple[EventFile, ...]:
    return tuple(
        EventFile(
            id=file["id"],
            path=folder / file["name"],
            kind=kind,
            rows=file["rows"],
            first_row=file["first_row"],
            loads=tuple(file["loads"]),
            source_id=file["source_id"],
        )
        for file in said
    )


def sources_of(
    files: Sequence[EventFile], touchpoints: npt.NDArray[np.uint16], rows: npt.NDArray[np.uint32], codes: int
) -> dict[int, tuple[str, ...]]:
    """For each code that occurs, the sources that delivered it.

    Args:
        files: The event files.
        touchpoints: The code of each event.
        rows: The row of each event in the files.
        codes: How many codes there are.
    """
    names = sorted({file.source_id for file in files})
    found = np.zeros((codes + 1, max(1, len(names))), np.bool_)
    if files:
        matching.delivering_sources(
            touchpoints,
            rows,
            np.array([file.first_row for file in files], np.int64),
            np.array([names.index(file.source_id) for file in files], np.int64),
            found,
        )
    return {
        code: tuple(names[place] for place in np.flatnonzero(found[code]))
        for code in range(1, codes + 1)
        if found[code].any()
    }


def map_array(path: Path) -> npt.NDArray[Any]:
    """A `.npy` file, memory-mapped and read-only."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    return array.view(np.ndarray) if len(array) else np.empty(array.shape, array.dtype)


def read_column(folder: Path, map_key: str, map_hash: str) -> MapColumn:
    """Open a map's column."""
    header = json.loads((folder / "column.json").read_text(encoding="utf-8"))
    arrays = {path.stem: map_array(path) for path in folder.glob("*.npy")}
    return MapColumn(
        map_key=map_key,
        map_hash=map_hash,
        touchpoints=arrays["touchpoints"],
        codes=header["codes"],
        values=Sparse(arrays["value_positions"], arrays["value_numbers"]),
        scores=Sparse(arrays["score_positions"], arrays["score_numbers"]),
        sources={int(code): tuple(sources) for code, sources in header["sources"].items()},
    )
