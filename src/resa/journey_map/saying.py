"""What the file of a map says of its touchpoints, in whichever of its forms, and how something else is said in them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Final

from resa.documents import read_document, spelling
from resa.journey_map.names import display_name, normalised

__all__ = [
    "ARROWS",
    "IN_LISTS",
    "LANES",
    "Data",
    "arrows_named",
    "as_listed",
    "as_thoughts",
    "entries_of",
    "many",
    "pain_points_of",
    "said",
    "said_of",
    "section_of",
    "shared_entries",
    "signal_of",
    "squeezed",
    "stages_of",
    "wall_of",
    "with_feelings",
    "without_names",
    "write",
]

Data = MutableMapping[str, Any]
"""The plain data of a map's file, or of a part of it."""

LANES: Final = ("actions", "motivation", "questions", "frontstage", "backstage", "support")
"""What is said of a touchpoint, one thought a line."""

ARROWS: Final = ("expect", "promise")

IN_LISTS: Final = frozenset({"pain_points", *ARROWS})

_ONE_OR_MANY: Final = frozenset({*LANES, "channel", "next", "unless", *ARROWS})
"""Keys that take one thing or a list of such things."""

_ROWS: Final = frozenset({"channel", "next", "unless", "path", "of", "was"})
"""Keys that take names, which are written in one line, and one alone without brackets."""

_YES: Final = frozenset({"true", "yes", "on"})

_NAMES: Final = ("improvement", "shown_by", "if_met", "if_missed")
"""Keys of pain points and arrows that take the name of something else."""

_ORDER: Final = (
    *("name", "next", "within", "unless", "target", "owner", "renews", "per", "if_met", "if_missed"),
    *("text", "source", "shown_by", "improvement"),
)
"""In which order a new pain point or arrow says what it says."""

_NUMBER: Final = re.compile(r"[-+]?[0-9](\.0*)?")


def said_of(file: str, text: str) -> dict[str, dict[str, Any]]:
    """What a map's file says of each touchpoint, by key, short forms written out.

    Texts as they are read, spaces and line ends made one space; thoughts and names as lists; `emotion` as `{now, aim}`;
    pain points, expectations and promises as lists of mappings, each with its number under `at`. Of a text that is no
    map, nothing; what is wrong in one is left out.
    """
    data = read_document(file, text).data
    if not isinstance(data, dict) or not isinstance(section_of(data, "stages"), (dict, list)):
        return {}
    found = {normalised(name): entry for name, entry in entries_of(data, "touchpoints").items()}
    order = [normalised(one) for _, names in wall_of(data) for one in names]
    entries = {key: entry for key, entry in found.items() if isinstance(entry, dict)}
    return {key: said(key, entries.get(key, {})) for key in order}


def signal_of(file: str, text: str, key: str) -> dict[str, Any]:
    """What a map's file, or `signals.yaml`, says of how a touchpoint is seen; empty: nothing."""
    data = read_document(file, text).data
    if not isinstance(data, dict):
        return {}
    entries = shared_entries(data, "signals") if file == "signals.yaml" else entries_of(data, "signals")
    found = next((one for name, one in entries.items() if normalised(str(name)) == key), None)
    return dict(found) if isinstance(found, dict) else {}


def shared_entries(data: Data, section: str) -> Data:
    """The entries of a file that maps share, which may hold its section's own heading, as it stood in a map."""
    if len(data) == 1 and spelling(next(iter(data))) == section:
        name = next(iter(data))
        if not isinstance(data[name], dict):
            data[name] = {}
        return data[name]  # type: ignore[no-any-return]  # it is one now
    return data


def said(key: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says of its touchpoint; see `said_of`."""
    here = {spelling(name): value for name, value in entry.items()}
    return {
        "name": squeezed(here.get("name") or display_name(key)),
        "owner": squeezed(here.get("owner")),
        "moment_of_truth": here.get("moment_of_truth") is True or squeezed(here.get("moment_of_truth")).lower() in _YES,
        "channel": [normalised(str(one)) for one in many(here.get("channel"))],
        "emotion": _feelings(here.get("emotion")),
        **{lane: [squeezed(one) for one in many(here.get(lane))] for lane in LANES},
        "pain_points": [
            {"at": at, **_texts(one if isinstance(one, dict) else {"text": one})}
            for at, one in enumerate(many(here.get("pain_points")))
        ],
        **{
            kind: [{"at": at, **_texts(one)} for at, one in enumerate(many(here.get(kind))) if isinstance(one, dict)]
            for kind in ARROWS
        },
    }


def _feelings(value: Any) -> dict[str, int | None]:
    sides = {spelling(name): side for name, side in value.items()} if isinstance(value, dict) else {"now": value}
    return {side: _feeling(sides.get(side)) for side in ("now", "aim")}


def _feeling(value: Any) -> int | None:
    text = squeezed(value).replace("\N{MINUS SIGN}", "-")
    return int(float(text)) if _NUMBER.fullmatch(text) else None


def squeezed(value: Any) -> str:
    """A text with one space for any number of spaces and line ends."""
    return "" if value is None else " ".join(str(value).split())


def _texts(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A pain point or arrow: names as they are compared, `renews` as yes or no, everything else as text."""
    found: dict[str, Any] = {spelling(name): squeezed(value) for name, value in entry.items()}
    for name in _NAMES:
        if found.get(name):
            found[name] = normalised(found[name])
    if "text" not in found:
        found["next"] = [normalised(str(end)) for end in many(section_of(entry, "next"))]
    if "unless" in found:
        found["unless"] = [normalised(str(end)) for end in many(section_of(entry, "unless"))]
    if "renews" in found:
        found["renews"] = "yes" if found["renews"].lower() in _YES else "no"
    return found


# What is to be written


def as_listed(before: Sequence[Any], rows: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Pain points or arrows as they are to be written: those that are there already with what else is said of them."""
    written: list[Any] = []
    for row in rows:
        at = row.get("at")
        there = before[at] if isinstance(at, int) and 0 <= at < len(before) else {}
        entry = dict(there) if isinstance(there, dict) else {"text": there}
        known = _texts(entry)
        new = {name: value for name, value in row.items() if name != "at" and known.get(name, "") != value}
        write(
            entry, {name: new[name] for name in sorted(new, key=lambda key: _ORDER.index(key) if key in _ORDER else 0)}
        )
        alone = set(entry) == {"text"} and (not there or not isinstance(there, dict))
        written.append(entry["text"] if alone else entry)
    return written


def as_thoughts(before: Sequence[Any], lines: Iterable[str]) -> list[Any]:
    """Thoughts as they are to be written: those that are there already as they stand, over several lines too."""
    there: dict[str, list[Any]] = {}
    for one in before:
        there.setdefault(squeezed(one), []).append(one)
    return [there[line].pop(0) if there.get(line) else line for line in lines]


def with_feelings(before: Any, sides: Mapping[str, int | None]) -> Any:
    """A feeling as it is to be written, of which these sides are said anew; one alone stays alone."""
    entry = dict(before) if isinstance(before, dict) else {} if before is None else {"now": before}
    known = _feelings(before)
    write(entry, {side: value for side, value in sides.items() if known[side] != value})
    alone = not isinstance(before, dict) and before is not None and set(entry) == {"now"}
    return entry["now"] if alone else entry or None


# The forms of a file


def section_of(data: Mapping[str, Any], section: str) -> Any:
    """What stands under a heading, however it is spelled."""
    return next((value for name, value in data.items() if spelling(name) == section), None)


def entries_of(data: Data, section: str) -> Data:
    """The entries under a heading; empty, if there are none or only a list of names."""
    found = section_of(data, section)
    return found if isinstance(found, dict) else {}


def many(value: Any) -> list[Any]:
    """One thing, or several, as a list."""
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def stages_of(data: Data) -> Data:
    """The stages by name, as they are written; a list of them becomes a mapping."""
    name = next(name for name in data if spelling(name) == "stages")
    stages = data[name]
    if isinstance(stages, list):
        entries = [one if isinstance(one, dict) else {str(one): None} for one in stages]
        stages = data[name] = {key: value for entry in entries for key, value in entry.items()}
    return stages  # type: ignore[no-any-return]  # a map without errors has them


def wall_of(data: Data) -> list[tuple[str, list[str]]]:
    """The names of the stages, each with those of its touchpoints."""
    found = []
    for name, entry in stages_of(copy.deepcopy(data)).items():
        names = section_of(entry, "touchpoints") if isinstance(entry, dict) else entry
        found.append((name, [str(one) for one in many(names)]))
    return found


def write(entry: Data, words: Mapping[str, Any]) -> None:
    """Write words into a mapping, under its own spelling of their keys; what is empty is taken away."""
    for key, value in words.items():
        name = next((known for known in entry if spelling(known) == key), key)
        if value is None or value is False or value in ("", [], (), {}):
            entry.pop(name, None)
        else:
            entry[name] = _as_written(key, value, entry.get(name))


def _as_written(key: str, value: Any, before: Any) -> Any:
    """A value in the form in which it stood: one thing alone, or a list."""
    if key == "renews":
        return value == "yes"
    if not isinstance(value, (list, tuple)):
        return value
    alone = key in _ONE_OR_MANY and len(value) == 1 and not isinstance(before, list)
    if alone and (before is not None or key in _ROWS):
        return value[0]
    return tuple(value) if key in _ROWS else list(value)


# What names what


def arrows_named(touchpoint: Mapping[str, Any], kind: str, key: str) -> list[tuple[Any, str]]:
    """The arrows of a kind that start at a touchpoint, each with its name as it is compared."""
    found = []
    for arrow in many(section_of(touchpoint, kind)):
        first = next(iter(many(section_of(arrow, "next"))), "")
        found.append((arrow, normalised(str(section_of(arrow, "name") or f"{key}.{normalised(str(first))}"))))
    return found


def without_names(entry: Data, field: str, names: set[str]) -> None:
    """Take names out of what a field names."""
    name = next((known for known in entry if spelling(known) == field), field)
    said = many(entry.get(name))
    left = [one for one in said if normalised(str(one)) not in names]
    if left != said:
        write(entry, {field: left if isinstance(entry[name], list) or not left else left[0]})


def pain_points_of(touchpoints: Iterable[Any]) -> Iterator[Any]:
    """Everything that customers suffer at touchpoints, for single personas too."""
    for touchpoint in touchpoints:
        if isinstance(touchpoint, dict):
            yield from many(section_of(touchpoint, "pain_points"))
            yield from pain_points_of(entries_of(touchpoint, "for").values())
