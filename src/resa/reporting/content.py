"""What stands in a report: words, numbers as text, and pictures. Plain values, ready to be set on the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from resa.model.verdicts import Verdict

__all__ = [
    "Arrow",
    "Figure",
    "FindingText",
    "Gap",
    "Picture",
    "Plan",
    "Quote",
    "Report",
    "SourceLine",
    "Table",
    "Voice",
]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One large number.

    Attributes:
        what: Which number it is.
        value: As text.
        label: What it is, in words.
        note: What to compare it with; empty: nothing.
        verdict: `met`, `near`, `below`, or empty where there is nothing to judge.
    """

    what: Literal["customers", "goal", "promises", "expectations", "score"]
    value: str
    label: str
    note: str = ""
    verdict: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table as text; the first column heads its row, the others are set right where they are numbers."""

    title: str = ""
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A drawing, and the same as a table for those who cannot see it or want the numbers.

    Attributes:
        svg: The drawing.
        narrow: The same laid out for a phone; empty: the reader scrolls.
        wide: It may be wider than the column of text.
        tables: The same numbers.
        note: How to read it.
    """

    svg: str
    narrow: str = ""
    wide: bool = False
    tables: tuple[Table, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class FindingText:
    """A place that changed, or is below its target or its own history.

    Attributes:
        title: Where, in the map's words.
        kind: `fall` (it fell for a group at a time), `rise` (it rose so), `target` (below target), `history`
            (below its own past).
        statement: What was found, one sentence with its numbers.
        reach: At most how many customers, and what they would be worth; empty where neither is known.
        who: Whom it concerns, one line each.
        owner: Who answers for it; empty: nobody is named.
        curve: The share over time.
        arrow: Name of the arrow.
        by: What parts its customers into the group that it concerns: persona, channel and so on; empty: everybody's.
        since: The first day that it is about; `None`: all days.
        until: The last; `None`: it goes on.
    """

    title: str
    kind: str
    statement: str
    reach: str = ""
    who: tuple[str, ...] = ()
    owner: str = ""
    curve: str = ""
    arrow: str = ""
    by: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """An expectation or promise, as a row.

    Attributes:
        name: Of the arrow, as the map has it.
        sentence: `After Cart we expect Purchase within 4 h`.
        share: Share met of the mature openings.
        interval: Its 95 % interval.
        target: The target; empty: none.
        verdict: `met`, `near`, `below`, `few` or `none`.
        verdict_text: The verdict in words.
        counts: How many met and missed, and how many are open or were cancelled, a line each.
        time: Median time to meet it.
        slow: The time in which 90 % of those who met it did.
        instead: What those who missed it did instead.
        owner: Who answers for it.
        trend: A small drawing of the share over time.
        gap: How far the share is below its target, 0 to 1; below 0: it is above; `None`: one of the two is not known.
    """

    name: str
    sentence: str
    share: str
    interval: str
    target: str
    verdict: Verdict
    verdict_text: str
    counts: tuple[str, ...]
    time: str
    slow: str
    instead: str
    owner: str
    trend: str
    gap: float | None = None


@dataclass(frozen=True, kw_only=True)
class Quote:
    """What one customer wrote, and the score that came with it; empty: none."""

    text: str
    score: str = ""


@dataclass(frozen=True, kw_only=True)
class Voice:
    """What people said at one touchpoint.

    Attributes:
        touchpoint: Its name.
        score: Mean score on its scale, as text; empty: no scores.
        count: How many answered.
        quotes: Words of customers, without names.
    """

    touchpoint: str
    score: str
    count: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a planned path fares.

    Attributes:
        persona: Name.
        customers: How many they are.
        share: How many of those who began it walk all of it.
        note: Of how many, or why nothing can be said.
        leave: Where the others leave it, most first, one line each.
    """

    persona: str
    customers: str
    share: str
    note: str
    leave: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SourceLine:
    """A source: what came, what was refused, up to when it is complete."""

    name: str
    rows: str
    rejected: str
    duplicate: str
    complete_to: str


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A time in which a source that delivers steadily delivered nothing.

    Attributes:
        source: Its name.
        text: When, and what would have been usual.
        goes_on: It has not delivered since.
    """

    source: str
    text: str
    goes_on: bool = False


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything on the page, from top to bottom.

    Attributes:
        title: The map's title.
        subtitle: Whose report, over which time, with data up to when.
        language: Of the page.
        lead: What matters most, one to three sentences.
        steps: What to do next, before there are any events; else empty.
        figures: Three to five large numbers.
        journey: The map with its numbers.
        sheets: The same laid out for paper, a drawing a page.
        findings: Up to five places, worst first.
        no_finding: Why there is none; empty: the page does not look for any.
        promises: What we promised.
        expectations: What we expect.
        day_notes: What happened on which days, of those that trends show.
        funnel: From the goal's start, or the journey's main way.
        friction: What follows each touchpoint; `None`: nothing can be said yet.
        friction_told: In words, what rose.
        paths: The commonest ways.
        plans: Planned and actual, by persona.
        voices: What people said.
        sources: Where the data come from.
        gaps: When they did not.
        warnings: What a reader must know before believing a number.
        customers: Identifiers of the customers behind the first finding; only when names were asked for.
        made: When and with what the page was made.
    """

    title: str
    subtitle: str
    language: str
    lead: tuple[str, ...]
    steps: tuple[str, ...]
    figures: tuple[Figure, ...]
    journey: Picture
    sheets: tuple[str, ...]
    findings: tuple[FindingText, ...]
    no_finding: str
    promises: tuple[Arrow, ...]
    expectations: tuple[Arrow, ...]
    day_notes: tuple[tuple[str, str], ...]
    funnel: Picture | None
    friction: Picture | None
    friction_told: tuple[str, ...]
    paths: Picture | None
    plans: tuple[Plan, ...]
    voices: tuple[Voice, ...]
    sources: tuple[SourceLine, ...]
    gaps: tuple[Gap, ...]
    warnings: tuple[str, ...]
    customers: Table | None
    made: str
