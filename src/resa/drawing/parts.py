"""Small parts that several pictures share: marks that speak by shape, paragraphs, runs of words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from resa.drawing.fonts import clean, width
from resa.drawing.scene import Box, Circle, Group, Item, Path, Text, line
from resa.drawing.tokens import STYLES, Colour, StyleName
from resa.drawing.words import say
from resa.drawing.wrapping import wrap

__all__ = [
    "Block",
    "MarkShape",
    "Run",
    "first_baseline",
    "flow",
    "mark",
    "paragraph",
    "quoted",
    "stack",
    "whisker",
    "widest",
]

MarkShape = Literal[
    "ring",
    "half",
    "dot",
    "diamond",
    "ring_diamond",
    "up",
    "down",
    "square",
    "ring_square",
    "quarter",
    "three_quarters",
    "cross",
]
_STOP = 3.5
_CIRCLE = 0.5522847498  # control distance of a quarter circle drawn as a cubic curve


@dataclass(frozen=True, slots=True)
class Block:
    """Shapes from (0, 0) downwards, with the height they take."""

    items: tuple[Item, ...]
    height: float
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """Words in one style, part of a label that mixes styles; a mark may stand before them."""

    text: str
    style: StyleName = "note"
    fill: Colour = "ink"
    shape: MarkShape | None = None


def mark(shape: MarkShape, x: float, y: float, size: float, colour: Colour) -> tuple[Item, ...]:
    """A small sign centred on (`x`, `y`), `size` across."""
    r = size / 2
    thin = max(1.1, size * 0.14)
    commands: tuple[tuple[str | float, ...], ...]
    ring = Circle(x=x, y=y, radius=r - thin / 2, stroke=colour, stroke_width=thin)
    match shape:
        case "ring":
            return (ring,)
        case "dot":
            return (Circle(x=x, y=y, radius=r, fill=colour),)
        case "quarter" | "half" | "three_quarters":
            return (ring, _pie(x, y, r - thin / 2, {"quarter": 1, "half": 2, "three_quarters": 3}[shape], colour))
        case "diamond" | "ring_diamond":
            r *= 1.05
            commands = (("M", x, y - r), ("L", x + r, y), ("L", x, y + r), ("L", x - r, y), ("Z",))
        case "square" | "ring_square":
            r *= 0.88
            commands = (("M", x - r, y - r), ("L", x + r, y - r), ("L", x + r, y + r), ("L", x - r, y + r), ("Z",))
        case "up" | "down":
            way = -1 if shape == "up" else 1
            commands = (
                ("M", x, y + way * r * 0.9),
                ("L", x + r * 1.05, y - way * r * 0.8),
                ("L", x - r * 1.05, y - way * r * 0.8),
                ("Z",),
            )
        case "cross":
            r *= 0.75
            strokes = (("M", x - r, y - r), ("L", x + r, y + r), ("M", x + r, y - r), ("L", x - r, y + r))
            return (Path(commands=strokes, stroke=colour, stroke_width=max(1.4, size * 0.18), round_ends=True),)
    if shape.startswith("ring"):
        return (Path(commands=commands, fill="paper", stroke=colour, stroke_width=thin),)
    return (Path(commands=commands, fill=colour),)


def _pie(x: float, y: float, r: float, quarters: int, colour: Colour) -> Path:
    commands: list[tuple[str | float, ...]] = [("M", x, y), ("L", x, y - r)]
    angle = -math.pi / 2
    for _ in range(quarters):
        after = angle + math.pi / 2
        c, s, c2, s2 = math.cos(angle), math.sin(angle), math.cos(after), math.sin(after)
        k = _CIRCLE * r
        commands.append(
            (
                "C",
                x + r * c - k * s,
                y + r * s + k * c,
                x + r * c2 + k * s2,
                y + r * s2 - k * c2,
                x + r * c2,
                y + r * s2,
            )
        )
        angle = after
    return Path(commands=(*commands, ("Z",)), fill=colour)


def whisker(low: float, high: float, y: float) -> tuple[Item, ...]:
    """An interval over the end of a bar: a line from `low` to `high` with a stop at either end, on paper.

    So it is seen on the bar, of whatever colour, and beside it.
    """
    strokes = [((low, y), (high, y)), *(((x, y - _STOP), (x, y + _STOP)) for x in (low, high))]
    halo = (line(*start, *end, "paper", stroke_width=3.6) for start, end in strokes)
    ink = (line(*start, *end, "ink", stroke_width=1.3) for start, end in strokes)
    return (*halo, *ink)


def paragraph(
    text: str,
    room: float,
    style: StyleName = "body",
    fill: Colour = "ink",
    *,
    x: float = 0.0,
    y: float = 0.0,
    lines: int | None = None,
) -> Block:
    """`text` broken to `room`, its first line's top at `y`; empty text takes no height."""
    setting = STYLES[style]
    broken = wrap(text, setting, room, lines=lines)
    if not broken:
        return Block((), 0.0)
    height = setting.leading * len(broken)
    cell = Box(x, y, x + room, y + height)
    item = Text(x=x, y=y + first_baseline(style), lines=broken, style=style, fill=fill, cell=cell)
    return Block((item,), height, item.width)


def linked(block: Block, link: str, title: str) -> Block:
    """A block that leads somewhere, where there is something in it and somewhere to go.

    Args:
        block: What is shown.
        link: Where a click leads; empty: nowhere.
        title: What the link is called.
    """
    if not (block.items and link):
        return block
    return Block((Group(items=block.items, title=title, link=link),), block.height, block.width)


def quoted(text: str, language: str) -> str:
    """What somebody says, in the quotation marks of the language."""
    return say("quote", language, text=clean(text).strip("“”„«»")) if text else ""


def first_baseline(style: StyleName) -> float:
    """From the top of a line to its baseline, the letters centred in the leading."""
    setting = STYLES[style]
    return (setting.leading + setting.size * 0.66) / 2 - setting.size * 0.02


def widest(texts: Iterable[str], style: StyleName) -> float:
    """How wide the widest of the texts is on one line."""
    setting = STYLES[style]
    return max((width(clean(text), setting.size, setting.face) for text in texts), default=0.0)


def stack(blocks: Iterable[Block], gap: float = 0.0) -> Block:
    """Blocks below each other, empty ones left out."""
    items: list[Item] = []
    y = 0.0
    wide = 0.0
    for block in blocks:
        if not block.height:
            continue
        if y:
            y += gap
        items.append(Group(y=y, items=block.items) if y else Group(items=block.items))
        y += block.height
        wide = max(wide, block.width)
    return Block(tuple(items), y, wide)


def flow(runs: Sequence[Run], room: float, *, gap: float = 4.0) -> Block:
    """Set runs after each other, a new line where one does not fit; a run wider than the room is broken by itself.

    Runs on one line share a baseline.
    """
    rows: list[list[tuple[float, Run, tuple[str, ...]]]] = [[]]
    x = 0.0
    for run in runs:
        setting = STYLES[run.style]
        lead = setting.size * 0.78 + 3 if run.shape else 0.0
        wide = lead + width(clean(run.text), setting.size, setting.face)
        if rows[-1] and x + wide > room:
            rows.append([])
            x = 0.0
        if wide > room:
            rows[-1].append((x, run, wrap(run.text, setting, room - lead)))
            rows.append([])
            x = 0.0
            continue
        rows[-1].append((x, run, (clean(run.text),) if run.text else ()))
        x += wide + gap
    items: list[Item] = []
    y = 0.0
    widest = 0.0
    for row in rows:
        if not row:
            continue
        tallest = max(row, key=lambda entry: STYLES[entry[1].style].leading)[1]
        base = y + first_baseline(tallest.style)
        depth = STYLES[tallest.style].leading
        for left, run, pieces in row:
            setting = STYLES[run.style]
            lead = 0.0
            if run.shape:
                size = setting.size * 0.72
                items.extend(mark(run.shape, left + size / 2, base - setting.size * 0.33, size, run.fill))
                lead = setting.size * 0.78 + 3
            if pieces:
                text = Text(
                    x=left + lead, y=base, lines=pieces, style=run.style, fill=run.fill, cell=Box(0, y, room, 1e9)
                )
                items.append(text)
                widest = max(widest, text.box.right)
                depth = max(depth, STYLES[tallest.style].leading + setting.leading * (len(pieces) - 1))
        y += depth
    return Block(tuple(items), y, widest)
