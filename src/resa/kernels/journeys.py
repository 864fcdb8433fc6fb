"""The arrays that every kernel reads: one map's view of the journey index."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from resa.kernels.bits import CODES, EventBits
from resa.kernels.compiling import kernel

__all__ = [
    "ALL_CUSTOMERS",
    "CODES",
    "WHOLE_TIME",
    "Journeys",
    "Period",
    "code_flags",
    "moment",
    "moments",
    "plain_customers",
    "plain_journeys",
    "read_only",
]

Period = tuple[int, int]
"""From and until, microseconds since the index epoch; the end is not part of it."""

WHOLE_TIME: Final[Period] = (-(2**62), 2**62)
"""A period that contains every moment an index can hold."""

MICROS: Final = 1_000_000


Scalar = TypeVar("Scalar", bound=np.generic)


class _Arrays(NamedTuple):
    offsets: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.int32]
    micros: npt.NDArray[np.int32]
    touchpoints: npt.NDArray[np.uint16]


class Journeys(_Arrays):
    """N events of C customers, ordered by (customer, the one order). Kernels never sort.

    Attributes:
        offsets: i64[C + 1]; customer c's events stand at `offsets[c]` up to, not including, `offsets[c + 1]`.
        seconds: i32[N], whole seconds since the index epoch (UTC, rounded down); never falls within a customer.
        micros: i32[N], microseconds to add, 0 to 999,999.
        touchpoints: u16[N], the touchpoint's code; 0: none, or hidden by a filter.

    The arrays may be read-only memory maps. What kernels derive from them (`bits`) lives as long as this object.
    """

    @cached_property
    def bits(self) -> EventBits:
        """Which events show which touchpoint, as bits; see `EventBits` for what it costs."""
        return EventBits(self.offsets, self.touchpoints)

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return len(self.offsets) - 1

    @property
    def events(self) -> int:
        """How many events there are, touchpoints or not."""
        return len(self.touchpoints)


def read_only(array: npt.NDArray[Scalar], kind: type[Scalar]) -> npt.NDArray[Scalar]:
    """The same memory as a plain, contiguous, aligned, read-only array.

    Numba compiles anew for each kind of array it meets: writable, read-only, memory map. Handing every kernel this one
    kind keeps it at one compilation. Nothing is copied unless the array is scattered or not aligned.

    Raises:
        TypeError: The array holds another type; a silent conversion would copy the index.
    """
    if array.dtype != np.dtype(kind):
        raise TypeError(f"an array of {np.dtype(kind)} is needed, not of {array.dtype}")
    view = np.require(np.asarray(array), requirements=["C", "A"]).view(np.ndarray)
    view.flags.writeable = False
    return view


def plain_journeys(journeys: Journeys) -> Journeys:
    """The journeys as kernels want them.

    Raises:
        ValueError: The arrays' lengths contradict each other.
        TypeError: An array has the wrong type.
    """
    plain = Journeys(
        read_only(journeys.offsets, np.int64),
        read_only(journeys.seconds, np.int32),
        read_only(journeys.micros, np.int32),
        read_only(journeys.touchpoints, np.uint16),
    )
    lengths = {len(plain.seconds), len(plain.micros), len(plain.touchpoints)}
    if len(plain.offsets) == 0 or plain.offsets[0] != 0 or lengths != {int(plain.offsets[-1])}:
        raise ValueError(f"offsets must run from 0 to the number of events; the arrays hold {sorted(lengths)} events")
    return plain


ALL_CUSTOMERS: Final = np.zeros(0, np.bool_)
"""What kernels get when every customer takes part."""


def plain_customers(customers: npt.NDArray[np.bool_] | None, journeys: Journeys) -> npt.NDArray[np.bool_]:
    """The mask of customers as kernels want it; empty: every customer takes part.

    Raises:
        ValueError: The mask is not one flag a customer.
    """
    if customers is None:
        return read_only(ALL_CUSTOMERS, np.bool_)
    if len(customers) != journeys.customers:
        raise ValueError(f"the mask has {len(customers)} flags for {journeys.customers} customers")
    return read_only(customers, np.bool_)


def code_flags(codes: Iterable[int]) -> npt.NDArray[np.uint8]:
    """A table with 1 at each of the codes.

    Raises:
        ValueError: A code is 0 (no touchpoint) or above 65,535.
    """
    flags = np.zeros(CODES, np.uint8)
    for code in codes:
        if not 1 <= code < CODES:
            raise ValueError(f"{code} is no touchpoint's code; codes are 1 to {CODES - 1}")
        flags[code] = 1
    return flags


@kernel
def moment(seconds: npt.NDArray[np.int32], micros: npt.NDArray[np.int32], position: int) -> np.int64:
    """An event's time in microseconds since the index epoch."""
    return np.int64(seconds[position]) * MICROS + np.int64(micros[position])


def moments(journeys: Journeys, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The events' times in microseconds since the index epoch.

    Args:
        journeys: The index.
        positions: Any shape; -1 (no event) gives the least i64.
    """
    found = positions >= 0
    times = np.full(positions.shape, np.iinfo(np.int64).min, np.int64)
    at = positions[found]
    times[found] = journeys.seconds[at].astype(np.int64) * MICROS + journeys.micros[at]
    return times
