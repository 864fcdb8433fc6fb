"""The friction heat map: a row a touchpoint, a column a sign, darker where it is shown more often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from resa.drawing import formats
from resa.drawing.canvas import EDGE, edge, empty, sheet
from resa.drawing.matrix import Cell, counted, matrix
from resa.drawing.scene import Table
from resa.drawing.svg import Svg
from resa.drawing.words import said_in, say

__all__ = ["FrictionRow", "FrictionShare", "draw_friction"]

_LABEL, _WIDE = 170.0, 104.0
_SIGNS: Final = ("drop-off", "loop", "repeat", "switch", "wait")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrictionShare:
    """How much a touchpoint shows a sign.

    Attributes:
        share: Of its visits, 0 to 1.
        median_seconds: Shown instead of the share: the usual wait.
        changed: It changed beyond chance, for all or some.
    """

    share: float
    median_seconds: float | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FrictionRow:
    """One row.

    Attributes:
        name: Of the touchpoint, for people.
        visits: How many were looked at.
        signs: By sign; one that cannot be shown is not there.
    """

    name: str
    visits: int
    signs: Mapping[str, FrictionShare]


def draw_friction(rows: Sequence[FrictionRow], *, language: str = "en", heading: bool = True) -> Svg:
    """Draw touchpoints from top to bottom and signs from left to right; what changed beyond chance is framed.

    Args:
        rows: The touchpoints.
        language: Of words and numbers.
        heading: Draw the title.
    """
    language = said_in(language)
    title = say("friction", language)
    shown = [sign for sign in _SIGNS if any(sign in row.signs for row in rows)]
    heads = [say("column.visits", language), *(say(f"sign.{sign}", language) for sign in shown)]
    most = {sign: max((row.signs[sign].share for row in rows if sign in row.signs), default=0) or 1 for sign in shown}
    cells = [
        (
            row.name,
            [
                Cell(counted(row.visits, language)),
                *(_cell(row.signs.get(sign), most[sign], language) for sign in shown),
            ],
        )
        for row in rows
    ]
    width = max(480.0, _LABEL + _WIDE * len(heads) + 2 * edge(heading))
    table = Table(
        title=title,
        head=(say("column.touchpoint", language), *heads),
        rows=tuple((name, *(cell.words for cell in line)) for name, line in cells),
    )
    return sheet(
        title=title,
        note=say("friction_note", language),
        description=say("friction_description", language),
        language=language,
        width=width,
        body=matrix(cells, heads, label=_LABEL, wide=_WIDE) if rows else empty(width - 2 * EDGE, language),
        tables=[table] if rows else [],
        heading=heading,
    )


def _cell(shown: FrictionShare | None, most: float, language: str) -> Cell:
    if shown is None:
        return Cell()
    if shown.median_seconds is not None:  # the slow ones are a quarter everywhere, so that a tint would say nothing
        return Cell(formats.seconds(shown.median_seconds, language), outlined=shown.changed)
    return Cell(formats.percent(shown.share, language), shown.share / most, outlined=shown.changed)
