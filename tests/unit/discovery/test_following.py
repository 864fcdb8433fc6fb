"""What follows what, against counts in plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from resa.discovery.arrows import find_arrows
from resa.discovery.following import LADDER, following
from resa.discovery.personas import find_groups
from resa.discovery.sample import Sample, take_sample
from resa.discovery.stages import Worth, choose_goal, find_order, find_stages
from resa.kernels import Journeys

HOUR = 3_600
Walk = list[tuple[int, int]]
"""Second and touchpoint (from 1) of each event of a customer."""


def sample_of(walks: list[Walk], kinds: int, *, as_of: int = 10**7) -> Sample:
    events = [event for walk in walks for event in walk]
    offsets = np.cumsum([0, *(len(walk) for walk in walks)]).astype(np.int64)
    seconds = np.array([second for second, _ in events], np.int32)
    codes = np.array([code for _, code in events], np.uint16)
    journeys = Journeys(offsets, seconds, np.zeros(len(events), np.int32), codes)
    return take_sample(journeys, codes, kinds, as_of=as_of * 1_000_000)


def drawn(customers: int, seed: int = 3) -> list[Walk]:
    """Customers who look (1), half of whom buy (2) within the hour; of every purchase a parcel (3) comes next day."""
    random = np.random.default_rng(seed)
    walks = []
    for _ in range(customers):
        start = int(random.integers(0, 10**6))
        walk = [(start, 1)]
        if random.random() < 0.5:
            bought = start + int(random.integers(60, HOUR))
            walk += [(bought, 2), (bought + 86_400 + int(random.integers(0, HOUR)), 3)]
        walks.append(walk)
    return walks


def test_shares_are_those_of_a_count_in_plain_python() -> None:
    walks = drawn(200)
    found = following(sample_of(walks, 3))
    within = LADDER[int(found.window[0, 1])].seconds
    looked = [walk for walk in walks if walk[0][1] == 1]
    bought = [walk for walk in looked if len(walk) > 1 and walk[1][0] - walk[0][0] <= within]
    assert found.follows[0, 1] == pytest.approx(len(bought) / len(looked))
    assert found.visits[0, 1] == len(looked)


def test_visits_whose_time_is_not_over_do_not_count() -> None:
    walks: list[Walk] = [[(second, 1), (second + 30, 2)] for second in range(0, 4_000, 10)]
    found = following(sample_of(walks, 2, as_of=2_000))
    assert found.visits[0, 1] <= sum(walk[0][0] <= 2_000 - 30 for walk in walks)


def test_the_arrows_are_the_steps_and_not_their_echoes() -> None:
    sample = sample_of(drawn(2_000), 3)
    assert [(arrow.after, arrow.next) for arrow in find_arrows(sample, following(sample))] == [(0, 1), (1, 2)]


def test_two_that_come_of_one_cause_are_not_joined() -> None:
    random = np.random.default_rng(5)
    walks: list[Walk] = []
    for _ in range(2_000):
        start = int(random.integers(0, 10**6))
        notice, parcel = (start + int(mean * random.lognormal(0, 0.4)) for mean in (50_000, 80_000))
        walks.append(sorted([(start, 1), (notice, 2), (parcel, 3)]))
    sample = sample_of(walks, 3)
    assert {(arrow.after, arrow.next) for arrow in find_arrows(sample, following(sample))} == {(0, 1), (0, 2)}


def test_what_comes_at_any_time_is_not_caused() -> None:
    random = np.random.default_rng(7)
    walks: list[Walk] = [
        sorted((int(second), int(code)) for second, code in zip(random.integers(0, 10**6, 12), [1, 2] * 6, strict=True))
        for _ in range(500)
    ]
    sample = sample_of(walks, 2)
    assert find_arrows(sample, following(sample)) == []


def test_order_goal_and_stages_of_a_funnel() -> None:
    sample = sample_of([*drawn(500), *[[(second, 4), (second + 60, 1)] for second in range(100)]], 4)
    worth = [None, Worth(), None, None]
    assert np.argsort(-find_order(sample)).tolist() == [3, 0, 1, 2]
    assert choose_goal(sample, worth) == 1
    assert find_stages(sample, find_order(sample), 1, worth) == {
        "awareness": [3, 0],
        "conversion": [1],
        "service": [2],
    }
    assert find_stages(sample, find_order(sample), None, [None] * 4) == {
        "beginning": [3, 0],
        "on_the_way": [1],
        "end": [2],
    }


def test_groups_are_those_who_did_and_those_who_did_not() -> None:
    groups = find_groups(sample_of(drawn(1_000), 3))
    assert [(group.did, group.did_not) for group in groups] in ([((), (1,)), ((1,), ())], [((1,), ()), ((), (1,))])
    assert sum(group.share for group in groups) == pytest.approx(1)
    assert {group.path for group in groups} == {(), (0, 1, 2)}


def test_no_group_is_made_of_noise() -> None:
    random = np.random.default_rng(11)
    walks: list[Walk] = [
        [(place, int(code)) for place, code in enumerate(random.integers(1, 7, 4))] for _ in range(1_000)
    ]
    assert find_groups(sample_of(walks, 6)) == []
