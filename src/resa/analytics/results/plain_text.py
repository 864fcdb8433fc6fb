"""A table as a person reads it: text for a terminal, with headings and the words of its cells in her language.

The names of columns in JSON, CSV and files are keys, and English in every language; so are those that one types.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa

from resa.base.language import said
from resa.base.showing import harmless
from resa.drawing import format_seconds
from resa.model.verdicts import VERDICTS

__all__ = [
    "CELLS",
    "HEADINGS",
    "cell_text",
    "heading",
    "plain",
    "table_text",
    "time_name",
    "timed",
    "told_cell",
]

HEADINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        name: name
        for name in (
            *("added", "after", "after_met", "after_mature", "after_share", "after_touchpoint", "attribute", "back"),
            *("before_met", "before_mature", "before_share", "began (UTC)", "becomes", "begin", "cancelled", "channel"),
            *("cohort", "cohorts", "column", "comparable", "complete", "contacts", "cost", "cost_per_goal", "count"),
            *("counted", "customers", "customers_at_most", "customers_met", "days", "detour", "device", "difference"),
            *("direct", "duplicate", "end", "entered", "expectation", "file", "filled", "fitness", "for instance"),
            *("from", "given", "good", "group", "happy", "high", "improvement", "in_place", "instead", "kind", "kinds"),
            *("known", "last_period", "left", "length", "lift", "load", "lost", "low", "mature", "mean", "median"),
            *("met", "metric", "missed", "name", "next", "now", "only", "onward", "optional", "other", "other_counted"),
            *("other_share", "other_size", "out_of_order", "p90", "p_value", "path", "perfect", "period", "persona"),
            *("arrows", "places", "touchpoints"),
            *("quiet", "reason", "reference", "rejected", "returned", "rows", "score", "scores", "seen_by", "share"),
            *("share_of_first", "share_of_missed", "share_of_previous", "shown", "sign", "since", "size", "skipped"),
            *("slow", "source", "stage", "state", "stays", "step", "target", "time", "to", "touchpoint", "until"),
            *("value", "value_at_most", "variant", "verdict", "visits", "waiting", "who", "without_customer"),
            *("young_cancelled", "young_met", "young_open", "carried", "customers", "event", "events", "first_day"),
            *("last_day", "missing_since", "needs", "property", "unused", "trait", "recorded (UTC)", "before"),
            *("opened (UTC)", "deadline (UTC)", "when (UTC)", "happened (UTC)", "as of (UTC)", "4 weeks ago", "trend"),
            *("segment", "change", "cause", "identifier", "why", "decision", "probability", "agree", "differ"),
            *("scope", "setting", "said in", "reads", "last run (UTC)", "last success (UTC)", "since run", "lag"),
            *(
                "next run (UTC)",
                "failures",
                "last error",
                "consent",
                "allowed",
                "since (UTC)",
                "wording",
                "where",
                "by",
            ),
            *("asked", "withdrawn", "way", "what", "detail", "customer", "kept", "from (UTC)", "older rows"),
            *(
                "number",
                "address",
                "role",
                "password",
                "second factor",
                "invited (UTC)",
                "ended (UTC)",
                "session",
                "seen (UTC)",
                "browser",
            ),
        )
    }
)
"""Headings of tables, in English the names of the columns."""

CELLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        word.replace(" ", "_"): word
        for word in (
            *VERDICTS.values(),
            *("higher", "lower", "not told apart", "events", "a number by day", "not seen", "no signal", "anything"),
            *("visits of the map", "traits", "a persona", "everyone", "persona", "expectation", "promise", "drop-off"),
            *("wait", "loop", "repeat", "switch", "unmet", "unusual", "above comparable", "running", "finished"),
            *("removed", "yes", "no", "(not known)", "(other)", "text", "number", "whole number", "time", "day"),
            *(
                "true or false",
                "given",
                "asked",
                "confirmed",
                "withdrawn",
                "nothing",
                "for ever",
                "entered",
                "left",
                "record",
                "identity",
                "definition",
                "start",
                "gone",
                "empty",
                "list",
                "nested",
                "comes",
                "silent",
                "never came",
                "missing",
                "no visits",
            ),
        )
    }
)
"""Words of ours that stand in cells."""

_OURS: Final = frozenset(
    {
        "channel",
        "device",
        "verdict",
        "seen_by",
        "known",
        "who",
        "kind",
        "sign",
        "reason",
        "state",
        "group",
        "touchpoint",
        "to",
        "instead",
        "change",
        "cause",
        "allowed",
        "kept",
    }
)
"""Columns whose cells may hold words of ours."""

_DECIMAL_COMMA: Final = str.maketrans({",": "\N{NO-BREAK SPACE}", ".": ","})
"""All of our languages but English write 1 234,5."""


def plain(value: object) -> Any:
    """A value as JSON can hold it; moments in UTC."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case float() if not math.isfinite(value):
            return None
        case list():
            return [plain(item) for item in value]
        case _:
            return value


def cell_text(value: object, language: str = "en") -> str:
    """A cell: nothing as a dash, numbers as the language writes them."""
    match value:
        case None:
            return "–"
        case float():
            text = f"{value:,.3f}" if abs(value) < 100 else f"{value:,.2f}".removesuffix("0").removesuffix(".0")
            return text if language == "en" else text.translate(_DECIMAL_COMMA)
        case bool():
            return _word("yes" if value else "no", language)
        case int():
            return f"{value:,}" if language == "en" else f"{value:,}".translate(_DECIMAL_COMMA)
        case dict() | list():
            return _joined(value, language)
        case _:
            return harmless(str(plain(value)))


def _joined(value: dict[str, object] | list[object], language: str) -> str:
    """A path with arrows between its touchpoints; a list of identifiers with commas."""
    if isinstance(value, dict):
        return " ".join(cell_text(part, language) for part in value.values())
    sign = ", " if value and isinstance(value[0], dict) else " > "
    return sign.join(cell_text(part, language) for part in value)


def _word(word: str, language: str) -> str:
    key = word.replace(" ", "_")
    return said(language, f"cell.{key}", word) if key in CELLS else word


def told_cell(name: str, value: object, language: str) -> str:
    """A cell of the column `name`, words of ours in a language."""
    return _word(value, language) if isinstance(value, str) and name in _OURS else cell_text(value, language)


def heading(name: str, language: str) -> str:
    """A heading in a language; names that are not ours stay."""
    return said(language, f"heading.{name}", name) if name in HEADINGS else name


def timed(table: pa.Table, language: str = "en") -> pa.Table:
    """The table with times as people say them instead of seconds: `median_seconds` 15120 is `median` 4 h 12 min."""
    for number, name in enumerate(table.column_names):
        if name.endswith("seconds"):
            times = [None if value is None else format_seconds(value, language) for value in table[number].to_pylist()]
            table = table.set_column(number, time_name(name), pa.array(times, pa.string()))
    return table


def time_name(name: str) -> str:
    """The heading of a column of times that shows its units in every cell."""
    return name.removesuffix("seconds").strip("_") or "time" if name.endswith("seconds") else name


def table_text(table: pa.Table, language: str = "en") -> str:
    """A table for people: a heading, columns side by side, numbers to the right.

    Args:
        table: The table.
        language: Of its headings and of our words in it; English is how they are named in files.
    """
    rows = [[told_cell(name, value, language) for name, value in row.items()] for row in table.to_pylist()]
    cells = [[heading(name, language) for name in table.column_names], *rows]
    widths = [max(len(row[number]) for row in cells) for number in range(table.num_columns)]
    numeric = [pa.types.is_floating(item.type) or pa.types.is_integer(item.type) for item in table.schema]
    lines = [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in cells
    ]
    return "\n".join(lines)
