"""Why rows are rejected: stable names, and what they mean to a person. No text holds what a row says."""

from __future__ import annotations

import re
from collections.abc import Mapping

from resa.base.language import Sentence, as_it_is, pattern, sentence

__all__ = ["DETAILS", "OVERLONG_JSON", "WORDS", "said_again"]

OVERLONG_JSON = 32_768
"""Most bytes of a row's properties or traits."""

DETAILS: Mapping[str, str] = {
    "no-time": pattern("{column} is empty"),
    "unreadable-time": pattern(
        "{column} is no time that can be read; write its form as `time_format:`, such as %Y%m%d%H%M"
    ),
    "doubtful-time": pattern("{column} is a local time that the clocks showed twice or never; see `clock_change:`"),
    "too-old": pattern("{column} is before 2 January 1970, which computers write when they know no time"),
    "future": pattern("{column} is more than 24 hours after the row was received"),
    "no-event": pattern("{column} is empty"),
    "no-customer": pattern("no identifier of a customer is given"),
    "no-id": pattern("{column} is empty"),
    "no-name": pattern("{column} is empty"),
    "no-value": pattern("{column} is empty"),
    "no-touchpoint": pattern("{column} is empty"),
    "no-key": pattern("{column} is empty"),
    "no-feedback": pattern("neither a score nor a text is given"),
    "outside-scale": pattern("the score is not between {low} and {high}"),
    "overlong": pattern("{column} is longer than {limit}"),
    "too-deep": pattern("{column} is nested more than {levels} levels deep"),
    "nul-byte": pattern("{column} holds a zero byte"),
    "wrong-type": pattern("{column} is not a {type}"),
    "broken-utf8": pattern("the row is not UTF-8; if all of the file is not, say which under `csv: encoding:`"),
    "broken-quotes": pattern("a quote is not closed, or text follows a closing quote"),
    "too-few-cells": pattern("the row has fewer cells than there are columns"),
    "too-many-cells": pattern("the row has more cells than there are columns"),
    "bad-json": pattern("the line is no JSON object"),
    "other-shape": pattern(
        "a member is an object, a list or a single value where another is read, as in the first lines of a file"
    ),
    "unknown-call": pattern("{column} is none of identify, track, page, screen, group and alias"),
    "repeated-key": pattern("an earlier row of the file has the same key"),
    "no-source": pattern("the source file was gone or wrong when the row came; mend it, then replay the row"),
    "too-slow": pattern("the source file's SQL took too long, and others waited; make it quicker, then replay the row"),
}
"""Every reason with its sentence; a row has the first that applies."""

WORDS: Mapping[str, Sentence] = {
    "no-time": sentence("no time"),
    "unreadable-time": sentence("time cannot be read"),
    "doubtful-time": sentence("local time is ambiguous"),
    "too-old": sentence("before 1970"),
    "future": sentence("in the future"),
    "no-event": sentence("no event"),
    "no-customer": sentence("no customer"),
    "no-id": sentence("no id"),
    "no-name": sentence("no name"),
    "no-value": sentence("no value"),
    "no-touchpoint": sentence("no touchpoint"),
    "no-key": sentence("no key"),
    "no-feedback": sentence("neither score nor text"),
    "outside-scale": sentence("score outside the scale"),
    "overlong": sentence("too long"),
    "too-deep": sentence("nested too deeply"),
    "nul-byte": sentence("zero byte"),
    "wrong-type": sentence("of another type"),
    "broken-utf8": sentence("not UTF-8"),
    "broken-quotes": sentence("broken quotes"),
    "too-few-cells": sentence("too few cells"),
    "too-many-cells": sentence("too many cells"),
    "bad-json": sentence("no JSON object"),
    "other-shape": sentence("nested otherwise"),
    "unknown-call": sentence("unknown call"),
    "repeated-key": sentence("key repeated"),
    "no-source": sentence("no source file"),
    "too-slow": sentence("SQL too slow"),
}
"""The reasons in few words, for tables."""

_PARTS: tuple[Sentence, ...] = (
    sentence("the row"),
    sentence("text"),
    sentence("number"),
    sentence("whole number"),
    sentence("true or false"),
    sentence("time"),
    sentence("day"),
    sentence("value of JSON, which knows no NaN and no infinity"),
    sentence("finite number"),
    sentence("single value"),
    sentence("JSON object"),
)
"""What stands in details, beside names of columns."""


def said_again(detail: str) -> Sentence:
    """A detail that was stored, as a sentence that can be said in another language."""
    for written in DETAILS.values():
        names = re.findall(r"\{(\w+)\}", written)
        found = re.fullmatch(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(written)), detail)
        if found:
            return sentence(written, **{name: _part(found[name]) for name in names})
    return as_it_is(detail)


def _part(text: str) -> Sentence | str:
    return next((part for part in _PARTS if part == text), text)
