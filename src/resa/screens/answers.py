"""An answer for a page: its tables in the reader's words, each number that has customers behind it a link to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pyarrow as pa

from resa.analytics import (
    Column,
    Measure,
    Part,
    Question,
    Result,
    arrow_name,
    group_name,
    heading,
    picture_of,
    question_from,
    time_name,
    told_cell,
)
from resa.base.errors import QuestionError
from resa.base.language import in_language
from resa.base.showing import harmless
from resa.drawing import format_any_of, format_count, format_day, format_percent, format_period, format_seconds
from resa.screens.spoken import spoken_answer
from resa.screens.visits import Visit

__all__ = [
    "_MOST_ROWS",
    "Cell",
    "Shown",
    "funnels_of",
    "heading_of",
    "known_before",
    "looked_at",
    "plain_table",
    "row_of",
    "same_funnel",
    "tables_of",
]

_MOST_ROWS: Final = 200
"""Rows of a table that a page shows; its files have all."""

_MOST_FUNNELS: Final = 20
_FUNNEL_STEPS: Final = 8
_ANY_OF: Final = {"name": " or ", "next": ", "}
"""Columns whose cells may hold several keys, any of which will do, and what stands between them."""

_SHARES: Final = ("low", "high", "target", "comparable", "reference")


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, and where its number leads; empty: nowhere."""

    text: str
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One table of an answer.

    Attributes:
        part: Its name in the answer.
        title: For people.
        headings: Of its columns.
        numeric: Which of them hold numbers.
        rows: The first rows.
        funnels: For each of them the address that leads to the funnel of the same customers; empty: it is no way.
        more: How many rows there are besides.
        picture: Of it, for the inside of the page; empty: there is no good one.
    """

    part: str
    title: str
    headings: list[str]
    numeric: list[bool]
    rows: list[list[Cell]]
    funnels: list[str]
    more: int
    picture: str


def tables_of(visit: Visit, result: Result, query: str) -> list[Shown]:
    """The tables of an answer, the main one first.

    Args:
        visit: Who looks.
        result: The answer.
        query: Of the question's address.
    """
    return [_shown(visit, result, name, query) for name in result.parts]


def _shown(visit: Visit, result: Result, name: str, query: str) -> Shown:
    part = result.parts[name]
    rows = part.table.slice(0, _MOST_ROWS).to_pylist()
    tell = _Teller(visit, result, part)
    cells = [
        [
            Cell(tell.cell(column, row[column.name]), _people(result, name, part, column.name, number, row, query))
            for column in part.columns
        ]
        for number, row in enumerate(rows)
    ]
    first = name == next(iter(result.parts))
    ways = [bool(funnels_of(result, number)) for number in range(min(len(rows), _MOST_FUNNELS))] if first else []
    return Shown(
        part=name,
        title=visit.say(f"part_{name}"),
        headings=[tell.heading(column) for column in part.columns],
        numeric=[_numeric(column) for column in part.columns],
        rows=cells,
        funnels=[_address(result, "funnel", query, row=number) if way else "" for number, way in enumerate(ways)],
        more=max(0, part.table.num_rows - _MOST_ROWS),
        picture=_picture(spoken_answer(visit, result), name),
    )


def plain_table(
    visit: Visit, result: Result, most: int, name: str | None = None
) -> tuple[list[str], list[list[str]], list[bool]]:
    """A table of an answer without links: headings, the first rows, and which columns hold numbers.

    Args:
        visit: Who looks.
        result: The answer.
        most: So many rows.
        name: Of the part; `None`: the main one.
    """
    part = result.main if name is None else result.part(name)
    tell = _Teller(visit, result, part)
    rows = [
        [tell.cell(column, row[column.name]) for column in part.columns]
        for row in part.table.slice(0, most).to_pylist()
    ]
    return [tell.heading(column) for column in part.columns], rows, [_numeric(column) for column in part.columns]


def heading_of(visit: Visit, result: Result, name: str, column: str) -> str:
    """The heading of a column."""
    part = result.part(name)
    return next(_Teller(visit, result, part).heading(one) for one in part.columns if one.name == column)


def row_of(visit: Visit, result: Result, name: str, row: int) -> list[tuple[str, str]]:
    """One row of a table: its headings and what stands there."""
    part = result.part(name)
    tell = _Teller(visit, result, part)
    values = part.table.slice(row, 1).to_pylist()[0]
    return [(tell.heading(column), tell.cell(column, values[column.name])) for column in part.columns]


def funnels_of(result: Result, row: int) -> list[Question]:
    """The funnels that go the way of a row, the strictest first; none: the row is no way that a funnel could go."""
    question = result.question
    column = {"paths": "path", "variants": "variant"}.get(result.kind, "")
    path = result.table.column(column)[row].as_py() if column else None
    if path is None or not 2 <= len(path) <= _FUNNEL_STEPS or question.by is not None:
        return []
    own = ("start", "end", "steps", "top", "collapse", "sessions")
    shared = {name: value for name, value in question.document.items() if name not in own}
    return [question_from({**shared, **more, "kind": "funnel", "steps": path}) for more in ({"directly": True}, {})]


def same_funnel(measure: Measure, result: Result, row: int) -> Question | None:
    """The funnel at whose last step the very customers of a path stand; `None`: there is none.

    A funnel counts who ever went a way; a path, who began with it, and a whole journey, who did nothing else. So each
    is asked and compared, and a path that others went later, or on from, has no such funnel.
    """
    people = result.customers("customers", row=row).column("customer")
    for funnel in funnels_of(result, row):
        found = measure.ask(funnel).customers("customers", step=len(funnel.document["steps"]))
        if found.column("customer").equals(people):
            return funnel
    return None


def looked_at(visit: Visit, result: Result) -> list[tuple[str, str]]:
    """How much was looked at, what the table leaves out, and up to when the data are complete."""
    language = visit.language
    counted = [(visit.say(f"n_{name}"), count) for name, count in result.n.items()]
    others = [(visit.say(f"n_{name}"), count) for name, count in result.others.items() if count]
    lines = [(visit.say("answer_looked_at"), _counts(counted, language))] if counted else []
    lines += [(visit.say("answer_others"), _counts(others, language))] if others else []
    if result.as_of is not None:
        there = result.as_of.astimezone(ZoneInfo(result.journey_map.timezone))
        moment = f"{format_day(there.date(), language)}, {there:%H:%M} ({result.journey_map.timezone})"
        lines.append((visit.say("answer_as_of"), moment))
    return lines


def known_before(visit: Visit, result: Result) -> list[str]:
    """What a reader must know before believing a number."""
    return [in_language(warning, visit.language) for warning in result.warnings]


def _counts(counted: list[tuple[str, int]], language: str) -> str:
    return ", ".join(f"{name} {format_count(count, language)}" for name, count in counted)


def _picture(result: Result, name: str) -> str:
    if result.question.compare and name != next(iter(result.parts)):
        return ""  # what is compared is what was drawn
    try:
        return picture_of(result, name).inline(f"answer-{name.replace('_', '-')}")
    except QuestionError:  # there is no good one, and the table says all of it
        return ""


def _people(result: Result, name: str, part: Part, column: str, number: int, row: dict[str, Any], query: str) -> str:
    """The address of the customers behind a number; empty: there are none."""
    if column not in part.people or not row[column]:
        return ""
    return _address(result, "people", query, part=name, column=column, row=number)


def _address(result: Result, page: str, query: str, **place: object) -> str:
    """The address of a page about a place in an answer."""
    return f"/explore/{result.kind}/{page}?{query}{'&' if query else ''}{urlencode(place)}"


def _numeric(column: Column) -> bool:
    return bool(pa.types.is_floating(column.type) or pa.types.is_integer(column.type))


_OF_DATA: Final = ("event", "source", "property")
"""Columns of what came in, which may be called like a touchpoint."""


class _Teller:
    """Says the cells of a table in the reader's language, and by the names that the map has for its keys."""

    def __init__(self, visit: Visit, result: Result, part: Part) -> None:
        self._language = visit.language
        self._result = result = spoken_answer(visit, result)
        journey_map = result.journey_map
        places = {stage.key: stage.name for stage in journey_map.stages}
        places |= {touchpoint.key: touchpoint.name for touchpoint in journey_map.touchpoints}
        if result.kind == "channels":
            places = {one.key: one.name for one in journey_map.channels}
        elif result.kind == "stages":
            places = {one.key: one.name for one in journey_map.stages}
        self._places = places
        self._arrows = {one.name: arrow_name(journey_map, one.name) for one in journey_map.expectations}
        self._named = {
            "persona": {one.key: one.name for one in journey_map.personas},
            "metric": {one.key: one.name for one in journey_map.metrics},
            "improvement": {one.key: one.name for one in journey_map.improvements},
            "expectation": self._arrows,
            **{name: {} for name in _OF_DATA},
        }
        names = {column.name for column in part.columns}
        of_shares = result.kind != "metrics" and not names & {"other_share", "after_share"}  # else of a difference
        self._shares = _SHARES if of_shares else ()

    def heading(self, column: Column) -> str:
        """Of a column."""
        name = heading(time_name(column.name), self._language)
        return name[:1].upper() + name[1:].replace("_", " ")

    def cell(self, column: Column, value: object) -> str:
        """What stands in a cell."""
        name, language = column.name, self._language
        match value:
            case float() if name.endswith("seconds"):
                return format_seconds(value, language)
            case float() if "0 to 1" in column.about or name.endswith("share") or name in self._shares:
                return format_percent(value, language)
            case list():
                return " → ".join(self._word(name, one) for one in value) or "–"
            case str():
                return self._word(name, value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return self._day(name, value)
        return told_cell(name, value, language)

    def _day(self, name: str, day: date) -> str:
        every = getattr(self._result.question, "every", None)
        if name in {"period", "cohort"} and every is not None:
            return format_period(day, every, self._language)
        return format_day(day, self._language)

    def _word(self, name: str, value: str) -> str:
        if name == "group":
            return harmless(group_name(self._result, value))
        known = self._named.get(name, self._places)
        several = value.split(_ANY_OF[name]) if name in _ANY_OF else [value]
        if all(one in known for one in several):
            return harmless(format_any_of([known[one] for one in several], self._language))
        return told_cell(name, value, self._language)
