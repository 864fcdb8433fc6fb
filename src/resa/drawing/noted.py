"""What happened on days, as marks on a time axis: each a number there, with its words in a legend below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from resa.drawing import formats
from resa.drawing.parts import Block, paragraph, stack
from resa.drawing.scene import Circle, Group, Item, Rect, Table, Text, line
from resa.drawing.words import say, say_count
from resa.model.writing import DayNote

__all__ = ["DayMark", "day_marks", "described", "legend", "marked_days", "marks_depth", "notes_table"]

_MOST: Final = 24
"""More numbers on one axis nobody reads; the list beside the picture has them all."""

_RADIUS: Final = 7.5
_LEVEL: Final = 17.0
_ROOM: Final = 2 * _RADIUS + 2


@dataclass(frozen=True)
class DayMark:
    """A note in its place.

    Attributes:
        number: By which the legend knows it, from 1.
        note: What it says.
        left: Where its first day begins.
        right: Where its last day ends; of a single day the same as `left`.
        level: The row of its number, 0 next to the axis.
    """

    number: int
    note: DayNote
    left: float
    right: float
    level: int

    @property
    def x(self) -> float:
        """Where its number stands."""
        return (self.left + self.right) / 2


def day_marks(notes: Sequence[DayNote], place: Callable[[date], float], left: float, right: float) -> list[DayMark]:
    """The notes in their places, numbered from the earliest; numbers that would meet stand on rows of their own.

    Args:
        notes: Those of the days that the axis shows.
        place: The x of a day.
        left: Where the axis begins.
        right: Where it ends.
    """
    found: list[DayMark] = []
    taken: list[float] = []
    for number, note in enumerate(sorted(notes, key=lambda one: (one.first, one.last, one.id))[:_MOST], start=1):
        begins = min(right, max(left, place(note.first)))
        ends = begins
        if note.last > note.first:
            ends = min(right, max(begins, place(note.last + timedelta(days=1))))
        middle = (begins + ends) / 2
        level = next((row for row, busy in enumerate(taken) if middle - busy >= _ROOM), len(taken))
        taken[level : level + 1] = [middle]
        found.append(DayMark(number, note, begins, ends, level))
    return found


def marks_depth(marks: Sequence[DayMark]) -> float:
    """The room that the numbers take below the axis."""
    return _LEVEL * (max(mark.level for mark in marks) + 1) + 2 if marks else 0.0


def marked_days(marks: Sequence[DayMark], top: float, bottom: float, language: str) -> list[Item]:
    """Lines and bands in the plot, and the numbers below its axis.

    Args:
        marks: What is drawn.
        top: Of the plot.
        bottom: Of the plot, where the axis is.
        language: Of what a reader hears.
    """
    items: list[Item] = []
    for mark in sorted(marks, key=lambda one: -one.level):  # a line to a lower row passes behind the numbers above
        y = bottom + 2 + _RADIUS + _LEVEL * mark.level
        shapes: list[Item] = []
        if mark.right - mark.left > 1:
            wide = mark.right - mark.left
            shapes.append(Rect(x=mark.left, y=top, width=wide, height=bottom - top, fill="neutral", opacity=0.12))
            shapes.append(line(mark.left, bottom, mark.right, bottom, "ink", stroke_width=2.4))
        shapes.append(line(mark.x, top, mark.x, y - _RADIUS, "muted", stroke_width=1.0, dash=(3, 3)))
        shapes.extend(_number(mark, mark.x, y))
        items.append(Group(items=tuple(shapes), title=_said(mark, language)))
    return items


def legend(marks: Sequence[DayMark], more: int, language: str, width: float) -> Block:
    """What the numbers say, below each other.

    Args:
        marks: What is drawn.
        more: How many notes are not.
        language: Of days and words.
        width: Of the room.
    """
    rows = []
    for mark in marks:
        days = formats.days(mark.note.first, mark.note.last, language)
        words = paragraph(f"{days}: {mark.note.text}", width - 24, "note", x=24, lines=4)
        sign = _number(mark, _RADIUS, _RADIUS + 0.5)
        rows.append(Block((*sign, *words.items), max(words.height, 2 * _RADIUS + 1)))
    if more:
        rows.append(paragraph(say_count("more", language, more, formats.count(more, language)), width, "note", "muted"))
    return stack(rows, 4)


def described(marks: Sequence[DayMark], language: str) -> str:
    """The same for readers who do not see the picture; empty where there are none."""
    return " ".join(_said(mark, language) for mark in marks)


def notes_table(notes: Sequence[DayNote], language: str) -> Table:
    """All notes as rows."""
    rows = tuple((formats.days(note.first, note.last, language), note.text) for note in notes)
    head = (say("column.day", language), say("column.note", language))
    return Table(title=say("day_notes", language), head=head, rows=rows)


def _number(mark: DayMark, x: float, y: float) -> tuple[Item, ...]:
    figure = Text(x=x, y=y + 3.6, lines=(str(mark.number),), style="note_strong", fill="paper", anchor="middle")
    return Circle(x=x, y=y, radius=_RADIUS, fill="ink"), figure


def _said(mark: DayMark, language: str) -> str:
    return f"{mark.number}: {formats.days(mark.note.first, mark.note.last, language)}, {mark.note.text}"
