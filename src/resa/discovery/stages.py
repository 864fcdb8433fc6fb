"""The goal, the order of the touchpoints, and the stages that it is cut into.

*Order.* For touchpoints A and B let p(A, B) be the share, among customers who were at both, whose first visit of A came
before that of B. A touchpoint's place is its mean of 2 p - 1 over all others that at least ten customers share with it
(the Borda rule, which minimises the squared error of the pairwise preferences): +1 comes before all others, -1 after.

*Goal.* Of the touchpoints whose events carry a value, the one that the most customers come to from another touchpoint:
a sale that is half of the time somebody's first event shows less of a journey than one that has a way. A person may
name another one.

*Stages.* With a goal G:

* what comes after G (p(G, X) >= 1/2; by its place, if too few were at both) is `service`, and its return `loyalty`;
* what comes before, or carries a value and is a way in by itself, is before: `awareness` if at least half of its
  customers begin there; `conversion` if, of the rest, it belongs to those that lead to G far more often than the others
  do (the cut of the log odds to reach G later that has the largest variance between both sides; Otsu, IEEE Trans. SMC 9
  (1979), 62-66); `consideration` otherwise. G is in `conversion`.

Where nearly all journeys begin with the same touchpoint (90 %), they are cases of a process rather than customers who
came on their own. There is nothing to consider, and the stages are called `beginning`, `on_the_way` (all that is before
G and no beginning), `goal`, `afterwards` and `again`.

Without a goal there is no such anchor: touchpoints where at least half of the customers begin are the `beginning`,
those where at least half end are the `end`, and the others are `on_the_way`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from resa.discovery.sample import Sample

__all__ = [
    "FEWEST_TOGETHER",
    "OF_A_PROCESS",
    "STAGES",
    "Worth",
    "choose_goal",
    "find_order",
    "find_stages",
    "stage_names",
]

FEWEST_TOGETHER: Final = 10
"""Customers whom two touchpoints must share before one says anything of the other's place."""

STAGES: Final = ("awareness", "consideration", "conversion", "service", "loyalty")
"""Keys of stages around a goal, in the order in which they stand on a wall."""

OF_A_PROCESS: Final = ("beginning", "on_the_way", "goal", "afterwards", "again")
"""What they are called where customers did not come on their own."""

_WITHOUT_GOAL: Final = ("beginning", "on_the_way", "end")
_NEARLY_ALL: Final = 0.9

_HALF: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What the events of a touchpoint are worth.

    Attributes:
        expression: What the signal's `value` says; empty: the event's own value.
    """

    expression: str = ""


def find_order(sample: Sample) -> npt.NDArray[np.float64]:
    """f64[K], the place of each touchpoint in journeys, from +1 (before all others) to -1."""
    known = (sample.both >= FEWEST_TOGETHER) & ~np.eye(sample.touchpoints, dtype=np.bool_)
    place: npt.NDArray[np.float64] = np.where(known, 2 * sample.before - 1, 0.0).sum(axis=1) / np.maximum(
        known.sum(axis=1), 1
    )
    return place


def choose_goal(sample: Sample, worth: Sequence[Worth | None]) -> int | None:
    """Number of the touchpoint that is the goal; `None` if no event carries a value."""
    people = sample.used.sum(axis=0)
    came = people * (1 - sample.began)
    valued = [kind for kind in range(sample.touchpoints) if worth[kind] is not None and people[kind] > 0]
    return max(valued, key=lambda kind: (came[kind], people[kind], -kind), default=None)


def stage_names(sample: Sample) -> tuple[str, ...]:
    """What the stages around a goal are called, in the order of `STAGES`."""
    begun = np.bincount(sample.codes[sample.journeys.offsets[:-1][np.diff(sample.journeys.offsets) > 0]], minlength=1)
    return OF_A_PROCESS if begun.max() >= _NEARLY_ALL * max(1, begun.sum()) else STAGES


def find_stages(
    sample: Sample, place: npt.NDArray[np.float64], goal: int | None, worth: Sequence[Worth | None]
) -> dict[str, list[int]]:
    """The touchpoints of each stage that has any, in order; the goal's return is not among them."""
    names: Sequence[str] = _WITHOUT_GOAL if goal is None else stage_names(sample)
    number = (
        [_without_goal(sample, kind) for kind in range(sample.touchpoints)]
        if goal is None
        else [STAGES.index(stage) for stage in _around(sample, place, goal, worth, cases=names is OF_A_PROCESS)]
    )
    order = sorted(range(sample.touchpoints), key=lambda kind: (-round(float(place[kind]), 9), kind))
    found = {name: [kind for kind in order if number[kind] == stage] for stage, name in enumerate(names)}
    return {name: kinds for name, kinds in found.items() if kinds}


def _without_goal(sample: Sample, kind: int) -> int:
    if sample.began[kind] >= _HALF:
        return 0
    return 2 if sample.ended[kind] >= _HALF else 1


def _around(
    sample: Sample, place: npt.NDArray[np.float64], goal: int, worth: Sequence[Worth | None], *, cases: bool
) -> list[str]:
    """The stage of each touchpoint around a goal; `cases`: of a process."""
    together = sample.both[goal] >= FEWEST_TOGETHER
    after = np.where(together, sample.before[goal] >= _HALF, place < place[goal])
    stage = ["service" if later else "" for later in after]
    stage[goal] = "conversion"
    for kind in range(sample.touchpoints):
        if kind != goal and worth[kind] is not None and not stage[kind]:
            stage[kind] = "conversion"  # another way to buy
        elif not stage[kind] and sample.began[kind] >= _HALF:
            stage[kind] = "awareness"
    rest = [kind for kind in range(sample.touchpoints) if not stage[kind]]
    reach = [_reaches(sample, kind, goal) for kind in rest]
    for kind, near in zip(rest, _upper_part(reach), strict=True):
        stage[kind] = "conversion" if near and not cases else "consideration"
    return stage


def _reaches(sample: Sample, kind: int, goal: int) -> float:
    """Log odds that a customer of a touchpoint is at the goal after the first visit of it."""
    used = sample.used[:, kind]
    reached = np.count_nonzero(sample.last[used, goal] > sample.first[used, kind])
    return float(np.log((reached + 0.5) / (np.count_nonzero(used) - reached + 0.5)))


def _upper_part(numbers: Sequence[float]) -> list[bool]:
    """Which numbers are above the cut that leaves the largest variance between both sides; of one number none is."""
    ordered = sorted(numbers)
    best, cut = 0.0, np.inf
    for count in range(1, len(ordered)):
        low, high = ordered[:count], ordered[count:]
        between = len(low) * len(high) * float(np.mean(high) - np.mean(low)) ** 2
        if between > best:
            best, cut = between, high[0]
    return [number >= cut for number in numbers]
