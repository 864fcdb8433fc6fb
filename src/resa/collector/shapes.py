"""The form of a source file: `sources/<name>.yaml`. Each class is one block of it, each field one key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from resa.base.errors import did_you_mean
from resa.base.language import said_by, sentence
from resa.collector.database_shape import DatabaseShape
from resa.collector.hook_shape import HookShape
from resa.collector.schedules import Schedule, parse_clock
from resa.collector.zones import ClockChange, stated_end
from resa.documents import Block, Finding, Refusal, Shape, report, spelling
from resa.model.quantities import Duration, parse_duration

__all__ = [
    "SHAPES",
    "Cell",
    "Columns",
    "CsvShape",
    "EventSource",
    "FeedbackSource",
    "Rest",
    "SourceShape",
    "Target",
    "TargetType",
    "targets_of",
]

TargetType = Literal["text", "number", "whole number", "time", "day"]

_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " ", "\\t": "\t"}
_EPOCHS = ("epoch seconds", "epoch milliseconds", "epoch microseconds")
_LETTERS = (
    ("YYYY", "%Y"), ("yyyy", "%Y"), ("YY", "%y"), ("yy", "%y"), ("MMMM", "%B"), ("MMM", "%b"), ("MM", "%m"),
    ("DD", "%d"), ("dd", "%d"), ("HH", "%H"), ("hh", "%I"), ("mm", "%M"), ("ss", "%S"), ("SSS", "%g"),
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """What a target column must hold.

    Attributes:
        type: How its cells are read.
        missing: Reason of rejection when a row has none; `None`: it may be missing.
        limit: Longest text, in characters.
    """

    type: TargetType
    missing: str | None = None
    limit: int = 200


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        suggestion = did_you_mean(name, available_timezones())
        raise Refusal(
            sentence(
                "'{name}' is no time zone{suggestion}",
                name=name,
                suggestion=suggestion or sentence("; write one such as Europe/Stockholm"),
            )
        ) from None
    return name


def _time_format(text: str) -> str:
    if text == "iso" or text in _EPOCHS or "%" in text:
        return text
    guess = re.sub("|".join(letters for letters, _ in _LETTERS), lambda found: dict(_LETTERS)[found.group()], text)
    if guess != text:
        raise Refusal(sentence("'{text}': write {guess}", text=text, guess=guess), code="time-format", fix=f'"{guess}"')
    known = ", ".join(("iso", *_EPOCHS))
    raise Refusal(
        sentence(
            "'{text}' is no time format; write {known}, or a pattern such as %d.%m.%Y %H:%M", text=text, known=known
        ),
        code="time-format",
    )


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _duration(value: Any) -> Any:
    if isinstance(value, Duration):
        return value
    try:
        return parse_duration(str(value))
    except ValueError as error:
        raise Refusal(said_by(error)) from None


def _delimiter(text: str) -> str:
    character = _DELIMITERS.get(text, text)
    if len(character) != 1 or not character.isascii() or character in "\r\n\"'":
        raise Refusal(
            sentence("the delimiter is one character, such as ';', or the word tab, comma, semicolon or pipe")
        )
    return character


def _quote(text: str) -> str:
    if text not in {'"', "'", "none"}:
        raise Refusal(sentence("the quote is one of \", ' and none"))
    return text


def _encoding(text: str) -> str:
    try:
        "å".encode(text)
    except LookupError:
        raise Refusal(
            sentence("'{text}' is no encoding; write utf-8, cp1252 (Windows), latin-1 or utf-16", text=text)
        ) from None
    except UnicodeEncodeError:
        pass
    return text


def _currency(text: str) -> str:
    if not re.fullmatch("[A-Z]{3}", text):
        raise Refusal(sentence("'{text}' is no currency; write its three letters, such as SEK", text=text))
    return text


def _complete_until(text: str) -> str:
    try:
        if text not in {"file modified", "newest row"}:
            stated_end(text, "UTC")
    except (ValueError, OverflowError):
        message = sentence(
            "'{text}' is no end of the data; write newest row, file modified, or a day such as 2026-08-31", text=text
        )
        raise Refusal(message, code="complete-until") from None
    return text


def _clock(text: str) -> str:
    try:
        parse_clock(text)
    except ValueError:
        message = sentence("'{text}' is no time of a day; write one such as \"03:00\"", text=text)
        raise Refusal(message, code="at") from None
    return text


def _scale(value: Any) -> Any:
    found = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*(?:-|–|to|\.\.)\s*(-?\d+(?:\.\d+)?)\s*", str(value))
    if found is None or float(found.group(1)) >= float(found.group(2)):
        raise Refusal(sentence("'{value}' is no scale; write its lowest and highest score, such as 1-5", value=value))
    return float(found.group(1)), float(found.group(2))


TimeFormats = Annotated[
    tuple[Annotated[str, AfterValidator(_time_format)], ...],
    BeforeValidator(_listed, json_schema_input_type=str | list[str]),
    Field(min_length=1),
]
Decimal = Literal["point", "comma"]


class Cell(Shape):
    """Where the value of one target column comes from: a column of the file, a constant, or an expression."""

    column: str | None = Field(default=None, description="Name of the file's column; `a.b` reaches into nested ones.")
    always: str | None = Field(default=None, description="The same text or number for every row.")
    expression: str | None = Field(default=None, description="Computed from the columns: `quantity * price`.")
    type: Literal["text", "number"] | None = Field(default=None, description="What a property holds.")
    decimal: Decimal | None = Field(default=None, description="`comma` if 12,50 is meant; else as the source says.")
    time_format: TimeFormats | None = Field(default=None, description="As the source's, for this column alone.")

    hints: ClassVar[Mapping[str, str]] = {"constant": sentence("write `always:`"), "value": sentence("write `always:`")}

    @model_validator(mode="before")
    @classmethod
    def _one_origin(cls, data: Any, info: ValidationInfo) -> Any:
        """Report another number of origins than one, beside what is wrong with them."""
        if isinstance(data, Block):
            keys = [spelling(key) for key in data]
            origins = sum(key in {"column", "always", "expression"} for key in keys)
            if origins != 1 and cls.model_fields.keys() >= set(keys):
                message = sentence("write one of `column:`, `always:` and `expression:`")
                report(info, Finding(data.problem(message, code="cell")))
        return data


def _cell(value: Any) -> Any:
    return Cell(column=str(value)) if isinstance(value, str) else value


def _extras(value: Any) -> Any:
    if isinstance(value, str):
        return Rest() if value == "rest" else {value: value}
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return {item: item for item in value}
    return value


@dataclass(frozen=True)
class Rest:
    """All columns that nothing else uses."""


CellOf = Annotated[Cell, BeforeValidator(_cell, json_schema_input_type=str | Cell)]
Extras = Annotated[
    dict[str, CellOf] | Rest,
    BeforeValidator(_extras, json_schema_input_type=Literal["rest"] | list[str] | dict[str, str | Cell]),
    Field(default_factory=dict, description="`rest`, a list of columns, or `name: column` lines."),
]
_WHO = Field(default=None, description="Column of the customer's own number; short for `identifiers: {user_id: …}`.")
_IDENTIFIERS: Any = Field(default_factory=dict, description="Kind of identifier to column: `email: E-mail`.")
_MESSAGE_ID = Field(default=None, description="The row's own unique id; without it, rows are told apart by content.")
_SEQUENCE = Field(default=None, description="Order among rows of one moment; without it, the order of the file.")


class Columns(Shape):
    """Target columns that all kinds have."""

    stand_ins: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("occurred_at", "event", "day", "number", "value", "touchpoint", "key"), "a column"
    )

    message_id: Annotated[CellOf | None, Target("text", limit=500)] = _MESSAGE_ID

    @property
    def extras(self) -> dict[str, Cell] | Rest:
        """What goes into the JSON object of the row."""
        found: dict[str, Cell] | Rest = getattr(self, "properties", None) or getattr(self, "traits", {})
        return found

    @property
    def people(self) -> dict[str, Cell]:
        """Kinds of identifiers and where they come from, in order."""
        customer: Cell | None = getattr(self, "customer", None)
        first = {"user_id": customer} if customer is not None else {}
        return {**first, **getattr(self, "identifiers", {})}


class EventColumns(Columns):
    """What an event is made of."""

    occurred_at: Annotated[CellOf, Target("time", "no-time")] = Field(description="When it happened.")
    event: Annotated[CellOf, Target("text", "no-event")] = Field(description="What happened.")
    customer: CellOf | None = _WHO
    identifiers: dict[str, CellOf] = _IDENTIFIERS
    sequence: Annotated[CellOf | None, Target("whole number")] = _SEQUENCE
    sent_at: Annotated[CellOf | None, Target("time")] = Field(default=None, description="When it was sent to us.")
    channel: Annotated[CellOf | None, Target("text")] = Field(default=None, description="Where it happened.")
    device: Annotated[CellOf | None, Target("text")] = Field(default=None, description="On what device.")
    value: Annotated[CellOf | None, Target("number")] = Field(default=None, description="What it is worth.")
    properties: Extras

    hints: ClassVar[Mapping[str, str]] = {
        "time": sentence("write `occurred_at:`"),
        "timestamp": sentence("write `occurred_at:`"),
    }


class CustomerColumns(Columns):
    """What a record about a customer is made of."""

    recorded_at: Annotated[CellOf | None, Target("time", None)] = Field(
        default=None, description="Since when it is so; without it, since the file was last written."
    )
    customer: CellOf | None = _WHO
    identifiers: dict[str, CellOf] = _IDENTIFIERS
    sequence: Annotated[CellOf | None, Target("whole number")] = _SEQUENCE
    traits: Extras

    hints: ClassVar[Mapping[str, str]] = {"properties": sentence("facts about customers are `traits:`")}


class DailyNumberColumns(Columns):
    """What a number without customers is made of."""

    day: Annotated[CellOf, Target("day", "no-time")] = Field(description="The day, as the source counts days.")
    number: Annotated[CellOf, Target("text", "no-name")] = Field(description="Name of the number: footfall.")
    value: Annotated[CellOf, Target("number", "no-value")] = Field(description="The number itself.")
    properties: Extras


class FeedbackColumns(Columns):
    """What a score or a text about a touchpoint is made of."""

    occurred_at: Annotated[CellOf, Target("time", "no-time")] = Field(description="When it was given.")
    touchpoint: Annotated[CellOf, Target("text", "no-touchpoint")] = Field(description="Key of the touchpoint.")
    customer: CellOf | None = _WHO
    identifiers: dict[str, CellOf] = _IDENTIFIERS
    sequence: Annotated[CellOf | None, Target("whole number")] = _SEQUENCE
    score: Annotated[CellOf | None, Target("number")] = Field(default=None, description="How it was felt.")
    text: Annotated[CellOf | None, Target("text", limit=32_000)] = Field(default=None, description="In whose words.")


class LookupColumns(Columns):
    """What a row of a table of products, stores or campaigns is made of."""

    key: Annotated[CellOf, Target("text", "no-key")] = Field(description="What events name it by.")
    name: Annotated[CellOf | None, Target("text")] = Field(default=None, description="What people call it.")
    properties: Extras


class CsvShape(Shape):
    """How a CSV file is written; what is not said is seen from its beginning."""

    delimiter: Annotated[str, AfterValidator(_delimiter)] | None = Field(default=None, description="Between cells.")
    quote: Annotated[str, AfterValidator(_quote)] = Field(default='"', description="Around cells, or none.")
    encoding: Annotated[str, AfterValidator(_encoding)] | None = Field(default=None, description="UTF-8 if not said.")
    header: bool = Field(default=True, description="The first line holds the names of the columns.")
    columns: tuple[str, ...] = Field(default=(), description="Names of the columns, for a file without a heading.")
    skip_lines: int = Field(default=0, ge=0, le=1000, description="Lines before the heading.")


class SourceShape(Shape):
    """What all source files have."""

    kind: str
    path: str = Field(
        default="", min_length=1, description="File, glob or URL; counted from the folder of the workspace."
    )
    hook: HookShape | None = Field(default=None, description="Instead of `path:`: rows that come over HTTP.")
    database: DatabaseShape | None = Field(default=None, description="Instead of `path:`: rows of a database.")
    every: Annotated[Duration, BeforeValidator(_duration, json_schema_input_type=str)] | None = Field(
        default=None, description="How often it is looked for new rows by itself, such as `15 minutes`."
    )
    at: Annotated[str, AfterValidator(_clock)] | None = Field(
        default=None, description="Instead of `every:`: once a day, at this time of `timezone:`, such as `03:00`."
    )
    format: Literal["csv", "jsonl", "parquet", "arrow", "xes", "excel"] | None = Field(
        default=None, description="Seen from the file's name if not said."
    )
    csv: CsvShape = Field(default_factory=CsvShape)
    null_words: tuple[str, ...] = Field(default=(), description="Words that mean nothing, such as NULL or n/a.")
    decimal: Decimal = Field(default="point", description="`comma` if 12,50 is meant.")
    timezone: Annotated[str, AfterValidator(_zone)] = Field(default="UTC", description="Of times that do not say it.")
    clock_change: ClockChange = Field(
        default="earlier",
        description="Local times that clocks show twice or skip: the earlier moment, the later one, or reject the row.",
    )
    time_format: TimeFormats = Field(
        default=("iso",), description="How times are written; whole numbers are seconds, milli- or microseconds."
    )
    select: str | None = Field(default=None, description="One SELECT over `row`, instead of `columns:`.")
    unordered: bool = Field(default=False, description="The order of the rows means nothing.")
    currency: Annotated[str, AfterValidator(_currency)] | None = Field(
        default=None, description="Of `value`; a map leaves values in another currency than its own out."
    )
    lateness: Annotated[Duration, BeforeValidator(_duration, json_schema_input_type=str)] | None = Field(
        default=None, description="How late rows may come; data are complete up to so long before the end."
    )
    complete_until: Annotated[str, AfterValidator(_complete_until)] = Field(
        default="newest row",
        description="Up to when a file is complete: `newest row`, `file modified`, or a stated end: a day, included "
        "(2026-08-31), or a moment.",
    )

    hints: ClassVar[Mapping[str, str]] = {
        "file": sentence("write `path:`"),
        "delimiter": sentence("it belongs under `csv:`"),
        "encoding": sentence("it belongs under `csv:`"),
        "header": sentence("it belongs under `csv:`"),
        "identifiers": sentence("it belongs under `columns:`"),
        "properties": sentence("it belongs under `columns:`"),
    }

    @property
    def schedule(self) -> Schedule | None:
        """When it runs by itself; `None`: never."""
        if self.every is None and self.at is None:
            return None
        every = None if self.every is None else timedelta(seconds=self.every.seconds)
        return Schedule(every, None if self.at is None else parse_clock(self.at), self.timezone)

    @property
    def mapping(self) -> Columns | None:
        """The columns, of whatever kind."""
        found: Columns | None = getattr(self, "columns", None)
        return found


class EventSource(SourceShape):
    """Events: what happened, when, to whom."""

    kind: Literal["events"] = "events"
    columns: EventColumns | None = None
    without_customer: Literal["reject", "count"] = Field(
        default="reject", description="Rows that name no customer: reject them, or keep them to be counted by day."
    )
    exclude: Annotated[tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=str | list[str])] = Field(
        default=(),
        description="Expressions over this source's events; what they hold for (staff, tests) is kept, but "
        "not measured. Hours and days are those of `timezone`.",
    )


class CustomerSource(SourceShape):
    """Facts about customers."""

    kind: Literal["customers"]
    columns: CustomerColumns | None = None


class DailyNumberSource(SourceShape):
    """Numbers without customers, such as footfall."""

    kind: Literal["daily_numbers"]
    columns: DailyNumberColumns | None = None


class FeedbackSource(SourceShape):
    """Scores and texts about touchpoints."""

    kind: Literal["feedback"]
    columns: FeedbackColumns | None = None
    scale: Annotated[tuple[float, float], BeforeValidator(_scale, json_schema_input_type=str)] | None = Field(
        default=None, description="Lowest and highest possible score, such as 1-5."
    )


class LookupSource(SourceShape):
    """Tables that events are explained by: products, stores, campaigns."""

    kind: Literal["lookup"]
    columns: LookupColumns | None = None


SHAPES: Mapping[str, tuple[type[SourceShape], type[Columns]]] = {
    "events": (EventSource, EventColumns),
    "customers": (CustomerSource, CustomerColumns),
    "daily_numbers": (DailyNumberSource, DailyNumberColumns),
    "feedback": (FeedbackSource, FeedbackColumns),
    "lookup": (LookupSource, LookupColumns),
}
"""For each kind of source, the form of its file and of its `columns:`."""


def targets_of(kind: str) -> dict[str, Target]:
    """The target columns of a kind, with what each must hold."""
    found: dict[str, Target] = {}
    for name, field in SHAPES[kind][1].model_fields.items():
        found.update((name, mark) for mark in field.metadata if isinstance(mark, Target))
    return found
