"""People who may sign in, and their invitations.

Of an invitation its SHA-256 is kept, as of a session (`sessions.py`). Passwords come here as hashes already. Everything
that belongs together is one short transaction, beside a running server too, so that of two who do the same at once one
comes second and finds it done.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.model.people import Person, Role
from resa.storage.database import to_micros
from resa.storage.schema import invitations, people, recovery_codes, sessions
from resa.storage.sessions import Told, begin, end_sessions, hash_of, micros, person_of

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = [
    "accept_invitation",
    "change_password",
    "change_role",
    "end_person",
    "give_role",
    "has_people",
    "invite_person",
    "invited_person",
    "is_last_admin",
    "keep_an_admin",
    "list_people",
    "make_first_person",
    "numbered",
    "password_of",
    "set_emergency",
    "who_may",
]

_INVITED: Final = timedelta(days=7)
_NO_FACTOR: Final = {"factor": None, "factor_since": None, "factor_step": None}
_ABLE: Final = people.c.password_hash.is_not(None) | people.c.subject.is_not(None)
_UNBOUND: Final = {"issuer": None, "subject": None}


def list_people(store: Store) -> list[Person]:
    """All people in the order of their first invitation, those among them who may sign in no more."""
    with store.database.reading() as connection:
        return [person_of(row) for row in connection.execute(select(people).order_by(people.c.id))]


def password_of(store: Store, email: str) -> tuple[Person, str] | None:
    """A person who may sign in, with the hash of their password; `None`: nobody who is called so may."""
    with store.database.reading() as connection:
        row = connection.execute(select(people).where(people.c.email == email)).first()
    return (
        None
        if row is None or row.ended_at is not None or not row.password_hash
        else (person_of(row), row.password_hash)
    )


def has_people(store: Store) -> bool:
    """Whether anybody may sign in, by a password or by the company's provider."""
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
        values |= {**_NO_FACTOR, **_UNBOUND}
        if known is None:
            added = insert(people).values(email=email, made_at=now, **values).returning(people.c.id)
            number = connection.execute(added).scalar_one()
        else:  # invited before, or ended since
            number = known
            connection.execute(update(people).where(people.c.id == number).values(**values))
            connection.execute(delete(invitations).where(invitations.c.person == number))
            end_sessions(connection, store, sessions.c.person == number)
        person = numbered(connection, number)
        told(person)(connection)
        return begin(connection, store, person, agent)


def invite_person(
    store: Store, email: str, *, name: str, role: Role, told: Told, holds: timedelta | None = None
) -> str:
    """Invite a person to set a password; the token of the invitation, which is nowhere else. Earlier ones hold no more.

    Who is known keeps their role, and their password until they set another. Who was ended comes back with the role
    that is given, without a password, and bound to the company's provider no more.
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
                changed |= {"role": role, "ended_at": None, "password_hash": None, **_UNBOUND}
            connection.execute(update(people).where(people.c.id == number).values(**changed))
        connection.execute(delete(invitations).where((invitations.c.person == number) | (invitations.c.until <= now)))
        until = now + micros(holds or _INVITED)
        connection.execute(insert(invitations).values(hash=hash_of(token), person=number, made_at=now, until=until))
        told(numbered(connection, number))(connection)
    return token


def invited_person(store: Store, token: str) -> Person | None:
    """Whom an invitation is for; `None`: it holds no more, or never did."""
    with store.database.reading() as connection:
        return _invited(connection, store, token)


def accept_invitation(
    store: Store, token: str, password_hash: str | None, *, agent: str, told: Told, instead_of: str = ""
) -> str | None:
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
        end_sessions(connection, store, sessions.c.person == person.id)
        told(person)(connection)
        return begin(connection, store, person, agent, instead_of)


def change_password(store: Store, person: Person, *, proved: str, password_hash: str, staying: str, told: Told) -> bool:
    """Give a person who proved to know their password another one; they stay signed in where they do so alone.

    Args:
        store: The workspace's.
        person: Who.
        proved: The hash that the old password was held against.
        password_hash: That of the new one.
        staying: The token of the session that goes on.
        told: What is written down of it.

    Returns:
        Whether it was changed; not if by now they have another password, or may sign in no more.
    """
    with store.database.changing() as connection:
        mine = (people.c.id == person.id) & (people.c.password_hash == proved) & people.c.ended_at.is_(None)
        changed = connection.execute(update(people).where(mine).values(password_hash=password_hash)).rowcount
        if changed:
            connection.execute(delete(invitations).where(invitations.c.person == person.id))
            others = (sessions.c.person == person.id) & (sessions.c.hash != hash_of(staying))
            end_sessions(connection, store, others)
            told(person)(connection)
        return bool(changed)


def change_role(store: Store, email: str, role: Role, *, told: Told) -> None:
    """Give a person another role; their sessions end, so that none goes on with the old one.

    Raises:
        QuestionError: Nobody who may sign in is called so, or they are the last admin.
    """
    with store.database.changing() as connection:
        person = who_may(connection, email)
        if role != "admin":
            keep_an_admin(connection, person)
        give_role(connection, store, person, role)
        told(numbered(connection, person.id))(connection)


def end_person(store: Store, email: str, *, told: Told) -> None:
    """Take from a person the right to sign in, at once: sessions and invitations end, the password is forgotten.

    Who they are for the company's provider stays, so that they do not come back by it as somebody new.

    Raises:
        QuestionError: Nobody who may sign in is called so, or they are the last admin.
    """
    with store.database.changing() as connection:
        person = who_may(connection, email)
        keep_an_admin(connection, person)
        ended = {"ended_at": to_micros(store.clock()), "password_hash": None, "emergency_since": None, **_NO_FACTOR}
        connection.execute(update(people).where(people.c.id == person.id).values(**ended))
        connection.execute(delete(invitations).where(invitations.c.person == person.id))
        connection.execute(delete(recovery_codes).where(recovery_codes.c.person == person.id))
        end_sessions(connection, store, sessions.c.person == person.id)
        told(person)(connection)


def give_role(connection: Connection, store: Store, person: Person, role: Role) -> None:
    """Give a person another role: their sessions end, and what only an admin can be."""
    changed: dict[str, Any] = {"role": role}
    if role != "admin":
        changed |= {"emergency_since": None}
    connection.execute(update(people).where(people.c.id == person.id).values(**changed))
    end_sessions(connection, store, sessions.c.person == person.id)


def set_emergency(store: Store, email: str, *, on: bool, told: Told) -> None:
    """Let an admin's password open where those of others do not, or no longer.

    Raises:
        QuestionError: Nobody who may sign in is called so, or they are no admin.
    """
    with store.database.changing() as connection:
        person = who_may(connection, email)
        if on and person.role != "admin":
            raise QuestionError(sentence("only an admin can be one for emergencies; give them this role first"))
        since = to_micros(store.clock()) if on else None
        connection.execute(update(people).where(people.c.id == person.id).values(emergency_since=since))
        told(numbered(connection, person.id))(connection)


def numbered(connection: Connection, number: int) -> Person:
    """The person of a number."""
    return person_of(connection.execute(select(people).where(people.c.id == number)).one())


def who_may(connection: Connection, email: str) -> Person:
    """Who has an address and may sign in.

    Raises:
        QuestionError: Nobody.
    """
    row = connection.execute(select(people).where(people.c.email == email, people.c.ended_at.is_(None))).first()
    if row is None:
        raise QuestionError(sentence("nobody with this address may sign in; `resa people list` shows who may"))
    return person_of(row)


def keep_an_admin(connection: Connection, person: Person) -> None:
    """Refuse what would leave nobody who may all; an admin who never signed in yet is no help to others.

    Raises:
        QuestionError: This is the last one.
    """
    if is_last_admin(connection, person):
        raise QuestionError(
            sentence("this is the last admin; make another person one first: resa people role ADDRESS admin")
        )


def is_last_admin(connection: Connection, person: Person) -> bool:
    """Whether without this person nobody may all."""
    if person.role != "admin":
        return False
    other = select(func.count()).where(people.c.role == "admin", people.c.ended_at.is_(None), people.c.id != person.id)
    if person.has_password or person.has_company:
        other = other.where(_ABLE)
    return not connection.execute(other).scalar()


def _has_people(connection: Connection) -> bool:
    able = _ABLE & people.c.ended_at.is_(None)
    return connection.execute(select(people.c.id).where(able).limit(1)).first() is not None


def _invited(connection: Connection, store: Store, token: str) -> Person | None:
    holds = (
        invitations.c.hash == hash_of(token),
        invitations.c.until > to_micros(store.clock()),
        people.c.ended_at.is_(None),
    )
    row = connection.execute(select(people).join(invitations).where(*holds)).first()
    return None if row is None else person_of(row)
