"""The funnel's window at every step, and many small random journeys whose times are nearly all on an edge."""

from __future__ import annotations

import numpy as np
import pytest
from tests.oracles.funnel import longest_chain
from tests.oracles.journeys import SECOND, as_arrays, as_lists

from resa.kernels import Journeys, funnel, funnel_levels, openings
from resa.kernels.funnel import _BLOCK


@pytest.mark.parametrize("rare", [False, True])
@pytest.mark.parametrize("steps", range(2, 11))
def test_each_step_may_come_at_the_very_end_of_the_window_but_not_later(steps: int, rare: bool) -> None:
    window = 2 * SECOND + 500_000
    others = [[(0, 40)] * 2_000 * 64] if rare else []
    for last in range(1, steps):
        for late in (0, 1):
            customer = [(step if step < last else window + late, step + 1) for step in range(steps)]
            journeys = as_arrays([*others, [(time + 999_999, code) for time, code in customer]])
            levels = funnel_levels(journeys, [[step + 1] for step in range(steps)], within_us=window)
            assert levels[-1] == (last if late else steps)


@pytest.mark.parametrize("seed", range(12))
def test_random_journeys_on_edges(seed: int) -> None:
    random = np.random.default_rng(seed)
    sizes = random.integers(0, 25, 150)
    unit = [1, 500_000, SECOND][seed % 3]
    customers = []
    for size in sizes:
        times = np.cumsum(random.integers(0, 2, size)) * unit
        customers.append(list(zip(times.tolist(), random.integers(0, 5, size).tolist(), strict=True)))
    journeys = as_arrays(customers)
    lists = as_lists(journeys)
    for steps in range(1, 11):
        codes = [sorted(set(random.integers(1, 5, random.integers(1, 3)).tolist())) for _ in range(steps)]
        window = int(random.integers(0, 8)) * unit
        result = funnel(journeys, codes, within_us=window)
        chains = [longest_chain(events, codes, window, None) for events in lists]
        assert result.levels.tolist() == [len(chain) for chain in chains]
        assert result.positions.tolist() == [chain + [-1] * (steps - len(chain)) for chain in chains]


@pytest.mark.parametrize("seed", range(3))
def test_customers_on_the_borders_of_blocks(seed: int) -> None:
    random = np.random.default_rng(seed)
    customers = []
    for size in random.integers(0, 40, 3_000):
        times = np.cumsum(random.integers(0, 3, size)) * SECOND
        customers.append(list(zip(times.tolist(), random.integers(0, 6, size).tolist(), strict=True)))
    size = 64 * _BLOCK + 5  # one that spans a block, with its only events of the funnel at both ends
    customers.append([(event, {0: 1, size - 2: 2, size - 1: 1}.get(event, 5)) for event in range(size)])
    journeys = as_arrays(customers)
    for codes, window in (([[1], [2]], 4 * SECOND), ([[1], [2], [1, 3], [4]], 9 * SECOND), ([[1, 2]] * 5, 3 * SECOND)):
        found = funnel(journeys, codes, within_us=window)
        chains = [longest_chain(events, codes, window, None) for events in as_lists(journeys)]
        assert found.levels.tolist() == [len(chain) for chain in chains]
        assert found.positions.tolist() == [chain + [-1] * (len(codes) - len(chain)) for chain in chains]


def test_customers_who_met_it_are_those_of_the_funnel_also_on_many_journeys() -> None:
    random = np.random.default_rng(99)
    events, customers = 40_000, 2_500
    offsets = np.concatenate([[0], np.sort(random.integers(0, events, customers - 1)), [events]]).astype(np.int64)
    times = np.cumsum(random.integers(0, 3, events)) * (SECOND // 2)
    journeys = Journeys(
        offsets,
        (times // SECOND).astype(np.int32),
        (times % SECOND).astype(np.int32),
        random.integers(0, 4, events).astype(np.uint16),
    )
    for after, expected in ([1], [2]), ([1], [1]), ([1, 2], [2, 3]):
        for window in (0, SECOND // 2, SECOND, 3 * SECOND):
            met = openings(journeys, after, expected, within=window)
            levels = funnel_levels(journeys, [after, expected], within_us=window)
            assert np.unique(met.customer[met.outcome == 1]).tolist() == np.flatnonzero(levels == 2).tolist()
