"""Reports that people composed of views: as one self-contained page, and as a PDF."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial

from jinja2 import Environment, StrictUndefined, Template

from resa.base.version import __version__
from resa.drawing import DocumentPart, Svg, document_pdf
from resa.reporting.content import Table
from resa.reporting.page import resource, styled
from resa.reporting.words import say

__all__ = ["Composed", "ComposedPart", "composed_page", "composed_pdf", "table_from"]


@dataclass(frozen=True, kw_only=True)
class ComposedPart:
    """A view in a report with its numbers, or a text.

    Attributes:
        heading: What stands over it; empty: nothing.
        text: What its writer says, paragraphs with line ends.
        picture: Of the view; `None`: there is none.
        wide: The picture may be wider than the column of text.
        pictured: The picture as tables, for who does not see it.
        table: Its numbers.
        more: How many rows are left out, in words; empty: none.
        facts: What is known of it in single numbers: what, and the number.
        day_notes: What happened on which days.
        warnings: What a reader must know before believing a number.
        why: Why it cannot be shown; empty: it can.
        address: Where it is looked at by who is signed in.
    """

    heading: str = ""
    text: str = ""
    picture: Svg | None = None
    wide: bool = False
    pictured: tuple[Table, ...] = ()
    table: Table | None = None
    more: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    day_notes: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    why: str = ""
    address: str = ""

    @property
    def paragraphs(self) -> list[str]:
        """The text, paragraph by paragraph."""
        return [one for one in self.text.split("\n") if one.strip()]


@dataclass(frozen=True, kw_only=True)
class Composed:
    """A report with all that it shows.

    Attributes:
        title: Of the whole.
        made: As of when its numbers are, in words.
        language: Of the page's own words.
        parts: In order.
    """

    title: str
    made: str
    language: str
    parts: tuple[ComposedPart, ...]


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(resource("composed.html.jinja"))


def composed_page(report: Composed) -> str:
    """The report as HTML without a script, another file or a link. Text of people is escaped."""
    say_so = partial(say, language=report.language)
    return styled(_template(), report=report, say=say_so, version=__version__)


def composed_pdf(report: Composed) -> bytes:
    """The report as PDF, on A4, its pictures with real text; large maps on sheets of their own."""
    parts = [DocumentPart(kind="title", text=report.title), DocumentPart(kind="note", text=report.made)]
    for part in report.parts:
        parts.extend(_printed(part, report.language))
    return document_pdf(parts, title=report.title, language=report.language)


def _printed(part: ComposedPart, language: str) -> list[DocumentPart]:
    """What is printed of a part, in order."""
    found = [DocumentPart(kind="heading", text=part.heading)] if part.heading else []
    found += [DocumentPart(kind="text", text=one) for one in part.paragraphs]
    if part.why:
        found.append(DocumentPart(kind="note", text=part.why))
    if part.facts:
        found.append(DocumentPart(kind="text", text=" · ".join(f"{what}: {number}" for what, number in part.facts)))
    if part.picture is not None:
        found.append(DocumentPart(kind="picture", picture=part.picture))
    if part.table is not None:
        table = part.table
        found.append(DocumentPart(kind="table", rows=(table.headings, *table.rows), numeric=table.numeric))
    notes = [part.more, *part.warnings]
    if part.day_notes:
        notes += [f"{say('day_notes', language=language)}:", *(f"{days}: {text}" for days, text in part.day_notes)]
    return found + [DocumentPart(kind="note", text=one) for one in notes if one]


def table_from(title: str, headings: list[str], rows: list[list[str]], numeric: list[bool]) -> Table:
    """A table of a part."""
    return Table(title=title, headings=tuple(headings), rows=tuple(map(tuple, rows)), numeric=tuple(numeric))
