"""Drawing expectations and promises in a map's file, one by one, by their names: new ones, changed ones, taken away.

text = edited("journey.yaml", text, add_arrow("cart", "expect", {"next": ["purchase"], "within": "4 hours"}))
text = edited("journey.yaml", text, write_arrow("cart.purchase", {"target": "45 %"}))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.journey_map.editing import Change, ChangedElsewhere, write_touchpoint
from resa.journey_map.names import normalised
from resa.journey_map.saying import (
    ARROWS,
    Data,
    arrows_named,
    entries_of,
    many,
    pain_points_of,
    said,
    said_of,
    section_of,
    squeezed,
    without_names,
    write,
)

__all__ = ["add_arrow", "arrows_said", "name_of_arrow", "remove_arrow", "write_arrow"]


def arrows_said(file: str, text: str) -> dict[str, dict[str, Any]]:
    """What a map's file says of each expectation and promise, by name.

    As `said_of` has them, and of each `after`, the touchpoint where it starts, and `kind`: `expect` or `promise`.
    """
    found: dict[str, dict[str, Any]] = {}
    for key, words in said_of(file, text).items():
        for kind in ARROWS:
            for row in words[kind]:
                found.setdefault(name_of_arrow(key, row), {**row, "after": key, "kind": kind})
    return found


def name_of_arrow(after: str, words: Mapping[str, Any]) -> str:
    """How an arrow is called that starts at a touchpoint: as its words say, or after what it joins."""
    first = next(iter(words.get("next", ())), "")
    return normalised(words.get("name") or f"{after}.{first}")


def add_arrow(after: str, kind: str, words: Mapping[str, Any]) -> Change:
    """Draw a new arrow from a touchpoint, behind those of its kind that start there.

    Args:
        after: Key of the touchpoint where it starts.
        kind: `expect` or `promise`.
        words: What is said of it: `next` and `unless` as lists, everything else as text.
    """

    def change(data: Data) -> None:
        rows = said(after, _touchpoint(data, after))[kind]
        write_touchpoint(after, {kind: [*rows, {name: value for name, value in words.items() if value}]})(data)

    return change


def write_arrow(name: str, words: Mapping[str, Any], *, seen: Mapping[str, Any] | None = None) -> Change:
    """Say something else of an arrow; what refers to it follows, if it is called otherwise after that.

    Args:
        name: Of the arrow as it is.
        words: What is said anew, `kind` too.
        seen: What was said when the words were made; what was changed since is not overwritten, but refused.
    """

    def change(data: Data) -> None:
        after, kind, at = _place(data, name)
        row = {**said(after, _touchpoint(data, after))[kind][at], "kind": kind}
        changed = [
            field
            for field, value in words.items()
            if seen is not None and (row.get(field) or "") not in (seen.get(field) or "", value or "")
        ]
        if changed:
            raise ChangedElsewhere(*changed)
        if words.get("kind", kind) != kind:
            kind, at = _moved(_touchpoint(data, after), kind, at)
        rows = said(after, _touchpoint(data, after))[kind]
        rows[at] |= {field: value for field, value in words.items() if field != "kind"}
        write_touchpoint(after, {kind: rows})(data)
        _call(data, name, name_of_arrow(after, rows[at]))

    return change


def remove_arrow(name: str) -> Change:
    """Take an arrow away, and what names it at pain points and improvements."""

    def change(data: Data) -> None:
        after, kind, at = _place(data, name)
        entry = _touchpoint(data, after)
        write(entry, {kind: [one for place, one in enumerate(many(section_of(entry, kind))) if place != at]})
        for other, field in _referring(data):
            without_names(other, field, {name})

    return change


def _touchpoint(data: Data, key: str) -> Data:
    """What the file says of a touchpoint; empty: nothing."""
    entries = entries_of(data, "touchpoints").items()
    found = next((entry for name, entry in entries if normalised(name) == key), None)
    return found if isinstance(found, dict) else {}


def _place(data: Data, name: str) -> tuple[str, str, int]:
    """Where an arrow stands: its touchpoint, its kind, and its number among those."""
    for key, entry in entries_of(data, "touchpoints").items():
        for kind in ARROWS if isinstance(entry, dict) else ():
            for at, (_, known) in enumerate(arrows_named(entry, kind, normalised(key))):
                if known == name:
                    return normalised(key), kind, at
    raise QuestionError(sentence("the map has no '{key}' any more; look at it as it is now", key=name))


def _moved(entry: Data, kind: str, at: int) -> tuple[str, int]:
    """Make a promise of an expectation, or the other way round; its kind and number after that."""
    other = next(one for one in ARROWS if one != kind)
    rows, others = many(section_of(entry, kind)), many(section_of(entry, other))
    others.append(rows.pop(at))
    write(entry, {kind: rows, other: others})
    return other, len(others) - 1


def _call(data: Data, before: str, after: str) -> None:
    """Let what refers to an arrow call it by its new name."""
    for entry, field in _referring(data) if before != after else ():
        if normalised(squeezed(section_of(entry, field))) == before:
            write(entry, {field: after})


def _referring(data: Data) -> Iterator[tuple[Data, str]]:
    """What may name arrows, each with the key under which it does."""
    for entry in pain_points_of(entries_of(data, "touchpoints").values()):
        if isinstance(entry, dict):
            yield entry, "shown_by"
    for entry in entries_of(data, "improvements").values():
        if isinstance(entry, dict):
            yield entry, "should_move"
