"""Keeping out who was erased: rows of before the erasure are not stored again, wherever they come from.

Of the person, keyed hashes of the identifiers are left, and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import select

from resa.storage.needles import is_distinctive
from resa.storage.schema import erased_identifiers

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["KeptOut", "decoded", "erased_with", "named_in_payload"]

_TIMES: Final = ("occurred_at", "recorded_at")


class KeptOut:
    """The identifiers of those who were erased.

    Args:
        store: The workspace's.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.database.reading() as connection:
            found = connection.execute(select(erased_identifiers)).all()
        self._until = {row.hash: row.at for row in found}
        self._kinds = sorted({row.kind for row in found})

    def __bool__(self) -> bool:
        """Whether anybody was erased."""
        return bool(self._until)

    def rows(self, table: pa.Table) -> npt.NDArray[np.bool_]:
        """Which rows name one of them and happened before the erasure."""
        out = np.zeros(table.num_rows, np.bool_)
        time = next((name for name in _TIMES if name in table.column_names), None)
        if not self or time is None or "identifiers" not in table.column_names:
            return out
        lists = table.column("identifiers").combine_chunks()
        flat = pc.list_flatten(lists)
        rows = np.asarray(pc.list_parent_indices(lists), np.int64)
        until = self.until(pc.struct_field(flat, "kind"), pc.struct_field(flat, "value"))
        times = table.column(time).cast(pa.int64()).to_numpy()
        out[rows[times[rows] <= until]] = True
        return out

    def payloads(self, rejected: pa.Table) -> npt.NDArray[np.bool_]:
        """Which rejected rows name one of them; when they happened is not known, so all of them stay out."""
        named = [
            (row, *pair)
            for row, text in enumerate(rejected.column("payload").to_pylist())
            for pair in named_in_payload(text, self._kinds)
        ]
        out = np.zeros(rejected.num_rows, np.bool_)
        if named:
            kinds, values = (pa.array([one[place] for one in named], pa.string()) for place in (1, 2))
            known = self.until(kinds, values) >= 0
            out[np.array([one[0] for one in named])[known]] = True
        return out

    def until(self, kinds: pa.Array, values: pa.Array) -> npt.NDArray[np.int64]:
        """The moment up to which each identifier is kept out; -1: it is not."""
        found = np.full(len(kinds), -1, np.int64)
        for hashes in (self._store.hashes_of(kinds, values), self._store.hasher.identifiers(kinds, values)):
            told = [self._until.get(row.tobytes(), -1) for row in hashes.astype("<u8")]
            found = np.maximum(found, np.array(told, np.int64))
        return found


def erased_with(store: Store, value: str, kind: str | None) -> Mapping[bytes, str]:
    """The hashes of all identifiers that were erased together with this one, with their kinds; empty: it never was.

    Args:
        store: The workspace's.
        value: Of the identifier, as its source writes it.
        kind: Of the identifier; `None`: any.
    """
    with store.database.reading() as connection:
        rows = connection.execute(select(erased_identifiers)).all()
    asked = [kind] if kind is not None else sorted({row.kind for row in rows})
    kinds, values = pa.array(asked, pa.string()), pa.array([value] * len(asked), pa.string())
    named = {row.tobytes() for row in store.hashes_of(kinds, values).astype("<u8")}
    moments = {row.at for row in rows if row.hash in named}
    return {row.hash: row.kind for row in rows if row.at in moments}


def decoded(payload: str) -> Iterator[str]:
    """A payload, and what it holds if it is base64 of bytes."""
    yield payload
    try:
        yield base64.b64decode(payload, validate=True).decode("utf-8", errors="replace")
    except (binascii.Error, ValueError):
        return


def named_in_payload(payload: str, kinds: list[str]) -> Iterator[tuple[str, str]]:
    """What in a rejected row may be an identifier: as its column says, or of these kinds if it is distinctive."""
    for text in decoded(payload):
        try:
            parsed = json.loads(text)
        except ValueError:
            parsed = text
        for name, leaf in _leaves(parsed, ""):
            pieces = {leaf, *leaf.replace(";", ",").replace('"', ",").split(","), *leaf.split()}
            for piece in pieces:
                if name and piece:
                    yield name, piece
                if is_distinctive(piece):
                    yield from ((kind, piece) for kind in kinds)


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, name)
    elif value is not None and not isinstance(value, bool):
        yield name, value if isinstance(value, str) else json.dumps(value)
