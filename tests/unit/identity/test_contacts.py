"""What decides of an address: objections stay until she confirms, whatever order the words come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resa.identity import ContactWord, rules_of, state_of_contact
from resa.identity.contacts import ContactState

START = datetime(2026, 5, 1, tzinfo=UTC)


def words(*states: ContactState) -> list[ContactWord]:
    return [ContactWord(START + timedelta(hours=hour), state, "mail") for hour, state in enumerate(states)]


@pytest.mark.parametrize(
    ("states", "decides"),
    [
        (("works", "bounced"), 1),
        (("bounced", "works"), 1),
        (("works", "works"), 0),  # since when
        (("unsubscribed", "works"), 0),
        (("unsubscribed", "bounced"), 0),
        (("unsubscribed", "complained", "works"), 1),
        (("complained", "unsubscribed"), 0),
        (("complained", "confirmed"), 1),
        (("confirmed", "works"), 0),
        (("confirmed", "bounced", "works"), 2),
        (("confirmed", "unsubscribed"), 1),
    ],
)
def test_the_word_that_decides(states: tuple[ContactState, ...], decides: int) -> None:
    told = words(*states)
    for order in permutations(told):
        assert state_of_contact(order) == told[decides]


def test_nothing_told() -> None:
    assert state_of_contact([]) is None


STATES: list[ContactState] = ["works", "bounced", "unsubscribed", "complained", "confirmed"]
WORDS = st.builds(
    ContactWord,
    st.integers(0, 2).map(lambda hour: START + timedelta(hours=hour)),
    st.sampled_from(STATES),
    st.just("m"),
)


@given(st.lists(WORDS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_order_is_no_matter_and_an_objection_is_never_lost(told: list[ContactWord], chance: object) -> None:
    mixed = list(told)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # a random.Random
    found = state_of_contact(told)
    assert state_of_contact(mixed) == found
    assert found is not None
    objections = [one.at for one in told if one.state in {"unsubscribed", "complained"}]
    confirmations = [one.at for one in told if one.state == "confirmed"]
    if objections and max(objections) > max(confirmations, default=START - timedelta(1)):
        assert found.state in {"unsubscribed", "complained"}


def test_conditions_are_checked_where_they_stand() -> None:
    rules, problems = rules_of("contacts:\n  email: {bounced: evnt = 1, works: event = 'arrived'}\n")
    (problem,) = problems
    assert (problem.line, problem.column) == (2, 20)
    assert "did you mean 'event'" in str(problem)
    assert rules.digest == rules_of("")[0].digest  # who is who does not follow from it


def test_what_the_file_does_not_say_stays() -> None:
    rules, problems = rules_of("contacts:\n  email: {bounced: event = 'failed'}\n")
    assert problems == []
    assert rules.contacts["email"]["bounced"] == "event = 'failed'"
    assert "Email Opened" in rules.contacts["email"]["works"]
