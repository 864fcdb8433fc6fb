"""A table whose cells are tinted: what leads to what, which cohort came back when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from resa.drawing import formats
from resa.drawing.parts import Block, first_baseline, paragraph
from resa.drawing.scene import Box, Group, Item, Rect, Text, line
from resa.drawing.tokens import STYLES
from resa.drawing.wrapping import wrap

__all__ = ["Cell", "counted", "matrix"]

_PALEST, _DARKEST = 0.04, 0.38
_PADDING = 8.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        words: What stands in it; empty: nothing.
        share: How dark it is, 0 to 1; `None`: not tinted at all.
        outlined: It has a border.
        pale: It is not final: muted words on half the tint.
    """

    words: str = ""
    share: float | None = None
    outlined: bool = False
    pale: bool = False


def counted(number: int, language: str) -> str:
    """A count that fits a cell."""
    return formats.count(number, language) if number < 1e6 else formats.short_count(number, language)


def matrix(rows: Sequence[tuple[str, Sequence[Cell]]], heads: Sequence[str], *, label: float, wide: float) -> Block:
    """Draw rows of cells.

    Args:
        rows: Name and cells of each; a row may be shorter than the heading.
        heads: Names of the columns.
        label: Room for the rows' names.
        wide: Width of a column.
    """
    items: list[Item] = []
    setting, room = STYLES["note"], wide - _PADDING
    named = [wrap(name, setting, room, lines=4) for name in heads]
    y = top = setting.leading * max(map(len, named), default=0) + 8
    for number, lines in enumerate(named):
        end = label + (number + 1) * wide - _PADDING
        base = top - 8 - setting.leading * len(lines) + first_baseline("note")
        box = Box(end - room, 0, end, top)
        items.append(Text(x=end, y=base, lines=lines, style="note", fill="muted", anchor="end", cell=box))
    for name, cells in rows:
        words = paragraph(name, label - 12, "body", lines=2)
        height = max(26.0, words.height + 8)
        items.append(line(0, y, label + wide * len(heads), y, "hairline", stroke_width=0.8))
        items.append(Group(y=y + (height - words.height) / 2, items=words.items))
        for column, cell in enumerate(cells):
            items += _cell(cell, Box(label + column * wide, y, label + (column + 1) * wide, y + height))
        y += height
    items.append(line(0, y, label + wide * len(heads), y, "hairline", stroke_width=0.8))
    return Block(tuple(items), y)


def _cell(cell: Cell, box: Box) -> list[Item]:
    items: list[Item] = []
    if cell.share is not None:
        tint = (_PALEST + (_DARKEST - _PALEST) * cell.share) * (0.5 if cell.pale else 1)
        items.append(replace(_inside(box, 1), fill="accent", opacity=round(tint, 3)))
    if cell.words:
        items.append(
            Text(
                x=box.right - _PADDING,
                y=(box.top + box.bottom) / 2 + 3.7,
                lines=(cell.words,),
                style="body",
                fill="muted" if cell.pale else "ink",
                anchor="end",
                cell=box,
            )
        )
    if cell.outlined:
        items.append(replace(_inside(box, 1.5), stroke="line", stroke_width=0.8))
    return items


def _inside(box: Box, gap: float) -> Rect:
    width, height = box.right - box.left, box.bottom - box.top
    return Rect(x=box.left + gap, y=box.top + gap, width=width - 2 * gap, height=height - 2 * gap, radius=2)
