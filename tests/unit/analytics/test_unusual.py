"""What is called unusual, on openings drawn straight for the tests; `findings` is tested on whole journeys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.support.drawn_trials import draw, most_changed

from resa.analytics.findings.unusual import FAMILY_WISE

NOTHING_HAPPENED: dict[str, dict[str, Any]] = {
    "nothing": {"customers": 2_500},
    "few openings": {"customers": 400},
    "hardly any missed": {"customers": 2_500, "level": 3.0},
    "few openings and hardly any missed": {"customers": 1_000, "level": 4.0},
    "few openings and hardly any met": {"customers": 600, "level": -3.5},
    "customers differ": {"customers": 1_500, "openings": 5, "frailty": 2.0},
    "a few customers of one region have many": {"customers": 1_500, "frailty": 2.0, "heavy": 0.1},
    "all have seasons and a trend": {"customers": 10_000, "season": 0.5, "trend": -1.0},
    "weeks vary": {"customers": 10_000, "wobble": 0.2},
    "weeks vary much and few are missed": {"customers": 1_000, "level": 2.5, "wobble": 1.0},
}
LIMIT = 0.2
"""Level at which so many worlds are counted: at 0.001 a thousand worlds would tell little."""


@pytest.mark.parametrize("world", NOTHING_HAPPENED)
def test_nothing_is_called_unusual_when_nothing_is(world: str) -> None:
    assert all(most_changed(draw(seed, **NOTHING_HAPPENED[world])) is None for seed in range(10))


@pytest.mark.nightly
@pytest.mark.parametrize("world", NOTHING_HAPPENED)
def test_the_family_wise_level_holds_in_two_thousand_worlds(world: str) -> None:
    found = [most_changed(draw(seed, **NOTHING_HAPPENED[world]), LIMIT) for seed in range(2_000)]
    p = np.array([1.0 if place is None else place.p for place in found])
    assert np.count_nonzero(p <= LIMIT) <= 2_000 * LIMIT
    assert np.count_nonzero(p <= FAMILY_WISE) <= 6  # of 2,000 at 0.001 more than six come once in 200 times


@pytest.mark.parametrize("seed", range(5))
def test_a_device_that_was_broken_for_some_weeks_is_found(seed: int) -> None:
    place = most_changed(draw(seed, broken=("device", 1, 10, 12, 0.4)))
    assert place is not None
    assert (place.place, place.first, place.last, place.rise) == ("device 1", 10, 12, False)


@pytest.mark.parametrize("seed", range(5))
def test_a_device_that_became_better_is_found_as_a_rise(seed: int) -> None:
    """Broken until week 9 is a rise since week 10, not a fall before it."""
    place = most_changed(draw(seed, broken=("device", 1, 0, 9, 0.4)))
    assert place is not None
    assert (place.place, place.first, place.last, place.rise) == ("device 1", 10, 25, True)


@pytest.mark.parametrize("seed", range(5))
def test_a_region_that_is_slow_all_the_time_is_found(seed: int) -> None:
    place = most_changed(draw(seed, broken=("region", 3, 0, 25, 0.6)))
    assert place is not None
    assert place.place == "region 3"
    assert not place.rise


@pytest.mark.parametrize("seed", range(5))
def test_what_befell_everybody_is_not_laid_at_one_door(seed: int) -> None:
    place = most_changed(draw(seed, 10_000, broken=("everybody", 0, 14, 16, 0.5)))
    assert place is not None
    assert (place.place, place.first, place.last) == ("everybody", 14, 16)


@pytest.mark.parametrize("seed", range(3))
def test_a_device_is_found_beside_a_trend_that_all_have(seed: int) -> None:
    place = most_changed(draw(seed, 10_000, season=0.3, trend=-0.8, broken=("device", 1, 20, 25, 0.5)))
    assert place is not None
    assert (place.place, place.rise) == ("device 1", False)
    assert abs(place.first - 20) <= 1
    assert place.last == 25


@pytest.mark.parametrize("seed", range(3))
def test_what_is_expected_is_what_it_would_have_been(seed: int) -> None:
    drawn = draw(seed, 20_000, trend=-0.8, broken=("device", 1, 20, 25, 0.5))
    without = draw(seed, 20_000, trend=-0.8)
    place = most_changed(drawn)
    assert place is not None
    inside = (without.codes["device"] == 1) & (without.trials.week >= place.first) & without.trials.first
    assert place.reference == pytest.approx(without.trials.met[inside].mean(), abs=0.03)


def test_a_customer_who_comes_again_and_again_is_no_event() -> None:
    """One customer's 300 openings in a week are one trial."""
    drawn = draw(1, 1_000)
    trials = drawn.trials
    last = int(trials.customer.max()) + 1
    more = {name: np.append(codes, np.full(300, codes[0])) for name, codes in drawn.codes.items()}
    flooded = type(trials)(
        np.append(trials.met, np.zeros(300, np.bool_)),
        np.append(trials.customer, np.full(300, last, np.int32)),
        np.append(trials.week, np.full(300, 12, np.int32)),
        np.append(trials.stratum, np.full(300, trials.stratum[0])),
        trials.weeks,
    )
    assert most_changed(type(drawn)(flooded, more)) is None
