"""Shares over calendar time or over waiting time, with their interval, a target, and what was changed when."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import pairwise

from resa.drawing import formats
from resa.drawing.canvas import edge, empty, sheet
from resa.drawing.fonts import clean
from resa.drawing.fonts import width as text_width
from resa.drawing.noted import day_marks, described, legend, marked_days, marks_depth, notes_table
from resa.drawing.parts import Block, paragraph
from resa.drawing.scene import Anchor, Box, Circle, Group, Item, Path, Table, Text, line
from resa.drawing.svg import Svg
from resa.drawing.tokens import STYLES, Colour
from resa.drawing.words import said_in, say
from resa.drawing.wrapping import fit
from resa.model.writing import DayNote

__all__ = ["MOST_CURVES", "Curve", "CurveNote", "CurvePoint", "draw_curve"]

_LEFT = 46.0
_FOOT = 24.0
_SMALL = 100.0
_LOOKS: tuple[tuple[Colour, float, tuple[float, ...]], ...] = (
    ("accent", 2.2, ()),
    ("ink", 1.6, ()),
    ("accent", 1.6, (6, 3)),
    ("ink", 1.6, (2, 3)),
    ("muted", 1.6, (8, 3, 2, 3)),
    ("muted", 1.6, ()),
)

MOST_CURVES = len(_LOOKS)
"""So many lines are told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """A value with its interval.

    Attributes:
        at: A day, or seconds since the start for waiting times; the same kind in a whole picture.
        value: Share, 0 to 1, or a count; `None` leaves a gap.
        low: Lower end of the interval.
        high: Upper end.
    """

    at: date | float
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line: its name and points, in order."""

    name: str
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveNote:
    """Something that happened: an improvement came into force, a break."""

    at: date | float
    text: str


@dataclass(frozen=True)
class _Axes:
    left: float
    right: float
    top: float
    bottom: float
    first: float
    last: float
    highest: float

    def x(self, at: date | float) -> float:
        span = self.last - self.first
        return self.left + (self.right - self.left) * ((_number(at) - self.first) / span if span else 0.5)

    def y(self, value: float) -> float:
        return self.bottom - (self.bottom - self.top) * min(1.0, max(0.0, value / self.highest))


@dataclass(frozen=True)
class _Speech:
    """How values are written."""

    language: str
    counts: bool

    def number(self, value: float) -> str:
        """A value for people; of what is no share, small ones with a decimal if they have one."""
        if not self.counts:
            return formats.percent(value, self.language)
        return (formats.decimal if abs(value) < _SMALL else formats.count)(value, self.language)

    def moment(self, at: date | float) -> str:
        """Where a point lies: a day, or a waiting time."""
        return formats.day(at, self.language) if isinstance(at, date) else formats.seconds(at, self.language)


def draw_curve(
    curves: Sequence[Curve],
    *,
    title: str,
    note: str = "",
    language: str = "en",
    target: float | None = None,
    notes: Sequence[CurveNote] = (),
    days: Sequence[DayNote] = (),
    steps: bool = False,
    counts: bool = False,
    most: float = 0.0,
    width: float = 720.0,
    height: float = 220.0,
    heading: bool = True,
) -> Svg:
    """Draw shares, or counts, over time.

    Args:
        curves: At most `MOST_CURVES`; more are not told apart and are refused.
        title: Name of the picture.
        note: A line under the title.
        language: Of words and numbers.
        target: Drawn as a dashed line.
        notes: Marks on the time axis.
        days: What happened, of the days that are shown: numbers on the axis, and below it what they say.
        steps: Draw stairs, as an estimate of cumulative incidence is, instead of straight joins.
        counts: Values are counts, not shares.
        most: A value that the axis reaches at least.
        width: Of the picture in units.
        height: Of the plot itself.
        heading: Draw the title.

    Raises:
        ValueError: There are more curves than can be told apart.
    """
    speech = _Speech(said_in(language), counts)
    if len(curves) > MOST_CURVES:
        raise ValueError(f"{len(curves)} curves cannot be told apart; draw at most {MOST_CURVES}")
    inner = width - 2 * edge(heading)
    measured = [point for curve in curves for point in curve.points if point.value is not None]
    picture = partial(sheet, title=title, note=note, language=speech.language, width=width, heading=heading)
    if not measured:
        return picture(description=title, body=empty(inner, speech.language), tables=[])
    body, heard = _body(
        curves,
        measured,
        speech,
        notes=notes,
        days=days,
        steps=steps,
        most=most,
        target=target,
        width=inner,
        height=height,
    )
    tables = [_table(curves, title, speech), *([notes_table(days, speech.language)] if days else [])]
    description = " ".join(filter(None, [_description(title, measured, speech), heard]))
    return picture(description=description, body=body, tables=tables)


def _description(title: str, measured: Sequence[CurvePoint], speech: _Speech) -> str:
    """From which value to which, for those who do not see the picture."""
    first, last = (speech.number(point.value or 0.0) for point in (measured[0], measured[-1]))
    return say("curve_description", speech.language, title=title, first=first, last=last)


def _number(at: date | float) -> float:
    return float(at.toordinal()) if isinstance(at, date) else float(at)


def _nice(highest: float) -> tuple[float, float]:
    """A round top for an axis from zero, and the distance of its lines."""
    for step in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25):
        if highest <= step * 4.0001:
            return step * max(1, math.ceil(highest / step - 1e-9)), step
    return 1.0, 0.25


def _nice_count(highest: float) -> tuple[float, float]:
    """The same for counts: lines at whole numbers."""
    size = 10.0 ** max(0, math.floor(math.log10(max(highest, 1.0))) - 1)
    step = next(size * factor for factor in (1, 2, 5, 10, 20, 50) if highest <= size * factor * 5)
    return step * max(1, math.ceil(highest / step)), step


def _body(
    curves: Sequence[Curve],
    measured: Sequence[CurvePoint],
    speech: _Speech,
    *,
    notes: Sequence[CurveNote],
    days: Sequence[DayNote],
    steps: bool,
    most: float,
    target: float | None,
    width: float,
    height: float,
) -> tuple[Block, str]:
    tops = [max(p.value or 0.0, p.high or 0.0) for p in measured]
    highest, step = (_nice_count if speech.counts else _nice)(max([*tops, target or 0.0, most, 0.001]))
    label_room = min(width * 0.34, _end_width(curves, target, speech) + 12)
    positions = [_number(point.at) for curve in curves for point in curve.points]
    marks = [mark for mark in notes if min(positions) <= _number(mark.at) <= max(positions)]
    right = width - label_room
    rows, head = _note_rows(marks, _LEFT, right, min(positions), max(positions))
    axes = _Axes(_LEFT, right, head, head + height, min(positions), max(positions), highest)
    happened = day_marks(days, axes.x, axes.left, axes.right)
    low = marks_depth(happened)
    items: list[Item] = [*_grid(axes, step, speech), *_time_axis(axes, measured, speech, low)]
    items.extend(marked_days(happened, axes.top, axes.bottom, speech.language))
    if len(curves) == 1 and any(point.low is not None for point in curves[0].points):
        items.append(_band(axes, curves[0], steps=steps))  # of several, one would hide the others' lines
    if target is not None:
        y = axes.y(target)
        items.append(line(axes.left, y, axes.right, y, "ink", stroke_width=1.1, dash=(5, 4)))
    for mark, text in rows:
        x = axes.x(mark.at)
        top = text.y + 4 if text.lines else axes.top
        dotted = line(x, top, x, axes.bottom, "line", stroke_width=1.0, dash=(2, 3))
        items.append(Group(items=(dotted, text) if text.lines else (dotted,), title=mark.text))
    for look, curve in zip(_LOOKS, curves, strict=False):
        items.extend(_line(axes, curve, look, steps=steps))
    items.extend(_ends(axes, curves, target, width, speech))
    words = legend(happened, len(days) - len(happened), speech.language, width)
    foot = axes.bottom + _FOOT + low
    if words.height:
        items.append(Group(y=foot + 10, items=words.items))
        foot += 10 + words.height
    return Block(tuple(items), foot), described(happened, speech.language)


def _end_words(curve: Curve, many: bool, speech: _Speech) -> str:
    last = next((p.value for p in reversed(curve.points) if p.value is not None), None)
    if last is None:
        return ""
    share = speech.number(last)
    return f"{share} {curve.name}" if many else share


def _end_width(curves: Sequence[Curve], target: float | None, speech: _Speech) -> float:
    words = [(_end_words(curve, len(curves) > 1, speech), STYLES["note_strong"]) for curve in curves]
    if target is not None:
        words.append((say("target", speech.language, share=speech.number(target)), STYLES["note"]))
    return max(text_width(clean(text), style.size, style.face) for text, style in words)


def _grid(axes: _Axes, step: float, speech: _Speech) -> list[Item]:
    items: list[Item] = []
    for number in range(round(axes.highest / step) + 1):
        y = axes.y(number * step)
        items.append(line(axes.left, y, axes.right, y, "line" if number == 0 else "hairline", stroke_width=0.8))
        words = speech.number(number * step)
        cell = Box(0, y - 8, axes.left - 4, y + 8)
        items.append(
            Text(x=axes.left - 8, y=y + 3.4, lines=(words,), style="note", fill="muted", anchor="end", cell=cell)
        )
    return items


def _time_axis(axes: _Axes, measured: Sequence[CurvePoint], speech: _Speech, low: float) -> list[Item]:
    """As many labels as have room, at points that were measured or, for waiting times, at round times.

    They stand `low` units lower where something else is next to the axis.
    """
    ats: list[date | float] = sorted({point.at for point in measured}, key=_number)
    if ats and not isinstance(ats[0], date):
        ats = _round_times(axes.first, axes.last)
    if not ats:
        return []
    every = max(1, math.ceil(len(ats) * 76 / max(1.0, axes.right - axes.left)))
    items: list[Item] = []
    taken = -math.inf
    days = [at for at in ats if isinstance(at, date)]
    year = days[0].year if days and days[0].year == days[-1].year else None  # the one that need not be said
    for at in ats[::every]:
        if isinstance(at, date):
            words = formats.short_day(at, speech.language) if at.year == year else formats.day(at, speech.language)
        else:
            words = formats.seconds(at, speech.language) if at else "0"
        y = axes.bottom + 16 + low
        text = Text(x=axes.x(at), y=y, lines=(words,), style="note", fill="muted", anchor="middle")
        if text.box.left < taken + 6:
            continue
        taken = text.box.right
        year = at.year if isinstance(at, date) else None
        items.append(line(axes.x(at), axes.bottom, axes.x(at), axes.bottom + 4, "line", stroke_width=0.8))
        items.append(text)
    return items


def _round_times(first: float, last: float) -> list[date | float]:
    for step in (
        1,
        5,
        15,
        60,
        300,
        900,
        3600,
        4 * 3600,
        12 * 3600,
        86_400,
        2 * 86_400,
        7 * 86_400,
        14 * 86_400,
        30 * 86_400,
    ):
        if (last - first) / step <= 8:
            begin = math.ceil(first / step)
            return [float(n * step) for n in range(begin, int(last // step) + 1)]
    return [first + (last - first) / 6 * n for n in range(7)]


def _note_rows(
    notes: Sequence[CurveNote], left: float, right: float, first: float, last: float
) -> tuple[list[tuple[CurveNote, Text]], float]:
    """Each note's words beside its line, on a level where no line runs through words; with the room they take."""
    span, setting = last - first, STYLES["note"]
    places = [(note, left + (right - left) * ((_number(note.at) - first) / span if span else 0.5)) for note in notes]
    # Words reach left of their line where they fit there, else right, but then no further than the first line that
    # has its words on its left: so no two notes can each need to stand above the other.
    to_left = {
        id(note) for note, x in places if text_width(clean(note.text), setting.size, setting.face) <= x - left - 6
    }
    border = min((x for note, x in places if id(note) in to_left), default=right + 12)
    wanted: list[tuple[CurveNote, Text, float]] = []
    for note, x in places:
        ends_left = id(note) in to_left
        room = (x - left if ends_left else border - 6 - x) - 6
        words = fit(note.text, setting, room)
        lines = (words,) if words and text_width(words, setting.size, setting.face) <= room else ()
        anchor: Anchor = "end" if ends_left else "start"
        shift = -5 if ends_left else 5
        wanted.append((note, Text(x=x + shift, y=0.0, lines=lines, style="note", anchor=anchor), x))
    wanted.sort(key=lambda entry: (entry[1].anchor == "end", entry[2] if entry[1].anchor == "end" else -entry[2]))
    placed: list[tuple[int, CurveNote, Text, float]] = []
    for note, text, x in wanted:
        level = next(n for n in range(len(placed) + 1) if _free(n, text.box, placed))
        placed.append((level, note, text, x))
    depth = max((level for level, *_ in placed), default=-1) + 1
    found = [(note, replace(text, y=10.0 + 15 * (depth - 1 - level))) for level, note, text, _ in placed]
    return found, 12.0 + 15 * depth if depth else 8.0


def _free(level: int, box: Box, placed: Sequence[tuple[int, CurveNote, Text, float]]) -> bool:
    """Whether words may stand on a level, counted from the plot upwards: no words there, no line from a higher one.

    Their own line meets no words below: those placed before reach away from it.
    """
    for other, _, text, at in placed:
        reach = text.box
        if other == level and box.left < reach.right + 8 and reach.left < box.right + 8:
            return False
        if other > level and box.left - 2 < at < box.right + 2:
            return False
    return True


def _runs(curve: Curve) -> list[list[CurvePoint]]:
    """The points between gaps."""
    runs: list[list[CurvePoint]] = [[]]
    for point in curve.points:
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _stairs(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points joined by stairs: on the level of the one before, up to the next."""
    corners = [corner for (_, y1), (x2, y2) in pairwise(points) for corner in ((x2, y1), (x2, y2))]
    return [points[0], *corners] if points else []


def _band(axes: _Axes, curve: Curve, *, steps: bool) -> Group:
    shapes: list[Item] = []
    for run in _runs(curve):
        known = [(p, p.low, p.high) for p in run if p.low is not None and p.high is not None]
        if len(known) < 2:
            continue
        upper = [(axes.x(p.at), axes.y(high)) for p, _, high in known]
        lower = [(axes.x(p.at), axes.y(low)) for p, low, _ in known]
        if steps:
            upper, lower = _stairs(upper), _stairs(lower)
        lower.reverse()
        commands = [("M", *upper[0]), *(("L", *point) for point in (*upper[1:], *lower)), ("Z",)]
        shapes.append(Path(commands=tuple(commands), fill="accent", opacity=0.14))
    return Group(items=tuple(shapes))


def _line(axes: _Axes, curve: Curve, look: tuple[Colour, float, tuple[float, ...]], *, steps: bool) -> list[Item]:
    colour, thick, dash = look
    items: list[Item] = []
    for run in _runs(curve):
        points = [(axes.x(p.at), axes.y(p.value or 0.0)) for p in run]
        if len(points) == 1:
            items.append(Circle(x=points[0][0], y=points[0][1], radius=2.6, fill=colour))
            continue
        path = _stairs(points) if steps else points
        commands = (("M", *path[0]), *(("L", *point) for point in path[1:]))
        items.append(Path(commands=commands, stroke=colour, stroke_width=thick, dash=dash, round_ends=not dash))
    last = next((p for p in reversed(curve.points) if p.value is not None), None)
    if last is not None and last.value is not None:
        items.append(Circle(x=axes.x(last.at), y=axes.y(last.value), radius=3.4, fill=colour))
    return items


def _ends(axes: _Axes, curves: Sequence[Curve], target: float | None, width: float, speech: _Speech) -> list[Item]:
    """Names and last values at the right end, pushed apart where they would meet."""
    x = axes.right + 8
    wanted: list[tuple[float, Block]] = []
    for look, curve in zip(_LOOKS, curves, strict=False):
        last = next((p for p in reversed(curve.points) if p.value is not None), None)
        if last is None or last.value is None:
            continue
        words = _end_words(curve, len(curves) > 1, speech)
        wanted.append((axes.y(last.value), paragraph(words, width - x, "note_strong", look[0], lines=3)))
    if target is not None:
        words = say("target", speech.language, share=speech.number(target))
        wanted.append((axes.y(target), paragraph(words, width - x, "note", lines=1)))
    wanted.sort(key=lambda entry: entry[0])
    tops = _apart([(y - 6.5, block.height + 1) for y, block in wanted], axes.bottom + 10)
    return [Group(x=x, y=top, items=block.items) for (_, block), top in zip(wanted, tops, strict=True)]


def _apart(wanted: Sequence[tuple[float, float]], lowest: float) -> list[float]:
    """Tops in rising order near the wanted ones, with room for each height: pushed down, then back up from the lowest.

    Args:
        wanted: Top and height of each.
        lowest: Where the last one ends.
    """
    placed: list[float] = []
    free = -math.inf
    for top, height in wanted:
        placed.append(max(top, free))
        free = placed[-1] + height
    for number in range(len(placed) - 1, -1, -1):
        placed[number] = min(placed[number], lowest - wanted[number][1])
        lowest = placed[number]
    return placed


def _table(curves: Sequence[Curve], title: str, speech: _Speech) -> Table:
    rows = []
    for curve in curves:
        for point in curve.points:
            at = speech.moment(point.at)
            share = speech.number(point.value) if point.value is not None else ""
            interval = ""
            if point.low is not None and point.high is not None:
                low, high = speech.number(point.low), speech.number(point.high)
                interval = f"{low} – {high}"
            rows.append((curve.name, at, share, interval))
    keys = ("name", "day", "count" if speech.counts else "share", "interval")
    return Table(title=title, head=tuple(say(f"column.{key}", speech.language) for key in keys), rows=tuple(rows))
