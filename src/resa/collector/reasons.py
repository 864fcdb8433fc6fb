"""Why rows are rejected: stable names, and what they mean to a person. No text holds what a row says."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["DETAILS", "OVERLONG_JSON", "WORDS"]

OVERLONG_JSON = 32_768
"""Most bytes of a row's properties or traits."""

DETAILS: Mapping[str, str] = {
    "no-time": "{column} is empty",
    "unreadable-time": "{column} is no time that can be read; write its form as `time_format:`, such as %Y%m%d%H%M",
    "doubtful-time": "{column} is a local time that the clocks showed twice or never; see `clock_change:`",
    "too-old": "{column} is before 2 January 1970, which computers write when they know no time",
    "future": "{column} is more than 24 hours after the row was received",
    "no-event": "{column} is empty",
    "no-customer": "no identifier of a customer is given",
    "no-id": "{column} is empty",
    "no-name": "{column} is empty",
    "no-value": "{column} is empty",
    "no-touchpoint": "{column} is empty",
    "no-key": "{column} is empty",
    "no-feedback": "neither a score nor a text is given",
    "outside-scale": "the score is not between {low} and {high}",
    "overlong": "{column} is longer than {limit}",
    "nul-byte": "{column} holds a zero byte",
    "wrong-type": "{column} is not a {type}",
    "broken-utf8": "the row is not UTF-8; if all of the file is not, say which under `csv: encoding:`",
    "broken-quotes": "a quote is not closed, or text follows a closing quote",
    "too-few-cells": "the row has fewer cells than there are columns",
    "too-many-cells": "the row has more cells than there are columns",
    "bad-json": "the line is no JSON object",
    "other-shape": "a member is an object, a list or a single value where the first lines of the file hold another",
    "repeated-key": "an earlier row of the file has the same key",
}
"""Every reason with its sentence; a row has the first that applies."""

WORDS: Mapping[str, str] = {
    "no-time": "no time",
    "unreadable-time": "time cannot be read",
    "doubtful-time": "local time is ambiguous",
    "too-old": "before 1970",
    "future": "in the future",
    "no-event": "no event",
    "no-customer": "no customer",
    "no-id": "no id",
    "no-name": "no name",
    "no-value": "no value",
    "no-touchpoint": "no touchpoint",
    "no-key": "no key",
    "no-feedback": "neither score nor text",
    "outside-scale": "score outside the scale",
    "overlong": "too long",
    "nul-byte": "zero byte",
    "wrong-type": "of another type",
    "broken-utf8": "not UTF-8",
    "broken-quotes": "broken quotes",
    "too-few-cells": "too few cells",
    "too-many-cells": "too many cells",
    "bad-json": "no JSON object",
    "other-shape": "nested otherwise",
    "repeated-key": "key repeated",
}
"""The reasons in few words, for tables."""
