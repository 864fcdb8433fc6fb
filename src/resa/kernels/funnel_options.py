"""Funnels that ask for more than order: nothing unwanted in between, or nothing at all in between.

What is meant, exactly
----------------------
*Unless*: a chain is as `resa.kernels.funnel` says, and no event of it follows an unwanted touchpoint that follows its
first event: between the first event and the last none lies in the one order. Who does the unwanted thing may begin
anew behind it. So a journey is cut at every unwanted touchpoint, and a customer's level is the highest of the pieces'.
An optional step is seen before the next unwanted touchpoint only.

*Directly*: of a chain's events each is the very next event with a touchpoint after the one before it; a repeat of the
same touchpoint stands in between like any other. The window, the period, the level, and which of several chains is
chosen are those of the funnel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.funnel import FunnelResult, check_steps, cut_window, funnel
from resa.kernels.journeys import WHOLE_TIME, Journeys, Period, code_flags, moment, plain_customers, plain_journeys
from resa.kernels.ranges import over_customers

__all__ = ["funnel_directly", "funnel_unless"]


def funnel_unless(
    journeys: Journeys,
    steps: Sequence[Sequence[int]],
    unwanted: Sequence[int],
    *,
    within_us: int,
    optional: Sequence[bool] | None = None,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
) -> FunnelResult:
    """Each customer's level and chosen chain, with no unwanted touchpoint between its first event and its last.

    Args:
        journeys: The index.
        steps: Each step's touchpoint codes, optional steps included.
        unwanted: Codes that no step has.
        within_us: As for `funnel`, and so are the others.
        optional: One flag a step.
        period: When a chain may start.
        customers: Who takes part.

    Raises:
        QuestionError: As for `funnel`.
        ValueError: An unwanted code is one of a step, or out of bounds.
    """
    if set(unwanted) & {code for codes in steps for code in codes}:
        raise ValueError("what is unwanted between the steps cannot be a step itself")
    cut = np.flatnonzero(code_flags(unwanted)[journeys.touchpoints])
    pieces = journeys._replace(offsets=np.union1d(journeys.offsets, cut).astype(np.int64))
    owners = np.searchsorted(journeys.offsets, pieces.offsets[:-1], side="right") - 1
    members = None if customers is None else customers[owners]
    found = funnel(pieces, steps, within_us=within_us, optional=optional, period=period, customers=members)
    best = np.lexsort((-found.levels.astype(np.int64), owners))  # stable: of equal levels the earlier piece comes first
    best = best[np.unique(owners[best], return_index=True)[1]]
    levels = np.zeros(journeys.customers, np.uint8)
    positions = np.full((journeys.customers, len(steps)), -1, np.int64)
    levels[owners[best]] = found.levels[best]
    positions[owners[best]] = found.positions[best]
    return FunnelResult(levels, positions)


@kernel
def _direct(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    flags: npt.NDArray[np.uint8],
    mask: npt.NDArray[np.bool_],
    window: int,
    period: tuple[int, int],
    first: int,
    last: int,
    levels: npt.NDArray[np.uint8],
    positions: npt.NDArray[np.int64],
) -> None:
    """Try every start of the customers from `first` up to, not including, `last`."""
    steps = len(flags)
    chain = np.empty(steps, np.int64)
    for customer in range(first, last):
        if mask.size > 0 and not mask[customer]:
            continue
        stop = offsets[customer + 1]
        for start in range(offsets[customer], stop):
            begun = moment(seconds, micros, start)
            if flags[0, touchpoints[start]] == 0 or not period[0] <= begun < period[1]:
                continue
            level = 0
            place = start
            while place < stop and level < steps:
                if touchpoints[place] != 0:
                    if flags[level, touchpoints[place]] == 0 or moment(seconds, micros, place) - begun > window:
                        break
                    chain[level] = place
                    level += 1
                place += 1
            if level > levels[customer]:
                levels[customer] = level
                positions[customer, :level] = chain[:level]


def funnel_directly(
    journeys: Journeys,
    steps: Sequence[Sequence[int]],
    *,
    within_us: int,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
) -> FunnelResult:
    """Each customer's level and chosen chain, each of its events the next with a touchpoint after the one before.

    Args:
        journeys: The index.
        steps: Each step's touchpoint codes; all steps are required.
        within_us: As for `funnel`, and so are the others.
        period: When a chain may start.
        customers: Who takes part.

    Raises:
        QuestionError: No step, more than 255, or a negative window.
        ValueError: A code is out of bounds.
    """
    check_steps(steps)
    plain = plain_journeys(journeys)
    flags = np.array([code_flags(codes) for codes in steps])
    asked = (flags, plain_customers(customers, plain), cut_window(within_us), period or WHOLE_TIME)
    levels = np.zeros(plain.customers, np.uint8)
    positions = np.full((plain.customers, len(steps)), -1, np.int64)
    over_customers(plain, lambda first, last: _direct(*plain, *asked, first, last, levels, positions))
    return FunnelResult(levels, positions)
