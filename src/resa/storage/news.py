"""What happened on maps, and what was told of it to whom.

News begin and end in one transaction with whatever else was found at the same look. A message is entered with all that
it tells in one transaction, before it is sent; once it was sent, that is noted. Who is killed in between sends it
again: nothing is lost, and at worst something is said twice, under the same number.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Row, Select, func, insert, or_, select, update

from resa.model.telling import Judged, Kind, News, Telling
from resa.storage.database import from_micros, to_micros
from resa.storage.schema_of_telling import news, tellings, told
from resa.storage.turns import locked

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from resa.storage.store import Store

__all__ = [
    "count_unsent",
    "due_tellings",
    "enter_telling",
    "keep_news",
    "known_news",
    "list_tellings",
    "settle_telling",
    "telling_alone",
    "told_occasions",
    "try_again",
]

_LATELY: Final = timedelta(days=7)
"""So long an end is worth telling."""


def telling_alone(store: Store) -> AbstractContextManager[bool]:
    """Nobody else tells meanwhile, in whichever process; whether that is so."""
    return locked(store.layout.root / "telling.lock")


def keep_news(store: Store, judged: Sequence[Judged], looked: Collection[tuple[Kind, str]]) -> None:
    """Enter what began, and what is over.

    Args:
        store: The workspace's data.
        judged: All that was watched.
        looked: Kinds and maps of which everything that is watched is there; what lasts and is not is gone unsaid.
    """
    now = to_micros(store.clock())
    found = {(one.kind, one.map, one.thing): one for one in judged}
    with store.database.changing() as connection:
        lasting = {
            (row.kind, row.map, row.thing): row
            for row in connection.execute(select(news).where(news.c.ended_at.is_(None)))
        }
        for key, one in found.items():
            if one.state == "on" and key not in lasting:
                values = {"kind": one.kind, "map": one.map, "thing": one.thing, "owner": one.owner, "began_at": now}
                connection.execute(insert(news).values(**values, facts=_text(one.facts)))
        for key, row in lasting.items():
            if values := _changed(row, found.get(key), now, looked):
                connection.execute(update(news).where(news.c.id == row.id).values(**values))


def _changed(row: Row[Any], one: Judged | None, now: int, looked: Collection[tuple[Kind, str]]) -> dict[str, Any]:
    """What changes of news that last."""
    if one is None:
        return {"ended_at": now} if (row.kind, row.map) in looked else {}
    if one.state == "off":
        return {"ended_at": now, "over": _text(one.facts)}
    return {"owner": one.owner} if one.owner != row.owner else {}  # who answers for it now hears of it


def known_news(store: Store) -> list[News]:
    """What lasts, and what ended lately, oldest first."""
    since = to_micros(store.clock() - _LATELY)
    query = select(news).where(or_(news.c.ended_at.is_(None), news.c.ended_at > since)).order_by(news.c.id)
    with store.database.reading() as connection:
        return [_news_of(row) for row in connection.execute(query)]


def told_occasions(store: Store, recipient: str) -> frozenset[str]:
    """What somebody was told, or is about to be."""
    with store.database.reading() as connection:
        return frozenset(connection.execute(select(told.c.occasion).where(told.c.recipient == recipient)).scalars())


def enter_telling(
    store: Store, recipient: str, kind: Kind, content: Iterable[tuple[str, Mapping[str, Any]]]
) -> int | None:
    """Enter a message, to be sent; its number, or `None` if all of it is told already.

    Args:
        store: The workspace's data.
        recipient: To whom.
        kind: What it is about.
        content: Each occasion, by which it is told once, with what there is to say.
    """
    now, mine = to_micros(store.clock()), told.c.recipient == recipient
    with store.database.changing() as connection:
        known = set(connection.execute(select(told.c.occasion).where(mine)).scalars())
        new = {occasion: said for occasion, said in content if occasion not in known}
        if not new:
            return None
        values = {"recipient": recipient, "kind": kind, "content": json.dumps(list(new.values()), ensure_ascii=False)}
        entered = insert(tellings).values(**values, made_at=now, state="waiting", tries=0, next_at=now, error="")
        number: int = connection.execute(entered.returning(tellings.c.id)).scalar_one()
        for occasion in new:
            connection.execute(insert(told).values(recipient=recipient, occasion=occasion, telling=number))
        return number


def due_tellings(store: Store) -> list[Telling]:
    """Messages that are to be sent now, oldest first."""
    now = to_micros(store.clock())
    query = select(tellings).where(tellings.c.state == "waiting", tellings.c.next_at <= now).order_by(tellings.c.id)
    return _tellings(store, query)


def list_tellings(store: Store, recipient: str | None = None, *, limit: int = 50) -> list[Telling]:
    """Messages, those first that could not be sent, then the newest; of one recipient, if one is named."""
    query = select(tellings).order_by((tellings.c.error == "") | (tellings.c.state == "sent"), tellings.c.id.desc())
    if recipient is not None:
        query = query.where(tellings.c.recipient == recipient)
    return _tellings(store, query.limit(limit))


def count_unsent(store: Store) -> int:
    """How many messages of the last days could not be sent yet, or for good."""
    since = to_micros(store.clock() - _LATELY)
    unsent = (tellings.c.state != "sent") & (tellings.c.error != "") & (tellings.c.made_at > since)
    with store.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(tellings).where(unsent)).scalar_one())


def settle_telling(store: Store, number: int, *, error: str = "", next_at: datetime | None = None) -> None:
    """Note how it went to send a message.

    Args:
        store: The workspace's data.
        number: Of the message.
        error: Why it could not be sent; empty: it was.
        next_at: When it is tried again; `None`: never.
    """
    now, values = to_micros(store.clock()), {"tries": tellings.c.tries + 1, "error": error}
    if not error:
        values |= {"state": "sent", "sent_at": now}
    elif next_at is None:
        values |= {"state": "failed"}
    else:
        values |= {"next_at": to_micros(next_at)}
    with store.database.changing() as connection:
        connection.execute(update(tellings).where(tellings.c.id == number).values(**values))


def try_again(store: Store, number: int) -> None:
    """Have a message that could not be sent be tried again now."""
    values = {"state": "waiting", "tries": 0, "next_at": to_micros(store.clock())}
    with store.database.changing() as connection:
        unsent = (tellings.c.id == number) & (tellings.c.state != "sent")
        connection.execute(update(tellings).where(unsent).values(**values))


def _tellings(store: Store, query: Select[Any]) -> list[Telling]:
    with store.database.reading() as connection:
        return [_telling_of(row) for row in connection.execute(query)]


def _text(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)


def _news_of(row: Row[Any]) -> News:
    return News(
        id=row.id,
        kind=row.kind,
        map=row.map,
        thing=row.thing,
        owner=row.owner,
        facts=json.loads(row.facts),
        began_at=from_micros(row.began_at),
        ended_at=None if row.ended_at is None else from_micros(row.ended_at),
        over=None if row.over is None else json.loads(row.over),
    )


def _telling_of(row: Row[Any]) -> Telling:
    return Telling(
        id=row.id,
        recipient=row.recipient,
        kind=row.kind,
        content=json.loads(row.content),
        made_at=from_micros(row.made_at),
        state=row.state,
        tries=row.tries,
        next_at=from_micros(row.next_at),
        error=row.error,
        sent_at=None if row.sent_at is None else from_micros(row.sent_at),
    )
