"""A planned path walked by one customer, one step after the other."""

from __future__ import annotations

from collections.abc import Sequence

from tests.oracles.journeys import Customer, inside


def walked(events: Customer, path: Sequence[int], period: tuple[int, int] | None) -> list[tuple[int, str]]:
    """For each step that is reached: the code of the next other touchpoint (0: none), and the way on."""
    visits = [event for event in events if event.code]
    chosen: list[int] = []
    for step, code in enumerate(path):
        since = chosen[-1] + 1 if chosen else 0
        later = (
            number
            for number in range(since, len(visits))
            if visits[number].code == code and (step > 0 or inside(visits[number].time, period))
        )
        found = next(later, None)
        if found is None:
            break
        chosen.append(found)
    ways = []
    for step, number in enumerate(chosen):
        other = next((n for n in range(number + 1, len(visits)) if visits[n].code != path[step]), None)
        follower = 0 if other is None else visits[other].code
        if step + 1 == len(chosen):
            ways.append((follower, "left"))
        elif path[step + 1] == path[step]:
            ways.append((follower, "direct" if other is None or chosen[step + 1] < other else "detour"))
        else:
            ways.append((follower, "direct" if chosen[step + 1] == other else "detour"))
    return ways
