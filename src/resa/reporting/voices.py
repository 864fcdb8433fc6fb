"""What people said: scores and a few of their words, by touchpoint, so that nobody is named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from resa.reporting.content import Quote, Voice
from resa.reporting.gathering import Numbers
from resa.reporting.scores import Scores
from resa.reporting.telling import Teller

__all__ = ["QUOTED", "elsewhere", "voices", "without_names"]

QUOTED: Final = ["touchpoint", "occurred_at", "message_id", "identifiers", "score", "scale_low", "scale_high", "text"]
"""Columns of feedback that quotes are made from."""

_QUOTES: Final = 3
_LOOKED_AT: Final = 400
_SHORTEST: Final = 12
_SHORTEST_NAME: Final = 3
_HIDDEN: Final = "\0"  # not printable, so that no text holds it and no identifier finds itself in what stands instead
_LONGEST: Final = 220

_ADDRESSES: Final = re.compile(
    r"""(?ix)
    \b(?:https?://|www\.)\S+             # addresses of pages
    | [^\s@<>()]+@[^\s@<>()]+            # e-mail and social names with a domain
    | (?<!\w)@\w+                        # social names
    | (?<!\w)\+?\(?\d(?:[\s().\-/–]*\d){5,}   # telephone, order and identity numbers: six digits or more
    """
)


def voices(numbers: Numbers, feedback: pa.Table) -> tuple[Voice, ...]:
    """By touchpoint, in the order of the wall: the mean score on its scale, how many, and up to three quotes.

    Args:
        numbers: Answers about the map.
        feedback: Rows of feedback with the columns `QUOTED`.
    """
    teller = numbers.teller
    comments = _comments(feedback)
    scores: dict[str, list[Scores]] = {}
    for item in numbers.scores:
        scores.setdefault(item.touchpoint, []).append(item)
    found = []
    for touchpoint in numbers.map.touchpoints:
        key = touchpoint.key
        if key not in scores and not comments.get(key):
            continue
        given = scores.get(key, [])
        counts = [teller.scores(sum(item.count for item in given))] if given else []
        if comments.get(key):
            counts.append(teller.comments(comments[key]))
        found.append(
            Voice(
                touchpoint=touchpoint.name,
                score=", ".join(score_words(teller, item.mean, item.low, item.high) for item in given),
                count=", ".join(counts),
                quotes=_quotes(teller, feedback, key) if comments.get(key) else (),
            )
        )
    return tuple(found)


def elsewhere(numbers: Numbers, feedback: pa.Table) -> int:
    """How many answers are about something that is not on the map."""
    known = pa.array(list(numbers.map.touchpoint), pa.string())
    off = feedback.filter(pc.invert(pc.is_in(feedback.column("touchpoint"), known)))
    return int(off.num_rows)


def score_words(teller: Teller, score: float, low: float, high: float) -> str:
    """`4.1 of 5`, or with both ends of an unusual scale."""
    ends = {"mean": teller.decimal(score), "low": teller.decimal(low), "high": teller.decimal(high)}
    return teller.say("score_of" if low in {0.0, 1.0} else "score_between", **ends)


def _comments(feedback: pa.Table) -> dict[str, int]:
    told = feedback.filter(pc.greater(pc.utf8_length(pc.fill_null(feedback.column("text"), "")), 0))
    counts = told.group_by("touchpoint").aggregate([("text", "count")])
    return dict(zip(counts.column("touchpoint").to_pylist(), counts.column("text_count").to_pylist(), strict=True))


def _quotes(teller: Teller, feedback: pa.Table, key: str) -> tuple[Quote, ...]:
    """The newest fitting words of a low, a middle and a high score; which they are does not change from run to run."""
    chosen = feedback.filter(
        pc.and_(pc.equal(feedback.column("touchpoint"), key), pc.is_valid(feedback.column("text")))
    )
    newest = chosen.sort_by([("occurred_at", "descending"), ("message_id", "ascending")]).slice(0, _LOOKED_AT)
    picked: dict[object, Quote] = {}
    spare: list[Quote] = []
    said: set[str] = set()
    for row in newest.to_pylist():
        text = _quotable(teller, row)
        if not text or text.casefold() in said:
            continue
        said.add(text.casefold())
        third, score = _third(teller, row)
        quote = Quote(text=text, score=score)
        if third not in picked:
            picked[third] = quote
        else:
            spare.append(quote)
    found = [picked[third] for third in (0, 1, 2, None) if third in picked]
    return tuple([*found, *spare][:_QUOTES])


def _third(teller: Teller, row: Mapping[str, Any]) -> tuple[int | None, str]:
    """Whether the score lies in the lower, middle or upper third of its scale, and the score in words."""
    score, low, high = row["score"], row["scale_low"], row["scale_high"]
    if score is None or low is None or high is None or not low < high:
        return None, ""
    return min(2, max(0, int((score - low) / (high - low) * 3))), score_words(teller, score, low, high)


def _quotable(teller: Teller, row: Mapping[str, Any]) -> str:
    identifiers = [item["value"] for item in row["identifiers"] or [] if item["value"]]
    text = without_names(row["text"], identifiers, teller.say("redacted"))
    if len(text) < _SHORTEST:
        return ""
    if len(text) <= _LONGEST:
        return text
    return text[:_LONGEST].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"


def without_names(text: str, identifiers: Iterable[str], instead: str) -> str:
    """Words of a customer without e-mail and web addresses, telephone and other long numbers, and own identifiers.

    Args:
        text: As written.
        identifiers: Of the writer; they are left out wherever they stand as words of their own. Those of one or two
            characters name nobody in prose, and stay.
        instead: What stands in their place.
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in unicodedata.normalize("NFC", text))
    shown = _ADDRESSES.sub(_HIDDEN, " ".join(printable.split()))  # first, so that no identifier cuts an address in two
    for identifier in sorted({identifier.strip() for identifier in identifiers}, key=len, reverse=True):
        if len(identifier) >= _SHORTEST_NAME:
            shown = re.sub(rf"(?<!\w){re.escape(identifier)}(?!\w)", _HIDDEN, shown, flags=re.IGNORECASE)
    return shown.replace(_HIDDEN, instead)
