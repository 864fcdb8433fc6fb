"""What an answer is: a table with declared columns, and with it everything needed to trust it.

Where it came from (question, generation, as of), what it does not say (warnings), the SQL that gives the same, and
the very customers behind each number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.questions.question import Question
from resa.analytics.results.files import TABLE_FILES
from resa.analytics.results.pictures import picture_of
from resa.analytics.results.plain_text import cell_text, heading, plain, table_text, time_name, timed
from resa.analytics.results.rows import described_row
from resa.analytics.results.spreadsheet import workbook
from resa.base.errors import ExtraMissing, Problem, QuestionError, did_you_mean
from resa.base.language import Sentence, in_language, sentence
from resa.base.showing import notes_html, table_html
from resa.drawing import PICTURE_FILES, format_count, format_days
from resa.model.journey import JourneyMap
from resa.model.tables import INSTANT
from resa.model.writing import DayNote

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # pandas ships no types
    import polars as pl

__all__ = [
    "Column",
    "Counted",
    "Identify",
    "Moments",
    "Part",
    "People",
    "Result",
    "arrow_html",
    "in_columns",
    "table_text",
]

_NEVER: Final = np.iinfo(np.int64).min

_MOST_SHOWN: Final = 100
"""Rows that a prompt or a notebook shows of a table."""

Counted = npt.NDArray[np.int64]
"""Customer numbers, one for each thing that was counted: a customer with three openings stands there three times."""

People = Callable[[int], Counted]
"""From the number of a row to those who were counted in it."""

Moments = Callable[[int], tuple[Counted, Counted]]
"""From the number of a row to customers, and when it happened to each, microseconds since 1970; several times, too."""

Identify = Callable[[npt.NDArray[np.int64]], pa.Table]
"""From customer numbers to a table (customer, kind, value) of their identifiers."""


@dataclass(frozen=True)
class Column:
    """What a column of an answer is.

    Attributes:
        name: As in the table.
        type: Arrow type.
        about: What it says, with its unit, in one sentence.
    """

    name: str
    type: pa.DataType
    about: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """One table of an answer.

    Attributes:
        columns: What it holds.
        table: The rows.
        sql: A SELECT over the views of `resa sql` that gives the same rows in the same order.
        people: For each column that counts: who was counted.
        moments: For those of them that are about something that happened: when that was to each customer.
        laid_out: The rows as people read them in a language, where one below another would be too many; none: a table.
        looked_at: A SELECT of each group and how many customers it has, where shares are compared by them.
    """

    columns: tuple[Column, ...]
    table: pa.Table
    sql: str
    people: Mapping[str, People] = field(default_factory=dict)
    moments: Mapping[str, Moments] = field(default_factory=dict)
    laid_out: Callable[[str], str] | None = None
    looked_at: str = ""

    def __post_init__(self) -> None:
        """Hold the table to its declaration."""
        declared = pa.schema([pa.field(column.name, column.type) for column in self.columns])
        if not self.table.schema.equals(declared):
            raise TypeError(f"declared {declared}, got {self.table.schema}")


def part_of(
    columns: Sequence[Column],
    rows: Mapping[str, Any],
    *,
    sql: str,
    people: Mapping[str, People],
    moments: Mapping[str, Moments] = MappingProxyType({}),
    laid_out: Callable[[str], str] | None = None,
    looked_at: str = "",
) -> Part:
    """A part from lists or arrays by column name; NaN becomes null."""
    arrays = [pa.array(rows[column.name], type=column.type, from_pandas=True) for column in columns]
    schema = pa.schema([pa.field(column.name, column.type) for column in columns])
    table = pa.Table.from_arrays(arrays, schema=schema)
    behind: dict[str, Any] = {"people": people, "moments": moments}
    return Part(columns=tuple(columns), table=table, sql=sql, laid_out=laid_out, looked_at=looked_at, **behind)


def in_columns(columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> dict[str, list[object]]:
    """Rows as lists by column name. A row may begin with its group where the columns do not, and then loses it."""
    return {column.name: [row[place - len(columns)] for row in rows] for place, column in enumerate(columns)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """An answer.

    Two answers are equal when they say the same, whenever they were computed.

    Attributes:
        question: What was asked.
        parts: Its tables by name; the first one is `table`.
        as_of: Up to when the data are complete, as used.
        generation: Number of the generation of the index that was read.
        n: How much was looked at: customers, events, and what else the kind counts.
        others: What the table does not list, so that totals add up.
        warnings: What a reader must know before believing a number.
        definition: Hash of the map's content; another map may count differently.
        computed_at: When; no part of equality.
        identify: Gives the identifiers of customers.
        journey_map: The map that was asked, for names in pictures.
        day_notes: What happened on the days that it shows, if it is over calendar time.
    """

    question: Question
    parts: Mapping[str, Part]
    as_of: datetime | None
    generation: int
    n: Mapping[str, int]
    definition: str
    computed_at: datetime
    identify: Identify
    journey_map: JourneyMap
    others: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[Sentence, ...] = ()
    day_notes: tuple[DayNote, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of question: funnel, expectations, transitions, paths, variants, trend or planned."""
        return self.question.kind

    @property
    def main(self) -> Part:
        """The first part."""
        return next(iter(self.parts.values()))

    @property
    def table(self) -> pa.Table:
        """The first part's rows as an Arrow table."""
        return self.main.table

    @property
    def columns(self) -> tuple[Column, ...]:
        """What the columns of `table` say."""
        return self.main.columns

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The table through Arrow's C stream interface, for polars, pandas, DuckDB and others."""
        return self.table.__arrow_c_stream__(requested_schema)

    def to_polars(self) -> pl.DataFrame:
        """The table as a polars frame.

        Raises:
            ExtraMissing: polars is not installed.
        """
        try:
            import polars as pl  # noqa: PLC0415  # an extra
        except ImportError:
            raise ExtraMissing("polars", "polars", sentence("a polars frame")) from None
        frame = pl.from_arrow(self.table)
        assert isinstance(frame, pl.DataFrame)  # noqa: S101  # a table gives a frame; the type says frame or series
        return frame

    def to_pandas(self) -> pd.DataFrame:
        """The table as a pandas frame.

        Raises:
            ExtraMissing: pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: F401, PLC0415  # an extra; pyarrow imports it by itself
        except ImportError:
            raise ExtraMissing("pandas", "pandas", sentence("a pandas frame")) from None
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    def sql(self, part: str | None = None) -> str:
        """A SELECT over the views of `resa sql` (events, customers, visits, outcomes) that gives the same rows."""
        return self.part(part).sql

    def customers(
        self,
        column: str | None = None,
        /,
        *,
        part: str | None = None,
        identifiers: bool = False,
        moments: bool = False,
        **row: object,
    ) -> pa.Table:
        """The very people behind one number.

        Args:
            column: Which number; default: the first column that counts.
            part: In which table; default: the first.
            identifiers: Also their identifiers, as a list of (kind, value). They are personal data.
            moments: Also `at`, when it happened to each last, UTC; null where the number is of nothing that happened.
            **row: Which row, by what its columns say (`step=2`, `expectation="cart.purchase"`); or `row=0`, its number.
                Needed as far as there are several rows.

        Returns:
            `customer` (number in the index) and `count` (how often the customer was counted; the sum is the number).

        Raises:
            QuestionError: There is no such number, or the description fits several rows.
        """
        chosen = self.part(part)
        name = column or next(iter(chosen.people), "")
        if name not in chosen.people:
            known = ", ".join(chosen.people) or sentence("none")
            raise QuestionError(
                sentence("'{name}' has no customers behind it; use one of: {known}", name=name, known=known)
            )
        number = described_row(chosen.table, row)
        customers, counts = np.unique(chosen.people[name](number), return_counts=True)
        table = pa.table({"customer": customers.astype(np.uint32), "count": counts.astype(np.int64)})
        if moments:
            table = table.append_column("at", _newest(customers, chosen.moments.get(name), number))
        return _with_identifiers(table, self.identify(customers)) if identifiers else table

    def part(self, name: str | None = None) -> Part:
        """One of the answer's tables; by default the main one.

        Raises:
            QuestionError: The answer has no such part.
        """
        if name is None:
            return self.main
        if name not in self.parts:
            hint = did_you_mean(name, self.parts) or sentence("; it has: {parts}", parts=", ".join(self.parts))
            raise QuestionError(sentence("this answer has no part '{name}'{hint}", name=name, hint=hint))
        return self.parts[name]

    @property
    def document(self) -> dict[str, Any]:
        """The answer as JSON: the same from Python, the command line and files."""
        return {
            "kind": self.kind,
            "question": self.question.document,
            "question_hash": self.question.hash,
            "as_of": plain(self.as_of),
            "generation": self.generation,
            "definition": self.definition,
            "n": dict(self.n),
            "rows": _rows(self.table),
            "others": dict(self.others),
            "parts": {name: _rows(part.table) for name, part in self.parts.items() if part is not self.main},
            "warnings": list(self.warnings),
            **({"day_notes": [_as_row(note) for note in self.day_notes]} if self.day_notes else {}),
            "computed_at": plain(self.computed_at),
        }

    def json(self, indent: int | None = None) -> str:
        """`document` as text."""
        return json.dumps(self.document, ensure_ascii=False, indent=indent, allow_nan=False)

    def __eq__(self, other: object) -> bool:
        """Whether both say the same, whenever they were computed."""
        if not isinstance(other, Result):
            return NotImplemented
        return {**self.document, "computed_at": None} == {**other.document, "computed_at": None}

    __hash__ = None  # type: ignore[assignment]  # equal by content that need not be hashable

    def picture(self, part: str | None = None) -> str:
        """The answer drawn, as SVG.

        Args:
            part: Which of `parts`, such as the `curve` of expectations; default: the first.

        Raises:
            QuestionError: The answer has no such part, or there is no good picture of it.
        """
        if part is not None:
            self.part(part)
        return picture_of(self, part).text

    def file(self, ending: str, *, part: str | None = None) -> bytes:
        """The answer as a file that other programs read.

        Args:
            ending: csv, xlsx, parquet or arrow; svg, png, pdf or pptx draw it. An Excel workbook holds all tables,
                and says what they are.
            part: Which table; default: the first, and of a workbook all.

        Raises:
            QuestionError: The answer has no such part, there is no such kind of file, or no good picture of it.
            InputError: A table is too large for a sheet.
        """
        chosen = self.part(part)
        if ending in PICTURE_FILES:
            return picture_of(self, part).file(ending)
        if ending not in TABLE_FILES:
            raise QuestionError(
                sentence(
                    "'{ending}' is no kind of file; use {table_files}",
                    ending=ending,
                    table_files=", ".join([*TABLE_FILES, *PICTURE_FILES]),
                )
            )
        if ending != "xlsx":
            return TABLE_FILES[ending](chosen.table)
        parts = dict(self.parts) if part is None else {part: chosen}
        return workbook({name: item.table for name, item in parts.items()}, list(_about(self, parts)))

    def text(self, columns: Sequence[str] | None = None, *, part: str | None = None, language: str = "en") -> str:
        """A table as text, with what must be known about it.

        Args:
            columns: Which columns; default: all.
            part: Which table of `parts`; default: the main one.
            language: Of headings, of our words and of the notes.

        Raises:
            QuestionError: The answer has no such part.
        """
        chosen = self.part(part)
        notes = _notes(self, language, others=chosen is self.main)
        if columns is None and chosen.laid_out is not None and (said := chosen.laid_out(language)):
            return "\n".join([said, *notes])
        table = chosen.table if columns is None else chosen.table.select(columns)
        return "\n".join([table_text(timed(table, language), language), *notes])

    def __repr__(self) -> str:
        """The table as text, of a long one its first rows, with what must be known about it; `text` has all of it."""
        more = self.table.num_rows - _MOST_SHOWN
        if more <= 0:
            return self.text()
        shown = table_text(timed(self.table.slice(0, _MOST_SHOWN), "en"), "en")
        return "\n".join([shown, f"and {more:,} more rows", *_notes(self)])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        """What a notebook shows: table and picture; the arguments are part of its protocol."""
        try:
            drawn = self.picture()
        except QuestionError:  # there is no good one, and the table says all of it
            drawn = ""
        return {"text/plain": repr(self), "text/html": drawn + _as_html(self)}


def _about(result: Result, parts: Mapping[str, Part]) -> Iterator[tuple[str, str]]:
    """What a workbook says about its tables."""
    yield "map", result.journey_map.title
    yield "question", json.dumps(result.question.document, ensure_ascii=False)
    yield "data complete to", str(plain(result.as_of) or "")
    yield "computed at", str(plain(result.computed_at))
    yield "looked at", ", ".join(f"{name} {count:,}" for name, count in result.n.items())
    for name, count in result.others.items():
        yield f"not listed: {name}", f"{count:,}"
    for warning in result.warnings:
        yield "know before use", warning
    for note in result.day_notes:
        yield f"on {format_days(note.first, note.last, 'en')}", note.text
    for name, part in parts.items():
        for column in part.columns:
            yield f"{name}: {column.name}", column.about


def _newest(customers: Counted, moments: Moments | None, row: int) -> pa.Array:
    """When it happened to each of these customers, who stand in ascending order, the last time."""
    newest = np.full(len(customers), _NEVER, np.int64)
    if moments is not None and len(customers):
        whose, when = moments(row)
        place = np.minimum(np.searchsorted(customers, whose), len(customers) - 1)
        known = customers[place] == whose
        np.maximum.at(newest, place[known], when[known])
    return pa.array(newest, mask=newest == _NEVER).cast(INSTANT)


def _with_identifiers(table: pa.Table, identifiers: pa.Table) -> pa.Table:
    known: dict[int, list[dict[str, str]]] = {}
    for row in identifiers.to_pylist():
        known.setdefault(row["customer"], []).append({"kind": row["kind"], "value": row["value"]})
    kinds = pa.list_(pa.struct([pa.field("kind", pa.string()), pa.field("value", pa.string())]))
    column = pa.array([known.get(customer, []) for customer in table.column("customer").to_pylist()], type=kinds)
    return table.append_column("identifiers", column)


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    return [{name: plain(value) for name, value in row.items()} for row in table.to_pylist()]


def _notes(result: Result, language: str = "en", *, others: bool = True) -> list[str]:
    """What must be known about a table; `others` are those that the main one does not list."""
    left = result.others.items() if others else ()
    named = ", ".join(f"{heading(name, language)} {format_count(value, language)}" for name, value in left)
    rest = [sentence("others: {names}", names=named)] if named else []
    moment = plain(result.as_of) or sentence("no moment: no load is finished")
    happened = [
        sentence("on {days}: {text}", days=format_days(one.first, one.last, language), text=one.text)
        for one in result.day_notes
    ]
    notes = [*rest, sentence("data complete to {moment}", moment=moment), *result.warnings, *happened]
    return [in_language(note, language) for note in notes]


def _as_row(note: DayNote) -> dict[str, str]:
    return {"first": note.first.isoformat(), "last": note.last.isoformat(), "text": note.text}


def _as_html(result: Result) -> str:
    names = [time_name(column.name) for column in result.columns]
    about = [column.about for column in result.columns]
    return _first_rows(names, timed(result.table), about) + notes_html(_notes(result))


def arrow_html(table: pa.Table) -> str:
    """An Arrow table as HTML, its first hundred rows."""
    return _first_rows(table.column_names, table)


def _first_rows(names: Sequence[str], table: pa.Table, about: Sequence[str] = ()) -> str:
    rows = ([cell_text(value) for value in row.values()] for row in table.slice(0, _MOST_SHOWN).to_pylist())
    more = table.num_rows - _MOST_SHOWN
    return table_html(names, rows, about=about) + (f"<p>and {more:,} more rows</p>" if more > 0 else "")


def problem(message: Sentence, name: str) -> Problem:
    """A problem of a question's field."""
    return Problem(message=message, field=name, code="bad-question")
