"""Which traits and properties tell groups apart: text with a few values, such as a region."""

# ruff: noqa: S608, E501 - every part of the SQL is written here or is an escaped literal; its lines stay whole

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from resa.analytics.snapshot import Snapshot
from resa.engine import Engine

__all__ = ["FEWEST_VALUES", "MOST_VALUES", "text_attributes"]

FEWEST_VALUES: Final = 2
MOST_VALUES: Final = 30
"""An attribute with more values names things rather than groups."""

_SAMPLE: Final = 20_000
_MOST_ATTRIBUTES: Final = 8


def text_attributes(snapshot: Snapshot) -> tuple[str, ...]:
    """`traits.x` and `properties.x` that hold 2 to 30 different texts, in alphabetical order, at most 8 of each.

    Numbers are left out: they usually count what a customer did, and would explain it by itself. Properties are
    looked up in a sample of the events, evenly spaced, so an attribute that only few events have may be missed.
    """
    return snapshot.keep("text attributes", lambda: tuple(_found(snapshot)))


def _found(snapshot: Snapshot) -> list[str]:
    traits = snapshot.store.customer_traits(snapshot.index).column("traits")
    step = max(1, len(traits) // _SAMPLE)
    names = [f"traits.{key}" for key in _text_keys(traits.take(pa.array(range(0, len(traits), step), pa.int64())))]
    count = len(snapshot.index.rows)
    positions = np.arange(0, count, max(1, count // _SAMPLE), dtype=np.int64)
    rows = snapshot.index.event_rows(positions, ["properties"]).column("properties")
    return names + [f"properties.{key}" for key in _text_keys(rows)]


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
