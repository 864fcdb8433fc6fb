"""Local time for arrays: calendar periods in a map's zone, and deadlines in working days.

All moments are microseconds since 1970-01-01 UTC (`int64`), unless a name says `local`: then they are microseconds of
the wall clock. Daylight saving is taken from `zoneinfo`, never from the machine's own zone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from resa.base.clock import from_microseconds

__all__ = [
    "DAY",
    "PERIODS",
    "Instants",
    "Period",
    "WorkingClock",
    "Zone",
    "calendar_edges",
    "next_period",
    "zone_named",
]

Period = Literal["day", "week", "month", "quarter"]
"""A calendar period; weeks begin on Monday (ISO 8601)."""

PERIODS: tuple[str, ...] = get_args(Period)
"""The names of the calendar periods."""

Instants = npt.NDArray[np.int64]
"""Moments in microseconds."""

SECOND = 1_000_000
DAY = 86_400 * SECOND
_FIRST = datetime(1930, 1, 1, tzinfo=UTC)
_LAST = datetime(2070, 1, 1, tzinfo=UTC)  # an index holds moments from 1931 to 2068
_MONDAY = np.datetime64("1970-01-05", "D")


@dataclass(frozen=True)
class Zone:
    """The offsets of one time zone, as arrays.

    Attributes:
        name: IANA name.
        starts: When each offset begins, UTC; the first is the beginning of 1930.
        offsets: Local time minus UTC from then on, microseconds.
    """

    name: str
    starts: Instants
    offsets: Instants

    def local(self, moments: Instants) -> Instants:
        """What the wall clock shows."""
        index = np.searchsorted(self.starts, moments, side="right") - 1
        return moments + self.offsets[np.maximum(index, 0)]

    @cached_property
    def _local_starts(self) -> Instants:
        before = np.concatenate([self.offsets[:1], self.offsets[:-1]])
        starts: Instants = self.starts + np.maximum(before, self.offsets)
        return starts

    def moments(self, local: Instants, *, last: bool = False) -> Instants:
        """When the wall clock shows this.

        Where it never does (the hour that is skipped in spring), the moment as far after the change as the wall clock
        is past it.

        Args:
            local: What it shows.
            last: Where it shows it twice (the hour that is repeated in autumn), the second time, not the first.
        """
        starts = self.starts + self.offsets if last else self._local_starts
        index = np.searchsorted(starts, local, side="right") - 1
        return local - self.offsets[np.maximum(index, 0)]

    def first_moment(self, day: date) -> int:
        """When a day begins here."""
        local = np.array([np.datetime64(day, "us").astype(np.int64)], dtype=np.int64)
        return int(self.moments(local)[0])


@lru_cache(maxsize=32)
def zone_named(name: str) -> Zone:
    """The zone with this IANA name, for moments from 1930 to 2070.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: There is no such zone.
    """
    zone = ZoneInfo(name)

    def offset(second: int) -> int:
        moment = from_microseconds(second * SECOND)
        return int(moment.astimezone(zone).utcoffset() // timedelta(seconds=1))  # type: ignore[operator]  # aware

    low, end, step = int(_FIRST.timestamp()), int(_LAST.timestamp()), 7 * 86_400
    starts, offsets = [low], [offset(low)]
    while low < end:
        high = low + step
        if offset(high) != offsets[-1]:
            starts.append(_change(offset, low, high))
            offsets.append(offset(starts[-1]))
            low = starts[-1]  # two changes within a week are found one after the other
        else:
            low = high
    micro = np.array(starts, dtype=np.int64) * SECOND
    return Zone(name, micro, np.array(offsets, dtype=np.int64) * SECOND)


def _change(offset: Callable[[int], int], low: int, high: int) -> int:
    """The first second in (low, high] whose offset is not that of `low`, where the offset changes once."""
    old = offset(low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(middle) == old else (low, middle)
    return high


def calendar_edges(low: int, high: int, period: Period, zone: Zone) -> tuple[Instants, tuple[date, ...]]:
    """The calendar periods that hold the moments from `low` to `high`, both included.

    Returns:
        When each period begins and, last, when the last one ends (B + 1 moments); and the first day of each (B dates).
    """
    first, last = (local // DAY for local in zone.local(np.array([low, high], dtype=np.int64)).tolist())
    days = np.array([first, last], dtype=np.int64).astype("datetime64[D]")
    if period == "day":
        starts = np.arange(days[0], days[1] + 2)
    elif period == "week":
        monday = days[0] - (days[0] - _MONDAY) % np.timedelta64(7, "D")
        starts = np.arange(monday, days[1] + 8, 7)
    else:
        months = 1 if period == "month" else 3
        begin = int(days[0].astype("datetime64[M]").astype(np.int64)) // months * months
        end = int(days[1].astype("datetime64[M]").astype(np.int64))
        starts = np.arange(begin, end + months + 1, months).astype("datetime64[M]").astype("datetime64[D]")
    edges = zone.moments(starts.astype("datetime64[us]").astype(np.int64))
    some = edges[1:] > edges[:-1]  # a day that a zone skipped (Samoa, 30 December 2011) is none
    return np.concatenate([edges[:-1][some], edges[-1:]]), tuple(starts[:-1][some].tolist())


def next_period(first_day: date, every: str) -> date:
    """The first day of the calendar period after the one that begins with a day."""
    if every in {"day", "week"}:
        return first_day + timedelta(days=1 if every == "day" else 7)
    month = first_day.month - 1 + (1 if every == "month" else 3)
    return first_day.replace(year=first_day.year + month // 12, month=month % 12 + 1)


@dataclass(frozen=True)
class WorkingClock:
    """A clock that runs on working days only, so that "3 working days" is 72 hours on it.

    A moment on a free day counts as the beginning of the next working day: what is bought on Saturday with one working
    day to go is due when Monday ends, what is bought on Friday at 15:00 is due on Monday at 15:00 (wall clock of the
    zone). Working days are Monday to Friday without the holidays. What counts is what the wall clock shows: a clock
    started in the hour that autumn repeats is due at that time of the day, and a deadline in it is the second time.

    Attributes:
        zone: The map's.
        holidays: Further free days, as the calendar of the zone counts days.
    """

    zone: Zone
    holidays: tuple[date, ...] = ()

    @cached_property
    def _free(self) -> npt.NDArray[np.datetime64]:
        return np.array(self.holidays, dtype="datetime64[D]")

    def reading(self, moments: Instants) -> Instants:
        """What the clock shows, microseconds of working time since Monday 1970-01-05."""
        local = self.zone.local(moments)
        day, time = np.divmod(local, DAY)
        if not len(day):
            return day
        first = int(day.min())
        table = np.arange(first, int(day.max()) + 1).astype("datetime64[D]")
        count = np.busday_count(_MONDAY, table, holidays=self._free)[day - first]
        reading: Instants = count * DAY + np.where(np.is_busday(table, holidays=self._free)[day - first], time, 0)
        return reading

    def deadlines(self, moments: Instants, days: int) -> Instants:
        """The last moment that is within this many working days of each moment."""
        number, time = np.divmod(self.reading(moments) + days * DAY, DAY)
        day = np.busday_offset(_MONDAY, number, roll="forward", holidays=self._free)
        return self.zone.moments(day.astype("datetime64[us]").astype(np.int64) + time, last=True)
