"""Checks of literals that would make DuckDB fail while it plans, where TRY does not reach, or work for too long."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

import pyarrow as pa
import pyarrow.compute as pc

from resa.base.errors import did_you_mean
from resa.base.language import Sentence, sentence

__all__ = [
    "DATE_PARTS",
    "check_date_part",
    "check_like",
    "check_regular_expression",
    "check_time_format",
    "check_time_zone",
    "json_pointer",
    "parse_moment",
]

DATE_PARTS = frozenset({"year", "quarter", "month", "week", "day", "hour", "minute", "second"})
"""Parts for date_trunc and date_diff."""

_LONGEST_REGULAR_EXPRESSION = 200
_MOST_WILDCARDS = 20
_TIME_FORMAT = re.compile(r"(?:[^%]|%-?[aAbBdHIjmMpSUWwyYzZfgGuVcxXn%])*")


def check_like(pattern: str, escape: str | None) -> Sentence | None:
    """What is wrong with a LIKE pattern, or `None`. Many wildcards would make it slow on long text."""
    if pattern.count("%") > _MOST_WILDCARDS:
        return sentence("a pattern may hold at most {most_wildcards} times %", most_wildcards=_MOST_WILDCARDS)
    if escape is None:
        return None
    if len(escape) != 1 or escape in "%_" or ord(escape) > 127:
        return sentence("after `escape` comes one plain character other than % and _, such as '\\'")
    if not re.fullmatch(rf"(?s)(?:[^{re.escape(escape)}]|{re.escape(escape)}.)*", pattern):
        return sentence(
            "the pattern ends with its escape character {escape}; write a character after it", escape=escape
        )
    return None


def check_regular_expression(pattern: str) -> Sentence | None:
    """What is wrong with a regular expression, or `None`.

    DuckDB and Arrow use the same library (RE2, linear in the text), so what Arrow accepts DuckDB does.
    """
    if len(pattern) > _LONGEST_REGULAR_EXPRESSION:
        return sentence(
            "a regular expression may have at most {longest_regular_expression} characters",
            longest_regular_expression=_LONGEST_REGULAR_EXPRESSION,
        )
    try:
        pc.match_substring_regex(pa.array([""]), pattern=pattern)
    except pa.ArrowInvalid as error:
        reason = str(error).partition("\n")[0].removeprefix("Invalid regular expression: ")
        return sentence("this is not a regular expression that can be used: {reason}", reason=reason)
    return None


def check_time_format(text: str) -> Sentence | None:
    """What is wrong with a format for strptime or strftime, or `None`."""
    if not 0 < len(text) <= 100:
        return sentence("a format has 1 to 100 characters")
    if not _TIME_FORMAT.fullmatch(text):
        return sentence("the format holds a % code that is not known; write for example '%Y-%m-%d %H:%M:%S'")
    return None


def check_date_part(text: str) -> Sentence | None:
    """What is wrong with the name of a part of a date, or `None`."""
    if text.casefold() in DATE_PARTS:
        return None
    return sentence(
        "'{text}' is not a part of a date{suggestion}",
        text=text,
        suggestion=did_you_mean(text, DATE_PARTS) or sentence("; use {known}", known=", ".join(sorted(DATE_PARTS))),
    )


def check_time_zone(text: str) -> Sentence | None:
    """What is wrong with the name of a time zone, or `None`."""
    known = available_timezones()
    if text in known:
        return None
    return sentence(
        "'{text}' is not a time zone{suggestion}",
        text=text,
        suggestion=did_you_mean(text, known) or sentence("; write for example Europe/Stockholm"),
    )


def parse_moment(text: str, timezone: str) -> datetime | None:
    """The moment that ISO 8601 text means, in the given zone where the text names none; `None` if it is no moment."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))


def json_pointer(path: tuple[str | int, ...]) -> str:
    """The JSON pointer (RFC 6901) of a path; whole numbers are positions in a list, counted from 0."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
