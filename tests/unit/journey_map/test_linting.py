"""Advice: each rule speaks where it should, and only there."""

from __future__ import annotations

from datetime import date

import pytest

from resa.journey_map import DataSeen, lint, load_texts

GOOD = """stages:
  awareness: [ad]
  conversion: [cart, purchase]
personas:
  buyer: {who: traits.orders > 1, path: [ad, cart]}
review: every 3 months
reviewed: 2026-05-01
touchpoints:
  ad:
    owner: Ali
    expect: {next: cart, within: 1 day, target: 5 %}
  cart:
    owner: Ali
    pain_points:
      - {text: Slow., improvement: faster}
    expect: {next: purchase, within: 1 day, target: 5 %, if_missed: remind}
improvements:
  faster: {state: doing}
signals:
  ad: {event: seen}
  cart: {event: added}
  purchase: {event: ordered}
reactions:
  remind: {purpose: transactional, steps: [{send: mail, by: email}]}
"""
TODAY = date(2026, 6, 1)


def advice(text: str, matched: set[str] | None = None) -> list[tuple[int | None, int | None, str]]:
    return advice_beside(text, None if matched is None else DataSeen(matched, ()))


def advice_beside(text: str, data: DataSeen | None) -> list[tuple[int | None, int | None, str]]:
    loaded = load_texts({"journey.yaml": text})
    assert not loaded.errors
    found = lint(loaded.maps["journey"], loaded, today=TODAY, data=data)
    assert all(problem.severity == "warning" and problem.file == "journey.yaml" for problem in found)
    return [(problem.line, problem.column, problem.code) for problem in found]


def test_a_good_map_gets_no_advice() -> None:
    assert advice(GOOD) == []
    assert advice(GOOD, {"ad", "cart", "purchase"}) == []


def test_feedback_about_what_is_not_on_the_map_is_told() -> None:
    matched = {"ad", "cart", "purchase"}
    assert advice_beside(GOOD, DataSeen(matched, ["Cart", "cart"])) == []
    assert advice_beside(GOOD, DataSeen(matched, ["basket"])) == [(1, 1, "feedback-off-the-map")]
    renamed = GOOD.replace("  cart:\n", "  cart:\n    was: basket\n", 1)
    assert renamed != GOOD
    assert advice_beside(renamed, DataSeen(matched, ["basket"])) == []


def test_a_young_map_is_left_alone() -> None:
    assert advice("stages: [a, b, c]\n") == []
    assert advice("stages: {a: [ad], b: [cart, purchase]}\n") == []


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("[cart, purchase]\n", "[cart, purchase]\n  loyalty: []\n", (4, 3, "empty-stage")),
        ("[cart, purchase]\n", "[cart, purchase]\n  loyalty: [reorder]\n", (4, 3, "unreached-stage")),
        ("[cart, purchase]", "[cart, purchase, chat]", (3, 32, "unreached-touchpoint")),
        ("    owner: Ali\n    expect: {next: cart", "    expect: {next: cart", (10, 20, "no-owner")),
        (", target: 5 %, if", ", if", (16, 20, "no-target")),
        ("{text: Slow., improvement: faster}", "Slow.", (15, 9, "pain-point-ignored")),
        ("state: doing", "state: dropped", (15, 16, "pain-point-ignored")),
        ("state: doing", "state: done", (18, 3, "no-since")),
        ("who: traits.orders > 1, ", "", (5, 3, "no-who")),
        ("purchase: {event: ordered}", "purchase: {not_seen: no tills}", (16, 20, "unmeasured")),
        ("  purchase: {event: ordered}\n", "", (3, 22, "no-signal")),
        ("{event: ordered}", "{event: added}", (22, 3, "same-events")),
        ("{event: ordered}", "{when: \"event  =  'added'\"}", (22, 3, "same-events")),
        ("{event: ordered}", "{when: event = 'added' and value > 3}", (22, 3, "same-events")),
        ("{event: ordered}", "{event: added, occurrence: 2+}", (22, 3, "same-events")),
        ("reviewed: 2026-05-01", "reviewed: 2026-01-01", (1, 1, "review")),
        ("reviewed: 2026-05-01\n", "", (1, 1, "review")),
        (", if_missed: remind", "", (24, 3, "unused-reaction")),
    ],
)
def test_each_rule(before: str, after: str, place: tuple[int, int, str]) -> None:
    assert GOOD.count(before) == 1
    assert place in advice(GOOD.replace(before, after))


def test_occurrences_tell_equal_conditions_apart() -> None:
    text = GOOD.replace("{event: added}", "{event: o, occurrence: 1}").replace(
        "{event: ordered}", "{event: o, occurrence: 2+}"
    )
    assert advice(text) == []


def test_what_no_event_ever_matched() -> None:
    assert advice(GOOD, {"ad"}) == [(21, 3, "never-matched"), (22, 3, "never-matched")]


def test_sources_in_another_currency_are_named() -> None:
    loaded = load_texts({"journey.yaml": f"currency: SEK\n{GOOD}"})
    (problem,) = lint(loaded.maps["journey"], loaded, today=TODAY, currencies={"till": "SEK", "web": "USD"})
    assert problem.message == "values of source 'web' are in USD and the map counts in SEK; they are left out"
