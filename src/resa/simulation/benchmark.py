"""Plain events for benchmarks, as in the project's notes on performance: many customers, forty types, few ties."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.simulation.randomness import cumulated, derive, draw, hexadecimal

__all__ = ["BENCHMARK_TYPES", "BenchmarkEvents", "benchmark_events"]

BENCHMARK_TYPES = tuple(f"event_{number:02d}" for number in range(1, 41))
"""Names of the types 1 to 40."""

_CHANNELS = ("web", "app", "email", "store", "phone", "chat")
_PER_CUSTOMER = 21
_TIES = 0.019
_FIRST = 1_767_225_600  # 2026-01-01 UTC
_SPAN = 180 * 86_400
_CELLS = 1 << 16


class BenchmarkEvents(NamedTuple):
    """N events of C customers by (customer, time); equal neighbours in time by type."""

    offsets: npt.NDArray[np.int64]  # C + 1
    micros: npt.NDArray[np.int64]  # N, since 1970-01-01 UTC
    types: npt.NDArray[np.uint8]  # N, 1 to 40
    channels: npt.NDArray[np.uint8]  # N, 0 to 5

    def table(self, *, first: int = 0, customers: int | None = None) -> pa.Table:
        """Some customers' events as strings: message_id, customer, event, channel, occurred_at (microseconds, UTC)."""
        last = len(self.offsets) - 1 if customers is None else min(first + customers, len(self.offsets) - 1)
        rows = slice(int(self.offsets[first]), int(self.offsets[last]))
        number = np.repeat(np.arange(first, last, dtype=np.uint64), np.diff(self.offsets[first : last + 1]))
        identity = np.arange(rows.start, rows.stop, dtype=np.uint64)
        return pa.table(
            {
                "message_id": pa.array(hexadecimal(derive(identity, 1)), pa.binary()).cast(pa.string()),
                "customer": pa.array(hexadecimal(derive(number, 2)), pa.binary()).cast(pa.string()),
                "event": pa.array(BENCHMARK_TYPES).take(pa.array(self.types[rows] - 1)),
                "channel": pa.array(_CHANNELS).take(pa.array(self.channels[rows])),
                "occurred_at": pa.array(self.micros[rows], pa.timestamp("us", "UTC")),
            }
        )


def benchmark_events(events: int, seed: int = 0) -> BenchmarkEvents:
    """Draw events.

    Args:
        events: How many; about 21 a customer.
        seed: The same one gives the same events.

    Returns:
        Arrays of 18 bytes an event. Types are uneven, as real ones are: number k is drawn with weight 1/k to the
        power 0.7, so that four types make up about a third. 1.9 % of neighbours have the same time.
    """
    customers = max(1, events // _PER_CUSTOMER)
    root = derive(np.array([seed % (1 << 64)], dtype=np.uint64), 3)
    # Sizes are uneven: a few customers have many events.
    numbers = np.arange(customers, dtype=np.uint64)
    weight = 1 + (derive(root + numbers, 0) >> np.uint64(58)).astype(np.int64)
    cumulative = np.cumsum(weight)
    offsets = np.zeros(customers + 1, dtype=np.int64)
    offsets[1:] = (cumulative * (events / cumulative[-1])).astype(np.int64)
    offsets[-1] = events
    limits = cumulated([1 / (number + 1) ** 0.7 for number in range(len(BENCHMARK_TYPES))], certain=True)
    # Which type each of 65,536 evenly spaced draws falls on: one look-up instead of a search an event.
    table = np.searchsorted(limits, np.arange(_CELLS, dtype=np.int64) << 37, side="right").astype(np.uint8)
    micros = np.empty(events, dtype=np.int64)
    types = np.empty(events, dtype=np.uint8)
    channels = np.empty(events, dtype=np.uint8)
    block = 1 << 16
    for first in range(0, customers, block):
        ends = offsets[first : first + block + 1]
        rows = slice(int(ends[0]), int(ends[-1]))
        numbers = np.arange(rows.start, rows.stop, dtype=np.uint64)
        keys = derive(root, 1) + numbers
        micros[rows], order = _times(keys, np.diff(ends))
        types[rows] = table[(derive(keys, 1) >> np.uint64(48)).astype(np.int64)] + 1
        channels[rows] = (derive(keys, 2) % np.uint64(len(_CHANNELS))).astype(np.uint8)
        types[rows] = np.where(order, np.maximum(types[rows], np.roll(types[rows], 1)), types[rows])
    return BenchmarkEvents(offsets, micros, types, channels)


def _times(
    keys: npt.NDArray[np.uint64], sizes: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Times of a block's events in order within each customer, and which of them equal the one before."""
    customer = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    span = _SPAN * 1_000_000
    moment = (derive(keys, 0) % np.uint64(span)).astype(np.int64)
    joined = np.sort((customer << 44) + moment)
    micros = joined & ((1 << 44) - 1)
    tied = draw(keys, 3) < round(_TIES * (1 << 53))
    tied[0] = False
    tied[1:] &= (customer[1:] == customer[:-1]) & ~tied[:-1]
    micros[1:] = np.where(tied[1:], micros[:-1], micros[1:])
    return micros + _FIRST * 1_000_000, tied
