"""Answers as tables whose cells are tinted: who came back when, and where it is hard going."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resa.analytics.results.names import group_name, touchpoint_name
from resa.drawing import (
    Cohort,
    CohortShare,
    FrictionRow,
    FrictionShare,
    Svg,
    draw_cohorts,
    draw_friction,
    format_period,
    said_in,
    say,
)
from resa.model.journey import JourneyMap

if TYPE_CHECKING:
    from resa.analytics.results.result import Result

__all__ = ["draw_retained", "draw_signs", "friction_rows"]


def draw_retained(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    """A row a cohort under one of all; of groups only the row of all, of each."""
    question: Any = result.question
    language = said_in(journey_map.language)
    overall: dict[str, list[CohortShare]] = {}
    for row in result.part("overall").table.to_pylist():
        name = group_name(result, row["group"]) if "group" in row else say("all", language)
        overall.setdefault(name, []).append(CohortShare(row["share"]))
    sizes: dict[str, int] = {}
    shares: dict[str, list[CohortShare]] = {}
    for row in result.table.to_pylist():
        name = format_period(row["cohort"], question.every, language)
        if row["period"] == question.ranges[0][0]:
            total = group_name(result, row["group"]) if "group" in row else say("all", language)
            sizes[total] = sizes.get(total, 0) + row["customers"]
        if "group" not in row:
            sizes[name] = row["customers"]
            shares.setdefault(name, []).append(CohortShare(row["share"], row["complete"]))
    rolling = f" {say('retention_rolling', language)}" if question.rolling else ""
    lines = {name: overall.get(name, []) for name in sizes if name not in shares} | shares
    return draw_cohorts(
        [Cohort(name=name, customers=sizes[name], shares=tuple(line)) for name, line in lines.items()],
        question.range_names[: max(map(len, lines.values()), default=0)],
        title=say("retention", language),
        note=f"{say(f'retention_note.{question.every}', language)}{rolling}",
        language=language,
        **how,
    )


def friction_rows(result: Result) -> list[FrictionRow]:
    """How often each touchpoint shows each sign, from an answer about friction; what is unusual is marked."""
    unusual = {
        (row["touchpoint"], row["sign"])
        for row in result.part("places").table.to_pylist()
        if row["reason"] == "unusual"
    }
    visits: dict[str, int] = {}
    signs: dict[str, dict[str, FrictionShare]] = {}
    for row in result.part("rates").table.to_pylist():
        touchpoint, sign = row["touchpoint"], row["sign"]
        visits[touchpoint] = max(row["visits"], visits.get(touchpoint, 0))
        signs.setdefault(touchpoint, {})[sign] = FrictionShare(
            share=row["share"], median_seconds=row["median_seconds"], changed=(touchpoint, sign) in unusual
        )
    return [
        FrictionRow(name=touchpoint_name(result.journey_map, key), visits=visits[key], signs=signs[key])
        for key in visits
    ]


def draw_signs(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    """How often each touchpoint shows each sign of friction."""
    return draw_friction(friction_rows(result), language=journey_map.language, **how)
