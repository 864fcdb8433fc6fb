"""What people saw on the first page when they were there last, so that they are told what changed since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update

from resa.model.people import Person
from resa.storage.database import from_micros, to_micros
from resa.storage.schema import last_visits
from resa.storage.sessions import micros

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["LastVisit", "keep_visit"]

_AWAY: Final = timedelta(hours=1)
"""Who was away so long comes anew: what is told as changed stays so while they look around."""

_AGAIN: Final = timedelta(minutes=5)  # so seldom that looking does not become writing


@dataclass(frozen=True)
class LastVisit:
    """A visit of before.

    Attributes:
        at: When the person looked last, UTC, to five minutes.
        seen: What stood there then.
    """

    at: datetime
    seen: Mapping[str, Any]


def keep_visit(store: Store, person: Person, seen: Mapping[str, Any]) -> LastVisit | None:
    """Keep what a person sees now; what they saw when they were here before, if they ever were.

    Args:
        store: The workspace's.
        person: Who looks.
        seen: What stands there, as JSON has it; of customers nothing but counts.
    """
    now, mine = to_micros(store.clock()), last_visits.c.person == person.id
    text = json.dumps(seen, ensure_ascii=False, sort_keys=True)
    with store.database.reading() as connection:
        row = connection.execute(select(last_visits).where(mine)).first()
    if row is not None and now - row.at < micros(_AGAIN):
        return _before(row.before_at, row.before)
    with store.database.changing() as connection:
        row = connection.execute(select(last_visits).where(mine)).first()
        if row is None:
            connection.execute(insert(last_visits).values(person=person.id, at=now, seen=text))
            return None
        before_at, before = (row.at, row.seen) if now - row.at >= micros(_AWAY) else (row.before_at, row.before)
        values = {"at": now, "seen": text, "before_at": before_at, "before": before}
        connection.execute(update(last_visits).where(mine).values(**values))
        return _before(before_at, before)


def _before(at: int | None, seen: str | None) -> LastVisit | None:
    return None if at is None or seen is None else LastVisit(from_micros(at), json.loads(seen))
