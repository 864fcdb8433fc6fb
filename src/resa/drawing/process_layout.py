"""Where the touchpoints of a process map stand: in layers from top to bottom, its happy path straight down the middle.

The arrows that shape the picture are few: the happy path, and for each touchpoint the commonest way to it and from it,
as far as they make no circle. From these the layers follow. All other arrows bend around what stands there already. So
nothing moves when arrows or touchpoints are left out of the picture: it is laid out once, with all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from resa.drawing.layers import layered

__all__ = ["Layout", "laid_out"]

_ROUNDS: Final = 12
_PASSING: Final = 0.62  # how near a node may stand to the happy path where that only passes, in nodes


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands.

    Attributes:
        layer: Of each node, from 0 at the top.
        x: The middle of each node, in nodes to the right of the happy path.
        layers: How many layers there are.
    """

    layer: tuple[int, ...]
    x: tuple[float, ...]
    layers: int


def laid_out(count: int, arrows: Mapping[tuple[int, int], float], spine: Sequence[int]) -> Layout:
    """Lay a process map out.

    Args:
        count: How many nodes, numbered from 0: the start is the last but one, the end the last.
        arrows: How heavy each is, by from and to; all of them, also those that will not be drawn.
        spine: The nodes of the happy path, each once, without start and end.
    """
    start, end = count - 2, count - 1
    places = layered(count, _backbone(count, arrows, [start, *spine, end]))
    layer = tuple(number for number, _ in places)
    rows = _rows(layer, [x for _, x in places], [start, *spine, end])
    x = _settled(rows, arrows, {layer[node] for node in (start, *spine, end)}, count)
    return Layout(layer, tuple(x), max(layer) + 1)


def _backbone(count: int, arrows: Mapping[tuple[int, int], float], spine: Sequence[int]) -> list[tuple[int, int]]:
    """The arrows that shape the picture: no circle, and everything hangs between the start and the end."""
    start, end = spine[0], spine[-1]
    ranked = sorted((pair for pair in arrows if pair[0] != pair[1]), key=lambda pair: (-arrows[pair], pair))
    into: dict[int, tuple[int, int]] = {}
    out: dict[int, tuple[int, int]] = {}
    for pair in ranked:
        out.setdefault(pair[0], pair)
        into.setdefault(pair[1], pair)
    wanted = {*into.values(), *out.values()}
    chosen: list[tuple[int, int]] = []
    beyond = [1 << node for node in range(count)]  # what can be reached from each node, itself included, as bits

    def add(pair: tuple[int, int]) -> None:
        one, two = pair
        if beyond[two] >> one & 1 or pair in chosen or two == start or one == end:
            return
        chosen.append(pair)
        for node in range(count):
            if beyond[node] >> one & 1:
                beyond[node] |= beyond[two]

    for pair in pairwise(spine):
        add(pair)
    for pair in ranked:
        if pair in wanted:
            add(pair)
    led, leading = {two for _, two in chosen}, {one for one, _ in chosen}
    for node in range(count):
        if node not in led:
            add((start, node))
        if node not in leading:
            add((node, end))
    return chosen


def _rows(layer: Sequence[int], x: Sequence[float], spine: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """The nodes beside the happy path in each layer, to its left and to its right, the nearest first."""
    middle: dict[int, float] = {layer[node]: x[node] for node in spine}
    for one, two in pairwise(spine):
        for between in range(layer[one] + 1, layer[two]):
            part = (between - layer[one]) / (layer[two] - layer[one])
            middle[between] = x[one] + part * (x[two] - x[one])
    rows: list[tuple[list[int], list[int]]] = [([], []) for _ in range(max(layer) + 1)]
    for node in sorted(set(range(len(layer))) - set(spine), key=lambda node: (x[node], node)):
        left, right = rows[layer[node]]
        if x[node] < middle[layer[node]]:
            left.insert(0, node)
        else:
            right.append(node)
    return rows


def _settled(
    rows: Sequence[tuple[list[int], list[int]]],
    arrows: Mapping[tuple[int, int], float],
    taken: set[int],
    count: int,
) -> list[float]:
    """Each node as near as it can be to those it is tied to, in order, no two on each other, the happy path at 0.

    Args:
        rows: What stands beside the happy path in each layer.
        arrows: What ties them; start and end, the last two nodes, tie nothing.
        taken: Layers in which a node of the happy path stands; through the others it only passes.
        count: How many nodes.
    """
    x = [0.0] * count
    ties: list[dict[int, float]] = [{} for _ in range(count)]
    for (one, two), weight in arrows.items():
        if one != two and max(one, two) < count - 2:
            for here, there in ((one, two), (two, one)):
                ties[here][there] = ties[here].get(there, 0.0) + weight
    sides = [
        (side, way, 1.0 if number in taken else _PASSING)
        for number, row in enumerate(rows)
        for side, way in zip(row, (-1, 1), strict=True)
    ]
    for turn in range(_ROUNDS):
        for side, way, least in sides if turn % 2 == 0 else reversed(sides):
            nearest = least
            for node in side:
                whole = sum(ties[node].values())
                wanted = sum(x[other] * weight for other, weight in ties[node].items()) / whole if whole else 0.0
                x[node] = way * max(nearest, way * wanted)
                nearest = way * x[node] + 1.0
    return x
