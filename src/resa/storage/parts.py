"""Who is who in two layers: identifiers that hang together are a part, which stands in one layer as a whole.

An identifier that joins nobody, such as a shared mailbox, is a part of its own, and yet seen with others. A layer that
tells of one end of such a pair has a row for the other one, too, which says nothing but what that is called: it stands
*beside*. Its `name` and `part` are -1.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.kernels import ordering
from resa.storage.hashing import Words

__all__ = ["keys_of", "some_parts", "with_parts"]

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int32]
Told = tuple[pa.Table, pa.Table]
"""`PERSONS` and `PAIRS`."""

_REFERENCES: Final = ("name", "part")  # rows of PERSONS
_ENDS: Final = ("one", "other")
_ORDER: Final = [(name, "ascending") for name in (*_ENDS, "alias", "source_id")]


def keys_of(persons: pa.Table) -> Words:
    """The hash of each identifier, by which they stand; uint64[K, 2]."""
    high, low = (persons.column(name).to_numpy() for name in ("high", "low"))
    keys: Words = np.ascontiguousarray(np.column_stack([high, low]))
    return keys


def some_parts(persons: pa.Table, pairs: pa.Table, chosen: Flags) -> Told:
    """Some parts with all that they were seen with; what that is besides is left out.

    Args:
        persons: As `PERSONS`.
        pairs: As `PAIRS`.
        chosen: Which identifiers: of a part all or none.
    """
    one, other = (pairs.column(name).to_numpy() for name in _ENDS)
    mine = np.flatnonzero(chosen[one] | chosen[other])
    kept = chosen.copy()
    kept[one[mine]] = kept[other[mine]] = True
    row = np.append(np.cumsum(kept) - 1, -1).astype(np.int32)
    told = _referring(persons, _REFERENCES, np.where(np.append(chosen, False), row, np.int32(-1)))
    return told.filter(pa.array(kept)), _referring(pairs.take(pa.array(mine)), _ENDS, row)


def with_parts(whole_persons: pa.Table, whole_pairs: pa.Table, persons: pa.Table, pairs: pa.Table) -> Told:
    """All parts of the whole one, but for those that are told of again, which are as they are told."""
    if not persons.num_rows:
        return whole_persons, whole_pairs
    below, above = keys_of(whole_persons), keys_of(persons)
    told = persons.column("part").to_numpy() >= 0
    part = whole_persons.column("part").to_numpy()
    again = ordering.find_hashes(below, above[told]) > 0
    stale = again | (np.isin(part, part[again]) & (part >= 0))
    kept, kept_above = ~stale, told | ~_among(above, below[~stale])
    both = np.concatenate([below[kept], above[kept_above]])
    order = ordering.order_by_hash(both)
    keys = ordering.take_rows(both, order)
    tables = [(whole_persons.filter(pa.array(kept)), below), (persons.filter(pa.array(kept_above)), above)]
    rows = [np.append(_rows_of(mine, keys), np.int32(-1)) for _, mine in tables]
    known = pa.concat_tables(
        [_referring(table, _REFERENCES, row) for (table, _), row in zip(tables, rows, strict=True)]
    )
    one, other = (whole_pairs.column(name).to_numpy() for name in _ENDS)
    old = whole_pairs.filter(pa.array(~(stale[one] | stale[other])))
    evidence = pa.concat_tables([_referring(old, _ENDS, rows[0]), _referring(pairs, _ENDS, rows[1])])
    return known.take(pa.array(order)).combine_chunks(), evidence.sort_by(_ORDER).combine_chunks()


def _among(keys: Words, others: Words) -> Flags:
    """Which of the sorted keys are among the others, which are sorted, too."""
    found: Flags = ordering.find_hashes(keys, others) > 0
    return found


def _rows_of(keys: Words, all_keys: Words) -> Ints:
    """The row of each sorted key among all; -1: it is not there."""
    rows = np.full(len(keys), -1, np.int32)
    rows[_among(keys, all_keys)] = np.flatnonzero(_among(all_keys, keys))
    return rows


def _referring(table: pa.Table, columns: tuple[str, ...], row: Ints) -> pa.Table:
    """References to rows, which have other numbers by now; the last of `row` is that of none."""
    for name in columns:
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(name), pa.array(row[table.column(name).to_numpy()]))
    return table
