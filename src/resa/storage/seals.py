"""Seals of the chains of consents and of the audit log: kept elsewhere, they tell a chain that was made anew or cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Table, select

from resa.storage.schema import audit, consents

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["audit_seal", "consents_seal"]


def consents_seal(store: Store, number: int | None = None) -> tuple[int, str]:
    """The number and the hash of a record, by default the newest; of none, 0 and nothing."""
    return _seal(store, consents, number)


def audit_seal(store: Store, number: int | None = None) -> tuple[int, str]:
    """The number and the hash of an entry, by default the newest; of none, 0 and nothing."""
    return _seal(store, audit, number)


def _seal(store: Store, table: Table, number: int | None) -> tuple[int, str]:
    query = select(table.c.id, table.c.hash).order_by(table.c.id.desc()).limit(1)
    if number is not None:
        query = query.where(table.c.id == number)
    with store.database.reading() as connection:
        row = connection.execute(query).first()
    return (0, "") if row is None else (row.id, row.hash.hex())
