"""Numbers of customers as who looks may know them: who may not know names is told nothing of few, who stand out.

A segment may be of one certain customer: that it has one, and even that it has none, tells of her. So its size is told
from five on, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from resa.drawing import format_count, format_percent
from resa.screens.visits import Visit

__all__ = ["FEW", "also_untold", "count_for", "hides", "hides_part", "share_for", "size_for", "untold_of"]

FEW: Final = 5
"""Who may not know names is told of no fewer customers or events, and of no value that fewer have."""


def hides(visit: Visit, size: int) -> bool:
    """Whether a number of customers is too small for who looks."""
    return size < FEW and not visit.may("names")


def hides_part(visit: Visit, size: int, *wholes: int) -> bool:
    """Whether a number of customers is too small, or leaves few of a group of told size that they are a part of."""
    return hides(visit, size) or any(size < whole and hides(visit, whole - size) for whole in wholes)


def untold_of(visit: Visit, sizes: Sequence[int]) -> set[int]:
    """Which of the disjoint groups that make up a whole who looks is not told of, by their places."""
    return set() if visit.may("names") else also_untold([("whole",)] * len(sizes), sizes)


def size_for(visit: Visit, size: int) -> str:
    """How many customers are somewhere, as who looks at it may know it."""
    return _few(visit) if hides(visit, size) else format_count(size, visit.language)


def share_for(visit: Visit, share: float | None, size: int) -> str:
    """The share that so many customers are, as who looks at it may know it."""
    return "–" if share is None or hides(visit, size) else format_percent(share, visit.language)


def count_for(visit: Visit, number: int) -> str:
    """A number of events or customers that something met; of what nothing met, that may be told."""
    return _few(visit) if number > 0 and hides(visit, number) else format_count(number, visit.language)


def _few(visit: Visit) -> str:
    return str(visit.say("fewer_than", n=format_count(FEW, visit.language)))


def also_untold(groups: Sequence[Sequence[str]], sizes: Sequence[int]) -> set[int]:
    """Which of several disjoint groups are not told of, so that no small one follows from the others and a total.

    Args:
        groups: Of each, the wholes that it is a part of, whose sizes are told.
        sizes: Of each, how many customers are in it.

    Returns:
        Their places: those of few, and of each whole at least a second one, the smallest.
    """
    untold = {place for place, size in enumerate(sizes) if size < FEW}
    wholes = {one for inside in groups for one in inside}
    while True:
        more = set()
        for whole in wholes:
            mine = [place for place, inside in enumerate(groups) if whole in inside]
            if len(untold.intersection(mine)) == 1 and len(mine) > 1:
                more.add(min((place for place in mine if place not in untold), key=lambda place: sizes[place]))
        if not more:
            return untold
        untold |= more
