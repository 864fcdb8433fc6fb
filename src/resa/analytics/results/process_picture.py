"""The answer about a process, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resa.analytics.results.names import touchpoint_name
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

__all__ = ["draw_arrows"]


def draw_arrows(result: Result, journey_map: JourneyMap) -> Svg:
    """The answer about a process as a map: laid out with all of its arrows, those that are kept drawn."""
    question: Any = result.question
    language = said_in(journey_map.language)
    touchpoints = result.part("touchpoints").table.to_pylist()
    kept, left_out = (result.part(name).table.to_pylist() for name in ("arrows", "left_out"))
    places = sorted((row["happy"], row["touchpoint"]) for row in touchpoints if row["happy"] is not None)
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
                key=row["touchpoint"],
                name=touchpoint_name(journey_map, row["touchpoint"]),
                visits=row["visits"],
                customers=row["customers"],
                shown=row["shown"],
            )
            for row in touchpoints
        ],
        arrows,
        happy=[key for _, key in places],
        show=question.show,
        note=_note(result, language),
        language=language,
    )


def _note(result: Result, language: str) -> str:
    """What stands on the arrows, what is blue, and how much is drawn: nothing is left out without a word."""
    question: Any = result.question
    walkers, ways = result.n["happy_path"], result.n["ways"]
    left_out = {"arrows": 0, "count": 0, "touchpoints": 0, **result.others}
    arrows = len({(row["from"], row["to"]) for row in result.table.to_pylist()})
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
