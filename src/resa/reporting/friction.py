"""Where it is hard going: the heat map of friction, and in words what rose beyond chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from resa.analytics import Result, friction_rows
from resa.drawing import Svg, draw_friction
from resa.reporting.telling import Teller

__all__ = ["friction_heat", "friction_told"]

_TOLD: Final = 3


def friction_heat(result: Result) -> Svg | None:
    """The heat map; `None`: no visit can be judged yet."""
    rows = friction_rows(result)
    return draw_friction(rows, language=result.journey_map.language, heading=False) if rows else None


def friction_told(result: Result, teller: Teller) -> tuple[str, ...]:
    """A sentence for each of the first places that are unusual, or that there is none."""
    return tuple(_told(result, teller)) or (teller.say("friction_none"),)


def _told(result: Result, teller: Teller) -> Iterator[str]:
    unusual = [row for row in result.table.to_pylist() if row["reason"] == "unusual"]
    for row in unusual[:_TOLD]:
        group = "" if row["attribute"] is None else teller.group(row["attribute"], row["value"])
        place = teller.say("touchpoint_of", touchpoint=teller.name(row["touchpoint"]), group=group)
        yield teller.say(
            f"friction_sign.{row['sign']}",
            place=place if group else teller.name(row["touchpoint"]),
            when=teller.when(row["since"], row["until"]),
            share=teller.percent(row["share"]),
            visits=teller.count(row["visits"]),
            reference=teller.percent(row["reference"]),
            to=teller.say("friction_to", touchpoint=teller.name(row["to"])) if row["to"] else "",
        )
