"""The process map: touchpoints and what follows what, the happy path first, thinned without anything moving."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal

from resa.drawing import formats
from resa.drawing import process_parts as parts
from resa.drawing.canvas import edge, empty, sheet
from resa.drawing.differences import Direction
from resa.drawing.parts import Block, paragraph, widest
from resa.drawing.process_labels import Label, placed
from resa.drawing.process_layout import Layout, laid_out
from resa.drawing.process_ways import Bend, Way, routed
from resa.drawing.scene import Box, Group, Item, Table
from resa.drawing.svg import Svg
from resa.drawing.tokens import STYLES, Colour
from resa.drawing.words import said_in, say, say_count

__all__ = ["PROCESS_NUMBERS", "ProcessArrow", "ProcessNumber", "ProcessTouchpoint", "draw_process"]

ProcessNumber = Literal["count", "customers", "median", "p90", "share"]

PROCESS_NUMBERS: Final[tuple[ProcessNumber, ...]] = ("count", "customers", "median", "p90")
"""What can be written on the arrows: how often, how many customers, the median time, the time 90 % need at most."""

_WIDE, _GAP = 152.0, 96.0
_CORRIDOR: Final = 78.0
_NARROWEST: Final = 420.0  # so that title and note have room
_MARGIN: Final = 34.0  # beside all touchpoints, for arrows that pass them
_THINNEST, _THICKEST = 1.2, 9.0
_END: Final = 9.0  # half of the start and of the end


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessTouchpoint:
    """A touchpoint of a process map.

    Attributes:
        key: What arrows call it.
        name: For people.
        visits: How often it is visited.
        customers: By how many.
        shown: It is drawn; else only its place is kept.
    """

    key: str
    name: str
    visits: int
    customers: int
    shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessArrow:
    """One touchpoint that directly follows another.

    Attributes:
        start: Key of the touchpoint before; `None`: the journey starts.
        end: Key of the one after; `None`: the journey ends, so far.
        count: How often.
        customers: How many did so.
        share: Of all that left `start`, 0 to 1.
        median_seconds: Median time between.
        p90_seconds: The time that 90 % needed at most.
        happy: It is part of the happy path.
        other_share: Of another group the same share, where two are compared.
        direction: What an interval says of the share against the other: coloured by it instead of by the happy path.
        shown: It is drawn.
    """

    start: str | None
    end: str | None
    count: int
    customers: int
    share: float
    median_seconds: float | None = None
    p90_seconds: float | None = None
    happy: bool = False
    other_share: float | None = None
    direction: Direction | None = None
    shown: bool = True


@dataclass(frozen=True)
class _Drawing:
    """What all steps of drawing need.

    Attributes:
        touchpoints: By number; behind them the start and the end.
        arrows: All of them.
        happy: Keys of the happy path's touchpoints.
        show: Which number the arrows carry.
        most: The largest of these numbers that is drawn.
        language: Of words and numbers.
        weights: How heavy each arrow is for the layout.
    """

    touchpoints: Sequence[ProcessTouchpoint]
    arrows: Sequence[ProcessArrow]
    happy: Sequence[str]
    show: ProcessNumber
    most: float
    language: str
    weights: Mapping[tuple[str | None, str | None], float]

    @cached_property
    def number(self) -> Mapping[str, int]:
        """The number of each touchpoint's node."""
        return {touchpoint.key: number for number, touchpoint in enumerate(self.touchpoints)}

    def ends(self, start: str | None, end: str | None) -> tuple[int, int]:
        """The numbers of an arrow's nodes."""
        number, count = self.number, len(self.touchpoints)
        return count if start is None else number[start], count + 1 if end is None else number[end]


def draw_process(
    touchpoints: Sequence[ProcessTouchpoint],
    arrows: Sequence[ProcessArrow],
    *,
    happy: Sequence[str] = (),
    show: ProcessNumber = "count",
    title: str = "",
    note: str = "",
    language: str = "en",
    most: float | None = None,
    weights: Mapping[tuple[str | None, str | None], float] | None = None,
    width: float = 0.0,
    heading: bool = True,
) -> Svg:
    """Draw a process map.

    It is laid out with all touchpoints and arrows, whether they are shown or not, so that nothing moves when more or
    fewer are shown.

    Args:
        touchpoints: All that are visited.
        arrows: All that happen, each pair of ends once.
        happy: Keys of the happy path's touchpoints, each once, in the order in which they stand, straight down.
        show: Which number the arrows carry; they are as thick as it is large.
        title: Name of the picture; empty: "Process map".
        note: A line under the title.
        language: Of words and numbers.
        most: The number that the thickest arrow stands for; `None`: the largest that is drawn.
        weights: How often all arrows happen, by start and end, of which this picture shows a part, so that several
            are laid out alike; `None`: the arrows' own counts.
        width: Of the picture in units, at least.
        heading: Draw the title.
    """
    language = said_in(language)
    title = title or say("process", language)
    drawn = [arrow for arrow in arrows if arrow.shown]
    most = most or max((_number(arrow, show) or 0.0 for arrow in drawn), default=0.0) or 1.0
    heavy = weights or {(arrow.start, arrow.end): arrow.count for arrow in arrows}
    drawing = _Drawing(touchpoints, arrows, tuple(happy), show, most, language, heavy)
    body = _body(drawing) if touchpoints else empty(_NARROWEST, language)
    inner = max(body.width, width - 2 * edge(heading), _NARROWEST)
    if body.width < inner:
        body = Block((Group(x=(inner - body.width) / 2, items=body.items),), body.height, inner)
    return sheet(
        title=title,
        note=note,
        description=_description(drawing),
        language=language,
        width=inner + 2 * edge(heading),
        body=body,
        tables=_tables(drawing, title) if touchpoints else [],
        heading=heading,
    )


def _number(arrow: ProcessArrow, show: ProcessNumber) -> float | None:
    """The number that the arrow carries."""
    return {
        "count": arrow.count,
        "customers": arrow.customers,
        "median": arrow.median_seconds,
        "p90": arrow.p90_seconds,
        "share": max(arrow.share, arrow.other_share or 0.0),
    }[show]


def _description(drawing: _Drawing) -> str:
    shown = sum(touchpoint.shown for touchpoint in drawing.touchpoints)
    said = say(
        "process_description",
        drawing.language,
        touchpoints=say_count("touchpoints", drawing.language, shown, formats.count(shown, drawing.language)),
    )
    if not drawing.happy:
        return said
    names = {touchpoint.key: touchpoint.name for touchpoint in drawing.touchpoints}
    path = " → ".join(names[key] for key in drawing.happy)
    return f"{said} {say('happy_path', drawing.language)}: {path}."


def _body(drawing: _Drawing) -> Block:
    weights = {drawing.ends(*pair): weight for pair, weight in drawing.weights.items()}
    layout = laid_out(len(drawing.touchpoints) + 2, weights, [drawing.number[key] for key in drawing.happy])
    cards = [_card(drawing, touchpoint) for touchpoint in drawing.touchpoints]
    boxes = _boxes(layout, max(card.height for card in cards) + 14)
    left, right = min(box.left for box in boxes) - _MARGIN, max(box.right for box in boxes) + _GAP
    area = Box(left, boxes[-2].top, right, boxes[-1].bottom)
    nodes = [_node(drawing, number, card, boxes[number]) for number, card in enumerate(cards)]
    arrows = [arrow for arrow in drawing.arrows if arrow.shown]
    items = (*_arrows(drawing, arrows, boxes, layout, area), *nodes, *_ends(drawing, arrows, boxes))
    return Block((Group(x=-area.left, y=-area.top, items=items),), area.bottom - area.top, area.right - area.left)


def _arrows(
    drawing: _Drawing, arrows: Sequence[ProcessArrow], boxes: Sequence[Box], layout: Layout, area: Box
) -> list[Item]:
    """The arrows, the largest on top, and above them all their numbers."""
    arrows = sorted(
        arrows, key=lambda arrow: (_number(arrow, drawing.show) or 0.0, drawing.ends(arrow.start, arrow.end))
    )
    ways = [_way(drawing, arrow) for arrow in arrows]
    words = [_words(drawing, arrow) for arrow in arrows]
    taken = list(boxes)
    beside: dict[int, Block] = {}
    for way, text in zip(ways, words, strict=True):
        if way.start == way.end:
            beside[way.start] = block = parts.loop_number(text, _GAP - parts.LOOP - 6)
            taken[way.start] = replace(taken[way.start], right=boxes[way.start].right + parts.LOOP + block.width)
    bends = routed(ways, boxes, taken, layout.layer, area)
    high = STYLES["note_strong"].leading
    labels = [
        Label(widest([text], "note_strong") + 4, high, bend if text else ())
        for text, bend in zip(words, bends, strict=True)
    ]
    lines: list[Item] = []
    numbers: list[Item] = []
    for arrow, way, text, bend, at in zip(arrows, ways, words, bends, placed(labels, area), strict=True):
        lines.append(_arrow(drawing, arrow, way, bend, boxes[way.start]))
        if at is not None:
            numbers += parts.number(text, *at)
    for node, block in beside.items():
        middle = (boxes[node].top + boxes[node].bottom - block.height) / 2
        numbers.append(Group(x=boxes[node].right + parts.LOOP, y=middle, items=block.items))
    return [*lines, *numbers]


def _card(drawing: _Drawing, touchpoint: ProcessTouchpoint) -> Block:
    number = touchpoint.customers if drawing.show == "customers" else touchpoint.visits
    kind = "customers" if drawing.show == "customers" else "visits"
    words = say_count(kind, drawing.language, number, formats.count(number, drawing.language))
    return parts.card(touchpoint.name, words, _WIDE, shown=touchpoint.shown)


def _boxes(layout: Layout, height: float) -> list[Box]:
    """The place of each node; the start and the end are small."""
    found = []
    last = layout.layers - 1
    for number, x in zip(layout.layer, layout.x, strict=True):
        middle = x * (_WIDE + _GAP)
        y = number * (height + _CORRIDOR) - (height - 2 * _END if number else 0.0)
        half, high = (_END, 2 * _END) if number in {0, last} else (_WIDE / 2, height)
        found.append(Box(middle - half, y, middle + half, y + high))
    return found


def _way(drawing: _Drawing, arrow: ProcessArrow) -> Way:
    start, end = drawing.ends(arrow.start, arrow.end)
    part = min(1.0, (_number(arrow, drawing.show) or 0.0) / drawing.most)
    thick = _THINNEST + (_THICKEST - _THINNEST) * part**0.7
    return Way(start=start, end=end, thick=thick, straight=arrow.happy)


def _words(drawing: _Drawing, arrow: ProcessArrow) -> str:
    """What is written on an arrow."""
    number = _number(arrow, drawing.show)
    if number is None:
        return ""
    if drawing.show in {"median", "p90"}:
        return formats.seconds(number, drawing.language)
    if drawing.show == "share":
        shares = [arrow.share, *([] if arrow.other_share is None else [arrow.other_share])]
        return " / ".join(formats.percent(share, drawing.language) for share in shares)
    counted = formats.count(number, drawing.language)
    if arrow.start == arrow.end or drawing.show == "customers":
        return counted
    return f"{counted} · {formats.percent(arrow.share, drawing.language)}"


def _arrow(drawing: _Drawing, arrow: ProcessArrow, way: Way, bends: Sequence[Bend], box: Box) -> Group:
    part = min(1.0, (_number(arrow, drawing.show) or 0.0) / drawing.most)
    strong = arrow.happy if arrow.direction is None else arrow.direction in {"higher", "lower"}
    opacity = 1.0 if strong else round(0.45 + 0.4 * part**0.5, 2)
    colour: Colour = "accent" if strong else "line"
    if arrow.direction == "lower":
        colour = "below"
    if bends:
        items = parts.arrow(bends, way.thick, colour, dashed=None in {arrow.start, arrow.end}, opacity=opacity)
    else:
        items = parts.loop(box, way.thick, colour, opacity=opacity)
    names = {touchpoint.key: touchpoint.name for touchpoint in drawing.touchpoints}
    start = say("start", drawing.language) if arrow.start is None else names[arrow.start]
    end = say("exit", drawing.language) if arrow.end is None else names[arrow.end]
    title = f"{start} → {end}: {', '.join(_all_words(arrow, drawing.language))}"
    return Group(items=items, title=title, kind="transition", key=f"{arrow.start or ''}.{arrow.end or ''}")


def _all_words(arrow: ProcessArrow, language: str) -> list[str]:
    words = [
        f"{formats.count(arrow.count, language)} ({formats.percent(arrow.share, language)})",
        say_count("customers", language, arrow.customers, formats.count(arrow.customers, language)),
    ]
    if arrow.other_share is not None:
        words = [f"{formats.percent(arrow.share, language)} / {formats.percent(arrow.other_share, language)}"]
    if arrow.median_seconds is not None:
        words.append(say("median", language, time=formats.seconds(arrow.median_seconds, language)))
    return words


def _node(drawing: _Drawing, number: int, card: Block, box: Box) -> Group:
    touchpoint = drawing.touchpoints[number]
    most = max(other.visits for other in drawing.touchpoints) or 1
    items = parts.frame(
        box,
        card,
        tint=math.sqrt(touchpoint.visits / most),
        happy=touchpoint.key in drawing.happy,
        shown=touchpoint.shown,
    )
    words = ", ".join(
        say_count(kind, drawing.language, number, formats.count(number, drawing.language))
        for kind, number in (("visits", touchpoint.visits), ("customers", touchpoint.customers))
    )
    return Group(items=items, title=f"{touchpoint.name}: {words}", kind="touchpoint", key=touchpoint.key)


def _ends(drawing: _Drawing, arrows: Sequence[ProcessArrow], boxes: Sequence[Box]) -> list[Item]:
    """The start and the end, where arrows lead from or to them."""
    found: list[Item] = []
    ends = (
        (any(arrow.start is None for arrow in arrows), boxes[-2], parts.start_mark, "start"),
        (any(arrow.end is None for arrow in arrows), boxes[-1], parts.end_mark, "exit"),
    )
    for used, box, mark, key in ends:
        if used:
            x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
            text = paragraph(say(key, drawing.language), 120, "note_strong", lines=1)
            found += [*mark(x, y), Group(x=x + _END + 6, y=y - text.height / 2, items=text.items)]
    return found


def _tables(drawing: _Drawing, title: str) -> list[Table]:
    """Arrows that are drawn, and touchpoints, the most frequent first."""
    language = drawing.language
    names: dict[str | None, str] = {touchpoint.key: touchpoint.name for touchpoint in drawing.touchpoints}
    shown = sorted(
        (arrow for arrow in drawing.arrows if arrow.shown),
        key=lambda arrow: (-arrow.count, drawing.ends(arrow.start, arrow.end)),
    )
    rows = [
        (
            names.get(arrow.start, say("start", language)),
            names.get(arrow.end, say("exit", language)),
            formats.count(arrow.count, language),
            formats.percent(arrow.share, language),
            formats.count(arrow.customers, language),
            *(
                "" if time is None else formats.seconds(time, language)
                for time in (arrow.median_seconds, arrow.p90_seconds)
            ),
        )
        for arrow in shown
    ]
    heads = [say(f"column.{key}", language) for key in ("from", "to", "count", "share", "customers", "time", "p90")]
    touchpoints = [
        (touchpoint.name, formats.count(touchpoint.visits, language), formats.count(touchpoint.customers, language))
        for touchpoint in drawing.touchpoints
        if touchpoint.shown
    ]
    of_touchpoints = tuple(say(f"column.{key}", language) for key in ("touchpoint", "visits", "customers"))
    return [
        Table(title=title, head=tuple(heads), rows=tuple(rows)),
        Table(title=say("table.touchpoints", language), head=of_touchpoints, rows=tuple(touchpoints)),
    ]
