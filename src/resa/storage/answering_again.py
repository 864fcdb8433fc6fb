"""What programs were answered, so that a request that comes again is not done again. Each is kept for a day.

A request is written down before it is done: after a crash nobody knows whether it was, and that can be said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from resa.storage.database import to_micros
from resa.storage.schema import answered_requests

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["Answered", "begin_request", "forget_request", "keep_answer"]

_KEPT: Final = timedelta(days=1)
_UNDER_WAY: Final = ""


@dataclass(frozen=True)
class Answered:
    """What was answered.

    Attributes:
        asked: Keyed hash of what was asked for.
        answer: JSON; `None`: it was begun, and whether it was done nobody knows.
    """

    asked: bytes
    answer: str | None


def begin_request(store: Store, caller: str, said: str, asked: bytes) -> Answered | None:
    """Write down that a request is about to be done; what is older than a day goes.

    Args:
        store: The workspace's data.
        caller: Who asks.
        said: What they call the request.
        asked: Keyed hash of what they ask for.

    Returns:
        What was begun or answered under that name within a day; `None`: it is new.
    """
    now = store.clock()
    with store.database.changing() as connection:
        connection.execute(delete(answered_requests).where(answered_requests.c.at <= to_micros(now - _KEPT)))
        row = connection.execute(select(answered_requests).where(_called(caller, said))).first()
        if row is None:
            begun = {"caller": caller, "said": said, "asked": asked, "at": to_micros(now), "answer": _UNDER_WAY}
            connection.execute(insert(answered_requests).values(**begun))
    return None if row is None else Answered(row.asked, None if row.answer == _UNDER_WAY else row.answer)


def keep_answer(store: Store, caller: str, said: str, answer: str) -> None:
    """Keep what was answered to a request that was begun, as JSON."""
    kept = {"answer": answer, "at": to_micros(store.clock())}
    with store.database.changing() as connection:
        connection.execute(update(answered_requests).where(_called(caller, said)).values(**kept))


def forget_request(store: Store, caller: str, said: str) -> None:
    """Forget a request that was begun and refused: it may come again."""
    with store.database.changing() as connection:
        connection.execute(delete(answered_requests).where(_called(caller, said)))


def _called(caller: str, said: str) -> ColumnElement[bool]:
    return and_(answered_requests.c.caller == caller, answered_requests.c.said == said)
