"""Where the numbers of a process map stand: on their own arrow, off all other numbers, off other arrows if they can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from resa.drawing.process_ways import Bend
from resa.drawing.scene import Box

__all__ = ["Label", "placed"]

_ALONG: Final = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.2, 0.8, 0.15, 0.85)
_SAMPLES: Final = 24
_SQUARE: Final = 32.0
_CLEAR: Final = 2.0
_FROM_ENDS: Final = (2.0, 10.0)  # a number keeps off the end of its curve, and off the head


@dataclass(frozen=True, slots=True)
class Label:
    """A number to be placed.

    Attributes:
        width: Of its words.
        height: Of its words.
        bends: The curves of its arrow; none: it is placed elsewhere.
    """

    width: float
    height: float
    bends: tuple[Bend, ...]


def placed(labels: Sequence[Label], sheet: Box) -> list[tuple[float, float] | None]:
    """The middle of each number; `None`: there is no room for it, or it has no curve.

    The last ones are the most important and choose first.

    Args:
        labels: What is to be placed.
        sheet: What none may leave.
    """
    near = _sampled(labels)
    taken: list[Box] = []
    found: list[tuple[float, float] | None] = [None] * len(labels)
    for number in range(len(labels) - 1, -1, -1):
        label = labels[number]
        best: tuple[float, int, tuple[float, float], Box] | None = None
        for rank, (x, y) in enumerate(_places(label)):
            box = Box(x - label.width / 2, y - label.height / 2, x + label.width / 2, y + label.height / 2)
            wide = Box(box.left - _CLEAR, box.top - _CLEAR, box.right + _CLEAR, box.bottom + _CLEAR)
            if not sheet.holds(wide) or any(wide.overlaps(other) for other in taken):
                continue
            crossed = sum(
                other != number and wide.left < px < wide.right and wide.top < py < wide.bottom
                for square in _squares(wide)
                for other, px, py in near.get(square, ())
            )
            if best is None or (crossed + rank * 0.2, rank) < best[:2]:
                best = (crossed + rank * 0.2, rank, (x, y), box)
        if best is not None:
            found[number] = best[2]
            taken.append(best[3])
    return found


def _sampled(labels: Sequence[Label]) -> dict[tuple[int, int], list[tuple[int, float, float]]]:
    """Points along all arrows, with the number of each, by the square of the sheet that they lie in."""
    near: dict[tuple[int, int], list[tuple[int, float, float]]] = {}
    for number, label in enumerate(labels):
        for part in label.bends:
            for step in range(_SAMPLES + 1):
                x, y = part.at(step / _SAMPLES)
                near.setdefault((int(x // _SQUARE), int(y // _SQUARE)), []).append((number, x, y))
    return near


def _squares(box: Box) -> Iterator[tuple[int, int]]:
    """The squares that a box touches."""
    for column in range(int(box.left // _SQUARE), int(box.right // _SQUARE) + 1):
        for row in range(int(box.top // _SQUARE), int(box.bottom // _SQUARE) + 1):
            yield column, row


def _places(label: Label) -> list[tuple[float, float]]:
    """Where a number may stand on its arrow: between layers, the best places first."""
    found = []
    for along in _ALONG:
        for part in label.bends:
            high, low = min(part.y1, part.y2), max(part.y1, part.y2)
            if part.dip:
                high, low = low, low + part.dip
            elif part.x1 == part.x2 and len(label.bends) > 1 and part not in (label.bends[0], label.bends[-1]):
                continue  # through a layer, between two touchpoints
            x, y = part.at(along)
            if y - label.height / 2 >= high + _FROM_ENDS[0] and y + label.height / 2 <= low - _FROM_ENDS[1]:
                found.append((x, y))
    return found
