"""Local times to UTC, against the standard library's zoneinfo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resa.collector.zones import doubtful, to_utc

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall-clock time
ZONES = (
    "Europe/Stockholm",
    "Europe/London",
    "Europe/Budapest",
    "America/New_York",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Antarctica/Troll",
)


def micros(local: datetime) -> npt.NDArray[np.int64]:
    return np.array([(local - EPOCH) // timedelta(microseconds=1)])


def moment(found: npt.NDArray[np.int64]) -> datetime:
    return EPOCH.replace(tzinfo=UTC) + timedelta(microseconds=int(found[0]))


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(1971, 1, 1), datetime(2037, 12, 1)),  # noqa: DTZ001 - wall-clock times
)
@settings(max_examples=400)
def test_both_readings_are_those_of_zoneinfo(zone: str, local: datetime) -> None:
    folds = sorted(local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    assert moment(to_utc(micros(local), zone)) == folds[0]
    assert moment(to_utc(micros(local), zone, later=True)) == folds[1]
    assert bool(doubtful(micros(local), zone)[0]) == (folds[0] != folds[1])


@pytest.mark.parametrize(
    ("local", "earlier", "later"),
    [
        ("2024-10-27 02:30", "2024-10-27 00:30", "2024-10-27 01:30"),  # shown twice
        ("2024-10-27 03:00", "2024-10-27 02:00", "2024-10-27 02:00"),
        ("2024-03-31 02:30", "2024-03-31 00:30", "2024-03-31 01:30"),  # never shown
        ("2024-03-31 03:00", "2024-03-31 01:00", "2024-03-31 01:00"),
        ("2024-03-31 01:59", "2024-03-31 00:59", "2024-03-31 00:59"),
    ],
)
def test_the_hours_of_a_clock_change(local: str, earlier: str, later: str) -> None:
    shown = micros(datetime.fromisoformat(local))
    assert moment(to_utc(shown, "Europe/Stockholm")).strftime("%Y-%m-%d %H:%M") == earlier
    assert moment(to_utc(shown, "Europe/Stockholm", later=True)).strftime("%Y-%m-%d %H:%M") == later
