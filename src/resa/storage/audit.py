"""Who saw and changed what: a log that only grows, without personal data of customers.

A customer stands in it by the pseudonym of one of her identifiers; once she was erased, nobody can tell whose it was.
Each entry has a hash of itself and of the hash before: who changes one, or takes one out, breaks the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, func, insert, select, text

from resa.base.language import sentence
from resa.storage.database import from_micros, to_micros
from resa.storage.pseudonyms import in_parts, pseudonyms_known, pseudonyms_made
from resa.storage.records import Finding
from resa.storage.schema import audit

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["Also", "AuditEntry", "Way", "audit_entries", "check_audit", "keep_entry", "put_entry"]

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
    store: Store, *, of: Iterable[tuple[str, str]] | None = None, newest: int | None = None
) -> list[AuditEntry]:
    """The log, the newest first.

    Args:
        store: The workspace's.
        of: Only about these identifiers, kind and value in its one form.
        newest: So many at most.
    """
    query = select(audit).order_by(audit.c.id.desc())
    with store.database.reading() as connection:
        if of is None:
            rows = list(connection.execute(query if newest is None else query.limit(newest)))
        else:
            known = pseudonyms_known(connection, of)
            rows = [
                row for part in in_parts(known) for row in connection.execute(query.where(audit.c.pseudonym.in_(part)))
            ]
    return [_entry(row) for row in sorted(rows, key=lambda row: -row.id)[:newest]]


def check_audit(store: Store) -> Iterator[Finding]:
    """Whether the log is as it was written."""
    with store.database.reading() as connection:
        before = b""
        for number, row in enumerate(connection.execute(select(audit).order_by(audit.c.id)), start=1):
            before = _link(before, row._asdict())
            if row.id != number or row.hash != before:
                yield _broken(number)
                return
        ever = connection.execute(text("SELECT max(seq) FROM sqlite_sequence WHERE name = 'audit'")).scalar()
        count = connection.execute(select(func.count()).select_from(audit)).scalar() or 0
    if count != (ever or 0):
        yield _broken(count + 1)


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
