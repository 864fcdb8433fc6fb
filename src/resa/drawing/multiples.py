"""Small multiples: the same picture of each group side by side, to be compared at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from resa.drawing import formats
from resa.drawing.canvas import edge, empty, sheet
from resa.drawing.parts import Block, paragraph, stack
from resa.drawing.scene import Group, Item, line
from resa.drawing.svg import Svg
from resa.drawing.words import said_in, say_count

__all__ = ["Panel", "draw_multiples"]

_GAP: Final = 32.0
_BELOW: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The picture of one group.

    Attributes:
        name: Of the group, for people.
        note: What stands under the name: how many it is about.
        picture: Without a heading of its own; all of one scale.
    """

    name: str
    note: str = ""
    picture: Svg


def draw_multiples(
    panels: Sequence[Panel],
    *,
    title: str,
    note: str = "",
    language: str = "en",
    width: float = 1120.0,
    heading: bool = True,
) -> Svg:
    """Draw groups side by side, as many in a row as fit.

    Args:
        panels: In the order of reading.
        title: Name of the whole.
        note: A line under the title.
        language: Of words and numbers.
        width: Of the picture in units, at most; a wider panel widens it.
        heading: Draw the title.
    """
    language = said_in(language)
    white = edge(heading)
    wide = max((panel.picture.width for panel in panels), default=width - 2 * white)
    across = max(1, min(len(panels), int((width - 2 * white + _GAP) // (wide + _GAP))))
    inner = across * wide + (across - 1) * _GAP
    body = _grid(panels, wide, across) if panels else empty(inner, language)
    shown = formats.count(len(panels), language)
    names = ", ".join(panel.name for panel in panels)
    return sheet(
        title=title,
        note=note,
        description=say_count("multiples_description", language, len(panels), shown, names=names),
        language=language,
        width=inner + 2 * white,
        body=body,
        tables=[
            replace(table, title=f"{panel.name}: {table.title}") for panel in panels for table in panel.picture.tables
        ],
        heading=heading,
    )


def _grid(panels: Sequence[Panel], wide: float, across: int) -> Block:
    items: list[Item] = []
    y = 0.0
    for first in range(0, len(panels), across):
        row = panels[first : first + across]
        heads = [
            stack([paragraph(panel.name, wide, "stage", lines=2), paragraph(panel.note, wide, "note", "muted")])
            for panel in row
        ]
        top = max(head.height for head in heads) + 14
        for place, (panel, head) in enumerate(zip(row, heads, strict=True)):
            inside = (
                line(0, 0, wide, 0, "line", stroke_width=0.9),
                Group(y=6, items=head.items),
                Group(y=top, items=panel.picture.scene.items),
            )
            items.append(Group(x=place * (wide + _GAP), y=y, items=inside, kind="panel", key=panel.name))
        y += top + max(panel.picture.height for panel in row) + _BELOW
    return Block(tuple(items), max(0.0, y - _BELOW))
