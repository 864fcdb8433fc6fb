"""From rows that name identifiers to evidence: what was seen, and what was seen together."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from resa.identity.identifiers import Identifier, NoIdentifier
from resa.identity.kinds import canonical
from resa.identity.rules import Rules
from resa.model.tables import EVIDENCE

__all__ = ["Gathered", "gather"]

_SEPARATOR = "\0"  # between kind and value; a kind holds none
_DIGEST = [("at", "min"), ("at", "max"), ("at", "count")]


class Gathered(NamedTuple):
    """What rows say of identifiers.

    Attributes:
        evidence: In the schema `EVIDENCE`.
        set_aside: How often a value of a kind named nobody, and why; without the values.
    """

    evidence: pa.Table
    set_aside: dict[tuple[str, NoIdentifier], int]


def gather(
    rows: pa.Table, rules: Rules, *, batch: int, moment: str = "occurred_at", reason: Literal["seen", "alias"] = "seen"
) -> Gathered:
    """Read the identifiers of rows, and note which stand together.

    Args:
        rows: With `source_id`, `identifiers`, and a column of moments.
        rules: Of the workspace.
        batch: The number of what is gathered here; evidence of one batch counts once, however often it is given.
        moment: The column that says when.
        reason: `alias`, if the rows are statements that their identifiers are the same.
    """
    lists = rows.column("identifiers").combine_chunks()
    flat, row = pc.list_flatten(lists), np.asarray(pc.list_parent_indices(lists), np.int64)
    keys = pc.binary_join_element_wise(pc.struct_field(flat, "kind"), pc.struct_field(flat, "value"), _SEPARATOR)
    encoded = (keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys).dictionary_encode()
    codes = np.asarray(encoded.indices.fill_null(-1), np.int64)
    identifiers, number, nobody = _read(encoded.dictionary.to_pylist(), rules)
    nodes = np.where(codes >= 0, np.append(number, -1)[codes], -1)
    set_aside = Counter[tuple[str, NoIdentifier]]()
    for code, times in enumerate(np.bincount(codes[(codes >= 0) & (nodes < 0)], minlength=len(number)).tolist()):
        if times:
            set_aside[nobody[code]] += times
    named = np.unique(np.column_stack([row, nodes])[nodes >= 0], axis=0)  # twice in one row is once
    sources = rows.column("source_id").combine_chunks().dictionary_encode()
    when = np.asarray(rows.column(moment).combine_chunks().cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()))
    places, first, second = _together(named)
    parts = [
        _digest(named[:, 0], named[:, 1], None, sources, when),
        _digest(places, first, second, sources, when),
    ]
    tables = [_table(part, identifiers, sources.dictionary, batch, reason) for part in parts]
    return Gathered(pa.concat_tables(tables), dict(set_aside))


def _read(
    keys: list[str], rules: Rules
) -> tuple[list[Identifier], npt.NDArray[np.int64], dict[int, tuple[str, NoIdentifier]]]:
    """The identifiers that some texts stand for, which of them each is (-1: none), and why those name nobody."""
    numbers: dict[Identifier, int] = {}
    number = np.full(len(keys), -1, np.int64)
    nobody: dict[int, tuple[str, NoIdentifier]] = {}
    for code, key in enumerate(keys):
        written, _, value = key.partition(_SEPARATOR)
        kind = canonical(written)
        found = rules.normalised(kind, value)
        if isinstance(found, NoIdentifier):
            nobody[code] = kind, found
        else:
            number[code] = numbers.setdefault(Identifier(kind, found), len(numbers))
    return list(numbers), number, nobody


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
    rows: npt.NDArray[np.int64],
    one: npt.NDArray[np.int64],
    other: npt.NDArray[np.int64] | None,
    sources: pa.DictionaryArray,
    when: npt.NDArray[np.int64],
) -> pa.Table:
    """First and last moment and count by identifiers and source."""
    columns: dict[str, Any] = {
        "one": one,
        "other": np.full(len(one), -1) if other is None else other,
        "source": np.asarray(sources.indices, np.int64)[rows],
        "at": when[rows],
    }
    return pa.table(columns).group_by(["one", "other", "source"]).aggregate(_DIGEST)


def _table(digest: pa.Table, identifiers: list[Identifier], sources: pa.Array, batch: int, reason: str) -> pa.Table:
    kinds = pa.array([identifier.kind for identifier in identifiers], pa.string())
    values = pa.array([identifier.value for identifier in identifiers], pa.string())
    one = digest.column("one")
    other = pc.if_else(pc.less(digest.column("other"), 0), None, digest.column("other"))
    alone = pc.is_null(other)
    columns = [
        kinds.take(one.combine_chunks()),
        values.take(one.combine_chunks()),
        kinds.take(other.combine_chunks()),
        values.take(other.combine_chunks()),
        pc.if_else(alone, "seen", reason),
        sources.cast(pa.string()).take(digest.column("source").combine_chunks()),
        pa.array(np.full(len(digest), batch, np.int64)),
        digest.column("at_min").cast(EVIDENCE.field("first_at").type),
        digest.column("at_max").cast(EVIDENCE.field("last_at").type),
        digest.column("at_count"),
    ]
    return pa.table(columns, schema=EVIDENCE)
