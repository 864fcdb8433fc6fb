"""The grid of a journey map: which touchpoints stand in a row, where, and what every lane needs to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from resa.drawing import formats
from resa.drawing.measured import MapNumbers
from resa.drawing.parts import Block, paragraph, stack
from resa.drawing.scene import Group, Item, line
from resa.drawing.words import said_in, say, say_count
from resa.model.journey import JourneyMap, PainPoint, Persona, Stage, Touchpoint

__all__ = [
    "LANES",
    "PRESETS",
    "Column",
    "Context",
    "Drawn",
    "Figure",
    "Frame",
    "Lane",
    "MapOptions",
    "frames",
    "lane_label",
    "lane_line",
]

Lane = Literal[
    "visits",
    "expectations",
    "promises",
    "paths",
    "pictures",
    "actions",
    "motivation",
    "questions",
    "emotion",
    "pain_points",
    "improvements",
    "channels",
    "owners",
    "frontstage",
    "backstage",
    "support",
]

Figure = Literal["customers", "score", "persona", "path"]
"""What a number on the map is of: a touchpoint's customers or its score, a persona's size, or who walks its path."""

LANES: tuple[Lane, ...] = (
    "pictures",
    "actions",
    "visits",
    "expectations",
    "promises",
    "paths",
    "emotion",
    "motivation",
    "questions",
    "pain_points",
    "improvements",
    "channels",
    "owners",
    "frontstage",
    "backstage",
    "support",
)
"""All lanes, from top to bottom; a lane with nothing in it is left out."""

PRESETS: Mapping[str, tuple[Lane, ...]] = MappingProxyType(
    {
        "all": LANES,
        "customer": ("pictures", "actions", "emotion", "motivation", "questions", "pain_points", "improvements"),
        "blueprint": ("pictures", "actions", "frontstage", "backstage", "support"),
        "numbers": ("visits", "expectations", "promises", "paths", "emotion"),
    }
)
"""Lanes for one purpose each. A service blueprint (G. L. Shostack, Harvard Business Review 62 (1984) 1, 133) has three
lines: of interaction, of visibility, and of internal interaction."""

LABEL_WIDTH = 112.0
STAGE_GAP = 12.0
PAD = 8.0
NARROW = 640.0  # below this width lane names stand above their lane, not beside it


@dataclass(frozen=True, kw_only=True)
class MapOptions:
    """What to draw of a map, and how wide.

    Attributes:
        lanes: Which, in which order.
        width: Of the whole sheet in units (CSS pixels); `None`: as wide as the touchpoints like to be.
        columns: The most touchpoints beside each other; more go into further rows.
        persona: Key of the persona through whose eyes the map is drawn; `None`: for everybody, differences marked.
        personas: Keys of several, two to five: they are drawn side by side instead, with what differs for each.
        pictures: Raster pictures (PNG, JPEG, GIF, WebP) by the path that the map gives; others get a placeholder.
        links: Where a click on an arrow (by its name) or touchpoint (by its key) leads: `#fragment`, a path of the same
            site, or http(s).
        figures: Where a click on a number leads, by what it is of and the key of the touchpoint or persona; a number of
            an arrow leads where the arrow does.
        comments: How many open comments a touchpoint has, by its key.
        header: Draw title, facts and personas.
        title: Draw title and facts in the header; a page that says them itself leaves them out.
        legend: Draw the legend.
    """

    lanes: tuple[Lane, ...] = LANES
    width: float | None = None
    columns: int = 12
    persona: str | None = None
    personas: tuple[str, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[tuple[Figure, str], str] = field(default_factory=dict)
    comments: Mapping[str, int] = field(default_factory=dict)
    header: bool = True
    title: bool = True
    legend: bool = True


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a row.

    Attributes:
        stage: Its stage.
        touchpoint: Its touchpoint; `None` for a stage that has none yet.
        x: Left edge.
        width: With padding.
    """

    stage: Stage
    touchpoint: Touchpoint | None
    x: float
    width: float

    @property
    def middle(self) -> float:
        """The x of its centre line."""
        return self.x + self.width / 2

    @property
    def left(self) -> float:
        """Where its texts start."""
        return self.x + PAD

    @property
    def room(self) -> float:
        """How wide its texts may be."""
        return self.width - 2 * PAD

    @property
    def key(self) -> str:
        """Key of the touchpoint, or empty."""
        return self.touchpoint.key if self.touchpoint else ""


@dataclass(frozen=True)
class Frame:
    """One row of the map.

    Attributes:
        columns: Left to right.
        left: Where the columns begin; the lane names stand before it. 0: they stand above.
        width: Of the whole sheet.
        number: 0 for the first row.
    """

    columns: tuple[Column, ...]
    left: float
    width: float
    number: int = 0

    @cached_property
    def column(self) -> Mapping[str, Column]:
        """Columns by key of their touchpoint."""
        return {column.key: column for column in self.columns if column.key}

    @property
    def right(self) -> float:
        """Where the columns end."""
        last = self.columns[-1]
        return last.x + last.width

    @property
    def beside(self) -> bool:
        """Lane names stand beside their lanes."""
        return self.left > 0


@dataclass(frozen=True)
class Context:
    """What is drawn: the map, its numbers, the options."""

    map: JourneyMap
    numbers: MapNumbers
    options: MapOptions
    measured: bool

    @property
    def language(self) -> str:
        """Of words and numbers."""
        return said_in(self.map.language)

    def written(self, block: Block) -> Block:
        """What people wrote, marked where that is in another language than the picture."""
        if not (block.items and self.map.written_in):
            return block
        return Block((Group(items=block.items, language=self.map.written_in),), block.height, block.width)

    def say(self, key: str, **values: object) -> str:
        """The words for `key`."""
        return say(key, self.language, **values)

    def several(self, key: str, n: int) -> str:
        """The words for `n` things."""
        return say_count(key, self.language, n, formats.count(n, self.language))

    def any_of(self, keys: Sequence[str]) -> str:
        """Names of touchpoints, any of which will do."""
        return formats.any_of([self.name(key) for key in keys], self.language)

    def name(self, key: str) -> str:
        """What people call a touchpoint; its key if the map has none of that key."""
        touchpoint = self.map.touchpoint.get(key)
        return touchpoint.name if touchpoint else key

    def leads(self, figure: Figure, key: str) -> str:
        """Where a click on a number leads; empty: nowhere."""
        return self.options.figures.get((figure, key), "")

    def evidence(self, point: PainPoint) -> Literal["assumed", "researched", "measured"]:
        """How well a pain point is known: measured only if the arrow that shows it has a share."""
        arrow = self.numbers.expectations.get(point.shown_by or "")
        return point.evidence if arrow is None or arrow.share is None else "measured"

    def evidence_words(self, point: PainPoint) -> str:
        """The same in words: with how many miss the arrow, or that it is not measured yet."""
        evidence = self.evidence(point)
        if evidence != "measured":
            return self.say(evidence) + (f" · {self.say('unmeasured_yet')}" if point.shown_by else "")
        missed = self.numbers.expectations[point.shown_by or ""].missed_share
        if missed is None:
            return self.say("measured")
        return self.say("measured_missed", share=formats.percent(missed, self.language))

    @cached_property
    def persona(self) -> Persona | None:
        """Through whose eyes the map is drawn."""
        return self.map.persona.get(self.options.persona) if self.options.persona else None

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Place of each touchpoint on the map, by key."""
        return {touchpoint.key: number for number, touchpoint in enumerate(self.map.touchpoints)}


@dataclass(frozen=True)
class Drawn:
    """A lane of one row, from (0, 0) of the sheet's left edge downwards."""

    lane: Lane
    items: tuple[Item, ...]
    height: float


def lane_label(context: Context, frame: Frame, lane: Lane) -> Block:
    """The name of a lane: beside it, or above where the sheet is narrow."""
    name = context.say(f"lane.{lane}")
    note = context.say(f"lane.{lane}.note")
    if frame.beside:
        room = frame.left - 14
        return stack([paragraph(name, room, "label", y=0), paragraph(note, room, "note", "muted")])
    return paragraph(name, frame.right, "label", lines=1)


_LINES: Mapping[Lane, str] = MappingProxyType(
    {"frontstage": "line.interaction", "backstage": "line.visibility", "support": "line.internal"}
)
"""What parts these lanes from those above them."""

_LINE_HEIGHT = 20.0


def lane_line(context: Context, frame: Frame, lane: Lane) -> Block:
    """The line above a lane, where there is one, with its name."""
    if lane not in _LINES:
        return Block((), 0.0)
    name = paragraph(context.say(_LINES[lane]), frame.right, "note", "muted", y=3, lines=1)
    rule = line(0, _LINE_HEIGHT - 1, frame.right, _LINE_HEIGHT - 1, "line", stroke_width=1.0, dash=(6, 4))
    return Block((*name.items, rule), _LINE_HEIGHT)


def frames(context: Context, width: float, columns: int, *, beside: bool = True) -> tuple[Frame, ...]:
    """Spread stages and touchpoints over rows of at most `columns`, breaking between stages where that costs no row.

    Args:
        context: What is drawn.
        width: Of the whole sheet.
        columns: The most columns of a row.
        beside: Keep room for the names of lanes beside them, where the sheet is wide enough.
    """
    slots = [slot for stage in context.map.stages for slot in _slots(context, stage)]
    rows = _rows(slots, max(1, columns))
    left = LABEL_WIDTH if beside and width >= NARROW else 0.0
    most = max(map(len, rows))
    return tuple(
        _frame(row, left, width, (width - left - _breaks(row) * STAGE_GAP) / most, number)
        for number, row in enumerate(rows)
    )


def _slots(context: Context, stage: Stage) -> list[tuple[Stage, Touchpoint | None]]:
    found = [(stage, context.map.touchpoint[key]) for key in stage.touchpoints if key in context.map.touchpoint]
    return [*found] or [(stage, None)]


def _breaks(row: Sequence[tuple[Stage, Touchpoint | None]]) -> int:
    return sum(1 for one, two in pairwise(row) if one[0].key != two[0].key)


def _rows(slots: list[tuple[Stage, Touchpoint | None]], columns: int) -> list[list[tuple[Stage, Touchpoint | None]]]:
    """As few rows as can be, as even as can be; among the even ones, break where a stage begins."""
    count = -(-len(slots) // columns)
    rows = []
    start = 0
    for row in range(count, 0, -1):
        left = len(slots) - start
        even = -(-left // row)
        stop = start + even
        if row > 1:
            lowest = max(start + 1, len(slots) - (row - 1) * columns)
            candidates = range(lowest, min(start + columns, len(slots) - (row - 1)) + 1)
            stop = min(
                candidates, key=lambda end: (abs(end - start - even) + (0 if _is_border(slots, end) else 4.5), -end)
            )
        rows.append(slots[start:stop])
        start = stop
    return rows


def _is_border(slots: list[tuple[Stage, Touchpoint | None]], end: int) -> bool:
    return slots[end - 1][0].key != slots[end][0].key


def _frame(
    row: Sequence[tuple[Stage, Touchpoint | None]], left: float, width: float, unit: float, number: int
) -> Frame:
    columns = []
    x = left
    before: Stage | None = None
    for stage, touchpoint in row:
        if before is not None and before.key != stage.key:
            x += STAGE_GAP
        columns.append(Column(stage, touchpoint, x, unit))
        x += unit
        before = stage
    return Frame(tuple(columns), left, width, number)
