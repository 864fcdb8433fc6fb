"""What an expression may speak of, and what compiling one gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

__all__ = [
    "EVENT_FIELDS",
    "Catalog",
    "Compiled",
    "CompiledSelect",
    "FieldType",
    "Place",
    "Requirement",
    "RequirementKind",
    "Scope",
]

FieldType = Literal["text", "number", "boolean", "time"]
"""What a field holds: text, a number (DOUBLE), true or false, a moment (TIMESTAMP WITH TIME ZONE)."""

RequirementKind = Literal["count", "latest", "persona", "segment", "met", "missed", "opened", "open", "trait"]


class Scope(Enum):
    """What one evaluation of an expression looks at."""

    EVENT = "event"
    """One row of `model.tables.EVENTS`: `when`, `value`, `score`, `per`, filters of events."""
    CUSTOMER = "customer"
    """One customer: `who`, `if`, segments, filters of customers."""
    ROW = "row"
    """One row of a source's file, before it is an event."""


EVENT_FIELDS: Mapping[str, FieldType] = {
    "event": "text",
    "channel": "text",
    "device": "text",
    "value": "number",
    "occurred_at": "time",
    "sent_at": "time",
    "received_at": "time",
    "source_id": "text",
}
"""The columns of an event beside its `properties`."""


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """What the names in an expression mean, for checks and suggestions.

    Nothing is checked against an empty collection: then every name is allowed.

    Attributes:
        touchpoints: Keys of the map's touchpoints.
        personas: Keys of its personas.
        segments: Names of segments.
        expectations: Names of expectations and promises.
        properties: Types of the known properties of events, by dotted path (`total`, `address.city`).
        traits: Types of the known traits of customers, by dotted path.
        computed: Types of the traits that Resa computes, by name; `None`: text whose meaning its use decides.
        timezone: IANA name; dates written without a zone, and the parts of a date, are in it.
    """

    touchpoints: frozenset[str] = frozenset()
    personas: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    expectations: frozenset[str] = frozenset()
    properties: Mapping[str, FieldType] = field(default_factory=dict)
    traits: Mapping[str, FieldType] = field(default_factory=dict)
    computed: Mapping[str, FieldType | None] = field(default_factory=dict)
    timezone: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """A column that the caller supplies beside `traits`, one value a customer.

    | kind | name is | the column holds |
    |---|---|---|
    | count | a touchpoint | BIGINT, how often it was visited; 0 if never |
    | latest | a touchpoint | TIMESTAMP WITH TIME ZONE of the latest visit; NULL if never |
    | persona, segment | a persona or segment | BOOLEAN, whether the customer is in it |
    | met, missed | an expectation | BIGINT, how many of its openings were met or missed |
    | opened | an expectation | BIGINT, how often it was opened |
    | open | an expectation, or empty for any | BIGINT, how many of its openings are open |
    | trait | a trait that Resa computes | its value, of the catalog's type; VARCHAR where that is none |

    Attributes:
        column: Name of the SQL column, unquoted; equal requirements have equal names in all expressions.
        kind: What is asked.
        name: Of what.
        last_seconds: Only what happened in so many seconds before `$as_of` counts (an opening happens when it opens);
            `None`: all time.
    """

    column: str
    kind: RequirementKind
    name: str
    last_seconds: int | None = None


Place = tuple[str | None, ...]
"""Where a value lies in a nested row: names of members, `None` for the items of a list."""


@dataclass(frozen=True)
class Compiled:
    """A checked expression as SQL for DuckDB.

    The session that runs it must have `TimeZone = 'UTC'`.

    Attributes:
        text: The expression as written.
        sql: SQL over the scope's relation, wrapped in TRY: what cannot be computed is NULL, and a condition that is not
            true is FALSE, never NULL. Holds no text of the user but names in quotes; literals are `$<prefix>0`, ….
        parameters: Values of the parameters, without `$`. Give exactly these; DuckDB refuses others.
        fields: What is read: `event`, `properties.total`, `traits.orders`, a column of `row`.
        requires: Columns that the caller must supply beside `traits` (customer scope).
        type: What the SQL yields; `None` when that depends on the source (row scope).
        uses_as_of: The SQL holds `$as_of`, TIMESTAMP WITH TIME ZONE, which the caller gives beside `parameters`.
        members: Every place in the row that is read (row scope).
    """

    text: str
    sql: str
    parameters: Mapping[str, object]
    fields: frozenset[str]
    requires: tuple[Requirement, ...]
    type: FieldType | None
    uses_as_of: bool = False
    members: frozenset[Place] = frozenset()


@dataclass(frozen=True)
class CompiledSelect:
    """A checked SELECT of a source as SQL for DuckDB, over a relation that the caller registers as `row`.

    Attributes:
        text: As written.
        sql: One SELECT; each output is wrapped in TRY.
        parameters: Values of the parameters, without `$`.
        columns: Names of the output, in order, without those that were carried.
        fields: Columns of `row` that are read.
        members: Every place in the row that is read.
    """

    text: str
    sql: str
    parameters: Mapping[str, object]
    columns: tuple[str, ...]
    fields: frozenset[str]
    members: frozenset[Place] = frozenset()
