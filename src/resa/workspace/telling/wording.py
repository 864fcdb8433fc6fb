"""What there is to tell, in words of a language: each line with the page that shows it, and how fresh it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from resa.base.language import Sentence, in_language, pattern, sentence, sentences
from resa.drawing import format_count, format_day, format_percent, format_signed
from resa.model.telling import Kind

__all__ = ["KIND_NAMES", "Line", "Message", "line_of", "message_of"]

Entry = Mapping[str, Any]
"""What is kept of a line: kind, map, thing, turn (`began`, `ended`, or `digest`), at, and facts."""

KIND_NAMES: Final[Mapping[Kind, str]] = {
    "below_target": pattern("A share falls below its target"),
    "below_history": pattern("A share falls below its own past"),
    "broken_promise": pattern("A promise is broken more than usual"),
    "data": pattern("Data stop or lag"),
    "review": pattern("A review of the map is due"),
    "improvement": pattern("An improvement shows its effect"),
    "digest": pattern("How it went, on Mondays"),
}
"""What each kind is called."""


@dataclass(frozen=True)
class Line:
    """One line of a message.

    Attributes:
        title: What it is about.
        text: What there is to say.
        fresh: Of when that is.
        path: The page that shows it.
    """

    title: str
    text: str
    fresh: str
    path: str


@dataclass(frozen=True)
class Message:
    """A message in a language.

    Attributes:
        language: Of its words.
        kind: What it is about.
        subject: One line.
        lines: What there is to say.
    """

    language: str
    kind: Kind
    subject: str
    lines: Sequence[Line]


def message_of(kind: Kind, entries: Sequence[Entry], language: str, *, sources: bool = True) -> Message:
    """A message.

    Args:
        kind: What it is about.
        entries: Its lines, as they are kept.
        language: In which it speaks.
        sources: Whether its reader may open the pages about sources.
    """
    lines = [line_of(entry, language, sources=sources) for entry in entries]
    return Message(language, kind, in_language(_subject(kind, entries), language), lines)


def _subject(kind: Kind, entries: Sequence[Entry]) -> Sentence:
    facts, n = entries[0]["facts"], len(entries)
    words = {"name": str(facts.get("name") or facts.get("source") or facts["title"])}
    if kind == "digest":
        return sentence("How it went: {title}", title=str(facts["title"]))
    if all(entry["turn"] == "ended" for entry in entries):
        return sentences("It is over: {name}", "It is over, {n} times", n, **words)
    subjects: Mapping[Kind, Sentence] = {
        "below_target": sentences("Below target: {name}", "{n} shares are below their target", n, **words),
        "below_history": sentences("Below its own past: {name}", "{n} shares are below their own past", n, **words),
        "broken_promise": sentences(
            "Broken more than usual: {name}", "{n} promises are broken more than usual", n, **words
        ),
        "data": sentences("Data stop or lag: {name}", "Data stop or lag at {n} places", n, **words),
        "review": sentences("A review is due: {name}", "{n} maps are to be reviewed", n, **words),
        "improvement": sentences("An improvement shows: {name}", "{n} improvements show their effect", n, **words),
    }
    return subjects[kind]


def line_of(entry: Entry, language: str, *, sources: bool = True) -> Line:
    """One line; for the arguments see `message_of`."""
    kind: Kind = entry["kind"]
    facts = entry["facts"]
    said, path = _SAID[kind](entry, facts, _Told(language))
    if kind == "data" and not sources:
        path = f"/reports/{entry['map']}"
    title = str(facts["title"])
    if facts.get("name"):
        title = f"{facts['name']} · {title}"
    return Line(title, in_language(said, language), in_language(_fresh(entry, facts, language), language), path)


def _fresh(entry: Entry, facts: Mapping[str, Any], language: str) -> Sentence:
    if "last" in facts:
        return sentence("Data up to {day}", day=format_day(date.fromisoformat(facts["last"]), language))
    at = datetime.fromisoformat(entry["at"])
    return sentence("As of {day}, {time} UTC", day=format_day(at, language), time=at.strftime("%H:%M"))


@dataclass(frozen=True)
class _Told:
    """Numbers and days as a language writes them; a dash where there are none."""

    language: str

    def percent(self, share: float | None) -> str:
        return "–" if share is None else format_percent(share, self.language)

    def day(self, text: str | None) -> str:
        return "–" if text is None else format_day(date.fromisoformat(text), self.language)

    def count(self, number: float) -> str:
        return format_count(number, self.language)

    def points(self, share: float) -> str:
        return format_signed(share * 100, self.language)


def _asked(entry: Entry, kind: str, **asked: str) -> str:
    return f"/explore/{kind}?{urlencode({'map': entry['map'], **asked})}"


def _path_of_share(entry: Entry, facts: Mapping[str, Any]) -> str:
    if facts["of"] == "metric":
        return _asked(entry, "metrics", names=entry["thing"])
    if facts["against"] == "target":
        return _asked(entry, "expectations", names=entry["thing"])
    return _asked(entry, "trend", of=entry["thing"])


def _share(entry: Entry, facts: Mapping[str, Any], told: _Told) -> tuple[Sentence, str]:
    words = {
        "share": told.percent(facts["share"]),
        "n": told.count(facts["trials"]),
        "since": told.day(facts["since"]),
        "floor": told.percent(facts["floor"]),
        "lately": told.percent(facts["lately"]),
        "m": told.count(facts["lately_trials"]),
    }
    began, path = entry["turn"] == "began", _path_of_share(entry, facts)
    match entry["kind"], began:
        case "below_target", True:
            said = sentence("{share} of {n} since {since}; the target is {floor}.", **words)
        case "below_target", False:
            said = sentence("No longer below the target of {floor}: {lately} of {m} in the last four weeks.", **words)
        case "broken_promise", True:
            said = sentence("Kept in {share} of {n} cases since {since}; before, in {floor}.", **words)
        case "broken_promise", False:
            said = sentence("Kept as often as before again: in {lately} of {m} cases of four weeks.", **words)
        case _, True:
            said = sentence("{share} of {n} since {since}; before, it was {floor}.", **words)
        case _:
            said = sentence("No longer below its own past: {lately} of {m} in the last four weeks.", **words)
    return said, path


def _data(entry: Entry, facts: Mapping[str, Any], told: _Told) -> tuple[Sentence, str]:
    source, over = str(facts.get("source", "")), entry["turn"] == "ended"
    match facts["about"], over:
        case "silent", False:
            words = {"source": source, "since": told.day(facts["since"]), "usual": told.count(facts["usual"])}
            said = sentence(
                "'{source}' has brought nothing since {since}; by now, about {usual} rows would be usual.", **words
            )
        case "silent", True:
            said = sentence("'{source}' brings data again.", source=source)
        case "fails", False:
            said = sentence("'{source}' cannot be read; the page says why.", source=source)
        case "fails", True:
            said = sentence("'{source}' can be read again.", source=source)
        case "disk", False:
            said = sentence("The disk is nearly full, and no more events are taken.")
        case "waiting", False:
            said = sentence("What comes in waits to be counted; none of it is lost.")
        case "writer", False:
            said = sentence("Nobody counts what comes in; none of it is lost.")
        case _:
            said = sentence("What comes in is taken and counted again.")
    return said, "/data-health"


def _review(entry: Entry, facts: Mapping[str, Any], told: _Told) -> tuple[Sentence, str]:
    path = f"/reviews/{entry['map']}"
    if entry["turn"] == "ended":
        return sentence("It was reviewed on {day}.", day=told.day(facts["reviewed"])), path
    if facts["reviewed"] is None:
        return sentence("It was never reviewed. The page leads through it."), path
    words = {"day": told.day(facts["reviewed"]), "due": told.day(facts.get("due"))}
    return sentence("Reviewed last on {day}, due since {due}. The page leads through it.", **words), path


def _improvement(entry: Entry, facts: Mapping[str, Any], told: _Told) -> tuple[Sentence, str]:
    words = {
        "moved": str(facts["moved"]),
        "before": told.percent(facts["before"]),
        "after": told.percent(facts["after"]),
        "days": told.count(facts["days"]),
        "since": told.day(facts["since"]),
        "low": told.points(facts["low"]),
        "high": told.points(facts["high"]),
    }
    said = sentence(
        "{moved}: {after} in {days} days since {since}, {before} in as many before; the difference is {low} to {high} "
        "points. A comparison in time, no experiment.",
        **words,
    )
    return said, _asked(entry, "improvements", names=entry["thing"])


def _digest(entry: Entry, facts: Mapping[str, Any], told: _Told) -> tuple[Sentence, str]:
    if facts.get("name") is None:
        words = {"n": facts["shares"], "low": facts["low"], "lasting": facts["lasting"]}
        said = sentence("Shares that you answer for here: {n}, of which low: {low}. What lasts: {lasting}.", **words)
        return said, f"/map/{entry['map']}"
    words = {"lately": told.percent(facts["lately"]), "m": told.count(facts["lately_trials"])}
    floor = told.percent(facts["floor"])
    if facts["against"] == "target":
        said = sentence("{lately} of {m} in the last four weeks; the target is {floor}.", floor=floor, **words)
    else:
        said = sentence("{lately} of {m} in the last four weeks; before, it was {floor}.", floor=floor, **words)
    return said, _path_of_share(entry, facts)


_SAID: Final[Mapping[Kind, Callable[[Entry, Mapping[str, Any], _Told], tuple[Sentence, str]]]] = {
    "below_target": _share,
    "below_history": _share,
    "broken_promise": _share,
    "data": _data,
    "review": _review,
    "improvement": _improvement,
    "digest": _digest,
}
