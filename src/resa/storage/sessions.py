"""Where people are signed in: sessions, each known by a token of which the SHA-256 alone is kept.

With 256 random bits nothing slower is needed (OWASP ASVS 5.0, 11.4.2). Where a person has a second factor, the password
makes a session that lives only once a code was given; then it has a new token.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Connection, Select, delete, insert, select, update

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.model.people import Person, Session
from resa.storage.database import from_micros, to_micros
from resa.storage.failed_attempts import forget_failures
from resa.storage.schema import people, sessions

if TYPE_CHECKING:
    from resa.storage.audit import Also
    from resa.storage.store import Store

__all__ = [
    "Told",
    "begin",
    "begin_session",
    "end_session",
    "end_session_of",
    "end_sessions",
    "hash_of",
    "list_sessions",
    "living_session",
    "micros",
    "person_of",
    "session_to_finish",
]

Told = Callable[[Person], "Also"]
"""What is written in the same transaction, of the person as they are then."""

_SIGNED_IN: Final = timedelta(days=30)
_UNSEEN: Final = timedelta(days=7)
_SEEN_AGAIN: Final = timedelta(minutes=5)  # so seldom that reading pages does not become writing
_CODE_DUE: Final = timedelta(minutes=10)
_AGENT: Final = 200
_SHOWN: Final = 12


def begin_session(
    store: Store,
    person: Person,
    *,
    proved: str,
    agent: str,
    told: Told,
    anew: str | None = None,
    instead_of: str = "",
) -> str | None:
    """Sign a person in who proved to know a password.

    Args:
        store: The workspace's.
        person: Who.
        proved: The hash that the password was held against.
        agent: What their browser calls itself.
        told: What is written down of it.
        anew: The hash of the same password as it would be made today, if that differs.
        instead_of: The token of the session that the browser had, which ends.

    Returns:
        The token of the session; `None`: by now they have another password, or may sign in no more.
    """
    with store.database.changing() as connection:
        mine = (people.c.id == person.id) & (people.c.password_hash == proved) & people.c.ended_at.is_(None)
        row = connection.execute(select(people).where(mine)).first()
        if row is None:
            return None
        if anew is not None:
            connection.execute(update(people).where(mine).values(password_hash=anew))
        told(person_of(row))(connection)
        return begin(connection, store, person_of(row), agent, instead_of)


def session_to_finish(connection: Connection, store: Store, token: str) -> tuple[Person, str] | None:
    """Whose sign-in waits for a code, and what their browser calls itself; `None`: none does by this token, any more.

    Args:
        connection: A transaction.
        store: The workspace's.
        token: What the password gave.
    """
    waits = (
        sessions.c.hash == hash_of(token),
        sessions.c.code_until > to_micros(store.clock()),
        sessions.c.ended_at.is_(None),
        people.c.ended_at.is_(None),
    )
    row = connection.execute(select(sessions.c.agent, *people.c).join_from(sessions, people).where(*waits)).first()
    return None if row is None else (person_of(row), row.agent)


def living_session(store: Store, token: str) -> Session | None:
    """The session of a token, if it lives; now and then it is written down that it was seen."""
    now, mine = to_micros(store.clock()), sessions.c.hash == hash_of(token)
    with store.database.reading() as connection:
        row = connection.execute(_living(store).where(mine)).first()
    if row is None:
        return None
    if row.seen_at > now - micros(_SEEN_AGAIN):
        return _session(row)
    with store.database.changing() as connection:  # it may have ended meanwhile
        connection.execute(update(sessions).where(mine, sessions.c.ended_at.is_(None)).values(seen_at=now))
        row = connection.execute(_living(store).where(mine)).first()
    return None if row is None else _session(row)


def list_sessions(store: Store, person_id: int | None = None) -> list[Session]:
    """The sessions that live, in the order of their beginning; of one person, if their number is given."""
    query = _living(store).order_by(sessions.c.began_at, sessions.c.hash)
    if person_id is not None:
        query = query.where(sessions.c.person == person_id)
    with store.database.reading() as connection:
        return [_session(row) for row in connection.execute(query)]


def end_session_of(store: Store, token: str, *, told: Told) -> None:
    """End the session of a token; of one that does not live nothing is written down."""
    with store.database.changing() as connection:
        row = connection.execute(_living(store).where(sessions.c.hash == hash_of(token))).first()
        if row is not None:
            end_sessions(connection, store, sessions.c.hash == row.hash)
            told(person_of(row))(connection)


def end_session(store: Store, session_id: str, *, told: Told) -> None:
    """End a session that is known by its id.

    Raises:
        QuestionError: None that lives is called so.
    """
    with store.database.changing() as connection:
        rows = [row for row in connection.execute(_living(store)) if _session(row).id == session_id]
        if not rows:
            raise QuestionError(sentence("no session is called so, or it has ended; `resa people sessions` shows them"))
        for row in rows:
            end_sessions(connection, store, sessions.c.hash == row.hash)
            told(person_of(row))(connection)


def hash_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", errors="surrogatepass")).digest()  # strangers may send any text


def micros(span: timedelta) -> int:
    """A span as the database has it."""
    return span // timedelta(microseconds=1)


def begin(
    connection: Connection,
    store: Store,
    person: Person,
    agent: str,
    instead_of: str = "",
    *,
    code_given: bool = False,
    issuer: str = "",
) -> str:
    """Begin a session, which lives at once unless a code is due; what can live no more is forgotten.

    Args:
        connection: A transaction.
        store: The workspace's.
        person: Whose.
        agent: What their browser calls itself.
        instead_of: The token of the session that the browser had; once the new one lives, it ends.
        code_given: Whether they proved their second factor, if they have one.
        issuer: Of the company's provider that said who it is, which answers for a second factor.
    """
    token, now = secrets.token_urlsafe(32), to_micros(store.clock())
    over = (sessions.c.began_at <= now - micros(_SIGNED_IN)) | (sessions.c.code_until <= now)
    connection.execute(delete(sessions).where(over))
    forget_failures(connection, store)
    due = person.has_factor and not code_given and not issuer
    if instead_of and not due:
        end_sessions(connection, store, sessions.c.hash == hash_of(instead_of))
    connection.execute(
        insert(sessions).values(
            hash=hash_of(token),
            person=person.id,
            began_at=now,
            seen_at=now,
            agent=agent.encode("utf-8", errors="replace").decode()[:_AGENT],  # strangers may send any text
            code_until=now + micros(_CODE_DUE) if due else None,
            issuer=issuer or None,
        )
    )
    return token


def end_sessions(connection: Connection, store: Store, which: ColumnElement[bool]) -> None:
    """End some sessions, those that wait for a code among them."""
    ended = update(sessions).where(which, sessions.c.ended_at.is_(None)).values(ended_at=to_micros(store.clock()))
    connection.execute(ended)


def _living(store: Store) -> Select[Any]:
    """The sessions that live, each with its person."""
    now = to_micros(store.clock())
    mine: list[ColumnElement[Any]] = [sessions.c.hash, sessions.c.began_at, sessions.c.seen_at, sessions.c.agent]
    mine.append(sessions.c.issuer.label("by_issuer"))  # the person has a column of this name, too
    return (
        select(*mine, *people.c)
        .join_from(sessions, people)
        .where(
            sessions.c.ended_at.is_(None),
            sessions.c.code_until.is_(None),
            sessions.c.began_at > now - micros(_SIGNED_IN),
            sessions.c.seen_at > now - micros(_UNSEEN),
            people.c.ended_at.is_(None),
        )
    )


def person_of(row: Any) -> Person:
    """The person of a row of `people`."""
    return Person(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        made_at=from_micros(row.made_at),
        ended_at=None if row.ended_at is None else from_micros(row.ended_at),
        has_password=row.password_hash is not None,
        has_factor=row.factor_since is not None,
        has_company=row.subject is not None,
        is_emergency=row.emergency_since is not None,
    )


def _session(row: Any) -> Session:
    return Session(
        id=row.hash.hex()[:_SHOWN],
        person=person_of(row),
        began_at=from_micros(row.began_at),
        seen_at=from_micros(row.seen_at),
        agent=row.agent,
        issuer=row.by_issuer or "",
    )
