"""The numbers of a map, as its drawing takes them."""

from __future__ import annotations

from datetime import datetime

from resa.analytics import Measure, Result
from resa.drawing import Detour, MapNumbers, PathNumbers, TouchpointNumbers
from resa.model.journey import JourneyMap, Persona
from resa.reporting.gathering import Days, Numbers, gather_numbers, walked_by
from resa.reporting.scores import emotion_of

__all__ = ["drawn", "leavers", "map_numbers"]


def map_numbers(
    measure: Measure, journey_map: JourneyMap, *, as_of: str | datetime | None = None, days: Days | None = None
) -> MapNumbers:
    """What was measured of a map, for `resa.drawing.draw_map`.

    Args:
        measure: Answers questions.
        journey_map: One of its maps.
        as_of: The moment up to which data count as complete; `None`: as the sources say.
        days: When what is counted began; `None`: whenever.

    Raises:
        QuestionError: The events were not yet matched with the map, or `as_of` is no moment.
    """
    return drawn(gather_numbers(measure, journey_map, as_of=as_of, days=days))


def drawn(numbers: Numbers) -> MapNumbers:
    """The same from answers that are there."""
    goal = numbers.goal
    teller = numbers.teller
    day = None if numbers.complete_to is None else teller.day(numbers.complete_to)
    sizes = numbers.touchpoints.parts["personas"].table.to_pylist()
    return MapNumbers(
        expectations={arrow.name: numbers.measured(arrow, row) for arrow, row in numbers.arrows},
        touchpoints=_touchpoints(numbers),
        paths={} if numbers.planned is None else _paths(numbers.map, numbers.planned),
        personas={row["persona"]: row["customers"] for row in sizes},
        goal_share=None if goal is None else goal.share,
        as_of=teller.say("no_events") if day is None else teller.say("complete_to_day", day=day),
    )


def _touchpoints(numbers: Numbers) -> dict[str, TouchpointNumbers]:
    rows = {row["touchpoint"]: row for row in numbers.touchpoints.table.to_pylist()}
    felt = emotion_of(numbers.scores)
    found: dict[str, TouchpointNumbers] = {}
    for touchpoint in numbers.map.touchpoints:
        key = touchpoint.key
        signal = numbers.map.signal.get(key)
        score, count = felt.get(key, (None, None))
        if signal is not None and signal.kind == "events":
            row = rows.get(key, {"visits": 0, "customers": 0, "median_seconds": None})
            found[key] = TouchpointNumbers(
                visits=row["visits"],
                customers=row["customers"],
                median_seconds=row["median_seconds"],
                score=score,
                scores=count,
            )
        elif score is not None or (signal is not None and signal.daily_number in numbers.daily):
            daily = numbers.daily.get(signal.daily_number or "") if signal is not None else None
            found[key] = TouchpointNumbers(
                score=score,
                scores=count,
                daily_total=None if daily is None else daily.total,
                daily_since=None if daily is None else daily.since,
                daily_until=None if daily is None else daily.until,
            )
    return found


def _paths(journey_map: JourneyMap, planned: Result) -> dict[str, PathNumbers]:
    found: dict[str, PathNumbers] = {}
    rows = planned.table.to_pylist()
    for persona in journey_map.personas:
        steps = [row for row in rows if row["persona"] == persona.key and row["who"] == walked_by(persona)]
        if steps and steps[0]["customers"]:
            found[persona.key] = PathNumbers(
                share=steps[-1]["share"], customers=steps[0]["customers"], detours=leavers(persona, planned)
            )
    return found


def leavers(persona: Persona, planned: Result) -> tuple[Detour, ...]:
    """Who leaves the path planned for a persona and does not come to its next step, most customers first."""
    rows = planned.parts["detours"].table.to_pylist()
    found = [
        Detour(after=row["touchpoint"], to=row["to"], customers=row["customers"] - row["returned"])
        for row in rows
        if row["persona"] == persona.key and row["who"] == walked_by(persona) and row["customers"] > row["returned"]
    ]
    return tuple(sorted(found, key=lambda detour: -detour.customers))
