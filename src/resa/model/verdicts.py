"""What a measured share says about its target: one judgement for map, report, tables and demo."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["CLOSE", "FEWEST", "VERDICTS", "Verdict", "judged"]

Verdict = Literal["met", "near", "below", "few", "none"]

VERDICTS: Final[Mapping[Verdict, str]] = MappingProxyType(
    {
        "met": "on target",
        "near": "about on target",
        "below": "below target",
        "few": "too few to say",
        "none": "no target",
    }
)
"""The words in English; map and report say them in the map's language."""

FEWEST: Final = 10
"""Mature openings that a share needs to be shown and judged."""

CLOSE: Final = 0.05
"""An interval that holds the target and reaches no further than this to either side says *about on target*."""


def judged(openings: int, low: float | None, high: float | None, target: float | None) -> Verdict:
    """What the interval of a share says about a target; the share itself is never asked.

    `met`: all of the interval lies at the target or above; `below`: all of it lies below. Where it holds the target:
    `near` if it is so narrow that the difference hardly matters, else `few`, since more openings would decide.

    Args:
        openings: Mature openings that the share is a share of.
        low: Lower end of its interval, 0 to 1.
        high: Upper end.
        target: 0 to 1; `None`: there is none.
    """
    if openings < FEWEST or low is None or high is None:
        return "few"
    if target is None:
        return "none"
    if low >= target:
        return "met"
    if high < target:
        return "below"
    return "near" if target - low <= CLOSE and high - target <= CLOSE else "few"
