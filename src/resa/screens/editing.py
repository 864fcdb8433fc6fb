"""Editing a map: on the wall, by touchpoint, or in its text; looked at, saved, taken back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, cast

from litestar import get, post
from litestar.params import FromPath, FromQuery

from resa.base.errors import InputError, MapError, QuestionError, ResaError
from resa.base.language import in_language, said_by, sentence
from resa.documents import Choice
from resa.journey_map import (
    LANES,
    Change,
    ChangedElsewhere,
    add_stage,
    add_touchpoint,
    move_stage,
    move_touchpoint,
    remove_stage,
    remove_touchpoint,
    said_of,
    write_map,
    write_stage,
    write_touchpoint,
)
from resa.model.journey import JourneyMap
from resa.screens.forms import BLANK, asked_of_form, in_form, over_theirs, words_of_form
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.signing_in import Form
from resa.screens.visits import Visit
from resa.workspace.drafting import Draft, Drafts, difference, fingerprint

__all__ = ["ROUTES", "draft_of", "person_of", "why_not"]

_OF_WAS: Final = frozenset({"write_stage", "write_map"})
"""Forms that say by themselves what stood there when they were shown."""

ROWS: Final = ("emotion", "actions", "motivation", "questions", "pain_points", *LANES[3:], "expect", "promise")
"""The lanes of the wall, from the top."""


@get("/edit/{key:str}", opt={"needs": "edit"}, sync_to_thread=True)
def wall(visit: Visiting, key: FromPath[str], touchpoint: FromQuery[str] = "", stage: FromQuery[str] = "") -> Html:
    """The map as a wall of cells, with one of its touchpoints or stages opened."""
    return _wall(visit, draft_of(visit, key), touchpoint=touchpoint, stage=stage)


@post("/edit/{key:str}", opt={"needs": "edit"}, sync_to_thread=True)
def change_wall(visit: Visiting, key: FromPath[str], data: Form) -> Html:
    """Change what a form of the wall says: a touchpoint, a stage, the map, or where one stands."""
    touchpoint, stage = data.get("touchpoint", ""), data.get("stage", "")
    draft = draft_of(visit, key)
    try:
        changes, about = _asked(visit, draft, data)
        if changes:
            Drafts(visit.shop).change(person_of(visit), key, about, *changes)
    except ResaError as error:
        now, conflict = draft_of(visit, key), isinstance(error, ChangedElsewhere)
        opened = {"touchpoint": touchpoint, "stage": stage}
        why = why_not(visit, error)
        if data.get("do") == "remove_touchpoint" and isinstance(error, MapError):
            why = f"{visit.say('still_named', name=_names(now.map).get(touchpoint, '') if now.map else '')} {why}"
        return _wall(visit, now, **opened, typed=data, conflict=conflict, why=why, status=422)
    if data.get("do") in {"remove_touchpoint", "remove_stage"}:
        return redirect(f"/edit/{key}")
    if at := data.get("at"):
        return redirect(f"/edit/{key}", fragment=at)
    opened = {"touchpoint": touchpoint} if touchpoint else {"stage": stage} if stage else {}
    return redirect(f"/edit/{key}", fragment="opened", **opened)


def _wall(
    visit: Visit,
    draft: Draft,
    *,
    touchpoint: str = "",
    stage: str = "",
    typed: Mapping[str, str] = MappingProxyType({}),
    conflict: bool = False,
    why: str = "",
    status: int = 200,
) -> Html:
    """The wall; `typed`: what a form said that is not kept, and whether that is for what others said meanwhile."""
    journey_map = draft.map
    if journey_map is None:
        return redirect(f"/edit/{draft.key}/text")
    said = {one: in_form(words) for one, words in _said(draft.file, draft.text).items()}
    if touchpoint and touchpoint not in said:
        touchpoint = ""
    found = next((one for one in journey_map.stages if one.key == stage), None)
    before, do = draft.text_seen(typed.get("seen", "")), typed.get("do", "")
    anew = conflict or before is None  # who sends it again has seen what is said now
    opened, theirs = said.get(touchpoint), {}
    if opened is not None and do == "write_touchpoint":
        seen = None if before is None else _said(draft.file, before).get(touchpoint)
        now, others = over_theirs(seen, opened, typed) if anew else ({**opened, **words_of_form(typed)}, [])
        theirs, opened = {field: _in_words(opened[field]) for field in others}, now
    kept = typed if do in _OF_WAS else {}
    if conflict and kept:
        theirs = {"name": found.name} if found else {"name": journey_map.title, "owner": journey_map.owner}
    return page(
        visit,
        "edit",
        visit.say("edit_map", title=journey_map.title),
        status=status,
        draft=draft,
        map=journey_map,
        said=said,
        rows=ROWS,
        lanes=LANES,
        names=_names(journey_map),
        opened=opened,
        blank=BLANK,
        touchpoint=touchpoint,
        stage=found,
        seen=fingerprint(draft.text) if anew else typed["seen"],
        kept=kept,
        was={} if conflict else kept,
        theirs={visit.say(f"field_{field}"): words for field, words in theirs.items()},
        why=why,
    )


def _in_words(said: Any) -> str:
    """What is said in a field, as a page tells it; one thought or row a line."""
    if isinstance(said, Mapping):
        parts = (_in_words(value) for name, value in said.items() if name != "at")
        return ", ".join(part for part in parts if part)
    if isinstance(said, list):
        return "\n".join(map(_in_words, said))
    return (
        {True: "✓", False: "–", None: "–"}.get(said, str(said)) if said is None or isinstance(said, bool) else str(said)
    )


_said = lru_cache(maxsize=8)(said_of)
"""What files say, which is asked for at each look at the wall."""


def _names(journey_map: JourneyMap) -> dict[str, str]:
    """What people call the touchpoints and stages, by key."""
    stages = {one.key: one.name for one in journey_map.stages}
    return stages | {one.key: one.name for one in journey_map.touchpoints}


def _asked(visit: Visit, draft: Draft, data: Mapping[str, str]) -> tuple[list[Change], str]:
    """What a form of the wall asks for, and how it is called in the list of changes."""
    touchpoint, stage, name = (data.get(field, "").strip() for field in ("touchpoint", "stage", "name"))
    called = _names(draft.map) if draft.map else {}
    what, do = called.get(touchpoint or stage, ""), data.get("do", "")
    by = -1 if data.get("to") == "left" else 1
    simple: dict[str, Callable[[], Change]] = {
        "add_touchpoint": lambda: add_touchpoint(name, stage=stage, after=data.get("after") or None),
        "move_touchpoint": lambda: move_touchpoint(touchpoint, by),
        "remove_touchpoint": lambda: remove_touchpoint(touchpoint),
        "add_stage": lambda: add_stage(name, after=data.get("after") or None),
        "move_stage": lambda: move_stage(stage, by),
        "remove_stage": lambda: remove_stage(stage),
    }
    if do in {"write_stage", "write_map"}:
        said = {"title" if do == "write_map" else "name": "name", "owner": "owner"}
        words = {key: data[field].strip() for key, field in said.items() if data.get(field) != data.get(f"was.{field}")}
        _check_unchanged(draft, stage if do == "write_stage" else "", words, data)
        change = write_map(words) if do == "write_map" else write_stage(stage, words)
        return [change] if words else [], visit.say(f"step_{do}", name=what or name)
    if do in simple:
        return [simple[do]()], visit.say(f"step_{do}", name=what or name)
    if do != "write_touchpoint" or touchpoint not in called:
        raise QuestionError(sentence("this form asks for nothing that is known here"))
    before = draft.text_seen(data.get("seen", ""))
    if before is None:
        raise QuestionError(sentence("the draft was thrown away meanwhile; look at the map as it is now"))
    seen = _said(draft.file, before)[touchpoint]
    words = asked_of_form(seen, data)
    fields = ", ".join(visit.say(f"field_{field}") for field in words)
    return [write_touchpoint(touchpoint, words, seen=seen)] if words else [], f"{what}: {fields}"


def _check_unchanged(draft: Draft, stage: str, words: Mapping[str, str], data: Mapping[str, str]) -> None:
    """Refuse to write over what was said meanwhile of a stage, or of the map."""
    stages = {one.key: one for one in draft.map.stages} if draft.map else {}
    if draft.map is None or (stage and stage not in stages):
        return  # the change says so
    now = {"name": stages[stage].name} if stage else {"title": draft.map.title, "owner": draft.map.owner}
    fields = {"title": "name"}
    changed = [
        field
        for field in now.keys() & words
        if now[field] not in (data.get(f"was.{fields.get(field, field)}", now[field]), words[field])
    ]
    if changed:
        raise ChangedElsewhere(*sorted(changed))


@get("/edit/{key:str}/text", opt={"needs": "edit"}, sync_to_thread=True)
def text(visit: Visiting, key: FromPath[str]) -> Html:
    """The map's file as text, with what is wrong at its place."""
    draft = draft_of(visit, key)
    title = visit.say("edit_text", file=draft.file)
    return page(visit, "edit_text", title, draft=draft, key=key, seen=fingerprint(draft.text), typed=None, why="")


@post("/edit/{key:str}/text", opt={"needs": "edit"}, sync_to_thread=True)
def change_text(visit: Visiting, key: FromPath[str], data: Form) -> Html:
    """Write the draft's text, right or wrong."""
    typed, seen = data.get("text", ""), data.get("seen", "")
    try:
        Drafts(visit.shop).write(person_of(visit), key, visit.say("step_text"), typed, seen=seen)
    except QuestionError as error:
        draft = draft_of(visit, key)
        title, why, seen = visit.say("edit_text", file=draft.file), why_not(visit, error), fingerprint(draft.text)
        return page(visit, "edit_text", title, status=409, draft=draft, key=key, seen=seen, typed=typed, why=why)
    return redirect(f"/edit/{key}/text")


@post("/edit/{key:str}/step", opt={"needs": "edit"}, sync_to_thread=True)
def step(visit: Visiting, key: FromPath[str], data: Form) -> Html:
    """Take the last change back, do it again, or throw the draft away."""
    drafts, person = Drafts(visit.shop), person_of(visit)
    ways = {"undo": drafts.undo, "redo": drafts.redo, "drop": drafts.drop}
    if (way := ways.get(data.get("do", ""))) is not None:
        way(person, key)
    back = data.get("back", "")
    return redirect(f"/edit/{key}/{back}" if back in {"text", "changes", "entries"} else f"/edit/{key}")


@get("/edit/{key:str}/changes", opt={"needs": "edit"}, sync_to_thread=True)
def changes(visit: Visiting, key: FromPath[str]) -> Html:
    """What the draft changes in the file, what is wrong with it, and what others changed meanwhile."""
    return _changes(visit, key)


@post("/edit/{key:str}/changes", opt={"needs": "edit"}, sync_to_thread=True)
def save(visit: Visiting, key: FromPath[str], data: Form) -> Html:
    """Save the draft into the file, or take in what others changed meanwhile."""
    drafts, person = Drafts(visit.shop), person_of(visit)
    try:
        if data.get("do") == "take_in":
            chosen = sorted(
                (int(name.removeprefix("part.")), value)
                for name, value in data.items()
                if re.fullmatch(r"part\.[0-9]{1,5}", name)
            )
            choices = [cast("Choice", value) for _, value in chosen if value in {"mine", "theirs", "both"}]
            drafts.take_in(person, key, visit.say("step_take_in"), choices, seen=data.get("seen", ""))
            return redirect(f"/edit/{key}/changes")
        drafts.save(person, key, visit.who, seen=data.get("seen", ""))
    except OSError as error:
        words = sentence("the file could not be written: {strerror}", strerror=error.strerror or "")
        return _changes(visit, key, why=in_language(words, visit.language), status=507)
    except ResaError as error:
        return _changes(visit, key, why=why_not(visit, error), status=409)
    return redirect(f"/map/{key}")


def _changes(visit: Visit, key: str, *, why: str = "", status: int = 200) -> Html:
    draft = draft_of(visit, key)
    return page(
        visit,
        "edit_changes",
        visit.say("changes_of", file=draft.file),
        status=status,
        key=key,
        draft=draft,
        lines=difference(draft.base, draft.text),
        theirs=difference(draft.base, draft.found) if draft.overtaken else [],
        parts=[one for one in draft.parts if one.text is None] if draft.overtaken else [],
        seen=fingerprint(draft.found if draft.overtaken else draft.text),
        why=why,
    )


@get("/edit/{key:str}/history", opt={"needs": "edit"}, sync_to_thread=True)
def history(visit: Visiting, key: FromPath[str]) -> Html:
    """What the map's file was, each time that it was saved."""
    draft = draft_of(visit, key)
    versions = Drafts(visit.shop).history(key)
    title = visit.say("history_of", file=draft.file)
    return page(visit, "edit_history", title, key=key, draft=draft, versions=versions)


@get("/edit/{key:str}/history/{number:int}", opt={"needs": "edit"}, sync_to_thread=True)
def version(visit: Visiting, key: FromPath[str], number: FromPath[int]) -> Html:
    """What the map's file was, beside what it is."""
    draft = draft_of(visit, key)
    found = Drafts(visit.shop).saved(key, number)
    lines = difference(found.text, draft.text)
    return page(
        visit,
        "edit_version",
        visit.say("version_of", file=draft.file),
        key=key,
        draft=draft,
        version=found,
        lines=lines,
    )


@post("/edit/{key:str}/history/{number:int}", opt={"needs": "edit"}, sync_to_thread=True)
def bring_back(visit: Visiting, key: FromPath[str], number: FromPath[int]) -> Html:
    """Make a draft that says what the file was."""
    drafts = Drafts(visit.shop)
    found = drafts.saved(key, number)
    drafts.write(person_of(visit), key, visit.say("step_bring_back"), found.text)
    return redirect(f"/edit/{key}/changes")


def draft_of(visit: Visit, key: str) -> Draft:
    """The draft of who is signed in."""
    """The draft of a map that somebody has who edits it."""
    return Drafts(visit.shop).of(person_of(visit), key)


def person_of(visit: Visit) -> int:
    """The number of who is signed in."""
    """The number of who edits."""
    if visit.person is None:
        raise QuestionError(sentence("nobody is signed in"))
    return visit.person.id


def why_not(visit: Visit, error: ResaError) -> str:
    """What a person is told who asked for something that cannot be done."""
    if isinstance(error, (MapError, InputError)) and error.problems:
        said = [(str(one.place), in_language(one.message, visit.language)) for one in error.problems[:3]]
        return " · ".join(f"{place}: {message}" if place else message for place, message in said)
    return in_language(said_by(error), visit.language)


ROUTES: Final = (wall, change_wall, text, change_text, step, changes, save, history, version, bring_back)
