"""Where the numbers of a map lead: to the customers behind them, or to the question that they answer."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from resa.analytics import Result
from resa.drawing import Figure
from resa.model.journey import JourneyMap
from resa.reporting import Days, Numbers

__all__ = ["arrow_links", "asked_at", "customers_at", "figure_links", "map_figures", "map_links"]


def asked_at(journey_map: JourneyMap, kind: str, days: Days | None = None, **asked: str | list[str]) -> str:
    """Where a question is answered.

    Args:
        journey_map: Of which map.
        kind: Of question.
        days: When what is counted began; `None`: whenever.
        **asked: What else it says; of several steps each.
    """
    return f"/explore/{kind}?{urlencode({'map': journey_map.key, **_said(days), **asked}, doseq=True)}"


def arrow_links(journey_map: JourneyMap, days: Days | None = None) -> dict[str, str]:
    """Where the numbers of each expectation and promise are, with who met it and who missed it."""
    return {one.name: asked_at(journey_map, "expectations", days, names=one.name) for one in journey_map.expectations}


def figure_links(journey_map: JourneyMap) -> dict[str, str]:
    """Where the large numbers of a map lead, by what they are."""
    touchpoints, arrows = (asked_at(journey_map, kind) for kind in ("touchpoints", "expectations"))
    found = {"customers": touchpoints, "score": touchpoints, "promises": arrows, "expectations": arrows}
    goal = journey_map.goal
    if goal is not None:
        steps = [",".join(step) for step in (goal.start, goal.reach) if step]
        time = {"within": str(goal.within), "mature": "yes"} if goal.start and goal.within else {}
        found["goal"] = asked_at(journey_map, "funnel", None, steps=steps, **time)
    return found


def map_links(journey_map: JourneyMap, numbers: Numbers | None, days: Days) -> dict[str, str]:
    """Where touchpoints lead, by key, and the arrows that have numbers, by name."""
    pages = {one.key: _page_of(journey_map, one.key) for one in journey_map.touchpoints}
    return pages if numbers is None else {**pages, **arrow_links(journey_map, days)}


def map_figures(journey_map: JourneyMap, numbers: Numbers | None, days: Days) -> dict[tuple[Figure, str], str]:
    """Where the other numbers that are drawn lead, by what they are of.

    Args:
        journey_map: The map.
        numbers: What was measured; `None`: nothing is drawn.
        days: When what is counted began.
    """
    if numbers is None:
        return {}
    found: dict[tuple[Figure, str], str] = {}
    for one in journey_map.touchpoints:
        # What has no customers, as sums of days and scores that were read in, is told on the touchpoint's page.
        found["customers", one.key] = found["score", one.key] = _page_of(journey_map, one.key)
    for key, to in customers_at(numbers, days).items():
        found["customers", key] = to
    for key, to in _people(numbers.touchpoints, "personas", "persona", days).items():
        found["persona", key] = to
    for persona in journey_map.personas:
        if persona.path:
            found["path", persona.key] = asked_at(journey_map, "planned", days, plans=persona.key)
    return found


def customers_at(numbers: Numbers, days: Days | None = None) -> Mapping[str, str]:
    """The customers of each touchpoint that has any, by its key."""
    return _people(numbers.touchpoints, "touchpoints", "touchpoint", days)


def _people(result: Result, part: str, names: str, days: Days | None) -> Mapping[str, str]:
    """The customers behind each row of a table that has any, by what the row is about."""
    rows = result.parts[part].table.to_pylist()
    return {
        row[names]: asked_at(
            result.journey_map, f"{result.kind}/people", days, part=part, column="customers", row=str(number)
        )
        for number, row in enumerate(rows)
        if row["customers"]
    }


def _page_of(journey_map: JourneyMap, touchpoint: str) -> str:
    return f"/map/{journey_map.key}/{touchpoint}"


def _said(days: Days | None) -> dict[str, str]:
    """Some days, as an address says them."""
    named = {} if days is None else {"from": days.since, "until": days.until}
    return {name: day.isoformat() for name, day in named.items() if day is not None}
