"""The checked parts that an expression is put together from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resa.base.language import sentence
from resa.expressions.functions import Kind

__all__ = ["CASTS", "DATE_ALONE", "KIND_WORDS", "TIME_WITHOUT_ZONE", "WRONG", "Piece", "is_open", "quoted"]

KIND_WORDS: Mapping[Kind, str] = {
    "text": sentence("text"),
    "number": sentence("a number"),
    "tally": sentence("a number"),
    "boolean": sentence("true or false"),
    "time": sentence("a moment"),
    "local": sentence("a date and time without a zone"),
    "native": sentence("a field of the row"),
    "json": sentence("a value of unknown type"),
    "null": "NULL",
    "wrong": "wrong",
}
# Never a plain CAST: of a constant it fails while DuckDB plans, where TRY does not reach.
CASTS: Mapping[Kind, str] = {
    "text": "TRY_CAST({} AS VARCHAR)",
    "number": "TRY_CAST({} AS DOUBLE)",
    "boolean": "TRY_CAST({} AS BOOLEAN)",
    "time": "TRY_CAST({} AS TIMESTAMPTZ)",
    "local": "TRY_CAST({} AS TIMESTAMP)",
}

_DATE = r"[-+]?\d+[-/]\d+[-/]\d+"
DATE_ALONE = rf"^\s*({_DATE})\s*$"
TIME_WITHOUT_ZONE = rf"^\s*({_DATE}[ T][\d:.]+)\s*$"


@dataclass(frozen=True, slots=True)
class Piece:
    """One checked part.

    Attributes:
        kind: What it yields.
        sql: Empty for a literal, which becomes a parameter only when its type is decided.
        at: Where it begins in the text, from 0.
        label: How a message names it.
        literal: The value that was written out.
    """

    kind: Kind
    sql: str = ""
    at: int = 0
    label: str = ""
    literal: object = None


WRONG = Piece("wrong", "NULL")


def is_open(kind: Kind) -> bool:
    """The use of the value decides its type."""
    return kind in ("json", "native")


def quoted(name: str) -> str:
    """A name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'
