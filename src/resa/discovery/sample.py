"""The journeys that the method looks at: whole customers, as many as a bounded number of events allows.

Customers stand in the index in the order of keyed hashes of their identifiers. The first ones are therefore drawn by
lot, and the same ones each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from resa.kernels import Journeys

__all__ = ["MOST_EVENTS", "Sample", "take_sample"]

MOST_EVENTS: Final = 600_000
"""Events that are looked at, at most; the numbers that a draft states are counted over all events."""

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MICROS: Final = 1_000_000


@dataclass(frozen=True)
class Sample:
    """Customers and their touchpoints; events that are none are left out.

    Attributes:
        journeys: Of these customers; every event has a code.
        touchpoints: How many there are, K; codes are 1 to K.
        as_of: Up to when the data are complete, microseconds since the index epoch.
    """

    journeys: Journeys
    touchpoints: int
    as_of: int

    @property
    def customers(self) -> int:
        """How many customers."""
        return self.journeys.customers

    @cached_property
    def codes(self) -> npt.NDArray[np.int64]:
        """Number of each event's touchpoint, from 0."""
        return self.journeys.touchpoints.astype(np.int64) - 1

    @cached_property
    def times(self) -> Whole:
        """When each event happened, microseconds since the index epoch."""
        return self.journeys.seconds.astype(np.int64) * _MICROS + self.journeys.micros

    @cached_property
    def whose(self) -> Whole:
        """Number of each event's customer."""
        return np.repeat(np.arange(self.customers), np.diff(self.journeys.offsets))

    @cached_property
    def _cells(self) -> Whole:
        """Number of each event's customer and touchpoint together."""
        return self.whose * self.touchpoints + self.codes

    @cached_property
    def first(self) -> Whole:
        """i64[C, K], position of each customer's first visit of each touchpoint; -1: none."""
        events = len(self.codes)
        found = np.full(self.customers * self.touchpoints, -1, np.int64)
        backwards = np.ascontiguousarray(self._cells[::-1])  # numpy may write through a reversed view forwards
        found[backwards] = np.arange(events - 1, -1, -1)  # of several the last one written stays: the first visit
        return found.reshape(self.customers, self.touchpoints)

    @cached_property
    def last(self) -> Whole:
        """i64[C, K], position of each customer's last visit of each touchpoint; -1: none."""
        found = np.full(self.customers * self.touchpoints, -1, np.int64)
        found[self._cells] = np.arange(len(self.codes))
        return found.reshape(self.customers, self.touchpoints)

    @cached_property
    def used(self) -> Flags:
        """bool[C, K], who was at which touchpoint."""
        used: Flags = self.first >= 0
        return used

    @cached_property
    def began(self) -> npt.NDArray[np.float64]:
        """f64[K], of the customers of each touchpoint the share whose journey begins with it."""
        return _shares(self.first == self.journeys.offsets[:-1, None], self.used)

    @cached_property
    def ended(self) -> npt.NDArray[np.float64]:
        """f64[K], of the customers of each touchpoint the share whose journey ends with it."""
        return _shares(self.last == self.journeys.offsets[1:, None] - 1, self.used)

    @cached_property
    def both(self) -> Whole:
        """i64[K, K], customers who were at both."""
        used = self.used.astype(np.int64)
        return used.T @ used

    @cached_property
    def before(self) -> npt.NDArray[np.float64]:
        """f64[K, K], of those who were at both the share whose first visit of the row came first; 0.5 if nobody was."""
        came = np.zeros((self.touchpoints, self.touchpoints))
        for code in range(self.touchpoints):
            came[code] = (self.used & self.used[:, [code]] & (self.first[:, [code]] < self.first)).sum(axis=0)
        return np.where(self.both > 0, came / np.maximum(self.both, 1), 0.5)


def _shares(holds: Flags, among: Flags) -> npt.NDArray[np.float64]:
    counts = among.sum(axis=0)
    found: npt.NDArray[np.float64] = (holds & among).sum(axis=0) / np.maximum(counts, 1)
    return found


def take_sample(
    journeys: Journeys, touchpoints: npt.NDArray[np.uint16], count: int, *, as_of: int, most: int = MOST_EVENTS
) -> Sample:
    """The first customers, so many that they have no more than `most` events (one customer at least).

    Args:
        journeys: All of them; their codes are not looked at.
        touchpoints: The code of each event, 0: none.
        count: How many touchpoints there are.
        as_of: Up to when the data are complete, microseconds since the index epoch.
        most: Events at most.
    """
    customers = max(1, int(np.searchsorted(journeys.offsets, most, side="right")) - 1)
    offsets = journeys.offsets[: customers + 1]
    end = int(offsets[-1]) if len(offsets) else 0
    kept = np.flatnonzero(touchpoints[:end])
    sizes = np.searchsorted(kept, offsets)
    return Sample(
        Journeys(
            sizes.astype(np.int64),
            np.ascontiguousarray(journeys.seconds[kept]),
            np.ascontiguousarray(journeys.micros[kept]),
            np.ascontiguousarray(touchpoints[kept]),
        ),
        count,
        as_of,
    )
