"""Composed reports over the API: put together in the name of a key's person, and shown outside by links that end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from litestar import Request, delete, get, post, put
from litestar.params import JSONBody

from resa.base.language import sentence
from resa.model.people import Person
from resa.model.writing import ComposedReport
from resa.screens.api.answers import Page, needed
from resa.screens.api.calling import Cursor, Limit, Line, Number, Prose, part_after
from resa.screens.api.repeating import once
from resa.screens.api.writers import Numbered, forbidden, missing, said_well, writer_of
from resa.screens.frame import Visiting
from resa.screens.rights import may
from resa.screens.visits import Visit
from resa.workspace.composed_reports import ComposedReports, may_change

__all__ = ["ROUTES"]


@dataclass(frozen=True, kw_only=True)
class ReportLine:
    """A composed report in a list. Moments are UTC.

    Attributes:
        number: Its own.
        title: Of the whole.
        by: Who composed it.
        at: When it was begun.
        changed_at: When it was changed last.
    """

    number: int
    title: str
    by: str
    at: datetime
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class PartLine:
    """A view in a report, or a text between views.

    Attributes:
        number: Its own.
        heading: What stands over it; may be empty.
        address: Path and query of the screen that it shows; empty: it is a text alone.
        text: What stands there in words; may be empty.
    """

    number: int
    heading: str
    address: str
    text: str


@dataclass(frozen=True, kw_only=True)
class LinkLine:
    """A link that shows a report without signing in. Its secret is nowhere. Moments are UTC.

    Attributes:
        number: Its own.
        by: Who made it.
        made_at: When.
        until: When it ends by itself.
    """

    number: int
    by: str
    made_at: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class WholeReport:
    """A composed report. Moments are UTC.

    Attributes:
        number: Its own.
        title: Of the whole.
        by: Who composed it.
        at: When it was begun.
        changed_at: When it was changed last.
        parts: In order.
        links: Those that hold, the newest first.
    """

    number: int
    title: str
    by: str
    at: datetime
    changed_at: datetime
    parts: list[PartLine]
    links: list[LinkLine]


@dataclass(frozen=True, kw_only=True)
class NewPart:
    """A part to be put at the end of a report.

    Attributes:
        heading: What stands over it.
        address: Path and query of the screen that it shows; empty: it is a text alone.
        text: What stands there in words.
    """

    heading: Line = ""
    address: Prose = ""
    text: Prose = ""


@dataclass(frozen=True, kw_only=True)
class NewTitle:
    """What a report shall be called.

    Attributes:
        title: Of the whole.
    """

    title: Line


@dataclass(frozen=True, kw_only=True)
class PartWords:
    """The words of a part.

    Attributes:
        heading: What stands over it.
        text: What stands there in words.
    """

    heading: Line
    text: Prose


@dataclass(frozen=True, kw_only=True)
class NewLink:
    """How long a link shall hold.

    Attributes:
        until: The last day, in UTC; at most a year from now.
    """

    until: date


@dataclass(frozen=True, kw_only=True)
class MadeLink:
    """A link that was made; it is told this once.

    Attributes:
        address: Where whoever has it sees the report, without the host.
    """

    address: str


@get("/reports", operation_id="reports", summary="Composed reports", opt={"needs": "see"}, sync_to_thread=True)
def reports(visit: Visiting, limit: Limit = 200, cursor: Cursor = "") -> Page[ReportLine]:
    """All composed reports, by title."""
    found, following = part_after(ComposedReports(visit.shop).all(), lambda one: one.id, "reports", limit, cursor)
    return Page(
        [
            ReportLine(number=one.id, title=one.title, by=one.by.called, at=one.at, changed_at=one.changed_at)
            for one in found
        ],
        following,
    )


@get(
    "/reports/{number:int}",
    operation_id="report",
    summary="A composed report",
    opt={"needs": "see"},
    sync_to_thread=True,
)
def report(visit: Visiting, number: Number) -> WholeReport:
    """What is in a report, and by which links it is shown outside."""
    kept = ComposedReports(visit.shop)
    one = kept.one(number)
    return WholeReport(
        number=one.id,
        title=one.title,
        by=one.by.called,
        at=one.at,
        changed_at=one.changed_at,
        parts=[
            PartLine(number=part.id, heading=part.heading, address=part.address, text=part.text) for part in one.parts
        ],
        links=[
            LinkLine(number=link.id, by=link.by.called, made_at=link.made_at, until=link.until)
            for link in kept.links(number)
        ],
    )


@post(
    "/reports",
    operation_id="begin_report",
    summary="Compose a report",
    opt={"needs": "write", "repeats": True},
    sync_to_thread=True,
)
def begin(visit: Visiting, request: Request[Any, Any, Any], data: JSONBody[NewTitle]) -> Numbered:
    """Begin a report; what is in it is put in part by part."""
    person = writer_of(visit)

    def begun() -> Numbered:
        with said_well("title"):
            return Numbered(number=ComposedReports(visit.shop).begin(person, data.title))

    return once(visit, request, data, begun)


@put(
    "/reports/{number:int}",
    operation_id="call_report",
    summary="Give a report another title",
    status_code=204,
    opt={"needs": "write"},
    sync_to_thread=True,
)
def call(visit: Visiting, number: Number, data: JSONBody[NewTitle]) -> None:
    """Give a report another title."""
    person, _ = _own(visit, number)
    with said_well("title"):
        ComposedReports(visit.shop).call(person, number, data.title)


@delete(
    "/reports/{number:int}",
    operation_id="remove_report",
    summary="Take a report away",
    opt={"needs": "write"},
    sync_to_thread=True,
)
def remove(visit: Visiting, number: Number) -> None:
    """Take a report away; its links end."""
    person, _ = _own(visit, number)
    ComposedReports(visit.shop).remove(person, number)


@post(
    "/reports/{number:int}/parts",
    operation_id="add_part",
    summary="Put something into a report",
    status_code=204,
    opt={"needs": "write"},
    sync_to_thread=True,
)
def add(visit: Visiting, number: Number, data: JSONBody[NewPart]) -> None:
    """Put a view or a text at the end of a report."""
    person, _ = _own(visit, number)
    with said_well():
        ComposedReports(visit.shop).add(person, number, address=data.address, heading=data.heading, text=data.text)


@put(
    "/reports/{number:int}/parts/{part:int}",
    operation_id="change_part",
    summary="Change the words of a part",
    status_code=204,
    opt={"needs": "write"},
    sync_to_thread=True,
)
def change(visit: Visiting, number: Number, part: Number, data: JSONBody[PartWords]) -> None:
    """Change the words of a part of a report."""
    person = _part(visit, number, part)
    with said_well():
        ComposedReports(visit.shop).change(person, number, part, heading=data.heading, text=data.text)


@delete(
    "/reports/{number:int}/parts/{part:int}",
    operation_id="take_out_part",
    summary="Take a part out of a report",
    opt={"needs": "write"},
    sync_to_thread=True,
)
def take_out(visit: Visiting, number: Number, part: Number) -> None:
    """Take a part out of a report."""
    person = _part(visit, number, part)
    ComposedReports(visit.shop).take_out(person, number, part)


@post(
    "/reports/{number:int}/links",
    operation_id="share_report",
    summary="Show a report outside",
    opt={"needs": "share"},
    sync_to_thread=True,
)
def share(visit: Visiting, number: Number, data: JSONBody[NewLink]) -> MadeLink:
    """Make a link that shows a report to whoever has it, until a day. It ends with the right of the key's person."""
    person = _sharer(visit)
    ComposedReports(visit.shop).one(number)
    with said_well("until"):
        secret = ComposedReports(visit.shop).share(person, number, data.until.isoformat())
    return MadeLink(address=f"/shared/{secret}")


@delete(
    "/reports/{number:int}/links/{link:int}",
    operation_id="end_link",
    summary="End a link",
    opt={"needs": "share"},
    sync_to_thread=True,
)
def end(visit: Visiting, number: Number, link: Number) -> None:
    """End a link at once."""
    person = _sharer(visit)
    if all(one.id != link for one in ComposedReports(visit.shop).links(number)):
        raise missing(sentence("there is no such link that holds"))
    ComposedReports(visit.shop).end(person, number, link)


def _own(visit: Visit, number: int) -> tuple[Person, ComposedReport]:
    person = writer_of(visit)
    found = ComposedReports(visit.shop).one(number)
    if not may_change(person, found):
        raise forbidden(sentence("only who composed this report, or an administrator, can change it"))
    return person, found


def _part(visit: Visit, number: int, part: int) -> Person:
    person, found = _own(visit, number)
    if all(one.id != part for one in found.parts):
        raise missing(sentence("this part was taken out meanwhile"))
    return person


def _sharer(visit: Visit) -> Person:
    person = writer_of(visit)
    if not may(person.role, "share"):
        raise forbidden(needed("share"))
    return person


ROUTES: Final = (reports, report, begin, call, remove, add, change, take_out, share, end)
