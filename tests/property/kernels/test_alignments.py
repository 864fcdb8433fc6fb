from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles.alignments import fewest_moves, moves_named
from tests.oracles.journeys import as_arrays

from resa.base.errors import QuestionError
from resa.kernels import IN_PLACE, OUT_OF_ORDER, SKIPPED, align, variants

WORDS = {SKIPPED: "skipped", OUT_OF_ORDER: "out of order", IN_PLACE: "in place"}


def without_repeats(visits: list[int]) -> list[int]:
    return [code for place, code in enumerate(visits) if place == 0 or visits[place - 1] != code]


@settings(max_examples=200)
@given(
    st.lists(st.lists(st.integers(0, 4), max_size=6), min_size=1, max_size=4),
    st.lists(st.integers(1, 4), min_size=1, max_size=4),
    st.booleans(),
)
def test_alignments_are_those_of_the_oracle(journeys: list[list[int]], plan: list[int], collapse: bool) -> None:
    drawn = as_arrays([list(enumerate(codes)) for codes in journeys])
    found = variants(drawn, collapse=collapse)
    aligned = align(drawn, found, plan)
    added = list(zip(*(column.tolist() for column in aligned[3:]), strict=True))
    for variant, journey in enumerate(found.groups.first.tolist()):
        visits = [code for code in journeys[found.customer[journey]] if code]
        visits = without_repeats(visits) if collapse else visits
        words, extra = moves_named(plan, visits)
        assert [WORDS[step] for step in aligned.steps[variant].tolist()] == words
        assert [(after, code) for by, code, after in added if by == variant] == extra
        assert (aligned.visits[variant], aligned.added[variant]) == (len(visits), len(extra))


def test_fitness_is_that_of_brute_force_on_ten_thousand_small_cases() -> None:
    chance = random.Random(1)  # noqa: S311 - cases, no secret
    for _ in range(100):
        plan = [chance.randint(1, 4) for _ in range(chance.randint(1, 5))]
        journeys = [[chance.randint(1, 4) for _ in range(chance.randint(1, 6))] for _ in range(100)]
        drawn = as_arrays([list(enumerate(codes)) for codes in journeys])
        found = variants(drawn)
        fitness = align(drawn, found, plan).fitness[found.groups.group]
        wanted = [1 - fewest_moves(plan, codes) / (len(plan) + len(codes)) for codes in journeys]
        assert fitness.tolist() == pytest.approx(wanted)


def test_a_known_log() -> None:
    """Plan a b c d e; the moves of each trace are written beside it."""
    log = {
        (1, 2, 3, 4, 5): (1.0, [], []),
        (1, 3, 4, 5): (8 / 9, ["b skipped"], []),
        (1, 2, 9, 3, 4, 5): (10 / 11, [], [(2, 9)]),
        (1, 3, 2, 4, 5): (8 / 10, ["c out of order"], []),
        (9,): (0.0, ["a skipped", "b skipped", "c skipped", "d skipped", "e skipped"], [(0, 9)]),
        (5, 4, 3, 2, 1): (2 / 10, ["b out of order", "c out of order", "d out of order", "e out of order"], []),
    }
    drawn = as_arrays([list(enumerate(codes)) for codes in log])
    found = variants(drawn)
    aligned = align(drawn, found, [1, 2, 3, 4, 5])
    added = list(zip(*(column.tolist() for column in aligned[3:]), strict=True))
    for customer, (fitness, moves, extra) in enumerate(log.values()):
        variant = int(found.groups.group[customer])
        assert aligned.fitness[variant] == pytest.approx(fitness)
        said = [f"{'abcde'[step]} {WORDS[word]}" for step, word in enumerate(aligned.steps[variant].tolist())]
        assert [words for words in said if not words.endswith("in place")] == moves
        assert [(after, code) for by, code, after in added if by == variant] == extra


def test_a_plan_has_steps_and_not_too_many() -> None:
    drawn = as_arrays([[(0, 1)]])
    found = variants(drawn)
    with pytest.raises(QuestionError, match="at most 255 steps, not 256"):
        align(drawn, found, [1] * 256)
    with pytest.raises(ValueError, match="at least one step"):
        align(drawn, found, [])
    with pytest.raises(ValueError, match="no touchpoint's code"):
        align(drawn, found, [0])
