"""Two groups compared, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from resa.analytics.results.names import arrow_name, group_name, touchpoint_name
from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.drawing import Difference, Svg, draw_differences, said_in, say
from resa.model.journey import JourneyMap
from resa.model.verdicts import VERDICTS

if TYPE_CHECKING:
    from resa.analytics.results.result import Result

__all__ = ["DIRECTIONS", "draw_compared"]

_MOST: Final = 40


def draw_compared(result: Result) -> Svg:
    """The differences of two groups, of what both have."""
    journey_map = result.journey_map
    keys = result.table.column_names[: result.table.column_names.index("counted")]
    rows = [row for row in result.parts["compared"].table.to_pylist() if row["verdict"] is not None]
    if len(rows) > _MOST:
        raise QuestionError(
            sentence("{count} differences are no picture; ask for fewer, or show the table", count=len(rows))
        )
    differences = [
        Difference(
            name=_about(row, keys, journey_map),
            share=row["share"],
            other_share=row["other_share"],
            low=row["low"],
            high=row["high"],
            direction=DIRECTIONS[row["verdict"]],
        )
        for row in rows
    ]
    one, other = (group_name(result, label) for label in result.question.compare)
    return draw_differences(differences, groups=(one, other), language=journey_map.language)


def _about(row: Mapping[str, Any], keys: list[str], journey_map: JourneyMap) -> str:
    """What a row is about, for people: `Cart`, `Cart → Purchase`."""
    language = said_in(journey_map.language)
    values: list[str] = []
    for key in keys:
        value = row[key]
        if key in {"from", "to"} and value is None:
            values.append(say("entry" if key == "from" else "exit", language))
        elif key not in {"step", "who", "last_period"} and value is not None:
            values += [_name(key, str(item), journey_map) for item in (value if isinstance(value, list) else [value])]
    return " → ".join(values)


def _name(key: str, value: str, journey_map: JourneyMap) -> str:
    """What a value of a column is called by people."""
    if key == "expectation":
        return arrow_name(journey_map, value)
    return journey_map.persona[value].name if key == "persona" else touchpoint_name(journey_map, value)


DIRECTIONS: Final[Mapping[str, Literal["higher", "lower", "same", "few"]]] = {
    "higher": "higher",
    "lower": "lower",
    "not told apart": "same",
    VERDICTS["few"]: "few",
}
"""What the verdict of a comparison says of the one group."""
