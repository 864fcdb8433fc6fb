"""Reviews of maps: which are due; one is walked through stage by stage, and kept with what was found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from litestar import get, post
from litestar.params import FromPath

from resa.base.errors import InputError, ResaError
from resa.base.language import in_language, said_by, sentence
from resa.drawing import format_day
from resa.model.journey import JourneyMap
from resa.reporting import Report
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.reports import told
from resa.screens.signing_in import Form
from resa.screens.visits import Visit
from resa.workspace.reviewing import Standing, review, standing_of, text_of

__all__ = ["ROUTES", "said_of_review"]


@get("/reviews", opt={"needs": "see"}, sync_to_thread=True)
def reviews(visit: Visiting) -> Html:
    """Every map, when it was reviewed, and whether it is due."""
    found = [standing_of(visit.shop, key) for key in visit.shop.maps]
    maps = [(one, said_of_review(visit, one)) for one in sorted(found, key=lambda one: not one.overdue)]
    return page(visit, "reviews", visit.say("reviews"), maps=maps)


@get("/reviews/{key:str}", opt={"needs": "see"}, sync_to_thread=True)
def review_page(visit: Visiting, key: FromPath[str]) -> Html:
    """What changed since the last review, what is low, and where nobody acts, stage by stage; and earlier reviews."""
    return _page(visit, key)


@post("/reviews/{key:str}", opt={"needs": "edit"}, sync_to_thread=True)
def keep(visit: Visiting, key: FromPath[str], data: Form) -> Html:
    """Keep that the map was reviewed, and write the day into its file."""
    notes = data.get("notes", "").replace("\r\n", "\n")
    try:
        review(visit.shop, key, notes, who=visit.who)
    except OSError as error:
        words = sentence("the file could not be written: {strerror}", strerror=error.strerror or "")
        return _page(visit, key, notes=notes, why=in_language(words, visit.language), status=507)
    except ResaError as error:
        first = error.problems[0].message if isinstance(error, InputError) and error.problems else said_by(error)
        return _page(visit, key, notes=notes, why=in_language(first, visit.language), status=409)
    return redirect(f"/reviews/{key}", saved="review_kept")


def _page(visit: Visit, key: str, *, notes: str = "", why: str = "", status: int = 200) -> Html:
    standing = standing_of(visit.shop, key)
    report, unmeasured = None, ""
    try:
        report = told(visit, key).report
    except ResaError as error:  # a review does without numbers
        unmeasured = in_language(said_by(error), visit.language)
    return page(
        visit,
        "review",
        visit.say("reviews_of", title=standing.map.title),
        status=status,
        standing=standing,
        said=said_of_review(visit, standing),
        lines=standing.changed(text_of(visit.shop, key)),
        stages=[_stage(standing, stage.key, stage.name, report) for stage in standing.map.stages],
        unmeasured=unmeasured,
        earlier=[(format_day(one.day, visit.language), one.who, one.notes) for one in standing.earlier],
        notes=notes,
        why=why,
    )


def said_of_review(visit: Visit, standing: Standing) -> str:
    """When a map was reviewed, and when it is to be again."""
    last, due = standing.last, standing.due
    said = visit.say("review_never") if last is None else visit.say("review_last", day=format_day(last, visit.language))
    if due is None:
        return f"{said} {visit.say('review_not_asked')}"
    if due == date.min:
        return f"{said} {visit.say('review_due_now')}"
    word = "review_due_since" if standing.overdue else "review_due_on"
    return f"{said} {visit.say(word, day=format_day(due, visit.language))}"


def _stage(standing: Standing, key: str, name: str, report: Report | None) -> Mapping[str, Any]:
    """What is to be looked at in a stage."""
    journey_map = standing.map
    inside = {one.key for one in journey_map.touchpoints if one.stage == key}
    arrows = [*report.promises, *report.expectations] if report else []
    return {
        "name": name,
        "touchpoints": [one for one in journey_map.touchpoints if one.key in inside],
        "below": [one for one in arrows if one.verdict == "below" and _after(journey_map, one.name) in inside],
        "pains": [one for one in standing.pains if one.touchpoint.key in inside],
    }


def _after(journey_map: JourneyMap, name: str) -> str:
    arrow = journey_map.expectation.get(name)
    return "" if arrow is None else arrow.after


ROUTES: Final = (reviews, review_page, keep)
