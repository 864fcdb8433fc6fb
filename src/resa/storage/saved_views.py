"""Views that people saved, for themselves or for everyone. Each change is one short transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from resa.model.people import Person
from resa.model.writing import Author, SavedView
from resa.storage.comments import authors_of, has_room
from resa.storage.database import from_micros, to_micros
from resa.storage.schema_of_writing import saved_views

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["add_view", "change_view", "list_views", "remove_view"]


def list_views(store: Store, person: Person | None) -> list[SavedView]:
    """A person's own views, if one is named, and those of everyone, by name."""
    everyone = saved_views.c.shared == 1
    seen = everyone if person is None else everyone | (saved_views.c.person == person.id)
    with store.database.reading() as connection:
        rows = list(connection.execute(select(saved_views).where(seen)))
        known = authors_of(connection) if rows else {}
    return sorted((_view(row, known) for row in rows), key=lambda one: (one.name.casefold(), one.id))


def add_view(store: Store, person: Person, name: str, address: str, *, shared: bool, most: int) -> int | None:
    """Save a view; its number, or `None`: the person has saved the most already."""
    row = {"person": person.id, "name": name, "address": address, "shared": int(shared), "at": to_micros(store.clock())}
    with store.database.changing() as connection:
        if not has_room(connection, saved_views, person, most):
            return None
        number: int = connection.execute(insert(saved_views).values(**row).returning(saved_views.c.id)).scalar_one()
    return number


def change_view(store: Store, number: int, name: str, *, shared: bool) -> None:
    """Call a view otherwise, or show it to everyone, or no more."""
    with store.database.changing() as connection:
        values = {"name": name, "shared": int(shared)}
        connection.execute(update(saved_views).where(saved_views.c.id == number).values(**values))


def remove_view(store: Store, number: int) -> None:
    """Take a view away; one that is gone already stays so."""
    with store.database.changing() as connection:
        connection.execute(delete(saved_views).where(saved_views.c.id == number))


def _view(row: Any, known: dict[int, Author]) -> SavedView:
    return SavedView(
        id=row.id,
        by=known[row.person],
        name=row.name,
        address=row.address,
        shared=bool(row.shared),
        at=from_micros(row.at),
    )
