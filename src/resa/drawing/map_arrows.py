"""Expectations and promises as arrows of the map.

Each has a stretch of a track for itself, its words above its line, so that no line meets a word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from resa.drawing import formats
from resa.drawing.map_frame import Context, Drawn, Frame, Lane
from resa.drawing.measured import Verdict
from resa.drawing.parts import Block, MarkShape, Run, flow
from resa.drawing.scene import Circle, Group, Item, Path, Rect, arrow_head, line
from resa.drawing.tokens import Colour
from resa.model.journey import Expectation

__all__ = ["VERDICT_COLOURS", "VERDICT_MARKS", "arrow_sentence", "arrows"]

VERDICT_COLOURS: dict[Verdict, Colour] = {
    "met": "accent",
    "near": "ink",
    "below": "below",
    "none": "ink",
    "few": "muted",
}
VERDICT_MARKS: dict[Verdict, MarkShape | None] = {
    "met": "up",
    "near": "ring",
    "below": "down",
    "none": None,
    "few": None,
}
_START = 6.0  # from a touchpoint's centre line to where its arrows leave and arrive
_HEAD = 8.0
_ENOUGH = 150.0  # width that most labels need to stand on two lines
_ENOUGH_IN = 100.0  # the same for an arrow that comes in from another row and says only where from
_TOP, _BOTTOM = 8.0, 8.0
_LINE_ROOM = 16.0  # a track's line with the air around it


@dataclass(frozen=True)
class _Arrow:
    """An arrow as it stands in one row: where it starts and ends, and which heads it has."""

    expectation: Expectation
    start: float
    left: float
    right: float
    words: Block
    heads: tuple[float, ...] = ()
    edges: tuple[float, ...] = ()
    comes_in: bool = False
    loop: bool = False


def arrows(kind: Literal["expectation", "promise"]) -> Callable[[Context, Frame], Drawn | None]:
    """The lane of the arrows of one kind."""
    lane: Lane = "expectations" if kind == "expectation" else "promises"

    def draw(context: Context, frame: Frame) -> Drawn | None:
        found = [
            arrow
            for expectation in context.map.expectations
            if expectation.kind == kind and (arrow := _place(context, frame, expectation)) is not None
        ]
        if not found:
            return None
        items: list[Item] = []
        y = _TOP
        for track in _tracks(found):
            words = max(arrow.words.height for arrow in track)
            items.extend(_draw(context, arrow, y, words) for arrow in track)
            y += words + _LINE_ROOM
        return Drawn(lane, tuple(items), y + _BOTTOM)

    return draw


def _place(context: Context, frame: Frame, expectation: Expectation) -> _Arrow | None:
    here = frame.column.get(expectation.after)
    targets = [key for key in expectation.next if key in context.position]
    ends = [frame.column[key] for key in targets if key in frame.column]
    if here is None and not ends:
        return None
    if here is not None and targets == [expectation.after]:
        return _Arrow(
            expectation,
            start=here.middle,
            left=here.x + 4,
            right=here.x + here.width - 4,
            words=flow(_runs(context, expectation, complete=True), here.room),
            loop=True,
        )
    first, last = frame.left, frame.right
    own = context.position.get(expectation.after, 0)
    row = [context.position[column.key] for column in frame.columns if column.key]
    away = [key for key in targets if key not in frame.column]
    outside = [context.position[key] for key in away]
    stops = [column.middle for column in ends if column is not here]
    goes_on = here is not None and bool(outside)
    if here is None:
        start = first + 2 if own < min(row) else last - 2
    else:
        start = here.middle
        if goes_on:
            stops.append(last - 2 if any(place > max(row) for place in outside) else first + 2)
    left, right = min([start, *stops]), max([start, *stops])
    enough = _ENOUGH if goes_on else _ENOUGH_IN if here is None else 0.0
    if right - left < enough:
        # Too short for its words, at the edge of the row: they may begin or end further in.
        left, right = (max(first, right - enough), right) if right > last - 3 else (left, min(last, left + enough))
    words = flow(
        _runs(context, expectation, complete=here is not None, away=away), max(60.0, right - left - 2 * _START - 2)
    )
    heads = tuple(column.middle for column in ends if column is not here)
    edges = tuple(stop for stop in stops if stop in {last - 2, first + 2}) if goes_on else ()
    return _Arrow(
        expectation, start=start, left=left, right=right, words=words, heads=heads, edges=edges, comes_in=here is None
    )


def _runs(context: Context, expectation: Expectation, *, complete: bool, away: Sequence[str] = ()) -> list[Run]:
    language = context.language
    numbers = context.numbers.expectations.get(expectation.name)
    within = formats.within(expectation.within, language)
    target = expectation.target
    runs: list[Run] = []
    if numbers is None:
        if not complete:
            return [Run(context.say("from", what=context.name(expectation.after)), "note", "muted")]
        runs.append(Run(within, "label", "ink"))
        if target is not None:
            runs.append(Run(context.say("target", share=formats.percent(target, language)), "note", "muted"))
        return [*runs, *_onward(context, away)]
    verdict = numbers.verdict(target)
    colour = VERDICT_COLOURS[verdict]
    if numbers.share is None:
        runs.append(Run(context.say("verdict.few"), "label", "muted"))
    else:
        runs.append(Run(formats.percent(numbers.share, language), "figure", colour, VERDICT_MARKS[verdict]))
    if not complete:
        return [*runs, Run(context.say("from", what=context.name(expectation.after)), "note", "muted")]
    if numbers.openings is not None:
        runs.append(Run(context.say("of_openings", n=formats.count(numbers.openings, language)), "note", "muted"))
    runs.append(Run(within, "label", "ink"))
    if target is not None:
        shown = formats.percent(target, language)
        said = context.say("target" if numbers.share is None else f"target.{verdict}", share=shown)
        runs.append(Run(said, "note", colour if verdict == "below" else "muted"))
    return [*runs, *_onward(context, away)]


def _onward(context: Context, away: Sequence[str]) -> list[Run]:
    """Where an arrow leads that leaves the row."""
    what = context.any_of(away)
    return [Run(context.say("goes_to", what=what), "note", "muted")] if away else []


def arrow_sentence(context: Context, expectation: Expectation) -> str:
    """The arrow in one sentence: for a reader who points at it, and for one who hears it."""
    language = context.language
    key = "sentence.promise" if expectation.kind == "promise" else "sentence.expectation"
    to, within = context.any_of(expectation.next), formats.within(expectation.within, language)
    parts = [context.say(key, after=context.name(expectation.after), next=to, within=within)]
    if expectation.unless:
        parts.append(context.say("unless", what=context.any_of(expectation.unless)))
    numbers = context.numbers.expectations.get(expectation.name)
    if expectation.target is not None:
        parts.append(context.say("target", share=formats.percent(expectation.target, language)))
    if numbers is not None:
        verdict = context.say(f"verdict.{numbers.verdict(expectation.target)}")
        if numbers.share is None:
            parts.append(verdict)
        else:
            share = formats.percent(numbers.share, language)
            if numbers.low is not None and numbers.high is not None:
                share += f" ({formats.percent(numbers.low, language)} – {formats.percent(numbers.high, language)})"
            parts.append(context.say("sentence.measured", share=share))
            if expectation.target is not None:
                parts.append(verdict)
    return "; ".join(parts)


def _tracks(found: list[_Arrow]) -> list[list[_Arrow]]:
    """Arrows that do not meet share a track; earlier and shorter ones come first, so that they stay near the top."""
    tracks: list[list[_Arrow]] = []
    for arrow in sorted(found, key=lambda a: (a.right - a.left > 400, a.left, a.right, a.expectation.name)):
        for track in tracks:
            if all(arrow.left >= other.right - 0.01 or arrow.right <= other.left + 0.01 for other in track):
                track.append(arrow)
                break
        else:
            tracks.append([arrow])
    return tracks


def _draw(context: Context, arrow: _Arrow, top: float, words: float) -> Group:
    numbers = context.numbers.expectations.get(arrow.expectation.name)
    colour: Colour = "muted" if context.measured and numbers is None else "ink"
    thick = 1.6
    if numbers is not None:
        colour = VERDICT_COLOURS[numbers.verdict(arrow.expectation.target)]
        thick = 1.6 + 5.4 * (numbers.share or 0.0)
    y = top + words + _LINE_ROOM * 0.45
    lines = _loop(arrow, y, colour, thick) if arrow.loop else _lines(arrow, y, colour, thick)
    text = Group(
        x=arrow.left + (4 if arrow.loop else _START), y=top + words - arrow.words.height, items=arrow.words.items
    )
    name = arrow.expectation.name
    link = context.options.links.get(name, "")
    return Group(
        items=(*lines, text),
        title=arrow_sentence(context, arrow.expectation),
        kind=arrow.expectation.kind,
        key=name,
        link=link,
    )


def _lines(arrow: _Arrow, y: float, colour: Colour, thick: float) -> list[Item]:
    """A solid line from a dot for what we expect, a hollow one from a square for what we promise; heads at ends."""
    promise = arrow.expectation.kind == "promise"
    found: list[Item] = []
    size = max(_HEAD, thick + 5)
    for right in (True, False):
        way: Literal[1, -1] = 1 if right else -1
        heads = [x for x in arrow.heads if (x > arrow.start) == right]
        edge = [x for x in arrow.edges if (x > arrow.start) == right]
        stops = [x - way * _START for x in heads] + edge
        if not stops:
            continue
        far = max(stops) if right else min(stops)
        open_end = bool(edge) and far in edge
        begin = arrow.start if arrow.comes_in else arrow.start + way * (_START + 2.5)
        end = far - way * (size * 0.8)
        found.extend(_shaft(begin, end, y, colour, thick, promise=promise))
        found.extend(_head(x - way * _START, y, size, colour, way, promise=promise) for x in heads)
        if open_end:
            found.append(_head(far, y, size, colour, way, promise=promise))
    if not arrow.comes_in:
        ways = {1 if x > arrow.start else -1 for x in (*arrow.heads, *arrow.edges)}
        x = arrow.start + (sum(ways) if ways else 1) * _START
        found.extend(
            [Rect(x=x - 3.2, y=y - 3.2, width=6.4, height=6.4, fill="paper", stroke=colour, stroke_width=1.6)]
            if promise
            else [Circle(x=x, y=y, radius=3.6, fill=colour)]
        )
    return found


def _shaft(begin: float, end: float, y: float, colour: Colour, thick: float, *, promise: bool) -> list[Item]:
    if not promise:
        return [line(begin, y, end, y, colour, stroke_width=thick)]
    half = max(1.6, thick / 2)
    return [
        line(begin, y - half, end, y - half, colour, stroke_width=1.1),
        line(begin, y + half, end, y + half, colour, stroke_width=1.1),
    ]


def _head(x: float, y: float, size: float, colour: Colour, way: Literal[1, -1], *, promise: bool) -> Path:
    solid = arrow_head(x, y, size, colour, way)
    return Path(commands=solid.commands, fill="paper", stroke=colour, stroke_width=1.4) if promise else solid


def _loop(arrow: _Arrow, y: float, colour: Colour, thick: float) -> list[Item]:
    """An arrow back to its own touchpoint."""
    x = arrow.left + 8
    right = min(arrow.right - 12, x + 56)
    thin = min(thick, 3.0)
    low, high = y + 4, y - 4
    commands: tuple[tuple[str | float, ...], ...] = (
        ("M", x, high),
        ("L", right - 4, high),
        ("C", right + 2, high, right + 2, low, right - 4, low),
        ("L", x + 8, low),
    )
    promise = arrow.expectation.kind == "promise"
    start: Item = (
        Rect(x=x - 3, y=high - 3, width=6, height=6, fill="paper", stroke=colour, stroke_width=1.4)
        if promise
        else Circle(x=x, y=high, radius=3, fill=colour)
    )
    return [
        Path(commands=commands, stroke=colour, stroke_width=thin),
        start,
        _head(x + 4, low, 7, colour, -1, promise=promise),
    ]
