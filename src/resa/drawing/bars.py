"""Bars to compare, and the table of transitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resa.drawing import formats
from resa.drawing.canvas import EDGE, edge, empty, sheet
from resa.drawing.map_arrows import VERDICT_COLOURS, VERDICT_MARKS
from resa.drawing.matrix import Cell, counted, matrix
from resa.drawing.measured import Verdict
from resa.drawing.parts import Block, first_baseline, mark, paragraph, whisker, widest
from resa.drawing.scene import Box, Group, Item, Rect, Table, Text, line
from resa.drawing.svg import Svg
from resa.drawing.tokens import STYLES, Colour
from resa.drawing.words import said_in, say, say_count
from resa.drawing.wrapping import fit

__all__ = ["Bar", "draw_bars", "draw_transitions"]

_THICK = 14.0
_PITCH = 30.0
_FILLS: dict[Verdict, Colour] = {
    "met": "accent",
    "below": "below",
    "near": "neutral",
    "none": "accent",
    "few": "neutral",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar.

    Attributes:
        name: For people.
        value: How long it is.
        words: The value as people read it.
        low: Lower end of its interval.
        high: Upper end.
        target: Drawn as a tick.
        verdict: Against the target; gives colour and sign.
    """

    name: str
    value: float
    words: str
    low: float | None = None
    high: float | None = None
    target: float | None = None
    verdict: Verdict = "none"


def draw_bars(
    bars: Sequence[Bar],
    *,
    title: str,
    note: str = "",
    language: str = "en",
    counts: bool = False,
    most: float = 0.0,
    width: float = 560.0,
    heading: bool = True,
) -> Svg:
    """Draw horizontal bars from zero, numbers aligned at the right.

    Args:
        bars: From top to bottom.
        title: Name of the picture.
        note: A line under the title.
        language: Of words.
        counts: Values are counts, not shares.
        most: The value at the end of the scale, where that is more than the largest here.
        width: Of the picture in units.
        heading: Draw the title.
    """
    language = said_in(language)
    inner = width - 2 * edge(heading)
    intervals = say("interval_note", language) if any(bar.low is not None for bar in bars) else ""
    return sheet(
        title=title,
        note=" ".join(filter(None, (note, intervals))),
        description=say_count("bars_description", language, len(bars), formats.count(len(bars), language)),
        language=language,
        width=width,
        body=_bars(bars, inner, most) if bars else empty(inner, language),
        tables=[
            Table(
                title=title,
                head=(say("column.name", language), say("column.count" if counts else "column.share", language)),
                rows=tuple((bar.name, bar.words) for bar in bars),
            )
        ]
        if bars
        else [],
        heading=heading,
    )


def _bars(bars: Sequence[Bar], width: float, most: float) -> Block:
    names = min(200.0, width * 0.34)
    numbers = min(width * 0.4, widest([bar.words for bar in bars], "strong") + 34)
    if most:  # other pictures have the same scale, so their bars must be as long, whatever their words
        numbers = width * 0.25
    left, room = names, width - names - numbers
    most = max(most, *(max(bar.value, bar.high or 0.0, bar.target or 0.0) for bar in bars)) or 1.0
    items: list[Item] = []
    y = 0.0
    for bar in bars:
        name = paragraph(bar.name, names - 14, "body")
        height = max(_PITCH, name.height + 8)
        middle = y + height / 2
        colour = VERDICT_COLOURS[bar.verdict]
        fill = _FILLS[bar.verdict]
        items.append(Group(y=middle - name.height / 2, items=name.items))
        items.append(Rect(x=left, y=middle - _THICK / 2, width=room, height=_THICK, fill="ground"))
        items.append(
            Rect(x=left, y=middle - _THICK / 2, width=max(0.0, room * bar.value / most), height=_THICK, fill=fill)
        )
        if bar.low is not None and bar.high is not None:
            items.extend(whisker(left + room * bar.low / most, left + room * bar.high / most, middle))
        if bar.target is not None:
            x = left + room * bar.target / most
            items.append(line(x, middle - _THICK / 2 - 3, x, middle + _THICK / 2 + 3, "ink", stroke_width=1.6))
        shape = VERDICT_MARKS[bar.verdict]
        if shape:
            items.extend(mark(shape, left + room + 14, middle, 8, colour))
        base = middle - STYLES["strong"].leading / 2 + first_baseline("strong")
        cell = Box(left + room + 20, middle - 9, width, middle + 9)
        items.append(
            Text(
                x=width,
                y=base,
                lines=(fit(bar.words, STYLES["strong"], numbers - 34),),
                style="strong",
                fill=colour,
                anchor="end",
                cell=cell,
            )
        )
        y += height
    return Block(tuple(items), y)


def draw_transitions(
    names: Sequence[str],
    counts: Mapping[tuple[str, str], int],
    *,
    entries: Mapping[str, int] | None = None,
    exits: Mapping[str, int] | None = None,
    title: str = "",
    note: str = "",
    language: str = "en",
    cell_width: float = 66.0,
    heading: bool = True,
) -> Svg:
    """Draw how often one touchpoint follows another as a table whose cells are tinted by their share of the row.

    Args:
        names: Touchpoints in order, as people call them; unique.
        counts: By (from, to).
        entries: How many journeys begin at each.
        exits: How many end at each.
        title: Name of the picture; empty: "Transitions".
        note: A line under the title.
        language: Of words and numbers.
        cell_width: Width of a column.
        heading: Draw the title.
    """
    language = said_in(language)
    title = title or say("transitions", language)
    begin, end = say("entry", language), say("exit", language)
    rows: list[tuple[str, list[int]]] = []
    if entries is not None:
        rows.append((begin, [entries.get(name, 0) for name in names] + ([0] if exits is not None else [])))
    rows.extend((one, _row(one, names, counts, exits)) for one in names)
    heads = [*names, end] if exits is not None else list(names)
    label = 130.0
    width = max(240.0, label + cell_width * len(heads) + 2 * EDGE)
    shown = [
        (name, _shares(numbers, row - (entries is not None), language)) for row, (name, numbers) in enumerate(rows)
    ]
    body = matrix(shown, heads, label=label, wide=cell_width) if names else empty(width - 2 * EDGE, language)
    table = Table(
        title=title,
        head=(say("column.from", language), *heads),
        rows=tuple((name, *(formats.count(n, language) if n else "" for n in numbers)) for name, numbers in rows),
    )
    return sheet(
        title=title,
        note=note,
        description=say("transitions_description", language),
        language=language,
        width=width,
        body=body,
        tables=[table] if names else [],
        heading=heading,
    )


def _row(
    one: str, names: Sequence[str], counts: Mapping[tuple[str, str], int], exits: Mapping[str, int] | None
) -> list[int]:
    leaving = [counts.get((one, two), 0) for two in names]
    return leaving if exits is None else [*leaving, exits.get(one, 0)]


def _shares(counts: Sequence[int], own: int, language: str) -> list[Cell]:
    """Counts tinted by their share of the row; that of the row's own touchpoint has a border."""
    whole = sum(counts) or 1
    return [
        Cell(
            counted(count, language) if count else "",
            count / whole if count else None,
            outlined=column == own,
        )
        for column, count in enumerate(counts)
    ]
