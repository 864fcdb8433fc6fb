"""An answer by group, taken apart: the answer of each group by itself, how many it is about, and the common scale."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pyarrow.compute as pc

from resa.drawing import format_count, say_count

if TYPE_CHECKING:
    from resa.analytics.results.result import Part, Result

__all__ = ["DRAWN_BY_GROUP", "by_group", "common_scale", "size_of"]

_GROUP: Final = "group"
_NARROW: Final = 520.0
_Rows = Sequence[Mapping[str, Any]]

DRAWN_BY_GROUP: Final[Mapping[tuple[str, str], Mapping[str, Any]]] = {
    ("funnel", "steps"): {"width": _NARROW},
    ("transitions", "transitions"): {},
    ("process", "arrows"): {},
    ("paths", "paths"): {},
    ("variants", "variants"): {"width": _NARROW},
    ("stages", "stages"): {"width": _NARROW},
    ("stages", "movements"): {},
    ("stages", "over_time"): {"width": _NARROW},
    ("channels", "channels"): {"width": _NARROW},
    ("channels", "switches"): {},
    ("planned", "planned"): {},
    ("conformance", "steps"): {"width": _NARROW},
    ("touchpoints", "touchpoints"): {"width": _NARROW},
}
"""Parts of answers that are drawn once a group, and how; others draw their groups in one picture, or not at all."""

_SCALES: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("variants", "variants"): ("customers",),
    ("stages", "stages"): ("now",),
    ("stages", "over_time"): ("customers",),
    ("channels", "channels"): ("share",),
    ("conformance", "steps"): ("share", "high"),
    ("touchpoints", "touchpoints"): ("customers",),
}
"""Columns whose largest number is the top of the scale of all groups; the others show shares of each group."""


def by_group(result: Result) -> Iterator[tuple[str, Result]]:
    """The label of each group, and its own answer as if it had been asked for alone."""
    labels = [label for part in result.parts.values() if _GROUP in part.table.column_names for label in _labels(part)]
    question = replace(result.question, by=None, compare=())
    for label in dict.fromkeys(labels):
        parts = {name: _of_group(part, label) for name, part in result.parts.items()}
        yield label, replace(result, question=question, parts=parts, others={})


def _labels(part: Part) -> list[str]:
    labels: list[str] = part.table.column(_GROUP).to_pylist()
    return labels


def _of_group(part: Part, label: str) -> Part:
    if _GROUP not in part.table.column_names:
        return part
    table = part.table.filter(pc.equal(part.table.column(_GROUP), label)).drop_columns([_GROUP])
    columns = tuple(column for column in part.columns if column.name != _GROUP)
    return replace(part, columns=columns, table=table, people={}, laid_out=None)


def common_scale(result: Result, name: str) -> dict[str, float]:
    """What the pictures of all groups must know to be of one scale: `most`, where they do not show shares."""
    columns = _SCALES.get((result.kind, name), ())
    numbers = [
        value for column in columns for value in result.part(name).table.column(column).to_pylist() if value is not None
    ]
    return {"most": float(max(numbers))} if numbers else {}


def size_of(result: Result, name: str, language: str) -> str:
    """How many the picture of one group is about, in words; empty: there is no one number."""
    name = "touchpoints" if result.kind == "process" else name
    rows = result.part(name).table.to_pylist()
    size = _SIZES.get((result.kind, name))
    return size(rows, language) if rows and size is not None else ""


def _total(rows: _Rows, column: str, without: str = "") -> int:
    """The sum of a column; of the rows only that have nothing in `without`, where that is given."""
    return sum(row[column] for row in rows if not without or row[without] is None)


def _customers(n: int, language: str) -> str:
    return say_count("customers", language, n, format_count(n, language))


def _visits(n: int, language: str) -> str:
    return say_count("visits", language, n, format_count(n, language))


def _journeys(n: int, language: str) -> str:
    return say_count("journeys", language, n, format_count(n, language))


def _paths(n: int, language: str) -> str:
    return say_count("n_paths", language, n, format_count(n, language))


def _now(n: int, language: str) -> str:
    return say_count("now", language, n, format_count(n, language))


_SIZES: Final[Mapping[tuple[str, str], Callable[[_Rows, str], str]]] = {
    ("funnel", "steps"): lambda rows, language: _customers(rows[0]["customers"], language),
    ("transitions", "transitions"): lambda rows, language: _journeys(_total(rows, "count", without="from"), language),
    ("process", "touchpoints"): lambda rows, language: _journeys(_total(rows, "begin"), language),
    ("paths", "paths"): lambda rows, language: _paths(_total(rows, "count"), language),
    ("variants", "variants"): lambda rows, language: _customers(_total(rows, "customers"), language),
    ("stages", "stages"): lambda rows, language: _now(_total(rows, "now"), language),
    ("channels", "channels"): lambda rows, language: _visits(_total(rows, "visits"), language),
    ("conformance", "steps"): lambda rows, language: _customers(rows[0]["customers"], language),
    ("touchpoints", "touchpoints"): lambda rows, language: _visits(_total(rows, "visits"), language),
}
