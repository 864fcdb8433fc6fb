"""How long things take: distributions as tables of quantiles, and clocks that rest at night and at weekends."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import NormalDist
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from resa.simulation.randomness import Keys, derive, draw

if TYPE_CHECKING:
    from resa.simulation.specification import Wait

__all__ = ["DAY", "HOUR", "LocalTime", "after_opening", "quantiles", "share_within", "take_quantile", "working_end"]

HOUR = 3_600
"""Seconds in an hour."""
DAY = 86_400
"""Seconds in a day."""
_WEEK = 7 * DAY
_THURSDAY = 3
"""1970-01-01 was a Thursday, Monday being 0."""

_CELLS = 1_024
_LAST = 1 - 1 / (8 * _CELLS)
"""The quantile at which the upper tail is cut, so that every wait has an end."""

Whole = npt.NDArray[np.int64]


def quantiles(wait: Wait) -> Whole:
    """The distribution of a wait: its quantiles at 0, 1/1024, … 1023/1024 and 0.99988, in whole seconds, at least 1.

    Between them the distribution is even. The table is the definition, not an approximation of one: `share_within` is
    exact for it.
    """
    levels = [cell / _CELLS for cell in range(_CELLS)] + [_LAST]
    return np.array([max(1, round(_quantile(wait, level))) for level in levels], dtype=np.int64)


def _quantile(wait: Wait, level: float) -> float:
    """The wait that a share `level` stays below, in seconds."""
    if wait.shape == "fixed":
        return wait.median
    if level <= 0:
        return 0.0
    if wait.shape == "uniform":
        return 2 * wait.median * level
    if wait.shape == "lognormal":
        return wait.median * math.exp(wait.spread * NormalDist().inv_cdf(level))
    # Weibull with shape k has the median scale·(ln 2)^(1/k); the exponential distribution is k = 1.
    shape = 1.0 if wait.shape == "exponential" else wait.spread
    return float(wait.median * (-math.log1p(-level) / math.log(2)) ** (1 / shape))


def take_quantile(tables: Whole, rows: npt.NDArray[np.integer], keys: Keys, purpose: int) -> Whole:
    """One wait for each key from its row of `tables`, in seconds; integers throughout."""
    level = draw(keys, purpose)
    cell = level >> 43
    low = tables[rows, cell]
    drawn: Whole = low + (((tables[rows, cell + 1] - low) * ((level >> 11) & 0xFFFF_FFFF)) >> 32)
    return drawn


def share_within(wait: Wait, seconds: int) -> float:
    """The exact chance that a wait is at most `seconds` (working days and opening hours left aside)."""
    table = quantiles(wait)
    cell = int(np.searchsorted(table, seconds, side="right")) - 1
    if cell < 0:
        return 0.0
    if cell >= _CELLS:
        return 1.0
    # A whole number of seconds is drawn, rounded down: `seconds` itself is met by all draws below `seconds + 1`.
    step = int(table[cell + 1] - table[cell])
    return float((cell + min(1.0, (seconds + 1 - int(table[cell])) / step)) / _CELLS)


class LocalTime:
    """The clock on the wall of one time zone for a range of days.

    Args:
        timezone: IANA name.
        first: First moment that is asked for, UTC.
        last: Last one.
    """

    def __init__(self, timezone: str, first: datetime, last: datetime) -> None:
        zone = ZoneInfo(timezone)
        moment = int(first.timestamp()) - 2 * DAY
        changes, offsets = [-(1 << 62)], [_offset(zone, moment)]
        while moment <= last.timestamp() + 2 * DAY:
            if _offset(zone, moment + DAY) != offsets[-1]:
                changes.append(bisect_left(range(moment, moment + DAY), 1, key=_changed(zone, offsets[-1])) + moment)
                offsets.append(_offset(zone, moment + DAY))
            moment += DAY
        self._changes = np.array(changes, dtype=np.int64)
        self._offsets = np.array(offsets, dtype=np.int64)

    def from_utc(self, seconds: Whole) -> Whole:
        """What the wall shows, as seconds since 1970-01-01 00:00 on the wall."""
        return seconds + self._offsets[np.searchsorted(self._changes, seconds, side="right") - 1]

    def to_utc(self, wall: Whole) -> Whole:
        """The moment at which the wall shows this; around a change of the clock, a moment within an hour of it."""
        guess = wall - self._offsets[np.searchsorted(self._changes, wall, side="right") - 1]
        return wall - self._offsets[np.searchsorted(self._changes, guess, side="right") - 1]


def _offset(zone: ZoneInfo, moment: int) -> int:
    offset = datetime.fromtimestamp(moment, UTC).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _changed(zone: ZoneInfo, before: int) -> Callable[[int], bool]:
    return lambda moment: _offset(zone, moment) != before


def working_end(wall: Whole, seconds: Whole) -> Whole:
    """When a wait that runs from Monday to Friday ends; what begins at a weekend begins on Monday at midnight."""
    week, within = np.divmod(wall + _THURSDAY * DAY, _WEEK)
    worked = week * (5 * DAY) + np.minimum(within, 5 * DAY) + seconds
    week, within = np.divmod(worked, 5 * DAY)
    return week * _WEEK + within - _THURSDAY * DAY


def after_opening(wall: Whole, opens: Whole, closes: Whole, keys: Keys, purpose: int) -> Whole:
    """Move what falls outside opening hours into the first two hours after the next opening.

    Args:
        wall: Moments on the wall.
        opens: Seconds after midnight of each.
        closes: Seconds after midnight, later than `opens`; a whole day for what never closes.
        keys: Where in the two hours.
        purpose: Of the draw.
    """
    day, within = np.divmod(wall, DAY)
    early, late = within < opens, within >= closes
    shift = (derive(keys, purpose) % np.uint64(2 * HOUR)).astype(np.int64)
    opening = (day + late) * DAY + opens + np.minimum(shift, np.maximum(closes - opens - 1, 0))
    return np.where(early | late, opening, wall)
