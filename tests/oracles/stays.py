"""The stays of one customer, visit by visit."""

from __future__ import annotations

from collections.abc import Mapping

from tests.oracles.journeys import Customer, Event


def stayed(events: Customer, stage_of: Mapping[int, int], quiet: int | None) -> list[tuple[int, int, int, int, str]]:
    """Stage, position of the first and the last visit, position of the visit that follows (-1), and how it ended."""
    visits = [event for event in events if stage_of.get(event.code, 0)]
    groups: list[list[Event]] = []
    for number, visit in enumerate(visits):
        before = visits[number - 1] if number else None
        same = before is not None and stage_of[before.code] == stage_of[visit.code]
        near = before is not None and (quiet is None or visit.time - before.time <= quiet)
        if same and near:
            groups[-1].append(visit)
        else:
            groups.append([visit])
    found = []
    for group, following in zip(groups, [*groups[1:], None], strict=False):
        ended = "nothing"
        if following is not None:
            ended = "moved" if quiet is None or following[0].time - group[-1].time <= quiet else "paused"
        left = -1 if following is None else following[0].position
        found.append((stage_of[group[0].code], group[0].position, group[-1].position, left, ended))
    return found
