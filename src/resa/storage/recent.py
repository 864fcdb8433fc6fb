"""Making a generation of what came since a whole one, in time that does not grow with what there was before.

The small layer holds the new events of customers whose new ones all come after those of the whole one, and all events
of the others: of those who are new, whose rows are another's by now, of whom a source told something, or who did
something before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.kernels import ordering
from resa.model.journey import JourneyMap
from resa.storage.arrays import ArrayFile
from resa.storage.building import Runs, build_arrays
from resa.storage.derivation import derive_column
from resa.storage.generating import (
    Sources,
    empty_folder,
    empty_index,
    finish_generation,
    new_files,
    new_runs,
    seen_of,
)
from resa.storage.hashing import Words
from resa.storage.index import (
    ARRAYS,
    UNPUBLISHED,
    WHOLE,
    WITHOUT,
    JourneyIndex,
    MapColumn,
    Memory,
    Sparse,
    open_index,
    overlaid,
)
from resa.storage.layers import BY_EVENT
from resa.storage.persons import Unifier
from resa.storage.records import Exclusion
from resa.storage.traits import TRAITS, newest_traits, read_traits, write_traits

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["build_recent", "changed_customers", "customers_alone", "derive_recent_column", "last_times"]

Longs = npt.NDArray[np.int64]

SMALLEST = 200_000
"""Events of a whole generation: one of fewer is made anew as soon."""

SHARE = 8.0
"""The small layer has at most this part of the events of the whole one; then both become one."""

_BESIDE: Final = ("labels", "attributes.json")  # of a whole generation: nothing reads them there
_NOBODY: Final = np.zeros((0, 2), np.uint64)
_NEVER: Final = np.iinfo(np.int64).min


def build_recent(
    store: Store,
    folder: Path,
    base: JourneyIndex,
    sources: Sources,
    unifier: Unifier,
    exclude: Sequence[Exclusion],
) -> JourneyIndex | None:
    """Make a generation of two layers in a folder, unpublished; `None`: one whole one is better made.

    Args:
        store: The store.
        folder: Where to.
        base: The former generation.
        sources: Its files, and new ones.
        unifier: Works out who is who, by the rules of the former generation.
        exclude: Which events are left out, as there.
    """
    whole, recent, without = _layers(store, base)
    new = new_files(store, base, sources, exclude)
    room = whole.events // SHARE - sum(one.file.rows for one in new)
    if whole.events < SMALLEST or recent.events > room:
        return None
    unified = unifier.unify(base, seen_of(new), apart=True)
    runs, nobody = new_runs(store, _histories(base, unified.gone), new, unified)
    taken = _taken_out(base, runs, unified.gone)
    upper = _upper(recent, _histories(base, taken), np.concatenate([taken, unified.gone]))
    if upper.events > room:
        return None
    empty_folder(folder)
    if not _share_whole(whole, folder / WHOLE):
        return None
    channels = build_arrays(folder, upper, runs, store.hasher)
    finish_generation(folder, channels, base.nobody + nobody, unified, sources, unifier, exclude)
    gone = unified.gone[whole.find(unified.gone) >= 0]
    with ArrayFile(folder / WITHOUT, ARRAYS["who"], 2) as file:
        file.append(_distinct(np.concatenate([without, gone, taken])))
    made = open_index(folder, UNPUBLISHED, store.layout.kinds, base.columns, store.hasher)
    if sources.records and made.layers is not None:
        traits = newest_traits(made.layers.recent, recent, sources.traits)
        write_traits(folder / "traits.arrow", traits, sources.traits)
    return made


def derive_recent_column(index: JourneyIndex, journey_map: JourneyMap, cache: Path) -> str:
    """Derive a map's column of the small layer; its folder, which is called as that of the whole one."""
    layers = index.layers
    if layers is None:
        raise ValueError("the generation is a whole one")

    def histories() -> tuple[JourneyIndex, Longs]:
        """All that the customers of the small layer did; and where in it the events of this layer stand."""
        place = layers.whole.find(layers.recent.who)
        place = place[place >= 0]
        full = overlaid(_some(layers.whole, place), layers.recent, layers.without)
        events = np.arange(layers.recent.events)
        return full, full.layers.events.moved(events, recent=True) if full.layers else events

    return derive_column(layers.recent, journey_map, cache, histories)


def changed_customers(index: JourneyIndex, before: JourneyIndex) -> Words | None:
    """Keys of the customers of whom a generation may say other things than the one before it, sorted.

    `None`: of all; at least one of the two is a whole one, or they lie over different ones.
    """
    now, then = index.layers, before.layers
    if now is None or then is None or _made_of(now.whole) != _made_of(then.whole):
        return None
    place = then.recent.find(now.recent.who)
    same = place >= 0
    for offsets, rows in (("offsets", "rows"), ("record_offsets", "record_rows")):
        own, former = (np.ascontiguousarray(layer.arrays[offsets]) for layer in (now.recent, then.recent))
        same[same] = np.diff(own)[same] == np.diff(former)[place[same]]
        some = np.flatnonzero(same)
        some = some[np.diff(own)[some] > 0]
        mine = now.recent.arrays[rows][ordering.expand_groups(some, own)]
        theirs = then.recent.arrays[rows][ordering.expand_groups(place[some], former)]
        sizes = np.diff(own)[some]
        if len(some):
            same[some] = np.logical_and.reduceat(mine == theirs, np.cumsum(sizes) - sizes)
    return now.recent.who[~same]


def _made_of(whole: JourneyIndex) -> tuple[object, ...]:
    """What tells a whole generation from others."""
    return whole.files, whole.records, whole.as_of, whole.exclude, whole.rules, whole.decisions


def customers_alone(index: JourneyIndex, keys: Words, maps: Sequence[str]) -> JourneyIndex:
    """Some customers of a generation with all that is known of them, in memory, as an index of its own.

    Args:
        index: A generation.
        keys: uint64[K, 2].
        maps: Keys of the maps whose columns are wanted; the sources of their touchpoints are those of all customers.
    """
    layers = index.layers
    if layers is None:
        return _some(index, _found(index, keys), maps, read_traits(index))
    below, above = (
        _some(layer, _found(layer, keys), maps, read_traits(layer)) for layer in (layers.whole, layers.recent)
    )
    both = overlaid(below, above, layers.without)
    names = both.identifiers().select(["kind", "value"])
    columns = {key: both.column(key) for key in maps}
    arrays = {name: both.arrays[name] for name in ARRAYS}
    return replace(both, arrays=arrays, layers=None, memory=Memory(names, columns, read_traits(both)))


def _layers(store: Store, base: JourneyIndex) -> tuple[JourneyIndex, JourneyIndex, Words]:
    """The layers of a generation; the small one of a whole one is empty."""
    if base.layers is not None:
        return base.layers.whole, base.layers.recent, base.layers.without
    return base, replace(empty_index(store), channel_names=base.channel_names, files=base.files), _NOBODY


def _some(
    index: JourneyIndex, customers: Longs, maps: Sequence[str] = (), traits: pa.Table | None = None
) -> JourneyIndex:
    """Some customers of one layer with all that stands there of them, in memory.

    Args:
        index: The layer.
        customers: Their numbers, ascending.
        maps: Whose columns are wanted.
        traits: What is known of the layer's customers, if that is wanted.
    """
    arrays = {"who": index.who[customers]}
    for offsets, names in (("offsets", BY_EVENT), ("record_offsets", ("record_rows",))):
        begins = np.ascontiguousarray(index.arrays[offsets])
        places = ordering.expand_groups(customers, begins)
        arrays[offsets] = np.append(0, np.cumsum(np.diff(begins)[customers]))
        arrays |= {name: index.arrays[name][places] for name in names}
    events = ordering.expand_groups(customers, np.ascontiguousarray(index.offsets))
    columns = {key: _some_events(index.column(key), events) for key in maps}
    known = TRAITS.empty_table() if traits is None else _some_traits(traits, customers)
    return replace(index, arrays=arrays, memory=Memory(index.named.take(pa.array(customers)), columns, known))


def _some_events(column: MapColumn, events: Longs) -> MapColumn:
    def some(numbers: Sparse) -> Sparse:
        place = np.searchsorted(numbers.positions, events)
        there = np.append(numbers.positions, -1)[place] == events
        return Sparse(np.flatnonzero(there), numbers.numbers[place[there]])

    return replace(
        column, touchpoints=column.touchpoints[events], values=some(column.values), scores=some(column.scores)
    )


def _some_traits(traits: pa.Table, customers: Longs) -> pa.Table:
    whose = traits.column("customer").to_numpy()
    place = np.searchsorted(customers, whose)
    there = np.append(customers, -1)[place] == whose
    field = traits.schema.field("customer")
    return traits.filter(pa.array(there)).set_column(0, field, pa.array(place[there].astype(np.uint32)))


def _histories(base: JourneyIndex, keys: Words) -> JourneyIndex:
    """Customers of a generation with all that they did, in memory."""
    if base.layers is None:
        return _some(base, _found(base, keys))
    below, above = (_some(layer, _found(layer, keys)) for layer in (base.layers.whole, base.layers.recent))
    return overlaid(below, above, base.layers.without)


def _found(index: JourneyIndex, keys: Words) -> Longs:
    """The numbers of those of these customers who are there, ascending."""
    numbers = np.unique(index.find(keys))
    return numbers[numbers >= 0]


def _upper(recent: JourneyIndex, taken: JourneyIndex, without: Words) -> JourneyIndex:
    """The former small layer with customers who were taken out of the whole one, and without some."""
    stays = np.ones(recent.customers, np.bool_)
    stays[_found(recent, without)] = False
    return overlaid(_some(recent, np.flatnonzero(stays)), taken, _NOBODY)


def _taken_out(base: JourneyIndex, runs: Runs, gone: Words) -> Words:
    """Customers who stand in the whole layer, and of whom something came that does not follow all that stands there."""
    whole, without = (base, _NOBODY) if base.layers is None else (base.layers.whole, base.layers.without)
    firsts = [(run.who[:], run.times[:][run.starts[:][:-1]]) for run in (file.run for file in runs.events)]
    firsts += [(run.who[:], np.full(len(run.who), _NEVER)) for run in (file.run for file in runs.records)]
    who = np.concatenate([_NOBODY, *(one for one, _ in firsts)])
    order = ordering.order_by_hash(who)
    ordered = ordering.take_rows(who, order)
    starts = ordering.group_starts(ordered)[:-1]
    keys = ordered[starts]
    if not len(keys):
        return _NOBODY
    first = np.minimum.reduceat(np.concatenate([times for _, times in firsts])[order], starts)
    place = whole.find(keys)
    there = (place >= 0) & (ordering.find_hashes(keys, without) == 0) & (ordering.find_hashes(keys, gone) == 0)
    taken: Words = keys[there & (first <= last_times(whole, place))]
    return taken


def last_times(index: JourneyIndex, customers: Longs) -> Longs:
    """When the last event of each customer happened, microseconds since 1970; long ago where there is none.

    Args:
        index: A generation; of two layers, neither is read whole.
        customers: Their numbers; -1: nobody.
    """
    layers = index.layers
    if layers is not None:
        below, above = (np.append(numbers, -1)[customers] for numbers in (layers.in_whole, layers.in_recent))
        return np.maximum(last_times(layers.whole, below), last_times(layers.recent, above))
    times = np.full(len(customers), _NEVER)
    some = np.flatnonzero(customers >= 0)
    ends, begins = index.offsets[customers[some] + 1], index.offsets[customers[some]]
    some, last = some[ends > begins], ends[ends > begins] - 1
    times[some] = (index.seconds[last].astype(np.int64) + index.epoch) * 1_000_000 + index.micros[last]
    return times


def _share_whole(whole: JourneyIndex, folder: Path) -> bool:
    """Give the whole layer a second name within the new generation; whether the file system can."""
    for path in sorted(whole.folder.rglob("*")):
        part = path.relative_to(whole.folder)
        if path.is_dir() or part.parts[0] in _BESIDE:
            continue
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        try:
            (folder / part).hardlink_to(path)
        except OSError:
            return False
    return True


def _distinct(keys: Words) -> Words:
    ordered = ordering.take_rows(keys, ordering.order_by_hash(keys))
    found: Words = ordered[ordering.group_starts(ordered)[:-1]]
    return found
