"""Personas side by side: their curves of emotion over each other, their planned paths, and what differs for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from resa.drawing import formats
from resa.drawing.canvas import edge, sheet
from resa.drawing.map_curve import felt_by
from resa.drawing.map_frame import Figure
from resa.drawing.measured import MapNumbers
from resa.drawing.parts import Block, linked, paragraph, quoted, stack
from resa.drawing.scene import Box, Circle, Group, Item, Path, Rect, Table, Text, line, smooth
from resa.drawing.svg import Svg
from resa.drawing.tokens import STYLES, Colour
from resa.drawing.words import said_in, say, say_count
from resa.model.journey import JourneyMap, Persona, PersonaDifference, Touchpoint

__all__ = ["MOST_PERSONAS", "draw_personas"]

MOST_PERSONAS: Final = 5
"""So many curves are told apart."""

_LOOKS: Final[tuple[tuple[Colour, float, tuple[float, ...]], ...]] = (
    ("accent", 2.4, ()),
    ("ink", 1.8, ()),
    ("accent", 1.8, (7, 4)),
    ("ink", 1.8, (2, 3)),
    ("muted", 1.8, (8, 3, 2, 3)),
)
_NAMES: Final = 150.0
_COLUMN: Final = 236.0
_BADGES: Final = 30.0
_PLOT: Final = 150.0
_BESIDE: Final = 2.6
_NAMED: Final = 50.0
_LOWEST, _HIGHEST = -2, 2
_THOUGHTS: Final = ("actions", "motivation", "questions")


@dataclass(frozen=True)
class _Sheet:
    """What all parts need: the map, whose columns there are, and how wide each is."""

    map: JourneyMap
    personas: Sequence[Persona]
    numbers: MapNumbers
    figures: Mapping[tuple[Figure, str], str]
    column: float

    @property
    def language(self) -> str:
        """Of words and numbers."""
        return said_in(self.map.language)

    def left(self, number: int) -> float:
        """Where a persona's column begins."""
        return _NAMES + number * self.column


def draw_personas(
    journey_map: JourneyMap,
    personas: Sequence[str],
    numbers: MapNumbers | None = None,
    *,
    figures: Mapping[tuple[Figure, str], str] = MappingProxyType({}),
    width: float | None = None,
    heading: bool = True,
) -> Svg:
    """Draw personas of a map side by side, a column each.

    Rows are the touchpoints at which anything differs for one of them, or that lie on a planned path.

    Args:
        journey_map: The map.
        personas: Keys of two to five of its personas.
        numbers: What was measured, for how many each persona is and how many walk its path.
        figures: Where a click on their numbers leads; see `MapOptions`.
        width: Of the picture in units; `None`: as the columns need it.
        heading: Draw the title.

    Raises:
        ValueError: There are more personas than can be told apart.
    """
    if len(personas) > MOST_PERSONAS:
        raise ValueError(f"{len(personas)} personas cannot be told apart; draw at most {MOST_PERSONAS}")
    white = edge(heading)
    count = max(1, len(personas))
    liked = max(_COLUMN, (_NAMED + 4) * len(journey_map.touchpoints) / count)
    column = liked if width is None else max(140.0, (width - 2 * white - _NAMES) / count)
    chosen = [journey_map.persona[key] for key in personas]
    shown = _Sheet(journey_map, chosen, numbers or MapNumbers(), figures, column)
    language = shown.language
    rows = [touchpoint for touchpoint in journey_map.touchpoints if _matters(shown, touchpoint)]
    same = len(journey_map.touchpoints) - len(rows)
    body = stack([_heads(shown), _curves(shown), _table_of(shown, rows)], 18)
    return sheet(
        title=journey_map.title,
        note=say_count("personas_same", language, same, str(same)) if same else "",
        description=say("personas_description", language, names=", ".join(p.name for p in shown.personas)),
        language=language,
        width=_NAMES + count * column + 2 * white,
        body=body,
        tables=[_rows_of(shown, rows)],
        heading=heading,
    )


def _difference(touchpoint: Touchpoint, persona: Persona) -> PersonaDifference:
    """What differs for a persona; nothing, where nothing is said."""
    return next((d for d in touchpoint.differences if d.persona == persona.key), PersonaDifference(persona=persona.key))


def _matters(shown: _Sheet, touchpoint: Touchpoint) -> bool:
    return any(
        touchpoint.key in persona.path or _difference(touchpoint, persona) != PersonaDifference(persona=persona.key)
        for persona in shown.personas
    )


def _heads(shown: _Sheet) -> Block:
    """Who they are, each under a piece of its curve."""
    items: list[Item] = []
    tallest = 0.0
    for number, persona in enumerate(shown.personas):
        colour, thick, dash = _LOOKS[number]
        room = shown.column - 18
        many = shown.numbers.personas.get(persona.key)
        path = shown.numbers.paths.get(persona.key)
        size, walk = "", ""
        if many is not None:
            size = say_count("customers", shown.language, many, formats.count(many, shown.language))
        if path is not None and path.share is not None:
            walk = say("walk_it", shown.language, share=formats.percent(path.share, shown.language))
        facts: list[tuple[Figure, str]] = [("persona", size), ("path", walk)]
        quote = quoted(persona.quote, shown.language)
        block = stack(
            [
                Block((line(0, 2, 44, 2, colour, stroke_width=thick, dash=dash),), 10.0),
                paragraph(persona.name, room, "stage", lines=2),
                *(
                    linked(
                        paragraph(words, room, "note_strong", "muted", lines=1),
                        shown.figures.get((figure, persona.key), ""),
                        f"{persona.name}: {words}",
                    )
                    for figure, words in facts
                ),
                paragraph(persona.about, room, "body", lines=6),
                paragraph(quote, room, "quote", "muted", lines=5),
            ],
            3,
        )
        items.append(Group(x=shown.left(number), items=block.items, kind="persona", key=persona.key))
        tallest = max(tallest, block.height)
    return Block(tuple(items), tallest)


def _curves(shown: _Sheet) -> Block:
    """All curves of emotion over each other, touchpoint by touchpoint."""
    touchpoints = shown.map.touchpoints
    felt = [[felt_by(touchpoint, persona.key).now for touchpoint in touchpoints] for persona in shown.personas]
    if not any(value is not None for values in felt for value in values):
        return Block((), 0.0)
    width = shown.column * len(shown.personas)
    pitch = width / len(touchpoints)
    items: list[Item] = [
        Group(items=paragraph(say("lane.emotion", shown.language), _NAMES - 40, "label", lines=2).items)
    ]
    for level in range(_LOWEST, _HIGHEST + 1):
        y = _height_of(level)
        items.append(line(_NAMES, y, _NAMES + width, y, "line" if level == 0 else "hairline", stroke_width=0.8))
        words = formats.signed(level, shown.language)
        items.append(Text(x=_NAMES - 8, y=y + 3.4, lines=(words,), style="note", fill="muted", anchor="end"))
    for values, (colour, thick, dash), persona in zip(felt, _LOOKS, shown.personas, strict=False):
        # Where several feel alike, their curves run side by side.
        beside = (shown.personas.index(persona) - (len(shown.personas) - 1) / 2) * _BESIDE
        points = [
            (_NAMES + (place + 0.5) * pitch, _height_of(value) + beside)
            for place, value in enumerate(values)
            if value is not None
        ]
        drawn: list[Item] = [Circle(x=x, y=y, radius=2.6 + thick / 4, fill=colour) for x, y in points]
        if len(points) > 1:
            drawn.insert(0, Path(commands=smooth(points), stroke=colour, stroke_width=thick, dash=dash))
        items.append(Group(items=tuple(drawn), title=persona.name, kind="curve", key=persona.key))
    differ = [len({values[place] for values in felt}) > 1 for place in range(len(touchpoints))]
    names, foot = _places(touchpoints, differ, pitch)
    return Block((*items, *names), _PLOT + 4 + foot)


def _places(touchpoints: Sequence[Touchpoint], differ: Sequence[bool], pitch: float) -> tuple[list[Item], float]:
    """Names below the curves, and their height; where not all have room, those at which personas feel otherwise."""
    items: list[Item] = []
    foot = 0.0
    tight = pitch < _NAMED
    free = _NAMES - 2
    for place, touchpoint in enumerate(touchpoints):
        name = paragraph(touchpoint.name, _NAMED if tight else pitch - 4, "note", "muted", lines=4)
        left = _NAMES + (place + 0.5) * pitch - name.width / 2
        last = _NAMES + len(touchpoints) * pitch - name.width
        if tight and (not differ[place] or left < free or left > last):
            continue
        items.append(Group(x=left, y=_PLOT + 4, items=name.items))
        free = left + name.width + 6
        foot = max(foot, name.height)
    return items, foot


def _height_of(value: float) -> float:
    share = (max(_LOWEST, min(_HIGHEST, value)) - _LOWEST) / (_HIGHEST - _LOWEST)
    return _PLOT - 8 - share * (_PLOT - 16)


def _table_of(shown: _Sheet, rows: Sequence[Touchpoint]) -> Block:
    """A row a touchpoint: the number of the planned step, and what differs."""
    width = _NAMES + shown.column * len(shown.personas)
    items: list[Item] = []
    under: list[Item] = []  # the bands of the stages, and over them the threads of the paths
    middles: list[dict[str, float]] = [{} for _ in shown.personas]
    stages = {stage.key: stage.name for stage in shown.map.stages}
    y = 0.0
    stage = None
    for touchpoint in rows:
        if touchpoint.stage != stage:
            stage = touchpoint.stage
            name = paragraph(stages.get(stage, stage), width - 16, "label", lines=1)
            under.append(Rect(x=0, y=y, width=width, height=name.height + 8, fill="ground"))
            items.append(Group(x=8, y=y + 4, items=name.items))
            y += name.height + 8
        head = paragraph(touchpoint.name, _NAMES - 20, "touchpoint", lines=3)
        cells = [_cell(shown, touchpoint, persona) for persona in shown.personas]
        height = max([28.0, head.height + 12, *(cell.height + 12 for cell in cells)])
        items.append(Group(x=8, y=y + 6, items=head.items))
        for number, (persona, cell) in enumerate(zip(shown.personas, cells, strict=True)):
            left = shown.left(number)
            items.append(Group(x=left + _BADGES, y=y + 6, items=cell.items, kind="difference", key=touchpoint.key))
            steps = [str(place) for place, key in enumerate(persona.path, start=1) if key == touchpoint.key]
            if steps:
                middles[number][touchpoint.key] = y + 15
                items += _badge(left + 11, y + 15, steps)
        y += height
        items.append(line(0, y, width, y, "hairline", stroke_width=0.8))
    for number, persona in enumerate(shown.personas):
        x = shown.left(number) + 11
        for one, two in pairwise(persona.path):
            if one in middles[number] and two in middles[number]:
                under.append(line(x, middles[number][one], x, middles[number][two], "accent", stroke_width=1.6))
    return Block((*under, *items), y)


def _badge(x: float, y: float, steps: Sequence[str]) -> list[Item]:
    words = "·".join(steps) if len(steps) < 3 else f"{steps[0]}…"
    half = 9.0 if len(words) < 3 else 13.0
    setting = STYLES["note_strong"]
    ground = Rect(x=x - half, y=y - 9, width=2 * half, height=18, radius=9, fill="accent")
    cell = Box(x - half, y - 9, x + half, y + 9)
    text = Text(
        x=x, y=y + setting.size * 0.34, lines=(words,), style="note_strong", fill="paper", anchor="middle", cell=cell
    )
    return [ground, text]


def _cell(shown: _Sheet, touchpoint: Touchpoint, persona: Persona) -> Block:
    room = shown.column - _BADGES - 14
    return stack(
        [
            block
            for lane, thoughts in _said(shown, touchpoint, persona)
            for block in (
                paragraph(lane, room, "note_strong", "muted", lines=1),
                *(paragraph(thought, room, "body") for thought in thoughts),
            )
        ],
        2,
    )


def _said(shown: _Sheet, touchpoint: Touchpoint, persona: Persona) -> list[tuple[str, list[str]]]:
    """What differs for a persona, by the name of the lane."""
    difference = _difference(touchpoint, persona)
    found: list[tuple[str, list[str]]] = []
    if difference.emotion.now is not None or difference.emotion.aim is not None:
        words = [
            f"{formats.signed(value, shown.language)} {say(key, shown.language)}"
            for key, value in (("emotion_now", difference.emotion.now), ("emotion_aim", difference.emotion.aim))
            if value is not None
        ]
        usual = touchpoint.emotion.now
        if difference.emotion.now is not None and usual is not None:
            words.append(say("emotion_everybody", shown.language, value=formats.signed(usual, shown.language)))
        found.append((say("lane.emotion", shown.language), [", ".join(words)]))
    for lane in _THOUGHTS:
        thoughts = list(getattr(difference, lane))
        if thoughts:
            found.append((say(f"lane.{lane}", shown.language), thoughts))
    if difference.pain_points:
        found.append((say("lane.pain_points", shown.language), [point.text for point in difference.pain_points]))
    return found


def _rows_of(shown: _Sheet, rows: Sequence[Touchpoint]) -> Table:
    def words(touchpoint: Touchpoint, persona: Persona) -> str:
        steps = [
            say("step", shown.language, n=place) for place, key in enumerate(persona.path, 1) if key == touchpoint.key
        ]
        told = [f"{lane}: {' '.join(thoughts)}" for lane, thoughts in _said(shown, touchpoint, persona)]
        return "; ".join([*steps, *told])

    return Table(
        title=shown.map.title,
        head=(say("column.touchpoint", shown.language), *(persona.name for persona in shown.personas)),
        rows=tuple((t.name, *(words(t, persona) for persona in shown.personas)) for t in rows),
    )
