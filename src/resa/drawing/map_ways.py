"""The lanes of a journey map that show ways: channels and their switches, planned paths and who leaves them."""

from __future__ import annotations

from itertools import pairwise

from resa.drawing import formats
from resa.drawing.map_frame import Column, Context, Drawn, Frame, Lane, lane_label
from resa.drawing.measured import Detour, PathNumbers
from resa.drawing.parts import Block, MarkShape, first_baseline, linked, mark, paragraph, stack
from resa.drawing.scene import Circle, Group, Item, Path, Text, arrow_head, line
from resa.drawing.tokens import STYLES
from resa.model.journey import Persona

__all__ = ["CHANNEL_KINDS", "channels", "paths"]

CHANNEL_KINDS: dict[str, MarkShape] = {"external": "dot", "internal": "square", "peripheral": "ring"}
_ROW = 19.0
_DETOURS = 3


def _head(context: Context, frame: Frame, lane: Lane) -> float:
    """Room above the rows for the lane's own name, which stands over the rows' names."""
    return lane_label(context, frame, lane).height + 17.0 if frame.beside else 6.0


def channels(context: Context, frame: Frame) -> Drawn | None:
    """A line for each channel, a sign where it is used, and a thread that follows the customer from one to the next."""
    used = [
        c
        for c in context.map.channels
        if any(column.touchpoint and c.key in column.touchpoint.channels for column in frame.columns)
    ]
    if not used:
        return None
    head = _head(context, frame, "channels")
    items: list[Item] = []
    rows: dict[str, float] = {}
    y = head
    for channel in used:
        label, height = _row_label(frame, channel.name, y)
        items.extend(label)
        rows[channel.key] = y + height - _ROW / 2
        items.append(line(frame.left, rows[channel.key], frame.right, rows[channel.key], "hairline", stroke_width=0.6))
        y += height
    items.extend(_thread(frame, rows))
    kinds = {channel.key: CHANNEL_KINDS[channel.kind] for channel in used}
    for column in frame.columns:
        own = [key for key in (column.touchpoint.channels if column.touchpoint else ()) if key in rows]
        heights = [rows[key] for key in own]
        if len(own) > 1:
            items.append(line(column.middle, min(heights), column.middle, max(heights), "ink", stroke_width=1.2))
        for key in own:
            if kinds[key] == "ring":
                items.append(
                    Circle(x=column.middle, y=rows[key], radius=4.4, fill="paper", stroke="ink", stroke_width=1.5)
                )
            else:
                items.extend(mark(kinds[key], column.middle, rows[key], 9.5, "ink"))
    return Drawn("channels", tuple(items), y + 8)


def _row_label(frame: Frame, name: str, y: float) -> tuple[tuple[Item, ...], float]:
    """The name of a row, and the height it needs."""
    if frame.beside:
        block = paragraph(name, frame.left - 18, "note", lines=2)
        height = max(_ROW, block.height + 4)
        # The row's line runs through the middle of its last 19 units, so one line of text is centred on it.
        return (Group(y=y + height - block.height - (_ROW - STYLES["note"].leading) / 2, items=block.items),), height
    block = paragraph(name, frame.right, "note", lines=2)
    return (Group(y=y, items=block.items),), block.height + _ROW


def _thread(frame: Frame, rows: dict[str, float]) -> list[Item]:
    found: list[Item] = []
    stops = [
        (column, [key for key in column.touchpoint.channels if key in rows])
        for column in frame.columns
        if column.touchpoint
    ]
    for (one, before), (two, after) in pairwise(stops):
        if not before or not after:
            continue
        # Stay on a channel that both have; a switch leads from the first of one to the first of the other.
        shared = [key for key in before if key in after]
        y1, y2 = rows[shared[0] if shared else before[0]], rows[shared[0] if shared else after[0]]
        middle = (one.middle + two.middle) / 2
        commands: tuple[tuple[str | float, ...], ...] = (
            ("M", one.middle, y1),
            ("C", middle, y1, middle, y2, two.middle, y2),
        )
        found.append(Path(commands=commands, stroke="ink", stroke_width=1.2))
    return found


def paths(context: Context, frame: Frame) -> Drawn | None:
    """Each persona's planned path, its steps numbered, and below them how many leave it and where to."""
    personas = [p for p in context.map.personas if p.path and context.options.persona in {None, p.key}]
    if not any(key in frame.column for persona in personas for key in persona.path):
        return None
    head = _head(context, frame, "paths")
    items: list[Item] = []
    y = head
    for persona in personas:
        block = _path(context, frame, persona)
        if block.height:
            items.append(Group(y=y, items=block.items, kind="persona", key=persona.key))
            y += block.height
    return Drawn("paths", tuple(items), y + 4)


def _path(context: Context, frame: Frame, persona: Persona) -> Block:
    numbers = context.numbers.paths.get(persona.key, PathNumbers())
    steps = [(number, frame.column[key]) for number, key in enumerate(persona.path, start=1) if key in frame.column]
    if not steps:
        return Block((), 0.0)
    label = _path_label(context, frame, persona, numbers)
    top = 11.0 if frame.beside else label.height + 11.0
    items: list[Item] = [*label.items, *_walk(persona, frame, top)]
    depth = 0.0
    shown: set[str] = set()
    for _, column in steps:
        if column.key in shown:
            continue
        shown.add(column.key)
        leaving = [d for d in numbers.detours if d.after == column.key]
        block = _leaving(context, column, leaving)
        said = ", ".join(_leaves(context, detour) for detour in _shown(leaving))
        title = f"{persona.name}, {context.name(column.key)}: {said}"
        block = linked(block, context.leads("path", persona.key), title)
        if block.height:
            items.append(Group(x=column.x, y=top + 10, items=block.items))
            depth = max(depth, block.height)
    for column in {column.key: column for _, column in steps}.values():
        mine = [str(number) for number, other in steps if other.key == column.key]
        items.extend(_step(column.middle, top, mine))
    return Block(tuple(items), max(label.height if frame.beside else 0.0, top + 10 + depth) + 8)


def _path_label(context: Context, frame: Frame, persona: Persona, numbers: PathNumbers) -> Block:
    room = frame.left - 18 if frame.beside else frame.right
    words = ""
    if numbers.share is not None:
        words = context.say("walk_it", share=formats.percent(numbers.share, context.language))
        if numbers.customers is not None:
            words += " " + context.say("began", n=formats.count(numbers.customers, context.language))
    share = paragraph(words, room, "note", "muted", lines=3)
    link = context.leads("path", persona.key)
    return stack(
        [paragraph(persona.name, room, "note_strong", lines=3), linked(share, link, f"{persona.name}: {words}")]
    )


def _step(x: float, y: float, numbers: list[str]) -> list[Item]:
    words = numbers[0] if len(numbers) == 1 else "·".join(numbers[:3])
    text = Text(x=x, y=y + 3.4, lines=(words,), style="note_strong", fill="paper", anchor="middle")
    half = max(8.0, text.width / 2 + 4)
    r = 8.0
    shape = (
        Path(
            commands=(("M", x - half + r, y), ("L", x + half - r, y)),
            stroke="accent",
            stroke_width=2 * r,
            round_ends=True,
        )
        if half > r
        else Circle(x=x, y=y, radius=r, fill="accent")
    )
    return [shape, text]


def _walk(persona: Persona, frame: Frame, y: float) -> list[Item]:
    """The thread between the steps; it leaves the row at the edge when the next step stands in another."""
    found: list[Item] = []
    first, last = frame.columns[0].touchpoint, frame.columns[-1].touchpoint
    for one, two in pairwise(persona.path):
        here, there = frame.column.get(one), frame.column.get(two)
        if here and there:
            found.append(line(here.middle, y, there.middle, y, "accent", stroke_width=1.8))
        elif here and last is not None:
            found.append(line(here.middle, y, frame.right - 6, y, "accent", stroke_width=1.8))
            found.append(arrow_head(frame.right, y, 7, "accent"))
        elif there and first is not None:
            found.append(line(frame.left, y, there.middle, y, "accent", stroke_width=1.8))
    return found


def _leaving(context: Context, column: Column, detours: list[Detour]) -> Block:
    """Who leaves here: a stalk down from the step, then a line of words for each way."""
    if not detours:
        return Block((), 0.0)
    shown = _shown(detours)
    blocks = []
    for detour in shown:
        text = paragraph(_leaves(context, detour), column.room - 13, "note", x=13, lines=3)
        blocks.append(Block((*_leaving_sign(detour), *text.items), text.height))
    rest = sum(d.customers for d in detours) - sum(d.customers for d in shown)
    if rest:
        words = context.say("leave_otherwise", n=formats.count(rest, context.language))
        blocks.append(paragraph(words, column.room - 13, "note", "muted", x=13))
    block = stack(blocks, 2)
    return Block((Group(x=8, y=6, items=block.items),), block.height + 6)


def _shown(detours: list[Detour]) -> list[Detour]:
    """The ways that are told one by one."""
    return [d for d in detours if d.customers > 0][:_DETOURS]


def _leaves(context: Context, detour: Detour) -> str:
    """How many leave, and where to."""
    n = formats.count(detour.customers, context.language)
    return context.say("leave_to", n=n, what=context.name(detour.to)) if detour.to else context.say("leave", n=n)


def _leaving_sign(detour: Detour) -> tuple[Item, ...]:
    y = first_baseline("note") - 3.3
    bend: tuple[tuple[str | float, ...], ...] = (
        ("M", 0.8, y - 5),
        ("L", 0.8, y - 2.5),
        ("C", 0.8, y, 1.5, y, 3.5, y),
        ("L", 5, y),
    )
    end = arrow_head(9, y, 4.6, "ink") if detour.to else line(6.5, y - 3.2, 6.5, y + 3.2, "ink", stroke_width=1.6)
    return (Path(commands=bend, stroke="ink", stroke_width=1.2), end)
