"""A second factor of people who may sign in: codes that follow from a secret and the time (TOTP, RFC 6238).

Of the secret 16 random bytes are kept here. It follows from them by a key that lies in a file of its own, as RFC 4226
(7.5) describes: who reads the database cannot make a code. Of recovery codes the SHA-256 is kept: they have 120 random
bits (OWASP ASVS 5.0, 6.5.2).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.model.people import Person
from resa.storage.database import to_micros
from resa.storage.key_files import made_factor_secret
from resa.storage.people import who_may
from resa.storage.schema import people, recovery_codes, sessions
from resa.storage.sessions import Told, begin, end_sessions, hash_of, session_to_finish

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = [
    "Code",
    "confirm_factor",
    "count_recovery_codes",
    "end_factor",
    "factor_of",
    "finish_session",
    "propose_factor",
    "replace_recovery_codes",
    "reset_factor",
    "waiting_for_code",
]

_RANDOM: Final = 16
_SECRET: Final = 20  # as long as SHA-1's answers, which RFC 4226 asks for


@dataclass(frozen=True)
class Code:
    """What somebody typed as a code.

    Attributes:
        step: Of which half minute it is the code; `None`: of none that holds now.
        typed: The same as a recovery code, in its one form.
    """

    step: int | None
    typed: str = field(repr=False)


def propose_factor(store: Store, person: Person) -> bytes:
    """The secret of a second factor that a code is to confirm; one that was proposed before is forgotten.

    Raises:
        QuestionError: They have one.
    """
    random = secrets.token_bytes(_RANDOM)
    with store.database.changing() as connection:
        mine = (people.c.id == person.id) & people.c.factor_since.is_(None) & people.c.ended_at.is_(None)
        if not connection.execute(update(people).where(mine).values(factor=random)).rowcount:
            raise QuestionError(sentence("there is a second factor already; turn it off first"))
    return _secret(store, random)


def factor_of(store: Store, person: Person) -> bytes | None:
    """The secret of a person's second factor, also where no code confirmed it yet; `None`: there is none."""
    with store.database.reading() as connection:
        random = connection.execute(select(people.c.factor).where(people.c.id == person.id)).scalar()
    return None if random is None else _secret(store, random)


def confirm_factor(
    store: Store, person: Person, secret: bytes, *, step: int, codes: Iterable[str], staying: str, told: Told
) -> bool:
    """From now on a second factor is asked for; whoever is signed in elsewhere is asked, too.

    Args:
        store: The workspace's.
        person: Whose.
        secret: Which one the code belongs to.
        step: Of the code, which does not hold again.
        codes: Recovery codes, in their one form.
        staying: The token of the session that goes on.
        told: What is written down of it.

    Returns:
        Whether it was done; not if another one was proposed meanwhile, or confirmed.
    """
    with store.database.changing() as connection:
        row = connection.execute(
            select(people).where(people.c.id == person.id, people.c.factor_since.is_(None))
        ).first()
        if row is None or row.factor is None or _secret(store, row.factor) != secret:
            return False
        since = {"factor_since": to_micros(store.clock()), "factor_step": step}
        connection.execute(update(people).where(people.c.id == person.id).values(**since))
        _keep_codes(connection, person, codes)
        others = (sessions.c.person == person.id) & (sessions.c.hash != hash_of(staying))
        end_sessions(connection, store, others)
        told(person)(connection)
        return True


def replace_recovery_codes(store: Store, person: Person, code: Code, *, codes: Iterable[str], told: Told) -> bool:
    """Other recovery codes in the place of those of before; whether the code that was given held."""
    with store.database.changing() as connection:
        if not _takes(connection, person, code):
            return False
        _keep_codes(connection, person, codes)
        told(person)(connection)
        return True


def count_recovery_codes(store: Store, person: Person) -> int:
    """How many recovery codes a person has left."""
    with store.database.reading() as connection:
        mine = select(func.count()).where(recovery_codes.c.person == person.id)
        return connection.execute(mine).scalar() or 0


def end_factor(store: Store, person: Person, code: Code, *, told: Told) -> bool:
    """Ask a person for a second factor no more; whether the code that they gave held."""
    with store.database.changing() as connection:
        if not _takes(connection, person, code):
            return False
        _forget(connection, person)
        told(person)(connection)
        return True


def reset_factor(store: Store, email: str, *, told: Told) -> None:
    """Take away the second factor of somebody who lost it; they are signed out everywhere.

    Raises:
        QuestionError: Nobody who may sign in is called so, or they have none.
    """
    with store.database.changing() as connection:
        person = who_may(connection, email)
        if not person.has_factor:
            raise QuestionError(sentence("this person has no second factor"))
        _forget(connection, person)
        end_sessions(connection, store, sessions.c.person == person.id)
        told(person)(connection)


def waiting_for_code(store: Store, token: str) -> Person | None:
    """Whose sign-in waits for a code; `None`: none does by this token, or no longer."""
    with store.database.reading() as connection:
        found = session_to_finish(connection, store, token)
    return None if found is None else found[0]


def finish_session(store: Store, token: str, code: Code, *, told: Told, instead_of: str = "") -> str | None:
    """Sign in who knew the password and has the code.

    Args:
        store: The workspace's.
        token: What the password gave; once the code held, it is nothing any more.
        code: What was typed.
        told: What is written down of it.
        instead_of: The token of the session that the browser had, which ends.

    Returns:
        The token of a new session; `None`: the code does not hold, or it came too late.
    """
    with store.database.changing() as connection:
        found = session_to_finish(connection, store, token)
        if found is None or not _takes(connection, found[0], code):
            return None
        person, agent = found
        connection.execute(delete(sessions).where(sessions.c.hash == hash_of(token)))
        told(person)(connection)
        return begin(connection, store, person, agent, instead_of, code_given=True)


def _secret(store: Store, random: bytes) -> bytes:
    key = made_factor_secret(store.layout)
    return hmac.new(key, b"a second factor" + random, hashlib.sha256).digest()[:_SECRET]


def _takes(connection: Connection, person: Person, code: Code) -> bool:
    """Use a code up, if it holds: one of the time only if none of its step or a later one was used (RFC 6238, 5.2)."""
    if code.step is not None:
        newer = (people.c.id == person.id) & people.c.factor_since.is_not(None) & (people.c.factor_step < code.step)
        if connection.execute(update(people).where(newer).values(factor_step=code.step)).rowcount:
            return True
    mine = (recovery_codes.c.person == person.id) & (recovery_codes.c.hash == hash_of(code.typed))
    return bool(connection.execute(delete(recovery_codes).where(mine)).rowcount)


def _keep_codes(connection: Connection, person: Person, codes: Iterable[str]) -> None:
    connection.execute(delete(recovery_codes).where(recovery_codes.c.person == person.id))
    rows: list[dict[str, Any]] = [{"hash": hash_of(code), "person": person.id} for code in codes]
    connection.execute(insert(recovery_codes), rows)


def _forget(connection: Connection, person: Person) -> None:
    nothing = {"factor": None, "factor_since": None, "factor_step": None}
    connection.execute(update(people).where(people.c.id == person.id).values(**nothing))
    connection.execute(delete(recovery_codes).where(recovery_codes.c.person == person.id))
