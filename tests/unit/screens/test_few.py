"""What is not told of few does not follow from what is told besides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import pytest

from resa.screens import segment_overlaps
from resa.screens.few import also_untold, hides_part
from resa.screens.segments import flows_for
from resa.screens.visits import Visit
from resa.workspace.segment_numbers import Age
from resa.workspace.segments import Flow


@dataclass
class Looks:
    """Somebody who looks."""

    names: bool
    language: str = "en"
    shop: Any = None

    def may(self, right: str) -> bool:
        return right == "names" and self.names

    def say(self, word: str, **_: object) -> str:
        return word


def looking(*, names: bool) -> Visit:
    return cast("Visit", Looks(names))


def test_few_are_untold_and_with_them_what_they_would_follow_from() -> None:
    groups = [("a",), ("b",), ("a", "b")]
    assert also_untold(groups, [90, 40, 20]) == set()
    assert also_untold(groups, [90, 40, 3]) == {2, 0, 1}  # else they were the size of a, less those of a alone
    assert also_untold(groups, [90, 2, 20]) == {1, 2, 0}
    assert also_untold([("a",), ("b",)], [3, 40]) == {0}
    assert also_untold([], []) == set()


def test_of_several_the_smallest_is_untold_too() -> None:
    groups = [("a",), ("a", "b"), ("a", "c"), ("b",), ("c",)]
    assert also_untold(groups, [90, 10, 1, 30, 40]) == {2, 1, 3, 4}


def test_what_two_segments_share_is_untold_if_few_of_either_are_left() -> None:
    viewer = looking(names=False)
    assert [hides_part(viewer, both, 8, 20) for both in (4, 5, 8)] == [True, True, False]
    assert hides_part(viewer, 8, 20, 11)
    assert not hides_part(viewer, 8, 20, 13)
    assert not hides_part(looking(names=True), 7, 8, 8)


def test_no_age_of_few_follows_from_the_size_of_the_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    def ages(*_: object) -> Iterator[Age]:
        return iter([Age(age="day", customers=30), Age(age="week", customers=17), Age(age="", customers=3)])

    monkeypatch.setattr(segment_overlaps, "ages", lambda *asked: list(ages(*asked)))
    told = [count for _, count, _ in segment_overlaps.ages_of(looking(names=False), "any")]
    assert told == ["30", "–"], "else the last were the rest of fifty"
    assert [count for _, count, _ in segment_overlaps.ages_of(looking(names=True), "any")] == ["30", "17", "3"]


def test_no_cause_of_few_follows_from_those_of_all_of_a_day() -> None:
    def flow(day: int, change: str, cause: str, changes: int) -> Flow:
        return Flow(day=date(2026, 5, day), change=change, cause=cause, changes=changes)

    flows = [
        flow(2, "entered", "an event", 5),
        flow(2, "entered", "time", 1),
        flow(2, "left", "time", 6),
        flow(1, "entered", "an event", 9),
    ]
    assert flows_for(looking(names=False), flows) == flows[2:]
    assert flows_for(looking(names=True), flows) == flows
