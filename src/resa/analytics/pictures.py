"""Answers as pictures: the rows of an answer handed to `resa.drawing`, in the map's language and with its names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from resa.drawing import (
    Bar,
    Curve,
    CurveNote,
    CurvePoint,
    FunnelStep,
    PathFlow,
    Svg,
    draw_bars,
    draw_curve,
    draw_funnel,
    draw_paths,
    draw_transitions,
)
from resa.model.journey import JourneyMap
from resa.model.verdicts import judged

if TYPE_CHECKING:
    from resa.analytics.result import Result

__all__ = ["picture_of"]

_MOST_CURVES: Final = 5


def picture_of(result: Result, journey_map: JourneyMap) -> Callable[[], Svg] | None:
    """What draws an answer; `None` if there is no good picture of it."""
    question: Any = result.question
    if question.by is not None and result.kind != "trend":
        return None
    drawn: Mapping[str, Callable[[Result, JourneyMap], Svg]] = {
        "funnel": _funnel,
        "expectations": _expectations,
        "transitions": _transitions,
        "paths": _paths,
        "trend": _trend,
    }
    if result.kind not in drawn or (result.kind == "trend" and "share" not in result.table.column_names):
        return None
    if result.kind == "trend" and question.by is not None and len(set(_column(result, "group"))) > _MOST_CURVES:
        return None
    return partial(drawn[result.kind], result, journey_map)


def _column(result: Result, name: str) -> list[Any]:
    values: list[Any] = result.table.column(name).to_pylist()
    return values


def _name(journey_map: JourneyMap, key: str | None) -> str:
    """The name of a touchpoint for people."""
    touchpoint = journey_map.touchpoint.get(key or "")
    return (key or "") if touchpoint is None else touchpoint.name


def _funnel(result: Result, journey_map: JourneyMap) -> Svg:
    steps = [
        FunnelStep(
            name=_name(journey_map, row["name"]),
            customers=row["customers"],
            median_seconds=row["median_seconds"],
            optional=row["optional"],
        )
        for row in result.table.to_pylist()
    ]
    return draw_funnel(steps, language=journey_map.language)


def _expectations(result: Result, journey_map: JourneyMap) -> Svg:
    bars = [
        Bar(
            name=row["expectation"],
            value=row["share"],
            words=f"{row['share']:.0%} ({row['mature']:,})",
            low=row["low"],
            high=row["high"],
            target=row["target"],
            verdict=judged(row["mature"], row["low"], row["high"], row["target"]),
        )
        for row in result.table.to_pylist()
        if row["share"] is not None
    ]
    return draw_bars(bars, title=journey_map.title, language=journey_map.language)


def _transitions(result: Result, journey_map: JourneyMap) -> Svg:
    counts: dict[tuple[str, str], int] = {}
    entries: dict[str, int] = {}
    exits: dict[str, int] = {}
    for row in result.table.to_pylist():
        if row["from"] is None:
            entries[_name(journey_map, row["to"])] = row["count"]
        elif row["to"] is None:
            exits[_name(journey_map, row["from"])] = row["count"]
        else:
            counts[_name(journey_map, row["from"]), _name(journey_map, row["to"])] = row["count"]
    present = {*entries, *exits}
    names = [touchpoint.name for touchpoint in journey_map.touchpoints if touchpoint.name in present]
    return draw_transitions(names, counts, entries=entries, exits=exits, language=journey_map.language)


def _paths(result: Result, journey_map: JourneyMap) -> Svg:
    question: Any = result.question
    flows = [
        PathFlow(
            names=tuple(_name(journey_map, key) for key in row["path"]),
            count=row["count"],
            goes_on=not question.end and len(row["path"]) == question.steps,
        )
        for row in result.table.to_pylist()
        if row["path"] is not None
    ]
    note = f"+ {result.others['count']:,}" if result.others else ""
    return draw_paths(flows, note=note, language=journey_map.language)


def _trend(result: Result, journey_map: JourneyMap) -> Svg:
    question: Any = result.question
    lines: dict[str, list[CurvePoint]] = {}
    for row in result.table.to_pylist():
        point = CurvePoint(at=row["period"], value=row["share"], low=row["low"], high=row["high"])
        lines.setdefault(row.get("group", question.of), []).append(point)
    notes = [
        CurveNote(at=improvement.since, text=improvement.name)
        for improvement in journey_map.improvements
        if improvement.since is not None and improvement.should_move == question.of
    ]
    return draw_curve(
        [Curve(name=name, points=tuple(points)) for name, points in lines.items()],
        title=question.of,
        language=journey_map.language,
        target=journey_map.expectation[question.of].target,
        notes=notes,
    )
