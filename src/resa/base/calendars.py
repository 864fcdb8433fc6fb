"""Spans of the calendar, such as 25 months: how long data are kept."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

__all__ = ["Span", "read_span"]

_SHAPE: Final = re.compile(r"\s*([1-9][0-9]{0,4})\s*(day|week|month|year)s?\s*", re.ASCII | re.IGNORECASE)
_FIRST: Final = date(1970, 1, 1)


@dataclass(frozen=True)
class Span:
    """A number of days, and of months of the calendar.

    Attributes:
        days: At least 0.
        months: At least 0.
    """

    days: int = 0
    months: int = 0

    def before(self, day: date) -> date:
        """The day that lies so long before another; not before 1970. A month before 31 March is the end of February."""
        whole = day.year * 12 + day.month - 1 - self.months
        year, month = divmod(whole, 12)
        if year < _FIRST.year:
            return _FIRST
        found = date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
        return max(_FIRST, found - timedelta(days=self.days))


def read_span(text: str) -> Span | None:
    """A span as a person writes it; `None`: it is none.

    Args:
        text: A whole number of days, weeks, months or years.
    """
    found = _SHAPE.fullmatch(text)
    if found is None:
        return None
    number, unit = int(found[1]), found[2].lower()
    match unit:
        case "day" | "week":
            return Span(days=number * (7 if unit == "week" else 1))
        case _:
            return Span(months=number * (12 if unit == "year" else 1))
