"""A line as small as a word."""

from __future__ import annotations

from collections.abc import Sequence

from resa.drawing.scene import Circle, Item, Path, Scene, line
from resa.drawing.svg import Svg
from resa.drawing.words import said_in

__all__ = ["sparkline"]


def sparkline(
    values: Sequence[float | None],
    *,
    title: str,
    language: str = "en",
    target: float | None = None,
    marks: Sequence[float] = (),
    width: float = 96.0,
    height: float = 24.0,
) -> Svg:
    """A line as small as a word: its last point marked, the target as a hair.

    Args:
        values: Shares, oldest first; `None` leaves a gap.
        title: What it says in words; there is no text in the picture.
        language: Of the title.
        target: Drawn as a thin line.
        marks: Where something happened, 0 at the first value to 1 at the last; the title says what.
        width: In units.
        height: In units.
    """
    language = said_in(language)
    known = [value for value in values if value is not None]
    highest = max([*known, target or 0.0, 1e-9])
    lowest = min([*known, target if target is not None else highest])
    span = (highest - lowest) or 1.0
    pad = 4.0
    step = (width - 2 * pad) / max(1, len(values) - 1)

    def place(value: float) -> float:
        return height - pad - (height - 2 * pad) * (value - lowest) / span

    items: list[Item] = []
    if target is not None:
        items.append(line(1, place(target), width - 1, place(target), "line", stroke_width=0.8, dash=(2, 2)))
    for at in marks:
        x = pad + (width - 2 * pad) * min(1.0, max(0.0, at))
        foot = (("M", x - 2.5, height), ("L", x + 2.5, height), ("L", x, height - 4), ("Z",))
        items.append(line(x, 1, x, height - 4, "muted", stroke_width=0.8, dash=(1.5, 1.5)))
        items.append(Path(commands=foot, fill="ink"))
    commands: list[tuple[str | float, ...]] = []
    last: tuple[float, float] | None = None
    gap = True
    for number, value in enumerate(values):
        if value is None:
            gap = True
            continue
        last = (pad + number * step, place(value))
        commands.append(("M" if gap else "L", *last))
        gap = False
    if commands:
        items.append(Path(commands=tuple(commands), stroke="accent", stroke_width=1.5, round_ends=True))
    if last:
        items.append(Circle(x=last[0], y=last[1], radius=2.4, fill="accent"))
    scene = Scene(width=width, height=height, title=title, description=title, language=language, items=tuple(items))
    return Svg(scene=scene)
