"""Notes on days: what happened, as somebody wrote it down. Each change is one short transaction."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from resa.model.people import Person
from resa.model.writing import Author, DayNote
from resa.storage.comments import authors_of, has_room
from resa.storage.database import from_micros, to_micros
from resa.storage.schema_of_writing import day_notes

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["add_day_note", "change_day_note", "list_day_notes", "remove_day_note"]


def list_day_notes(store: Store) -> tuple[DayNote, ...]:
    """All notes by their first day, those of one day in the order in which they were written."""
    query = select(day_notes).order_by(day_notes.c.first, day_notes.c.last, day_notes.c.id)
    with store.database.reading() as connection:
        rows = list(connection.execute(query))
        known = authors_of(connection) if rows else {}
    return tuple(_note(row, known) for row in rows)


def add_day_note(
    store: Store, person: Person, text: str, *, map_key: str, first: date, last: date, most: int
) -> int | None:
    """Write a note; its number, or `None`: the person has written the most already."""
    row = {**_said(text, map_key, first, last), "person": person.id, "at": to_micros(store.clock())}
    with store.database.changing() as connection:
        if not has_room(connection, day_notes, person, most):
            return None
        number: int = connection.execute(insert(day_notes).values(**row).returning(day_notes.c.id)).scalar_one()
    return number


def change_day_note(
    store: Store, person: Person, number: int, text: str, *, map_key: str, first: date, last: date
) -> bool:
    """Write a note anew; whether there was one of this number."""
    row = {**_said(text, map_key, first, last), "changed_at": to_micros(store.clock()), "changed_by": person.id}
    with store.database.changing() as connection:
        return bool(connection.execute(update(day_notes).where(day_notes.c.id == number).values(**row)).rowcount)


def remove_day_note(store: Store, number: int) -> None:
    """Take a note away; one that is gone already stays so."""
    with store.database.changing() as connection:
        connection.execute(delete(day_notes).where(day_notes.c.id == number))


def _said(text: str, map_key: str, first: date, last: date) -> dict[str, Any]:
    return {"text": text, "map_key": map_key, "first": first.isoformat(), "last": last.isoformat()}


def _note(row: Any, known: dict[int, Author]) -> DayNote:
    return DayNote(
        id=row.id,
        map_key=row.map_key,
        first=date.fromisoformat(row.first),
        last=date.fromisoformat(row.last),
        text=row.text,
        by=known[row.person],
        at=from_micros(row.at),
        changed_at=None if row.changed_at is None else from_micros(row.changed_at),
        changed_by=None if row.changed_by is None else known[row.changed_by],
    )
