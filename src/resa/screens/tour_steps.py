"""The five steps of the tour: what each shows a new reader, and on which page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from resa.base.program import installed_program
from resa.screens.visits import Visit

__all__ = ["STEPS", "Step", "path_of", "step_of"]


@dataclass(frozen=True)
class Step:
    """A step of the tour.

    Attributes:
        number: From 1.
        of: How many steps there are.
        title: What it is about.
        text: What is to be seen and done there.
        path: Of the page where that is.
        here: Whether that page is shown.
    """

    number: int
    of: int
    title: str
    text: str
    path: str
    here: bool


STEPS: Final = ("/", "/map", "/explore/expectations", "/explore/funnel", "/live")
"""The pages of the tour, in its order."""

_LAST_ELSE: Final = "/reports"
"""The last page for who may not see what comes in."""


def step_of(visit: Visit) -> Step | None:
    """The step at which a reader is; `None`: they take no tour."""
    if visit.person is None or not visit.tour:
        return None
    number, path = visit.tour, path_of(visit, visit.tour)
    word = "tour_reports" if path == _LAST_ELSE else f"tour_{number}"
    shown = visit.path.partition("?")[0]
    return Step(
        number=number,
        of=len(STEPS),
        title=visit.say(word),
        text=visit.say(f"{word}_about", program=installed_program()),
        path=path,
        here=shown == path or (shown.startswith(f"{path}/") and path != "/"),
    )


def path_of(visit: Visit, number: int) -> str:
    """The page of a step."""
    path = STEPS[number - 1]
    return path if path != "/live" or visit.may("sources") else _LAST_ELSE
