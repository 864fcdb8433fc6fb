"""A map shown to a room: one thing after another, large, by arrows of the keyboard or by links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from litestar import get
from litestar.params import FromPath, FromQuery

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.model.journey import JourneyMap
from resa.reporting import Report
from resa.screens.frame import Html, Visiting, page
from resa.screens.reports import told
from resa.screens.visits import Visit

__all__ = ["ROUTES"]

_ARROWS: Final = 6
_VOICES: Final = 3
_GOING: Final = ("doing", "planned", "idea")
_IMPROVEMENTS: Final = 8
"""So many stand on one slide: they must be read from the last row."""

Shown = TypeVar("Shown")


@dataclass(frozen=True, kw_only=True)
class _Slide:
    """One thing that is shown.

    Attributes:
        shape: How the template sets it.
        title: Above it.
        content: What it is.
    """

    shape: str
    title: str
    content: Any


@get("/map/{key:str}/present", opt={"needs": "see"}, sync_to_thread=True)
def present(visit: Visiting, key: FromPath[str], slide: FromQuery[int] = 1) -> Html:
    """One slide of a map."""
    journey_map = visit.shop.map(key)
    found = told(visit, key)
    slides = list(_slides(visit, journey_map, found.report))
    if not 1 <= slide <= len(slides):
        raise QuestionError(sentence("there are slides 1 to {count}", count=str(len(slides))))
    return page(
        visit,
        "present",
        slides[slide - 1].title,
        map=journey_map,
        slides=slides,
        number=slide,
        shown=slides[slide - 1],
        at=visit.when_there(found.at, journey_map.timezone),
    )


def _slides(visit: Visit, journey_map: JourneyMap, report: Report) -> Iterator[_Slide]:
    """What matters most, the map, what is kept of the plan, where to look, what people say, and what is being done."""
    say = visit.say
    yield _Slide(shape="opening", title=report.title, content=report)
    for sheet in report.sheets:
        yield _Slide(shape="sheet", title=report.title, content=sheet)
    for word, opening, arrows in (
        ("promises", "we_promise", report.promises),
        ("expectations", "we_expect", report.expectations),
    ):
        for some in _parts(arrows, _ARROWS):
            yield _Slide(shape="arrows", title=say(word), content=(say(opening), some, report.day_notes))
    for place in report.findings:
        yield _Slide(shape="place", title=place.title, content=place)
    for word, picture in (("funnel", report.funnel), ("paths", report.paths), ("friction", report.friction)):
        if picture is not None:
            title = say(word if word == "friction" else f"explore_{word}")
            yield _Slide(shape="picture", title=title, content=picture)
    for voices in _parts([one for one in report.voices if one.quotes], _VOICES):
        yield _Slide(shape="voices", title=say("voices"), content=voices)
    going = [one for one in journey_map.improvements if one.state in _GOING]
    for improvements in _parts(going, _IMPROVEMENTS):
        yield _Slide(shape="improvements", title=say("improving"), content=improvements)


def _parts(many: Sequence[Shown], most: int) -> Iterator[Sequence[Shown]]:
    for begin in range(0, len(many), most):
        yield many[begin : begin + most]


ROUTES: Final = (present,)
