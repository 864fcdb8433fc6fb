"""Questions as addresses: read from one with everything that is wrong, and written as the one address that it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from resa.analytics import KINDS, Question, question_from
from resa.base.errors import InputError, QuestionError, did_you_mean
from resa.base.language import Sentence, sentence
from resa.model.journey import JourneyMap
from resa.model.quantities import in_english, parse_duration
from resa.reporting import main_way

__all__ = [
    "ASKED",
    "EXPRESSIONS",
    "SPANS",
    "Asked",
    "address_of",
    "asked_of",
    "fields_of",
    "pairs_of",
    "problems_of",
    "without_what_is_personal",
]

ASKED: Final = tuple(kind for kind in KINDS if kind != "tracking")
"""Kinds of question that are explored; tracking belongs to what comes in."""

EXPRESSIONS: Final = ("where", "events")
"""Fields in which anything that is known of customers may be asked for."""

IMPERSONAL: Final = frozenset({"persona", "channel", "device", "day", "week", "month", "quarter", "year"})
"""What groups may be made by that tells nothing of single customers."""

_NAMES: Final = {"map_key": "map", "since": "from"}
_LONGEST: Final = {"where": 2_000, "events": 2_000}
_LONG: Final = 200
_MOST_PAIRS: Final = 300
_MOST_VALUES: Final = 64
_MOST: Final = 10_000
"""The largest number that a form takes; what a kind of question takes may be less."""

_MOST_SECONDS: Final = 100 * 366 * 86_400
SPANS: Final = ("within", "sessions", "quiet_after")
"""What is a duration: it may be written in any of our languages, and addresses have it in English."""
_SWITCHED: Final = {"yes": True, "no": False}


@dataclass(frozen=True)
class Asked:
    """What an address asks.

    Attributes:
        kind: Of question.
        said: What it says, by key of the question's document, as written.
        question: The question; `None`: something is wrong.
        problems: What is wrong, by key; an empty key: the whole of it.
        usual: What is asked where nothing is said, by key of the question's document.
    """

    kind: str
    said: Mapping[str, tuple[str, ...]]
    question: Question | None
    problems: Mapping[str, tuple[Sentence, ...]] = field(default_factory=dict)
    usual: Mapping[str, Any] = field(default_factory=dict)


def pairs_of(query: str) -> list[tuple[str, str]]:
    """The names and values of an address's query.

    Raises:
        QuestionError: There are more than any question has.
    """
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PAIRS)
    except ValueError:
        raise QuestionError(sentence("this address says more than a question can hold")) from None


def asked_of(kind: str, pairs: Iterable[tuple[str, str]], journey_map: JourneyMap) -> Asked:
    """Read a question; what it leaves out is as the map has it.

    Args:
        kind: Of question.
        pairs: Names and values; those that no question of this kind has are left out.
        journey_map: The map.

    Raises:
        QuestionError: There is no such kind of question.
    """
    if kind not in ASKED:
        suggestion = did_you_mean(kind, ASKED)
        raise QuestionError(sentence("'{kind}' is no kind of question{suggestion}", kind=kind, suggestion=suggestion))
    shapes = fields_of(kind)
    said: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if name in shapes and name != "map" and (text := value.strip()):
            said[name] = (*said.get(name, ()), text)
    if "by" not in said:  # groups to be compared that are left over from a grouping
        said.pop("compare", None)
    problems: dict[str, tuple[Sentence, ...]] = {}
    document: dict[str, Any] = {"kind": kind, "map": journey_map.key}
    for name, values in said.items():
        try:
            document[name] = _read(name, shapes[name], values)
        except ValueError as error:
            problems[name] = (error.args[0],)
    usual = _usual(kind, journey_map, said)
    if problems:
        return Asked(kind, said, None, problems, usual)
    try:
        return Asked(kind, said, question_from({**usual, **document}), {}, usual)
    except QuestionError as error:
        return Asked(kind, said, None, problems_of(error), usual)


def without_what_is_personal(asked: Asked) -> Asked:
    """A question for somebody who may not know names: what customers said of themselves tells who they are.

    Neither may groups be made by it, nor may it be asked for: the group of one person has all that she ever said.
    """
    found = dict(asked.problems)
    for name, values in asked.said.items():
        if name in EXPRESSIONS or (name == "by" and values[-1] not in IMPERSONAL):
            found[name] = (sentence("your role does not allow asking for what is known of single customers"),)
    return asked if found == asked.problems else replace(asked, question=None, problems=found)


def problems_of(error: InputError) -> dict[str, tuple[Sentence, ...]]:
    """What is wrong with a question, by key of its document."""
    found: dict[str, tuple[Sentence, ...]] = {}
    for one in error.problems:
        name = (one.field or "").partition(".")[0]
        name = _NAMES.get(name, name)
        found[name] = (*found.get(name, ()), one.message)
    return found


def address_of(question: Question, journey_map: JourneyMap, *, one_map: bool) -> str:
    """The query of the address of a question, with nothing in it that goes without saying.

    Args:
        question: The question.
        journey_map: Its map.
        one_map: Whether there is no other map.
    """
    document = question.document
    usual = _usual(question.kind, journey_map, {})
    if usual and usual == {name: value for name, value in document.items() if name in {*usual, "within"}}:
        document = {name: value for name, value in document.items() if name not in usual}
    if one_map:
        del document["map"]
    return urlencode([(name, text) for name, value in document.items() if name != "kind" for text in _written(value)])


def _usual(kind: str, journey_map: JourneyMap, said: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked where nothing is said, so that a page answers at once: the main way, the first expectation."""
    if kind == "funnel" and "steps" not in said:
        way = main_way(journey_map)
        if way is None:
            return {"steps": [one.key for one in journey_map.touchpoints[:1]]}
        steps = [step[0] if len(step) == 1 else list(step) for step in way.steps]
        return {"steps": steps, **({} if way.within is None else {"within": str(way.within)})}
    if kind == "trend" and "of" not in said:
        known = [*(one.name for one in journey_map.expectations), *(one.key for one in journey_map.touchpoints)]
        return {"of": known[0]} if known else {}
    return {}


def fields_of(kind: str) -> dict[str, type]:
    """What each key of a question's document holds: words, a switch, a number, a share, or text."""
    found: dict[str, type] = {}
    for one in fields(KINDS[kind]):
        name = _NAMES.get(one.name, one.name)
        shape = type(one.default)
        if name == "days":
            shape = int
        elif kind == "funnel" and name == "steps":
            shape = tuple
        found[name] = shape if shape in {tuple, bool, int, float} else str
    return found


def _read(name: str, shape: type, values: tuple[str, ...]) -> Any:
    """A value as the question's document has it.

    Raises:
        ValueError: It is none; the message is a sentence.
    """
    longest = _LONGEST.get(name, _LONG)
    if any(len(value) > longest for value in values):
        raise ValueError(sentence("this is too long; write at most {longest} letters", longest=longest))
    if len(values) > _MOST_VALUES:
        raise ValueError(sentence("choose at most {most}", most=_MOST_VALUES))
    if shape is tuple:
        return [_step(value) if name == "steps" else value for value in values]
    text = values[-1]
    if shape is bool:
        if text not in _SWITCHED:
            raise ValueError(sentence("write yes or no, not '{value}'", value=text))
        return _SWITCHED[text]
    if shape is float:
        return f"{text.removesuffix('%').strip()} %"
    if shape is int:
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MOST)) and int(text) <= _MOST):
            raise ValueError(sentence("write a whole number of at most {most}, not '{value}'", most=_MOST, value=text))
        return int(text)
    if name not in SPANS:
        return text
    if parse_duration(span := in_english(text)).seconds > _MOST_SECONDS:
        raise ValueError(sentence("'{value}' is longer than a hundred years; leave it out for any time", value=text))
    return span


def _step(text: str) -> str | list[str]:
    """A step as written in an address: `a`, `a?`, or `a,b` for any of several."""
    return [one.strip() for one in text.split(",")] if "," in text else text


def _written(value: object) -> list[str]:
    """A value of a question's document as an address has it; the inverse of `_read`."""
    match value:
        case bool():
            return ["yes" if value else "no"]
        case float():
            return [f"{value * 100:g}"]
        case list():
            return [",".join(one) if isinstance(one, list) else str(one) for one in value]
        case date():
            return [value.isoformat()]
        case _:
            return [str(value)]
