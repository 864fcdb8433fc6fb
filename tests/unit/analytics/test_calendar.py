from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from datetime import time as datetime_time
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from resa.analytics.calendar import WorkingClock, calendar_edges, zone_named


def micros(text: str) -> int:
    return int(np.datetime64(text, "us").astype(np.int64))


ZONES = ["Europe/Stockholm", "America/Sao_Paulo", "Asia/Beirut", "Africa/Casablanca", "Australia/Lord_Howe", "UTC"]


@pytest.mark.parametrize("name", ZONES)
def test_local_time_is_that_of_the_standard_library(name: str) -> None:
    zone, random = zone_named(name), np.random.default_rng(3)
    moments = random.integers(micros("1932-01-01"), micros("2067-01-01"), 3_000)
    local = zone.local(moments) // 1_000_000
    for moment, wall in zip((moments // 1_000_000).tolist(), local.tolist(), strict=True):
        known = datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(name)).replace(tzinfo=UTC)
        assert known.timestamp() == wall


def test_a_week_with_a_change_of_the_clock_is_an_hour_longer_or_shorter() -> None:
    zone = zone_named("Europe/Stockholm")
    edges, days = calendar_edges(micros("2026-03-25"), micros("2026-04-01"), "week", zone)
    assert days == (date(2026, 3, 23), date(2026, 3, 30))
    assert ((edges[1:] - edges[:-1]) // 3_600_000_000).tolist() == [167, 168]


def test_a_day_that_the_zone_skipped_is_none() -> None:
    """Samoa went from 29 to 31 December 2011."""
    edges, days = calendar_edges(
        micros("2011-12-29T12:00"), micros("2011-12-31T12:00"), "day", zone_named("Pacific/Apia")
    )
    assert days == (date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1))
    assert ((edges[1:] - edges[:-1]) // 3_600_000_000).tolist() == [24, 24, 24]


def test_a_moment_before_midnight_in_utc_is_the_next_day_in_stockholm() -> None:
    moment = micros("2026-06-30T22:30")
    for period, first in (("day", date(2026, 7, 1)), ("month", date(2026, 7, 1)), ("quarter", date(2026, 7, 1))):
        _, days = calendar_edges(moment, moment, period, zone_named("Europe/Stockholm"))  # type: ignore[arg-type]
        assert days == (first,)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-20T14:00", 1, "2026-11-23T14:00"),  # Friday 15:00 in Stockholm: Monday 15:00
        ("2026-11-21T10:00", 1, "2026-11-23T23:00"),  # Saturday: the end of Monday
        ("2026-11-22T22:59", 1, "2026-11-23T23:00"),  # the last minute of Sunday: the same
        ("2026-11-22T23:00", 1, "2026-11-23T23:00"),  # the beginning of Monday: the same
        ("2026-03-27T12:00", 1, "2026-03-30T11:00"),  # 13:00 stays 13:00 when the clock changes between
        ("2026-11-23T08:00", 5, "2026-11-30T08:00"),
        ("2026-11-24T08:00", 10, "2026-12-08T08:00"),
    ],
)
def test_working_days(start: str, days: int, due: str) -> None:
    clock = WorkingClock(zone_named("Europe/Stockholm"))
    found = clock.deadlines(np.array([micros(start)]), days)
    assert found[0] == micros(due)


HOLIDAYS = (date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26), date(2026, 12, 31), date(2027, 1, 1))


def counted_out(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The deadline as a person finds it: day by day on a calendar of the zone."""

    def is_free(day: date) -> bool:
        return day.weekday() >= 5 or day in HOLIDAYS

    local = start.astimezone(zone)
    day, time = local.date(), local.time()
    while is_free(day):
        day, time = day + timedelta(days=1), datetime_time()
    while days:
        day += timedelta(days=1)
        days -= not is_free(day)
    first, last = (datetime.combine(day, time, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(first, last)  # a repeated time is due the second time; one that is skipped, as far after the change


@pytest.mark.parametrize("name", ["Europe/Stockholm", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati"])
@pytest.mark.parametrize("days", [1, 2, 5, 12])
def test_holidays_are_no_working_days(name: str, days: int) -> None:
    clock = WorkingClock(zone_named(name), HOLIDAYS)
    moments = np.arange(micros("2026-12-15"), micros("2027-01-08"), 6_543_210_987)
    found = clock.deadlines(moments, days).tolist()
    for moment, due in zip(moments.tolist(), found, strict=True):
        start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)
        expected = counted_out(start, days, ZoneInfo(name))
        assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=due) == expected, start
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2024-10-31T20:30", "2024-11-01T21:30"),  # Thursday, the first 23:30 in Cairo: Friday 23:30
        ("2024-10-31T21:30", "2024-11-01T21:30"),  # the second 23:30, after the clocks went back at midnight: the same
        ("2024-10-31T22:00", "2024-11-03T22:00"),  # the beginning of Friday: that of Monday
        ("2024-10-30T20:30", "2024-10-31T21:30"),  # Wednesday 23:30: the second 23:30 of Thursday
        ("2024-04-24T22:30", "2024-04-25T22:30"),  # Thursday 00:30: Friday 00:30, which is skipped, hence 01:30
    ],
)
def test_working_days_where_the_clocks_change_at_midnight(start: str, due: str) -> None:
    clock = WorkingClock(zone_named("Africa/Cairo"))
    assert clock.deadlines(np.array([micros(start)]), 1)[0] == micros(due)


@pytest.mark.parametrize("change", ["2024-10-28", "2024-04-22"])
@pytest.mark.parametrize("days", [1, 3])
def test_working_days_around_a_change_at_midnight_are_those_of_the_calendar(change: str, days: int) -> None:
    moments = micros(change) + np.arange(0, 7 * 24 * 60, 7, dtype=np.int64) * 60_000_000
    found = WorkingClock(zone_named("Africa/Cairo")).deadlines(moments, days).tolist()
    for moment, due in zip(moments.tolist(), found, strict=True):
        start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)
        expected = counted_out(start, days, ZoneInfo("Africa/Cairo"))
        assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=due) == expected, start


def test_deadlines_never_fall_and_agree_with_the_clock() -> None:
    clock = WorkingClock(zone_named("America/New_York"))
    moments = np.arange(micros("2026-10-20"), micros("2026-11-12"), 1_234_567_891)
    due = clock.deadlines(moments, 2)
    assert (np.diff(due) >= 0).all()
    for later in (0, 1):
        reading = clock.reading(due + later)
        assert ((reading - clock.reading(moments) <= 2 * 86_400_000_000) == (later == 0)).all()
