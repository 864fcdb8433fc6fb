"""A generation in two layers: a whole one, and a small one of what came since, read as one.

The small layer is an index itself. Where both know a customer, her events there follow those here: whoever's new ones
do not all follow is taken out of the whole one, and stands in the small one with all that she did. So laying one
over the other is to copy stretches of memory, and writing a small layer takes no longer the more there is in all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.storage.hashing import Words

if TYPE_CHECKING:
    from resa.storage.index import JourneyIndex

__all__ = ["BY_EVENT", "Layers", "Overlaid", "lower_bounds", "recoded"]

Longs = npt.NDArray[np.int64]
Sparse = tuple[Longs, npt.NDArray[np.float64]]

BY_EVENT: Final = ("seconds", "micros", "channels", "rows")
"""The arrays with a number for each event."""


class _Pieces(NamedTuple):
    """Stretches of events of both layers, in the order in which they follow each other as one.

    Attributes:
        recent: bool[P], from which layer each is.
        begins: Where each begins in its layer.
        ends: Where it ends.
    """

    recent: npt.NDArray[np.bool_]
    begins: Longs
    ends: Longs

    def joined(self, whole: npt.NDArray[Any], recent: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """One array of an array of each layer."""
        layers = (whole, recent)
        told = zip(self.recent.tolist(), self.begins.tolist(), self.ends.tolist(), strict=True)
        parts = [layers[layer][begin:end] for layer, begin, end in told]
        return np.concatenate([whole[:0], *parts])

    def moved(self, positions: Longs, *, recent: bool) -> Longs:
        """Where these positions of a layer stand in the one; -1: not there. The pieces of a layer are ascending."""
        sizes = self.ends - self.begins
        starts = np.cumsum(sizes) - sizes
        mine = np.flatnonzero((self.recent == recent) & (sizes > 0))
        if not len(mine):
            return np.full(len(positions), -1, np.int64)
        piece = mine[np.maximum(np.searchsorted(self.begins[mine], positions, side="right") - 1, 0)]
        there = (positions >= self.begins[piece]) & (positions < self.ends[piece])
        return np.where(there, positions - self.begins[piece] + starts[piece], -1)


@dataclass(frozen=True)
class Layers:
    """Two layers and how they lie over each other.

    Attributes:
        whole: A generation as it was once.
        recent: What came since.
        without: uint64[W, 2], sorted: customers of the whole one who are not there any more, or in the small one alone.
    """

    whole: JourneyIndex
    recent: JourneyIndex
    without: Words

    @cached_property
    def _kept(self) -> Longs:
        """Numbers of the customers of the whole one who stay."""
        stays = np.ones(self.whole.customers, np.bool_)
        gone = self.whole.find(self.without)
        stays[gone[gone >= 0]] = False
        return np.flatnonzero(stays)

    @cached_property
    def _numbers(self) -> tuple[Longs, Longs]:
        """By number in the one: the number in the whole one, and in the small one; -1: not there."""
        kept, own = self._kept, self.recent.who
        place = self.whole.find(own)
        rank = np.minimum(np.searchsorted(kept, place), len(kept) - 1)
        known = np.zeros(len(own), np.bool_) if not len(kept) else (place >= 0) & (kept[rank] == place)
        before = np.searchsorted(kept, lower_bounds(self.whole.who, own[~known]))
        in_whole: Longs = np.insert(kept, before, -1)
        number = np.empty(len(own), np.int64)
        number[~known] = before + np.arange(len(before))
        number[known] = rank[known] + np.searchsorted(before, rank[known], side="right")
        in_recent = np.full(len(in_whole), -1, np.int64)
        in_recent[number] = np.arange(len(own))
        return in_whole, in_recent

    @property
    def in_whole(self) -> Longs:
        """The number in the whole one of each customer; -1: she is not there."""
        return self._numbers[0]

    @property
    def in_recent(self) -> Longs:
        """The number in the small one of each customer; -1: she is not there."""
        return self._numbers[1]

    def pieces(self, offsets: str = "offsets") -> _Pieces:
        """The stretches of events, or of records."""
        in_whole, in_recent = self._numbers
        old, new = getattr(self.whole, offsets), getattr(self.recent, offsets)
        where = np.flatnonzero(in_whole >= 0)
        kept = in_whole[where]
        cut = (np.diff(kept) != 1) | (np.diff(where) != 1) | (in_recent[where[:-1]] >= 0)
        first = np.concatenate([[0], np.flatnonzero(cut) + 1])[: len(kept)]
        last = np.append(first[1:], len(kept))[: len(first)] - 1
        added = np.flatnonzero(in_recent >= 0)
        whose = np.concatenate([where[last], added])
        recent = np.repeat([False, True], [len(last), len(added)])
        begins = np.concatenate([old[kept[first]], new[in_recent[added]]])
        ends = np.concatenate([old[kept[last] + 1], new[in_recent[added] + 1]])
        order = np.lexsort((recent, whose))
        return _Pieces(recent[order], begins[order], ends[order])

    @cached_property
    def events(self) -> _Pieces:
        """The stretches of events."""
        return self.pieces()

    def offsets(self, name: str) -> Longs:
        """Where each customer's events begin, or her records."""
        counts = np.zeros(len(self.in_whole), np.int64)
        for numbers, layer in ((self.in_whole, self.whole), (self.in_recent, self.recent)):
            there = numbers >= 0
            counts[there] += np.diff(getattr(layer, name))[numbers[there]]
        return np.append(0, np.cumsum(counts))

    def who(self) -> Words:
        """The customers' keys."""
        found = np.empty((len(self.in_whole), 2), np.uint64)
        for numbers, layer in ((self.in_whole, self.whole), (self.in_recent, self.recent)):
            found[numbers >= 0] = layer.who[numbers[numbers >= 0]]
        return found

    def channels(self) -> npt.NDArray[np.uint8]:
        """Codes of the small layer, which knows all channels."""
        whole = self.whole.channels
        if self.whole.channel_names != self.recent.channel_names:
            whole = recoded(self.whole.channel_names, self.recent.channel_names)[whole]
        return self.events.joined(whole, self.recent.channels)

    def sparse(self, whole: Sparse, recent: Sparse) -> Sparse:
        """Numbers at positions of each layer as those of the one."""
        positions = np.concatenate(
            [
                self.events.moved(np.asarray(whole[0]), recent=False),
                self.events.moved(np.asarray(recent[0]), recent=True),
            ]
        )
        numbers = np.concatenate([whole[1], recent[1]])
        order = np.argsort(positions, kind="stable")  # two ascending stretches: one merge
        order = order[np.searchsorted(positions[order], 0) :]
        return positions[order], numbers[order]

    def texts(self, whole: pa.Table, recent: pa.Table, customers: Longs) -> tuple[pa.Table, Longs]:
        """A table with a row for each customer of both layers, and in which row of it some customers stand."""
        place = np.where(self.in_whole >= 0, self.in_whole, len(whole) + self.in_recent)
        return pa.concat_tables([whole, recent]), place[customers]

    def traits(self, whole: pa.Table, recent: pa.Table) -> pa.Table:
        """What is known of customers, `TRAITS`: of whom the small layer knows records, it knows all."""
        parts = []
        for numbers, table in ((self.in_whole, whole), (self.in_recent, recent)):
            number = np.full(int(numbers.max(initial=-1)) + 2, -1, np.int64)
            number[numbers[numbers >= 0]] = np.flatnonzero(numbers >= 0)
            place = np.append(number, -1)[np.minimum(table.column("customer").to_numpy(), len(number))]
            there = pa.array(np.flatnonzero(place >= 0))
            field = table.schema.field("customer")
            parts.append(table.take(there).set_column(0, field, pa.array(place[place >= 0].astype(np.uint32))))
        together = pa.concat_tables(parts)
        return together.take(pa.array(np.argsort(together.column("customer").to_numpy(), kind="stable")))


class Overlaid(Mapping[str, npt.NDArray[Any]]):
    """The arrays of both layers as one, each laid together when it is asked for.

    Args:
        layers: The two.
        names: Of the arrays.
    """

    def __init__(self, layers: Layers, names: tuple[str, ...]) -> None:
        self._layers = layers
        self._names = names
        self._made: dict[str, npt.NDArray[Any]] = {}

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """An array."""
        if name not in self._made:
            made = self._make(name)
            made.flags.writeable = False
            self._made[name] = made
        return self._made[name]

    def _make(self, name: str) -> npt.NDArray[Any]:
        layers = self._layers
        if name == "who":
            return layers.who()
        if name == "channels":
            return layers.channels()
        if name in BY_EVENT:
            return layers.events.joined(layers.whole.arrays[name], layers.recent.arrays[name])
        if name == "record_rows":
            return layers.pieces("record_offsets").joined(layers.whole.record_rows, layers.recent.record_rows)
        return layers.offsets(name)

    def __iter__(self) -> Iterator[str]:
        """Their names."""
        return iter(self._names)

    def __len__(self) -> int:
        """How many."""
        return len(self._names)


def lower_bounds(who: Words, keys: Words) -> Longs:
    """For each key, how many of the sorted ones come before it."""
    places = np.searchsorted(np.ascontiguousarray(who[:, 0]), keys[:, 0])
    # Two customers with one first word are as good as impossible, yet not quite.
    for _ in range(2):
        here = np.minimum(places, len(who) - 1)
        if not len(who):
            break
        places = places + ((who[here, 0] == keys[:, 0]) & (who[here, 1] < keys[:, 1]) & (places < len(who)))
    return places


def recoded(names: tuple[str, ...], coded: tuple[str, ...]) -> npt.NDArray[np.uint8]:
    """For each code of channels (0: none) the code that they have among others; the last stands for all it lacks."""
    place = {name: number for number, name in enumerate(coded, start=1)}
    return np.array([0, *(place.get(name, len(coded)) for name in names)], np.uint8)
