"""Process maps that the drawing tests share, and what must hold of each."""

from __future__ import annotations

from collections.abc import Sequence

from resa.drawing import ProcessArrow, ProcessTouchpoint
from resa.drawing.scene import Box, Group, Path, Rect, Scene, walk

SHOP = ("page", "cart", "checkout", "purchase", "delivery")


def touchpoints(keys: Sequence[str], shown: Sequence[str] | None = None) -> list[ProcessTouchpoint]:
    """Touchpoints of these keys, the first the most visited."""
    return [
        ProcessTouchpoint(
            key=key,
            name=key.capitalize(),
            visits=1000 - number,
            customers=500 - number,
            shown=shown is None or key in shown,
        )
        for number, key in enumerate(keys)
    ]


def arrow(start: str | None, end: str | None, count: int, *, happy: bool = False, shown: bool = True) -> ProcessArrow:
    """An arrow with times where both ends are touchpoints."""
    times = start is not None and end is not None
    return ProcessArrow(
        start=start,
        end=end,
        count=count,
        customers=count,
        share=0.25,
        median_seconds=60.0 * count if times else None,
        p90_seconds=600.0 * count if times else None,
        happy=happy,
        shown=shown,
    )


def cards(scene: Scene) -> dict[str, Box]:
    """Where each touchpoint stands on the sheet."""
    found = {}
    for item, x, y in walk(scene.items):
        if isinstance(item, Group) and item.kind == "touchpoint":
            frame = next(inner for inner in item.items if isinstance(inner, Rect))
            found[item.key] = frame.box.moved(x + item.x, y + item.y)
    return found


def lines(scene: Scene) -> dict[str, list[tuple[float, float]]]:
    """Points along each arrow between two nodes, by its key."""
    found = {}
    for item, x, y in walk(scene.items):
        if isinstance(item, Group) and item.kind == "transition":
            curve = next(inner for inner in item.items if isinstance(inner, Path))
            found[item.key] = [(px + x + item.x, py + y + item.y) for px, py in _along(curve)]
    return found


def _along(path: Path) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    x0 = y0 = 0.0
    for command in path.commands:
        numbers = [float(number) for number in command[1:]]
        if command[0] == "M":
            x0, y0 = numbers
            continue
        x1, y1, x2, y2, x3, y3 = numbers
        for step in range(41):
            t = step / 40
            u = 1 - t
            points.append(
                (
                    u**3 * x0 + 3 * u * u * t * x1 + 3 * u * t * t * x2 + t**3 * x3,
                    u**3 * y0 + 3 * u * u * t * y1 + 3 * u * t * t * y2 + t**3 * y3,
                )
            )
        x0, y0 = x3, y3
    return points


def crossings(scene: Scene) -> list[str]:
    """Arrows that run through a touchpoint, or leave the sheet."""
    sheet = Box(0, 0, scene.width, scene.height)
    found = []
    for key, points in lines(scene).items():
        for x, y in points:
            found += [
                f"{key} runs through {name} at {x:.1f}, {y:.1f}"
                for name, box in cards(scene).items()
                if box.left + 1 < x < box.right - 1 and box.top + 1 < y < box.bottom - 1
            ]
            if not sheet.holds(Box(x, y, x, y)):
                found.append(f"{key} leaves the sheet at {x:.1f}, {y:.1f}")
    return found
