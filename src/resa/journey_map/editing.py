"""Changing a map as people do on the wall, in its file: what is not changed stays byte for byte, comments too.

    text = edited("journey.yaml", text, write_touchpoint("cart", {"owner": "Anna", "actions": ["Looks."]}))
    text = edited("journey.yaml", text, move_touchpoint("cart", +1))

Each change works on the file's plain data, whichever of the short forms it is written in.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Final

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.documents import read_document, rewrite, spelling
from resa.journey_map.names import display_name, normalised

__all__ = [
    "LANES",
    "Change",
    "add_stage",
    "add_touchpoint",
    "edited",
    "move_stage",
    "move_touchpoint",
    "remove_stage",
    "remove_touchpoint",
    "said_of",
    "write_map",
    "write_section",
    "write_stage",
    "write_touchpoint",
]

Data = MutableMapping[str, Any]

Change = Callable[[Data], None]
"""Changes the plain data of a map's file."""

LANES: Final = ("actions", "motivation", "questions", "frontstage", "backstage", "support")
"""What is said of a touchpoint, one thought a line."""

_ARROWS: Final = ("expect", "promise")

_IN_LISTS: Final = ("pain_points", *_ARROWS)

_ONE_OR_MANY: Final = frozenset({*LANES, "channel", "next", *_ARROWS})
"""Keys that take one thing or a list of such things."""

_ROWS: Final = frozenset({"channel", "next", "unless", "path", "of", "was"})
"""Keys that take names, which are written in one line, and one alone without brackets."""


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
        _write(data, words)

    return change


def write_section(section: str, key: str, words: Mapping[str, Any]) -> Change:
    """Say something of one of the map's improvements, personas or channels, which is new if there is none."""

    def change(data: Data) -> None:
        entries = _inside(data, section)
        name = _called(entries, key)
        said = entries.get(name)
        entry = said if isinstance(said, dict) else {} if said is None else {"kind": said}
        _write(entry, words)
        entries[name] = entry

    return change


def write_touchpoint(key: str, words: Mapping[str, Any]) -> Change:
    """Say something of a touchpoint, in the words that `said_of` gives; nothing takes a key away.

    A pain point or arrow that is in the file already says by `at` which of them it is, so that what else the file says
    of it stays.
    """

    def change(data: Data) -> None:
        order = [one for _, names in _stages(data) for one in names]
        if key not in map(normalised, order):
            raise QuestionError(sentence("the map has no touchpoint '{key}'", key=key))
        entries = _inside(data, "touchpoints")
        name = _called(entries, key)
        entry = dict(entries.get(name) or {})
        if isinstance(entry.get("emotion"), int):
            entry["emotion"] = {"now": entry["emotion"]}
        feeling = dict(entry.get("emotion") or {})
        _write(feeling, words.get("emotion") or {})
        rows = {field: _as_listed(_many(_section(entry, field)), words[field]) for field in _IN_LISTS if field in words}
        _write(entry, {**words, **rows, "emotion": feeling})
        if name in entries or entry:
            _put(entries, name, entry or None, order)

    return change


def said_of(file: str, text: str) -> dict[str, dict[str, Any]]:
    """What a map's file says of each touchpoint, by key, short forms written out.

    Texts as they are written; thoughts and names as lists; `emotion` as `{now, aim}`; pain points, expectations and
    promises as lists of mappings, each with its number under `at`.
    """
    data = read_document(file, text).data
    entries = {normalised(name): entry for name, entry in _entries(data, "touchpoints").items()}
    order = [normalised(one) for _, names in _stages(data) for one in names]
    return {key: _said(key, entries.get(key) or {}) for key in order}


def _said(key: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    said = {spelling(name): value for name, value in entry.items()}
    feeling = said.get("emotion")
    return {
        "name": str(said.get("name") or display_name(key)),
        "owner": str(said.get("owner") or ""),
        "moment_of_truth": said.get("moment_of_truth") is True,
        "channel": [normalised(str(one)) for one in _many(said.get("channel"))],
        "emotion": {"now": None, "aim": None, **(feeling if isinstance(feeling, dict) else {"now": feeling})},
        **{lane: [str(one) for one in _many(said.get(lane))] for lane in LANES},
        "pain_points": [
            {"at": at, **_texts(one if isinstance(one, dict) else {"text": one})}
            for at, one in enumerate(_many(said.get("pain_points")))
        ],
        **{
            kind: [
                {"at": at, **_texts(one), "next": [normalised(str(end)) for end in _many(one.get("next"))]}
                for at, one in enumerate(_many(said.get(kind)))
            ]
            for kind in _ARROWS
        },
    }


def _texts(entry: Mapping[str, Any]) -> dict[str, str]:
    return {spelling(name): str(value) for name, value in entry.items() if value is not None}


def _as_listed(before: Sequence[Any], rows: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Pain points or arrows as they are to be written: those that are there already with what else is said of them."""
    written: list[Any] = []
    for row in rows:
        words = {name: value for name, value in row.items() if name != "at"}
        at = row.get("at")
        there = before[at] if isinstance(at, int) and 0 <= at < len(before) else {}
        entry = dict(there) if isinstance(there, dict) else {"text": there}
        known: dict[str, Any] = {**_texts(entry), "next": [normalised(str(one)) for one in _many(entry.get("next"))]}
        _write(entry, {name: value for name, value in words.items() if known.get(name, "") != value})
        alone = set(entry) == {"text"} and (not there or not isinstance(there, dict))
        written.append(entry["text"] if alone else entry)
    return written


def write_stage(key: str, words: Mapping[str, Any]) -> Change:
    """Say something of a stage, such as its name."""

    def change(data: Data) -> None:
        stages = _stages_of(data)
        name = _known(stages, key)
        entry = stages[name]
        entry = dict(entry) if isinstance(entry, Mapping) else {} if entry is None else {"touchpoints": entry}
        if "name" in words and "name" not in map(spelling, entry) and words["name"]:
            entry = {"name": words["name"], **entry}
        _write(entry, words)
        stages[name] = entry["touchpoints"] if set(entry) == {"touchpoints"} else entry or None

    return change


def _write(entry: Data, words: Mapping[str, Any]) -> None:
    """Write words into a mapping, under its own spelling of their keys; what is empty is taken away."""
    for key, value in words.items():
        name = next((known for known in entry if spelling(known) == key), key)
        if value is None or value is False or value in ("", [], (), {}):
            entry.pop(name, None)
        else:
            entry[name] = _as_written(key, value, entry.get(name))


def _as_written(key: str, value: Any, before: Any) -> Any:
    """A value in the form in which it stood: one thing alone, or a list."""
    if not isinstance(value, (list, tuple)):
        return value
    alone = key in _ONE_OR_MANY and len(value) == 1 and not isinstance(before, list)
    if alone and (before is not None or key in _ROWS):
        return value[0]
    return tuple(value) if key in _ROWS else list(value)


# Where things stand


def add_touchpoint(name: str, *, stage: str, after: str | None = None) -> Change:
    """Put a new touchpoint into a stage, behind another one or at its end; its key is made of its name."""

    def change(data: Data) -> None:
        stages = _stages(data)
        known = {normalised(one) for _, names in stages for one in names}
        key = _new_key(name, known)
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
        stages = _stages(data)
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
        stages = _stages(data)
        at, place = _place(stages, key)
        del stages[at][1][place]
        _keep_stages(data, stages)
        touchpoints = _entries(data, "touchpoints")
        own = touchpoints.get(_called(touchpoints, key)) or {}
        gone = {normalised(str(name)) for kind in _ARROWS for _, name in _arrows(own, kind, key)}
        for section in ("touchpoints", "signals"):
            entries = _entries(data, section)
            entries.pop(_called(entries, key), None)
        for name, touchpoint in touchpoints.items():
            for kind in _ARROWS if isinstance(touchpoint, dict) else ():
                gone |= _without_ends(touchpoint, kind, normalised(name), key)
        for section, field in (("personas", "path"), ("metrics", "of")):
            for entry in _entries(data, section).values():
                if isinstance(entry, dict):
                    _without_names(entry, field, {key})
        for entry in (*_pain_points(touchpoints.values()), *_entries(data, "improvements").values()):
            for reference in ("shown_by", "should_move") if isinstance(entry, dict) else ():
                _without_names(entry, reference, gone)

    return change


def add_stage(name: str, *, after: str | None = None) -> Change:
    """Put a new stage behind another one, or at the end; its key is made of its name."""

    def change(data: Data) -> None:
        stages = _stages_of(data)
        key = _new_key(name, {normalised(one) for one in stages})
        order = list(stages)
        place = next((at + 1 for at, one in enumerate(order) if normalised(one) == after), len(order))
        entry: Any = {"name": name, "touchpoints": ()}
        _reorder(stages, [*order[:place], key, *order[place:]], {key: entry})

    return change


def move_stage(key: str, by: int) -> Change:
    """Move a stage one place to the left (-1) or right (+1), with its touchpoints."""

    def change(data: Data) -> None:
        stages = _stages_of(data)
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
        stages = _stages_of(data)
        name = _known(stages, key)
        if next(names for called, names in _stages(data) if called == name):
            raise QuestionError(sentence("touchpoints stand in it; move them into another stage first"))
        del stages[name]

    return change


# How files say it


def _section(data: Mapping[str, Any], section: str) -> Any:
    """What stands under a heading, however it is spelled."""
    return next((value for name, value in data.items() if spelling(name) == section), None)


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


def _many(value: Any) -> list[Any]:
    """One thing, or several, as a list."""
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def _stages_of(data: Data) -> Data:
    """The stages by name, as they are written; a list of them becomes a mapping."""
    name = next(name for name in data if spelling(name) == "stages")
    stages = data[name]
    if isinstance(stages, list):
        entries = [one if isinstance(one, dict) else {str(one): None} for one in stages]
        stages = data[name] = {key: value for entry in entries for key, value in entry.items()}
    return stages  # type: ignore[no-any-return]  # a map without errors has them


def _stages(data: Data) -> list[tuple[str, list[str]]]:
    """The names of the stages, each with those of its touchpoints."""
    found = []
    for name, entry in _stages_of(copy.deepcopy(data)).items():
        names = _section(entry, "touchpoints") if isinstance(entry, dict) else entry
        found.append((name, [str(one) for one in _many(names)]))
    return found


def _keep_stages(data: Data, stages: Iterable[tuple[str, list[str]]]) -> None:
    """Write the touchpoints of each stage whose own have changed."""
    entries, before = _stages_of(data), dict(_stages(data))
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


def _entries(data: Data, section: str) -> Data:
    """The entries under a heading; empty, if there are none or only a list of names."""
    found = _section(data, section)
    return found if isinstance(found, dict) else {}


def _arrows(touchpoint: Mapping[str, Any], kind: str, key: str) -> list[tuple[Any, Any]]:
    """The arrows of a kind that start at a touchpoint, each with its name."""
    found = _section(touchpoint, kind)
    arrows = found if isinstance(found, list) else [] if found is None else [found]
    return [(arrow, arrow.get("name") or f"{key}.{next(iter(_many(arrow.get('next'))), '')}") for arrow in arrows]


def _without_ends(touchpoint: Data, kind: str, start: str, key: str) -> set[str]:
    """Take away what leads to a touchpoint: the arrow, or of one that leads to several, this end; the names gone."""
    kept, gone = [], set[str]()
    for arrow, name in _arrows(touchpoint, kind, start):
        ends = _many(arrow.get("next"))
        _without_names(arrow, "next", {key})
        _without_names(arrow, "unless", {key})
        if arrow.get("next"):
            kept.append(arrow)
        else:
            gone.add(normalised(str(name)))
        if normalised(str(ends[0])) == key and "name" not in arrow:
            gone.add(normalised(str(name)))
    if len(kept) < len(_arrows(touchpoint, kind, start)):
        _write(touchpoint, {kind: kept})
    return gone


def _without_names(entry: Data, field: str, names: set[str]) -> None:
    """Take names out of what a field names."""
    name = next((known for known in entry if spelling(known) == field), field)
    said = _many(entry.get(name))
    left = [one for one in said if normalised(str(one)) not in names]
    if left != said:
        _write(entry, {field: left if isinstance(entry[name], list) or not left else left[0]})


def _pain_points(touchpoints: Iterable[Any]) -> Iterator[Any]:
    """Everything that customers suffer at touchpoints, for single personas too."""
    for touchpoint in touchpoints:
        if isinstance(touchpoint, dict):
            yield from _many(_section(touchpoint, "pain_points"))
            yield from _pain_points(_entries(touchpoint, "for").values())


def _new_key(name: str, known: set[str]) -> str:
    """A key that is made of a name and differs from those that are known."""
    stem = normalised(" ".join(re.findall(r"\w+", name)))
    if not stem:
        raise QuestionError(sentence("write a name with letters or digits"))
    number = 2
    key = stem
    while key in known:
        key, number = f"{stem}_{number}", number + 1
    return key
