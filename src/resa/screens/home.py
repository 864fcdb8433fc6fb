"""The first page: what needs somebody, what changed since one was here last, and how each map is doing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from litestar import get

from resa.analytics import Change, arrow_name
from resa.base.errors import ResaError
from resa.base.language import Sentence, in_language, said_by
from resa.drawing import format_day, format_percent, format_signed
from resa.model.journey import JourneyMap
from resa.model.verdicts import Verdict
from resa.reporting import Arrow, FindingText, Report
from resa.screens.figures import figure_links
from resa.screens.frame import Html, Visiting, page
from resa.screens.owners import place_of_improvement, place_of_question
from resa.screens.reports import Told, told
from resa.screens.reviews import said_of_review
from resa.screens.spoken import spoken_map
from resa.screens.visits import Visit
from resa.storage import count_unsent
from resa.workspace.health import health_of
from resa.workspace.owning import owner_of
from resa.workspace.reviewing import standing_of
from resa.workspace.telling import Recipients

__all__ = ["ROUTES", "where"]

_FURTHEST: Final = 3
_OPEN: Final = ("doing", "planned", "idea")
_IMPROVEMENTS: Final = 5
_BY_ALL: Final = frozenset({"persona", "channel", "device"})
"""By what also those may ask who may not know names."""


class Line(NamedTuple):
    """Something that is told, and the page that shows it."""

    to: str
    text: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class _Doing:
    """How a map is doing.

    Attributes:
        map: The map.
        told: What there is to say; `None`: nothing can be said now.
        why: Why not.
    """

    map: JourneyMap
    told: Told | None
    why: Sentence | None = None


@get("/", opt={"needs": "see"}, sync_to_thread=True)
def home(visit: Visiting) -> Html:
    """What needs somebody and what changed, each a link; then every map with its large numbers and where to look."""
    shop = visit.shop
    doing = [_doing(visit, spoken_map(visit, one)) for one in shop.maps.values()]
    since = None if visit.person is None else shop.people.visited(visit.person, _seen(doing))
    at = min((one.told.at for one in doing if one.told), default=None)
    return page(
        visit,
        "home",
        visit.say("home"),
        problems=shop.loaded.problems,
        mine=list(_mine(visit, doing)),
        urgent=list(_urgent(visit, doing)),
        since="" if since is None else visit.when_there(since.at),
        changed=[] if since is None else list(_changed(visit, doing, since.seen)),
        maps=[_shown(visit, one) for one in doing],
        as_of="" if at is None else visit.when_there(at),
    )


def _doing(visit: Visit, journey_map: JourneyMap) -> _Doing:
    try:
        return _Doing(map=journey_map, told=told(visit, journey_map.key))
    except ResaError as error:  # another map may well be shown
        return _Doing(map=journey_map, told=None, why=said_by(error))


def _shown(visit: Visit, one: _Doing) -> dict[str, Any]:
    """A map as the page sets it."""
    if one.told is None:
        return {"map": one.map, "told": None, "why": one.why}
    report = one.told.report
    return {
        "map": one.map,
        "told": report,
        "leads": figure_links(one.map),
        "places": [(place, where(one.map, place)) for place in report.findings],
        "lists": [
            (visit.say(word), lines)
            for word, lines in (
                ("furthest", _furthest(one.map, report)),
                ("fell", [_fell(visit, one.map, change) for change in one.told.changes if change.fell]),
                ("improving", _improving(visit, one.map)),
            )
            if lines
        ],
    }


def _mine(visit: Visit, doing: list[_Doing]) -> Iterator[Line]:
    """What needs who looks: reviews of their maps, what they answer for and is below target, their improvements."""
    if visit.person is None:
        return
    recipients, me = Recipients(visit.shop), f"person:{visit.person.id}"
    for one in doing:
        journey_map = one.map
        if me in recipients.of(owner_of(journey_map)):
            yield from _review(visit, journey_map)
        for arrow in _arrows(one.told.report) if one.told else ():
            known = journey_map.expectation.get(arrow.name)
            if known and arrow.verdict == "below" and me in recipients.of(owner_of(journey_map, known)):
                to = _place_of(journey_map, arrow.name)
                yield Line(to, visit.say("mine_below", what=arrow.sentence), f"{arrow.share} ({arrow.target})")
        for improvement in journey_map.improvements:
            if improvement.state == "doing" and me in recipients.of(owner_of(journey_map, improvement)):
                state = str(visit.say(f"improvement_{improvement.state}"))
                yield Line(place_of_improvement(journey_map, improvement), improvement.name, state)


def _review(visit: Visit, journey_map: JourneyMap) -> Iterator[Line]:
    """That a map is to be reviewed, if it is."""
    standing = standing_of(visit.shop, journey_map.key)
    if standing.overdue:
        text = visit.say("review_overdue", title=journey_map.title)
        yield Line(f"/reviews/{journey_map.key}", text, said_of_review(visit, standing))


def _urgent(visit: Visit, doing: list[_Doing]) -> Iterator[Line]:
    """What needs somebody: data that are late or stopped, decisions that wait, reviews that nobody is asked for."""
    if visit.may("sources"):
        for concern in health_of(visit.shop).concerns:
            if concern.grave:
                yield Line("/data-health", in_language(concern.message, visit.language))
    stopped: dict[str, Line] = {}
    for one in doing:
        for gap in one.told.report.gaps if one.told else ():
            if gap.goes_on:
                to = "/live" if visit.may("sources") else f"/reports/{one.map.key}"
                stopped.setdefault(gap.source, Line(to, visit.say("stopped", source=gap.source), gap.text))
    yield from stopped.values()
    if visit.may("manage") and (unsent := count_unsent(visit.shop.store)):
        yield Line("/settings/owners", visit.say_count("undelivered", unsent))
    recipients = Recipients(visit.shop)
    for one in doing:
        if visit.may("edit") and not recipients.of(owner_of(one.map)):
            yield from _review(visit, one.map)
    if visit.may("find") and (waiting := _waiting(visit)):
        yield Line("/customers/review", visit.say_count("reviews_wait", waiting))


def _waiting(visit: Visit) -> int:
    """How many pairs of customers wait for a decision."""
    identity = visit.shop.identity
    return visit.shared.of(("reviews", len(identity.decisions())), identity.count_undecided)


def _seen(doing: list[_Doing]) -> dict[str, Any]:
    """What stands on the page, to be compared with what stands there another time."""
    return {
        one.map.key: {
            "figures": {figure.label: figure.value for figure in one.told.report.figures},
            "places": [[place.kind, place.title] for place in one.told.report.findings],
            "verdicts": {arrow.name: arrow.verdict for arrow in _arrows(one.told.report)},
        }
        for one in doing
        if one.told is not None
    }


def _changed(visit: Visit, doing: list[_Doing], before: Mapping[str, Any]) -> Iterator[Line]:
    """What changed since: numbers then and now, places that are new, and what fell below its target or came back."""
    for one in doing:
        then = before.get(one.map.key)
        if then is None or one.told is None:
            continue
        report = one.told.report
        for figure in report.figures:
            if (old := then["figures"].get(figure.label, figure.value)) != figure.value:
                yield Line(f"/map/{one.map.key}", visit.say("then_now", what=figure.label, then=old, now=figure.value))
        for place in report.findings:
            if [place.kind, place.title] not in then["places"]:
                text = visit.say("new_place", place=place.title)
                yield Line(where(one.map, place), text, place.statement)
        for arrow in _arrows(report):
            word = _turned(then["verdicts"].get(arrow.name), arrow.verdict)
            if word:
                yield Line(_place_of(one.map, arrow.name), visit.say(word, what=arrow.sentence))


def _turned(then: str | None, now: Verdict) -> str:
    if then in {"met", "near"} and now == "below":
        return "now_below"
    return "now_met" if then in {"below", "near"} and now == "met" else ""


def _arrows(report: Report) -> list[Arrow]:
    return [*report.promises, *report.expectations]


def _furthest(journey_map: JourneyMap, report: Report) -> list[Line]:
    """The arrows that are furthest below their target."""
    below = sorted(
        (arrow for arrow in _arrows(report) if arrow.verdict == "below"), key=lambda arrow: -(arrow.gap or 0.0)
    )
    return [
        Line(_place_of(journey_map, arrow.name), arrow.sentence, f"{arrow.share} ({arrow.target})")
        for arrow in below[:_FURTHEST]
    ]


def _fell(visit: Visit, journey_map: JourneyMap, change: Change) -> Line:
    """A share that fell, with the interval of the difference."""
    language = visit.language
    points = (format_signed(number * 100, language) for number in (change.difference, change.low, change.high))
    note = visit.say(
        "fell_by",
        before=format_percent(change.before, language),
        after=format_percent(change.after, language),
        day=format_day(change.since, language),
        **dict(zip(("points", "low", "high"), points, strict=True)),
    )
    name = arrow_name(journey_map, change.expectation)
    return Line(place_of_question(journey_map, "trend", of=change.expectation), name, note)


def _improving(visit: Visit, journey_map: JourneyMap) -> list[Line]:
    """Improvements that are not done yet, those under way first."""
    order = ("doing", "planned", "idea")
    found = sorted(
        (one for one in journey_map.improvements if one.state in _OPEN), key=lambda one: order.index(one.state)
    )
    return [
        Line(
            place_of_improvement(journey_map, one),
            one.name,
            ", ".join(part for part in (str(visit.say(f"improvement_{one.state}")), one.owner) if part),
        )
        for one in found[:_IMPROVEMENTS]
    ]


def _place_of(journey_map: JourneyMap, arrow: str) -> str:
    return place_of_question(journey_map, "expectations", names=arrow)


def where(journey_map: JourneyMap, place: FindingText) -> str:
    """Where a place is looked at: in its days, by what sets its customers apart, if anybody may ask for that."""
    days = {name: day.isoformat() for name, day in (("from", place.since), ("until", place.until)) if day}
    by = {"by": place.by} if place.by in _BY_ALL else {}
    return place_of_question(journey_map, "expectations", names=place.arrow, **days, **by)


ROUTES: Final = (home,)
