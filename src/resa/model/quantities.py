"""Durations as people state them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from resa.base.language import Sentence, in_language, sentence, sentences

__all__ = ["MICROSECONDS", "Duration", "in_english", "in_words", "parse_duration"]

MICROSECONDS = 1_000_000
"""Microseconds in a second."""

_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_SHORT = {"s": "second", "sec": "second", "min": "minute", "h": "hour", "d": "day", "w": "week"}
_PATTERN = re.compile(r"\s*(\d+)\s*(working\s+)?([^\W\d_]+)\s*", re.IGNORECASE)
_ELSEWHERE: Final = {
    word: unit
    for unit, words in {
        "second": "sekund sekunder másodperc mp",
        "minute": "minut minuter minutt minutter perc",
        "hour": "tim timme timmar time timer óra",
        "day": "dag dagar dager dygn døgn nap",
        "working day": "arbetsdag arbetsdagar arbeidsdag arbeidsdager virkedag virkedager munkanap",
        "week": "vecka veckor uke uker hét",
    }.items()
    for word in words.split()
}
"""Units as they are called in the other languages of the screens."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time, exact: a day is 24 hours and there are no months.

    Attributes:
        amount: How many units, at least 1.
        unit: One of second, minute, hour, day, week.
        working: Count only working days (unit `day` only); holidays are those of the map's `holidays`.
    """

    amount: int
    unit: Literal["second", "minute", "hour", "day", "week"]
    working: bool = False

    @property
    def seconds(self) -> int:
        """The length in seconds; working days as if they were days."""
        return self.amount * _SECONDS[self.unit]

    @property
    def microseconds(self) -> int:
        """The length in microseconds."""
        return self.seconds * MICROSECONDS

    @property
    def said(self) -> Sentence:
        """The duration in words that can be said in another language."""
        n = self.amount
        if self.working:
            return sentences("{n} working day", "{n} working days", n)
        return {
            "second": sentences("{n} second", "{n} seconds", n),
            "minute": sentences("{n} minute", "{n} minutes", n),
            "hour": sentences("{n} hour", "{n} hours", n),
            "day": sentences("{n} day", "{n} days", n),
            "week": sentences("{n} week", "{n} weeks", n),
        }[self.unit]

    def __str__(self) -> str:
        """The duration as a person would write it: `3 working days`."""
        return f"{self.amount} {'working ' if self.working else ''}{self.unit}{'s' if self.amount != 1 else ''}"


_UNEVEN: Final = {"month": sentence("months"), "quarter": sentence("quarters"), "year": sentence("years")}
"""Units whose lengths differ."""


def parse_duration(text: str) -> Duration:
    """Read `4 hours`, `1 day`, `3 working days`, `90d`, `30 min`.

    Raises:
        ValueError: The text is no duration; the message says what to write, and why `m` and months are refused.
    """
    match = _PATTERN.fullmatch(text.replace("\N{NO-BREAK SPACE}", " "))
    if match is None:
        raise ValueError(
            sentence(
                "'{text}' is not a duration; write a whole number and a unit, such as '4 hours' or '3 working days'",
                text=text,
            )
        )
    number, working, word = match.groups()
    unit = word.casefold()
    if unit == "m":
        raise ValueError(
            sentence(
                "'{text}' could mean minutes or months; write '{number} minutes', or days for months",
                text=text,
                number=number,
            )
        )
    if unit.startswith(("month", "year", "quarter")):
        raise ValueError(
            sentence(
                "'{text}': {units} differ in length; write days or weeks, such as '{example}'",
                text=text,
                units=_UNEVEN[unit.removesuffix("s")],
                example=number + "0 days",
            )
        )
    unit = _SHORT.get(unit, unit.removesuffix("s"))
    if unit not in _SECONDS:
        raise ValueError(
            sentence(
                "'{text}': '{word}' is not a unit; use seconds, minutes, hours, days, working days or weeks",
                text=text,
                word=word,
            )
        )
    if working and unit != "day":
        raise ValueError(sentence("'{text}': only days can be working days", text=text))
    if int(number) < 1:
        raise ValueError(sentence("'{text}': a duration is at least 1", text=text))
    return Duration(int(number), unit, working=bool(working))  # type: ignore[arg-type]


def in_english(text: str) -> str:
    """A duration in another of our languages as files have it: `7 dagar` is `7 days`; any other text as it is."""
    match = _PATTERN.fullmatch(text)
    unit = None if match is None or match[2] else _ELSEWHERE.get(match[3].casefold())
    return text if match is None or unit is None else f"{match[1]} {unit}{'s' if int(match[1]) != 1 else ''}"


def in_words(text: str, language: str) -> str:
    """A duration as a page in a language shows it, so that `in_english` gives it back; any other text as it is."""
    try:
        shown = in_language(parse_duration(text).said, language)
    except ValueError:
        return text
    return shown if in_english(shown) == text else text
