"""The answer about a process, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from resa.analytics.results.compared_picture import DIRECTIONS
from resa.analytics.results.names import group_name, touchpoint_name
from resa.drawing import (
    ProcessArrow,
    ProcessTouchpoint,
    Svg,
    draw_process,
    format_count,
    format_percent,
    said_in,
    say,
    say_count,
)
from resa.model.journey import JourneyMap

if TYPE_CHECKING:
    from resa.analytics.results.result import Result

__all__ = ["common_process", "draw_arrows", "draw_arrows_compared", "process_note"]


def common_process(result: Result) -> dict[str, Any]:
    """What the maps of all groups share: where everything stands, and how thick an arrow of a size is."""
    question: Any = result.question
    weights: dict[tuple[str | None, str | None], float] = {}
    for name in ("arrows", "left_out"):
        for row in result.part(name).table.to_pylist():
            pair = (row["from"], row["to"])
            weights[pair] = weights.get(pair, 0.0) + row["count"]
    column = {"median": "median_seconds", "p90": "p90_seconds"}.get(question.show, question.show)
    numbers = [number for number in result.part("arrows").table.column(column).to_pylist() if number is not None]
    places = {row["touchpoint"]: row["happy"] for row in result.part("touchpoints").table.to_pylist()}
    return {"weights": weights, "most": float(max(numbers, default=0)), "places": places}


def draw_arrows(
    result: Result, journey_map: JourneyMap, places: Mapping[str, int | None] | None = None, **how: Any
) -> Svg:
    """The answer about a process as a map: laid out with all of its arrows, those that are kept drawn.

    Args:
        result: The answer.
        journey_map: For names and language.
        places: All touchpoints of all groups, and their places on the happy path; `None`: those of this answer.
        **how: What `draw_process` takes.
    """
    question: Any = result.question
    language = said_in(journey_map.language)
    touchpoints = result.part("touchpoints").table.to_pylist()
    kept, left_out = (result.part(name).table.to_pylist() for name in ("arrows", "left_out"))
    visited = {row["touchpoint"]: row for row in touchpoints}
    places = places or {key: row["happy"] for key, row in visited.items()}
    happy = sorted((place, key) for key, place in places.items() if place is not None)
    arrows = [
        ProcessArrow(
            start=row["from"],
            end=row["to"],
            count=row["count"],
            customers=row["customers"],
            share=row["share"],
            median_seconds=row["median_seconds"],
            p90_seconds=row["p90_seconds"],
            happy=row["happy"],
            shown=rows is kept,
        )
        for rows in (kept, left_out)
        for row in rows
    ]
    return draw_process(
        [
            ProcessTouchpoint(
                key=key,
                name=touchpoint_name(journey_map, key),
                visits=visited[key]["visits"] if key in visited else 0,
                customers=visited[key]["customers"] if key in visited else 0,
                shown=key in visited and visited[key]["shown"],
            )
            for key in sorted(places, key=lambda key: journey_map.code[key])
        ],
        arrows,
        happy=[key for _, key in happy],
        show=question.show,
        language=language,
        **{"note": process_note(result, language), **how},
    )


def draw_arrows_compared(result: Result) -> Svg:
    """Two groups on one map: on each arrow the share of either's customers, coloured where they differ."""
    journey_map = result.journey_map
    language = said_in(journey_map.language)
    common = common_process(result)
    both: dict[str, list[dict[str, Any]]] = {}
    for row in result.part("touchpoints").table.to_pylist():
        if row["group"] in result.question.compare:
            both.setdefault(row["touchpoint"], []).append(row)
    happy = {(row["from"], row["to"]) for row in result.part("arrows").table.to_pylist() if row["happy"]}
    names = [group_name(result, label) for label in result.question.compare]
    return draw_process(
        [
            ProcessTouchpoint(
                key=key,
                name=touchpoint_name(journey_map, key),
                visits=sum(row["visits"] for row in both.get(key, [])),
                customers=sum(row["customers"] for row in both.get(key, [])),
                shown=any(row["shown"] for row in both.get(key, [])),
            )
            for key in sorted(common["places"], key=lambda key: journey_map.code[key])
        ],
        [
            ProcessArrow(
                start=row["from"],
                end=row["to"],
                count=row["counted"] + row["other_counted"],
                customers=row["counted"] + row["other_counted"],
                share=row["share"],
                other_share=row["other_share"],
                direction=DIRECTIONS[row["verdict"]],
                happy=(row["from"], row["to"]) in happy,
            )
            for row in result.part("compared").table.to_pylist()
            if row["verdict"] is not None
        ],
        happy=[key for _, key in sorted((place, key) for key, place in common["places"].items() if place is not None)],
        show="share",
        weights=common["weights"],
        title=say("differences", language, one=names[0], other=names[1]),
        note=f"{say('process_compared', language, one=names[0], other=names[1])} {say('differences_note', language)}",
        language=language,
    )


def process_note(result: Result, language: str) -> str:
    """What stands on the arrows, what is blue, and how much is drawn: nothing is left out without a word."""
    question: Any = result.question
    walkers, ways = result.n["happy_path"], result.n["ways"]
    left_out = {"arrows": 0, "count": 0, "touchpoints": 0, **result.others}
    arrows = len({(row["from"], row["to"]) for row in result.part("arrows").table.to_pylist()})
    touchpoints = len({row["touchpoint"] for row in result.part("touchpoints").table.to_pylist() if row["shown"]})
    drawn = say(
        "process_drawn",
        language,
        touchpoints=touchpoints,
        of_touchpoints=touchpoints + left_out["touchpoints"],
        arrows=arrows,
        of_arrows=arrows + left_out["arrows"],
        share=format_percent(1 - left_out["count"] / ways if ways else 1.0, language),
    )
    happy = [say_count("happy_walkers", language, walkers, format_count(walkers, language))] if walkers else []
    return " ".join([say(f"process_show.{question.show}", language), *happy, drawn])
