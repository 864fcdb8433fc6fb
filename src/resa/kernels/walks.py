"""Walks: how far each customer follows a planned path, and by which way from each step to the next.

What is meant, exactly
----------------------
A customer *reaches* the steps of a path as a funnel of it has it, any time between steps and any other touchpoint in
between: the first step at its first visit in the period, each further step at its first visit after the step before.
What *follows* a step is the customer's next visit of another touchpoint. The way on from a step is

* `DIRECT`: the next step is what follows; where the next step repeats the touchpoint, it comes before what follows;
* `DETOUR`: the next step is reached, but something else came first;
* `LEFT`: the next step is not reached, or there is none.

One pass: steps whose follower is not known yet all show the touchpoint of the last visit, so the first visit of another
touchpoint settles them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.bits import first_of
from resa.kernels.compiling import kernel
from resa.kernels.journeys import CODES, Journeys, Period, moment, plain_customers, plain_journeys
from resa.kernels.ranges import over_customers

__all__ = ["DETOUR", "DIRECT", "LEFT", "WAYS", "Walks", "walks"]

LEFT: Final = 0
DETOUR: Final = 1
DIRECT: Final = 2

WAYS: Final = 3
"""How many ways on there are."""


class Walks(NamedTuple):
    """Customers by step of a path, by what followed it, and by their way on.

    Attributes:
        counts: i64[S, K, WAYS], customers who reached the step; code 0: nothing followed. Those of other customers add
            up.
        each: u32[C, S], every customer's place in `counts[step]`, laid flat, plus 1; 0: not reached. Without rows when
            it was not asked for.
    """

    counts: npt.NDArray[np.int64]
    each: npt.NDArray[np.uint32]


@kernel
def _within(
    seconds: npt.NDArray[np.int32], micros: npt.NDArray[np.int32], position: int, period: tuple[int, int] | None
) -> bool:
    """Whether an event lies in the period."""
    return period is None or period[0] <= moment(seconds, micros, position) < period[1]


@kernel
def _walks(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    path: npt.NDArray[np.uint16],
    words: npt.NDArray[np.uint64],
    period: tuple[int, int] | None,
    mask: npt.NDArray[np.bool_],
    first: int,
    last: int,
    counts: npt.NDArray[np.int64],
    each: npt.NDArray[np.uint32],
) -> None:
    """Add up a range of customers; `words` are the bits of events that show the first step."""
    steps = len(path)
    followers = np.zeros(steps, np.int64)
    ways = np.zeros(steps, np.int64)
    for customer in range(first, last):
        if mask.size > 0 and not mask[customer]:
            continue
        reached = settled = 0
        # Nothing counts before the first step, and most customers never take it.
        for position in range(first_of(words, offsets[customer], offsets[customer + 1]), offsets[customer + 1]):
            code = touchpoints[position]
            if code == 0:
                continue
            waits = settled < reached  # for what follows the step before the wanted one
            if waits and code != path[settled]:
                followers[settled:reached] = code
                settled = reached
            if reached == steps:
                if settled == steps:
                    break
            elif code == path[reached] and (reached > 0 or _within(seconds, micros, position, period)):
                if reached > 0:
                    ways[reached - 1] = DIRECT if waits else DETOUR
                followers[reached], ways[reached] = 0, LEFT
                reached += 1
        for step in range(reached):
            counts[step, followers[step], ways[step]] += 1
        if each.size > 0:
            each[customer, :reached] = followers[:reached] * WAYS + ways[:reached] + 1


def walks(
    journeys: Journeys,
    path: Sequence[int],
    codes: int,
    *,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    each: bool = False,
    threads: int | None = None,
) -> Walks:
    """Count how customers walk a path; the module's text says exactly what that means.

    Args:
        journeys: The index.
        path: Codes of its steps, at least one.
        codes: K, one more than the largest touchpoint code.
        period: When the first step may be reached; `None`: any time.
        customers: bool[C], who takes part; `None`: all.
        each: Also tell every customer's way.
        threads: See `over_customers`.

    Raises:
        ValueError: The path is empty, or a code is not below `codes`.
    """
    plain = plain_journeys(journeys)
    mask = plain_customers(customers, plain)
    if not len(path) or not 1 <= min(path) <= max(path) < codes <= CODES:
        raise ValueError(f"a path has at least one step, each a code from 1 to {codes - 1}")
    if int(plain.touchpoints.max(initial=0)) >= codes:
        raise ValueError(f"a touchpoint's code is not below {codes}")
    plain_path = np.array(path, np.uint16)
    words = journeys.bits.any_of(path[:1])
    rows = np.zeros((plain.customers if each else 0, len(path)), np.uint32)

    def run(first: int, last: int) -> npt.NDArray[np.int64]:
        counts = np.zeros((len(path), codes, WAYS), np.int64)
        _walks(*plain, plain_path, words, period, mask, first, last, counts, rows)
        return counts

    parts = over_customers(plain, run, threads) or [run(0, 0)]
    return Walks(sum(parts[1:], parts[0]), rows)
