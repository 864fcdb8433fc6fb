"""Pseudonyms: who a consent or an entry of the audit log is about, in words that erasure makes meaningless.

An identifier has one pseudonym, 16 random bytes, and a key, 32 random bytes. Whoever is erased loses the row that says
so; what was written about the pseudonym then says nothing of anybody.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

import pyarrow as pa
from sqlalchemy import Connection, delete, insert, select, tuple_

from resa.storage.schema import consents, pseudonyms

if TYPE_CHECKING:
    from resa.storage.erasing import Person
    from resa.storage.store import Store

__all__ = [
    "Pseudonym",
    "forget_pseudonyms",
    "identifiers_known",
    "idle_pseudonyms",
    "in_parts",
    "pseudonyms_known",
    "pseudonyms_made",
    "pseudonyms_of_person",
]

Item = TypeVar("Item")

_AT_ONCE: Final = 500  # values of one statement


@dataclass(frozen=True)
class Pseudonym:
    """What stands for an identifier.

    Attributes:
        name: Random bytes.
        key: Random bytes, of every commitment about the identifier.
    """

    name: bytes
    key: bytes


def pseudonyms_made(
    connection: Connection, identifiers: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], Pseudonym]:
    """The pseudonyms of some identifiers, kind and value in its one form; made where there is none."""
    wanted = sorted(set(identifiers))
    found: dict[tuple[str, str], Pseudonym] = {}
    pair = tuple_(pseudonyms.c.kind, pseudonyms.c.value)
    for part in in_parts(wanted):
        for row in connection.execute(select(pseudonyms).where(pair.in_(part))):
            found[row.kind, row.value] = Pseudonym(row.pseudonym, row.key)
    made = {one: Pseudonym(secrets.token_bytes(16), secrets.token_bytes(32)) for one in wanted if one not in found}
    if made:
        rows = [
            {"pseudonym": new.name, "key": new.key, "kind": kind, "value": value} for (kind, value), new in made.items()
        ]
        connection.execute(insert(pseudonyms), rows)
    return {**found, **made}


def pseudonyms_known(connection: Connection, identifiers: Iterable[tuple[str, str]]) -> Mapping[bytes, tuple[str, str]]:
    """Pseudonyms of some identifiers, kind and value in its one form, and whose each is."""
    found: dict[bytes, tuple[str, str]] = {}
    for kind, value in identifiers:
        query = select(pseudonyms.c.pseudonym).where(pseudonyms.c.kind == kind, pseudonyms.c.value == value)
        name = connection.execute(query).scalar()
        if name is not None:
            found[name] = kind, value
    return found


def pseudonyms_of_person(store: Store, person: Person) -> pa.Table:
    """The rows of a person: pseudonym, kind and value."""
    columns = [pseudonyms.c[name] for name in ("pseudonym", "kind", "value")]
    with store.database.reading() as connection:
        rows = connection.execute(select(*columns).order_by(pseudonyms.c.kind, pseudonyms.c.value)).mappings().all()
    if not rows:
        return pa.table({"pseudonym": pa.array([], pa.binary()), "kind": [], "value": []})
    table = pa.Table.from_pylist([dict(row) for row in rows])
    hers = person.is_called(*(table.column(name).combine_chunks() for name in ("kind", "value")))
    return table.filter(pa.array(hers))


def identifiers_known(store: Store, identifiers: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which identifiers have a pseudonym."""
    with store.database.reading() as connection:
        return set(pseudonyms_known(connection, identifiers).values())


def idle_pseudonyms(store: Store) -> Mapping[bytes, tuple[str, str]]:
    """Pseudonyms without a consent, and whose each is: of these, the audit log alone tells."""
    used = select(consents.c.pseudonym).where(consents.c.pseudonym.is_not(None))
    with store.database.reading() as connection:
        rows = connection.execute(select(pseudonyms).where(pseudonyms.c.pseudonym.not_in(used))).all()
    return {row.pseudonym: (row.kind, row.value) for row in rows}


def forget_pseudonyms(connection: Connection, names: Sequence[bytes]) -> None:
    """Destroy pseudonyms with their keys."""
    for part in in_parts(names):
        connection.execute(delete(pseudonyms).where(pseudonyms.c.pseudonym.in_(part)))


def in_parts(names: Iterable[Item]) -> Iterable[list[Item]]:
    """So many as one statement takes."""
    waiting = iter(names)
    while part := list(islice(waiting, _AT_ONCE)):
        yield part
