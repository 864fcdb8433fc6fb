from __future__ import annotations

from math import comb, exp

import numpy as np
import pytest

from resa.analytics.unusual import FAMILY_WISE, Cell, Trials, against_history, against_others, log_bound

PERSONA_SHARES = np.array([0.3, 0.5, 0.4, 0.6])


def simulated(
    seed: int, openings: int = 12_000, broken: tuple[int, int, int] | None = None, slow: int | None = None
) -> tuple[Trials, dict[str, np.ndarray]]:
    """Openings of four personas on three devices in five regions; one device may be broken for some weeks."""
    random = np.random.default_rng(seed)
    customer = random.integers(0, 5_000, openings)
    persona, region = random.integers(0, 4, 5_000)[customer], random.integers(0, 5, 5_000)[customer]
    device, week = random.integers(0, 3, openings), random.integers(0, 26, openings)
    met = random.random(openings) < PERSONA_SHARES[persona]
    if broken is not None:
        met &= ~((device == broken[0]) & (week >= broken[1]) & (week <= broken[2]) & (random.random(openings) < 0.6))
    if slow is not None:
        met &= ~((region == slow) & (random.random(openings) < 0.35))
    trials = Trials(met, week, persona * 3 + device, 26, 1.0)
    return trials, {"persona": persona, "device": device, "region": region}


def most_unusual(trials: Trials, groups: dict[str, np.ndarray]) -> tuple[float, str, Cell]:
    """The family-wise p-value, the place, and its weeks."""
    found, tests = [], 0
    for name, codes in groups.items():
        for first, table in trials.tables(codes.astype(np.uint32) + 1, int(codes.max()) + 1):
            looked = [against_history(table, trials.effect)]
            if name == "region":
                looked.append(against_others(table, trials.table, trials.effect))
            for cells, count in looked:
                tests += count
                found += [(cell, f"{name} {first + row}") for row, cell in enumerate(cells) if cell is not None]
    cell, place = min(found, key=lambda item: item[0].log_p)
    return min(1.0, exp(cell.log_p) * tests), place, cell


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_called_unusual_when_nothing_is(seed: int) -> None:
    assert most_unusual(*simulated(seed))[0] > FAMILY_WISE


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(0, 1_000, 100))
def test_nothing_is_called_unusual_in_a_thousand_worlds(first: int) -> None:
    worlds = [most_unusual(*simulated(seed, openings=4_000))[0] for seed in range(first, first + 100)]
    assert min(worlds) > FAMILY_WISE


@pytest.mark.parametrize("seed", range(5))
def test_a_device_that_was_broken_for_some_weeks_is_found(seed: int) -> None:
    p, place, cell = most_unusual(*simulated(seed, broken=(1, 10, 12)))
    assert p < FAMILY_WISE
    assert (place, cell.first, cell.last, cell.rise) == ("device 1", 10, 12, False)


@pytest.mark.parametrize("seed", range(5))
def test_a_device_that_became_better_is_found_as_a_rise(seed: int) -> None:
    """Broken until week 9 is a rise since week 10, not a fall before it."""
    p, place, cell = most_unusual(*simulated(seed, broken=(1, 0, 9)))
    assert p < FAMILY_WISE
    assert (place, cell.first, cell.last, cell.rise) == ("device 1", 10, 25, True)


@pytest.mark.parametrize("seed", range(3))
def test_weeks_in_which_more_were_met_are_a_rise(seed: int) -> None:
    trials, groups = simulated(seed)
    lucky = (groups["device"] == 2) & (trials.week >= 8) & (trials.week <= 11)
    met = trials.met | (lucky & (np.random.default_rng(seed).random(len(lucky)) < 0.6))
    p, place, cell = most_unusual(Trials(met, trials.week, trials.stratum, trials.weeks, 1.0), groups)
    assert p < FAMILY_WISE
    assert (place, cell.first, cell.last, cell.rise) == ("device 2", 8, 11, True)
    assert cell.expected < met[lucky].mean()


@pytest.mark.parametrize("seed", range(5))
def test_a_region_that_is_slow_all_the_time_is_found(seed: int) -> None:
    p, place, _ = most_unusual(*simulated(seed, slow=3))
    assert p < FAMILY_WISE
    assert place == "region 3"


def test_the_bound_is_above_the_exact_hypergeometric_tail() -> None:
    for total, successes, drawn in ((60, 20, 25), (200, 150, 90), (40, 20, 20)):
        for met in range(max(0, drawn + successes - total), min(drawn, successes) + 1):
            exact = sum(comb(successes, x) * comb(total - successes, drawn - x) for x in range(met + 1)) / comb(
                total, drawn
            )
            expected = drawn * successes / total
            bound = exp(float(log_bound(np.array([met]), np.array([drawn]), np.array([expected]))[0]))
            assert bound >= exact or met >= expected
