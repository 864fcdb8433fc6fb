"""What a map names beside its wall, by form: improvements, personas and channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final, Literal

from litestar import get, post
from litestar.params import FromPath

from resa.base.errors import QuestionError, ResaError
from resa.base.language import sentence
from resa.journey_map import Change, ChangedElsewhere, new_key, remove_improvement, write_section
from resa.model.journey import JourneyMap
from resa.screens.editing import draft_of, person_of
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.places import place_in_words, why_not
from resa.screens.signing_in import Form
from resa.screens.visits import Visit
from resa.workspace.drafting import Drafts

__all__ = ["ROUTES"]

Shape = Literal["line", "lines", "day", "arrow", "state", "kind"]

SECTIONS: Final[Mapping[str, Mapping[str, Shape]]] = {
    "improvements": {
        "name": "line",
        "about": "lines",
        "owner": "line",
        "state": "state",
        "since": "day",
        "should_move": "arrow",
    },
    "personas": {"name": "line", "about": "lines", "quote": "lines", "who": "line"},
    "channels": {"name": "line", "kind": "kind"},
}
"""What a form says of each entry, and how it is asked for."""

_CHOICES: Final[Mapping[Shape, tuple[str, ...]]] = {
    "state": ("idea", "planned", "doing", "done", "dropped"),
    "kind": ("external", "internal", "peripheral"),
}


@dataclass(frozen=True, kw_only=True)
class _Field:
    """One field of a form.

    Attributes:
        name: As the file has it.
        shape: How it is asked for.
        value: What is said now.
        options: What there is to choose from: what is kept, and what it is called.
    """

    name: str
    shape: Shape
    value: str
    options: tuple[tuple[str, str], ...] = ()


@get("/edit/{key:str}/entries", opt={"needs": "edit"}, sync_to_thread=True)
def entries(visit: Visiting, key: FromPath[str]) -> Html:
    """All improvements, personas and channels of a map, each a form, and one for a new one."""
    return _page(visit, key)


@post("/edit/{key:str}/entries", opt={"needs": "edit"}, sync_to_thread=True)
def change_entries(visit: Visiting, key: FromPath[str], data: Form) -> Html:
    """Change what is said of one of them, make a new one, or take an improvement away."""
    section, entry = data.get("section", ""), data.get("entry", "")
    try:
        found = draft_of(visit, key).map
        if found is None or section not in SECTIONS:
            raise QuestionError(sentence("this form asks for nothing that is known here"))
        change, name = _asked(found, section, entry, data)
        if change is not None:
            about = f"{visit.say(section)}: {name}"
            Drafts(visit.shop).change(person_of(visit), key, about, change)
    except ResaError as error:
        conflict = error.fields if isinstance(error, ChangedElsewhere) else ()
        return _page(
            visit, key, typed=data, conflict=conflict, why=why_not(visit, error, draft_of(visit, key).map), status=422
        )
    return redirect(f"/edit/{key}/entries", fragment=section, saved="draft_kept" if change else "")


def _asked(journey_map: JourneyMap, section: str, entry: str, data: Mapping[str, str]) -> tuple[Change | None, str]:
    """What a form asks for, and what it is about; nothing where it says what is said already."""
    known = {one.key: one for one in getattr(journey_map, section)}
    if entry and entry not in known:
        raise QuestionError(sentence("the map has no '{key}' any more; look at it as it is now", key=entry))
    if data.get("do") == "remove" and section == "improvements" and entry:
        return remove_improvement(entry), known[entry].name
    now = _said(known.get(entry), section)
    typed = {name: " ".join(data.get(name, "").split()) for name in SECTIONS[section]}
    words = {name: value for name, value in typed.items() if value != data.get(f"was.{name}", "")}
    if changed := [name for name in words if now[name] not in (data.get(f"was.{name}", ""), typed[name])]:
        raise ChangedElsewhere(*changed)
    _check(section, typed)
    if not words:
        return None, ""
    return write_section(section, entry or new_key(typed["name"], set(known)), words), typed["name"]


def _check(section: str, typed: Mapping[str, str]) -> None:
    if not typed["name"]:
        raise QuestionError(sentence("it needs a name"))
    for name, shape in SECTIONS[section].items():
        if shape == "day" and typed[name]:
            try:
                date.fromisoformat(typed[name])
            except ValueError:
                raise QuestionError(
                    sentence("'{text}' is no day; write such as 2026-03-31", text=typed[name][:40])
                ) from None
        if shape in _CHOICES and typed[name] not in _CHOICES[shape]:
            raise QuestionError(sentence("this form asks for nothing that is known here"))


def _said(entry: Any, section: str) -> dict[str, str]:
    """What is said of an entry, as the form asks for it; of a new one, nothing."""
    first = {"state": "idea", "kind": "external"}
    if entry is None:
        return {name: first.get(name, "") for name in SECTIONS[section]}
    found = {name: getattr(entry, name) for name in SECTIONS[section]}
    return {name: "" if value is None else str(value) for name, value in found.items()}


def _page(
    visit: Visit,
    key: str,
    *,
    typed: Mapping[str, str] | None = None,
    conflict: Sequence[str] = (),
    why: str = "",
    status: int = 200,
) -> Html:
    """All forms; `typed`: what one said that is not kept; `conflict`: its fields of which others said something."""
    draft = draft_of(visit, key)
    if draft.map is None:
        return redirect(f"/edit/{key}/text")
    theirs = {}
    if conflict and typed:
        there = {one.key: one for one in getattr(draft.map, typed["section"])}.get(typed.get("entry", ""))
        now = _said(there, typed["section"])
        theirs = {name: now[name] for name in conflict}
        mine = {name: typed.get(name, "") for name in now if typed.get(name, "") != typed.get(f"was.{name}", "")}
        typed = {**typed, **{f"was.{name}": value for name, value in now.items()}, **now, **mine}
    return page(
        visit,
        "edit_entries",
        visit.say("edit_map", title=draft.map.title),
        status=status,
        draft=draft,
        placed=partial(place_in_words, visit, draft.map),
        map=draft.map,
        theirs={visit.say(f"entry_{name}"): value for name, value in theirs.items()},
        sections={section: list(_forms(visit, draft.map, section, typed)) for section in SECTIONS},
        why=why,
    )


def _forms(
    visit: Visit, journey_map: JourneyMap, section: str, typed: Mapping[str, str] | None
) -> Iterator[dict[str, Any]]:
    """A form for each entry of a section, and at last one for a new one; what was typed and not kept stands in its."""
    arrows = tuple((one.name, _sentence(journey_map, one)) for one in journey_map.expectations)
    for entry in (*getattr(journey_map, section), None):
        said = _said(entry, section)
        mine = entry.key if entry is not None else ""
        kept = typed if typed and (typed.get("section"), typed.get("entry", "")) == (section, mine) else None
        fields = [
            _Field(
                name=name,
                shape=shape,
                value=said[name] if kept is None else kept.get(name, ""),
                options=arrows
                if shape == "arrow"
                else tuple((one, str(visit.say(f"{shape}_{one}"))) for one in _CHOICES.get(shape, ())),
            )
            for name, shape in SECTIONS[section].items()
        ]
        was = said if kept is None else {name: kept.get(f"was.{name}", "") for name in said}
        called = "" if entry is None else entry.name
        yield {"key": mine, "name": called, "fields": fields, "was": was, "open": bool(kept)}


def _sentence(journey_map: JourneyMap, arrow: Any) -> str:
    names = {one.key: one.name for one in journey_map.stages}
    names |= {one.key: one.name for one in journey_map.touchpoints}
    ends = ", ".join(names.get(one, one) for one in arrow.next)
    return f"{names.get(arrow.after, arrow.after)} → {ends}"


ROUTES: Final = (entries, change_entries)
