"""By which events a touchpoint is seen: its condition put together from rows, beside what it meets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from litestar import get, post
from litestar.params import FromPath

from resa.base.errors import QuestionError, ResaError, TimeExceeded
from resa.base.language import sentence
from resa.drawing import format_count
from resa.expressions import EVENT_FIELDS, Catalog, Scope, compile_expression, shown
from resa.journey_map import ChangedElsewhere, add_touchpoint, display_name, new_key, signal_of, write_signal
from resa.model.journey import JourneyMap, Signal
from resa.model.names import normalised
from resa.screens.composing import (
    SIGN_WORDS,
    Choice,
    Composed,
    asked_of_query,
    composed,
    listed,
    spot,
    values_name,
)
from resa.screens.editing import draft_of, person_of
from resa.screens.few import FEW, count_for
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.moments import when_in
from resa.screens.places import why_not
from resa.screens.signing_in import Form
from resa.screens.visits import Visit
from resa.workspace.drafting import Draft, Drafts, fingerprint
from resa.workspace.recent_events import Matches, RecentEvents

__all__ = ["ROUTES"]

_SHARED: Final = "signals.yaml"
_said_of: Final = lru_cache(maxsize=16)(signal_of)
"""What files say of a signal, which is asked for at each look at its condition."""

_HEADINGS: Final = ("matches_at", "matches_event", "channel_of_event")


@get("/edit/{key:str}/when/{touchpoint:str}", opt={"needs": "edit"}, sync_to_thread=True)
def when(visit: Visiting, key: FromPath[str], touchpoint: FromPath[str]) -> Html:
    """The condition of a touchpoint, as its file or the address says it, with what it meets."""
    return _when(visit, key, touchpoint, asked_of_query(visit))


@post("/edit/{key:str}/when/{touchpoint:str}", opt={"needs": "edit"}, sync_to_thread=True)
def keep_when(visit: Visiting, key: FromPath[str], touchpoint: FromPath[str], data: Form) -> Html:
    """Put the condition into the draft of the map."""
    draft = draft_of(visit, key)
    signal = _signal(_map_of(draft), touchpoint)
    said = composed(data, _current(signal), _check(_map_of(draft)))
    if not said.good:
        return _when(visit, key, touchpoint, data, status=422, why=_unsaid(visit, said))
    saved = ""
    if said.text != _current(signal):
        try:
            before = draft.text_seen(data.get("seen", ""))
            if before is None:
                raise QuestionError(sentence("the draft was thrown away meanwhile; look at the map as it is now"))
            change = write_signal(
                touchpoint, said.text, seen=_said_of(draft.file, before, touchpoint), shared=_shared(draft, touchpoint)
            )
            about = visit.say("when_step", touchpoint=_name(draft, touchpoint))
            Drafts(visit.shop).change(person_of(visit), key, about, change)
            saved = "draft_kept"
        except ResaError as error:
            anew = isinstance(error, ChangedElsewhere) or draft.text_seen(data.get("seen", "")) is None
            asked = {**data, "seen": ""} if anew else data  # who sends it again has seen what is said now
            return _when(
                visit,
                key,
                touchpoint,
                asked,
                status=409,
                conflict=anew,
                why=why_not(visit, error, draft_of(visit, key).map),
            )
    return redirect(f"/edit/{key}", fragment="opened", saved=saved, touchpoint=touchpoint)


def _when(
    visit: Visit,
    key: str,
    touchpoint: str,
    asked: Mapping[str, str],
    *,
    status: int = 200,
    conflict: bool = False,
    why: str = "",
) -> Html:
    draft = draft_of(visit, key)
    if draft.map is None:
        return redirect(f"/edit/{key}/text")
    signal = _signal(draft.map, touchpoint)
    said = composed(asked, _current(signal), _check(draft.map))
    name = _name(draft, touchpoint)
    return _composing(
        visit,
        draft,
        said,
        touchpoint,
        title=visit.say("when_of", touchpoint=name),
        action=f"/edit/{key}/when/{touchpoint}",
        crumbs=[(f"/edit/{key}", draft.map.title), (f"/edit/{key}?touchpoint={touchpoint}#opened", name)],
        notes=_notes(visit, draft, signal, touchpoint),
        asked=asked,
        new=None,
        theirs={visit.say("conditions"): _current(signal)} if conflict else {},
        status=status,
        why=why,
    )


@get("/edit/{key:str}/new", opt={"needs": "edit"}, sync_to_thread=True)
def new(visit: Visiting, key: FromPath[str]) -> Html:
    """A touchpoint for an event that the map does not know yet."""
    return _new(visit, key, asked_of_query(visit))


@post("/edit/{key:str}/new", opt={"needs": "edit"}, sync_to_thread=True)
def keep_new(visit: Visiting, key: FromPath[str], data: Form) -> Html:
    """Put the touchpoint into the draft of the map, with its condition."""
    draft = draft_of(visit, key)
    journey_map = _map_of(draft)
    said = composed(data, _of_event(data.get("event", "")), _check(journey_map))
    if not said.good:
        return _new(visit, key, data, status=422, why=_unsaid(visit, said))
    try:
        name, stage = data.get("name", "").strip(), data.get("stage", "")
        touchpoint = new_key(name, {one.key for one in journey_map.touchpoints})
        changes = add_touchpoint(name, stage=stage), write_signal(touchpoint, said.text)
        Drafts(visit.shop).change(person_of(visit), key, visit.say("step_add_touchpoint", name=name), *changes)
    except ResaError as error:
        return _new(visit, key, data, status=422, why=why_not(visit, error, draft_of(visit, key).map))
    return redirect(f"/edit/{key}", fragment="opened", saved="draft_kept", touchpoint=touchpoint)


def _new(visit: Visit, key: str, asked: Mapping[str, str], *, status: int = 200, why: str = "") -> Html:
    draft = draft_of(visit, key)
    if draft.map is None:
        return redirect(f"/edit/{key}/text")
    event = asked.get("event", "")
    said = composed(asked, _of_event(event), _check(draft.map))
    return _composing(
        visit,
        draft,
        said,
        "",
        title=visit.say("new_touchpoint", event=event or "…"),
        action=f"/edit/{key}/new",
        crumbs=[(f"/live/tracking/{key}", visit.say("tracking", map=draft.map.title))],
        notes=[visit.say("new_touchpoint_about", map=draft.map.title)],
        asked=asked,
        new={
            "event": event,
            "name": asked.get("name", display_name("_".join(event.split()))),
            "stage": asked.get("stage", ""),
        },
        theirs={},
        status=status,
        why=why,
    )


def _composing(
    visit: Visit, draft: Draft, said: Composed, touchpoint: str, *, asked: Mapping[str, str], title: str, **values: Any
) -> Html:
    recent = RecentEvents(visit.shop)
    return page(
        visit,
        "when",
        title,
        draft=draft,
        map=draft.map,
        composed=said,
        fields=listed(_fields(visit, recent), said.fields),
        signs=[(sign, visit.say(word)) for sign, word in SIGN_WORDS.items()],
        told=_told(visit, recent, said, _map_of(draft), touchpoint),
        seen=asked.get("seen") or fingerprint(draft.text),
        values_name=values_name,
        spot=spot,
        **values,
    )


# What stands there


def _map_of(draft: Draft) -> JourneyMap:
    if draft.map is None:
        raise QuestionError(sentence("the map is wrong as it is; mend its text first"))
    return draft.map


def _signal(journey_map: JourneyMap, touchpoint: str) -> Signal | None:
    if touchpoint not in journey_map.touchpoint:
        raise QuestionError(sentence("the map has no touchpoint '{key}'", key=touchpoint))
    return next((one for one in journey_map.signals if one.touchpoint == touchpoint), None)


def _current(signal: Signal | None) -> str:
    return signal.when or "" if signal is not None else ""


def _name(draft: Draft, touchpoint: str) -> str:
    return _map_of(draft).touchpoint[touchpoint].name


def _of_event(event: str) -> str:
    return "event = '" + event.replace("'", "''") + "'" if event else ""


def _shared(draft: Draft, touchpoint: str) -> Mapping[str, Any] | None:
    text = draft.others.texts.get(_SHARED)
    names = (touchpoint, *(normalised(one) for one in _map_of(draft).touchpoint[touchpoint].was))
    found = (_said_of(_SHARED, text, name) for name in names if isinstance(text, str))
    return next((one for one in found if one), None)


def _check(journey_map: JourneyMap) -> Any:
    catalog = Catalog(timezone=journey_map.timezone)
    return lambda text: compile_expression(text, scope=Scope.EVENT, expects="boolean", catalog=catalog)


def _notes(visit: Visit, draft: Draft, signal: Signal | None, touchpoint: str) -> list[str]:
    if signal is None:
        return [visit.say("when_none")]
    if signal.not_seen is not None:
        return [visit.say("when_not_seen", why=signal.not_seen)]
    if signal.daily_number is not None:
        return [visit.say("when_daily", number=signal.daily_number)]
    own = _said_of(draft.file, draft.text, touchpoint)
    return [] if own or _shared(draft, touchpoint) is None else [visit.say("when_shared")]


def _unsaid(visit: Visit, said: Composed) -> str:
    """Why a condition cannot be kept."""
    return str(visit.say("matches_wait" if said.blank and not said.at_rows else "matches_wrong"))


# What it meets


def _fields(visit: Visit, recent: RecentEvents) -> list[tuple[str, Sequence[Choice]]]:
    """What recent events have to choose from; of values only those that tell of nobody to who may not know names."""
    try:
        found = recent.fields(several=1 if visit.may("names") else FEW)
    except TimeExceeded:
        found = []
    choices: dict[bool, list[Choice]] = {True: [], False: []}
    for one in found:
        own = one.path in EVENT_FIELDS
        label = visit.say(f"field_of_{one.path}") if own else one.path.removeprefix("properties.")
        plain = "text" if own else "any"
        values = [value if one.numbers else shown(value, plain) for value, _ in one.values]
        choices[own].append(Choice(one.path, label, values))
    return [
        (
            visit.say("fields_event"),
            choices[True] or [Choice(one, visit.say(f"field_of_{one}")) for one in EVENT_FIELDS],
        ),
        *([(visit.say("fields_properties"), choices[False])] if choices[False] else []),
    ]


def _told(
    visit: Visit, recent: RecentEvents, said: Composed, journey_map: JourneyMap, touchpoint: str
) -> dict[str, Any]:
    """What a page says of the events that a condition meets."""
    nothing: dict[str, Any] = {"figures": False, "said": ""}
    if said.blank:
        return {**nothing, "said": visit.say("matches_wait")}
    if not said.good:
        return {**nothing, "said": visit.say("matches_wrong")}
    try:
        found = recent.matches(said.text, journey_map, touchpoint, several=1 if visit.may("names") else FEW)
    except TimeExceeded:
        return {**nothing, "said": visit.say("matches_slow")}
    if not found.looked_at:
        return {**nothing, "said": visit.say("matches_none")}
    named = visit.may("names")
    if named and found.newest:
        visit.shop.audit.note("people.show", who=visit.who, place="conditions", rows=len(found.newest))
    if found.matched is None:
        return {**nothing, "said": visit.say("matches_few", n=format_count(FEW, visit.language))}
    names = {one.key: one.name for one in journey_map.touchpoints}
    columns = None if any(one.said for one in found.newest) else len(_HEADINGS) + 1
    every = format_count(found.looked_at, visit.language)
    return {
        "figures": True,
        "said": visit.say("matches_of", matched=count_for(visit, found.matched), events=every),
        "since": when_in(journey_map.timezone, visit.language)(found.since),
        "earlier": [
            visit.say("matches_earlier", count=count_for(visit, count), touchpoint=names.get(key, key))
            for key, count in found.earlier
            if count is not None
        ],
        "by_event": [
            (name, "–" if some is None else count_for(visit, some), format_count(every_one, visit.language))
            for name, some, every_one in found.by_event
        ],
        "headings": [visit.say(word) for word in (*_HEADINGS, *(("who", "matches_fields") if named else ()))][:columns],
        "newest": [row[:columns] for row in _newest(visit, found, journey_map, named=named)],
    }


def _newest(visit: Visit, found: Matches, journey_map: JourneyMap, *, named: bool) -> list[tuple[Any, ...]]:
    at = when_in(journey_map.timezone, visit.language)
    return [
        (
            at(one.at),
            one.event,
            one.channel or "–",
            *(
                (
                    f"{one.kind} {one.who}".strip(),
                    ", ".join(f"{name.removeprefix('properties.')}: {value}" for name, value in one.said.items()),
                )
                if named
                else ()
            ),
        )
        for one in found.newest
    ]


ROUTES: Final = (when, keep_when, new, keep_new)
