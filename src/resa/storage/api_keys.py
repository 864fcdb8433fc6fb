"""Keys of those who send: made once, shown once, kept as hashes, revoked at once.

A key is 128 random bits with a checksum, so that a slip is told from a stranger. Its SHA-256 is what is kept: with so
many bits nothing slower is needed (OWASP ASVS 5.0, 11.4.2). Who reads the database cannot send.
"""

from __future__ import annotations

import hashlib
import secrets
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from sqlalchemy import insert, select, update

from resa.base.errors import QuestionError
from resa.base.language import one_of, sentence
from resa.storage.database import from_micros, to_micros
from resa.storage.schema import api_keys

if TYPE_CHECKING:
    from resa.storage.audit import Also
    from resa.storage.store import Store

__all__ = [
    "SCOPES",
    "ApiKey",
    "Scope",
    "collecting_keys",
    "consenting_keys",
    "hashes_of_keys",
    "key_hash",
    "known_key",
    "list_keys",
    "make_key",
    "revoke_key",
]

Scope = Literal[
    "collect",
    "metrics",
    "consent",
    "read:numbers",
    "read:customers",
    "read:names",
    "read:sources",
    "read:audit",
    "write:identity",
    "write:maps",
    "write:notes",
    "share:reports",
    "erase:customers",
    "manage",
]

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""What a key may allow: `collect` sends events of one source, and reads nothing; `metrics` reads `/metrics` alone;
`consent` records what customers consent to, and is for a server: in a page, anybody could say it for anybody. The
others are for the HTTP API, and may be joined in one key: what each allows stands in one table with people's roles."""

_ALONE: Final[frozenset[Scope]] = frozenset({"collect", "metrics", "consent"})
"""What a key allows beside nothing else: one that stands in a page must not read, whatever it is called."""

_OF_A_PERSON: Final[frozenset[Scope]] = frozenset({"write:notes", "share:reports"})
"""What is written by such a key is written in the name of a person, and may no more than they may."""

_BEGINNING: Final = "resa_"
_SHOWN: Final = 10  # characters by which a person knows a key again: 5 of chance, of 22


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key as it is kept.

    Attributes:
        id: Its number.
        name: What a person calls it.
        beginning: Its first characters.
        scope: What it allows; several with a blank between them.
        source_id: Whose events it sends; `None`: it sends none.
        made_at: When, UTC.
        revoked_at: Since when it is refused, UTC; `None`: it is good.
        person: The number of whom it writes for; `None`: it writes in nobody's name.
    """

    id: int
    name: str
    beginning: str
    scope: str
    source_id: str | None
    made_at: datetime
    revoked_at: datetime | None
    person: int | None = None

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """What it allows, one by one."""
        return tuple(scope for scope in SCOPES if scope in self.scope.split())


def key_hash(key: str) -> bytes | None:
    """What is kept of a key; `None`: it cannot be one."""
    body, checksum = key[:-6], key[-6:]
    if not key.startswith(_BEGINNING) or _checksum(body) != checksum:
        return None
    return hashlib.sha256(key.encode()).digest()


def make_key(
    store: Store,
    name: str,
    *,
    scope: Scope | Sequence[Scope] = "collect",
    source_id: str | None = None,
    person: int | None = None,
    also: Also | None = None,
) -> str:
    """Make a key; what is given back is nowhere else, and cannot be shown again. `also` is in the same transaction.

    Raises:
        QuestionError: A good key of this name is there already, there is no such scope or joining of scopes, or it is
            not said in whose name a key writes.
    """
    scopes = _checked_scopes([scope] if isinstance(scope, str) else scope)
    of_a_person = [scope for scope in scopes if scope in _OF_A_PERSON]
    if of_a_person and person is None:
        raise QuestionError(
            sentence("a key for {scope} writes in the name of a person; say whose: --for ADDRESS", scope=of_a_person[0])
        )
    body = _BEGINNING + _letters(secrets.randbits(128))
    key = body + _checksum(body)
    with store.database.changing() as connection:  # a short transaction of its own: beside a running server, too
        same = select(api_keys.c.id).where(api_keys.c.name == name, api_keys.c.revoked_at.is_(None))
        if connection.execute(same).first() is not None:
            raise QuestionError(
                sentence("there is a key '{name}' already; revoke it first, or take another name", name=name)
            )
        connection.execute(
            insert(api_keys).values(
                name=name,
                hash=hashlib.sha256(key.encode()).digest(),
                beginning=key[:_SHOWN],
                scope=" ".join(scopes),
                source_id=source_id,
                made_at=to_micros(store.clock()),
                person=person if of_a_person else None,
            )
        )
        if also is not None:
            also(connection)
    return key


def _checked_scopes(wanted: Sequence[Scope]) -> list[Scope]:
    """What a key shall allow, in the order in which scopes are named."""
    for scope in wanted:
        if scope not in SCOPES:
            raise QuestionError(sentence("a key may {scopes}, not '{scope}'", scopes=one_of(SCOPES), scope=scope))
    found = [scope for scope in SCOPES if scope in wanted]
    if not found:
        raise QuestionError(sentence("say what the key may: {scopes}", scopes=one_of(SCOPES)))
    if len(found) > 1 and _ALONE.intersection(found):
        raise QuestionError(
            sentence("a key for {scope} is for nothing else; make another key for the rest", scope=found[0])
        )
    return found


def revoke_key(store: Store, name: str, *, also: Also | None = None) -> ApiKey:
    """Refuse a key from now on; `also` is written in the same transaction.

    Raises:
        QuestionError: There is no good key of this name.
    """
    with store.database.changing() as connection:
        mine = select(api_keys.c.id).where(api_keys.c.name == name, api_keys.c.revoked_at.is_(None))
        number = connection.execute(mine).scalar()
        if number is None:
            raise QuestionError(sentence("there is no key '{name}' to revoke; `resa keys list` shows them", name=name))
        at = to_micros(store.clock())
        connection.execute(update(api_keys).where(api_keys.c.id == number).values(revoked_at=at))
        if also is not None:
            also(connection)
    return next(key for key in list_keys(store) if key.id == number)


def list_keys(store: Store) -> list[ApiKey]:
    """All keys in the order of their making, revoked ones among them."""
    with store.database.reading() as connection:
        return [_key(row) for row in connection.execute(select(api_keys).order_by(api_keys.c.id))]


def known_key(store: Store, key: str) -> ApiKey | None:
    """The good key that this is, whatever it allows; `None`: it is none."""
    kept = key_hash(key)
    if kept is None:
        return None
    good = (api_keys.c.hash == kept, api_keys.c.revoked_at.is_(None))
    with store.database.reading() as connection:
        row = connection.execute(select(api_keys).where(*good)).first()
    return None if row is None else _key(row)


def _key(row: Any) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        beginning=row.beginning,
        scope=row.scope,
        source_id=row.source_id,
        made_at=from_micros(row.made_at),
        revoked_at=None if row.revoked_at is None else from_micros(row.revoked_at),
        person=row.person,
    )


def collecting_keys(store: Store) -> Mapping[bytes, str]:
    """The source of each good key that sends events, by the key's hash."""
    good = (api_keys.c.scope == "collect", api_keys.c.revoked_at.is_(None), api_keys.c.source_id.is_not(None))
    with store.database.reading() as connection:
        return {row.hash: row.source_id for row in connection.execute(select(api_keys).where(*good))}


def consenting_keys(store: Store) -> Mapping[bytes, str]:
    """The name of each good key that records consents, by the key's hash."""
    good = (api_keys.c.scope == "consent", api_keys.c.revoked_at.is_(None))
    with store.database.reading() as connection:
        return {row.hash: row.name for row in connection.execute(select(api_keys).where(*good))}


def hashes_of_keys(store: Store, scope: Scope) -> frozenset[bytes]:
    """The hashes of all good keys of a scope."""
    good = (api_keys.c.scope == scope, api_keys.c.revoked_at.is_(None))
    with store.database.reading() as connection:
        return frozenset(connection.execute(select(api_keys.c.hash).where(*good)).scalars())


_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _letters(number: int, length: int = 22) -> str:
    found = ""
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        found = _ALPHABET[digit] + found
    return found


def _checksum(body: str) -> str:
    return _letters(zlib.crc32(body.encode()), 6)
