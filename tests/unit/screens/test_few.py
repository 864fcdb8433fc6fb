"""What is not told of few does not follow from what is told besides."""

from __future__ import annotations

from resa.screens.few import also_untold


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
