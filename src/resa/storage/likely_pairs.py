"""Pairs of customers who may be one person, kept until a person decides, or until customers are compared again.

What is known of them is not copied here: a customer is named by the 16 bytes of the keyed hash that names her in the
index, and what was compared by the name of the field and what it was worth.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select

from resa.storage.database import from_micros, to_micros
from resa.storage.schema import likely_pairs

if TYPE_CHECKING:
    from resa.storage.audit import Also
    from resa.storage.store import Store

__all__ = ["LikelyPair", "kept_pairs", "replacing_pairs"]


@dataclass(frozen=True, kw_only=True)
class LikelyPair:
    """Two customers who may be one.

    Attributes:
        one: The 16 bytes that name one.
        other: The 16 bytes that name the other.
        probability: That they are one, 0 to 1.
        compared: Each field with its level of agreement and its weight of evidence, in bits.
        known: A keyed hash of what was known of both, which tells whether it is the same by now.
        found_at: When they were compared, UTC.
    """

    one: bytes
    other: bytes
    probability: float
    compared: tuple[tuple[str, str, float], ...]
    known: bytes
    found_at: datetime


def kept_pairs(store: Store) -> list[LikelyPair]:
    """The pairs that were last kept, the surest first."""
    query = select(likely_pairs).order_by(likely_pairs.c.probability.desc(), likely_pairs.c.one, likely_pairs.c.other)
    with store.database.reading() as connection:
        return [
            LikelyPair(
                one=row.one,
                other=row.other,
                probability=row.probability,
                compared=tuple((field, level, weight) for field, level, weight in json.loads(row.compared)),
                known=row.known,
                found_at=from_micros(row.found_at),
            )
            for row in connection.execute(query)
        ]


def replacing_pairs(pairs: Sequence[LikelyPair]) -> Also:
    """What keeps these pairs in the place of all that are kept, in the transaction of what else is decided."""
    rows = [
        {**vars(pair), "compared": json.dumps(pair.compared), "found_at": to_micros(pair.found_at)} for pair in pairs
    ]

    def write(connection: Connection) -> None:
        connection.execute(delete(likely_pairs))
        if rows:
            connection.execute(insert(likely_pairs), rows)

    return write
