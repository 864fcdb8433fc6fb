"""The parts of a process map: the card of a touchpoint, an arrow, its number, the start and the end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from resa.drawing.parts import Block, paragraph, stack
from resa.drawing.process_ways import Bend
from resa.drawing.scene import Box, Circle, Group, Item, Path, Rect, Text
from resa.drawing.tokens import STYLES, Colour

__all__ = ["LOOP", "arrow", "card", "end_mark", "frame", "loop", "loop_number", "number", "start_mark"]

LOOP: Final = 30.0
"""How far a loop stands out from its touchpoint."""

_HEAD: Final = 8.0
_PADDING: Final = 8.0
_PALEST, _DARKEST = 0.03, 0.3


def card(name: str, words: str, wide: float, *, shown: bool) -> Block:
    """What is written on a touchpoint, `wide` across with its padding."""
    room = wide - 2 * _PADDING
    if not shown:
        return paragraph(name, room, "note", "muted", lines=2)
    return stack([paragraph(name, room, "touchpoint", lines=2), paragraph(words, room, "note", lines=1)], 1)


def frame(box: Box, words: Block, *, tint: float, happy: bool, shown: bool) -> tuple[Item, ...]:
    """A touchpoint in its place: the more it is visited, the darker; of the happy path, with a strong edge.

    Args:
        box: Its place.
        words: Its card.
        tint: 0 to 1.
        happy: It is on the happy path.
        shown: It is drawn; else its place is marked only.
    """
    width, height = box.right - box.left, box.bottom - box.top
    place = Rect(x=box.left, y=box.top, width=width, height=height, radius=5, fill="paper")
    text = Group(x=box.left + _PADDING, y=(box.top + box.bottom - words.height) / 2, items=words.items)
    if not shown:
        return (replace(place, stroke="hairline", dash=(3, 3)), text)
    return (
        place,
        replace(place, fill="accent", opacity=round(_PALEST + (_DARKEST - _PALEST) * tint, 3)),
        replace(place, fill=None, stroke="accent" if happy else "line", stroke_width=1.8 if happy else 0.9),
        text,
    )


def arrow(bends: Sequence[Bend], thick: float, colour: Colour, *, dashed: bool, opacity: float) -> tuple[Item, ...]:
    """An arrow along its curves, with a head that stands upright at its end."""
    last = bends[-1]
    up = last.dip > 0 or last.y2 < last.y1
    size = _HEAD + thick * 0.5
    tip, base = last.y2, last.y2 + (size if up else -size) * 0.9
    cut = (*bends[:-1], replace(last, y2=base))
    curves = tuple(("C", *bend.controls, bend.x2, bend.y2) for bend in cut)
    half = 3.2 + thick * 0.55
    back = tip + (size if up else -size)
    head = (("M", last.x2, tip), ("L", last.x2 - half, back), ("L", last.x2 + half, back), ("Z",))
    return (
        Path(
            commands=(("M", bends[0].x1, bends[0].y1), *curves),
            stroke=colour,
            stroke_width=round(thick, 2),
            dash=(4 + thick / 2, 3 + thick / 2) if dashed else (),
            opacity=opacity,
        ),
        Path(commands=head, fill=colour, opacity=opacity),
    )


def loop(box: Box, thick: float, colour: Colour, *, opacity: float) -> tuple[Item, ...]:
    """An arrow from a touchpoint to itself, at its right side."""
    x, y = box.right, (box.top + box.bottom) / 2
    thick = min(thick, 5.0)
    size = _HEAD + thick * 0.4
    reach = (LOOP - 4 - thick / 2) * 4 / 3
    half = 3.0 + thick * 0.5
    curve = (("M", x, y - 11), ("C", x + reach, y - 17, x + reach, y + 13, x + size * 0.9, y + 10))
    angle = math.radians(6)
    dx, dy = math.cos(angle), math.sin(angle)
    back = (x + size * dx, y + 10 - size * dy)
    head = (
        ("M", x, y + 10),
        ("L", back[0] - half * dy, back[1] - half * dx),
        ("L", back[0] + half * dy, back[1] + half * dx),
        ("Z",),
    )
    return (
        Path(commands=curve, stroke=colour, stroke_width=round(thick, 2), opacity=opacity),
        Path(commands=head, fill=colour, opacity=opacity),
    )


def loop_number(words: str, room: float) -> Block:
    """What is written beside a loop, in `room`."""
    return paragraph(words, room, "note_strong", lines=2)


def number(words: str, x: float, y: float) -> tuple[Item, ...]:
    """A number on paper, so that what runs behind it does not disturb it, centred on (`x`, `y`)."""
    setting = STYLES["note_strong"]
    text = Text(x=x, y=y + setting.size * 0.33, lines=(words,), style="note_strong", anchor="middle")
    box = text.box
    ground = Rect(
        x=box.left - 2, y=y - setting.leading / 2 + 0.5, width=box.right - box.left + 4, height=setting.leading - 1,
        radius=3, fill="paper",
    )  # fmt: skip
    return (ground, text)


def start_mark(x: float, y: float) -> tuple[Item, ...]:
    """Where journeys start: a ring with a dot."""
    return (
        Circle(x=x, y=y, radius=8, fill="paper", stroke="ink", stroke_width=1.4),
        Circle(x=x, y=y, radius=3.2, fill="ink"),
    )


def end_mark(x: float, y: float) -> tuple[Item, ...]:
    """Where they end: a ring with a square."""
    return (
        Circle(x=x, y=y, radius=8, fill="paper", stroke="ink", stroke_width=1.4),
        Rect(x=x - 3, y=y - 3, width=6, height=6, fill="ink"),
    )
