"""Shares that fall: false alarms are as seldom as is said, and a fall is noticed."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import median

import numpy as np
import pytest
from tests.support.properties import by_night

from resa.analytics.findings.alarms import FALSE_ALARM_DAYS, Against, Daily, evidence_by_day, judged_days

LAST = date(2026, 10, 31)
SHARES = 4
DAYS = 400


def drawn(rng: np.random.Generator, a_day: float, shares: np.ndarray, target: float | None) -> Daily:
    """A share by day, of which each day's true share is given."""
    tried = rng.poisson(a_day, len(shares))
    return Daily(name="a", kind="promise", target=target, last=LAST, tried=tried, met=rng.binomial(tried, shares))


def alarms(share: Daily, against: Against, threshold: float) -> int:
    """How often an alarm is raised, each until it is over."""
    raised, count = False, 0
    for one in evidence_by_day(share, against, threshold):
        if not raised and one.r >= threshold:
            raised, count = True, count + 1
        raised = raised and one.r >= 1
    return count


def a_year(seed: int, a_day: float, level: float, spread: float, part: float) -> float:
    """Alarms of a map in a year, all of its shares together, where every share is at its target all the time."""
    rng, count, maps = np.random.default_rng(seed), 0, MAPS
    threshold = FALSE_ALARM_DAYS * 2 * SHARES * part
    for _ in range(maps * SHARES):
        true = np.full(DAYS, level) if not spread else rng.beta(level * spread, (1 - level) * spread, DAYS)
        share = drawn(rng, a_day, true, level)
        count += sum(alarms(share, against, threshold) for against in ("target", "history"))
    return count / maps / DAYS * FALSE_ALARM_DAYS


MAPS = 8


@pytest.mark.parametrize("case", by_night([(40, 0.6, 0), (100, 0.6, 150), (4, 0.3, 0), (300, 0.95, 0)], beyond=2))
def test_of_a_map_at_most_one_false_alarm_a_year_is_raised(case: tuple[float, float, float]) -> None:
    a_day, level, spread = case
    assert a_year(11, a_day, level, spread, 1.0) <= 1.0
    assert a_year(11, a_day, level, spread, 0.02) > 1.0  # a threshold that is too low is told from ours


@pytest.mark.parametrize(("level", "fallen", "most"), [(0.6, 0.4, 4), (0.95, 0.85, 6), (0.6, 0.5, 25)])
def test_a_fall_is_noticed_in_days(level: float, fallen: float, most: int) -> None:
    rng, delays = np.random.default_rng(3), []
    for _ in range(12):
        share = drawn(rng, 60, np.concatenate([np.full(120, level), np.full(60, fallen)]), level)
        for against in ("target", "history"):
            threshold = FALSE_ALARM_DAYS * 2 * SHARES
            found = evidence_by_day(share, against, threshold)
            delays.append(next((one.day - 119 for one in found if one.r >= threshold), 99))
    assert median(delays) <= most
    assert min(delays) > 0


def test_it_says_since_when_and_when_it_is_over() -> None:
    rng = np.random.default_rng(5)
    days = np.concatenate([np.full(120, 0.9), np.full(40, 0.5), np.full(60, 0.9)])
    share = drawn(rng, 30, days, 0.8)

    def states(until: int) -> dict[str, tuple[str, int]]:
        cut = Daily(name="a", kind="promise", target=0.8, last=LAST, tried=share.tried[:until], met=share.met[:until])
        found = judged_days([cut])
        return {one.against: (one.state, until - 1 - (LAST - one.since).days) for one in found}

    assert {state for state, _ in states(120).values()} == {"well"}
    low = states(150)
    assert {state for state, _ in low.values()} == {"low"}
    assert all(abs(since - 120) <= 2 for _, since in low.values())
    assert {state for state, _ in states(160).values()} == {"low"}
    assert {state for state, _ in states(220).values()} == {"well"}


def test_without_a_past_only_the_target_is_asked_and_without_trials_nothing() -> None:
    few = Daily(name="a", kind="expectation", target=0.5, last=LAST, tried=np.full(20, 9), met=np.full(20, 1))
    assert [(one.against, one.state) for one in judged_days([few])] == [("target", "low")]
    none = Daily(
        name="a", kind="metric", target=None, last=LAST, tried=np.zeros(90, np.int64), met=np.zeros(90, np.int64)
    )
    assert judged_days([none, few])[0].name == "a"
    assert len(judged_days([none])) == 0
    found = judged_days([few])[0]
    assert (found.trials, found.share, found.last - found.since) == (180, 1 / 9, timedelta(days=19))
