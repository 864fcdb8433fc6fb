"""Comments on touchpoints, stages and maps. Each change is one short transaction, beside a running server too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from resa.model.people import Person
from resa.model.writing import Author, Comment, PlaceKind
from resa.storage.database import from_micros, to_micros
from resa.storage.schema import people
from resa.storage.schema_of_writing import comments

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = [
    "add_comment",
    "answer_comment",
    "authors_of",
    "comment_of",
    "has_room",
    "list_comments",
    "remove_comment",
    "resolve_comment",
]


def list_comments(store: Store, map_key: str | None = None) -> list[Comment]:
    """All comments in the order in which they were written; of one map, if it is named."""
    query = select(comments).order_by(comments.c.id)
    query = query if map_key is None else query.where(comments.c.map_key == map_key)
    with store.database.reading() as connection:
        known = authors_of(connection)
        return [_comment(row, known) for row in connection.execute(query)]


def comment_of(store: Store, number: int) -> Comment | None:
    """One comment; `None`: there is none of this number."""
    with store.database.reading() as connection:
        row = connection.execute(select(comments).where(comments.c.id == number)).first()
        return None if row is None else _comment(row, authors_of(connection))


def add_comment(
    store: Store, person: Person, text: str, *, map_key: str, kind: PlaceKind, place: str, called: str, most: int
) -> int | None:
    """Write a comment; its number, or `None`: the person has written the most comments already."""
    values = {"map_key": map_key, "kind": kind, "place": place, "called": called, "answers": None}
    with store.database.changing() as connection:
        return _added(connection, store, person, text, values) if has_room(connection, comments, person, most) else None


def has_room(connection: Connection, table: Table, person: Person, most: int) -> bool:
    """Whether a person has written fewer rows of a table than so many: nobody fills the disk."""
    counted = select(func.count()).select_from(table).where(table.c.person == person.id)
    return (connection.execute(counted).scalar() or 0) < most


def answer_comment(store: Store, person: Person, text: str, to: Comment, *, most: int) -> int | None:
    """Answer a comment; its number, or `None`: the comment is gone, or the person has written the most already."""
    values = {"map_key": to.map_key, "kind": to.kind, "place": to.place, "called": to.called, "answers": to.id}
    with store.database.changing() as connection:
        there = connection.execute(select(comments.c.id).where(comments.c.id == to.id)).first()
        if there is None or not has_room(connection, comments, person, most):
            return None
        return _added(connection, store, person, text, values)


def _added(connection: Connection, store: Store, person: Person, text: str, values: dict[str, Any]) -> int:
    row = {**values, "person": person.id, "text": text, "at": to_micros(store.clock())}
    number: int = connection.execute(insert(comments).values(**row).returning(comments.c.id)).scalar_one()
    return number


def resolve_comment(store: Store, person: Person, number: int, *, resolved: bool) -> None:
    """Say that a comment needs nobody any more, or that it does again."""
    said: dict[str, Any] = {"resolved_at": None, "resolved_by": None}
    if resolved:
        said = {"resolved_at": to_micros(store.clock()), "resolved_by": person.id}
    with store.database.changing() as connection:
        first = (comments.c.id == number) & comments.c.answers.is_(None)
        connection.execute(update(comments).where(first).values(**said))


def remove_comment(store: Store, number: int) -> None:
    """Take a comment away; one that has answers loses its text alone, and goes with the last of them."""
    with store.database.changing() as connection:
        row = connection.execute(select(comments).where(comments.c.id == number)).first()
        if row is None:
            return
        if _answers(connection, number):
            gone = {"text": "", "removed_at": to_micros(store.clock())}
            connection.execute(update(comments).where(comments.c.id == number).values(**gone))
            return
        connection.execute(delete(comments).where(comments.c.id == number))
        if row.answers is not None and not _answers(connection, row.answers):
            empty = (comments.c.id == row.answers) & comments.c.removed_at.is_not(None)
            connection.execute(delete(comments).where(empty))


def _answers(connection: Connection, number: int) -> int:
    counted = select(func.count()).select_from(comments).where(comments.c.answers == number)
    return connection.execute(counted).scalar() or 0


def authors_of(connection: Connection) -> dict[int, Author]:
    """Everybody who could write, those among them who may sign in no more, by number."""
    rows = connection.execute(select(people.c.id, people.c.name, people.c.email))
    return {row.id: Author(id=row.id, called=row.name or row.email) for row in rows}


def _comment(row: Any, known: dict[int, Author]) -> Comment:
    return Comment(
        id=row.id,
        map_key=row.map_key,
        kind=row.kind,
        place=row.place,
        called=row.called,
        answers=row.answers,
        by=known[row.person],
        text=row.text,
        at=from_micros(row.at),
        resolved_at=None if row.resolved_at is None else from_micros(row.resolved_at),
        resolved_by=None if row.resolved_by is None else known[row.resolved_by],
    )
