"""Making and changing segments on screen: rows and expression side by side, their size, and what the file will say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from litestar import get, post
from litestar.params import FromPath

from resa.analytics import arrow_name
from resa.base.errors import InputError, MapError, QuestionError, ResaError
from resa.base.language import in_language, sentence
from resa.drawing import format_count, format_percent
from resa.expressions import Scope, compile_expression, shown
from resa.journey_map import SEGMENTS_FILE, segment_text
from resa.model.journey import JourneyMap
from resa.screens.composing import (
    SIGN_WORDS,
    Choice,
    Composed,
    Headed,
    asked_of_query,
    composed,
    listed,
    spot,
    values_name,
)
from resa.screens.few import FEW, hides, size_for
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.places import why_not
from resa.screens.signing_in import Form
from resa.screens.visits import Visit
from resa.storage import map_catalog
from resa.workspace.segment_editing import SegmentConflict, SegmentEdits, SegmentFile
from resa.workspace.segment_numbers import known_traits, trial_size

__all__ = ["ROUTES"]

_WORDS: Final = ("name", "about", "owner")
_PLAIN: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@get("/segment-builder", opt={"needs": "edit"}, sync_to_thread=True)
def new(visit: Visiting) -> Html:
    """A segment that is to be made."""
    return _building(visit, "", asked_of_query(visit))


@post("/segment-builder", opt={"needs": "edit"}, sync_to_thread=True)
def make(visit: Visiting, data: Form) -> Html:
    """Write a new segment into the file."""
    return _save(visit, "", data)


@get("/segment-builder/{key:str}", opt={"needs": "edit"}, sync_to_thread=True)
def change(visit: Visiting, key: FromPath[str]) -> Html:
    """A segment as the file or the address says it, to be changed."""
    return _building(visit, key, asked_of_query(visit))


@post("/segment-builder/{key:str}", opt={"needs": "edit"}, sync_to_thread=True)
def keep(visit: Visiting, key: FromPath[str], data: Form) -> Html:
    """Write a segment into the file, or take it out."""
    if data.get("do") != "remove":
        return _save(visit, key, data)
    try:
        SegmentEdits(visit.shop).remove(key, visit.who, seen=data.get("seen", ""))
    except (ResaError, OSError) as error:
        return _refused(visit, key, data, error)
    return redirect("/segments", saved="gone_segment")


def _save(visit: Visit, key: str, data: Mapping[str, str]) -> Html:
    edits = SegmentEdits(visit.shop)
    file = edits.file()
    journey_map, said = _map_of(visit, file, key, data), _said_of(file, key)
    condition = composed(data, said["who"], _check(journey_map, key))
    if not condition.good:
        why = "segment_size_wait" if condition.blank and not condition.at_rows else "matches_wrong"
        return _building(visit, key, data, status=422, why=visit.say(why))
    try:
        name = " ".join(data.get("name", said["name"]).split())
        if not name:
            raise QuestionError(sentence("write a name with letters or digits"))
        words = {**said, **{field: data[field] for field in _WORDS if field in data}, "who": condition.text}
        if not key and len(visit.shop.maps) > 1:
            words["map"] = journey_map.key
        own = key or file.key_for(name)
        edits.save(own, words, visit.who, seen=data.get("seen", "") if key else file.seen(own))
    except (ResaError, OSError) as error:
        return _refused(visit, key, data, error)
    return redirect(f"/segments/{own}", saved="saved_segment")


def _refused(visit: Visit, key: str, data: Mapping[str, str], error: ResaError | OSError) -> Html:
    """The form again, with what was typed, and why it is not saved."""
    if isinstance(error, SegmentConflict):
        return _building(visit, key, data, status=409, overtaken=True)
    if isinstance(error, OSError):
        words = sentence("the file could not be written: {strerror}", strerror=error.strerror or "")
        return _building(visit, key, data, status=507, why=in_language(words, visit.language))
    return _building(visit, key, data, status=422, why=why_not(visit, error))


def _building(
    visit: Visit, key: str, asked: Mapping[str, str], *, status: int = 200, why: str = "", overtaken: bool = False
) -> Html:
    file = SegmentEdits(visit.shop).file()
    there = file.said(key) if key else None
    if key and there is None and not overtaken:
        raise QuestionError(sentence("there is no segment '{key}' in the file", key=key))
    said, journey_map = _said_of(file, key), _map_of(visit, file, key, asked)
    condition = composed(asked, said["who"], _check(journey_map, key))
    words = {field: asked.get(field, said[field]) for field in _WORDS}
    title = visit.say("segment_edit", name=said["name"] or key) if key else visit.say("segment_new")
    return page(
        visit,
        "segment_builder",
        title,
        status=status,
        key=key,
        words=words,
        map=journey_map,
        maps=[] if key or len(visit.shop.maps) < 2 else list(visit.shop.maps.values()),
        composed=condition,
        fields=listed(_fields(visit, journey_map, key), condition.fields),
        signs=[(sign, visit.say(word)) for sign, word in SIGN_WORDS.items()],
        told=_size(visit, journey_map, condition, said["who"]),
        yaml=_yaml(visit, file, key, words, condition, journey_map),
        file=SEGMENTS_FILE,
        seen=file.seen(key) if overtaken or not asked.get("seen") else asked["seen"],
        theirs=(segment_text(file.text, key) if there is not None else "") if overtaken else None,
        why=why,
        values_name=values_name,
        spot=spot,
    )


def _said_of(file: SegmentFile, key: str) -> dict[str, str]:
    found = file.said(key) if key else None
    return found or dict.fromkeys(("name", "about", "owner", "map", "who"), "")


def _map_of(visit: Visit, file: SegmentFile, key: str, asked: Mapping[str, str]) -> JourneyMap:
    """The map that a segment is about."""
    maps = visit.shop.maps
    named = _said_of(file, key)["map"] or asked.get("map", "")
    return visit.shop.map(named if named in maps else next(iter(maps), None))


def _check(journey_map: JourneyMap, key: str) -> Callable[[str], object]:
    known = map_catalog(journey_map)
    catalog = replace(known, segments=frozenset({one.key for one in journey_map.segments} - {key} or {""}))
    return lambda text: compile_expression(text, scope=Scope.CUSTOMER, expects="boolean", catalog=catalog)


# What there is to choose from


def _fields(visit: Visit, journey_map: JourneyMap, key: str) -> list[Headed]:
    """Everything that a condition about customers can ask for."""
    say = visit.say
    places = {one.key: one.name for one in journey_map.touchpoints}
    arrows = [one.name for one in journey_map.expectations]
    groups: list[Headed] = [
        (say("fields_traits"), _traits(visit, journey_map)),
        (
            say("fields_touchpoints"),
            [
                Choice(f"{call}({one})", say(f"choice_{call}", name=name))
                for one, name in places.items()
                for call in ("count", "days_since")
            ],
        ),
        (
            say("fields_expectations"),
            [
                *(
                    Choice(f"{call}({_named(one)})", say(f"choice_{call}", name=arrow_name(journey_map, one)))
                    for one in arrows
                    for call in ("met", "missed", "opened", "has_open")
                ),
                *([Choice("has_open()", say("choice_any_open"))] if arrows else []),
            ],
        ),
        (
            say("fields_segments"),
            [
                Choice(f"segment({one.key})", say("choice_segment", name=one.name))
                for one in journey_map.segments
                if one.key != key
            ],
        ),
        (
            say("fields_personas"),
            [
                Choice(f"persona({one.key})", say("choice_persona", name=one.name))
                for one in journey_map.personas
                if one.who is not None
            ],
        ),
    ]
    return [group for group in groups if group[1]]


def _named(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else "'" + name.replace("'", "''") + "'"


def _traits(visit: Visit, journey_map: JourneyMap) -> Sequence[Choice]:
    """Traits with their values; only those that tell of nobody to who may not know names."""
    found = known_traits(visit.shop, journey_map, several=1 if visit.may("names") else FEW)
    return [
        Choice(
            one.path,
            one.path.removeprefix("traits."),
            [value if one.numbers else shown(value) for value, _ in one.values],
        )
        for one in found
    ]


# What would be


def _size(visit: Visit, journey_map: JourneyMap, condition: Composed, before: str) -> dict[str, Any]:
    """How many customers a condition selects, in words."""
    nothing: dict[str, Any] = {"figures": False, "said": "", "notes": []}
    if not condition.good:
        blank = condition.blank and not condition.at_rows
        return {**nothing, "said": visit.say("segment_size_wait" if blank else "matches_wrong")}
    try:
        found = trial_size(visit.shop, journey_map, condition.text)
        was = trial_size(visit.shop, journey_map, before) if before and before != condition.text else None
    except ResaError:
        return {**nothing, "said": visit.say("segment_size_failed")}
    if found is None:
        return {**nothing, "said": visit.say("segment_size_later")}
    customers, every = found
    size = size_for(visit, customers) if every else format_count(0, visit.language)
    notes = []
    if every and not hides(visit, customers):
        notes.append(visit.say("segment_size_share", share=format_percent(customers / every, visit.language)))
    if was is not None:
        notes.append(visit.say("segment_size_was", customers=size_for(visit, was[0])))
    words = visit.say("segment_size_of", customers=size, all=format_count(every, visit.language))
    return {"figures": True, "said": words, "notes": notes}


def _yaml(
    visit: Visit,
    file: SegmentFile,
    key: str,
    words: Mapping[str, str],
    condition: Composed,
    journey_map: JourneyMap,
) -> dict[str, Any]:
    """What the file would say, and what is different in it."""
    nothing: dict[str, Any] = {"entry": "", "lines": [], "why": ""}
    if condition.blank or not (key or words["name"].strip()):
        return nothing
    said = {**words, "who": condition.text}
    if not key and len(visit.shop.maps) > 1:
        said["map"] = journey_map.key
    try:
        own = key or file.key_for(words["name"])
        text = file.with_words(own, said)
    except (QuestionError, InputError, MapError) as error:
        return {**nothing, "why": why_not(visit, error)}
    return {"entry": segment_text(text, own), "lines": file.difference(text), "why": ""}


ROUTES: Final = (new, make, change, keep)
