"""What customers consented to and withdrew: a log that only grows, with a chain that shows if anybody changed it.

Each row has a *commitment*: an HMAC of all that it says, under the key of its identifier's pseudonym; and a *hash*, of
the hash before, of its number and of its commitment. Who changes a row, takes one out or puts one between breaks the
chain. Erasure takes the content and the key away, and leaves number, commitment and hash: the chain holds, and what is
left says nothing of anybody. A page that names somebody else is blotted out when that one is erased; of it, a digest is
committed to.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, func, insert, select, text, update

from resa.base.language import sentence
from resa.storage.database import from_micros, to_micros
from resa.storage.keeping_out import KeptOut
from resa.storage.needles import MARK, Needles
from resa.storage.pseudonyms import in_parts, pseudonyms_known, pseudonyms_made
from resa.storage.records import Finding
from resa.storage.schema import consents, erasures, pseudonyms

if TYPE_CHECKING:
    from resa.storage.audit import Also
    from resa.storage.store import Store

__all__ = [
    "ConsentRecord",
    "Kept",
    "check_consents",
    "consent_is_answered",
    "consents_known",
    "consents_of",
    "consents_table",
    "erase_consents",
    "keep_consents",
    "mentions_in_consents",
    "put_consents",
]


class Kept(NamedTuple):
    """What became of a record.

    Attributes:
        outcome: It is stored; duplicate: its message was there, or another one answers what it answers; erased: the
            person was erased since it was said.
        number: Its place in the log; 0: it has none.
    """

    outcome: Literal["stored", "duplicate", "erased"]
    number: int = 0


_CONTENT: Final = ("about", "what", "at", "recorded_at", "wording", "source", "page", "address", "who", "answers")
_TEXTS: Final = ("wording", "source", "page", "address", "who")
_LEFT: Final = frozenset({"id", "commitment", "hash"})  # what erasure leaves of a row
_AT_ONCE: Final = 500  # rows of a transaction: a few hundredths of a second


@dataclass(frozen=True, kw_only=True)
class ConsentRecord:
    """A word of a customer on a topic or purpose.

    Attributes:
        kind: Of her identifier.
        value: Of her identifier, in its one form.
        about: Key of the topic or purpose.
        what: She was asked, gave it, confirmed it, or withdrew it.
        at: When she said so, UTC.
        wording: Version of what she was shown; empty: not known.
        source: Where it was said.
        page: On which page.
        address: From which IP address, as far as it is kept.
        who: Who recorded it.
        answers: Number of the record that asked, which this confirms.
        message: The sender's own id; empty: none. Of one source, what comes again is stored once.
        recorded_at: When it was stored, UTC; `None`: it is not yet.
        number: Its place in the log, from 1; 0: it is not stored yet.
    """

    kind: str
    value: str
    about: str
    what: Literal["asked", "given", "confirmed", "withdrawn"]
    at: datetime
    wording: str = ""
    source: str = ""
    page: str = ""
    address: str = ""
    who: str = ""
    answers: int | None = None
    message: str = ""
    recorded_at: datetime | None = None
    number: int = 0


def keep_consents(store: Store, records: Sequence[ConsentRecord], also: Also | None = None) -> list[Kept]:
    """Add to the log, and tell of each; what is given back as stored is on the disk. Beside a running server, too.

    Args:
        store: The workspace's.
        records: In the order in which they are kept.
        also: What is written in the transaction of the first that is stored, if any is.
    """
    kept: list[Kept] = []
    for begin in range(0, len(records), _AT_ONCE):
        with store.database.changing() as connection:
            some = put_consents(connection, store, records[begin : begin + _AT_ONCE])
            if also is not None and any(one.outcome == "stored" for one in some):
                also(connection)
                also = None
            kept += some
    return kept


def put_consents(connection: Connection, store: Store, records: Sequence[ConsentRecord]) -> list[Kept]:
    """The same, within a transaction."""
    if not records:
        return []
    messages = [_message(store, one) if one.message else None for one in records]
    known = _known(connection, consents.c.message, messages)
    answered = _known(connection, consents.c.answers, [one.answers for one in records])
    barred = _barred_until(store, records)
    newest = connection.execute(select(consents.c.id, consents.c.hash).order_by(consents.c.id.desc()).limit(1)).first()
    number, last = (0, b"") if newest is None else (newest.id, newest.hash)
    kept: list[Kept] = []
    new: list[tuple[ConsentRecord, bytes | None]] = []
    for one, message, until in zip(records, messages, barred, strict=True):
        if to_micros(one.at) <= until:
            kept.append(Kept("erased"))
        elif message in known or one.answers in answered:
            kept.append(Kept("duplicate"))
        else:
            known |= {message} - {None}
            answered |= {one.answers} - {None}
            new.append((one, message))
            kept.append(Kept("stored", number + len(new)))
    if new:
        connection.execute(insert(consents), list(_rows(connection, to_micros(store.clock()), number, last, new)))
    return kept


def _rows(
    connection: Connection, now: int, number: int, last: bytes, new: Sequence[tuple[ConsentRecord, bytes | None]]
) -> Iterator[dict[str, Any]]:
    """The rows of new records, behind the record of a number and a hash."""
    names = pseudonyms_made(connection, {(one.kind, one.value) for one, _ in new})
    for place, (one, message) in enumerate(new, start=number + 1):
        pseudonym = names[one.kind, one.value]
        told = {name: getattr(one, name) for name in (*_TEXTS, "about", "what", "answers")}
        row = {**told, "at": to_micros(one.at), "recorded_at": now, "page_digest": _digest(pseudonym.key, one.page)}
        commitment = _commitment(pseudonym.key, pseudonym.name, row)
        last = _link(last, place, commitment)
        yield {
            **row,
            "id": place,
            "pseudonym": pseudonym.name,
            "commitment": commitment,
            "hash": last,
            "message": message,
        }


def _known(connection: Connection, column: ColumnElement[Any], values: Sequence[Any]) -> set[Any]:
    """Which of some values stand in a column already."""
    found: set[Any] = set()
    for part in in_parts(value for value in values if value is not None):
        found |= set(connection.execute(select(column).where(column.in_(part))).scalars())
    return found


def _barred_until(store: Store, records: Sequence[ConsentRecord]) -> list[int]:
    """Up to when each one's words are not kept, for she was erased; -1: they are."""
    kept_out = KeptOut(store)
    if not kept_out:
        return [-1] * len(records)
    kinds, values = (pa.array([getattr(one, name) for one in records], pa.string()) for name in ("kind", "value"))
    found: list[int] = kept_out.until(kinds, values).tolist()
    return found


def _is_there(connection: Connection, condition: ColumnElement[bool]) -> bool:
    return connection.execute(select(consents.c.id).where(condition)).first() is not None


def consents_of(store: Store, identifiers: Iterable[tuple[str, str]]) -> list[ConsentRecord]:
    """All words of whom some identifiers name, kind and value in its one form; in the order in which they were kept."""
    with store.database.reading() as connection:
        known = pseudonyms_known(connection, identifiers)
        rows = [
            row
            for part in in_parts(known)
            for row in connection.execute(select(consents).where(consents.c.pseudonym.in_(part))).all()
        ]
    return [_record(row, *known[row.pseudonym]) for row in sorted(rows, key=lambda row: row.id)]


def consents_known(
    store: Store, about: str | None = None, *, number: int | None = None, after: int = 0
) -> list[ConsentRecord]:
    """All words of everybody who was not erased, in the order in which they were kept.

    Args:
        store: The workspace's.
        about: Only on this topic or purpose.
        number: Only the one of this number.
        after: Only those behind this number.
    """
    query = select(consents, pseudonyms.c.kind, pseudonyms.c.value).join(
        pseudonyms, pseudonyms.c.pseudonym == consents.c.pseudonym
    )
    query = query.where(consents.c.id > after)
    if about is not None:
        query = query.where(consents.c.about == about)
    if number is not None:
        query = query.where(consents.c.id == number)
    with store.database.reading() as connection:
        return [_record(row, row.kind, row.value) for row in connection.execute(query.order_by(consents.c.id))]


def consent_is_answered(store: Store, number: int) -> bool:
    """Whether what a record asked was confirmed."""
    with store.database.reading() as connection:
        return _is_there(connection, consents.c.answers == number)


def erase_consents(connection: Connection, names: Sequence[bytes], needles: Needles) -> None:
    """Take the content of some pseudonyms' records away, and names of the person from pages of others."""
    empty = {column.name: None for column in consents.columns if column.name not in _LEFT}
    for part in in_parts(names):
        connection.execute(update(consents).where(consents.c.pseudonym.in_(part)).values(**empty))
    for row in _pages_naming(connection, needles):
        connection.execute(update(consents).where(consents.c.id == row.id).values(page=needles.scrubbed(row.page)))


def mentions_in_consents(store: Store, names: Sequence[bytes], needles: Needles) -> int:
    """How many records of others name the person in their page."""
    with store.database.reading() as connection:
        return sum(row.pseudonym not in names for row in _pages_naming(connection, needles))


def _pages_naming(connection: Connection, needles: Needles) -> list[Any]:
    columns = consents.c.id, consents.c.pseudonym, consents.c.page
    rows = connection.execute(select(*columns).where(consents.c.page != "")).all()
    hit = needles.among(pa.array([row.page for row in rows], pa.string()))
    return [row for row, named in zip(rows, hit.tolist(), strict=True) if named]


def consents_table(store: Store, names: Sequence[bytes]) -> pa.Table:
    """The records of some pseudonyms, for whom they are about."""
    with store.database.reading() as connection:
        rows = [
            row
            for part in in_parts(names)
            for row in connection.execute(select(consents).where(consents.c.pseudonym.in_(part))).all()
        ]
    told = [
        {
            name: from_micros(getattr(row, name)) if name in {"at", "recorded_at"} else getattr(row, name)
            for name in _CONTENT
        }
        for row in sorted(rows, key=lambda row: row.id)
    ]
    return pa.Table.from_pylist(told) if told else pa.table({})


def check_consents(store: Store) -> Iterator[Finding]:
    """Whether the log is as it was written: each record, their order and their number."""
    with store.database.reading() as connection:
        keys = {row.pseudonym: row.key for row in connection.execute(select(pseudonyms))}
        last, emptied = b"", 0
        for number, row in enumerate(connection.execute(select(consents).order_by(consents.c.id)), start=1):
            last = _link(last, number, row.commitment)
            if row.id != number or row.hash != last:
                yield _broken(number)
                return
            if row.pseudonym is None:
                emptied += 1
            elif not _is_as_written(keys.get(row.pseudonym), row._asdict()):
                yield _changed(number)
        counts = connection.execute(select(erasures.c.rows)).scalars()
        erased = sum(json.loads(rows).get("consents", 0) for rows in counts)
        ever = connection.execute(text("SELECT max(seq) FROM sqlite_sequence WHERE name = 'consents'")).scalar()
        count = connection.execute(select(func.count()).select_from(consents)).scalar() or 0
    if count != (ever or 0) or emptied != erased:
        yield Finding(
            code="consents",
            message=sentence("records of consents are missing; restore the data folder from a backup"),
        )


def _broken(number: int) -> Finding:
    return Finding(
        code="consents",
        message=sentence(
            "the log of consents was changed at record {number}; restore the data folder from a backup",
            number=str(number),
        ),
    )


def _changed(number: int) -> Finding:
    return Finding(
        code="consents",
        message=sentence(
            "record {number} of the consents does not say what was written; restore the data folder from a backup",
            number=str(number),
        ),
    )


def _is_as_written(key: bytes | None, row: dict[str, Any]) -> bool:
    if key is None:
        return False
    page = row["page"] or ""
    if _digest(key, page) != row["page_digest"] and MARK not in page:
        return False
    return hmac.compare_digest(_commitment(key, row["pseudonym"], row), row["commitment"])


def _commitment(key: bytes, pseudonym: bytes, row: dict[str, Any]) -> bytes:
    told = [row[name] for name in _CONTENT if name != "page"]
    content = json.dumps([pseudonym.hex(), row["page_digest"].hex(), *told], ensure_ascii=False)
    return hmac.digest(key, content.encode(), hashlib.sha256)


def _digest(key: bytes, page: str) -> bytes:
    return hmac.digest(key, b"page " + page.encode(), hashlib.sha256)


def _link(before: bytes, number: int, commitment: bytes) -> bytes:
    return hashlib.sha256(before + number.to_bytes(8, "big") + commitment).digest()


def _message(store: Store, record: ConsentRecord) -> bytes:
    """The keyed hash of a sender's id, which may hold anything."""
    source, message = (pa.array([text], pa.string()) for text in (f"consent {record.source}", record.message))
    words = store.hasher.identifiers(source, message)
    return words.astype("<u8").tobytes()


def _record(row: Any, kind: str, value: str) -> ConsentRecord:
    texts = {name: getattr(row, name) or "" for name in _TEXTS}
    return ConsentRecord(
        kind=kind,
        value=value,
        about=row.about,
        what=row.what,
        at=from_micros(row.at),
        answers=row.answers,
        recorded_at=from_micros(row.recorded_at),
        number=row.id,
        **texts,
    )
