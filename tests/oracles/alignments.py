"""Alignments by trying everything: the fewest moves, and which steps and visits are matched."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations


def fewest_moves(plan: Sequence[int], visits: Sequence[int]) -> int:
    """Over all ways to skip or match each step and to add or match each visit; brute force."""
    if not plan:
        return len(visits)
    if not visits:
        return len(plan)
    moves = 1 + min(fewest_moves(plan[1:], visits), fewest_moves(plan, visits[1:]))
    if plan[0] == visits[0]:
        moves = min(moves, fewest_moves(plan[1:], visits[1:]))
    return moves


def chosen_matches(plan: Sequence[int], visits: Sequence[int]) -> list[int | None]:
    """For each step the visit that it is matched with: of all matchings with the most matches, the earliest.

    Each step prefers a visit to none, and an earlier visit to a later one; steps come in order.
    """
    most = (len(plan) + len(visits) - fewest_moves(plan, visits)) // 2
    candidates = [
        [dict(zip(steps, places, strict=True)).get(step) for step in range(len(plan))]
        for steps in combinations(range(len(plan)), most)
        for places in combinations(range(len(visits)), most)
        if all(plan[step] == visits[place] for step, place in zip(steps, places, strict=True))
    ]
    return min(candidates, key=lambda matches: [len(visits) if place is None else place for place in matches])


def moves_named(plan: Sequence[int], visits: Sequence[int]) -> tuple[list[str], list[tuple[int, int]]]:
    """What becomes of each step, and (last step in place before it, code) of each visit that is added."""
    matches = chosen_matches(plan, visits)
    words = ["skipped" if place is None else "in place" for place in matches]
    added = []
    for place, code in enumerate(visits):
        if place in matches:
            continue
        missing = [step for step, word in enumerate(words) if word == "skipped" and plan[step] == code]
        if missing:
            words[missing[0]] = "out of order"
        else:
            before = [step + 1 for step, match in enumerate(matches) if match is not None and match < place]
            added.append((max(before, default=0), code))
    return words, added
