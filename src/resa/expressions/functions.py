"""The functions of the language, as data: the checker obeys this table and the reference is written from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resa.expressions.language import RequirementKind, Scope

__all__ = ["FUNCTIONS", "FUNCTIONS_BY_NAME", "Function", "Kind", "Parameter"]

Kind = Literal["text", "number", "boolean", "time", "local", "json", "native", "null", "tally", "wrong"]
"""What a part of an expression yields, while it is checked.

`local` is a date and time without a zone (TIMESTAMP); `json` is text whose meaning its use decides (a property of
unknown type); `native` has the type that the source's file gives it; `null` is NULL alone; `tally` is a count that also
stands as a condition, "at least once"; `wrong` has been reported.
"""

ParameterKind = Literal[
    "text",
    "number",
    "integer",
    "boolean",
    "time",
    "local",
    "any",
    "same",
    "regular expression",
    "format",
    "part",
    "zone",
    "path",
    "digits",
    "short text",
    "touchpoint",
    "expectation",
    "persona",
    "segment",
    "moment or touchpoint",
    "list",
    "pairs",
]

_ALL = frozenset(Scope)
_ROW = frozenset({Scope.ROW})
_CUSTOMER = frozenset({Scope.CUSTOMER})


@dataclass(frozen=True)
class Parameter:
    """One argument of a function.

    Attributes:
        name: For people; `[name]` may be left out, `name …` may be repeated.
        kind: What is taken. From `regular expression` on it must be written out, not computed.
    """

    name: str
    kind: ParameterKind

    @property
    def optional(self) -> bool:
        """It may be left out."""
        return self.name.startswith("[")

    @property
    def repeated(self) -> bool:
        """It may be given several times, at least once."""
        return self.name.endswith("…")


@dataclass(frozen=True)
class Function:
    """One function of the language.

    Attributes:
        name: Lower case.
        parameters: In order.
        result: What it yields; `json` here means: the same as its `same` arguments.
        sql: DuckDB SQL; `{0}` is the first argument, `{all}` all of them, `{zone}` the map's time zone.
            Empty where the checker builds the SQL.
        meaning: One sentence for the reference.
        scopes: Where it may be used.
        requires: Customer scope: what the caller must supply.
        cost: Roughly milliseconds for 100,000 rows; for each argument, where there may be any number.
    """

    name: str
    parameters: tuple[Parameter, ...]
    result: Kind
    sql: str
    meaning: str
    scopes: frozenset[Scope] = _ALL
    requires: RequirementKind | None = None
    cost: int = 5

    @property
    def signature(self) -> str:
        """`substr(text, start, [length])`."""
        return f"{self.name}({', '.join(parameter.name for parameter in self.parameters)})"

    @property
    def fewest(self) -> int:
        """The smallest number of arguments."""
        return sum(not parameter.optional for parameter in self.parameters)

    @property
    def most(self) -> int | None:
        """The largest number of arguments; `None`: any number."""
        return None if any(parameter.repeated for parameter in self.parameters) else len(self.parameters)


def _taking(**kinds: ParameterKind) -> tuple[Parameter, ...]:
    """Parameters by name; `_optional` and `_repeated` at the end of a name say so."""
    named = []
    for name, kind in kinds.items():
        shown = name.removesuffix("_optional").removesuffix("_repeated")
        if name.endswith("_optional"):
            shown = f"[{shown}]"
        elif name.endswith("_repeated"):
            shown = f"{shown} …"
        named.append(Parameter(shown, kind))
    return tuple(named)


_TEXT = _taking(text="text")
_NUMBER = _taking(number="number")
_MOMENT = _taking(moment="time")

FUNCTIONS: tuple[Function, ...] = (
    # Text
    Function("lower", _TEXT, "text", "lower({0})", "The text in small letters."),
    Function("upper", _TEXT, "text", "upper({0})", "The text in capital letters."),
    Function("trim", _TEXT, "text", "trim({0})", "The text without spaces at its ends."),
    Function("length", _TEXT, "number", "length({0})", "How many characters the text has."),
    Function(
        "substr",
        _taking(text="text", start="integer", length_optional="integer"),
        "text",
        "substr({all})",
        "The part of the text from a place on, the first character being 1.",
    ),
    Function("left", _taking(text="text", count="integer"), "text", "left({all})", "The first characters of the text."),
    Function(
        "right", _taking(text="text", count="integer"), "text", "right({all})", "The last characters of the text."
    ),
    Function(
        "split_part",
        _taking(text="text", separator="text", number="integer"),
        "text",
        "split_part({all})",
        "The n-th part of a text that a separator divides, the first being 1.",
    ),
    Function(
        "replace",
        _taking(text="text", old="short text", new="short text"),
        "text",
        "replace({all})",
        "The text with one piece replaced by another, which may not be longer.",
    ),
    Function(
        "concat",
        _taking(text_repeated="text"),
        "text",
        "concat({all})",
        "The texts joined; missing ones are left out (with || a missing one makes the whole missing).",
        cost=25,
    ),
    Function(
        "starts_with",
        _taking(text="text", start="text"),
        "boolean",
        "starts_with({all})",
        "Whether the text starts so.",
    ),
    Function("ends_with", _taking(text="text", end="text"), "boolean", "ends_with({all})", "Whether the text ends so."),
    Function(
        "contains", _taking(text="text", part="text"), "boolean", "contains({all})", "Whether the text holds a piece."
    ),
    Function(
        "regexp_matches",
        _taking(text="text", pattern="regular expression"),
        "boolean",
        "regexp_matches({all})",
        "Whether a regular expression (RE2) is found in the text; (?i) at its start ignores capitals.",
        cost=50,
    ),
    Function(
        "regexp_extract",
        _taking(text="text", pattern="regular expression"),
        "text",
        "regexp_extract({all})",
        "The first piece of the text that a regular expression finds, empty if none.",
        cost=50,
    ),
    # Numbers
    Function("abs", _NUMBER, "number", "abs({0})", "The number without its sign."),
    Function(
        "round",
        _taking(number="number", digits_optional="digits"),
        "number",
        "round({all})",
        "The number rounded, to so many digits after the point.",
    ),
    Function("floor", _NUMBER, "number", "floor({0})", "The next whole number below."),
    Function("ceil", _NUMBER, "number", "ceil({0})", "The next whole number above."),
    # Any
    Function("coalesce", _taking(value_repeated="same"), "json", "coalesce({all})", "The first value that is there."),
    Function(
        "greatest", _taking(value_repeated="same"), "json", "greatest({all})", "The largest; missing ones are left out."
    ),
    Function(
        "least", _taking(value_repeated="same"), "json", "least({all})", "The smallest; missing ones are left out."
    ),
    Function(
        "nullif",
        _taking(value="same", other="same"),
        "json",
        "nullif({all})",
        "The value, or missing if it equals the other.",
    ),
    # Moments
    Function("year", _MOMENT, "number", "year(timezone({zone}, {0}))", "The year, in the map's time zone."),
    Function(
        "quarter", _MOMENT, "number", "quarter(timezone({zone}, {0}))", "The quarter, 1 to 4, in the map's time zone."
    ),
    Function("month", _MOMENT, "number", "month(timezone({zone}, {0}))", "The month, 1 to 12, in the map's time zone."),
    Function("week", _MOMENT, "number", "week(timezone({zone}, {0}))", "The ISO week, in the map's time zone."),
    Function("day", _MOMENT, "number", "day(timezone({zone}, {0}))", "The day of the month, in the map's time zone."),
    Function(
        "weekday",
        _MOMENT,
        "number",
        "isodow(timezone({zone}, {0}))",
        "The day of the week, Monday 1 to Sunday 7, in the map's time zone.",
    ),
    Function("hour", _MOMENT, "number", "hour(timezone({zone}, {0}))", "The hour, 0 to 23, in the map's time zone."),
    Function(
        "minute", _MOMENT, "number", "minute(timezone({zone}, {0}))", "The minute, 0 to 59, in the map's time zone."
    ),
    Function("epoch", _MOMENT, "number", "(epoch_us({0}) / 1000000)", "Seconds since 1970."),
    Function(
        "date_trunc",
        _taking(part="part", moment="time"),
        "time",
        "timezone({zone}, date_trunc({0}, timezone({zone}, {1})))",
        "The start of the year, month, week, day … of the moment, in the map's time zone.",
    ),
    Function(
        "date_diff",
        _taking(part="part", start="time", end="time"),
        "number",
        "date_diff({0}, timezone({zone}, {1}), timezone({zone}, {2}))",
        "How many limits of a part (midnights for 'day') lie between two moments, in the map's time zone.",
    ),
    Function(
        "strftime",
        _taking(moment="time", format="format"),
        "text",
        "strftime(timezone({zone}, {0}), {1})",
        "The moment as text, in the map's time zone.",
        cost=20,
    ),
    # Customers
    Function(
        "count",
        _taking(touchpoint="touchpoint"),
        "number",
        "",
        "How often the customer was at the touchpoint; `count(cart, last => '90d')` counts the last 90 days.",
        _CUSTOMER,
        "count",
        1,
    ),
    Function(
        "persona",
        _taking(name="persona"),
        "boolean",
        "",
        "Whether the customer is of the persona.",
        _CUSTOMER,
        "persona",
        1,
    ),
    Function(
        "segment",
        _taking(name="segment"),
        "boolean",
        "",
        "Whether the customer is in the segment, one of `segments.yaml`.",
        _CUSTOMER,
        "segment",
        1,
    ),
    Function(
        "met",
        _taking(expectation="expectation"),
        "tally",
        "",
        "Whether the customer ever met the expectation, and how often: `met(cart.purchase, last => '90d') >= 2`.",
        _CUSTOMER,
        "met",
        1,
    ),
    Function(
        "missed",
        _taking(expectation="expectation"),
        "tally",
        "",
        "Whether the customer ever missed the expectation, and how often; takes `last =>`.",
        _CUSTOMER,
        "missed",
        1,
    ),
    Function(
        "opened",
        _taking(expectation="expectation"),
        "tally",
        "",
        "Whether the expectation was ever opened for the customer, and how often; takes `last =>`.",
        _CUSTOMER,
        "opened",
        1,
    ),
    Function(
        "has_open",
        _taking(expectation_optional="expectation"),
        "tally",
        "",
        "Whether the expectation is open for the customer now: neither met nor cancelled, and its deadline has not "
        "passed; `has_open()`: whether any expectation or promise is.",
        _CUSTOMER,
        "open",
        1,
    ),
    Function(
        "days_since",
        (Parameter("traits.name or touchpoint", "moment or touchpoint"),),
        "number",
        "(CASE WHEN {0} <= $as_of THEN (epoch_us($as_of::TIMESTAMPTZ) - epoch_us({0})) / 86400000000 END)",
        "Days of 24 hours from a moment that a trait states, or from the latest visit of a touchpoint, until the data "
        "are complete; not known for a later moment.",
        _CUSTOMER,
        "latest",
    ),
    # Rows of files
    Function(
        "strptime",
        _taking(text="text", format="format"),
        "local",
        "try_strptime({all})",
        "A date and time read from text, without a zone.",
        _ROW,
        cost=60,
    ),
    Function(
        "make_timestamp",
        _taking(year="integer", month="integer", day="integer", hour="integer", minute="integer", second="number"),
        "local",
        "make_timestamp({all})",
        "A date and time from its parts, without a zone.",
        _ROW,
    ),
    Function(
        "timezone",
        _taking(zone="zone", local="local"),
        "time",
        "timezone({all})",
        "The moment of a date and time that was stated in a zone.",
        _ROW,
    ),
    Function(
        "to_timestamp",
        _taking(seconds="number"),
        "time",
        "timezone('UTC', make_timestamp(TRY_CAST({0} * 1000000 AS BIGINT)))",
        "The moment so many seconds after 1970.",
        _ROW,
    ),
    Function(
        "epoch_ms",
        _taking(milliseconds="number"),
        "time",
        "timezone('UTC', make_timestamp(TRY_CAST({0} * 1000 AS BIGINT)))",
        "The moment so many milliseconds after 1970.",
        _ROW,
    ),
    Function(
        "epoch_us",
        _taking(microseconds="number"),
        "time",
        "timezone('UTC', make_timestamp(TRY_CAST({0} AS BIGINT)))",
        "The moment so many microseconds after 1970.",
        _ROW,
    ),
    Function(
        "json_extract_string",
        _taking(json="any", path="path"),
        "json",
        "json_extract_string({all})",
        "A value inside JSON text, by its path such as '$.address.city'.",
        _ROW,
        cost=10,
    ),
    Function("to_json", _taking(value="any"), "native", "to_json({0})", "The value as JSON.", _ROW, cost=10),
    Function(
        "json_object",
        _taking(pair_repeated="pairs"),
        "native",
        "json_object({all})",
        "A JSON object: json_object('sku', row.sku, 'quantity', row.quantity).",
        _ROW,
        cost=10,
    ),
    Function(
        "struct_pack",
        _taking(pair_repeated="pairs"),
        "native",
        "struct_pack({all})",
        "Named values as one, for lists: unnest([struct_pack(event := 'shipped', at := row.shipped_at)]).",
        _ROW,
    ),
    Function("len", _taking(list="list"), "number", "len({0})", "How many entries a list has.", _ROW),
)
"""Every function, in the order of the reference."""

FUNCTIONS_BY_NAME = {function.name: function for function in FUNCTIONS}
