"""Editing a map: on the wall, by touchpoint or arrow, or in its text beside it; looked at, saved, taken back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Final, cast

from litestar import get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from resa.base.errors import MapError, QuestionError, ResaError
from resa.base.language import in_language, sentence
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
    write_map,
    write_stage,
    write_touchpoint,
)
from resa.model.journey import JourneyMap
from resa.screens.arrow_forms import ARROW_STEPS, arrow_asked, arrow_words
from resa.screens.forms import BLANK, asked_of_form, in_form
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.places import place_in_words, why_not
from resa.screens.shown_again import Refused, arrows_in, said_in, shown_again
from resa.screens.signing_in import Form
from resa.screens.visits import Visit
from resa.screens.wall_arrows import tracks_of
from resa.screens.wall_looks import Look
from resa.workspace.drafting import Draft, Drafts, difference, fingerprint

__all__ = ["ROUTES", "draft_of", "person_of"]

_NOTHING: Final = Refused()

_ONWARD: Final = re.compile(r"\?[\w=&.%+-]{0,500}(#[\w.%-]{0,200})?")
"""Where on the wall somebody goes on who keeps first what they typed: a query and a place, of this very page."""

ROWS: Final = ("emotion", "actions", "motivation", "questions", "pain_points", *LANES[3:], "expect", "promise")
"""The lanes of the wall, from the top."""


@get("/edit/{key:str}", opt={"needs": "edit"}, sync_to_thread=True)
def wall(
    visit: Visiting,
    key: FromPath[str],
    touchpoint: FromQuery[str] = "",
    stage: FromQuery[str] = "",
    arrow: FromQuery[str] = "",
    draw: FromQuery[str] = "",
    start: Annotated[str, QueryParameter(name="from")] = "",
    end: Annotated[str, QueryParameter(name="to")] = "",
    text: FromQuery[str] = "",
) -> Html:
    """The map as a wall of cells, with one of its touchpoints, stages or arrows opened, and its text beside it."""
    look = Look(touchpoint=touchpoint, stage=stage, arrow=arrow, draw=bool(draw), start=start, end=end, text=bool(text))
    return _wall(visit, draft_of(visit, key), look)


@post("/edit/{key:str}", opt={"needs": "edit"}, sync_to_thread=True)
def change_wall(visit: Visiting, key: FromPath[str], data: Form) -> Html:
    """Change what a form of the wall says: a touchpoint, stage, arrow, the map, its text, or where one stands."""
    look, do = Look.of_form(data), data.get("do", "")
    draft = draft_of(visit, key)
    try:
        if do == "write_text":
            saved = _write_text(visit, key, data)
        else:
            changes, about, arrow = _asked(visit, draft, data)
            look = replace(look, arrow=arrow, start="", end="")
            saved = "draft_kept" if changes else ""
            if changes:
                Drafts(visit.shop).change(person_of(visit), key, about, *changes)
    except ResaError as error:
        now = draft_of(visit, key)
        why = why_not(visit, error, now.map)
        if do == "remove_touchpoint" and isinstance(error, MapError):
            why = f"{visit.say('still_named', name=_names(now.map).get(look.touchpoint, '') if now.map else '')} {why}"
        refused = Refused(data, conflict=isinstance(error, ChangedElsewhere))
        return _wall(visit, now, Look.of_form(data), refused, why=why, status=409 if do == "write_text" else 422)
    if do in {"remove_touchpoint", "remove_stage", "remove_arrow"}:
        look = Look(text=look.text)
    at = data.get("at") or ("opened" if look.touchpoint or look.stage or look.arrow else "")
    if do == "write_text":
        at = _caret(data)
    elif data.get("at"):
        look = Look(text=look.text)
    if _ONWARD.fullmatch(onward := data.get("next", "")):
        return redirect(f"/edit/{key}{onward}", saved=saved)
    return redirect(f"/edit/{key}", fragment=at, saved=saved, **look.address)


def _wall(
    visit: Visit, draft: Draft, look: Look, refused: Refused = _NOTHING, *, why: str = "", status: int = 200
) -> Html:
    """The wall; `refused`: what a form said that is not kept."""
    whole = draft if draft.map is not None or not look.text else draft.whole
    journey_map = whole.map
    if journey_map is None:
        return redirect(f"/edit/{draft.key}/text")
    look = look.on(journey_map)
    arrows = {name: {**one, **arrow_words(one)} for name, one in arrows_in(whole.file, whole.text).items()}
    again = shown_again(draft, whole, journey_map, look, refused)
    theirs = {visit.say(word): said for word, said in again.pop("theirs").items()}
    return page(
        visit,
        "edit",
        visit.say("edit_map", title=journey_map.title),
        status=status,
        draft=draft,
        placed=partial(place_in_words, visit, journey_map),
        map=journey_map,
        stale=whole is not draft,
        look=look,
        said={one: in_form(words) for one, words in said_in(whole.file, whole.text).items()},
        rows=ROWS,
        lanes=LANES,
        names=_names(journey_map),
        blank=BLANK,
        touchpoint=look.touchpoint,
        arrows=arrows,
        called={(one["kind"], one["at"]): name for name, one in arrows.items() if one["after"] == look.touchpoint},
        tracks=tracks_of(journey_map, arrows),
        places=draft.places if look.text and again["typed"] is None else {},
        amiss=draft.amiss,
        theirs=theirs,
        why=why,
        **again,
    )


def _names(journey_map: JourneyMap) -> dict[str, str]:
    """What people call the touchpoints and stages, by key."""
    stages = {one.key: one.name for one in journey_map.stages}
    return stages | {one.key: one.name for one in journey_map.touchpoints}


def _asked(visit: Visit, draft: Draft, data: Mapping[str, str]) -> tuple[list[Change], str, str]:
    """What a form of the wall asks for, how it is called in the list of changes, and the arrow that it is about."""
    if (do := data.get("do", "")) in ARROW_STEPS:
        changes, arrow = arrow_asked(draft, data)
        ends = (arrow or data.get("arrow", "")).split(".")
        names = _names(draft.map) if draft.map else {}
        called = " → ".join(names.get(one, one) for one in ends) if set(ends) <= set(names) else ".".join(ends)
        return changes, visit.say(f"step_{do}", name=called), arrow
    return *_asked_of_cells(visit, draft, data), ""


def _asked_of_cells(visit: Visit, draft: Draft, data: Mapping[str, str]) -> tuple[list[Change], str]:
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
    seen = said_in(draft.file, before)[touchpoint]
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
    typed = data.get("text", "")
    try:
        saved = _write_text(visit, key, data)
    except QuestionError as error:
        draft = draft_of(visit, key)
        title, why, seen = visit.say("edit_text", file=draft.file), why_not(visit, error), fingerprint(draft.text)
        return page(visit, "edit_text", title, status=409, draft=draft, key=key, seen=seen, typed=typed, why=why)
    return redirect(f"/edit/{key}/text", fragment=_caret(data), saved=saved)


def _write_text(visit: Visit, key: str, data: Mapping[str, str]) -> str:
    """Write the text that a form holds, unless the draft is another one meanwhile than the form was made of.

    Returns:
        What the next page says of it; empty where the text was as it is.
    """
    text, seen, before = data.get("text", ""), data.get("seen", ""), draft_of(visit, key).number
    written = Drafts(visit.shop).write(person_of(visit), key, visit.say("step_text"), text, seen=seen)
    return "draft_kept" if written.number != before else ""


def _caret(data: Mapping[str, str]) -> str:
    """Where in the text its writer was, as the script says."""
    found = re.fullmatch(r"[0-9]{1,6}-[0-9]{1,6}", data.get("caret", ""))
    return f"caret-{found[0]}" if found else ""


@post("/edit/{key:str}/step", opt={"needs": "edit"}, sync_to_thread=True)
def step(visit: Visiting, key: FromPath[str], data: Form) -> Html:
    """Take the last change back, do it again, or throw the draft away."""
    drafts, person = Drafts(visit.shop), person_of(visit)
    ways = {"undo": drafts.undo, "redo": drafts.redo, "drop": drafts.drop}
    if (way := ways.get(do := data.get("do", ""))) is not None:
        way(person, key)
    saved = {"undo": "draft_undone", "redo": "draft_kept", "drop": "draft_dropped"}.get(do, "")
    if (back := data.get("back", "")) in {"text", "changes", "entries"}:
        return redirect(f"/edit/{key}/{back}", saved=saved)
    return redirect(f"/edit/{key}", saved=saved, **Look.of_form(data).address)


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
            return redirect(f"/edit/{key}/changes", saved="draft_kept")
        drafts.save(person, key, visit.who, seen=data.get("seen", ""))
    except OSError as error:
        words = sentence("the file could not be written: {strerror}", strerror=error.strerror or "")
        return _changes(visit, key, why=in_language(words, visit.language), status=507)
    except ResaError as error:
        return _changes(visit, key, why=why_not(visit, error, draft_of(visit, key).map), status=409)
    return redirect(f"/map/{key}", saved="saved_map")


def _changes(visit: Visit, key: str, *, why: str = "", status: int = 200) -> Html:
    draft = draft_of(visit, key)
    return page(
        visit,
        "edit_changes",
        visit.say("changes_of", file=draft.file),
        status=status,
        key=key,
        draft=draft,
        placed=partial(place_in_words, visit, draft.whole.map),
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
    return redirect(f"/edit/{key}/changes", saved="draft_kept")


def draft_of(visit: Visit, key: str) -> Draft:
    """The draft of a map that somebody has who edits it."""
    return Drafts(visit.shop).of(person_of(visit), key)


def person_of(visit: Visit) -> int:
    """The number of who edits."""
    if visit.person is None:
        raise QuestionError(sentence("nobody is signed in"))
    return visit.person.id


ROUTES: Final = (wall, change_wall, text, change_text, step, changes, save, history, version, bring_back)
