"""Reports that people composed of views, and the links that show them without signing in.

Of a link's secret its SHA-256 is kept, as of a session (`sessions.py`). Each change is one short transaction.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, insert, select, update

from resa.model.people import Person
from resa.model.writing import Author, ComposedReport, ReportLink, ReportPart
from resa.storage.comments import authors_of, has_room
from resa.storage.database import from_micros, to_micros
from resa.storage.schema import people
from resa.storage.schema_of_writing import composed_reports, report_links, report_parts
from resa.storage.sessions import hash_of

if TYPE_CHECKING:
    from resa.storage.audit import Also
    from resa.storage.store import Store

__all__ = [
    "add_part",
    "add_report",
    "change_part",
    "change_report",
    "composed_report",
    "end_link",
    "list_links",
    "list_reports",
    "living_link",
    "make_link",
    "move_part",
    "remove_part",
    "remove_report",
]


def list_reports(store: Store) -> list[ComposedReport]:
    """All reports by title, without their parts."""
    with store.database.reading() as connection:
        rows = list(connection.execute(select(composed_reports)))
        known = authors_of(connection) if rows else {}
    return sorted((_report(row, known, ()) for row in rows), key=lambda one: (one.title.casefold(), one.id))


def composed_report(store: Store, number: int) -> ComposedReport | None:
    """A report with its parts; `None`: there is none of this number."""
    with store.database.reading() as connection:
        row = connection.execute(select(composed_reports).where(composed_reports.c.id == number)).first()
        if row is None:
            return None
        parts = connection.execute(
            select(report_parts).where(report_parts.c.report == number).order_by(report_parts.c.place)
        )
        found = tuple(
            ReportPart(id=part.id, heading=part.heading, address=part.address, text=part.text) for part in parts
        )
        return _report(row, authors_of(connection), found)


def add_report(store: Store, person: Person, title: str, *, most: int) -> int | None:
    """Begin a report; its number, or `None`: the person has begun the most already."""
    now = to_micros(store.clock())
    row = {"person": person.id, "title": title, "at": now, "changed_at": now}
    with store.database.changing() as connection:
        if not has_room(connection, composed_reports, person, most):
            return None
        added = insert(composed_reports).values(**row).returning(composed_reports.c.id)
        number: int = connection.execute(added).scalar_one()
    return number


def change_report(store: Store, number: int, title: str) -> None:
    """Call a report otherwise."""
    with store.database.changing() as connection:
        connection.execute(update(composed_reports).where(composed_reports.c.id == number).values(title=title))
        _changed(connection, store, number)


def remove_report(store: Store, number: int, also: Also) -> None:
    """Take a report away with its parts and links; one that is gone already stays so."""
    with store.database.changing() as connection:
        if connection.execute(delete(composed_reports).where(composed_reports.c.id == number)).rowcount:
            also(connection)


def add_part(store: Store, number: int, part: ReportPart, *, most: int) -> bool:
    """Put a part at the end of a report; not, if it has the most parts already, or is gone.

    Args:
        store: The workspace's.
        number: Of the report.
        part: What; its number is not used.
        most: So many parts may it have.
    """
    mine = report_parts.c.report == number
    with store.database.changing() as connection:
        there = connection.execute(select(composed_reports.c.id).where(composed_reports.c.id == number)).first()
        count, last = connection.execute(select(func.count(), func.max(report_parts.c.place)).where(mine)).one()
        if there is None or count >= most:
            return False
        said = {"heading": part.heading, "address": part.address, "text": part.text}
        connection.execute(insert(report_parts).values(report=number, place=(last or 0) + 1, **said))
        _changed(connection, store, number)
    return True


def change_part(store: Store, number: int, part: ReportPart) -> None:
    """Change heading and text of a part."""
    with store.database.changing() as connection:
        one = (report_parts.c.report == number) & (report_parts.c.id == part.id)
        connection.execute(update(report_parts).where(one).values(heading=part.heading, text=part.text))
        _changed(connection, store, number)


def move_part(store: Store, number: int, part: int, by: int) -> None:
    """Let a part change places with the one before (-1) or behind it (1); at the end it stays where it is."""
    mine = report_parts.c.report == number
    with store.database.changing() as connection:
        rows = list(connection.execute(select(report_parts).where(mine).order_by(report_parts.c.place)))
        here = next((at for at, row in enumerate(rows) if row.id == part), None)
        if here is None or not 0 <= here + by < len(rows):
            return
        one, other = rows[here], rows[here + by]
        for row, place in ((one, other.place), (other, one.place)):
            connection.execute(update(report_parts).where(report_parts.c.id == row.id).values(place=place))
        _changed(connection, store, number)


def remove_part(store: Store, number: int, part: int) -> None:
    """Take a part out of a report."""
    with store.database.changing() as connection:
        connection.execute(delete(report_parts).where((report_parts.c.report == number) & (report_parts.c.id == part)))
        _changed(connection, store, number)


def make_link(store: Store, person: Person, number: int, until: datetime, also: Also, *, most: int) -> str | None:
    """Make a link to a report; its secret of 256 random bits, which is nowhere else. `None`: the most hold already.

    Args:
        store: The workspace's.
        person: Who makes it.
        number: Of the report.
        until: When it ends, in UTC.
        also: What is written down of it.
        most: So many links to the report may hold at once.
    """
    secret = secrets.token_urlsafe(32)
    row = {"report": number, "hash": hash_of(secret), "person": person.id, "made_at": to_micros(store.clock())}
    holds = report_links.c.ended_at.is_(None) & (report_links.c.until > row["made_at"])
    with store.database.changing() as connection:
        counted = select(func.count()).select_from(report_links).where(report_links.c.report == number, holds)
        if (connection.execute(counted).scalar() or 0) >= most:
            return None
        connection.execute(insert(report_links).values(**row, until=to_micros(until)))
        also(connection)
    return secret


def list_links(store: Store, number: int) -> list[ReportLink]:
    """The links of a report that were made and have not ended, newest first."""
    now = to_micros(store.clock())
    holds = (report_links.c.report == number) & report_links.c.ended_at.is_(None) & (report_links.c.until > now)
    with store.database.reading() as connection:
        known = authors_of(connection)
        rows = connection.execute(select(report_links, people.c.role).join(people).where(holds))
        return [_link(row, known) for row in sorted(rows, key=lambda row: -row.id)]


def living_link(store: Store, secret: str) -> ReportLink | None:
    """The link of a secret; `None`: there is none, it has ended, or who made it may sign in no more."""
    holds = (
        report_links.c.hash == hash_of(secret),
        report_links.c.ended_at.is_(None),
        report_links.c.until > to_micros(store.clock()),
        people.c.ended_at.is_(None),
    )
    with store.database.reading() as connection:
        row = connection.execute(select(report_links, people.c.role).join(people).where(*holds)).first()
        return None if row is None else _link(row, authors_of(connection))


def end_link(store: Store, number: int, link: int, also: Also) -> None:
    """End a link of a report at once; one that has ended already stays so."""
    one = (report_links.c.report == number) & (report_links.c.id == link) & report_links.c.ended_at.is_(None)
    with store.database.changing() as connection:
        ended = update(report_links).where(one).values(ended_at=to_micros(store.clock()))
        if connection.execute(ended).rowcount:
            also(connection)


def _changed(connection: Connection, store: Store, number: int) -> None:
    one = composed_reports.c.id == number
    connection.execute(update(composed_reports).where(one).values(changed_at=to_micros(store.clock())))


def _report(row: Any, known: dict[int, Author], parts: tuple[ReportPart, ...]) -> ComposedReport:
    return ComposedReport(
        id=row.id,
        by=known[row.person],
        title=row.title,
        at=from_micros(row.at),
        changed_at=from_micros(row.changed_at),
        parts=parts,
    )


def _link(row: Any, known: dict[int, Author]) -> ReportLink:
    return ReportLink(
        id=row.id,
        report=row.report,
        by=known[row.person],
        role=row.role,
        made_at=from_micros(row.made_at),
        until=from_micros(row.until),
        ended_at=None if row.ended_at is None else from_micros(row.ended_at),
    )
