"""From rows that name identifiers to evidence: what was seen, and what was seen together."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from resa.identity.identifiers import NoIdentifier
from resa.identity.reading import Named, read_identifiers
from resa.identity.rules import Rules
from resa.model.tables import EVIDENCE

__all__ = ["Gathered", "gather", "named_in"]

_DIGEST = [("first_at", "min"), ("last_at", "max"), ("count", "sum")]


class Gathered(NamedTuple):
    """What rows say of identifiers.

    Attributes:
        evidence: In the schema `EVIDENCE`.
        set_aside: How many rows hold a value of a kind that names nobody, and why; without the values.
    """

    evidence: pa.Table
    set_aside: dict[tuple[str, NoIdentifier], int]


def gather(seen: pa.Table, rules: Rules, *, batch: int) -> Gathered:
    """Read the identifiers of rows, and note which stand together.

    Args:
        seen: In the schema `SEEN`.
        rules: Of the workspace.
        batch: The number of what is gathered here; evidence of one batch counts once, however often it is given.
    """
    row, named, pick = named_in(seen.column("identifiers"), rules)
    counts = seen.column("count").to_numpy()
    set_aside = Counter[tuple[str, NoIdentifier]]()
    for place, why in named.nobody.items():
        set_aside[why] += int(counts[row[pick == place]].sum())
    nodes = named.number[pick]
    each = np.unique(np.column_stack([row, nodes])[nodes >= 0], axis=0)  # twice in one row is once
    places, first, second = _together(each)
    parts = [_digest(seen, each[:, 0], each[:, 1], None), _digest(seen, places, first, second)]
    return Gathered(pa.concat_tables([_table(part, named, batch) for part in parts]), dict(set_aside))


def named_in(
    identifiers: pa.Array | pa.ChunkedArray, rules: Rules
) -> tuple[npt.NDArray[np.int64], Named, npt.NDArray[np.int64]]:
    """The identifiers in lists of them: in which list each stands, each text read once, and which text each is."""
    lists = identifiers.combine_chunks() if isinstance(identifiers, pa.ChunkedArray) else identifiers
    flat = pc.list_flatten(lists)
    row = np.asarray(pc.list_parent_indices(lists), np.int64)
    kinds, values = pc.struct_field(flat, "kind"), pc.struct_field(flat, "value")
    encoded = pc.binary_join_element_wise(kinds, values, "\0").dictionary_encode()
    pick = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy(zero_copy_only=False).astype(np.int64)
    first = np.zeros(len(encoded.dictionary), np.int64)
    there = np.flatnonzero(pick < len(first))[::-1]
    first[pick[there]] = there
    named = read_identifiers(kinds.take(pa.array(first)), values.take(pa.array(first)), rules)
    named = named._replace(number=np.append(named.number, -1))  # of what has no kind or no value
    return row, named, pick


def _together(
    named: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Each two identifiers of each row: the row, the one, and the other."""
    found = [(named[:0, 0], named[:0, 1], named[:0, 1])]
    apart = 1
    while apart < len(named):
        same = named[apart:, 0] == named[:-apart, 0]
        if not same.any():
            break
        found.append((named[apart:, 0][same], named[:-apart, 1][same], named[apart:, 1][same]))
        apart += 1
    rows, first, second = zip(*found, strict=True)
    return np.concatenate(rows), np.concatenate(first), np.concatenate(second)


def _digest(
    seen: pa.Table,
    rows: npt.NDArray[np.int64],
    one: npt.NDArray[np.int64],
    other: npt.NDArray[np.int64] | None,
) -> pa.Table:
    """First and last moment and count by identifiers, source, and whether the rows say that they are the same."""
    told = seen.select(["alias", "source_id", "first_at", "last_at", "count"]).take(pa.array(rows))
    columns: dict[str, Any] = {"one": one, "other": np.full(len(one), -1) if other is None else other}
    for name, column in columns.items():
        told = told.append_column(name, pa.array(column))
    if other is None:
        told = told.set_column(0, "alias", pa.array(np.zeros(len(told), np.bool_)))
    return told.group_by(["one", "other", "alias", "source_id"]).aggregate(_DIGEST)


def _table(digest: pa.Table, named: Named, batch: int) -> pa.Table:
    digest = digest.combine_chunks()
    one = digest.column("one").combine_chunks()
    other = pc.if_else(pc.less(digest.column("other"), 0), None, digest.column("other")).combine_chunks()
    reason = pc.if_else(digest.column("alias"), "alias", "seen")
    columns = [
        named.kinds.take(one),
        named.values.take(one),
        named.kinds.take(other),
        named.values.take(other),
        reason,
        digest.column("source_id").cast(pa.string()),
        pa.array(np.full(len(digest), batch, np.int64)),
        digest.column("first_at_min"),
        digest.column("last_at_max"),
        digest.column("count_sum"),
    ]
    return pa.table(columns, schema=EVIDENCE)
