"""Composed reports: views in an order that somebody chose, with texts between them, and links that show one outside.

A part keeps its own address and heading, so that a report stays what it is when the view that it was made of is called
otherwise or taken away. A link shows the report to whoever has it until a day, or until it is ended; of its secret the
hash alone is kept.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.model.people import Person
from resa.model.writing import ComposedReport, ReportLink, ReportPart
from resa.storage import (
    add_part,
    add_report,
    change_part,
    change_report,
    composed_report,
    end_link,
    list_links,
    list_reports,
    living_link,
    make_link,
    move_part,
    remove_part,
    remove_report,
)
from resa.workspace.saved_views import view_address
from resa.workspace.texts import full, line_of, text_of

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = [
    "MOST_DAYS",
    "MOST_LETTERS",
    "MOST_LINKS",
    "MOST_PARTS",
    "MOST_REPORTS",
    "MOST_TITLE",
    "ComposedReports",
    "may_change",
]

MOST_TITLE: Final = 160
MOST_LETTERS: Final = 10_000
"""Of a text between views."""

MOST_PARTS: Final = 40
MOST_REPORTS: Final = 500
"""Of one person."""

MOST_LINKS: Final = 100
"""To one report, that hold at once."""

MOST_DAYS: Final = 366
"""So many days from today may a link hold."""


class ComposedReports:
    """The composed reports of a workspace, changed beside a running server too.

    Args:
        shop: The workspace.
    """

    def __init__(self, shop: Workspace) -> None:
        self._shop = shop

    def all(self) -> list[ComposedReport]:
        """All of them by title, without their parts."""
        return list_reports(self._shop.store)

    def one(self, number: int) -> ComposedReport:
        """One, with its parts.

        Raises:
            QuestionError: There is none of this number.
        """
        found = composed_report(self._shop.store, number)
        if found is None:
            raise QuestionError(sentence("there is no such report; it may have been taken away"))
        return found

    def begin(self, person: Person, title: str) -> int:
        """Begin a report; its number.

        Raises:
            QuestionError: The title is empty or too long.
        """
        number = add_report(self._shop.store, person, line_of(title, MOST_TITLE), most=MOST_REPORTS)
        if number is None:
            raise full(MOST_REPORTS)
        return number

    def call(self, person: Person, number: int, title: str) -> None:
        """Give a report another title.

        Raises:
            QuestionError: It is not theirs to change, or the title is empty or too long.
        """
        change_report(self._shop.store, self._own(person, number).id, line_of(title, MOST_TITLE))

    def remove(self, person: Person, number: int) -> None:
        """Take a report away; its links end.

        Raises:
            QuestionError: It is not theirs to take away.
        """
        found = self._own(person, number)
        remove_report(
            self._shop.store, number, self._shop.audit.also("report.remove", who=person.email, report=found.id)
        )

    def add(self, person: Person, number: int, *, address: str = "", heading: str = "", text: str = "") -> None:
        """Put a view or a text at the end of a report.

        Args:
            person: Who does.
            number: Of the report.
            address: Path and query of the view's screen; empty: it is a text.
            heading: What stands over it.
            text: What stands there in words.

        Raises:
            QuestionError: It is not theirs to change, there is nothing to put in, a text is too long, or it is full.
        """
        self._own(person, number)
        part = _part(0, heading, text, address=view_address(address) if address else "")
        if not add_part(self._shop.store, number, part, most=MOST_PARTS):
            raise QuestionError(
                sentence("a report holds at most {most} parts; begin another one, or take one out", most=MOST_PARTS)
            )

    def change(self, person: Person, number: int, part: int, *, heading: str, text: str) -> None:
        """Change the words of a part.

        Raises:
            QuestionError: It is not theirs to change, or a text is too long, or nothing would be left.
        """
        found = next((one for one in self._own(person, number).parts if one.id == part), None)
        if found is None:
            raise QuestionError(sentence("this part was taken out meanwhile"))
        change_part(self._shop.store, number, _part(part, heading, text, address=found.address))

    def move(self, person: Person, number: int, part: int, by: int) -> None:
        """Move a part up (-1) or down (1).

        Raises:
            QuestionError: It is not theirs to change.
        """
        move_part(self._shop.store, self._own(person, number).id, part, by)

    def take_out(self, person: Person, number: int, part: int) -> None:
        """Take a part out.

        Raises:
            QuestionError: It is not theirs to change.
        """
        remove_part(self._shop.store, self._own(person, number).id, part)

    # Links

    def links(self, number: int) -> list[ReportLink]:
        """The links of a report that hold, the newest first."""
        return list_links(self._shop.store, number)

    def share(self, person: Person, number: int, until: str) -> str:
        """Make a link that shows a report without signing in; its secret, which is shown this once.

        Args:
            person: Who makes it; it ends with their right to sign in.
            number: Of the report.
            until: The last day on which it holds, in UTC, such as 2026-12-31.

        Raises:
            QuestionError: There is no such report, or the day is none, has passed, or is too far off.
        """
        found, today = self.one(number), self._shop.clock().astimezone(UTC).date()
        try:
            day = date.fromisoformat(until.strip())
        except ValueError:
            raise QuestionError(sentence("'{text}' is no day; write such as 2026-03-31", text=until[:40])) from None
        if not today <= day <= today + timedelta(days=MOST_DAYS):
            raise QuestionError(sentence("choose a day between today and a year from now; the link ends with it"))
        ends = datetime.combine(day + timedelta(days=1), time(), UTC)
        also = self._shop.audit.also("report.share", who=person.email, report=found.id, until=day.isoformat())
        secret = make_link(self._shop.store, person, found.id, ends, also, most=MOST_LINKS)
        if secret is None:
            raise full(MOST_LINKS)
        return secret

    def end(self, person: Person, number: int, link: int) -> None:
        """End a link at once."""
        also = self._shop.audit.also("report.end_link", who=person.email, report=number, link=link)
        end_link(self._shop.store, number, link, also)

    def shared(self, secret: str) -> tuple[ReportLink, ComposedReport] | None:
        """The report that a link shows; `None`: it holds no more, or never did."""
        link = living_link(self._shop.store, secret)
        found = None if link is None else composed_report(self._shop.store, link.report)
        return None if link is None or found is None else (link, found)

    def _own(self, person: Person, number: int) -> ComposedReport:
        found = self.one(number)
        if not may_change(person, found):
            raise QuestionError(sentence("only who composed this report, or an administrator, can change it"))
        return found


def may_change(person: Person, report: ComposedReport) -> bool:
    """Whether somebody may change a report."""
    return report.by.id == person.id or person.role == "admin"


def _part(number: int, heading: str, text: str, *, address: str) -> ReportPart:
    called, said = line_of(heading, MOST_TITLE, may_be_empty=True), text_of(text, MOST_LETTERS, may_be_empty=True)
    if not (address or called or said):
        raise QuestionError(sentence("there is nothing written yet"))
    return ReportPart(id=number, heading=called, address=address, text=said)
