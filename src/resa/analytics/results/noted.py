"""Notes on days with the answers that they concern: those over calendar time, of the same days and the same map."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from resa.analytics.calendar import PERIODS, next_period
from resa.model.writing import DayNote

if TYPE_CHECKING:
    from resa.analytics.results.result import Result

__all__ = ["days_of", "noted"]

_FIRST_DAYS: Final = ("period", "cohort")
"""Columns that hold the first day of a calendar period."""


def noted(result: Result, notes: Callable[[], Sequence[DayNote]]) -> Result:
    """An answer with the notes on the days that it is about.

    Args:
        result: The answer.
        notes: Gives all that there are, by their first day.
    """
    if (days := days_of(result)) is None:
        return result
    (first, end), here = days, {"", result.journey_map.key}
    mine = tuple(note for note in notes() if note.map_key in here and note.first < end and note.last >= first)
    return replace(result, day_notes=mine) if mine else result


def days_of(result: Result) -> tuple[date, date] | None:
    """The first day that an answer over calendar time shows, and the one after its last; `None`: it is over none."""
    question: Any = result.question
    every = getattr(question, "every", None)
    found: set[date] = set()
    for part in result.parts.values():
        for name in _FIRST_DAYS:
            if every is not None and name in part.table.column_names:
                found.update(day for day in part.table.column(name).to_pylist() if _is_day(day))
    if question.by in PERIODS and not found and "group" in result.table.column_names:
        every = question.by
        found.update(_days_in(result.table.column("group").to_pylist()))
    return None if every is None or not found else (min(found), next_period(max(found), every))


def _days_in(labels: Iterable[object]) -> Iterator[date]:
    """The first days of the groups that are calendar periods; there may be one of those without."""
    for label in labels:
        with suppress(ValueError):
            yield date.fromisoformat(str(label))


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)
