"""Changing a map as people do on the wall, in its file: what is not changed stays byte for byte, comments too.

    text = edited("journey.yaml", text, write_touchpoint("cart", {"owner": "Anna", "actions": ["Looks."]}))
    text = edited("journey.yaml", text, move_touchpoint("cart", +1))

Each change works on the file's plain data, whichever of the short forms it is written in.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.documents import read_document, rewrite, spelling
from resa.journey_map.names import normalised
from resa.journey_map.saying import (
    ARROWS,
    IN_LISTS,
    LANES,
    Data,
    arrows_named,
    as_listed,
    as_thoughts,
    entries_of,
    many,
    pain_points_of,
    said,
    section_of,
    stages_of,
    wall_of,
    with_feelings,
    without_names,
    write,
)

__all__ = [
    "BETWEEN",
    "Change",
    "ChangedElsewhere",
    "add_stage",
    "add_touchpoint",
    "edited",
    "move_stage",
    "move_touchpoint",
    "new_key",
    "remove_improvement",
    "remove_stage",
    "remove_touchpoint",
    "write_map",
    "write_section",
    "write_signal",
    "write_stage",
    "write_touchpoint",
]


_WAYS_SEEN: Final = frozenset({"page", "event", "when", "daily_number", "not_seen"})

BETWEEN: Final = "', '"
"""What stands between the fields that a message names in quotation marks."""

Change = Callable[[Data], None]
"""Changes the plain data of a map's file."""


class ChangedElsewhere(QuestionError):
    """What was to be changed was changed meanwhile, in another way.

    Attributes:
        fields: What it is about, as the file calls it.
    """

    def __init__(self, *fields: str) -> None:
        words = sentence(
            "'{field}' was changed elsewhere meanwhile; look at it as it is now", field=BETWEEN.join(fields)
        )
        super().__init__(words)
        self.fields = fields


def edited(file: str, text: str, *changes: Change) -> str:
    """The text of a map's file after changes.

    Args:
        file: Its name, for messages.
        text: What stands in it; a map without errors.
        changes: What is to be changed, one after the other.

    Raises:
        QuestionError: There is no such touchpoint or stage, or it cannot be moved there.
        InputError: The file is written so that this cannot be changed in place.
    """
    document = read_document(file, text)
    data = copy.deepcopy(document.data)
    for change in changes:
        change(data)
    return rewrite(document, data)


# What is said


def write_map(words: Mapping[str, Any]) -> Change:
    """Say something of the map itself, such as its title; nothing takes a key away."""

    def change(data: Data) -> None:
        write(data, words)

    return change


def write_section(section: str, key: str, words: Mapping[str, Any]) -> Change:
    """Say something of one of the map's improvements, personas or channels, which is new if there is none."""

    def change(data: Data) -> None:
        found = _inside(data, section)
        name = _called(found, key)
        there = found.get(name)
        entry = there if isinstance(there, dict) else {} if there is None else {"kind": there}
        write(entry, words)
        found[name] = entry

    return change


def write_touchpoint(key: str, words: Mapping[str, Any], *, seen: Mapping[str, Any] | None = None) -> Change:
    """Say something of a touchpoint, in the words that `said_of` gives; nothing takes a key away.

    A pain point or arrow that is in the file already says by `at` which of them it is, so that what else the file says
    of it stays.

    Args:
        key: Of the touchpoint.
        words: What is said anew; of `emotion` the sides that are.
        seen: What was said when the words were made; what was changed since is not overwritten, but refused.
    """

    def change(data: Data) -> None:
        order = [one for _, names in wall_of(data) for one in names]
        if key not in map(normalised, order):
            raise QuestionError(sentence("the map has no touchpoint '{key}'", key=key))
        found = _inside(data, "touchpoints")
        name = _called(found, key)
        entry = dict(found.get(name) or {})
        if seen is not None:
            _check_unchanged(seen, said(key, entry), words)
        new = dict(words)
        for field in IN_LISTS & set(new):
            new[field] = as_listed(many(section_of(entry, field)), new[field])
        for field in set(LANES) & set(new):
            new[field] = as_thoughts(many(section_of(entry, field)), new[field])
        if "emotion" in new:
            new["emotion"] = with_feelings(section_of(entry, "emotion"), new["emotion"])
        write(entry, new)
        if name in found or entry:
            _put(found, name, entry or None, order)

    return change


def _check_unchanged(seen: Mapping[str, Any], now: Mapping[str, Any], words: Mapping[str, Any]) -> None:
    """Refuse to write over what was changed meanwhile."""
    changed = []
    for field, value in words.items():
        sides = value if field == "emotion" else (None,)
        for side in sides:
            before, after = (said[field] if side is None else said[field][side] for said in (seen, now))
            if after not in (before, value if side is None else value[side]):
                changed.append(field)
    if changed:
        raise ChangedElsewhere(*dict.fromkeys(changed))


def write_signal(
    key: str, when: str, *, seen: Mapping[str, Any] | None = None, shared: Mapping[str, Any] | None = None
) -> Change:
    """Say by which events a touchpoint is seen; what else its signal says of them stays.

    A new signal stands behind all others, so that it takes no event from them.

    Args:
        key: Of the touchpoint.
        when: The condition; it takes the place of `event`, `page`, `daily_number` and `not_seen`.
        seen: The signal in the map's file when the condition was made; what was changed since is not overwritten, but
            refused. Empty: there was none.
        shared: The signal of `signals.yaml`, which holds for the map as long as its file has none.
    """

    def change(data: Data) -> None:
        if key not in {normalised(one) for _, names in wall_of(data) for one in names}:
            raise QuestionError(sentence("the map has no touchpoint '{key}'", key=key))
        found = _inside(data, "signals")
        name = _called(found, key)
        if seen is not None and dict(found.get(name) or {}) != dict(seen):
            raise ChangedElsewhere("when")
        entry = dict(found.get(name) or shared or {})
        others = {one: value for one, value in entry.items() if spelling(one) not in _WAYS_SEEN}
        found[name] = {"when": when, **others}

    return change


def write_stage(key: str, words: Mapping[str, Any]) -> Change:
    """Say something of a stage, such as its name."""

    def change(data: Data) -> None:
        stages = stages_of(data)
        name = _known(stages, key)
        entry = stages[name]
        entry = dict(entry) if isinstance(entry, Mapping) else {} if entry is None else {"touchpoints": entry}
        if "name" in words and "name" not in map(spelling, entry) and words["name"]:
            entry = {"name": words["name"], **entry}
        write(entry, words)
        stages[name] = entry["touchpoints"] if set(entry) == {"touchpoints"} else entry or None

    return change


# Where things stand


def add_touchpoint(name: str, *, stage: str, after: str | None = None) -> Change:
    """Put a new touchpoint into a stage, behind another one or at its end; its key is made of its name."""

    def change(data: Data) -> None:
        stages = wall_of(data)
        known = {normalised(one) for _, names in stages for one in names}
        key = new_key(name, known)
        names = next((names for called, names in stages if normalised(called) == stage), None)
        if names is None:
            raise QuestionError(sentence("the map has no stage '{key}'", key=stage))
        place = next((at + 1 for at, one in enumerate(names) if normalised(one) == after), len(names))
        names.insert(place, key)
        _keep_stages(data, stages)
        write_touchpoint(key, {"name": name})(data)

    return change


def move_touchpoint(key: str, by: int) -> Change:
    """Move a touchpoint one place to the left (-1) or right (+1); at the border of its stage, into the next one."""

    def change(data: Data) -> None:
        stages = wall_of(data)
        at, place = _place(stages, key)
        names = stages[at][1]
        name = names.pop(place)
        if 0 <= place + by <= len(names):
            names.insert(place + by, name)
        elif 0 <= at + by < len(stages):
            other = stages[at + by][1]
            other.insert(0 if by > 0 else len(other), name)
        else:
            raise QuestionError(sentence("it stands at the end already"))
        _keep_stages(data, stages)

    return change


def remove_touchpoint(key: str) -> Change:
    """Take a touchpoint away, with what is said of it, the arrows and ways that lead to it, and what names those.

    The goal and reactions stay: what they mean without it, only a person can say.
    """

    def change(data: Data) -> None:
        stages = wall_of(data)
        at, place = _place(stages, key)
        del stages[at][1][place]
        _keep_stages(data, stages)
        touchpoints = entries_of(data, "touchpoints")
        own = touchpoints.get(_called(touchpoints, key)) or {}
        gone = {name for kind in ARROWS for _, name in arrows_named(own, kind, key)}
        for section in ("touchpoints", "signals"):
            entries = entries_of(data, section)
            entries.pop(_called(entries, key), None)
        for name, touchpoint in touchpoints.items():
            for kind in ARROWS if isinstance(touchpoint, dict) else ():
                gone |= _without_ends(touchpoint, kind, normalised(name), key)
        for section, field in (("personas", "path"), ("metrics", "of")):
            for entry in entries_of(data, section).values():
                if isinstance(entry, dict):
                    without_names(entry, field, {key})
        for entry in (*pain_points_of(touchpoints.values()), *entries_of(data, "improvements").values()):
            for reference in ("shown_by", "should_move") if isinstance(entry, dict) else ():
                without_names(entry, reference, gone)

    return change


def remove_improvement(key: str) -> Change:
    """Take an improvement away; pain points that it acted on stay, without it."""

    def change(data: Data) -> None:
        entries = entries_of(data, "improvements")
        if _called(entries, key) not in entries:
            raise QuestionError(sentence("the map has no '{key}' any more; look at it as it is now", key=key))
        del entries[_called(entries, key)]
        for entry in pain_points_of(entries_of(data, "touchpoints").values()):
            if isinstance(entry, dict):
                without_names(entry, "improvement", {key})

    return change


def add_stage(name: str, *, after: str | None = None) -> Change:
    """Put a new stage behind another one, or at the end; its key is made of its name."""

    def change(data: Data) -> None:
        stages = stages_of(data)
        key = new_key(name, {normalised(one) for one in stages})
        order = list(stages)
        place = next((at + 1 for at, one in enumerate(order) if normalised(one) == after), len(order))
        entry: Any = {"name": name, "touchpoints": ()}
        _reorder(stages, [*order[:place], key, *order[place:]], {key: entry})

    return change


def move_stage(key: str, by: int) -> Change:
    """Move a stage one place to the left (-1) or right (+1), with its touchpoints."""

    def change(data: Data) -> None:
        stages = stages_of(data)
        order = list(stages)
        place = order.index(_known(stages, key))
        if not 0 <= place + by < len(order):
            raise QuestionError(sentence("it stands at the end already"))
        order.insert(place + by, order.pop(place))
        _reorder(stages, order, {})

    return change


def remove_stage(key: str) -> Change:
    """Take an empty stage away."""

    def change(data: Data) -> None:
        stages = stages_of(data)
        name = _known(stages, key)
        if next(names for called, names in wall_of(data) if called == name):
            raise QuestionError(sentence("touchpoints stand in it; move them into another stage first"))
        del stages[name]

    return change


# How files say it


def _inside(data: Data, section: str) -> Data:
    """The entries under a heading, which is made if it is missing."""
    name = next((name for name in data if spelling(name) == section), section)
    if isinstance(entries := data.get(name), list):
        entries = data[name] = dict.fromkeys(entries)  # channels may be a list of names
    if entries is None:
        entries = data[name] = {}
    return entries


def _called(entries: Mapping[str, Any], key: str) -> str:
    """How the file spells a key; a new one stays as it is."""
    return next((name for name in entries if normalised(name) == key), key)


def _known(entries: Mapping[str, Any], key: str) -> str:
    if (name := _called(entries, key)) not in entries:
        raise QuestionError(sentence("the map has no stage '{key}'", key=key))
    return name


def _keep_stages(data: Data, stages: Iterable[tuple[str, list[str]]]) -> None:
    """Write the touchpoints of each stage whose own have changed."""
    entries, before = stages_of(data), dict(wall_of(data))
    for name, names in stages:
        if names == before[name]:
            continue
        entry = entries[name]
        if isinstance(entry, dict):
            key = next((one for one in entry if spelling(one) == "touchpoints"), "touchpoints")
            entry[key] = tuple(names)
        else:
            entries[name] = tuple(names) or None


def _place(stages: Sequence[tuple[str, list[str]]], key: str) -> tuple[int, int]:
    """In which stage, and where in it, a touchpoint stands."""
    for at, (_, names) in enumerate(stages):
        for place, name in enumerate(names):
            if normalised(name) == key:
                return at, place
    raise QuestionError(sentence("the map has no touchpoint '{key}'", key=key))


def _put(entries: Data, name: str, entry: Any, order: Sequence[str]) -> None:
    """Put an entry where it stood, or, if it is new, behind the one before it on the wall."""
    if name in entries:
        entries[name] = entry
        return
    wall = [normalised(one) for one in order]
    before = set(wall[: wall.index(normalised(name))])
    here = list(entries)
    place = max((at + 1 for at, one in enumerate(here) if normalised(one) in before), default=0)
    _reorder(entries, [*here[:place], name, *here[place:]], {name: entry})


def _reorder(entries: Data, order: Sequence[str], new: Mapping[str, Any]) -> None:
    values = {**entries, **new}
    entries.clear()
    entries.update((name, values[name]) for name in order)


def _without_ends(touchpoint: Data, kind: str, start: str, key: str) -> set[str]:
    """Take away what leads to a touchpoint: the arrow, or of one that leads to several, this end; the names gone."""
    kept, before = [], arrows_named(touchpoint, kind, start)
    for arrow, _ in before:
        without_names(arrow, "next", {key})
        without_names(arrow, "unless", {key})
        if section_of(arrow, "next"):
            kept.append(arrow)
    if len(kept) < len(before):
        write(touchpoint, {kind: kept})
    return {name for _, name in before} - {name for _, name in arrows_named(touchpoint, kind, start)}


def new_key(name: str, known: set[str]) -> str:
    """A key that is made of a name and differs from those that are known."""
    stem = normalised(" ".join(re.findall(r"\w+", name)))
    if not stem:
        raise QuestionError(sentence("write a name with letters or digits"))
    number = 2
    key = stem
    while key in known:
        key, number = f"{stem}_{number}", number + 1
    return key
