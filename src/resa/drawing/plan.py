"""A planned path with what really happened drawn over it: who goes straight on, by way of others, skips, or leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from resa.drawing import formats
from resa.drawing.canvas import edge, empty, sheet
from resa.drawing.parts import Block, paragraph, stack
from resa.drawing.scene import Circle, Group, Item, Path, Rect, Table, Text, arrow_head
from resa.drawing.svg import Svg
from resa.drawing.words import said_in, say, say_count

__all__ = ["PlanStep", "PlanWay", "draw_plan"]

_CARD: Final = 212.0
_STREAM: Final = 168.0  # how wide all who began are
_HIGH: Final = 44.0
_LEAST: Final = 54.0  # between two cards
_LANE: Final = 10.0
_LEFT: Final = 96.0  # of the cards: the room for skips and their number
_NAMED: Final = 3
_SKIPS: Final = 5  # arrows that skip ahead, drawn at most; all are in the words and in the table


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWay:
    """Where customers went instead of the next planned step.

    Attributes:
        name: Of the touchpoint, for people; `None`: nowhere, so far.
        customers: How many.
        returned: Of these, those who came to the next planned step later.
        ahead: The planned step that it is, counted from 0, where it is one behind the next; else `None`.
    """

    name: str | None
    customers: int
    returned: int
    ahead: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One planned step.

    Attributes:
        name: For people.
        customers: Who came this far in the planned order.
        direct: Of these, those whose next touchpoint was the next planned one; at the last step 0.
        ways: Where the others went.
    """

    name: str
    customers: int
    direct: int = 0
    ways: tuple[PlanWay, ...] = ()

    @property
    def detour(self) -> int:
        """Who came to the next planned step by way of others."""
        return sum(way.returned for way in self.ways)

    @property
    def left(self) -> int:
        """Who did not come to it."""
        return sum(way.customers - way.returned for way in self.ways)


def draw_plan(
    steps: Sequence[PlanStep],
    *,
    title: str,
    note: str = "",
    language: str = "en",
    width: float = 860.0,
    heading: bool = True,
) -> Svg:
    """Draw a planned path straight down, as wide as customers are on it.

    What leaves the stream to the right and comes back is a detour; what goes on to the right edge left the plan; what
    runs at its left skips ahead.

    Args:
        steps: In the planned order.
        title: Name of the picture.
        note: A line under the title.
        language: Of words and numbers.
        width: Of the picture in units, at least 760.
        heading: Draw the title.
    """
    language = said_in(language)
    inner = max(width, 760.0) - 2 * edge(heading)
    began = steps[0].customers if steps else 0
    share = formats.percent(steps[-1].customers / began, language) if began else ""
    return sheet(
        title=title,
        note=note,
        description=say_count("plan_description", language, len(steps), str(len(steps)), share=share or "0"),
        language=language,
        width=inner + 2 * edge(heading),
        body=_body(steps, inner, language) if began else empty(inner, language),
        tables=[_table(steps, title, language)] if steps else [],
        heading=heading,
    )


@dataclass(frozen=True)
class _Gap:
    """What lies between two cards.

    Attributes:
        height: Of it.
        detour: Words about those who come back.
        left: Words about those who do not.
    """

    height: float
    detour: Block
    left: Block


def _body(steps: Sequence[PlanStep], width: float, language: str) -> Block:
    scale = _STREAM / steps[0].customers
    far = _LEFT + _CARD + 88  # how far a detour swings out
    leaving = far + (width - far) * 0.5
    gaps = [_gap(step, scale, leaving - far - 22, width - leaving - 16, language) for step in steps[:-1]]
    tops = [0.0]
    for gap in gaps:
        tops.append(tops[-1] + _HIGH + gap.height)
    items: list[Item] = []
    for step, gap, top in zip(steps, gaps, tops, strict=False):
        items += _stream(step, gap, top + _HIGH, scale, far, leaving, language)
    items += _skips(steps, tops, scale, language)
    for number, (step, top) in enumerate(zip(steps, tops, strict=True), start=1):
        items.append(_card(step, number, top, steps[0].customers, language))
    return Block(tuple(items), tops[-1] + _HIGH, width)


def _gap(step: PlanStep, scale: float, room: float, beside: float, language: str) -> _Gap:
    back = sorted((way for way in step.ways if way.returned), key=lambda way: (-way.returned, way.name or ""))
    gone = [(way, way.customers - way.returned) for way in step.ways if way.customers > way.returned]
    gone.sort(key=lambda pair: (-pair[1], pair[0].name or ""))
    detour = _list(
        say("plan_detour", language, n=formats.count(step.detour, language)) if step.detour else "",
        [say("plan_by_way", language, n=formats.count(way.returned, language), what=way.name or "") for way in back],
        sum(way.returned for way in back[_NAMED:]),
        room,
        language,
    )
    left = _list(
        say("plan_left", language, n=formats.count(step.left, language)) if step.left else "",
        [_gone(way, count, language) for way, count in gone],
        sum(count for _, count in gone[_NAMED:]),
        beside,
        language,
    )
    lost = max(1.5, step.left * scale) if step.left else 0.0
    height = max(_LEAST, 20 + lost + max(26.0, detour.height), 16 + left.height)
    return _Gap(height, detour, left)


def _gone(way: PlanWay, count: int, language: str) -> str:
    n = formats.count(count, language)
    if way.name is None:
        return say("leave", language, n=n)
    return say("plan_skip_to" if way.ahead is not None else "leave_to", language, n=n, what=way.name)


def _list(head: str, lines: Sequence[str], rest: int, room: float, language: str) -> Block:
    """A heading, the first lines, and how many more there are."""
    if not head:
        return Block((), 0.0)
    more = [say("leave_otherwise", language, n=formats.count(rest, language))] if rest else []
    return stack(
        [
            paragraph(head, room, "note_strong", lines=2),
            *(paragraph(words, room, "note", "muted", lines=2) for words in (*lines[:_NAMED], *more)),
        ]
    )


def _stream(
    step: PlanStep, gap: _Gap, top: float, scale: float, far: float, leaving: float, language: str
) -> list[Item]:
    """What flows from a card to the next: straight on, around, and away."""
    bottom = top + gap.height
    direct, detour, left = (max(1.5, n * scale) if n else 0.0 for n in (step.direct, step.detour, step.left))
    x = _LEFT + (_CARD - _STREAM) / 2
    items: list[Item] = []
    if step.left:
        title = say("plan_left", language, n=formats.count(step.left, language))
        items.append(Group(items=(_away(x + direct + detour, top, left, leaving),), title=title, kind="left"))
        items.append(Group(x=leaving + 10, y=top + 4, items=gap.left.items))
    if step.detour:
        middle, turn = x + direct + detour / 2, top + 10 + left
        half = (turn + bottom) / 2
        commands: tuple[tuple[str | float, ...], ...] = (
            ("M", middle, top),
            ("L", middle, turn),
            ("C", middle, turn + 12, far, turn - 6, far, half),
            ("C", far, bottom + 6, middle, bottom - 12, middle, bottom),
        )
        path = Path(commands=commands, stroke="neutral", stroke_width=round(detour, 2), opacity=0.34)
        title = say("plan_detour", language, n=formats.count(step.detour, language))
        items.append(Group(items=(path,), title=title, kind="detour"))
        y = max(turn + 2, half - gap.detour.height / 2)
        items.append(Group(x=far + 12 + detour / 2, y=y, items=gap.detour.items))
    if step.direct:
        share = formats.percent(step.direct / step.customers, language)
        words = say("plan_direct", language, n=formats.count(step.direct, language), share=share)
        ribbon = Rect(x=x, y=top, width=direct, height=gap.height, fill="accent", opacity=0.5)
        room = far - detour / 2 - x - direct - 34
        text = paragraph(words, room, "note_strong", "ink" if detour > 30 else "accent", lines=3)
        y = (top + left + 10 + bottom - text.height) / 2 if step.detour else bottom - text.height - 8
        beside = Group(x=x + direct + 8, y=y, items=text.items)
        items.append(Group(items=(ribbon, beside), title=words, kind="direct"))
    return items


def _away(x: float, top: float, wide: float, end: float) -> Path:
    """What bends off to the right, `wide` as it leaves and as it ends; inside the bend it has a small corner."""
    high, low = top + 8, top + 8 + wide
    return Path(
        commands=(
            ("M", x, top),
            ("C", x, top + (low - top) * 0.7, x + wide * 0.4, low, x + wide + 14, low),
            ("L", end, low),
            ("L", end, high),
            ("L", x + wide + 8, high),
            ("C", x + wide + 3, high, x + wide, high - 3, x + wide, top),
            ("Z",),
        ),
        fill="line",
        opacity=0.3,
    )


def _skips(steps: Sequence[PlanStep], tops: Sequence[float], scale: float, language: str) -> list[Item]:
    """Arrows at the left, from a card to a later one that comes next without those between."""
    found = [
        (way.customers - way.returned, number, way.ahead)
        for number, step in enumerate(steps)
        for way in step.ways
        if way.ahead is not None and way.customers > way.returned
    ]
    found.sort(key=lambda skip: (-skip[0], skip[1], skip[2]))
    items: list[Item] = []
    # The shorter ones run nearer to the cards, so that few cross.
    for lane, (count, start, end) in enumerate(sorted(found[:_SKIPS], key=lambda skip: (skip[2] - skip[1], skip[1]))):
        thick = min(6.0, max(1.2, count * scale))
        y1, y2 = tops[start] + _HIGH - 6 - 7 * lane, tops[end] + 6 + 7 * lane
        x = _LEFT - 18 - lane * _LANE
        commands: tuple[tuple[str | float, ...], ...] = (
            ("M", _LEFT, y1),
            ("C", x + 4, y1, x, y1 + 4, x, y1 + 18),
            ("L", x, y2 - 18),
            ("C", x, y2 - 4, x + 4, y2, _LEFT - 7, y2),
        )
        title = say("plan_skip_to", language, n=formats.count(count, language), what=steps[end].name)
        path = Path(commands=commands, stroke="neutral", stroke_width=round(thick, 2), opacity=0.6)
        head = arrow_head(_LEFT - 1, y2, 7 + thick / 2, "neutral")
        items.append(Group(items=(path, head), title=f"{steps[start].name}: {title}", kind="skip"))
    return items


def _card(step: PlanStep, number: int, top: float, began: int, language: str) -> Group:
    counted = formats.count(step.customers, language)
    share = formats.percent(step.customers / began, language)
    words = f"{say_count('customers', language, step.customers, counted)} · {share}"
    badge = Text(
        x=_LEFT + 20, y=top + _HIGH / 2 + 3.6, lines=(str(number),), style="note_strong", fill="paper", anchor="middle"
    )
    text = stack(
        [
            paragraph(step.name, _CARD - 48, "touchpoint", lines=1),
            paragraph(words, _CARD - 48, "note", "muted", lines=1),
        ],
        1,
    )
    items = (
        Rect(x=_LEFT, y=top, width=_CARD, height=_HIGH, radius=5, fill="paper", stroke="accent", stroke_width=1.6),
        Circle(x=_LEFT + 20, y=top + _HIGH / 2, radius=9, fill="accent"),
        badge,
        Group(x=_LEFT + 38, y=top + (_HIGH - text.height) / 2, items=text.items),
    )
    return Group(items=items, title=f"{number}. {step.name}: {words}", kind="step", key=str(number))


def _table(steps: Sequence[PlanStep], title: str, language: str) -> Table:
    keys = ("step", "customers", "of_first", "direct", "detour", "left")
    rows = []
    for number, step in enumerate(steps, start=1):
        last = number == len(steps)
        began = steps[0].customers
        rows.append(
            (
                f"{number}. {step.name}",
                formats.count(step.customers, language),
                formats.percent(step.customers / began, language) if began else "",
                *("" if last else formats.count(n, language) for n in (step.direct, step.detour, step.left)),
            )
        )
    return Table(title=title, head=tuple(say(f"column.{key}", language) for key in keys), rows=tuple(rows))
