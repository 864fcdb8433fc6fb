"""Attempts to sign in that failed, of the last quarter of an hour: a restart frees nobody who guesses.

Kept are keyed hashes of who was tried from where, and when: neither addresses of people nor of machines.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, delete, insert, select

from resa.storage.database import to_micros
from resa.storage.schema import failed_attempts

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["add_failure", "forget_failures", "seconds_shut"]

_COUNTED: Final = timedelta(minutes=15)
_HASH: Final = 16


def add_failure(store: Store, names: Iterable[tuple[str, ...]], *, kind: str, most: int) -> None:
    """Remember that an attempt failed; what is older than a quarter of an hour goes, and the oldest of too many.

    Args:
        store: The workspace's data.
        names: Under what it is remembered.
        kind: What was tried: however often that fails, what is remembered of other kinds stays.
        most: So many of the kind are remembered.
    """
    now = to_micros(store.clock())
    rows = [{"name": _hashed(store, name), "at": now, "kind": kind} for name in names]
    with store.database.changing() as connection:
        forget_failures(connection, store)
        connection.execute(insert(failed_attempts), rows)
        mine = failed_attempts.c.kind == kind
        newest = select(failed_attempts.c.id).where(mine).order_by(failed_attempts.c.id.desc())
        beyond = newest.offset(most).limit(1).scalar_subquery()
        connection.execute(delete(failed_attempts).where(mine, failed_attempts.c.id <= beyond))


def seconds_shut(store: Store, names: Mapping[tuple[str, ...], int]) -> float:
    """So many seconds nobody may try; 0: they may.

    Args:
        store: The workspace's data.
        names: Under what attempts are remembered, each with how many may fail in a quarter of an hour.
    """
    now, longest = to_micros(store.clock()), 0.0
    with store.database.reading() as connection:
        for name, most in names.items():
            mine = failed_attempts.c.name == _hashed(store, name)
            since = failed_attempts.c.at > now - _micros(_COUNTED)
            newest = select(failed_attempts.c.at).where(mine, since).order_by(failed_attempts.c.id.desc())
            oldest = connection.execute(newest.limit(1).offset(most - 1)).scalar()
            if oldest is not None:
                longest = max(longest, min(oldest + _micros(_COUNTED) - now, _micros(_COUNTED)) / 1e6)
    return longest


def forget_failures(connection: Connection, store: Store) -> None:
    """Forget what failed more than a quarter of an hour ago."""
    old = to_micros(store.clock()) - _micros(_COUNTED)
    connection.execute(delete(failed_attempts).where(failed_attempts.c.at <= old))


def _hashed(store: Store, name: tuple[str, ...]) -> bytes:
    """What is kept of a name."""
    said = "\0".join(("failed attempt", *name)).encode("utf-8", errors="surrogatepass")  # strangers may send any text
    return hmac.digest(store.database.key, said, "sha256")[:_HASH]


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
