"""Whether words of a picture can be read: none is cut, and each stands out from what it is written on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from resa.drawing.scene import Box, Circle, Path, Rect, Scene, Text, walk
from resa.drawing.tokens import COLOURS, Colour

__all__ = ["contrast", "cut_words", "dim_words"]

LEAST = 4.5
"""What WCAG 2.2 AA asks of text."""

_STEPS = 12

_Shape = Rect | Circle | Path
_RGB = tuple[float, ...]


def _rgb(colour: str) -> _RGB:
    return tuple(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))


def _luminance(colour: _RGB) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: _RGB, two: _RGB) -> float:
    high, low = sorted((_luminance(one), _luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def contrast(one: str, two: str) -> float:
    """Contrast ratio of two colours, `#rrggbb`, as WCAG 2.2 defines it."""
    return _contrast(_rgb(one), _rgb(two))


def cut_words(scene: Scene) -> list[str]:
    """Words that did not fit and end in an ellipsis."""
    return [
        line for item, _, _ in walk(scene.items) if isinstance(item, Text) for line in item.lines if line[-1] == "…"
    ]


def dim_words(scene: Scene) -> list[str]:
    """Words that stand out too little from what was painted before them, in light or dark."""
    found = []
    painted: list[tuple[_Shape, Box, float, float]] = []
    for item, x, y in walk(scene.items):
        if isinstance(item, Text):
            box = item.box.moved(x, y)
            below = [(shape, left, top) for shape, reach, left, top in painted if reach.overlaps(box)]
            for number, theme in enumerate(("light", "dark")):
                for px, py in _inside(box):
                    ground = _ground(below, px, py, number)
                    ratio = _contrast(_rgb(COLOURS[item.fill][number]), ground)
                    if ratio < LEAST:
                        found.append(f"{item.lines} {box}: {item.fill} has a contrast of {ratio:.2f} in {theme}")
                        break
        elif isinstance(item, Rect | Circle | Path):
            painted.append((item, item.box.moved(x, y), x, y))
    return found


def _inside(box: Box) -> Iterator[tuple[float, float]]:
    """Places all over a text."""
    for part in (0.02, 0.25, 0.5, 0.75, 0.98):
        yield box.left + (box.right - box.left) * part, (box.top + box.bottom) / 2


def _ground(painted: list[tuple[_Shape, float, float]], x: float, y: float, theme: int) -> _RGB:
    """The colour at a place: paper, and on it all that was painted there."""
    ground = _rgb(COLOURS["paper"][theme])
    for shape, left, top in painted:
        colour = _colour(shape, x - left, y - top)
        if colour is not None:
            opacity = 1.0 if isinstance(shape, Circle) else shape.opacity
            over = _rgb(COLOURS[colour][theme])
            ground = tuple(opacity * new + (1 - opacity) * old for new, old in zip(over, ground, strict=True))
    return ground


def _colour(shape: _Shape, x: float, y: float) -> Colour | None:
    """What a shape paints at a place; thin lines do not count, since words are read across them."""
    if not shape.box.holds(Box(x, y, x, y)):
        return None
    if isinstance(shape, Circle):
        return shape.fill if math.dist((x, y), (shape.x, shape.y)) <= shape.radius else None
    if isinstance(shape, Rect):
        return shape.fill
    outline = list(_flat(shape))
    if shape.fill is not None and _encloses(outline, x, y):
        return shape.fill
    wide = shape.stroke is not None and shape.stroke_width > 4 and not shape.dash
    return shape.stroke if wide and _near(outline, x, y) <= shape.stroke_width / 2 else None


def _flat(path: Path) -> Iterator[tuple[float, float]]:
    """The corners of a path, its curves as short lines."""
    x = y = 0.0
    for name, *rest in path.commands:
        numbers = [float(number) for number in rest]
        if name == "C":
            x1, y1, x2, y2, x3, y3 = numbers
            for step in range(1, _STEPS + 1):
                t = step / _STEPS
                a, b, c, d = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3
                yield a * x + b * x1 + c * x2 + d * x3, a * y + b * y1 + c * y2 + d * y3
        elif numbers:
            yield numbers[0], numbers[1]
        if numbers:
            x, y = numbers[-2:]


def _encloses(corners: list[tuple[float, float]], x: float, y: float) -> bool:
    """Whether a place lies inside: a ray to the right leaves an odd number of times."""
    inside = False
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], *corners[:1]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def _near(corners: list[tuple[float, float]], x: float, y: float) -> float:
    """How far a place is from a line."""
    least = math.inf
    for (x1, y1), (x2, y2) in pairwise(corners):
        dx, dy = x2 - x1, y2 - y1
        along = ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy) if dx or dy else 0.0
        along = min(1.0, max(0.0, along))
        least = min(least, math.dist((x, y), (x1 + along * dx, y1 + along * dy)))
    return least
