"""The journey map as a poster, on one long sheet or over sheets of paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from resa.drawing import formats
from resa.drawing.map_arrows import arrows
from resa.drawing.map_curve import emotion
from resa.drawing.map_frame import (
    LABEL_WIDTH,
    Context,
    Drawn,
    Frame,
    Lane,
    MapOptions,
    frames,
    lane_label,
    lane_line,
)
from resa.drawing.map_header import header, legend, running_head, stage_heads, touchpoint_heads
from resa.drawing.map_lanes import improvements, owners, pain_points, pictures, thoughts, visits
from resa.drawing.map_tables import map_tables
from resa.drawing.map_ways import channels, paths
from resa.drawing.map_young import is_young, young_row
from resa.drawing.measured import MapNumbers
from resa.drawing.parts import Block
from resa.drawing.personas import draw_personas
from resa.drawing.printing import MARGIN, PAPERS, Paper
from resa.drawing.scene import Group, Item, Rect, Scene, line
from resa.drawing.svg import Svg
from resa.model.journey import JourneyMap

__all__ = ["draw_map"]

_EDGE = 28.0
_ROW_GAP = 44.0
_SCALES = (1.6, 1.4, 1.25, 1.15, 1.05, 0.95, 0.88, 0.82, 0.78, 0.74, 0.71, 0.68, 0.65)
"""Points a unit that are tried on paper; at the last one the smallest style (10 units) prints at 6.5 points."""
_LIKED = ((1, 300.0), (4, 250.0), (7, 190.0), (10, 150.0))  # column widths by number of columns
_NARROWEST = 118.0
_NARROWEST_PAPER = 700.0
_WORTH_BEGINNING = 0.4  # of a page: a row that must be cut begins on what is left of a page only if it is so much

_LANES: Mapping[Lane, Callable[[Context, Frame], Drawn | None]] = MappingProxyType(
    {
        "visits": visits,
        "expectations": arrows("expectation"),
        "promises": arrows("promise"),
        "paths": paths,
        "pictures": pictures,
        "actions": thoughts("actions"),
        "motivation": thoughts("motivation"),
        "questions": thoughts("questions"),
        "emotion": emotion,
        "pain_points": pain_points,
        "improvements": improvements,
        "channels": channels,
        "owners": owners,
        "frontstage": thoughts("frontstage"),
        "backstage": thoughts("backstage"),
        "support": thoughts("support"),
    }
)


def draw_map(journey_map: JourneyMap, numbers: MapNumbers | None = None, *, options: MapOptions | None = None) -> Svg:
    """Draw a journey map for the wall, a page or a screen.

    Lanes without content vanish, so the picture of a young map is a short one. Maps of many touchpoints wrap into rows;
    on paper a row is cut only if it fits no page, and no text prints smaller than 6.5 points.

    Args:
        journey_map: What to draw.
        numbers: What was measured; `None` draws the map as people wrote it.
        options: Which lanes, how wide, which pictures.
    """
    options = options or MapOptions()
    version = f" {journey_map.hash[:8]}" if journey_map.hash else ""
    context = Context(journey_map, numbers or MapNumbers(), options, measured=numbers is not None)
    data = context.numbers.as_of if numbers is not None and numbers.as_of else context.say("not_measured")
    about = (f"{journey_map.file or journey_map.key}{version}", f"{context.say('data')}: {data}")
    if options.personas:
        beside = draw_personas(
            journey_map,
            options.personas,
            numbers,
            figures=options.figures,
            width=options.width,
            heading=options.header,
        )
        return replace(beside, about=about)
    return Svg(scene=_sheet(context), sheets=partial(_sheets, context), about=about)


def _slots(context: Context) -> int:
    return sum(max(1, len(stage.touchpoints)) for stage in context.map.stages)


def _sheet(context: Context) -> Scene:
    """All rows below each other."""
    options = context.options
    wished = options.width
    if wished is None:
        beside = min(_slots(context), options.columns)
        liked = next(size for count, size in reversed(_LIKED) if beside >= count)
        inner = max(760.0, 112 + beside * liked + 12 * (len(context.map.stages) - 1))
        columns = options.columns
    else:
        edge = _EDGE if wished >= 640 else 16.0
        inner = max(240.0, wished - 2 * edge)
        label = 112.0 if inner >= 640 else 0.0
        columns = max(1, min(options.columns, int((inner - label) // (_NARROWEST if label else 170.0))))
    rows = frames(context, inner, columns, beside=not is_young(context))
    blocks = [header(context, inner)] if options.header else []
    lanes: list[Lane] = []
    for number, frame in enumerate(rows):
        drawn = _drawn(context, frame)
        lanes.extend(lane.lane for lane in drawn)
        if number:
            blocks.append(Block((), _ROW_GAP))
        blocks.append(_row(context, frame, drawn))
    if options.legend:
        blocks.extend(_legend(context, inner, lanes))
    return _scene(context, blocks, inner, edge=_EDGE if wished is None or wished >= 640 else 16.0)


def _legend(context: Context, inner: float, lanes: Sequence[Lane]) -> list[Block]:
    block = legend(context, inner, lanes)
    return [Block((), 18.0), block] if block.height else []


def _scene(
    context: Context, blocks: Sequence[Block], inner: float, *, edge: float, height: float | None = None
) -> Scene:
    items: list[Item] = []
    y = edge
    for block in blocks:
        items.append(Group(x=edge, y=y, items=block.items))
        y += block.height
    return Scene(
        width=inner + 2 * edge,
        height=height or y + edge,
        title=context.map.title,
        description=_description(context),
        language=context.language,
        items=tuple(items),
        tables=map_tables(context),
    )


def _description(context: Context) -> str:
    stages, touchpoints, arrows_ = len(context.map.stages), len(context.map.touchpoints), len(context.map.expectations)
    words = context.several("arrows", arrows_) if arrows_ else context.say("no_arrows")
    return context.say(
        "map_description",
        stages=context.several("stages", stages),
        touchpoints=context.several("touchpoints", touchpoints),
        arrows=words,
    )


def _drawn(context: Context, frame: Frame) -> list[Drawn]:
    found = (_LANES[lane](context, frame) for lane in context.options.lanes)
    return [drawn for drawn in found if drawn is not None]


def _row(context: Context, frame: Frame, lanes: Sequence[Drawn]) -> Block:
    """Stage and touchpoint names, then the lanes below each other, moments of truth on a soft ground."""
    if is_young(context):
        return young_row(context, frame)
    stages = stage_heads(context, frame)
    names = touchpoint_heads(context, frame)
    y = stages.height
    heads: list[Item] = [*stages.items, Group(y=y, items=names.items)]
    y += names.height
    for drawn in lanes:
        label = lane_label(context, frame, drawn.lane)
        above = lane_line(context, frame, drawn.lane)
        rule = Group(y=y, items=above.items)
        heads.append(rule if above.items else line(0, y, frame.right, y, "hairline", stroke_width=0.8))
        y += above.height
        own = Group(y=y + 9, items=label.items)
        top = y if frame.beside else y + label.height + 9
        heads.append(Group(items=(own, Group(y=top, items=drawn.items)), kind="lane", key=drawn.lane))
        y += _lane_height(context, frame, drawn) - above.height
    items: list[Item] = [
        Rect(x=column.x, y=3, width=column.width, height=y - 3, fill="accent_soft")
        for column in frame.columns
        if column.touchpoint and column.touchpoint.moment_of_truth
    ]
    items.extend([*heads, line(0, y, frame.right, y, "hairline", stroke_width=0.8)])
    return Block(tuple(items), y)


def _lane_height(context: Context, frame: Frame, drawn: Drawn) -> float:
    """What a lane takes with its name, and the line above it."""
    label = lane_label(context, frame, drawn.lane).height
    own = max(drawn.height, label + 18) if frame.beside else drawn.height + label + 9
    return own + lane_line(context, frame, drawn.lane).height


@dataclass(frozen=True)
class _Layout:
    """A map laid out for paper: blocks by page, the size of the pages in units, and how often a row had to be cut."""

    pages: tuple[tuple[Block, ...], ...]
    inner: float
    room: float
    cuts: int

    @property
    def fits(self) -> bool:
        return all(sum(block.height for block in page) <= self.room + 0.01 for page in self.pages)


def _sheets(context: Context, paper: Paper) -> tuple[Scene, ...]:
    """Lay the map out for landscape paper: on as few pages and in as few rows as can be, then as large as can be."""
    whole = replace(context, options=replace(context.options, header=True, title=True, legend=True))
    wide, high = (length - 2 * MARGIN for length in PAPERS[paper])
    slots, least = _slots(context), _SCALES[-1]
    most = max(1, min(context.options.columns, int((wide / least - LABEL_WIDTH) // _NARROWEST)))
    columns = -(-slots // -(-slots // most))
    best = fewest = _arranged(whole, wide / least, high / least, columns)
    scales = [scale for scale in _SCALES if wide / scale >= max(_NARROWEST_PAPER, LABEL_WIDTH + columns * _NARROWEST)]
    # Page counts grow with the scale, so halving finds the largest that costs no further page and no further cut.
    low, top = 0, len(scales)
    while low < top:
        middle = (low + top) // 2
        layout = _arranged(whole, wide / scales[middle], high / scales[middle], columns)
        if len(layout.pages) <= len(fewest.pages) and layout.cuts <= fewest.cuts and layout.fits:
            best, top = layout, middle
        else:
            low = middle + 1
    return tuple(_page(whole, best, number) for number in range(len(best.pages)))


def _arranged(context: Context, inner: float, room: float, columns: int) -> _Layout:
    """Rows one after the other; one that its page has no room for begins the next, and is cut if it fits none whole."""
    top = running_head(context, inner, "").height
    head = header(context, inner)
    pages: list[list[Block]] = [[head]]
    used = head.height
    cuts = 0
    lanes: list[Lane] = []
    for number, frame in enumerate(frames(context, inner, columns, beside=not is_young(context))):
        drawn = _drawn(context, frame)
        lanes.extend(lane.lane for lane in drawn)
        block = _row(context, frame, drawn)
        gap = _ROW_GAP if number else 0.0
        if used + gap + block.height <= room:
            pages[-1].extend([Block((), gap), block] if gap else [block])
            used += gap + block.height
            continue
        if number and room - used < _WORTH_BEGINNING * room:
            pages.append([])
            used = top
        elif number:
            pages[-1].append(Block((), gap))
            used += gap
        portions = _cut(context, frame, drawn, room - used, room - top)
        cuts += len(portions) - 1
        for part in portions:
            block = _row(context, frame, part)
            if used + block.height > room and pages[-1]:
                pages.append([])
                used = top
            pages[-1].append(block)
            used += block.height
    _put_legend(pages, _legend(context, inner, lanes), top, room)
    headed = [
        pages[0],
        *(
            [running_head(context, inner, _sheet_number(context, number, len(pages))), *blocks]
            for number, blocks in enumerate(pages[1:], start=2)
        ),
    ]
    return _Layout(tuple(map(tuple, headed)), inner, room, cuts)


def _put_legend(pages: list[list[Block]], foot: Sequence[Block], top: float, room: float) -> None:
    """At the end; where the last page is full, on the first page that has room; on a page of its own if none has."""

    def fits(number: int) -> bool:
        used = sum(block.height for block in [*pages[number], *foot])
        return used + (top if number else 0.0) <= room

    place = next((number for number in (len(pages) - 1, *range(len(pages) - 1)) if fits(number)), None)
    if foot and place is None:
        pages.append([])
    pages[-1 if place is None else place].extend(foot)


def _sheet_number(context: Context, number: int, of: int) -> str:
    return context.say("sheet", n=formats.count(number, context.language), of=formats.count(of, context.language))


def _cut(context: Context, frame: Frame, lanes: Sequence[Drawn], first: float, other: float) -> list[list[Drawn]]:
    """Lanes in portions that fit: the first into what is left of its page, the others into pages of their own."""
    names = stage_heads(context, frame).height + touchpoint_heads(context, frame).height
    portions: list[list[Drawn]] = [[]]
    y, limit = names, first
    for drawn in lanes:
        height = _lane_height(context, frame, drawn)
        if portions[-1] and y + height > limit:
            portions.append([])
            y, limit = names, other
        portions[-1].append(drawn)
        y += height
    return portions


def _page(context: Context, layout: _Layout, number: int) -> Scene:
    blocks = layout.pages[number]
    height = sum(block.height for block in blocks)
    if len(layout.pages) == 1 and height < layout.room * 0.7:
        # A little above the middle, where a poster looks centred.
        blocks = (Block((), (layout.room - height) * 0.38), *blocks)
    return _scene(context, blocks, layout.inner, edge=0.0, height=max(layout.room, height))
