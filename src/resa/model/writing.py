"""What people write beside maps: comments, notes on days, saved views, and reports composed of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from resa.model.people import Role

__all__ = [
    "Author",
    "Comment",
    "ComposedReport",
    "DayNote",
    "PlaceKind",
    "ReportLink",
    "ReportPart",
    "SavedView",
]

PlaceKind: TypeAlias = Literal["map", "stage", "touchpoint"]
"""What can be commented on."""


@dataclass(frozen=True, kw_only=True)
class Author:
    """One of the staff who wrote something.

    Attributes:
        id: Their number.
        called: Their name, or where they have none their address.
    """

    id: int
    called: str


@dataclass(frozen=True, kw_only=True)
class Comment:
    """What somebody wrote about a touchpoint, a stage or a map.

    Attributes:
        id: Its number.
        map_key: Of the map.
        kind: Of what it is about.
        place: The key of that, as it was when this was written.
        called: What people called that then.
        answers: The number of the comment that it answers; `None`: it is the first of its kind.
        by: Who wrote it.
        text: What; empty: it was taken away, and answers to it stay.
        at: When, in UTC.
        resolved_at: Since when it needs nobody any more, in UTC; `None`: it is open, or an answer.
        resolved_by: Who said so.
    """

    id: int
    map_key: str
    kind: PlaceKind
    place: str
    called: str
    answers: int | None
    by: Author
    text: str
    at: datetime
    resolved_at: datetime | None = None
    resolved_by: Author | None = None


@dataclass(frozen=True, kw_only=True)
class DayNote:
    """What happened on a day or some days, as somebody wrote it down: a campaign, a site that was down.

    Attributes:
        id: Its number.
        map_key: The map whose trends show it; empty: those of all maps.
        first: The first day, in the map's zone.
        last: The last day; the same for a single one.
        text: What happened.
        by: Who wrote it down.
        at: When, in UTC.
        changed_at: When it was changed last, in UTC; `None`: never.
        changed_by: By whom.
    """

    id: int
    map_key: str
    first: date
    last: date
    text: str
    by: Author
    at: datetime
    changed_at: datetime | None = None
    changed_by: Author | None = None


@dataclass(frozen=True, kw_only=True)
class SavedView:
    """A screen that somebody wants to find again.

    Attributes:
        id: Its number.
        by: Who saved it.
        name: What it is called.
        address: Path and query of the screen.
        shared: Everyone sees it; else who saved it alone.
        at: When it was saved, in UTC.
    """

    id: int
    by: Author
    name: str
    address: str
    shared: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ReportPart:
    """A view in a report, or a text between views.

    Attributes:
        id: Its number.
        heading: What stands over it; may be empty.
        address: Path and query of the screen that it shows; empty: it is a text alone.
        text: What stands there in words; may be empty.
    """

    id: int
    heading: str
    address: str
    text: str


@dataclass(frozen=True, kw_only=True)
class ComposedReport:
    """A report that somebody composed of views.

    Attributes:
        id: Its number.
        by: Who composed it.
        title: Of the whole.
        at: When it was begun, in UTC.
        changed_at: When it was changed last, in UTC.
        parts: In order.
    """

    id: int
    by: Author
    title: str
    at: datetime
    changed_at: datetime
    parts: tuple[ReportPart, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReportLink:
    """A link that shows a report without signing in, for a time. Its secret is nowhere.

    Attributes:
        id: Its number.
        report: The number of the report.
        by: Who made it.
        role: What that person is now, by which it is judged whether they may still share.
        made_at: When, in UTC.
        until: When it ends by itself, in UTC.
        ended_at: When somebody ended it, in UTC; `None`: nobody did.
    """

    id: int
    report: int
    by: Author
    role: Role
    made_at: datetime
    until: datetime
    ended_at: datetime | None
