"""Parts of a list of the API that changes while it is read."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from resa.screens.api.calling import part_after


def read(found: Sequence[int], *, gone: Collection[int] = (), limit: int = 3) -> list[int]:
    """Everything that the parts show, if these are gone after the first two parts."""
    shown: list[int] = []
    cursor: str | None = ""
    parts = 0
    while cursor is not None:
        left = [one for one in found if parts < 2 or one not in gone]
        part, cursor = part_after(left, lambda one: one, "numbers", limit, cursor)
        shown += part
        parts += 1
    return shown


def test_parts_are_the_whole_list() -> None:
    assert read(range(12)) == read(range(12), limit=5) == list(range(12))
    assert read([]) == []


def test_who_takes_away_what_was_shown_misses_nothing() -> None:
    assert read(range(12), gone=range(6)) == list(range(12))
    assert read(range(12), gone=[2, 5]) == list(range(12))
    assert read(range(12), gone=[6, 7]) == [0, 1, 2, 3, 4, 5, 8, 9, 10, 11]
