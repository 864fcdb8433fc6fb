"""Reviews of maps: when, by whom, what was found, and the map as it was then."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from resa.model.telling import Review
from resa.storage.database import from_micros, to_micros
from resa.storage.schema_of_telling import reviews

if TYPE_CHECKING:
    from resa.storage.audit import Also
    from resa.storage.store import Store

__all__ = ["keep_review", "reviews_of"]


def keep_review(store: Store, map_key: str, day: date, *, who: str, notes: str, version: str, also: Also) -> int:
    """Keep a review; its number.

    Args:
        store: The workspace's data.
        map_key: Of the map.
        day: On which it was, in the map's zone.
        who: The address of who keeps it.
        notes: What was found.
        version: The map's file as it was reviewed.
        also: What is written in the same transaction.
    """
    at = to_micros(store.clock())
    values = {"map": map_key, "day": day.isoformat(), "at": at, "who": who, "notes": notes, "version": version}
    with store.database.changing() as connection:
        number: int = connection.execute(insert(reviews).values(**values).returning(reviews.c.id)).scalar_one()
        also(connection)
        return number


def reviews_of(store: Store, map_key: str) -> list[Review]:
    """The reviews of a map, newest first."""
    query = select(reviews).where(reviews.c.map == map_key).order_by(reviews.c.id.desc())
    with store.database.reading() as connection:
        return [
            Review(
                id=row.id,
                map=row.map,
                day=date.fromisoformat(row.day),
                at=from_micros(row.at),
                who=row.who,
                notes=row.notes,
                version=row.version,
            )
            for row in connection.execute(query)
        ]
