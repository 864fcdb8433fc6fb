"""The lanes of a journey map that are made of words: what people wrote, who answers, how many come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from resa.drawing import formats
from resa.drawing.map_frame import Column, Context, Drawn, Frame, Lane
from resa.drawing.parts import Block, MarkShape, first_baseline, linked, mark, paragraph, stack
from resa.drawing.pictures import picture
from resa.drawing.scene import Circle, Group, Item, Rect
from resa.drawing.tokens import Colour, StyleName
from resa.model.journey import Improvement, PainPoint, PersonaDifference, Touchpoint

__all__ = ["EVIDENCE", "STATES", "improvements", "owners", "pain_points", "pictures", "thoughts", "visits"]

EVIDENCE: dict[str, MarkShape] = {"assumed": "ring", "researched": "half", "measured": "diamond"}
STATES: dict[str, MarkShape] = {
    "idea": "ring",
    "planned": "quarter",
    "doing": "half",
    "done": "dot",
    "dropped": "cross",
}
_INDENT = 11.0
_GAP = 6.0
_MOST = 12  # thoughts in a cell; what goes beyond is counted
_LINES = 14  # lines of a thought; what goes beyond is cut with an ellipsis
_TOP, _BOTTOM = 9.0, 11.0


@dataclass(frozen=True)
class Thought:
    """One entry of a cell."""

    text: str
    note: str = ""
    shape: MarkShape | None = None
    colour: Colour = "line"
    style: StyleName = "body"
    persona: str = ""
    link: str = ""


def thoughts(lane: Lane) -> Callable[[Context, Frame], Drawn | None]:
    """The lane of what people wrote under a touchpoint's field of the same name."""

    def draw(context: Context, frame: Frame) -> Drawn | None:
        return _cells(context, frame, lane, lambda touchpoint: _written(context, touchpoint, lane))

    return draw


def _written(context: Context, touchpoint: Touchpoint, lane: str) -> list[Thought]:
    style: StyleName = "emphasis" if lane == "questions" else "body"
    found = [Thought(text, style=style) for text in getattr(touchpoint, lane)]
    for difference in _differences(context, touchpoint):
        name = "" if context.persona else context.map.persona[difference.persona].name
        found.extend(Thought(text, style=style, persona=name) for text in getattr(difference, lane, ()))
    return found


def _differences(context: Context, touchpoint: Touchpoint) -> Iterable[PersonaDifference]:
    wanted = context.options.persona
    return (
        d
        for d in touchpoint.differences
        if d.persona in context.map.persona and (wanted is None or d.persona == wanted)
    )


def pain_points(context: Context, frame: Frame) -> Drawn | None:
    """What customers suffer, with how well it is known."""

    def written(touchpoint: Touchpoint) -> list[Thought]:
        found = [_pain(context, point, "") for point in touchpoint.pain_points]
        for difference in _differences(context, touchpoint):
            name = "" if context.persona else context.map.persona[difference.persona].name
            found.extend(_pain(context, point, name) for point in difference.pain_points)
        return found

    return _cells(context, frame, "pain_points", written)


def _pain(context: Context, point: PainPoint, persona: str) -> Thought:
    note = " · ".join(part for part in (context.evidence_words(point), point.source) if part)
    evidence = context.evidence(point)
    link = context.options.links.get(point.shown_by or "", "") if evidence == "measured" else ""
    return Thought(point.text, note, EVIDENCE[evidence], "ink", persona=persona, link=link)


def improvements(context: Context, frame: Frame) -> Drawn | None:
    """What is changed, at the touchpoint whose pain it eases or whose arrow it should move."""
    places = _improvement_places(context)
    drawn = _cells(
        context,
        frame,
        "improvements",
        lambda touchpoint: [_improvement(context, i) for i in places.get(touchpoint.key, ())],
    )
    loose = places.get("", ())
    if not loose or frame.number:
        return drawn
    words = context.say("elsewhere", what="; ".join(_in_a_line(context, improvement) for improvement in loose))
    height = drawn.height if drawn else _TOP
    room = frame.right - frame.left - 16
    block = paragraph(words, room, "note", "muted", x=frame.left + 8, y=height - (2 if drawn else 0))
    return Drawn("improvements", (*(drawn.items if drawn else ()), *block.items), height + block.height + _BOTTOM - 2)


def _improvement_places(context: Context) -> dict[str, list[Improvement]]:
    found: dict[str, list[Improvement]] = {}
    for improvement in context.map.improvements:
        arrow = context.map.expectation.get(improvement.should_move or "")
        places = [
            t.key for t in context.map.touchpoints if any(p.improvement == improvement.key for p in t.pain_points)
        ]
        if not places and arrow and arrow.after in context.map.touchpoint:
            places = [arrow.after]
        found.setdefault(places[0] if places else "", []).append(improvement)
    return found


def _state(context: Context, improvement: Improvement) -> str:
    state = context.say(f"state.{improvement.state}")
    if improvement.since:
        return context.say("since", state=state, day=formats.day(improvement.since, context.language))
    return state


def _improvement(context: Context, improvement: Improvement) -> Thought:
    note = " · ".join(part for part in (_state(context, improvement), improvement.owner) if part)
    return Thought(_what(improvement), note, STATES[improvement.state], "accent")


def _what(improvement: Improvement) -> str:
    """Its name, where somebody gave it one, and what it is about."""
    named = improvement.name.casefold() != improvement.key.replace("_", " ").casefold()
    parts = (improvement.name,) if named or not improvement.about else ()
    return ": ".join((*parts, *((improvement.about,) if improvement.about else ())))


def _in_a_line(context: Context, improvement: Improvement) -> str:
    return f"{_what(improvement).rstrip('.')} ({_state(context, improvement)})"


def owners(context: Context, frame: Frame) -> Drawn | None:
    """Who answers for each touchpoint."""
    return _cells(context, frame, "owners", lambda t: [Thought(t.owner)] if t.owner else [], bullets=False)


def _cells(
    context: Context, frame: Frame, lane: Lane, written: Callable[[Touchpoint], list[Thought]], *, bullets: bool = True
) -> Drawn | None:
    items: list[Item] = []
    tallest = 0.0
    for column in frame.columns:
        entries = written(column.touchpoint) if column.touchpoint else []
        if not entries:
            continue
        block = _cell(context, column, entries, bullets=bullets)
        items.append(Group(x=column.left, y=_TOP, items=block.items, kind="cell", key=column.key))
        tallest = max(tallest, block.height)
    if not tallest:
        return None
    return Drawn(lane, tuple(items), tallest + _TOP + _BOTTOM)


def _cell(context: Context, column: Column, entries: list[Thought], *, bullets: bool) -> Block:
    blocks = [_thought(context, entry, column.room, bullets=bullets) for entry in entries[:_MOST]]
    if len(entries) > _MOST:
        n = len(entries) - _MOST
        words = context.several("more", n)
        blocks.append(paragraph(words, column.room - _INDENT, "note", "muted", x=_INDENT))
    return stack(blocks, _GAP)


def _thought(context: Context, entry: Thought, room: float, *, bullets: bool) -> Block:
    indent = _INDENT if bullets else 0.0
    persona = paragraph(entry.persona, room - indent, "note_strong", "muted", x=indent, lines=2)
    text = context.written(paragraph(entry.text, room - indent, entry.style, x=indent, lines=_LINES))
    note = paragraph(entry.note, room - indent, "note", "muted", x=indent, lines=6)
    note = linked(note, entry.link, f"{entry.text}: {entry.note}")
    block = stack([persona, text, note], 1.0)
    if not bullets or not block.height:
        return block
    middle = first_baseline("note_strong" if persona.height else entry.style) - 3.6
    sign: tuple[Item, ...] = (
        mark(entry.shape, 3.6, middle, 7.2, entry.colour)
        if entry.shape
        else (Circle(x=2.2, y=middle, radius=1.4, fill="line"),)
    )
    return Block((*sign, *block.items), block.height)


def pictures(context: Context, frame: Frame) -> Drawn | None:
    """What customers see there."""
    items: list[Item] = []
    tallest = 0.0
    for column in frame.columns:
        if column.touchpoint is None or not column.touchpoint.picture:
            continue
        height = min(column.room * 0.62, 150.0)
        items.append(
            Group(
                x=column.left,
                y=_TOP + 2,
                items=picture(context, column.touchpoint.picture, column.room, height, column.touchpoint.name),
            )
        )
        tallest = max(tallest, height)
    return Drawn("pictures", tuple(items), tallest + _TOP + _BOTTOM + 2) if tallest else None


def visits(context: Context, frame: Frame) -> Drawn | None:
    """How many customers reach each touchpoint, with a bar on the scale of the most."""
    numbers = context.numbers.touchpoints
    if not numbers:
        return None
    most = max((n.customers or n.visits or 0 for n in numbers.values()), default=0)
    items: list[Item] = []
    tallest = 0.0
    for column in frame.columns:
        block = _linked_visits(context, column, _visits(context, column, most))
        if block.height:
            items.append(Group(x=column.left, y=_TOP, items=block.items, kind="touchpoint", key=column.key))
            tallest = max(tallest, block.height)
    return Drawn("visits", tuple(items), tallest + _TOP + _BOTTOM) if tallest else None


def _linked_visits(context: Context, column: Column, block: Block) -> Block:
    """The numbers of a touchpoint, which lead to its customers."""
    measured = context.numbers.touchpoints.get(column.key)
    if measured is None:
        return block
    said = [
        "" if measured.customers is None else context.several("customers", measured.customers),
        "" if measured.visits is None else context.several("visits", measured.visits),
        "" if measured.daily_total is None else formats.count(measured.daily_total, context.language),
    ]
    title = f"{context.name(column.key)}: {', '.join(filter(None, said))}"
    return linked(block, context.leads("customers", column.key), title)


def _visits(context: Context, column: Column, most: int) -> Block:
    if column.touchpoint is None:
        return Block((), 0.0)
    language = context.language
    signal = context.map.signal.get(column.key)
    measured = context.numbers.touchpoints.get(column.key)
    if signal and signal.not_seen:
        reason = f"{context.say('not_measured')}: {signal.not_seen}"
        return paragraph(reason, column.room, "note", "muted", lines=4)
    if measured is None:
        return Block((), 0.0)
    head = measured.customers if measured.customers is not None else measured.visits
    if head is None:
        if measured.daily_total is None:
            return Block((), 0.0)
        total = paragraph(formats.count(measured.daily_total, language), column.room, "touchpoint")
        notes = [context.say("by_day")]
        if measured.daily_since and measured.daily_until:
            since, until = (formats.day(day, language) for day in (measured.daily_since, measured.daily_until))
            notes.insert(0, context.say("from_to", since=since, until=until))
        return stack([total, *(paragraph(note, column.room, "note", "muted") for note in notes)])
    length = max(1.0, column.room * head / most) if most else 1.0
    bar = Block(
        (
            Rect(x=0, y=0, width=column.room, height=4, fill="neutral_soft"),
            Rect(x=0, y=0, width=length, height=4, fill="ink"),
        ),
        8.0,
    )
    note = ""
    if measured.customers is not None and measured.visits is not None:
        note = context.several("visits", measured.visits)
    parts = [
        bar,
        paragraph(formats.count(head, language), column.room, "touchpoint"),
        paragraph(note, column.room, "note", "muted"),
    ]
    return stack(parts)
