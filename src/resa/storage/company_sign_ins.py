"""Who signs in by their company's OpenID provider.

People are known by what the provider calls them (issuer and subject) from the first time on: an address that is given
to somebody else later does not give them the account with it. A sign-in that was begun holds once: of what the browser
kept for it the SHA-256 stays here, until it would hold no more anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, delete, insert, select, update

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.model.people import Person, Role
from resa.storage.database import to_micros
from resa.storage.people import give_role, is_last_admin, numbered, who_may
from resa.storage.schema import invitations, people, sessions, used_sign_ins
from resa.storage.sessions import Told, begin, end_sessions, hash_of, person_of

if TYPE_CHECKING:
    from resa.storage.audit import Also
    from resa.storage.store import Store

__all__ = ["Arrived", "How", "ToldHow", "Turned", "enter_by_company", "unbind_person", "use_sign_in"]

How = Literal["known", "bound", "new"]
"""Whether somebody was here by the provider before, was invited or known and is bound to it now, or is new."""

ToldHow = Callable[[Person, How], "Also"]
"""What is written in the same transaction, of the person as they are then."""


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """What a provider said of somebody, checked already.

    Attributes:
        issuer: The provider.
        subject: What it calls them, for ever.
        email: Their address, verified; empty: it does not count.
        name: What people call them; may be empty.
        role: What their groups give; `None`: groups do not say.
        newcomer: As what they may come in if nobody invited them; `None`: they may not.
    """

    issuer: str
    subject: str
    email: str
    name: str
    role: Role | None
    newcomer: Role | None = field(default=None)


@dataclass(frozen=True)
class Turned:
    """Somebody who is turned away.

    Attributes:
        why: `unknown`, `ended`, or `other_subject`: who has this address is called otherwise by the provider.
        person: Whose account it would be; `None`: nobody's.
    """

    why: Literal["unknown", "ended", "other_subject"]
    person: Person | None = None


def use_sign_in(store: Store, secret: str, until: datetime) -> bool:
    """Use up a sign-in that was begun; whether it was not used before.

    Args:
        store: The workspace's.
        secret: What the browser kept for it.
        until: So long would it hold.
    """
    hashed = hash_of(secret)
    with store.database.changing() as connection:
        connection.execute(delete(used_sign_ins).where(used_sign_ins.c.until <= to_micros(store.clock())))
        if connection.execute(select(used_sign_ins.c.hash).where(used_sign_ins.c.hash == hashed)).first() is not None:
            return False
        connection.execute(insert(used_sign_ins).values(hash=hashed, until=to_micros(until)))
        return True


def enter_by_company(
    store: Store, arrived: Arrived, *, agent: str, told: ToldHow, instead_of: str = ""
) -> str | Turned:
    """Sign in whom a provider knows: who was here by it before, else who has this address, else who may be new.

    Args:
        store: The workspace's.
        arrived: Who.
        agent: What their browser calls itself.
        told: What is written down of it.
        instead_of: The token of the session that the browser had, which ends.

    Returns:
        The token of a session, or why there is none.
    """
    with store.database.changing() as connection:
        mine = (people.c.issuer == arrived.issuer) & (people.c.subject == arrived.subject)
        row = connection.execute(select(people).where(mine)).first()
        how: How = "known"
        if row is None:
            found = _bound(connection, store, arrived)
            if isinstance(found, Turned):
                return found
            row, how = found
        person = person_of(row)
        if person.ended_at is not None:
            return Turned("ended", person)
        if arrived.role not in {None, person.role} and not is_last_admin(connection, person):
            give_role(connection, store, person, arrived.role)
            person = numbered(connection, person.id)
        told(person, how)(connection)
        return begin(connection, store, person, agent, instead_of, issuer=arrived.issuer)


def _bound(connection: Connection, store: Store, arrived: Arrived) -> tuple[Any, How] | Turned:
    """Bind who has this address, or somebody new, to what the provider calls them; their row."""
    row = None
    if arrived.email:
        row = connection.execute(select(people).where(people.c.email == arrived.email)).first()
    subject = {"issuer": arrived.issuer, "subject": arrived.subject}
    if row is None:
        if arrived.newcomer is None or not arrived.email:
            return Turned("unknown")
        role, now = arrived.role or arrived.newcomer, to_micros(store.clock())
        added = insert(people).values(email=arrived.email, name=arrived.name, role=role, made_at=now, **subject)
        number = connection.execute(added.returning(people.c.id)).scalar_one()
        return connection.execute(select(people).where(people.c.id == number)).one(), "new"
    if row.ended_at is not None:
        return Turned("ended", person_of(row))
    if row.subject is not None and row.issuer == arrived.issuer:
        return Turned("other_subject", person_of(row))
    named = {"name": row.name or arrived.name}
    connection.execute(update(people).where(people.c.id == row.id).values(**subject, **named))
    connection.execute(delete(invitations).where(invitations.c.person == row.id))
    return connection.execute(select(people).where(people.c.id == row.id)).one(), "bound"


def unbind_person(store: Store, email: str, *, told: Told) -> None:
    """Forget what the provider calls a person; who has their verified address next is bound to it. They are signed out.

    Raises:
        QuestionError: Nobody who may sign in is called so, or they never came by a provider.
    """
    with store.database.changing() as connection:
        person = who_may(connection, email)
        if not person.has_company:
            raise QuestionError(sentence("this person never signed in by the company's provider"))
        connection.execute(update(people).where(people.c.id == person.id).values(issuer=None, subject=None))
        end_sessions(connection, store, sessions.c.person == person.id)
        told(person)(connection)
