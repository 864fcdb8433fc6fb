"""Where something is wrong, in the words of who reads: forms name stages and touchpoints, the text beside has lines."""

from __future__ import annotations

from typing import Final

from resa.base.errors import InputError, MapError, Problem, ResaError
from resa.base.language import Sentence, said_by
from resa.journey_map import BETWEEN, display_name
from resa.model.journey import JourneyMap
from resa.screens.visits import Visit
from resa.screens.words import ENGLISH

__all__ = ["place_in_words", "why_not"]

_MOST: Final = 3
_SECTIONS: Final = frozenset({"personas", "channels", "improvements", "segments"})
"""Parts of a map whose entries are named with their part; stages, touchpoints and their signals by themselves."""


def place_in_words(visit: Visit, journey_map: JourneyMap | None, problem: Problem) -> str:
    """`Cart, expectations`; `Segments: Loyal buyers`; nothing where it is the map as a whole."""
    steps = (problem.field or "").split(".")
    section, key, below = ([*(["segments"] if problem.file == "segments.yaml" else []), *steps, "", ""])[:3]
    if section not in {*_SECTIONS, "stages", "touchpoints", "signals"}:
        return visit.say(f"field_{section}") if f"field_{section}" in ENGLISH else ""
    found = getattr(journey_map, "touchpoints" if section == "signals" else section, ())
    names = {one.key: one.name for one in found if hasattr(one, "name")} if isinstance(found, tuple) else {}
    name = names.get(key) or display_name(key)
    if section in _SECTIONS:
        name = f"{visit.say(section)}: {name}"
    part = f"field_{below}"
    return f"{name}, {visit.say(part)}" if part in ENGLISH else name


def why_not(visit: Visit, error: ResaError, journey_map: JourneyMap | None = None) -> str:
    """What a person is told who asked by a form for something that cannot be done."""
    if isinstance(error, (MapError, InputError)) and error.problems:
        said = [
            (place_in_words(visit, journey_map, one), _message(visit, journey_map, one.message))
            for one in error.problems[:_MOST]
        ]
        return " · ".join(f"{place}: {message}" if place else message for place, message in said)
    return _message(visit, journey_map, said_by(error))


def _message(visit: Visit, journey_map: JourneyMap | None, message: Sentence) -> str:
    """In the reader's language; to who edits a map by forms, with the labels of fields for their keys in the file."""
    fields = message.values.get("field")
    if journey_map is None or not isinstance(fields, str):
        return message.translated(visit.language)
    told = {**message.values, "field": _labels(visit, fields)}
    return Sentence(message.pattern, message.n, told).translated(visit.language)


def _labels(visit: Visit, value: str) -> str:
    """Labels where all of it is keys of fields; else as it is."""
    keys = value.split(BETWEEN)
    known = all(f"field_{key}" in ENGLISH for key in keys)
    return BETWEEN.join(visit.say(f"field_{key}") for key in keys) if known else value
