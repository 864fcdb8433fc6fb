"""Moments and plain values as a page writes them: in the map's time zone, as the reader's language has them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_time
from babel.numbers import format_decimal

from resa.base.language import LANGUAGES

__all__ = ["Moment", "When", "clock_in", "plain_value", "when_in", "zone_of"]


@dataclass(frozen=True)
class Moment:
    """A moment on a page.

    Attributes:
        words: For people.
        stamp: For machines, ISO 8601; empty: it is not known.
    """

    words: str
    stamp: str = ""

    def __str__(self) -> str:
        """What stands inside a sentence."""
        return self.words

    def __html__(self) -> str:
        """The moment as templates show it."""
        words = escape(self.words)
        return f'<time datetime="{self.stamp}">{words}</time>' if self.stamp else words


When = Callable[[datetime | None], Moment]
"""Says a moment; a dash where it is not known."""


def when_in(timezone: str, language: str) -> When:
    """How moments are said on a page.

    Args:
        timezone: IANA name.
        language: Of the page.
    """
    zone, locale = ZoneInfo(timezone), Locale.parse(LANGUAGES[language])

    def when(moment: datetime | None) -> Moment:
        if moment is None:
            return Moment("–")
        local = moment.astimezone(zone)
        return Moment(format_datetime(local, "medium", locale=locale) + _which(local, locale), _stamp(moment))

    return when


def _which(local: datetime, locale: Locale) -> str:
    """How far from UTC the clock was, in the hour that it shows twice when summer time ends; else nothing."""
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f" ({format_datetime(local, 'ZZZZ', locale=locale)})" if twice else ""


def zone_of(zones: Iterable[str]) -> str:
    """The time zone of what is of no one map: that of most maps, of several such that of the first; of none UTC."""
    counted = Counter(zones).most_common(1)
    return counted[0][0] if counted else "UTC"


def clock_in(timezone: str, language: str) -> When:
    """How moments are said under the heading of their day."""
    zone, locale = ZoneInfo(timezone), Locale.parse(LANGUAGES[language])

    def clock(moment: datetime | None) -> Moment:
        if moment is None:
            return Moment("–")
        local = moment.astimezone(zone)
        return Moment(format_time(local, "medium", locale=locale) + _which(local, locale), _stamp(moment))

    return clock


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def plain_value(value: object, language: str) -> str:
    """A value of a trait or property for people: texts without quotes, numbers without digits that say nothing."""
    match value:
        case None:
            return "–"
        case str():
            return value
        case float():
            return str(format_decimal(value, format="0.###", locale=Locale.parse(LANGUAGES[language])))
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)
