"""People who may sign in, their invitations and their sessions.

Of a token its SHA-256 is kept: with 256 random bits nothing slower is needed (OWASP ASVS 5.0, 11.4.2). Passwords come
here as hashes already. Everything that belongs together is one short transaction, beside a running server too, so that
of two who do the same at once one comes second and finds it done.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select, update

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.model.people import Person, Role, Session
from resa.storage.database import from_micros, to_micros
from resa.storage.schema import invitations, people, sessions

if TYPE_CHECKING:
    from resa.storage.audit import Also
    from resa.storage.store import Store

__all__ = [
    "accept_invitation",
    "begin_session",
    "change_role",
    "end_person",
    "end_session",
    "end_session_of",
    "has_people",
    "invite_person",
    "invited_person",
    "list_people",
    "list_sessions",
    "living_session",
    "make_first_person",
    "password_of",
]

Told = Callable[[Person], "Also"]
"""What is written in the same transaction, of the person as they are then."""

_INVITED: Final = timedelta(days=7)
_SIGNED_IN: Final = timedelta(days=30)
_UNSEEN: Final = timedelta(days=7)
_SEEN_AGAIN: Final = timedelta(minutes=5)  # so seldom that reading pages does not become writing
_AGENT: Final = 200
_SHOWN: Final = 12


def list_people(store: Store) -> list[Person]:
    """All people in the order of their first invitation, those among them who may sign in no more."""
    with store.database.reading() as connection:
        return [_person(row) for row in connection.execute(select(people).order_by(people.c.id))]


def password_of(store: Store, email: str) -> tuple[Person, str] | None:
    """A person who may sign in, with the hash of their password; `None`: nobody who is called so may."""
    with store.database.reading() as connection:
        row = connection.execute(select(people).where(people.c.email == email)).first()
    return (
        None if row is None or row.ended_at is not None or not row.password_hash else (_person(row), row.password_hash)
    )


def has_people(store: Store) -> bool:
    """Whether anybody may sign in by a password."""
    with store.database.reading() as connection:
        return _has_people(connection)


def make_first_person(store: Store, email: str, password_hash: str, *, name: str, agent: str, told: Told) -> str | None:
    """Make the first person, an admin, and sign them in; of many who try at once, one is first.

    Returns:
        The token of the session; `None`: somebody may sign in already, and nothing was changed.
    """
    now = to_micros(store.clock())
    with store.database.changing() as connection:
        if _has_people(connection):
            return None
        known = connection.execute(select(people.c.id).where(people.c.email == email)).scalar()
        values = {"name": name, "role": "admin", "password_hash": password_hash, "ended_at": None}
        if known is None:
            added = insert(people).values(email=email, made_at=now, **values).returning(people.c.id)
            number = connection.execute(added).scalar_one()
        else:  # invited before, or ended since
            number = known
            connection.execute(update(people).where(people.c.id == number).values(**values))
            connection.execute(delete(invitations).where(invitations.c.person == number))
            _end_sessions(connection, store, sessions.c.person == number)
        person = _numbered(connection, number)
        told(person)(connection)
        return _begin(connection, store, person, agent)


def invite_person(
    store: Store, email: str, *, name: str, role: Role, told: Told, holds: timedelta | None = None
) -> str:
    """Invite a person to set a password; the token of the invitation, which is nowhere else. Earlier ones hold no more.

    Who is known keeps their role, and their password until they set another. Who was ended comes back with the role
    that is given, and without a password.
    """
    token, now = secrets.token_urlsafe(32), to_micros(store.clock())
    with store.database.changing() as connection:
        row = connection.execute(select(people).where(people.c.email == email)).first()
        if row is None:
            added = insert(people).values(email=email, name=name, role=role, made_at=now).returning(people.c.id)
            number = connection.execute(added).scalar_one()
        else:
            number = row.id
            changed: dict[str, Any] = {"name": name or row.name}
            if row.ended_at is not None:
                changed |= {"role": role, "ended_at": None, "password_hash": None}
            connection.execute(update(people).where(people.c.id == number).values(**changed))
        connection.execute(delete(invitations).where((invitations.c.person == number) | (invitations.c.until <= now)))
        until = now + _micros(holds or _INVITED)
        connection.execute(insert(invitations).values(hash=_hash(token), person=number, made_at=now, until=until))
        told(_numbered(connection, number))(connection)
    return token


def invited_person(store: Store, token: str) -> Person | None:
    """Whom an invitation is for; `None`: it holds no more, or never did."""
    with store.database.reading() as connection:
        return _invited(connection, store, token)


def accept_invitation(store: Store, token: str, password_hash: str | None, *, agent: str, told: Told) -> str | None:
    """Use up an invitation: its person has this password from now on, if one is given, and one new session alone.

    Returns:
        The token of the session; `None`: the invitation holds no more, and nothing was changed.
    """
    with store.database.changing() as connection:
        person = _invited(connection, store, token)
        if person is None:
            return None
        connection.execute(delete(invitations).where(invitations.c.person == person.id))
        if password_hash is not None:
            connection.execute(update(people).where(people.c.id == person.id).values(password_hash=password_hash))
        _end_sessions(connection, store, sessions.c.person == person.id)
        told(person)(connection)
        return _begin(connection, store, person, agent)


def begin_session(
    store: Store, person: Person, *, proved: str, agent: str, told: Told, anew: str | None = None
) -> str | None:
    """Sign a person in who proved to know a password.

    Args:
        store: The workspace's.
        person: Who.
        proved: The hash that the password was held against.
        agent: What their browser calls itself.
        told: What is written down of it.
        anew: The hash of the same password as it would be made today, if that differs.

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
        told(_person(row))(connection)
        return _begin(connection, store, _person(row), agent)


def living_session(store: Store, token: str) -> Session | None:
    """The session of a token, if it lives; now and then it is written down that it was seen."""
    now, mine = to_micros(store.clock()), sessions.c.hash == _hash(token)
    with store.database.reading() as connection:
        row = connection.execute(_living(store).where(mine)).first()
    if row is None:
        return None
    if row.seen_at > now - _micros(_SEEN_AGAIN):
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
        row = connection.execute(_living(store).where(sessions.c.hash == _hash(token))).first()
        if row is not None:
            _end_sessions(connection, store, sessions.c.hash == row.hash)
            told(_person(row))(connection)


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
            _end_sessions(connection, store, sessions.c.hash == row.hash)
            told(_person(row))(connection)


def change_role(store: Store, email: str, role: Role, *, told: Told) -> None:
    """Give a person another role; their sessions end, so that none goes on with the old one.

    Raises:
        QuestionError: Nobody who may sign in is called so, or they are the last admin.
    """
    with store.database.changing() as connection:
        person = _who_may(connection, email)
        if role != "admin":
            _keep_an_admin(connection, person)
        connection.execute(update(people).where(people.c.id == person.id).values(role=role))
        _end_sessions(connection, store, sessions.c.person == person.id)
        told(_numbered(connection, person.id))(connection)


def end_person(store: Store, email: str, *, told: Told) -> None:
    """Take from a person the right to sign in, at once: sessions and invitations end, the password is forgotten.

    Raises:
        QuestionError: Nobody who may sign in is called so, or they are the last admin.
    """
    with store.database.changing() as connection:
        person = _who_may(connection, email)
        _keep_an_admin(connection, person)
        ended = {"ended_at": to_micros(store.clock()), "password_hash": None}
        connection.execute(update(people).where(people.c.id == person.id).values(**ended))
        connection.execute(delete(invitations).where(invitations.c.person == person.id))
        _end_sessions(connection, store, sessions.c.person == person.id)
        told(person)(connection)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", errors="surrogatepass")).digest()  # strangers may send any text


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def _numbered(connection: Connection, number: int) -> Person:
    return _person(connection.execute(select(people).where(people.c.id == number)).one())


def _who_may(connection: Connection, email: str) -> Person:
    row = connection.execute(select(people).where(people.c.email == email, people.c.ended_at.is_(None))).first()
    if row is None:
        raise QuestionError(sentence("nobody with this address may sign in; `resa people list` shows who may"))
    return _person(row)


def _keep_an_admin(connection: Connection, person: Person) -> None:
    """Refuse what would leave nobody who may all; an admin who has no password yet is no help to others."""
    if person.role != "admin":
        return
    other = select(func.count()).where(people.c.role == "admin", people.c.ended_at.is_(None), people.c.id != person.id)
    if person.has_password:
        other = other.where(people.c.password_hash.is_not(None))
    if not connection.execute(other).scalar():
        raise QuestionError(
            sentence("this is the last admin; make another person one first: resa people role ADDRESS admin")
        )


def _has_people(connection: Connection) -> bool:
    able = people.c.password_hash.is_not(None) & people.c.ended_at.is_(None)
    return connection.execute(select(people.c.id).where(able).limit(1)).first() is not None


def _invited(connection: Connection, store: Store, token: str) -> Person | None:
    holds = (
        invitations.c.hash == _hash(token),
        invitations.c.until > to_micros(store.clock()),
        people.c.ended_at.is_(None),
    )
    row = connection.execute(select(people).join(invitations).where(*holds)).first()
    return None if row is None else _person(row)


def _begin(connection: Connection, store: Store, person: Person, agent: str) -> str:
    """Begin a session; those are forgotten that began so long ago that they live no more."""
    token, now = secrets.token_urlsafe(32), to_micros(store.clock())
    connection.execute(delete(sessions).where(sessions.c.began_at <= now - _micros(_SIGNED_IN)))
    said = agent.encode("utf-8", errors="replace").decode()[:_AGENT]  # strangers may send any text
    connection.execute(
        insert(sessions).values(hash=_hash(token), person=person.id, began_at=now, seen_at=now, agent=said)
    )
    return token


def _end_sessions(connection: Connection, store: Store, which: ColumnElement[bool]) -> None:
    ended = update(sessions).where(which, sessions.c.ended_at.is_(None)).values(ended_at=to_micros(store.clock()))
    connection.execute(ended)


def _living(store: Store) -> Select[Any]:
    """The sessions that live, each with its person."""
    now = to_micros(store.clock())
    mine = [sessions.c.hash, sessions.c.began_at, sessions.c.seen_at, sessions.c.agent]
    return (
        select(*mine, *people.c)
        .join_from(sessions, people)
        .where(
            sessions.c.ended_at.is_(None),
            sessions.c.began_at > now - _micros(_SIGNED_IN),
            sessions.c.seen_at > now - _micros(_UNSEEN),
            people.c.ended_at.is_(None),
        )
    )


def _person(row: Any) -> Person:
    return Person(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        made_at=from_micros(row.made_at),
        ended_at=None if row.ended_at is None else from_micros(row.ended_at),
        has_password=row.password_hash is not None,
    )


def _session(row: Any) -> Session:
    return Session(
        id=row.hash.hex()[:_SHOWN],
        person=_person(row),
        began_at=from_micros(row.began_at),
        seen_at=from_micros(row.seen_at),
        agent=row.agent,
    )
