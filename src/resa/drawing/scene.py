"""A picture as a tree of typed shapes with known geometry, before it becomes SVG.

Everything that is drawn is one of these. Boxes can be asked for, which is how tests prove that no text is cut and
no two overlap. Coordinates are units of the drawing, y downwards; a group shifts its children.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from resa.drawing.fonts import width
from resa.drawing.tokens import STYLES, Colour, Style, StyleName

__all__ = [
    "Anchor",
    "Box",
    "Circle",
    "Group",
    "Image",
    "Item",
    "Path",
    "Rect",
    "Scene",
    "Table",
    "Text",
    "arrow_head",
    "line",
    "placed_texts",
    "points_along",
    "smooth",
    "walk",
]

Anchor = Literal["start", "middle", "end"]
_ASCENT, _DESCENT = 0.75, 0.25  # of the size: higher than É and lower than g in Source Sans Pro


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def moved(self, x: float, y: float) -> Box:
        """The same box elsewhere."""
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)

    def overlaps(self, other: Box, slack: float = 0.01) -> bool:
        """Whether the two share an area, apart from `slack` units of rounding."""
        return (
            self.left < other.right - slack
            and other.left < self.right - slack
            and self.top < other.bottom - slack
            and other.top < self.bottom - slack
        )

    def holds(self, other: Box, slack: float = 0.01) -> bool:
        """Whether the other lies inside this one."""
        return (
            self.left <= other.left + slack
            and self.top <= other.top + slack
            and self.right >= other.right - slack
            and self.bottom >= other.bottom - slack
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One paragraph, already broken into lines.

    Attributes:
        x: Where the lines start, are centred or end, as `anchor` says.
        y: Baseline of the first line.
        lines: Already broken and cleaned.
        style: Name of the style.
        fill: Colour.
        anchor: What `x` is.
        cell: The room it must stay inside, in the same coordinates; used by tests.
    """

    x: float
    y: float
    lines: tuple[str, ...]
    style: StyleName = "body"
    fill: Colour = "ink"
    anchor: Anchor = "start"
    cell: Box | None = None

    @property
    def setting(self) -> Style:
        """The style itself."""
        return STYLES[self.style]

    @property
    def width(self) -> float:
        """Width of the widest line."""
        setting = self.setting
        return max((width(piece, setting.size, setting.face) for piece in self.lines), default=0.0)

    @property
    def box(self) -> Box:
        """The room the ink can take."""
        setting, wide = self.setting, self.width
        left = {"start": self.x, "middle": self.x - wide / 2, "end": self.x - wide}[self.anchor]
        bottom = self.y + setting.leading * (len(self.lines) - 1) + setting.size * _DESCENT
        return Box(left, self.y - setting.size * _ASCENT, left + wide, bottom)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """A rectangle, its corners rounded by `radius`."""

    x: float
    y: float
    width: float
    height: float
    radius: float = 0.0
    fill: Colour | None = None
    stroke: Colour | None = None
    stroke_width: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0

    @property
    def box(self) -> Box:
        """Its outline."""
        return Box(self.x, self.y, self.x + self.width, self.y + self.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """A circle around (`x`, `y`)."""

    x: float
    y: float
    radius: float
    fill: Colour | None = None
    stroke: Colour | None = None
    stroke_width: float = 1.0

    @property
    def box(self) -> Box:
        """Its outline."""
        return Box(self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius)


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A line or shape. Commands are absolute: ('M', x, y), ('L', x, y), ('C', x1, y1, x2, y2, x, y), ('Z',)."""

    commands: tuple[tuple[str | float, ...], ...]
    fill: Colour | None = None
    stroke: Colour | None = None
    stroke_width: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0
    round_ends: bool = False

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """All points named, control points of curves included."""
        found: list[tuple[float, float]] = []
        for command in self.commands:
            numbers = [float(number) for number in command[1:]]
            found.extend(zip(numbers[::2], numbers[1::2], strict=True))
        return tuple(found)

    @property
    def box(self) -> Box:
        """A box that holds it (control points included)."""
        points = self.points or ((0.0, 0.0),)
        half = self.stroke_width / 2 if self.stroke else 0.0
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return Box(min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A raster picture, cropped to fill its place."""

    x: float
    y: float
    width: float
    height: float
    media_type: str
    data: bytes
    title: str = ""

    @property
    def box(self) -> Box:
        """Its place."""
        return Box(self.x, self.y, self.x + self.width, self.y + self.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Shapes that belong together, shifted by (`x`, `y`).

    Attributes:
        x: Shift to the right.
        y: Shift downwards.
        items: What it holds.
        title: What a reader hears, and sees when pointing at it; empty: nothing.
        kind: What it stands for (`expectation`, `touchpoint`, `lane`); becomes `data-kind`.
        key: Which one it is; becomes `data-key`, so that a page can tie the shape to its numbers.
        link: Where a click leads: a fragment of the page (`#cart.purchase`), a path of the same site, perhaps with a
            query, or an http(s) address; empty: nowhere. Its title is then what the link is called.
        language: Of its texts, where that is not the picture's; empty: it is.
    """

    x: float = 0.0
    y: float = 0.0
    items: tuple[Item, ...] = ()
    title: str = ""
    kind: str = ""
    key: str = ""
    link: str = ""
    language: str = ""


Item: TypeAlias = "Text | Rect | Circle | Path | Image | Group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a picture says, as rows; for readers who do not see it, and for a page that shows both.

    Attributes:
        title: What it is about.
        head: Column headings.
        rows: One text for each heading; numbers are formatted for people.
        links: Where some of the numbers lead, by row and column.
        languages: Of columns that are in another one than the headings.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)
    languages: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One sheet.

    Attributes:
        width: In units.
        height: In units.
        title: Name of the picture.
        description: What it shows, in a sentence or two.
        language: Of its texts.
        items: What is on it, from back to front.
        tables: The same as rows.
    """

    width: float
    height: float
    title: str
    description: str
    language: str
    items: tuple[Item, ...]
    tables: tuple[Table, ...] = ()


def walk(items: Iterable[Item], x: float = 0.0, y: float = 0.0) -> Iterator[tuple[Item, float, float]]:
    """Every shape with the shift that its groups give it, groups before what they hold."""
    for item in items:
        yield item, x, y
        if isinstance(item, Group):
            yield from walk(item.items, x + item.x, y + item.y)


def placed_texts(scene: Scene) -> list[tuple[Text, Box, Box | None]]:
    """Every text of a sheet with its box and the box of its cell, in the sheet's coordinates."""
    return [
        (item, item.box.moved(x, y), item.cell.moved(x, y) if item.cell else None)
        for item, x, y in walk(scene.items)
        if isinstance(item, Text)
    ]


def line(
    x1: float,
    y1: float,
    x2: float,
    y2: float,
    colour: Colour = "hairline",
    *,
    stroke_width: float = 1.0,
    dash: tuple[float, ...] = (),
) -> Path:
    """A straight line."""
    return Path(commands=(("M", x1, y1), ("L", x2, y2)), stroke=colour, stroke_width=stroke_width, dash=dash)


def arrow_head(x: float, y: float, size: float, colour: Colour, direction: Literal[-1, 1] = 1) -> Path:
    """A filled head whose tip is at (`x`, `y`), pointing right (1) or left (-1)."""
    back = x - direction * size
    return Path(commands=(("M", x, y), ("L", back, y - size * 0.62), ("L", back, y + size * 0.62), ("Z",)), fill=colour)


def smooth(points: Iterable[tuple[float, float]]) -> tuple[tuple[str | float, ...], ...]:
    """A curve through the points that never swings above or below them, as path commands; the points' x must rise.

    Cubic Hermite pieces with limited slopes at the points (M. Steffen 1990, A simple method for monotonic interpolation
    in one dimension, Astron. Astrophys. 239, 443-450: the mean slope of equation 10, limited to twice the smaller
    neighbour's as in equation 11).
    """
    nodes = list(points)
    if not nodes:
        return ()
    commands: list[tuple[str | float, ...]] = [("M", *nodes[0])]
    count = len(nodes)
    if count == 1:
        return tuple(commands)
    steps = [nodes[i + 1][0] - nodes[i][0] for i in range(count - 1)]
    slopes = [(nodes[i + 1][1] - nodes[i][1]) / steps[i] for i in range(count - 1)]
    tangents = [slopes[0]]
    for i in range(1, count - 1):
        if slopes[i - 1] * slopes[i] <= 0:
            tangents.append(0.0)
            continue
        mean = (slopes[i - 1] * steps[i] + slopes[i] * steps[i - 1]) / (steps[i - 1] + steps[i])
        limit = 2 * min(abs(slopes[i - 1]), abs(slopes[i]))
        tangents.append(max(-limit, min(limit, mean)))
    tangents.append(slopes[-1])
    for i in range(count - 1):
        (x1, y1), (x2, y2), third = nodes[i], nodes[i + 1], steps[i] / 3
        commands.append(("C", x1 + third, y1 + tangents[i] * third, x2 - third, y2 - tangents[i + 1] * third, x2, y2))
    return tuple(commands)


def points_along(points: Iterable[tuple[float, float]], step: float) -> list[tuple[float, float]]:
    """Points on the curve that `smooth` draws, about `step` apart in x: its control points stand at thirds of x."""
    found: list[tuple[float, float]] = []
    x0 = y0 = 0.0
    for command in smooth(points):
        numbers = [float(number) for number in command[1:]]
        if command[0] == "M":
            x0, y0 = numbers
            continue
        y1, y2, x3, y3 = numbers[1], numbers[3], numbers[4], numbers[5]
        count = max(1, int((x3 - x0) / step))
        for number in range(count + 1):
            t = number / count
            u = 1 - t
            y = u**3 * y0 + 3 * u * u * t * y1 + 3 * u * t * t * y2 + t**3 * y3
            found.append((x0 + t * (x3 - x0), y))
        x0, y0 = x3, y3
    return found
