"""Of each customer: how many of some events there were in a period, the first of them and the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.journeys import CODES, WHOLE_TIME, Journeys, Period, code_flags, moment, plain_journeys, read_only
from resa.kernels.ranges import over_customers

__all__ = ["OfEach", "events_of_each"]


class OfEach(NamedTuple):
    """One row a customer.

    Attributes:
        counts: i64[C], how many events.
        first: i64[C], position of the first; -1: there is none.
        last: i64[C], position of the last; -1: there is none.
    """

    counts: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]


@kernel
def _of_each(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    wanted: npt.NDArray[np.uint8],
    chosen: npt.NDArray[np.bool_],
    period: tuple[int, int],
    first: int,
    last: int,
    counts: npt.NDArray[np.int64],
    firsts: npt.NDArray[np.int64],
    lasts: npt.NDArray[np.int64],
) -> None:
    """Write a range of customers; `chosen` is empty where no event is left out."""
    for customer in range(first, last):
        counts[customer], firsts[customer], lasts[customer] = 0, -1, -1
        for position in range(offsets[customer], offsets[customer + 1]):
            if wanted[touchpoints[position]] == 0 or (chosen.size > 0 and not chosen[position]):
                continue
            time = moment(seconds, micros, position)
            if time >= period[1]:
                break
            if time >= period[0]:
                counts[customer] += 1
                lasts[customer] = position
                if firsts[customer] < 0:
                    firsts[customer] = position


def events_of_each(
    journeys: Journeys,
    codes: Sequence[int] | None,
    *,
    chosen: npt.NDArray[np.bool_] | None = None,
    period: Period | None = None,
    threads: int | None = None,
) -> OfEach:
    """Count events, and find the first and the last, customer by customer.

    Args:
        journeys: The index.
        codes: Touchpoints that count; `None`: every event does, those of no touchpoint too.
        chosen: bool[N], events that may count; `None`: all.
        period: In which they lie; `None`: any time.
        threads: See `over_customers`.

    Raises:
        ValueError: A code is out of bounds, or the flags are not one an event.
    """
    plain = plain_journeys(journeys)
    if chosen is not None and len(chosen) != plain.events:
        raise ValueError(f"{len(chosen)} flags for {plain.events} events")
    wanted = np.ones(CODES, np.uint8) if codes is None else code_flags(codes)
    flags = read_only(np.zeros(0, np.bool_) if chosen is None else chosen, np.bool_)
    asked = (read_only(wanted, np.uint8), flags, period or WHOLE_TIME)
    found = OfEach(*(np.empty(plain.customers, np.int64) for _ in OfEach._fields))
    over_customers(plain, lambda first, last: _of_each(*plain, *asked, first, last, *found), threads)
    return found
