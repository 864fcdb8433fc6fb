"""What the smaller pictures share: a sheet with its title on top, and how numbers are written on it."""

from __future__ import annotations

from collections.abc import Sequence

from resa.drawing.parts import Block, paragraph, stack
from resa.drawing.scene import Group, Item, Scene, Table
from resa.drawing.svg import Svg
from resa.drawing.words import say

__all__ = ["EDGE", "edge", "empty", "sheet"]

EDGE = 20.0


def edge(heading: bool) -> float:
    """The white around a picture: one without a heading stands in a page that has white of its own."""
    return EDGE if heading else 2.0


def sheet(
    *,
    title: str,
    note: str,
    description: str,
    language: str,
    width: float,
    body: Block,
    tables: Sequence[Table] = (),
    heading: bool = True,
) -> Svg:
    """Put a drawn body under its title.

    Args:
        title: Name of the picture.
        note: A line under the title; empty: none.
        description: For readers who do not see it.
        language: Of its words.
        width: Of the whole sheet.
        body: Drawn from (0, 0), as wide as the sheet without its edges.
        tables: The same as rows.
        heading: Draw title and note; a page that sets them itself says `False`.
    """
    head = (
        stack([paragraph(title, width - 2 * EDGE, "stage"), paragraph(note, width - 2 * EDGE, "body", "muted")], 2)
        if heading
        else Block((), 0.0)
    )
    white = edge(heading)
    items: list[Item] = [Group(x=white, y=white, items=head.items)] if head.height else []
    top = white + head.height + 16 if head.height else white
    items.append(Group(x=white, y=top, items=body.items))
    scene = Scene(
        width=width,
        height=top + body.height + white,
        title=title,
        description=description,
        language=language,
        items=tuple(items),
        tables=tuple(tables),
    )
    return Svg(scene=scene)


def empty(width: float, language: str) -> Block:
    """What stands where there is nothing to draw, as wide as the sheet's inside."""
    return paragraph(say("no_data", language), width, "body", "muted")
