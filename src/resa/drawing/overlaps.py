"""How sets overlap: a bar for each combination, and under it dots that say of which sets it is (after UpSet).

Lex, Gehlenborg, Strobelt, Vuillemot, Pfister (2014): UpSet: Visualization of Intersecting Sets. With more than three
sets circles cannot have the right sizes; bars can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resa.drawing import formats
from resa.drawing.canvas import edge, empty, sheet
from resa.drawing.parts import Block, paragraph, widest
from resa.drawing.scene import Box, Circle, Group, Item, Rect, Table, Text, line
from resa.drawing.svg import Svg
from resa.drawing.tokens import STYLES
from resa.drawing.words import said_in, say, say_count

__all__ = ["Overlapping", "draw_overlaps"]

_TALL = 150.0
_ROW = 30.0
_PITCH = 44.0
_SET_BAR = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlapping:
    """A combination of sets.

    Attributes:
        sets: Places of the sets that it is of.
        customers: How many are in these and in no other one.
    """

    sets: tuple[int, ...]
    customers: int


def draw_overlaps(
    names: Sequence[str],
    sizes: Sequence[int],
    combinations: Sequence[Overlapping],
    *,
    title: str = "",
    language: str = "en",
    width: float = 760.0,
    heading: bool = True,
) -> Svg:
    """Draw how sets overlap.

    Args:
        names: Of the sets.
        sizes: How many are in each.
        combinations: The largest first; those that have no room are left out of the picture, not of its table.
        title: Name of the picture; empty: "Overlap".
        language: Of words and numbers.
        width: Of the picture in units.
        heading: Draw the title.
    """
    language = said_in(language)
    title = title or say("overlaps", language)
    rows = [(_called(names, one, language), formats.count(one.customers, language)) for one in combinations]
    inner = width - 2 * edge(heading)
    return sheet(
        title=title,
        note="",
        description=say_count(
            "overlaps_description",
            language,
            len(rows),
            formats.count(len(rows), language),
            largest=rows[0][0] if rows else "",
        ),
        language=language,
        width=width,
        body=_body(names, sizes, combinations, inner, language) if rows else empty(inner, language),
        tables=[
            Table(title=title, head=(say("column.name", language), say("column.customers", language)), rows=tuple(rows))
        ],
        heading=heading,
    )


def _called(names: Sequence[str], one: Overlapping, language: str) -> str:
    """What a combination is called."""
    joined = " + ".join(names[place] for place in one.sets)
    return say("overlaps_only", language, names=joined) if len(one.sets) == 1 else joined


def _body(
    names: Sequence[str], sizes: Sequence[int], combinations: Sequence[Overlapping], width: float, language: str
) -> Block:
    counts = [formats.count(size, language) for size in sizes]
    label, numbers = min(190.0, width * 0.3), widest(counts, "touchpoint") + 10
    bars = min(80.0, width * 0.1)
    left = label + bars + numbers + 16
    pitch = max(_PITCH, widest([formats.count(one.customers, language) for one in combinations], "note") + 8)
    shown = combinations[: max(1, int((width - left) / pitch))]
    below = _TALL + 20
    most = max(one.customers for one in shown) or 1
    items: list[Item] = []
    for place in range(len(names)):
        middle = below + _ROW * place + _ROW / 2
        if place % 2 == 0:
            items.append(Rect(x=0, y=middle - _ROW / 2, width=width, height=_ROW, fill="ground"))
        name = paragraph(names[place], label - 8, "strong", lines=1)
        items.append(Group(x=6, y=middle - name.height / 2, items=name.items))
        base = middle + STYLES["touchpoint"].leading / 4
        cell = Box(label, middle - _ROW / 2, label + numbers, middle + _ROW / 2)
        items.append(
            Text(x=label + numbers - 10, y=base, lines=(counts[place],), style="touchpoint", anchor="end", cell=cell)
        )
        length = max(1.5 if sizes[place] else 0.0, bars * sizes[place] / (max(sizes) or 1))
        items.append(Rect(x=label + numbers, y=middle - _SET_BAR / 2, width=length, height=_SET_BAR, fill="neutral"))
    for number, one in enumerate(shown):
        middle = left + pitch * number + pitch / 2
        items.append(
            Group(
                title=f"{_called(names, one, language)}: {formats.count(one.customers, language)}",
                items=tuple(_column(one, middle, pitch, below, most, len(names), language)),
            )
        )
    return Block(tuple(items), below + _ROW * len(names) + 4)


def _column(
    one: Overlapping, middle: float, pitch: float, below: float, most: int, sets: int, language: str
) -> list[Item]:
    """A bar with its number above it and its dots under it."""
    height = max(1.5, (_TALL - 24) * one.customers / most)
    words = formats.count(one.customers, language)
    cell = Box(middle - pitch / 2, _TALL - height - 24, middle + pitch / 2, _TALL - height)
    items: list[Item] = [
        Rect(x=middle - 12, y=_TALL - height, width=24, height=height, fill="accent"),
        Text(x=middle, y=_TALL - height - 6, lines=(words,), style="note", anchor="middle", cell=cell),
    ]
    ys = [below + _ROW * place + _ROW / 2 for place in range(sets)]
    if len(one.sets) > 1:
        items.append(line(middle, ys[min(one.sets)], middle, ys[max(one.sets)], "accent", stroke_width=3))
    for place, y in enumerate(ys):
        inside = place in one.sets
        items.append(
            Circle(x=middle, y=y, radius=6.5, fill="accent")
            if inside
            else Circle(x=middle, y=y, radius=5.5, stroke="line", stroke_width=1.2)
        )
    return items
