"""Head and foot of a journey map: title, facts, personas; the names of stages and touchpoints; the legend."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from resa.base.pictures import media_type
from resa.drawing import formats
from resa.drawing.fonts import clean
from resa.drawing.map_arrows import VERDICT_COLOURS, VERDICT_MARKS
from resa.drawing.map_curve import PERSONA_DASHES, emotion_personas
from resa.drawing.map_frame import Context, Frame, Lane
from resa.drawing.map_lanes import EVIDENCE, STATES
from resa.drawing.map_ways import CHANNEL_KINDS
from resa.drawing.parts import Block, first_baseline, linked, mark, paragraph, quoted, stack
from resa.drawing.pictures import picture
from resa.drawing.scene import Circle, Group, Item, Path, Rect, Text, arrow_head, line
from resa.drawing.tokens import StyleName
from resa.model.journey import Persona

__all__ = ["header", "legend", "running_head", "stage_heads", "touchpoint_heads"]

_FACT_LABEL = 74.0
_AVATAR = 40.0
_LEGEND_LINE = 18.0


def header(context: Context, width: float) -> Block:
    """Title on the left, facts on the right, personas below."""
    parts = [_title(context, width) if context.options.title else Block((), 0.0), _personas(context, width)]
    whole = stack([part for part in parts if part.height], 22)
    return Block(whole.items, whole.height + 26 if whole.height else 0.0, width)


def _title(context: Context, width: float) -> Block:
    wide = width >= 820
    title_room = width * 0.56 if wide else width
    fact_room = width * 0.36 if wide else width
    title = stack(
        [
            paragraph(context.say("journey_map"), title_room, "label", "accent"),
            context.written(paragraph(context.map.title, title_room, "title", lines=4)),
        ],
        3,
    )
    facts = _facts(context, fact_room)
    if not facts.height:
        return title
    x, y = (width - fact_room, 2.0) if wide else (0.0, title.height + 12)
    return Block((*title.items, Group(x=x, y=y, items=facts.items)), max(title.height, y + facts.height))


def running_head(context: Context, width: float, sheet: str) -> Block:
    """What stands on top of the second and further sheets."""
    note = paragraph(sheet, 160, "note", "muted")
    title = paragraph(context.map.title, width - 180, "stage", lines=1)
    right = Group(x=width - note.width, y=4, items=note.items)
    return Block((*title.items, right), title.height + 12, width)


def _facts(context: Context, room: float) -> Block:
    journey, language = context.map, context.language
    rows: list[tuple[str, str, StyleName]] = []
    if journey.goal:
        goal = journey.goal
        stages = {stage.key for stage in journey.stages}
        whole = goal.written in stages
        reach = _stage_name(context, goal.written) if whole else " / ".join(map(context.name, goal.reach))
        start = " / ".join(_place_name(context, key) for key in goal.start)
        within = formats.within(goal.within, language) if goal.within else ""
        known = f"{'from_' if start else ''}{'within_' if within else ''}"
        parts = [context.say(f"goal.{known}reach", start=start, what=reach, within=within)]
        if goal.target is not None:
            parts.append(context.say("goal_target", share=formats.percent(goal.target, language)))
        if context.numbers.goal_share is not None:
            share = formats.percent(context.numbers.goal_share, language)
            parts.append(context.say("goal_measured", share=share))
        rows.append((context.say("goal"), ", ".join(parts), "strong"))
    if journey.owner:
        rows.append((context.say("owner"), journey.owner, "body"))
    data = context.numbers.as_of
    if data:
        rows.append((context.say("data"), data, "body"))
    if journey.reviewed:
        rows.append((context.say("review"), formats.day(journey.reviewed, language), "body"))
    blocks = []
    for name, value, style in rows:
        label = paragraph(name, _FACT_LABEL - 8, "body", "muted")
        text = paragraph(value, room - _FACT_LABEL, style, x=_FACT_LABEL, lines=5)
        blocks.append(Block((*label.items, *text.items), max(label.height, text.height)))
    return stack(blocks, 4)


def _place_name(context: Context, key: str) -> str:
    return context.name(key) if key in context.map.touchpoint else _stage_name(context, key)


def _stage_name(context: Context, key: str) -> str:
    return next((stage.name for stage in context.map.stages if stage.key == key), key)


def _personas(context: Context, width: float) -> Block:
    shown = [context.persona] if context.persona else list(context.map.personas)
    if not shown:
        return Block((), 0.0)
    beside = max(1, min(len(shown), 4, int((width + 32) // 292)))
    room = min(440.0, (width - 32 * (beside - 1)) / beside)
    rows = []
    for start in range(0, len(shown), beside):
        cards = [_persona(context, persona, room) for persona in shown[start : start + beside]]
        items = tuple(Group(x=number * (room + 32), items=card.items) for number, card in enumerate(cards))
        rows.append(Block(items, max(card.height for card in cards)))
    return stack(rows, 16)


def _persona(context: Context, persona: Persona, room: float) -> Block:
    x = _AVATAR + 12
    many = context.numbers.personas.get(persona.key)
    count = ""
    if many is not None:
        count = context.several("customers", many)
    link = context.leads("persona", persona.key)
    words = stack(
        [
            context.written(paragraph(persona.name, room - x, "touchpoint", lines=2)),
            linked(paragraph(count, room - x, "note", "muted"), link, f"{persona.name}: {count}"),
            context.written(paragraph(persona.about, room - x, "body", lines=6)),
            context.written(paragraph(quoted(persona.quote, context.language), room - x, "quote", "muted", lines=5)),
        ],
        2,
    )
    items: list[Item] = [Group(x=x, items=words.items)]
    data = context.options.pictures.get(persona.picture or "", b"")
    if persona.picture and media_type(data):
        items.extend(picture(context, persona.picture, _AVATAR, _AVATAR, persona.name))
    else:
        r = _AVATAR / 2
        items.append(Circle(x=r, y=r, radius=r, fill="accent_soft"))
        initials = "".join(word[0] for word in clean(persona.name).split()[:2]).upper()
        items.append(Text(x=r, y=r + 5, lines=(initials,), style="stage", fill="accent", anchor="middle"))
    return Block(tuple(items), max(_AVATAR, words.height))


def stage_heads(context: Context, frame: Frame) -> Block:
    """A rule over the columns of each stage, and its name."""
    items: list[Item] = []
    height = 0.0
    places = {stage.key: number for number, stage in enumerate(context.map.stages)}
    for key, group in groupby(frame.columns, key=lambda column: column.stage.key):
        columns = list(group)
        left, right = columns[0].x, columns[-1].x + columns[-1].width
        name = columns[0].stage.name
        first = context.map.stages[places[key]].touchpoints[:1]
        if columns[0].key and first and columns[0].key not in first:
            name = context.say("continued", title=name)
        block = context.written(paragraph(name, right - left - 16, "stage", x=left + 8, y=10))
        items.append(Rect(x=left, y=0, width=right - left, height=3, fill="accent"))
        items.extend(block.items)
        height = max(height, block.height)
    return Block(tuple(items), height + 16)


def touchpoint_heads(context: Context, frame: Frame) -> Block:
    """The names of touchpoints, and which of them are moments of truth."""
    items: list[Item] = []
    height = 0.0
    for column in frame.columns:
        if column.touchpoint is None:
            continue
        parts = [context.written(paragraph(column.touchpoint.name, column.room, "touchpoint"))]
        if column.touchpoint.moment_of_truth:
            words = paragraph(context.say("moment_of_truth"), column.room - 12, "note_strong", "accent", x=12)
            sign = mark("diamond", 4, first_baseline("note_strong") - 3.4, 7, "accent")
            parts.append(Block((*sign, *words.items), words.height))
        if count := context.options.comments.get(column.key, 0):
            words = paragraph(context.several("open_comments", count), column.room - 16, "note_strong", "accent", x=16)
            parts.append(Block((*_bubble(first_baseline("note_strong") - 3.4), *words.items), words.height))
        block = stack(parts, 2)
        link = context.options.links.get(column.key, "")
        items.append(Group(x=column.left, y=0, items=block.items, kind="touchpoint", key=column.key, link=link))
        height = max(height, block.height)
    return Block(tuple(items), height + 12) if height else Block((), 0.0)


def _bubble(y: float) -> tuple[Item, ...]:
    """What stands for speech, its middle at `y`."""
    outline: tuple[tuple[str | float, ...], ...] = (
        *(("M", 0.0, y - 4.5), ("L", 11.0, y - 4.5), ("L", 11.0, y + 2.5), ("L", 5.5, y + 2.5)),
        *(("L", 2.5, y + 5.5), ("L", 2.5, y + 2.5), ("L", 0.0, y + 2.5), ("Z",)),
    )
    return (Path(commands=outline, fill="accent"),)


_Entry = tuple[tuple[Item, ...], float, str]
"""A sign around its middle line, its width, and its word."""


def legend(context: Context, width: float, lanes: Iterable[Lane]) -> Block:
    """The signs that are used, each with its word, by lane."""
    shown = set(lanes)
    groups: list[tuple[str, list[_Entry]]] = [
        ("arrows", _arrow_entries(context, shown)),
        ("emotion", _emotion_entries(context) if "emotion" in shown else []),
        ("pain_points", _evidence_entries(context) if "pain_points" in shown else []),
        ("improvements", _state_entries(context) if "improvements" in shown else []),
        ("channels", _channel_entries(context) if "channels" in shown else []),
    ]
    items: list[Item] = []
    x = y = 0.0
    for name, entries in groups:
        if not entries:
            continue
        head = paragraph(context.say(f"legend.{name}"), width, "note_strong", "ink", lines=1)
        blocks = [head, *(_entry(entry, width) for entry in entries)]
        if x and x + blocks[0].width + blocks[1].width + 16 > width:
            x, y = 0.0, y + _LEGEND_LINE
        for block in blocks:
            if x and x + block.width > width:
                x, y = 0.0, y + _LEGEND_LINE
            items.append(Group(x=x, y=y, items=block.items))
            x += block.width + 16
        x += 20
    return Block(tuple(items), y + _LEGEND_LINE, width) if items else Block((), 0.0)


def _entry(entry: _Entry, width: float) -> Block:
    sign, wide, words = entry
    text = paragraph(words, min(260.0, width - wide - 6), "note", "muted", lines=1)
    middle = first_baseline("note") - 3.4
    return Block((Group(y=middle, items=sign), Group(x=wide + 6, items=text.items)), text.height, wide + 6 + text.width)


def _arrow_entries(context: Context, shown: set[Lane]) -> list[_Entry]:
    found: list[_Entry] = []
    kinds = {arrow.kind for arrow in context.map.expectations}
    if "expectations" in shown and "expectation" in kinds:
        solid = (
            Circle(x=3, y=0, radius=3, fill="ink"),
            line(3, 0, 20, 0, "ink", stroke_width=1.8),
            arrow_head(26, 0, 7, "ink"),
        )
        found.append((solid, 26, context.say("legend.arrow")))
    if "promises" in shown and "promise" in kinds:
        head = arrow_head(27, 0, 7, "ink")
        hollow = (
            line(5, -1.6, 20, -1.6, "ink", stroke_width=1),
            line(5, 1.6, 20, 1.6, "ink", stroke_width=1),
            Rect(x=0.5, y=-3, width=6, height=6, fill="paper", stroke="ink", stroke_width=1.4),
            Path(commands=head.commands, fill="paper", stroke="ink", stroke_width=1.3),
        )
        found.append((hollow, 27, context.say("legend.promise")))
    arrows = context.map.expectation
    verdicts = {n.verdict(arrows[name].target) for name, n in context.numbers.expectations.items() if name in arrows}
    if not found or not verdicts:
        return found
    for verdict, colour in VERDICT_COLOURS.items():
        shape = VERDICT_MARKS[verdict]
        if verdict in verdicts and shape:
            found.append((mark(shape, 5, 0, 8, colour), 10, context.say(f"verdict.{verdict}")))
    found.append(
        (
            (line(0, 0, 9, 0, "ink", stroke_width=1.6), line(11, 0, 22, 0, "ink", stroke_width=6)),
            22,
            context.say("legend.thickness"),
        )
    )
    return found


def _evidence_entries(context: Context) -> list[_Entry]:
    points = [
        p for t in context.map.touchpoints for p in (*t.pain_points, *(p for d in t.differences for p in d.pain_points))
    ]
    found = {context.evidence(point) for point in points}
    return [(mark(shape, 4, 0, 7.5, "ink"), 8, context.say(name)) for name, shape in EVIDENCE.items() if name in found]


def _state_entries(context: Context) -> list[_Entry]:
    states = {improvement.state for improvement in context.map.improvements}
    return [
        (mark(shape, 4, 0, 7.5, "accent"), 8, context.say(f"state.{name}"))
        for name, shape in STATES.items()
        if name in states
    ]


def _channel_entries(context: Context) -> list[_Entry]:
    kinds = {channel.kind for channel in context.map.channels}
    return [
        (mark(shape, 4, 0, 8, "ink"), 8, context.say(f"kind.{name}"))
        for name, shape in CHANNEL_KINDS.items()
        if name in kinds
    ]


def _emotion_entries(context: Context) -> list[_Entry]:
    found: list[_Entry] = []
    touchpoints = context.map.touchpoints
    if any(t.emotion.now is not None for t in touchpoints):
        found.append(
            (
                (line(0, 0, 22, 0, "accent", stroke_width=2.4), Circle(x=11, y=0, radius=3.8, fill="accent")),
                22,
                context.say("emotion_now"),
            )
        )
    if any(t.emotion.aim is not None for t in touchpoints):
        ring = Circle(x=11, y=0, radius=3, fill="paper", stroke="muted", stroke_width=1.4)
        found.append(
            ((line(0, 0, 22, 0, "muted", stroke_width=1.4, dash=(5, 4)), ring), 22, context.say("emotion_aim"))
        )
    if any(n.score is not None for n in context.numbers.touchpoints.values()):
        found.append((mark("ring_diamond", 5, 0, 9, "ink"), 10, context.say("measured_score")))
    for key, dash in zip(emotion_personas(context), PERSONA_DASHES, strict=False):
        dotted = Path(
            commands=(("M", 0, 0), ("L", 26, 0)), stroke="muted", stroke_width=1.2, dash=dash, round_ends=True
        )
        found.append(((dotted,), 26, context.say("for_persona", persona=context.map.persona[key].name)))
    return found
