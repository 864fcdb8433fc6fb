"""Stays: how long customers remain in one stage before they visit another.

What is meant, exactly
----------------------
A customer *enters* a stage by a visit whose touchpoint is of it, unless the visit before was of the same stage and not
more than `quiet` earlier. The *stay* goes on as long as visits of the same stage follow, none more than `quiet` after
the one before. It ends by a *move* to another stage at the next visit, if that comes not more than `quiet` after the
stay's last; else it ends quietly, or nothing follows.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.journeys import CODES, Journeys, moment, plain_customers, plain_journeys, read_only
from resa.kernels.ranges import over_customers

__all__ = ["MOVED", "NOTHING", "PAUSED", "Stays", "stays"]

NOTHING: Final = 0
"""No visit follows the stay."""

MOVED: Final = 1
"""The customer went on to another stage."""

PAUSED: Final = 2
"""The next visit came after too long a pause."""


class Stays(NamedTuple):
    """One row a stay, ordered by customer and moment.

    Attributes:
        customers: i32[M], whose it is.
        stages: u16[M], number of the stage, from 1.
        entered: i64[M], position of its first visit.
        last: i64[M], position of its last visit.
        left: i64[M], position of the customer's next visit; -1: none follows.
        ended: u8[M], `NOTHING`, `MOVED` or `PAUSED`.
    """

    customers: npt.NDArray[np.int32]
    stages: npt.NDArray[np.uint16]
    entered: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    left: npt.NDArray[np.int64]
    ended: npt.NDArray[np.uint8]


@kernel
def _stays(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    stage_of: npt.NDArray[np.uint16],
    quiet: int,
    mask: npt.NDArray[np.bool_],
    first: int,
    last: int,
    found: tuple[
        npt.NDArray[np.int32],
        npt.NDArray[np.uint16],
        npt.NDArray[np.int64],
        npt.NDArray[np.int64],
        npt.NDArray[np.int64],
        npt.NDArray[np.uint8],
    ],
) -> int:
    """Write the stays of a range of customers; gives how many."""
    customers, stages, entered, latest, left, ended = found
    row = -1
    for customer in range(first, last):
        if mask.size > 0 and not mask[customer]:
            continue
        stage, time = 0, np.int64(0)
        for position in range(offsets[customer], offsets[customer + 1]):
            here = stage_of[touchpoints[position]]
            if here == 0:
                continue
            now = moment(seconds, micros, position)
            paused = now - time > quiet
            if here != stage or paused:
                if stage != 0:
                    left[row], ended[row] = position, PAUSED if paused else MOVED
                row += 1
                customers[row], stages[row], entered[row] = customer, here, position
                left[row], ended[row] = -1, NOTHING
            latest[row] = position
            stage, time = here, now
    return row + 1


def stays(
    journeys: Journeys,
    stage_of: npt.NDArray[np.uint16],
    *,
    quiet_us: int | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> Stays:
    """Find every stay; the module's text says exactly what that means.

    Args:
        journeys: The index.
        stage_of: u16[K], the stage of each touchpoint code, from 1; 0: none, so that its visits are passed over. Code 0
            is of no stage.
        quiet_us: A longer pause, microseconds, ends a stay; `None`: none does.
        customers: bool[C], who takes part; `None`: all.
        threads: See `over_customers`.

    Raises:
        ValueError: There are more codes than there can be, code 0 has a stage, or a pause is negative.
    """
    plain = plain_journeys(journeys)
    mask = plain_customers(customers, plain)
    if len(stage_of) > CODES or (len(stage_of) and stage_of[0]) or (quiet_us is not None and quiet_us < 0):
        raise ValueError(f"stages are of at most {CODES} codes, code 0 is of none, and a pause is not negative")
    table = np.zeros(CODES, np.uint16)
    table[: len(stage_of)] = stage_of
    stage_table = read_only(table, np.uint16)

    def run(first: int, last: int) -> tuple[npt.NDArray[np.generic], ...]:
        # Memory that is not written to is not taken from the machine.
        most = int(plain.offsets[last] - plain.offsets[first])
        kinds = (np.int32, np.uint16, np.int64, np.int64, np.int64, np.uint8)
        found = tuple(np.empty(most, kind) for kind in kinds)
        quiet = 2**62 if quiet_us is None else quiet_us
        written = _stays(*plain, stage_table, quiet, mask, first, last, found)
        return tuple(column[:written] for column in found)

    parts = over_customers(plain, run, threads) or [run(0, 0)]
    return Stays(*(np.concatenate(column) for column in zip(*parts, strict=True)))
