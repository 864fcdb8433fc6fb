"""Local times to UTC, with a stated rule for the hours that clocks show twice or never."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from resa.base.clock import from_microseconds, to_microseconds

__all__ = ["ClockChange", "doubtful", "stated_end", "to_utc"]

ClockChange = Literal["earlier", "later", "reject"]
"""What to do with a local time that the zone's clocks show twice, or skip: take the earlier or the later of the two
moments it can mean, or refuse the row."""

Micros = npt.NDArray[np.int64]

_SECOND = 1_000_000
_FIRST_YEAR, _LAST_YEAR = 1900, 2101


def to_utc(local: Micros, zone: str, *, later: bool = False) -> Micros:
    """Moments in microseconds since 1970 UTC, of local times in microseconds since 1970 on the wall clock.

    Args:
        local: What the wall clock shows, as if it were UTC.
        zone: IANA name.
        later: Of two possible moments take the later (that is: count with the smaller offset); else the earlier. A
            time that the clocks skip is read with the same offset, so it comes out beside the gap.

    The zone's rules are known from 1900 to 2100; times outside keep the offset at that edge.
    """
    moments, offsets = _changes(zone)
    # With `earlier`, the larger offset of a change is used all through the doubtful hours: a repeated hour ends, and a
    # skipped hour begins, at the change seen with the old offset. With `later` at the change seen with the new one.
    bounds = moments + (offsets[1:] if later else offsets[:-1])
    return local - offsets[np.searchsorted(bounds, local, side="right")]


def stated_end(text: str, zone: str) -> datetime:
    """The end of a day, or a moment, as a person writes it; UTC.

    Args:
        text: Such as `2026-08-31` or `2026-08-31 18:00`, in ISO 8601.
        zone: IANA name, of days and of moments that state none.

    Raises:
        ValueError: It is neither.
    """
    if len(text) <= len("2026-08-31"):
        moment = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time())
    else:
        moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    clock = to_microseconds(moment.replace(tzinfo=UTC))
    return from_microseconds(int(to_utc(np.array([clock]), zone)[0]))


def doubtful(local: Micros, zone: str) -> npt.NDArray[np.bool_]:
    """Which local times the zone's clocks show twice or never."""
    differs: npt.NDArray[np.bool_] = to_utc(local, zone) != to_utc(local, zone, later=True)
    return differs


@lru_cache(maxsize=64)
def _changes(zone: str) -> tuple[Micros, Micros]:
    """Moments (UTC) at which the zone's offset changes, and the offsets before, between and after; microseconds."""
    info = ZoneInfo(zone)

    def offset(second: int) -> int:
        shift = from_microseconds(second * 1_000_000).astimezone(info).utcoffset()
        return int(shift / timedelta(microseconds=1)) if shift is not None else 0

    start = int(datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp())
    end = int(datetime(_LAST_YEAR, 1, 1, tzinfo=UTC).timestamp())
    step = 14 * 86_400  # no zone changed its clocks twice within two weeks and came back
    moments: list[int] = []
    offsets = [offset(start)]
    for low in range(start, end, step):
        high = low + step
        old, new = offsets[-1], offset(high)
        if old == new:
            continue
        change = bisect_left(range(low, high), True, key=lambda second: offset(second) != old)
        moments.append((low + change) * _SECOND)
        offsets.append(new)
    return np.array(moments, np.int64), np.array(offsets, np.int64)
