"""What programs were answered, so that a request that comes again is not done again. Each is kept for a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from resa.storage.database import to_micros
from resa.storage.schema import answered_requests

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["Answered", "answer_of", "keep_answer"]

_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True)
class Answered:
    """What was answered.

    Attributes:
        asked: Keyed hash of what was asked for.
        answer: JSON.
    """

    asked: bytes
    answer: str


def answer_of(store: Store, caller: str, said: str) -> Answered | None:
    """What was answered to a request within a day; `None`: it is new.

    Args:
        store: The workspace's data.
        caller: Who asks.
        said: What they call the request.
    """
    since = to_micros(store.clock() - _KEPT)
    query = select(answered_requests).where(
        answered_requests.c.caller == caller, answered_requests.c.said == said, answered_requests.c.at > since
    )
    with store.database.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else Answered(row.asked, row.answer)


def keep_answer(store: Store, caller: str, said: str, answered: Answered) -> None:
    """Keep what was answered; what is older than a day goes."""
    now = store.clock()
    row = {"asked": answered.asked, "answer": answered.answer, "at": to_micros(now)}
    kept = insert(answered_requests).values(caller=caller, said=said, **row)
    with store.database.changing() as connection:
        connection.execute(delete(answered_requests).where(answered_requests.c.at <= to_micros(now - _KEPT)))
        connection.execute(kept.on_conflict_do_update(index_elements=["caller", "said"], set_=row))
