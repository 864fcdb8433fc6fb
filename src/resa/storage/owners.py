"""Whom owners of maps stand for, in which language they are told, and what they want to be told no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from resa.model.telling import Kind
from resa.storage.database import to_micros
from resa.storage.schema_of_telling import owners, recipients, stopped_kinds

if TYPE_CHECKING:
    from resa.storage.audit import Also
    from resa.storage.store import Store

__all__ = ["bind_owner", "bound_owners", "keep_language", "languages_of_recipients", "stop_kinds", "stopped_kinds_of"]


def bound_owners(store: Store) -> Mapping[str, tuple[str, ...]]:
    """The recipients of each owner that is bound; bound to nobody on purpose: none."""
    found: dict[str, tuple[str, ...]] = {}
    with store.database.reading() as connection:
        for row in connection.execute(select(owners).order_by(owners.c.owner, owners.c.recipient)):
            found[row.owner] = (*found.get(row.owner, ()), *([row.recipient] if row.recipient else []))
    return found


def bind_owner(store: Store, owner: str, to: Iterable[str], *, also: Also) -> None:
    """Say whom an owner stands for, in the place of what was said before.

    Args:
        store: The workspace's data.
        owner: As maps name them.
        to: Recipients; none: nobody is told.
        also: What is written in the same transaction.
    """
    with store.database.changing() as connection:
        connection.execute(delete(owners).where(owners.c.owner == owner))
        for recipient in dict.fromkeys(to) or ("",):
            connection.execute(insert(owners).values(owner=owner, recipient=recipient))
        also(connection)


def languages_of_recipients(store: Store) -> Mapping[str, str]:
    """The language of each recipient of whom it is known."""
    with store.database.reading() as connection:
        return {row.recipient: row.language for row in connection.execute(select(recipients))}


def keep_language(store: Store, recipient: str, language: str) -> None:
    """Say in which language somebody is told."""
    with store.database.changing() as connection:
        connection.execute(delete(recipients).where(recipients.c.recipient == recipient))
        connection.execute(insert(recipients).values(recipient=recipient, language=language))


def stopped_kinds_of(store: Store) -> frozenset[tuple[str, Kind]]:
    """What is told no more, by recipient."""
    with store.database.reading() as connection:
        return frozenset((row.recipient, row.kind) for row in connection.execute(select(stopped_kinds)))


def stop_kinds(store: Store, recipient: str, stop: Iterable[Kind], again: Iterable[Kind] = (), *, also: Also) -> None:
    """Tell some kinds no more, and others again.

    Args:
        store: The workspace's data.
        recipient: To whom.
        stop: Kinds that are told no more.
        again: Kinds that are.
        also: What is written in the same transaction.
    """
    at, mine = to_micros(store.clock()), stopped_kinds.c.recipient == recipient
    with store.database.changing() as connection:
        known = set(connection.execute(select(stopped_kinds.c.kind).where(mine)).scalars())
        for kind in set(stop) - known:
            connection.execute(insert(stopped_kinds).values(recipient=recipient, kind=kind, at=at))
        connection.execute(delete(stopped_kinds).where(mine, stopped_kinds.c.kind.in_(list(again))))
        also(connection)
