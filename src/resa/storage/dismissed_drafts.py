"""Of which drafted maps nobody needs to be told any more what is to be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from resa.storage.database import to_micros
from resa.storage.schema_of_writing import dismissed_drafts

if TYPE_CHECKING:
    from resa.storage.audit import Also
    from resa.storage.store import Store

__all__ = ["dismiss_draft", "is_dismissed"]


def dismiss_draft(store: Store, map_key: str, also: Also) -> None:
    """Tell no more of a drafted map what is to be done.

    Args:
        store: The workspace's data.
        map_key: Of the map.
        also: What is written in the same transaction.
    """
    row = insert(dismissed_drafts).values(map=map_key, at=to_micros(store.clock()))
    with store.database.changing() as connection:
        connection.execute(row.on_conflict_do_nothing())
        also(connection)


def is_dismissed(store: Store, map_key: str) -> bool:
    """Whether it is told no more."""
    with store.database.reading() as connection:
        found = select(dismissed_drafts.c.map).where(dismissed_drafts.c.map == map_key)
        return connection.execute(found).first() is not None
