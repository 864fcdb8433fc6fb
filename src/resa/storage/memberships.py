"""Who is in which segment, since when, and who entered and left: kept, for it cannot be counted again later.

Customers are named by the 16 bytes of the keyed hash that names them in the index, in `who`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

from resa.storage.database import from_micros, to_micros
from resa.storage.schema import segment_changes, segment_members, segment_states

if TYPE_CHECKING:
    from resa.storage.store import Store
    from resa.storage.writer import Writer

__all__ = [
    "Cause",
    "Member",
    "SegmentChange",
    "SegmentState",
    "forget_segment",
    "keep_segment",
    "kept_members",
    "segment_history",
    "segment_states_of",
    "since_when",
]

Cause = Literal["event", "record", "time", "identity", "definition", "start", "gone"]
"""Why somebody entered or left: an event of theirs, what a source said of them, time alone, customers that were joined
or split, an edit of what decides it, something while nobody looked, or that the customer is there no more."""

_AT_ONCE: Final = 2_000  # rows of a transaction, which takes a few hundredths of a second then

Change = Literal["entered", "left"]

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class SegmentState:
    """Up to when a segment is followed.

    Attributes:
        segment: `map.segment`.
        definition: Hash of all that decided who was in it.
        since: Since when it is followed, UTC.
        counted_at: When its members were last looked at, UTC.
        customers: How many they were.
    """

    segment: str
    definition: str
    since: datetime
    counted_at: datetime
    customers: int


@dataclass(frozen=True, kw_only=True)
class Member:
    """A customer of a segment, to be kept or no more.

    Attributes:
        customer: The 16 bytes that name the customer.
        since: Since when she is in, microseconds since 1970.
    """

    customer: bytes
    since: int


@dataclass(frozen=True, kw_only=True)
class SegmentChange:
    """Somebody entered a segment or left it.

    Attributes:
        segment: `map.segment`.
        customer: The 16 bytes that name the customer.
        change: Which of the two.
        at: When it was noticed, UTC.
        cause: Why.
        happened_at: When the event happened that caused it, UTC; `None`: another cause, or not known.
    """

    segment: str
    customer: bytes
    change: Change
    at: datetime
    cause: Cause
    happened_at: datetime | None = None


def segment_states_of(store: Store) -> Mapping[str, SegmentState]:
    """The segments that are followed, by `map.segment`."""
    with store.database.reading() as connection:
        rows = connection.execute(select(segment_states)).all()
    return {
        row.segment: SegmentState(
            segment=row.segment,
            definition=row.definition,
            since=from_micros(row.since),
            counted_at=from_micros(row.counted_at),
            customers=row.customers,
        )
        for row in rows
    }


def kept_members(store: Store, segment: str) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """The members of a segment as they were last kept: uint64[M, 2] as in `who`, and since when, microseconds."""
    query = select(segment_members.c.customer, segment_members.c.since).where(segment_members.c.segment == segment)
    with store.database.reading() as connection:
        rows = connection.execute(query).all()
    keys = np.frombuffer(b"".join(row.customer for row in rows), "<u8").reshape(-1, 2)
    return keys, np.fromiter((row.since for row in rows), np.int64, len(rows))


def since_when(store: Store, customer: bytes) -> Mapping[str, datetime]:
    """The segments that a customer was last kept in, and since when."""
    query = select(segment_members.c.segment, segment_members.c.since).where(segment_members.c.customer == customer)
    with store.database.reading() as connection:
        return {row.segment: from_micros(row.since) for row in connection.execute(query)}


def segment_history(
    store: Store, segment: str | None = None, *, customer: bytes | None = None, newest: int | None = None
) -> list[SegmentChange]:
    """Who entered and left, the newest first.

    Args:
        store: The data folder.
        segment: `map.segment`; `None`: of all.
        customer: Only this customer.
        newest: So many at most.
    """
    query = select(segment_changes).order_by(segment_changes.c.id.desc())
    if segment is not None:
        query = query.where(segment_changes.c.segment == segment)
    if customer is not None:
        query = query.where(segment_changes.c.customer == customer)
    if newest is not None:
        query = query.limit(newest)
    with store.database.reading() as connection:
        return [
            SegmentChange(
                segment=row.segment,
                customer=row.customer,
                change=row.change,
                at=from_micros(row.at),
                cause=row.cause,
                happened_at=None if row.happened_at is None else from_micros(row.happened_at),
            )
            for row in connection.execute(query)
        ]


def keep_segment(
    writer: Writer,
    state: SegmentState,
    *,
    gone: Iterable[bytes],
    come: Iterable[Member],
    changes: Iterable[SegmentChange],
) -> None:
    """Keep who is in a segment by now. Cut short, it is found out again: what was kept is right as far as it goes.

    Args:
        writer: The writer.
        state: Of the segment, kept at the end: a segment without one is not followed yet.
        gone: Who is in it no more.
        come: Who is in it from now on.
        changes: What is to be told of that. A change is kept together with whom it is about.
    """
    told = {change.customer: change for change in changes}
    for some in _batches(gone):
        with writer.lease.writing() as connection:
            connection.execute(
                delete(segment_members).where(
                    segment_members.c.segment == state.segment, segment_members.c.customer.in_(some)
                )
            )
            _tell(connection, [told.pop(customer) for customer in some if customer in told])
    for joined in _batches(come):
        rows = [{"segment": state.segment, "customer": member.customer, "since": member.since} for member in joined]
        with writer.lease.writing() as connection:
            connection.execute(insert_or_ignore(segment_members).on_conflict_do_nothing(), rows)
            _tell(connection, [told.pop(member.customer) for member in joined if member.customer in told])
    values = {
        "definition": state.definition,
        "since": to_micros(state.since),
        "counted_at": to_micros(state.counted_at),
        "customers": state.customers,
    }
    with writer.lease.writing() as connection:
        _tell(connection, list(told.values()))
        connection.execute(
            insert_or_ignore(segment_states)
            .values(segment=state.segment, **values)
            .on_conflict_do_update(index_elements=["segment"], set_=values)
        )


def forget_segment(writer: Writer, segment: str) -> None:
    """Follow a segment no more. Who entered and left stays."""
    with writer.lease.writing() as connection:
        connection.execute(delete(segment_states).where(segment_states.c.segment == segment))
    while True:
        with writer.lease.writing() as connection:
            some = select(segment_members.c.customer).where(segment_members.c.segment == segment).limit(_AT_ONCE)
            mine = (segment_members.c.segment == segment, segment_members.c.customer.in_(some.scalar_subquery()))
            if not connection.execute(delete(segment_members).where(*mine)).rowcount:
                return


def _tell(connection: Connection, changes: Sequence[SegmentChange]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "segment": change.segment,
            "customer": change.customer,
            "change": change.change,
            "at": to_micros(change.at),
            "cause": change.cause,
            "happened_at": None if change.happened_at is None else to_micros(change.happened_at),
        }
        for change in changes
    ]
    if rows:
        connection.execute(insert(segment_changes), rows)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    waiting = iter(items)
    while some := list(islice(waiting, _AT_ONCE)):
        yield some
