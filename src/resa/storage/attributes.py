"""Which traits and properties tell groups apart: text with a few values, such as a region."""

# ruff: noqa: S608, E501 - every part of the SQL is written here or is an escaped literal; its lines stay whole

from __future__ import annotations

import json
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.base.files import write_text_durably
from resa.engine import Engine
from resa.storage.index import JourneyIndex
from resa.storage.traits import read_traits

__all__ = ["keep_text_attributes", "kept_text_attributes", "text_attributes"]

FEWEST_VALUES: Final = 2
MOST_VALUES: Final = 30
"""An attribute with more values names things rather than groups."""

_SAMPLE: Final = 20_000
_MOST_ATTRIBUTES: Final = 8
_FILE: Final = "attributes.json"


class _Rows(Protocol):
    """What is needed of an index to look at its events."""

    @property
    def rows(self) -> npt.NDArray[np.uint32]:
        """Row of each event in the event files."""

    def event_rows(self, positions: npt.NDArray[np.integer], columns: list[str] | None = None) -> pa.Table:
        """The rows of the event files at these positions."""


def text_attributes(index: _Rows, traits: pa.Table) -> tuple[str, ...]:
    """`traits.x` and `properties.x` that hold 2 to 30 different texts, in alphabetical order, at most 8 of each.

    Numbers are left out: they usually count what a customer did, and would explain it by itself. Both are looked up in
    a sample, evenly spaced, so an attribute that only few events have may be missed.

    Args:
        index: The events.
        traits: What is known of customers, as `Store.customer_traits` gives it.
    """
    known = traits.column("traits")
    some = pa.array(range(0, len(known), max(1, len(known) // _SAMPLE)), pa.int64())
    names = [f"traits.{key}" for key in _text_keys(known.take(some))]
    count = len(index.rows)
    positions = np.arange(0, count, max(1, count // _SAMPLE), dtype=np.int64)
    rows = index.event_rows(positions, ["properties"]).column("properties")
    return (*names, *(f"properties.{key}" for key in _text_keys(rows)))


def _text_keys(objects: pa.ChunkedArray) -> list[str]:
    """Keys of JSON objects whose values are texts, few and often."""
    with Engine() as engine:
        engine.register("objects", pa.table({"object": objects.cast(pa.string())}))
        found = engine.query(
            "SELECT key FROM (\n"
            "  SELECT j.key, j.type, j.atom FROM objects, json_each(object) j WHERE object IS NOT NULL)\n"
            "GROUP BY key HAVING bool_and(type = 'VARCHAR' OR type = 'NULL')\n"
            f"  AND count(DISTINCT atom) BETWEEN {FEWEST_VALUES} AND {MOST_VALUES} AND count(*) >= 10 * count(DISTINCT atom)\n"
            f"  AND regexp_full_match(key, '[a-z_][a-z0-9_]*') ORDER BY key LIMIT {_MOST_ATTRIBUTES}"
        )
    keys: list[str] = found.column("key").to_pylist()
    return keys


def keep_text_attributes(index: JourneyIndex) -> tuple[str, ...]:
    """The same for a generation, kept beside it: only the writer may."""
    kept = kept_text_attributes(index)
    if kept is None:
        kept = text_attributes(index, read_traits(index))
        write_text_durably(index.folder / _FILE, json.dumps(kept))
    return kept


def kept_text_attributes(index: JourneyIndex) -> tuple[str, ...] | None:
    """What was kept; `None`: nothing was."""
    try:
        return tuple(json.loads((index.folder / _FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
