"""Drafts of files that people edit on screens, and what files were when they were saved.

A draft is a row of steps: each is the whole text after one change, with the text of the file that it was made of. What
is undone stays until something else is changed, so that it can be done again. All of it is short transactions, beside a
running server too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from resa.base.errors import WorkspaceError
from resa.base.language import sentence
from resa.storage.database import from_micros, to_micros
from resa.storage.schema import draft_steps, saved_texts
from resa.storage.turns import locked

if TYPE_CHECKING:
    from resa.storage.audit import Also
    from resa.storage.store import Store

__all__ = [
    "DraftStep",
    "SavedText",
    "add_step",
    "drop_draft",
    "list_steps",
    "redo_step",
    "save_text",
    "saved_text",
    "saved_texts_of",
    "saving_alone",
    "settle_draft",
    "undo_step",
]

_LAST: Final = 2**63 - 1  # no row has a larger number

_WAIT_SECONDS: Final = 20.0

_MOST_STEPS: Final = 200
"""So many changes can be undone; what was before them is the file itself."""

_MOST_CHARACTERS: Final = 20_000_000
"""Of all steps of one draft."""

_MOST_TEXTS: Final = 200
"""So many versions of each file are kept, however old: a file that is seldom changed keeps its history."""


@dataclass(frozen=True, kw_only=True)
class DraftStep:
    """One change of a draft.

    Attributes:
        number: Its place among them, from 1.
        base: The file as it was when this was made of it.
        text: The file after the change.
        about: What was changed.
        at: When, in UTC.
        undone: It was taken back, and can be done again.
    """

    number: int
    base: str
    text: str
    about: str
    at: datetime
    undone: bool


@dataclass(frozen=True, kw_only=True)
class SavedText:
    """What a file was.

    Attributes:
        id: Its number.
        file: Relative to the workspace.
        text: What stood in it.
        at: When it was saved, or found, in UTC.
        who: Who saved it, by their address; empty: it was found so on the disk.
    """

    id: int
    file: str
    text: str
    at: datetime
    who: str


def list_steps(store: Store, person: int, file: str) -> list[DraftStep]:
    """The steps of a person's draft of a file, oldest first; none: there is no draft."""
    query = select(draft_steps).where(_of(person, file)).order_by(draft_steps.c.number)
    with store.database.reading() as connection:
        return [
            DraftStep(
                number=row.number,
                base=row.base,
                text=row.text,
                about=row.about,
                at=from_micros(row.at),
                undone=bool(row.undone),
            )
            for row in connection.execute(query)
        ]


def add_step(store: Store, person: int, file: str, *, after: int, base: str, text: str, about: str) -> bool:
    """Add a change to a draft; what was undone before can be done again no more.

    Args:
        store: The workspace's data.
        person: Whose draft.
        file: Relative to the workspace.
        after: Number of the step that this was made of; 0: of the file.
        base: The file that the draft is made of.
        text: The file after the change.
        about: What was changed.

    Returns:
        Whether it was added; not, if the newest step is another one meanwhile.
    """
    done = and_(_of(person, file), draft_steps.c.undone == 0)
    with store.database.changing() as connection:
        last = connection.execute(select(func.max(draft_steps.c.number)).where(done)).scalar() or 0
        if last != after:
            return False
        connection.execute(delete(draft_steps).where(_of(person, file), draft_steps.c.undone == 1))
        connection.execute(
            insert(draft_steps).values(
                person=person,
                file=file,
                number=last + 1,
                base=base,
                text=text,
                about=about,
                at=to_micros(store.clock()),
                undone=0,
            )
        )
        size = len(base) + len(text)
        kept = max(min(_MOST_STEPS, _MOST_CHARACTERS // max(size, 1)), 1)
        connection.execute(delete(draft_steps).where(_of(person, file), draft_steps.c.number <= last + 1 - kept))
    return True


def undo_step(store: Store, person: int, file: str) -> None:
    """Take the last change of a draft back; nothing, where there is none."""
    _turn(store, person, file, func.max(draft_steps.c.number), undone=0)


def redo_step(store: Store, person: int, file: str) -> None:
    """Do what was taken back last again; nothing, where there is none."""
    _turn(store, person, file, func.min(draft_steps.c.number), undone=1)


def _turn(store: Store, person: int, file: str, which: ColumnElement[int], *, undone: int) -> None:
    with store.database.changing() as connection:
        number = connection.execute(select(which).where(_of(person, file), draft_steps.c.undone == undone)).scalar()
        if number is not None:
            connection.execute(
                update(draft_steps).where(_of(person, file), draft_steps.c.number == number).values(undone=1 - undone)
            )


def drop_draft(store: Store, person: int, file: str) -> None:
    """Take a whole draft back; step by step it can be done again, until something else is changed."""
    with store.database.changing() as connection:
        connection.execute(delete(draft_steps).where(_of(person, file), draft_steps.c.undone == 1))
        connection.execute(update(draft_steps).where(_of(person, file)).values(undone=1))


def settle_draft(store: Store, person: int, file: str, *, saved: int, text: str) -> None:
    """Forget the steps that are in the file now; what was added meanwhile is of the file as it is now.

    Args:
        store: The workspace's data.
        person: Whose draft.
        file: Relative to the workspace.
        saved: Number of the newest step that was saved.
        text: What stands in the file now.
    """
    with store.database.changing() as connection:
        gone = or_(draft_steps.c.number <= saved, draft_steps.c.undone == 1)
        connection.execute(delete(draft_steps).where(_of(person, file), gone))
        connection.execute(update(draft_steps).where(_of(person, file)).values(base=text))


def _of(person: int, file: str) -> ColumnElement[bool]:
    return and_(draft_steps.c.person == person, draft_steps.c.file == file)


def save_text(store: Store, file: str, text: str, *, who: str, also: Also | None = None) -> None:
    """Keep what a file is or becomes, unless it is what was kept last; the oldest of more than 200 go.

    Args:
        store: The workspace's data.
        file: Relative to the workspace.
        text: What stands in it.
        who: Whose address stands beside it; empty: nobody's.
        also: What is written in the same transaction.
    """
    with store.database.changing() as connection:
        if _newest(connection, file) != text:
            at = to_micros(store.clock())
            connection.execute(insert(saved_texts).values(file=file, text=text, at=at, who=who))
            mine = select(saved_texts.c.id).where(saved_texts.c.file == file).order_by(saved_texts.c.id.desc())
            oldest = mine.limit(1).offset(_MOST_TEXTS - 1).scalar_subquery()
            connection.execute(delete(saved_texts).where(saved_texts.c.file == file, saved_texts.c.id < oldest))
        if also is not None:
            also(connection)


def _newest(connection: Connection, file: str) -> str | None:
    query = select(saved_texts.c.text).where(saved_texts.c.file == file).order_by(saved_texts.c.id.desc()).limit(1)
    return connection.execute(query).scalar()


@contextmanager
def saving_alone(store: Store) -> Iterator[None]:
    """Nobody else writes a draft into its file meanwhile, in whichever process.

    Raises:
        WorkspaceError: Somebody does so for too long.
    """
    with locked(store.layout.root / "drafts.lock", seconds=_WAIT_SECONDS) as alone:
        if not alone:
            raise WorkspaceError(sentence("somebody else saves just now; try again"))
        yield


def saved_texts_of(store: Store, file: str, limit: int = _MOST_TEXTS) -> list[SavedText]:
    """What a file was, newest first."""
    query = select(saved_texts).where(saved_texts.c.file == file).order_by(saved_texts.c.id.desc()).limit(limit)
    with store.database.reading() as connection:
        return [
            SavedText(id=row.id, file=row.file, text=row.text, at=from_micros(row.at), who=row.who)
            for row in connection.execute(query)
        ]


def saved_text(store: Store, number: int) -> SavedText | None:
    """What a file was, by its number; `None`: there is none."""
    if not 0 < number <= _LAST:
        return None
    with store.database.reading() as connection:
        row = connection.execute(select(saved_texts).where(saved_texts.c.id == number)).first()
    return (
        None if row is None else SavedText(id=row.id, file=row.file, text=row.text, at=from_micros(row.at), who=row.who)
    )
