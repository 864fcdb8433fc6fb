"""The one door to fast-sugiyama: which layer each node of a graph stands in, and where in it."""

from __future__ import annotations

from collections.abc import Sequence

from fast_sugiyama import from_edges

__all__ = ["layered"]

_APART = 100.0


def layered(count: int, arrows: Sequence[tuple[int, int]]) -> list[tuple[int, float]]:
    """Each node's layer, 0 at the top, and where it would stand in it, counted in nodes from the left.

    The same arrows in the same order give the same answer.

    Args:
        count: How many nodes there are, numbered from 0; each is at an end of an arrow.
        arrows: From and to, of a graph that hangs together and has no cycle.

    Raises:
        ValueError: The graph does not hang together.
    """
    found = from_edges(
        arrows,
        vertex_spacing=_APART,
        dummy_vertices=True,  # long arrows take room, so that what they pass moves aside
        dummy_size=0.4,
        ranking_type="minimize",
        crossing_minimization="barycenter",
    )
    if len(found) != 1:
        raise ValueError(f"{len(found)} graphs, where one is laid out")
    places = {int(node): at for node, at in found[0][0]}
    top = max(y for _, y in places.values())
    return [(round((top - places[node][1]) / _APART), places[node][0] / _APART) for node in range(count)]
