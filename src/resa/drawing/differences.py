"""Differences of two groups' shares, each with its interval, beside a line that stands for none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from resa.drawing import formats
from resa.drawing.canvas import EDGE, edge, empty, sheet
from resa.drawing.parts import Block, first_baseline, mark, paragraph, widest
from resa.drawing.scene import Anchor, Box, Group, Item, Rect, Table, Text, line
from resa.drawing.svg import Svg
from resa.drawing.tokens import STYLES, Colour, StyleName
from resa.drawing.words import said_in, say
from resa.drawing.wrapping import fit

__all__ = ["Difference", "Direction", "draw_differences"]

Direction = Literal["higher", "lower", "same", "few"]

_PITCH: Final = 30.0
_SHARE: Final = 72.0
_WIDEST_SHARE: Final = 116.0
_WORDS: Final = 146.0
_COLOURS: Final[dict[Direction, Colour]] = {"higher": "accent", "lower": "below", "same": "muted", "few": "muted"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs between the one group and the other.

    Attributes:
        name: What is compared, for people.
        share: In the one group, 0 to 1.
        other_share: In the other.
        low: Lower end of the interval of the one less the other.
        high: Upper end.
        direction: What the interval says of the one group: higher, lower, the same as far as it tells, or too few.
    """

    name: str
    share: float
    other_share: float
    low: float
    high: float
    direction: Direction

    @property
    def difference(self) -> float:
        """The one less the other."""
        return self.share - self.other_share


def draw_differences(
    rows: Sequence[Difference],
    *,
    groups: tuple[str, str],
    note: str = "",
    language: str = "en",
    width: float = 760.0,
    heading: bool = True,
) -> Svg:
    """Draw each difference as a mark with its interval; left of the line the other group is higher.

    Args:
        rows: From top to bottom.
        groups: Names of the one group and the other.
        note: A line under the title.
        language: Of words and numbers.
        width: Of the picture in units, 480 at least.
        heading: Draw the title.
    """
    language = said_in(language)
    title = say("differences", language, one=groups[0], other=groups[1])
    inner = width - 2 * edge(heading)
    table = Table(
        title=title,
        head=(say("column.name", language), *groups, say("column.difference", language)),
        rows=tuple(
            (
                row.name,
                formats.percent(row.share, language),
                formats.percent(row.other_share, language),
                _words(row, language),
            )
            for row in rows
        ),
    )
    return sheet(
        title=title,
        note=note or say("differences_note", language),
        description=say("differences_description", language),
        language=language,
        width=width,
        body=_body(rows, groups, inner, language) if rows else empty(width - 2 * EDGE, language),
        tables=[table] if rows else [],
        heading=heading,
    )


def _words(row: Difference, language: str) -> str:
    """`+9.7 (-3.2 to 22.3)`, in points of a hundred."""
    difference, low, high = (_points(value, language) for value in (row.difference, row.low, row.high))
    return say("difference_words", language, difference=difference, low=low, high=high)


def _points(value: float, language: str) -> str:
    """`+9.7`, `−3.2`: points of a hundred, with their sign."""
    points = round(100 * value, 1)
    sign = "+" if points > 0 else "−" if points < 0 else ""
    return sign + formats.decimal(abs(points), language)


def _body(rows: Sequence[Difference], groups: tuple[str, str], width: float, language: str) -> Block:
    names = min(220.0, width * 0.3)
    longest = widest((word for group in groups for word in group.split()), "note")
    column = max(_SHARE, min(_WIDEST_SHARE, width * 0.15, longest + 16))
    left = names + 2 * column + 14
    room = width - left - _WORDS - 14
    most = max(max(abs(row.low), abs(row.high)) for row in rows) or 1.0
    middle = left + room / 2
    heads = [
        paragraph(groups[0], column - 10, "note", "muted", x=names + 10, lines=3),
        paragraph(groups[1], column - 10, "note", "muted", x=names + column + 10, lines=3),
        paragraph(say("column.difference_points", language), _WORDS, "note", "muted", x=width - _WORDS, lines=3),
    ]
    top = max(block.height for block in heads) + 8
    items: list[Item] = [item for block in heads for item in block.items]
    y = top
    for row in rows:
        name = paragraph(row.name, names - 14, "body")
        height = max(_PITCH, name.height + 8)
        centre = y + height / 2
        colour = _COLOURS[row.direction]
        items.append(Group(y=centre - name.height / 2, items=name.items))
        for place, share in enumerate((row.share, row.other_share)):
            right = names + column * (place + 1) - 14
            items.append(_number(formats.percent(share, language), right, centre, "body", "ink", "end", column - 10))
        items.append(Rect(x=left, y=centre - 10, width=room, height=20, fill="ground"))
        ends = (middle + room / 2 * row.low / most, middle + room / 2 * row.high / most)
        items.append(line(ends[0], centre, ends[1], centre, colour, stroke_width=2.0))
        shape = {"higher": "up", "lower": "down", "same": "ring", "few": "ring"}[row.direction]
        x = middle + room / 2 * row.difference / most
        items.extend(mark(shape, x, centre, 9, colour))  # type: ignore[arg-type]  # these are shapes
        style: StyleName = "strong" if row.direction in {"higher", "lower"} else "body"
        words = _words(row, language)
        items.append(_number(words, width - _WORDS, centre, style, colour, "start", _WORDS))
        y += height
    items.append(line(middle, top, middle, y, "ink", stroke_width=1.0))
    return Block(tuple(items), y)


def _number(text: str, x: float, centre: float, style: StyleName, fill: Colour, anchor: Anchor, room: float) -> Text:
    base = centre - STYLES[style].leading / 2 + first_baseline(style)
    start = x - room if anchor == "end" else x
    return Text(
        x=x,
        y=base,
        lines=(fit(text, STYLES[style], room),),
        style=style,
        fill=fill,
        anchor=anchor,
        cell=Box(start, centre - 12, start + room, centre + 12),
    )
