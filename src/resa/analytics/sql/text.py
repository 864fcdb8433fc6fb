"""Pieces of SQL text, for the views of `resa sql`: without parameters, so that a whole statement can be copied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from resa.analytics.calendar import Instants
from resa.base.clock import from_microseconds
from resa.expressions import Compiled

__all__ = ["Statement", "inlined", "listed", "literal", "moment"]

_PARAMETER = re.compile(r"\$(\w+)")


def literal(value: object) -> str:  # noqa: PLR0911  # one for each kind of value
    """A value as a SQL literal.

    Raises:
        TypeError: SQL has no such literal here.
    """
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value)
        case float():
            return f"{value!r}::DOUBLE"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime():
            return f"TIMESTAMPTZ '{value.astimezone(UTC).strftime('%Y-%m-%d %H:%M:%S.%f')}+00'"
        case date():
            return f"DATE '{value.isoformat()}'"
        case timedelta():
            return f"to_microseconds({value // timedelta(microseconds=1)})"
        case list() | tuple():
            return "[" + ", ".join(map(literal, value)) + "]"
        case _:
            raise TypeError(f"no SQL literal for {type(value).__name__}")


def moment(microseconds: int) -> str:
    """A moment, microseconds since 1970-01-01 UTC, as a SQL literal."""
    return literal(from_microseconds(int(microseconds)))


def listed(values: Iterable[object]) -> str:
    """`('a', 'b')`, for IN."""
    return "(" + ", ".join(map(literal, values)) + ")"


def inlined(compiled: Compiled, as_of: Instants | int | None = None) -> str:
    """A compiled expression with its parameters written out; `as_of` in microseconds since 1970."""
    values: dict[str, str] = {name: literal(value) for name, value in compiled.parameters.items()}
    if compiled.uses_as_of:
        values["as_of"] = "NULL::TIMESTAMPTZ" if as_of is None else moment(int(as_of))
    return _PARAMETER.sub(lambda match: values[match.group(1)], compiled.sql)


class Statement:
    """A SELECT made of named steps (`WITH RECURSIVE a AS (…), b AS (…) SELECT …`).

    Args:
        steps: SQL by name, in order; a step may read those before it.
    """

    def __init__(self, steps: Mapping[str, str] | None = None) -> None:
        self._steps = dict(steps or {})

    def step(self, name: str, sql: str) -> Statement:
        """The statement with one step more."""
        return Statement({**self._steps, name: sql})

    def select(self, sql: str) -> str:
        """The whole text."""
        if not self._steps:
            return sql
        steps = ",\n".join(f"{name} AS (\n{_indented(text)}\n)" for name, text in self._steps.items())
        return f"WITH RECURSIVE {steps}\n{sql}"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
