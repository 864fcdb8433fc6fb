"""How the arrows of a process map run: down and up through the gaps between touchpoints, never across one.

Between two layers an arrow is one soft curve; through a layer it runs straight, in a gap between two nodes or beside
all of them. Arrows that share a gap, or a side of a node, stand side by side there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from resa.drawing.scene import Box

__all__ = ["Bend", "Way", "routed"]

_CLEAR: Final = 9.0  # between an arrow and a node it passes
_APART: Final = 4.0  # between arrows side by side
_PORT: Final = 13.0  # between arrows at a node
_SWERVE: Final = 60.0  # what a curve costs, in units of its width: rather one wide one than a stair of small ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An arrow to be routed.

    Attributes:
        start: Number of the node it leaves.
        end: Number of the node it leads to.
        thick: How thick it is drawn.
        straight: It is of the happy path, and keeps the middle of its nodes.
    """

    start: int
    end: int
    thick: float
    straight: bool = False


@dataclass(frozen=True, slots=True)
class Bend:
    """One curve of an arrow: it leaves (`x1`, `y1`) and reaches (`x2`, `y2`) upright.

    Attributes:
        x1: Where it begins.
        y1: Where it begins.
        x2: Where it ends.
        y2: Where it ends.
        dip: How far its control points hang below its ends, of one between nodes of the same layer; 0: none.
    """

    x1: float
    y1: float
    x2: float
    y2: float
    dip: float = 0.0

    @property
    def controls(self) -> tuple[float, float, float, float]:
        """The control points of the cubic curve."""
        if self.dip:
            return self.x1, self.y1 + self.dip, self.x2, self.y2 + self.dip
        middle = (self.y1 + self.y2) / 2
        return self.x1, middle, self.x2, middle

    def at(self, t: float) -> tuple[float, float]:
        """The point at `t`, 0 to 1."""
        cx1, cy1, cx2, cy2 = self.controls
        u = 1 - t
        a, b, c, d = u**3, 3 * u * u * t, 3 * u * t * t, t**3
        return a * self.x1 + b * cx1 + c * cx2 + d * self.x2, a * self.y1 + b * cy1 + c * cy2 + d * self.y2


def routed(
    ways: Sequence[Way], boxes: Sequence[Box], taken: Sequence[Box], layer: Sequence[int], sheet: Box
) -> list[tuple[Bend, ...]]:
    """The curves of each arrow, from its start to its end; an arrow from a node to itself has none.

    Args:
        ways: The arrows.
        boxes: The nodes.
        taken: The nodes with what stands beside them, which no arrow may cross.
        layer: Of each node; nodes of one layer stand between the same heights.
        sheet: What no arrow may leave at its left or right.
    """
    gaps = {number: _free(row, sheet) for number, row in _rows(taken, layer).items()}
    tracks = [_gaps(way, boxes, gaps, layer) for way in ways]
    tracks = _beside(ways, tracks, boxes, gaps, layer)
    ports = _ports(ways, tracks, boxes, layer)
    return [tuple(_bends(way, tracks[n], ports, n, boxes, layer)) for n, way in enumerate(ways)]


def _rows(boxes: Sequence[Box], layer: Sequence[int]) -> dict[int, list[Box]]:
    rows: dict[int, list[Box]] = {}
    for box, number in zip(boxes, layer, strict=True):
        rows.setdefault(number, []).append(box)
    return {number: sorted(row, key=lambda box: box.left) for number, row in rows.items()}


def _free(row: Sequence[Box], sheet: Box) -> list[tuple[float, float]]:
    """The gaps of a layer, those at its sides included."""
    edges = [sheet.left, *(edge for box in row for edge in (box.left - _CLEAR, box.right + _CLEAR)), sheet.right]
    return [(left, right) for left, right in zip(edges[::2], edges[1::2], strict=True) if left <= right]


def _gaps(
    way: Way, boxes: Sequence[Box], gaps: Mapping[int, Sequence[tuple[float, float]]], layer: Sequence[int]
) -> dict[int, float]:
    """Where an arrow passes each layer between its ends: the way with the least swerving."""
    one, two = layer[way.start], layer[way.end]
    if abs(one - two) < 2:
        return {}
    here, there = _middle(boxes[way.start]), _middle(boxes[way.end])
    between = list(range(min(one, two) + 1, max(one, two)))
    if one > two:
        between.reverse()
    # For each gap of a layer: the least swerving so far, and the places passed.
    open_ways: list[tuple[float, tuple[float, ...]]] = [(0.0, (here,))]
    for number, passed in enumerate(between, start=1):
        line = here + (there - here) * number / (len(between) + 1)
        wanted = sorted({here, there, line})
        found = []
        for left, right in gaps[passed]:
            for x in sorted({min(max(x, left), right) for x in wanted}):
                cost, places = min((cost + _swerve(places[-1], x), places) for cost, places in open_ways)
                found.append((cost, (*places, x)))
        open_ways = found
    _, best = min((cost + _swerve(places[-1], there), places) for cost, places in open_ways)
    return dict(zip(between, best[1:], strict=True))


def _swerve(x: float, after: float) -> float:
    return abs(after - x) + (_SWERVE if abs(after - x) > 1 else 0.0)


def _beside(
    ways: Sequence[Way],
    tracks: Sequence[Mapping[int, float]],
    boxes: Sequence[Box],
    gaps: Mapping[int, Sequence[tuple[float, float]]],
    layer: Sequence[int],
) -> list[dict[int, float]]:
    """The same tracks, those in one gap side by side."""
    moved = [dict(track) for track in tracks]
    for number, free in gaps.items():
        for left, right in free:
            inside = [n for n, track in enumerate(tracks) if number in track and left <= track[number] <= right]
            inside.sort(key=lambda n: (tracks[n][number], _lean(ways[n], tracks[n], number, boxes, layer), n))
            for n, x in _in_gap(inside, ways, [track.get(number, 0.0) for track in tracks], left, right).items():
                moved[n][number] = x
    return moved


def _in_gap(
    inside: Sequence[int], ways: Sequence[Way], wanted: Sequence[float], left: float, right: float
) -> dict[int, float]:
    """Places of the arrows of a gap, by number; the happy path stays where it is, and the others keep beside it.

    Where they have no room on the side that they come from, they go to its other side.
    """

    def spread(order: Sequence[int]) -> dict[int, float]:
        places = _spread([(wanted[n], ways[n].thick) for n in order], left, right)
        return dict(zip(order, places, strict=True))

    straight = [n for n in inside if ways[n].straight]
    others = [n for n in inside if not ways[n].straight]
    if straight:
        for order in (inside, [*others, *straight], [*straight, *others]):
            places = spread(order)
            shift = wanted[straight[0]] - places[straight[0]]
            if all(left - 0.01 <= x + shift <= right + 0.01 for x in places.values()):
                return {n: x + shift for n, x in places.items()}
    return spread(inside)


def _lean(way: Way, track: Mapping[int, float], number: int, boxes: Sequence[Box], layer: Sequence[int]) -> float:
    """How far to the right the places before and after lie, so that arrows in a gap do not cross."""
    around = [
        track.get(other, _middle(boxes[way.start if layer[way.start] == other else way.end]))
        for other in (number - 1, number + 1)
    ]
    return sum(around)


def _spread(wanted: Sequence[tuple[float, float]], left: float, right: float) -> list[float]:
    """Places as near to the wanted ones as their thickness allows, in order, inside the gap as far as that goes."""
    if not wanted:
        return []
    room = sum(thick + _APART for _, thick in wanted) - _APART
    squeeze = min(1.0, (right - left) / room) if room > 0 else 1.0
    groups: list[list[float]] = []  # where each cluster of touching arrows begins, how wide it is, where it wants to be
    for x, thick in wanted:
        wide = (thick + _APART) * squeeze
        groups.append([x - wide / 2, wide, x - wide / 2, 1])
        while len(groups) > 1 and groups[-2][0] + groups[-2][1] > groups[-1][0]:
            _, wide2, sum2, many2 = groups.pop()
            _, wide1, sum1, many1 = groups.pop()
            total, many = sum1 + sum2 - wide1 * many2, many1 + many2
            groups.append([total / many, wide1 + wide2, total, many])
    places = []
    remaining = list(wanted)
    for begin, wide, _, many in groups:
        edge = _APART * squeeze / 2
        x = min(max(begin, left - edge), max(left - edge, right + edge - wide))
        for _ in range(int(many)):
            own = (remaining.pop(0)[1] + _APART) * squeeze
            places.append(x + own / 2)
            x += own
    return places


def _middle(box: Box) -> float:
    return (box.left + box.right) / 2


def _ports(
    ways: Sequence[Way], tracks: Sequence[Mapping[int, float]], boxes: Sequence[Box], layer: Sequence[int]
) -> dict[tuple[int, str], float]:
    """Where each arrow leaves its start and reaches its end: in the order of where they come from and lead to."""
    sides: dict[tuple[int, str], list[tuple[float, int, int, str]]] = {}
    for n, way in enumerate(ways):
        if way.start == way.end:
            continue
        one, two = layer[way.start], layer[way.end]
        down, flat = two > one, one == two
        step = 0 if flat else 1 if down else -1
        first = tracks[n].get(one + step, _middle(boxes[way.end]))
        last = tracks[n].get(two - step, _middle(boxes[way.start]))
        sides.setdefault((way.start, "bottom" if down or flat else "top"), []).append(
            (first, int(not down), n, "start")
        )
        sides.setdefault((way.end, "top" if down else "bottom"), []).append((last, int(not down), n, "end"))
    ports: dict[tuple[int, str], float] = {}
    for (node, _), ends in sides.items():
        ends.sort()
        middle = _middle(boxes[node])
        centre = next((place for place, end in enumerate(ends) if ways[end[2]].straight), (len(ends) - 1) / 2)
        room = max(8.0, boxes[node].right - boxes[node].left - 24)
        pitch = min(_PORT, room / max(1, 2 * max(centre, len(ends) - 1 - centre)))
        for place, (_, _, n, which) in enumerate(ends):
            ports[n, which] = middle + (place - centre) * pitch
    return ports


def _bends(
    way: Way,
    track: Mapping[int, float],
    ports: Mapping[tuple[int, str], float],
    number: int,
    boxes: Sequence[Box],
    layer: Sequence[int],
) -> Iterator[Bend]:
    if way.start == way.end:
        return
    here, there = boxes[way.start], boxes[way.end]
    x1, x2 = ports[number, "start"], ports[number, "end"]
    if layer[way.start] == layer[way.end]:
        yield Bend(x1, here.bottom, x2, there.bottom, dip=26 + min(60.0, 0.07 * abs(x2 - x1)))
        return
    down = layer[way.end] > layer[way.start]
    edges = _edges(boxes, layer)
    points = [(x1, here.bottom if down else here.top)]
    for passed in track:
        top, bottom = edges[passed]
        points.append((track[passed], top if down else bottom))
        points.append((track[passed], bottom if down else top))
    points.append((x2, there.top if down else there.bottom))
    for (xa, ya), (xb, yb) in pairwise(points):
        yield Bend(xa, ya, xb, yb)


def _edges(boxes: Iterable[Box], layer: Iterable[int]) -> dict[int, tuple[float, float]]:
    """The top and bottom of each layer."""
    found: dict[int, tuple[float, float]] = {}
    for box, number in zip(boxes, layer, strict=True):
        top, bottom = found.get(number, (box.top, box.bottom))
        found[number] = (min(top, box.top), max(bottom, box.bottom))
    return found
