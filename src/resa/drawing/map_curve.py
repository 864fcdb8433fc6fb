"""The emotion curve of a journey map: now, aim, and the measured score."""

from __future__ import annotations

from collections.abc import Sequence

from resa.drawing import formats
from resa.drawing.map_frame import Column, Context, Drawn, Frame
from resa.drawing.parts import mark
from resa.drawing.scene import Anchor, Box, Circle, Group, Item, Path, Text, line, points_along, smooth
from resa.drawing.tokens import Colour
from resa.model.journey import Emotion, Touchpoint

__all__ = ["PERSONA_DASHES", "emotion", "emotion_personas", "felt_by"]

_HEIGHT = 150.0
_MARGIN = 20.0
_LOWEST, _HIGHEST = -2.0, 2.0
PERSONA_DASHES: tuple[tuple[float, ...], ...] = ((0.1, 3), (7, 3, 0.1, 3), (2.5, 3))
"""How the curves of personas are told apart."""


def emotion_personas(context: Context) -> tuple[str, ...]:
    """Personas that feel otherwise somewhere and get a curve of their own; none when one persona's map is drawn."""
    if context.persona:
        return ()
    found = dict.fromkeys(
        difference.persona
        for touchpoint in context.map.touchpoints
        for difference in touchpoint.differences
        if difference.emotion.now is not None and difference.persona in context.map.persona
    )
    return tuple(found)[: len(PERSONA_DASHES)]


def felt_by(touchpoint: Touchpoint, persona: str | None) -> Emotion:
    """How a touchpoint feels to a persona: as to everybody, where nothing else is said; `None`: to everybody."""
    for difference in touchpoint.differences:
        if difference.persona == persona:
            now, aim = difference.emotion.now, difference.emotion.aim
            return Emotion(
                now=touchpoint.emotion.now if now is None else now, aim=touchpoint.emotion.aim if aim is None else aim
            )
    return touchpoint.emotion


def _y(value: float) -> float:
    share = (max(_LOWEST, min(_HIGHEST, value)) - _LOWEST) / (_HIGHEST - _LOWEST)
    return _HEIGHT - _MARGIN - share * (_HEIGHT - 2 * _MARGIN)


def emotion(context: Context, frame: Frame) -> Drawn | None:
    """How it feels along the way: a solid curve now, a dashed one aimed at, diamonds where scores were measured."""
    now: list[tuple[Column, float]] = []
    aim: list[tuple[Column, float]] = []
    scores: list[tuple[Column, float]] = []
    for column in frame.columns:
        if column.touchpoint is None:
            continue
        felt = felt_by(column.touchpoint, context.options.persona)
        if felt.now is not None:
            now.append((column, felt.now))
        if felt.aim is not None:
            aim.append((column, felt.aim))
        measured = context.numbers.touchpoints.get(column.key)
        if measured and measured.score is not None:
            scores.append((column, measured.score))
    others = [_persona_points(frame, persona) for persona in emotion_personas(context)]
    if not (now or aim or scores):
        return None
    items: list[Item] = [*_scale(frame)]
    curves = [_points(aim), _points(now), *map(_points, others)]
    items.extend(
        Path(commands=smooth(_points(felt)), stroke="muted", stroke_width=1.2, dash=dash, round_ends=True)
        for felt, dash in zip(others, PERSONA_DASHES, strict=False)
        if len(felt) > 1
    )
    if len(aim) > 1:
        items.append(Path(commands=smooth(_points(aim)), stroke="muted", stroke_width=1.4, dash=(5, 4)))
    if len(now) > 1:
        items.append(Path(commands=smooth(_points(now)), stroke="accent", stroke_width=2.4, round_ends=True))
    items.extend(
        Circle(x=c.middle, y=_y(v), radius=3.2, fill="paper", stroke="muted", stroke_width=1.4) for c, v in aim
    )
    items.extend(Circle(x=c.middle, y=_y(v), radius=4.2, fill="accent") for c, v in now)
    labels = _labels(context, now, aim, scores, curves)
    for column, value in scores:
        sign, said = mark("ring_diamond", column.middle, _y(value), 9.5, "ink"), labels.pop((column.key, "score"), ())
        title = f"{context.name(column.key)}: {context.say('measured_score')} {formats.signed(value, context.language)}"
        items.append(Group(items=(*sign, *said), title=title, link=context.leads("score", column.key)))
    if labels:
        items.append(Group(items=tuple(text for said in labels.values() for text in said)))
    return Drawn("emotion", tuple(items), _HEIGHT)


def _persona_points(frame: Frame, persona: str) -> list[tuple[Column, float]]:
    found = []
    for column in frame.columns:
        if column.touchpoint is not None:
            felt = felt_by(column.touchpoint, persona)
            if felt.now is not None:
                found.append((column, float(felt.now)))
    return found


def _points(values: Sequence[tuple[Column, float]]) -> list[tuple[float, float]]:
    return [(column.middle, _y(value)) for column, value in values]


def _scale(frame: Frame) -> list[Item]:
    items: list[Item] = []
    for value in (-2, -1, 0, 1, 2):
        y = _y(value)
        items.append(
            line(
                frame.left,
                y,
                frame.right,
                y,
                "line" if value == 0 else "hairline",
                stroke_width=0.75 if value == 0 else 0.6,
            )
        )
        if frame.beside and value in {-2, 0, 2}:
            text = formats.signed(value, "en")
            cell = Box(frame.left - 34, y - 8, frame.left - 6, y + 8)
            items.append(
                Text(x=frame.left - 8, y=y + 3.4, lines=(text,), style="note", fill="muted", anchor="end", cell=cell)
            )
    return items


def _labels(
    context: Context,
    now: Sequence[tuple[Column, float]],
    aim: Sequence[tuple[Column, float]],
    scores: Sequence[tuple[Column, float]],
    curves: Sequence[Sequence[tuple[float, float]]],
) -> dict[tuple[str, str], tuple[Text, ...]]:
    """The value beside each point, where it meets no other value and no curve; left to the scale if it cannot.

    Returns:
        By key of the touchpoint, and whether it is a `score` or what is felt `now`.
    """
    taken = [Box(c.middle - 5.5, _y(v) - 5.5, c.middle + 5.5, _y(v) + 5.5) for c, v in (*now, *aim, *scores)]
    traces = [points_along(points, _STEP) for points in curves]
    found: dict[tuple[str, str], tuple[Text, ...]] = {}
    wanted: list[tuple[Column, float, Colour, str]] = [(c, v, "ink", "score") for c, v in scores]
    wanted += [(c, v, "accent", "now") for c, v in now]
    for column, value, colour, which in wanted:
        cell = Box(column.x, 0, column.x + column.width, _HEIGHT)
        near = [at for trace in traces for at in trace if cell.left - 2 < at[0] < cell.right + 2]
        words = formats.signed(value, context.language)
        for dx, dy, anchor in _PLACES:
            text = Text(
                x=column.middle + dx,
                y=_y(value) + dy,
                lines=(words,),
                style="note_strong",
                fill=colour,
                anchor=anchor,
                cell=cell,
            )
            box = text.box
            free = cell.holds(box) and not any(box.overlaps(other) for other in taken)
            if free and not any(box.left - 2 < x < box.right + 2 and box.top - 2 < y < box.bottom + 2 for x, y in near):
                found[column.key, which] = (text,)
                taken.append(box)
                break
    return found


_STEP = 4.0  # units between the points of a curve that labels keep clear of
_PLACES: tuple[tuple[float, float, Anchor], ...] = (
    (0, -9, "middle"),
    (0, 15, "middle"),
    (9, 3.4, "start"),
    (-9, 3.4, "end"),
    (9, -8, "start"),
    (-9, -8, "end"),
    (9, 15, "start"),
    (-9, 15, "end"),
    (16, 3.4, "start"),
    (-16, 3.4, "end"),
    (20, -10, "start"),
    (20, 17, "start"),
    (-20, -10, "end"),
    (-20, 17, "end"),
)
