"""A map that has stages, perhaps touchpoints, and nothing else yet: drawn large, as the line that a customer walks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from resa.drawing.fonts import clean, width
from resa.drawing.map_frame import Column, Context, Frame
from resa.drawing.parts import Block, paragraph
from resa.drawing.scene import Circle, Group, Item, Path, Text, line
from resa.drawing.tokens import STYLES, StyleName
from resa.model.journey import Touchpoint

__all__ = ["is_young", "young_row"]

_BAND = 64.0
_POINT = 14.0
_NAME_STYLES: tuple[StyleName, ...] = ("headline", "stage", "touchpoint")


def is_young(context: Context) -> bool:
    """Nothing is known of any touchpoint but its name."""
    journey, numbers = context.map, context.numbers
    bare = {t.key: Touchpoint(key=t.key, name=t.name, stage=t.stage, was=t.was) for t in journey.touchpoints}
    known = any(touchpoint != bare[touchpoint.key] for touchpoint in journey.touchpoints)
    return not (known or journey.improvements or numbers.touchpoints or any(p.path for p in journey.personas))


def young_row(context: Context, frame: Frame) -> Block:
    """Stages as a band of arrows, touchpoints as stops below."""
    items: list[Item] = []
    band = _BAND
    stages = [list(group) for _, group in groupby(frame.columns, key=lambda column: column.stage.key)]
    style = _name_style(stages)
    names = []
    for number, columns in enumerate(stages):
        left, right = columns[0].x, columns[-1].x + columns[-1].width
        block = paragraph(
            columns[0].stage.name,
            _name_room(columns),
            style,
            "accent",
            x=left + 12 + (_POINT if number else 4),
        )
        names.append((left, right, block))
        band = max(band, block.height + 28)
    for number, (left, right, block) in enumerate(names):
        items.append(_band(left, right + _POINT - 4 if number + 1 < len(names) else right, band, first=number == 0))
        items.append(Group(y=(band - block.height) / 2, items=block.items))
    if not any(column.key for column in frame.columns):
        return Block(tuple(items), band + 12, frame.width)
    y = band + 38
    items.append(line(frame.columns[0].middle, y, frame.columns[-1].middle, y, "accent", stroke_width=2))
    tallest = 0.0
    for column in frame.columns:
        stop, height = _stop(context, column, y)
        items.extend(stop)
        tallest = max(tallest, height)
    return Block(tuple(items), y + 22 + tallest + 12, frame.width)


def _name_room(columns: Sequence[Column]) -> float:
    """How wide the name of a stage may be."""
    return columns[-1].x + columns[-1].width - columns[0].x - _POINT * 2 - 16


def _name_style(stages: Sequence[Sequence[Column]]) -> StyleName:
    """The largest in which no stage's name has to be broken within a word."""
    for style in _NAME_STYLES:
        setting = STYLES[style]
        words = ((word, _name_room(columns)) for columns in stages for word in clean(columns[0].stage.name).split())
        if all(width(word, setting.size, setting.face) <= room for word, room in words):
            return style
    return _NAME_STYLES[-1]


def _band(left: float, right: float, height: float, *, first: bool) -> Path:
    notch = 0.0 if first else _POINT
    return Path(
        commands=(
            ("M", left, 0.0),
            ("L", right - _POINT, 0.0),
            ("L", right, height / 2),
            ("L", right - _POINT, height),
            ("L", left, height),
            ("L", left + notch, height / 2),
            ("Z",),
        ),
        fill="accent_soft",
    )


def _stop(context: Context, column: Column, y: float) -> tuple[list[Item], float]:
    if column.touchpoint is None:
        return [Circle(x=column.middle, y=y, radius=5, fill="paper", stroke="accent", stroke_width=2)], 0.0
    block = paragraph(column.touchpoint.name, column.room, "stage")
    text = block.items[0] if block.items else None
    found: list[Item] = [Circle(x=column.middle, y=y, radius=7, fill="accent")]
    if isinstance(text, Text):
        centred = Text(x=column.middle, y=text.y + y + 20, lines=text.lines, style=text.style, anchor="middle")
        link = context.options.links.get(column.key, "")
        found.append(Group(items=(centred,), kind="touchpoint", key=column.key, link=link))
    return found, block.height
