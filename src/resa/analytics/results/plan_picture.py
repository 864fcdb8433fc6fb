"""The answer about planned paths, drawn: each plan straight down, what really happened over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from resa.analytics.results.names import touchpoint_name
from resa.drawing import (
    Panel,
    PlanStep,
    PlanWay,
    Svg,
    draw_multiples,
    draw_plan,
    format_count,
    format_percent,
    said_in,
    say,
)
from resa.model.journey import JourneyMap

if TYPE_CHECKING:
    from resa.analytics.results.result import Result

__all__ = ["draw_plans", "own_walkers"]

_Rows = Sequence[dict[str, Any]]


def own_walkers(rows: _Rows) -> list[dict[str, Any]]:
    """Of each plan the rows of the persona's own customers, where it is known who they are; else those of everyone."""
    own = {row["persona"] for row in rows if row["who"] == "persona"}
    return [row for row in rows if row["who"] == "persona" or row["persona"] not in own]


def draw_plans(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    """Each plan as a picture; of several, side by side."""
    language = said_in(journey_map.language)
    rows = own_walkers(result.table.to_pylist())
    detours = own_walkers(result.part("detours").table.to_pylist())
    plans = {
        key: [row for row in rows if row["persona"] == key] for key in dict.fromkeys(row["persona"] for row in rows)
    }
    if len(plans) == 1:
        ((key, plan),) = plans.items()
        return _plan(journey_map, plan, detours, title=_title(journey_map, key, language), **how)
    panels = [
        Panel(
            name=journey_map.persona[key].name,
            note=_note(plan, language),
            picture=_plan(journey_map, plan, detours, title=_title(journey_map, key, language), heading=False),
        )
        for key, plan in plans.items()
    ]
    return draw_multiples(panels, title=say("lane.paths", language), language=language, **{"width": _TWO_WIDE, **how})


_TWO_WIDE = 1800.0


def _title(journey_map: JourneyMap, key: str, language: str) -> str:
    return say("plan", language, persona=journey_map.persona[key].name)


def _note(plan: _Rows, language: str) -> str:
    began, last = plan[0]["customers"], plan[-1]["customers"]
    share = format_percent(last / began if began else 0.0, language)
    return say(f"plan_note.{plan[0]['who']}", language, n=format_count(began, language), share=share)


def _plan(journey_map: JourneyMap, plan: _Rows, detours: _Rows, **how: Any) -> Svg:
    language = said_in(journey_map.language)
    path = [row["touchpoint"] for row in plan]
    steps = [
        PlanStep(
            name=touchpoint_name(journey_map, row["touchpoint"]),
            customers=row["customers"],
            direct=row["direct"] or 0,
            ways=tuple(
                PlanWay(
                    name=None if way["to"] is None else touchpoint_name(journey_map, way["to"]),
                    customers=way["customers"],
                    returned=way["returned"],
                    ahead=_ahead(path, number, way["to"]),
                )
                for way in detours
                if way["persona"] == row["persona"] and way["step"] == row["step"]
            ),
        )
        for number, row in enumerate(plan)
    ]
    return draw_plan(steps, note=_note(plan, language), language=language, **how)


def _ahead(path: Sequence[str], step: int, key: str | None) -> int | None:
    """The planned step behind the next one that `key` is, the first where it is planned several times."""
    return next((number for number in range(step + 2, len(path)) if path[number] == key), None)
