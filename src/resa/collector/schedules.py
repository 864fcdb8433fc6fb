"""When a source is due: `every: 15 minutes`, or `at: "03:00"` of its zone; sooner or later after failures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["Schedule", "parse_clock"]

_FIRST_RETRY: Final = timedelta(minutes=1)
_LAST_RETRY: Final = timedelta(hours=1)


def parse_clock(text: str) -> time:
    """Read `03:00` or `3:00`.

    Raises:
        ValueError: It is no time of a day.
    """
    hours, colon, minutes = text.strip().partition(":")
    if not colon or len(minutes) != 2 or not (hours + minutes).isascii():
        raise ValueError(text)
    return time(int(hours), int(minutes))


@dataclass(frozen=True)
class Schedule:
    """When a source runs.

    Attributes:
        every: So long after the last run began.
        at: Or once a day, at this time of its zone.
        timezone: IANA name.
    """

    every: timedelta | None
    at: time | None
    timezone: str

    def next_run(self, began_at: datetime | None, failures: int, now: datetime) -> datetime:
        """When it is due, in UTC; not after `now`: it is due.

        After a failure it is tried again in a minute, then in two, four and so on up to an hour, whatever the
        schedule says.

        Args:
            began_at: When the last run began, UTC; `None`: it never ran.
            failures: How many runs have failed since one succeeded.
            now: The present moment, UTC.
        """
        if began_at is None:
            return now
        if failures:
            return began_at + min(_FIRST_RETRY * (1 << min(failures - 1, 10)), _LAST_RETRY)
        if self.every is not None:
            return began_at + self.every
        return self._next_clock(began_at)

    def _next_clock(self, after: datetime) -> datetime:
        """The first moment after another at which the clocks of the zone show the time; where they skip it, then."""
        zone, clock = ZoneInfo(self.timezone), self.at or time(0)
        day = after.astimezone(zone).date()
        while True:
            moment = datetime.combine(day, clock, zone).astimezone(UTC)
            if moment > after:
                return moment
            day += timedelta(days=1)
