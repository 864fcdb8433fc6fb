"""What follows each visit of one customer, told visit by visit."""

from __future__ import annotations

from tests.oracles.journeys import Customer


def continued(events: Customer, within: int) -> list[tuple[int, int, str]]:
    """Position of each visit, of what follows in time (-1: nothing), and what that means."""
    visits = [event for event in events if event.code]
    found = []
    for number, visit in enumerate(visits):
        following = visits[number + 1] if number + 1 < len(visits) else None
        if following is None or following.time - visit.time > within:
            found.append((visit.position, -1, "left off"))
            continue
        lately = {earlier.code for earlier in visits[:number] if visit.time - earlier.time <= within}
        if following.code == visit.code:
            what = "repeated"
        elif following.code in lately:
            what = "turned back"
        else:
            what = "went on"
        found.append((visit.position, following.position, what))
    return found
