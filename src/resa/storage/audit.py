"""Who saw and changed what: a log that only grows, without personal data of customers.

A customer stands in it by the pseudonym of one of her identifiers; once she was erased, nobody can tell whose it was.
Each entry has a hash of itself and of the hash before: who changes one, or takes one out, breaks the chain. Where the
oldest are taken away for their age, an entry says up to which, with the hash that the next one goes on from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import Connection, delete, func, insert, select, text

from resa.base.language import sentence
from resa.storage.database import from_micros, to_micros
from resa.storage.pseudonyms import in_parts, pseudonyms_known, pseudonyms_made
from resa.storage.records import Finding
from resa.storage.schema import audit

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = [
    "Also",
    "AuditEntry",
    "Way",
    "audit_entries",
    "check_audit",
    "count_old_entries",
    "expire_entries",
    "keep_entry",
    "put_entry",
]

Way = Literal["command", "program", "http"]

Also = Callable[[Connection], object]
"""What is written in the same transaction."""


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """Something that somebody saw or changed.

    Attributes:
        what: Such as `customer.show`.
        who: A user of the system, or the name of a key.
        way: By a command, a program (Python), or over HTTP.
        of: The customer, by kind and value of an identifier in its one form; in what is read, by the pseudonym alone.
        detail: What more there is to say, without personal data.
        at: When, UTC; `None`: it is not stored yet.
        number: Its place in the log, from 1; 0: it is not stored yet.
        pseudonym: Of the customer; empty: it is about nobody, or it is not stored yet.
    """

    what: str
    who: str
    way: Way
    of: tuple[str, str] | None = None
    detail: Mapping[str, str | int] = field(default_factory=dict)
    at: datetime | None = None
    number: int = 0
    pseudonym: str = ""


def keep_entry(store: Store, entry: AuditEntry) -> None:
    """Add to the log; it is on the disk when this returns. Beside a running server, too."""
    with store.database.changing() as connection:
        put_entry(connection, store, entry)


def put_entry(connection: Connection, store: Store, entry: AuditEntry) -> None:
    """The same, within a transaction."""
    newest = connection.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)).first()
    number, before = (1, b"") if newest is None else (newest.id + 1, newest.hash)
    row: dict[str, Any] = {
        "id": number,
        "at": to_micros(store.clock()),
        "who": entry.who,
        "way": entry.way,
        "what": entry.what,
        "pseudonym": None if entry.of is None else pseudonyms_made(connection, [entry.of])[entry.of].name,
        "detail": json.dumps(dict(entry.detail), ensure_ascii=False, sort_keys=True),
    }
    connection.execute(insert(audit).values(**row, hash=_link(before, row)))


def audit_entries(
    store: Store,
    *,
    of: Iterable[tuple[str, str]] | None = None,
    newest: int | None = None,
    before: int | None = None,
) -> list[AuditEntry]:
    """The log, the newest first.

    Args:
        store: The workspace's.
        of: Only about these identifiers, kind and value in its one form.
        newest: So many at most.
        before: Only entries of lower numbers.
    """
    query = select(audit).order_by(audit.c.id.desc())
    query = query if before is None else query.where(audit.c.id < before)
    with store.database.reading() as connection:
        if of is None:
            rows = list(connection.execute(query if newest is None else query.limit(newest)))
        else:
            known = pseudonyms_known(connection, of)
            rows = [
                row for part in in_parts(known) for row in connection.execute(query.where(audit.c.pseudonym.in_(part)))
            ]
    return [_entry(row) for row in sorted(rows, key=lambda row: -row.id)[:newest]]


def count_old_entries(store: Store, until: datetime) -> int:
    """How many of the oldest entries are all of before a moment (UTC)."""
    with store.database.reading() as connection:
        last = _last_old(connection, until)
        return connection.execute(select(func.count()).select_from(audit).where(audit.c.id <= last)).scalar() or 0


def expire_entries(connection: Connection, store: Store, until: datetime, entry: AuditEntry) -> int:
    """Take away the oldest entries, as far as all of them are of before a moment; how many that were.

    Args:
        connection: Of the transaction.
        store: The workspace's.
        until: The moment, UTC.
        entry: What is written of it, by whom and which way; the number and hash of the last one are added.
    """
    last = _last_old(connection, until)
    ended = connection.execute(select(audit.c.hash).where(audit.c.id == last)).scalar()
    if ended is None:
        return 0
    told = {**entry.detail, "last": last, "hash": ended.hex()}
    put_entry(connection, store, replace(entry, what=_EXPIRED, detail=told))
    return connection.execute(delete(audit).where(audit.c.id <= last)).rowcount


def _last_old(connection: Connection, until: datetime) -> int:
    """The last entry of those at the beginning that are all of before a moment; 0: there is none."""
    young = connection.execute(select(func.min(audit.c.id)).where(audit.c.at >= to_micros(until))).scalar()
    newest = (
        select(func.max(audit.c.id)).where(audit.c.id < young) if young is not None else select(func.max(audit.c.id))
    )
    return connection.execute(newest).scalar() or 0


_EXPIRED: Final = "audit.expire"


def _beginning(connection: Connection) -> tuple[int, bytes]:
    """Number and hash of the last entry that was taken away for its age, as the newest entry of that says."""
    newest = select(audit.c.detail).where(audit.c.what == _EXPIRED).order_by(audit.c.id.desc()).limit(1)
    said = connection.execute(newest).scalar()
    try:
        told = {} if said is None else json.loads(said)
        return (int(told["last"]), bytes.fromhex(told["hash"])) if told else (0, b"")
    except (KeyError, TypeError, ValueError):
        return 0, b""  # it was changed, and the chain shows it


def check_audit(store: Store) -> Iterator[Finding]:
    """Whether the log is as it was written."""
    with store.database.reading() as connection:
        number, before = _beginning(connection)
        for row in connection.execute(select(audit).order_by(audit.c.id)):
            number, before = number + 1, _link(before, row._asdict())
            if row.id != number or row.hash != before:
                yield _broken(number)
                return
        ever = connection.execute(text("SELECT max(seq) FROM sqlite_sequence WHERE name = 'audit'")).scalar()
    if number != (ever or 0):
        yield _broken(number + 1)


def _broken(number: int) -> Finding:
    message = sentence(
        "the audit log was changed at entry {number}; restore the data folder from a backup", number=str(number)
    )
    return Finding(code="audit", message=message)


def _link(before: bytes, row: Mapping[str, Any]) -> bytes:
    pseudonym = row["pseudonym"]
    told = [row[name] for name in ("id", "at", "who", "way", "what", "detail")]
    content = json.dumps([*told, None if pseudonym is None else pseudonym.hex()], ensure_ascii=False)
    return hashlib.sha256(before + content.encode()).digest()


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(
        what=row.what,
        who=row.who,
        way=row.way,
        detail=json.loads(row.detail),
        at=from_micros(row.at),
        number=row.id,
        pseudonym="" if row.pseudonym is None else row.pseudonym.hex(),
    )
