"""Waiting times have the distribution that is written, and clocks keep working weeks and opening hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import NormalDist
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resa.simulation import Wait, share_within
from resa.simulation.waiting import DAY, LocalTime, after_opening, quantiles, take_quantile, working_end

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LAST = datetime(2026, 12, 31, tzinfo=UTC)
WAITS = [
    Wait(median=3_600),
    Wait(median=60, spread=1.4),
    Wait(median=7_200, shape="exponential"),
    Wait(median=7_200, shape="weibull", spread=0.7),
    Wait(median=500, shape="uniform"),
    Wait(median=90, shape="fixed"),
]


def sample(wait: Wait, count: int = 100_000) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    keys = np.arange(count, dtype=np.uint64)
    return take_quantile(quantiles(wait)[None, :], np.zeros(count, dtype=np.int64), keys, 3)


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait.shape)
def test_shares_within_a_time_are_exact(wait: Wait) -> None:
    drawn = sample(wait)
    for level in (0.05, 0.5, 0.9, 0.995):
        limit = int(np.quantile(drawn, level))
        truth = share_within(wait, limit)
        error = 5 * (truth * (1 - truth) / len(drawn)) ** 0.5 + 1e-9
        assert (drawn <= limit).mean() == pytest.approx(truth, abs=error)


@pytest.mark.parametrize(
    ("wait", "seconds", "share"),
    [
        (Wait(median=100_000, spread=0.8), 200_000, NormalDist().cdf(np.log(2) / 0.8)),
        (Wait(median=100_000, shape="exponential"), 200_000, 0.75),
        (Wait(median=100_000, shape="weibull", spread=2.0), 200_000, 1 - 0.5**4),
        (Wait(median=100_000, shape="uniform"), 150_000, 0.75),
        (Wait(median=100_000, shape="fixed"), 99_999, 0.0),
        (Wait(median=100_000, shape="fixed"), 100_000, 1.0),
    ],
)
def test_shares_are_those_of_the_named_distribution(wait: Wait, seconds: int, share: float) -> None:
    assert share_within(wait, seconds) == pytest.approx(share, abs=0.001)


# Any moment of the year, or one near the two changes of the clock in Europe.
MOMENTS = st.integers(0, 364 * DAY) | st.builds(
    lambda change, minutes: int((change - FIRST).total_seconds()) + 60 * minutes,
    st.sampled_from([datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]),
    st.integers(-180, 180),
)


@given(MOMENTS, st.sampled_from(["Europe/Stockholm", "UTC", "Australia/Lord_Howe", "America/New_York"]))
def test_the_wall_clock_is_that_of_the_zone(offset: int, timezone: str) -> None:
    clock = LocalTime(timezone, FIRST, LAST)
    moment = FIRST + timedelta(seconds=offset)
    seconds = np.array([int(moment.timestamp())])
    wall = clock.from_utc(seconds)
    shown = datetime.fromtimestamp(int(wall[0]), UTC).replace(tzinfo=None)
    assert shown == moment.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    back = clock.to_utc(wall)
    assert clock.from_utc(back).tolist() == wall.tolist()
    assert abs(int(back[0]) - int(seconds[0])) <= 3_600


def naive_working_end(wall: int, seconds: int) -> int:
    """Walk day by day."""
    while seconds or (wall // DAY + 3) % 7 >= 5:
        if (wall // DAY + 3) % 7 >= 5:
            wall = (wall // DAY + 1) * DAY
            continue
        step = min(seconds, DAY - wall % DAY)
        wall, seconds = wall + step, seconds - step
    return wall


@given(st.integers(0, 30 * DAY), st.integers(0, 12 * DAY))
def test_working_time_rests_at_weekends(wall: int, seconds: int) -> None:
    ended = working_end(np.array([wall]), np.array([seconds]))
    assert int(ended[0]) == naive_working_end(wall, seconds)


@given(st.integers(0, 10 * DAY), st.integers(0, 2**63))
def test_nothing_happens_while_closed(wall: int, key: int) -> None:
    opens, closes = 9 * 3_600, 18 * 3_600
    moved = int(
        after_opening(np.array([wall]), np.array([opens]), np.array([closes]), np.array([key], dtype=np.uint64), 1)[0]
    )
    if opens <= wall % DAY < closes:
        assert moved == wall
    else:
        assert opens <= moved % DAY < opens + 7_200
        assert 0 < moved - wall < DAY
