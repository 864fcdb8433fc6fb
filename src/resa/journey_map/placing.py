"""Where a map's file says what: the place in its text of each touchpoint, cell, arrow and stage of the wall.

Also of a file with mistakes, as far as it can be read, so that a mistake is shown where it belongs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from resa.documents import Node, Source, read_document, spelling
from resa.journey_map.names import normalised
from resa.journey_map.saying import ARROWS, LANES

__all__ = ["Place", "Span", "innermost", "places_of"]

Place = tuple[str, str]
"""A touchpoint and one of its lanes: of an arrow `expect.0`, of its signal `signal`, of the touchpoint itself nothing.
Of a stage nothing and its key."""

_CELLS = frozenset({*LANES, "emotion", "pain_points", *ARROWS})


@dataclass(frozen=True, order=True)
class Span:
    """Part of a text.

    Attributes:
        start: Line and column of its first character, from 1.
        end: Line and column after its last one.
    """

    start: tuple[int, int]
    end: tuple[int, int]

    def __contains__(self, place: tuple[int, int]) -> bool:
        """Whether a line and column are in it; one that ends there is, too."""
        return self.start <= place <= self.end

    def __str__(self) -> str:
        """`31:5-34:20`."""
        return f"{self.start[0]}:{self.start[1]}-{self.end[0]}:{self.end[1]}"


def places_of(file: str, text: str) -> dict[Place, Span]:
    """Where a file says something of the touchpoints, cells, arrows and stages of its map; of two places the first."""
    document = read_document(file, text)
    found: dict[Place, Span] = {}
    for place, key, value in _said(document.root):
        span = Span(document.source.position(key.start), document.source.position(_end(document.source, key, value)))
        found.setdefault(place, span)
    return found


def innermost(places: Mapping[Place, Span], at: tuple[int, int]) -> Place | None:
    """What a line and column belong to most closely; `None`: to nothing that stands on the wall."""
    around = [(span.start, place) for place, span in places.items() if at in span]
    return max(around)[1] if around else None


def _said(root: Node | None) -> Iterator[tuple[Place, Node, Node]]:
    for name, _, section in _entries(root):
        if name == "stages":
            stages = [pair for item in section.items for pair in item.pairs or ((item, item),)] or section.pairs
            yield from ((("", normalised(key.text)), key, value) for key, value in stages)
        for entry, key, value in _entries(section) if name in {"touchpoints", "signals"} else ():
            touchpoint = normalised(entry)
            yield (touchpoint, "signal" if name == "signals" else ""), key, value
            for lane, field, cell in _entries(value) if name == "touchpoints" else ():
                if lane in _CELLS:
                    yield (touchpoint, lane), field, cell
                if lane in ARROWS:
                    arrows = enumerate(cell.items or (cell,))
                    yield from (((touchpoint, f"{lane}.{at}"), arrow, arrow) for at, arrow in arrows)


def _entries(node: Node | None) -> Iterator[tuple[str, Node, Node]]:
    """The entries of a mapping by the names of its keys, however they are spelled."""
    for key, value in node.pairs if node is not None else ():
        if key.kind == "scalar":
            yield spelling(key.text), key, value


def _end(source: Source, key: Node, value: Node) -> int:
    """Where the last character of an entry ends; comments behind it are none of it."""
    last = value
    while not last.flow and (last.items or last.pairs):
        last = last.items[-1] if last.items else last.pairs[-1][1]
    return max(key.end, last.start + len(source.text[last.start : last.end].rstrip()))
