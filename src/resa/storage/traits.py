"""What is known of customers: of each trait the newest record that names it, or that of whose word counts first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.base.files import flush_file, write_text_durably
from resa.engine import Engine
from resa.kernels import ordering
from resa.model.tables import CUSTOMER_RECORDS
from resa.storage.gather import gather_rows
from resa.storage.index import JourneyIndex
from resa.storage.runs import ids_of

__all__ = [
    "TRAITS",
    "TRAIT_SOURCES_FILE",
    "TraitSources",
    "kept_trait_sources",
    "newest_traits",
    "read_traits",
    "told_traits",
    "write_traits",
]

TRAITS = pa.schema([pa.field("customer", pa.uint32(), nullable=False), pa.field("traits", pa.string(), nullable=False)])
"""One row a customer of whom records exist, in the order of customers; traits is a JSON object."""

TOLD = pa.schema(
    [
        pa.field("trait", pa.string()),
        pa.field("value", pa.string()),
        pa.field("source_id", pa.string()),
        pa.field("recorded_at", CUSTOMER_RECORDS.field("recorded_at").type),
    ]
)
"""What one source said of one trait at one time; value is JSON."""

TraitSources = Mapping[str, tuple[str, ...]]
"""Of some traits, whose word counts: the first of these sources that has said it, however long ago; else the newest."""

_NONE: TraitSources = MappingProxyType({})

TRAIT_SOURCES_FILE = "trait_sources.json"
"""By which of these a generation's traits were found, beside them."""

_READ = ("source_id", "message_id", "recorded_at", "sequence", "traits")

_TOLD = """
SELECT fact.key AS trait, CAST(fact.value AS VARCHAR) AS value, source_id, recorded_at
FROM record, json_each(traits) AS fact LEFT JOIN first ON first.trait = fact.key AND first.source = source_id
ORDER BY fact.key, place NULLS LAST, recorded_at DESC, sequence DESC, record.id DESC
"""

# A customer with one record is the common case, and needs no taking apart.
_NEWEST = """
WITH told AS (
    SELECT customer, source_id, recorded_at, sequence, id, traits, count(*) OVER (PARTITION BY customer) AS records
    FROM record
), newest AS (
    SELECT customer, fact.key AS trait, CAST(fact.value AS VARCHAR) AS value
    FROM told, json_each(traits) AS fact LEFT JOIN first ON first.trait = fact.key AND first.source = source_id
    WHERE records > 1
    QUALIFY 1 = row_number() OVER (
        PARTITION BY customer, fact.key ORDER BY place NULLS LAST, recorded_at DESC, sequence DESC, told.id DESC
    )
)
SELECT customer, traits FROM told WHERE records = 1
UNION ALL
SELECT customer, '{' || string_agg(CAST(to_json(trait) AS VARCHAR) || ': ' || value, ', ' ORDER BY trait) || '}'
FROM newest GROUP BY customer
ORDER BY customer
"""


def newest_traits(index: JourneyIndex, base: JourneyIndex, sources: TraitSources = _NONE) -> pa.Table:
    """The traits (`TRAITS`) that its records give to the customers of an index.

    Args:
        index: In the making.
        base: A former generation, whose files are the first ones of the index: of customers whose records are the same
            nothing is read again.
        sources: Whose word counts.
    """
    customers = np.flatnonzero(np.diff(index.record_offsets))
    same, before = _same_records(index, base, customers)
    same &= kept_trait_sources(base) == sources
    known = read_traits(base)
    told = known.column("customer").to_numpy()
    places = np.searchsorted(told, before[same])
    there = places < len(told)
    there[there] = told[places[there]] == before[same][there]
    kept = known.take(pa.array(places[there])).set_column(
        0, TRAITS.field("customer"), pa.array(customers[same][there].astype(np.uint32))
    )
    found = pa.concat_tables([kept.cast(TRAITS), _newest(index, customers[~same], sources)])
    return found.take(pa.array(np.argsort(found.column("customer").to_numpy(), kind="stable"))).combine_chunks()


def _same_records(
    index: JourneyIndex, base: JourneyIndex, customers: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Which customers have the very records that they had, and their numbers in the base."""
    before = base.find(index.who[customers])
    counts, former = np.diff(index.record_offsets), np.diff(base.record_offsets)
    same = before >= 0
    same[same] = counts[customers[same]] == former[before[same]]
    now = index.record_rows[ordering.expand_groups(customers[same], np.ascontiguousarray(index.record_offsets))]
    then = base.record_rows[ordering.expand_groups(before[same], np.ascontiguousarray(base.record_offsets))]
    sizes = counts[customers[same]]
    if len(sizes):
        same[same] = np.logical_and.reduceat(now == then, np.cumsum(sizes) - sizes)
    return same, before


def _newest(index: JourneyIndex, customers: npt.NDArray[np.int64], sources: TraitSources) -> pa.Table:
    if not len(customers):
        return TRAITS.empty_table()
    with Engine() as engine:
        engine.register("record", _records_of(index, customers))
        engine.register("first", _places(sources))
        return engine.query(_NEWEST).cast(TRAITS)


def _records_of(index: JourneyIndex, customers: npt.NDArray[np.int64]) -> pa.Table:
    """The records of customers with the number of each one's customer, and the hash that orders those of one moment."""
    offsets = np.ascontiguousarray(index.record_offsets)
    table = gather_rows(
        index.records, index.record_rows[ordering.expand_groups(customers, offsets)], _READ, "customers"
    )
    whose = np.repeat(customers, np.diff(offsets)[customers]).astype(np.uint32)
    table = table.append_column("customer", pa.array(whose))
    return table.append_column("id", pa.array(np.ascontiguousarray(ids_of(index.hasher, table)[:, 0])))


def told_traits(index: JourneyIndex, customer: int) -> pa.Table:
    """What records say of one customer (`TOLD`), the newest first; of each trait the first row counts.

    Where it is said whose word counts, theirs comes first.
    """
    with Engine() as engine:
        engine.register("first", _places(kept_trait_sources(index)))
        engine.register("record", _records_of(index, np.array([customer])))
        return engine.query(_TOLD).cast(TOLD)


def _places(sources: TraitSources) -> pa.Table:
    """The place of each source among those whose word counts, by trait."""
    rows = [
        {"trait": trait, "source": source, "place": place}
        for trait, names in sources.items()
        for place, source in enumerate(names)
    ]
    schema = pa.schema([("trait", pa.string()), ("source", pa.string()), ("place", pa.int32())])
    return pa.Table.from_pylist(rows, schema=schema)


def kept_trait_sources(index: JourneyIndex) -> TraitSources:
    """By whose words the traits of a generation were found."""
    try:
        said = json.loads((index.folder / TRAIT_SOURCES_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {trait: tuple(names) for trait, names in said.items()}


def write_traits(path: Path, traits: pa.Table, sources: TraitSources) -> None:
    """Write the traits of a generation, and by whose words they were found."""
    if sources:
        write_text_durably(path.with_name(TRAIT_SOURCES_FILE), json.dumps({**sources}, ensure_ascii=False))
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, TRAITS) as writer:
        writer.write_table(traits, max_chunksize=65_536)
    flush_file(path)


def read_traits(index: JourneyIndex) -> pa.Table:
    """The traits (`TRAITS`) of a generation, memory-mapped.

    Raises:
        WorkspaceDamaged: Newer generations have replaced this one.
    """
    if index.layers is not None:
        return index.layers.traits(read_traits(index.layers.whole), read_traits(index.layers.recent))
    if index.memory is not None:
        return index.memory.traits
    if not index.records:
        return TRAITS.empty_table()
    with index.part("traits.arrow") as source:
        return pa.ipc.open_file(source).read_all()
