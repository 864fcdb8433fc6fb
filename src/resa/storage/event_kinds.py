"""Kinds of events: what an event is called, who delivered it, and which fields it carries.

There are few of them, however many events there are, so that whatever depends on an event's kind alone can be counted
by its number: which properties come, and which events nobody uses. The writer keeps the number of each event as a
label (`resa.storage.labels`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from resa.expressions import Compiled

__all__ = ["EVENT_KIND", "EventKind", "read_event_kind"]

_COLUMNS: Final = ("channel", "device", "value")
_PROPERTIES: Final = "properties."

_POINTER: Final = "'/' || replace(replace(k, '~', '~0'), '/', '~1')"
_EMPTY: Final = f"list_filter(json_keys(properties), lambda k: json_extract_string(properties, {_POINTER}) IS NULL)"
# Hardly any row holds the word, and to look at each property by itself takes long.
_NULLS: Final = f"CASE WHEN contains(properties, 'null') THEN {_EMPTY} END"
_PARTS: Final = (
    "event",
    "source_id",
    *(f"{column} IS NOT NULL" for column in _COLUMNS),
    "json_keys(properties)",
    _NULLS,
)

EVENT_KIND: Final = Compiled(
    text="kind of event",
    sql=f"TRY(CAST(json_array({', '.join(_PARTS)}) AS VARCHAR))",
    parameters={},
    fields=frozenset({"event", "source_id", *_COLUMNS, "properties"}),
    requires=(),
    type="text",
)
"""An event's kind as text, which `read_event_kind` reads."""


@dataclass(frozen=True)
class EventKind:
    """What some events have in common.

    Attributes:
        event: Their name.
        source: Who delivered them.
        columns: Which of channel, device and value they have.
        properties: Keys of their properties, as written, those that are null among them.
        nulls: Which of these are null.
    """

    event: str
    source: str
    columns: frozenset[str]
    properties: Sequence[str]
    nulls: frozenset[str]

    def carries(self, field: str) -> bool | None:
        """Whether these events have something in a field, as expressions name it; `None`: that differs."""
        if field in {"event", "source_id"}:
            return True
        if field in _COLUMNS:
            return field in self.columns
        name = field.removeprefix(_PROPERTIES)
        if name == field or "." in name:  # what lies within a property is not looked at
            return None
        return name in self.properties and name not in self.nulls


def read_event_kind(text: str) -> EventKind:
    """What `EVENT_KIND` says of an event."""
    event, source, *there, properties, nulls = json.loads(text)
    columns = frozenset(name for name, has in zip(_COLUMNS, there, strict=True) if has)
    return EventKind(event, source, columns, tuple(properties or ()), frozenset(nulls or ()))
