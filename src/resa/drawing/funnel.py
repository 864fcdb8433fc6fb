"""A funnel as bars from top to bottom, what is lost between them said in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resa.drawing import formats
from resa.drawing.canvas import edge, empty, sheet
from resa.drawing.parts import Block, first_baseline, paragraph, whisker, widest
from resa.drawing.scene import Box, Group, Item, Path, Rect, Table, Text
from resa.drawing.svg import Svg
from resa.drawing.tokens import STYLES, Colour, StyleName
from resa.drawing.words import said_in, say, say_count

__all__ = ["FunnelStep", "draw_funnel"]

_BAR = 26.0
_GAP = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStep:
    """One step of a funnel.

    Attributes:
        name: For people.
        customers: How many reach it.
        low: Lower end of the interval of the share of the first step that they are; `None`: not known.
        high: Upper end.
        median_seconds: Median time from the step before; `None`: not known.
        optional: Customers may pass it by, so the next step can be larger.
    """

    name: str
    customers: int
    low: float | None = None
    high: float | None = None
    median_seconds: float | None = None
    optional: bool = False


def draw_funnel(
    steps: Sequence[FunnelStep],
    *,
    title: str = "",
    note: str = "",
    language: str = "en",
    width: float = 720.0,
    heading: bool = True,
) -> Svg:
    """Draw a funnel.

    Args:
        steps: In order.
        title: Name of the picture; empty: "Funnel".
        note: A line under the title: period, filters, how fresh.
        language: Of words and numbers.
        width: Of the picture in units.
        heading: Draw the title.
    """
    language = said_in(language)
    title = title or say("funnel", language)
    inner = width - 2 * edge(heading)
    body = _body(steps, inner, language) if steps else empty(inner, language)
    share = steps[-1].customers / steps[0].customers if steps and steps[0].customers else 0.0
    return sheet(
        title=title,
        note=" ".join(filter(None, (note, say("interval_note", language) if _has_intervals(steps) else ""))),
        description=say_count(
            "funnel_description", language, len(steps), str(len(steps)), share=formats.percent(share, language)
        ),
        language=language,
        width=width,
        body=body,
        tables=[_table(steps, title, language)] if steps else [],
        heading=heading,
    )


def _body(steps: Sequence[FunnelStep], width: float, language: str) -> Block:
    names = min(190.0, width * 0.3)
    first = steps[0].customers
    counts = [formats.count(step.customers, language) for step in steps]
    shares = [formats.percent(step.customers / first, language) if first else "" for step in steps]
    numbers, last = widest(counts, "touchpoint"), widest(shares, "large")
    left, room = names, width - names - numbers - last - 36
    most = max(step.customers for step in steps) or 1
    items: list[Item] = []
    y = 0.0
    for number, step in enumerate(steps):
        name = paragraph(step.name, names - 16, "strong")
        height = max(_BAR, name.height)
        length = max(1.5 if step.customers else 0.0, room * step.customers / most)
        middle = y + height / 2
        items.append(Group(y=middle - name.height / 2, items=name.items))
        items.append(Rect(x=left, y=middle - _BAR / 2, width=room, height=_BAR, fill="ground"))
        items.append(Rect(x=left, y=middle - _BAR / 2, width=length, height=_BAR, fill="accent"))
        if number and step.low is not None and step.high is not None:
            low, high = (left + room * first * share / most for share in (step.low, step.high))
            items.extend(whisker(low, high, middle))
        base = middle - STYLES["touchpoint"].leading / 2 + first_baseline("touchpoint")
        for x, shown, style, colour in _numbers(width, last, counts[number], shares[number]):
            cell = Box(left + room, middle - 12, x, middle + 12)
            items.append(Text(x=x, y=base, lines=(shown,), style=style, fill=colour, anchor="end", cell=cell))
        y += height
        if number + 1 < len(steps):
            shape = _shape(left, y, room * step.customers / most, room * steps[number + 1].customers / most)
            words = paragraph(_between(step, steps[number + 1], language), room - 16, "note", lines=2)
            items.extend([shape, Group(x=left + 8, y=y + (_GAP - words.height) / 2, items=words.items)])
            y += _GAP
    return Block(tuple(items), y + 4)


def _has_intervals(steps: Sequence[FunnelStep]) -> bool:
    return any(step.low is not None for step in steps[1:])


def _interval(step: FunnelStep, language: str) -> str:
    if step.low is None or step.high is None:
        return ""
    return f"{formats.percent(step.low, language)} – {formats.percent(step.high, language)}"


def _numbers(width: float, last: float, count: str, share: str) -> tuple[tuple[float, str, StyleName, Colour], ...]:
    return ((width - last - 18, count, "touchpoint", "ink"), (width, share, "large", "muted"))


def _shape(left: float, y: float, above: float, below: float) -> Path:
    """The soft shape from one bar to the next."""
    top, bottom = y + 1, y + _GAP - 1
    corners = (("M", left, top), ("L", left + above, top), ("L", left + below, bottom), ("L", left, bottom), ("Z",))
    return Path(commands=corners, fill="accent_soft")


def _between(step: FunnelStep, after: FunnelStep, language: str) -> str:
    """What happens from one step to the next, in words."""
    parts = []
    if step.customers:
        parts.append(say("go_on", language, share=formats.percent(after.customers / step.customers, language)))
    lost = step.customers - after.customers
    if lost > 0 and not after.optional:
        parts.append(say("lost", language, n=formats.count(lost, language)))
    if after.median_seconds is not None:
        parts.append(say("median", language, time=formats.seconds(after.median_seconds, language)))
    return " · ".join(parts)


def _table(steps: Sequence[FunnelStep], title: str, language: str) -> Table:
    intervals = _has_intervals(steps)
    rows = []
    for number, step in enumerate(steps):
        before, first = steps[number - 1].customers if number else step.customers, steps[0].customers
        rows.append(
            (
                step.name,
                formats.count(step.customers, language),
                formats.percent(step.customers / first, language) if first else "",
                *([_interval(step, language) if number else ""] if intervals else []),
                formats.percent(step.customers / before, language) if before else "",
                formats.seconds(step.median_seconds, language) if step.median_seconds is not None else "",
            )
        )
    keys = ("step", "customers", "of_first", *(["interval"] if intervals else []), "of_previous", "time")
    return Table(title=title, head=tuple(say(f"column.{key}", language) for key in keys), rows=tuple(rows))
