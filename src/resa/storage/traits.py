"""What is known of customers: of each trait the newest record that names it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resa.base.files import flush_file
from resa.engine import Engine
from resa.model.tables import CUSTOMER_RECORDS
from resa.storage.gather import open_parquet
from resa.storage.hashing import Hasher
from resa.storage.index import JourneyIndex
from resa.storage.records import EventFile
from resa.storage.runs import first_identifiers, ids_of

__all__ = ["TRAITS", "moved_traits", "newest_traits", "read_traits", "told_traits", "write_traits"]

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

_RECORD = pa.schema(
    [
        *(CUSTOMER_RECORDS.field(name) for name in ("source_id", "recorded_at", "sequence", "traits")),
        ("id", pa.uint64()),
    ]
)

_TOLD = """
SELECT fact.key AS trait, CAST(fact.value AS VARCHAR) AS value, source_id, recorded_at
FROM record, json_each(traits) AS fact
ORDER BY trait, recorded_at DESC, sequence DESC, record.id DESC
"""

# A customer with one record is the common case, and needs no taking apart.
_NEWEST = """
WITH told AS (
    SELECT customer, recorded_at, sequence, id, traits, count(*) OVER (PARTITION BY customer) AS records
    FROM record
), newest AS (
    SELECT customer, fact.key AS trait, CAST(fact.value AS VARCHAR) AS value
    FROM told, json_each(traits) AS fact
    WHERE records > 1
    QUALIFY 1 = row_number() OVER (
        PARTITION BY customer, fact.key ORDER BY recorded_at DESC, sequence DESC, told.id DESC
    )
)
SELECT customer, traits FROM told WHERE records = 1
UNION ALL
SELECT customer, '{' || string_agg(CAST(to_json(trait) AS VARCHAR) || ': ' || value, ', ' ORDER BY trait) || '}'
FROM newest GROUP BY customer
ORDER BY customer
"""


def newest_traits(index: JourneyIndex, files: Sequence[EventFile]) -> pa.Table:
    """The traits (`TRAITS`) that these customer files give to the customers of the index."""
    parts = []
    for file in files:
        with open_parquet(file.path) as parquet:
            table = parquet.read()
        customers = index.find_all(*first_identifiers(table.column("identifiers")))
        parts.append(
            pa.table(
                {
                    "customer": customers,
                    "recorded_at": table.column("recorded_at"),
                    "sequence": table.column("sequence"),
                    "id": pa.array(np.ascontiguousarray(ids_of(index.hasher, table)[:, 0])),
                    "traits": table.column("traits"),
                }
            ).drop_null()
        )
    if not parts:
        return TRAITS.empty_table()
    with Engine() as engine:
        engine.register("record", pa.concat_tables(parts))
        return engine.query(_NEWEST).cast(TRAITS)


def told_traits(hasher: Hasher, files: Sequence[EventFile], kind: str, value: str) -> pa.Table:
    """What these customer files say of one customer (`TOLD`), the newest first; of each trait the first row counts.

    Args:
        hasher: The workspace's; orders what was recorded at one moment.
        files: The customer files.
        kind: Of her identifier.
        value: Of her identifier.
    """
    parts = [_RECORD.empty_table()]
    for file in files:
        with open_parquet(file.path) as parquet:
            for group in range(parquet.metadata.num_row_groups):
                table = parquet.read_row_group(group)
                kinds, values = first_identifiers(table.column("identifiers"))
                own = table.filter(pc.and_(pc.equal(kinds, kind), pc.equal(values, value)))
                ids = pa.array(np.ascontiguousarray(ids_of(hasher, own)[:, 0]))
                parts.append(own.append_column("id", ids).select(_RECORD.names).cast(_RECORD))
    with Engine() as engine:
        engine.register("record", pa.concat_tables(parts))
        return engine.query(_TOLD).cast(TOLD)


def moved_traits(base: JourneyIndex, index: JourneyIndex) -> pa.Table | None:
    """The traits of a generation for one that is made of the same records and more events; `None`: ask the records.

    Its customers stand in the same order, others between them.
    """
    traits = read_traits(base)
    before = base.who[traits.column("customer").to_numpy()]
    places = np.minimum(np.searchsorted(index.who[:, 0], before[:, 0]), max(index.customers - 1, 0))
    if not np.array_equal(index.who[places], before):  # two customers share the first word, or one is gone
        return None
    customers = pa.chunked_array([pa.array(places.astype(np.uint32))])
    return traits.set_column(0, TRAITS.field("customer"), customers)


def write_traits(path: Path, traits: pa.Table) -> None:
    """Write the traits of a generation."""
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, TRAITS) as writer:
        writer.write_table(traits, max_chunksize=65_536)
    flush_file(path)


def read_traits(index: JourneyIndex) -> pa.Table:
    """The traits (`TRAITS`) of a generation, memory-mapped.

    Raises:
        WorkspaceDamaged: Newer generations have replaced this one.
    """
    if not index.record_files:
        return TRAITS.empty_table()
    with index.part("traits.arrow") as source:
        return pa.ipc.open_file(source).read_all()
