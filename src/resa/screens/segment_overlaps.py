"""How segments overlap, how long customers are in one, who entered and left on a day: numbers open their customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from urllib.parse import urlencode

from litestar import get
from litestar.params import FromPath

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.drawing import Overlapping, draw_overlaps, format_count, format_day
from resa.model.journey import JourneyMap
from resa.screens.asking import pairs_of
from resa.screens.customers import addresses
from resa.screens.few import FEW, also_untold, hides, size_for, untold_of
from resa.screens.frame import Html, Visiting, page
from resa.screens.moments import when_in
from resa.screens.visits import Visit
from resa.segments import SegmentFigure
from resa.workspace.segment_numbers import (
    MOST_COMPARED,
    Combination,
    Named,
    ages,
    combinations,
    days,
    passages_on,
    people_aged,
    people_in,
)

__all__ = ["ROUTES", "ages_of", "days_of"]

_PEOPLE: Final = 500
_DAYS: Final = 60
_NARROW: Final = 300.0
_COLUMN: Final = 48.0
_WIDE: Final = 960.0


@get("/segment-overlaps/{key:str}", opt={"needs": "see"}, sync_to_thread=True)
def overlaps(visit: Visiting, key: FromPath[str]) -> Html:
    """How segments of a map overlap, as a picture, and as a table of which each number opens its customers."""
    journey_map = visit.shop.map(key)
    chosen = _chosen(visit, journey_map)
    found = combinations(visit.shop, key, chosen) if len(chosen) > 1 else []
    names = {one.key: one.name for one in journey_map.segments}
    sizes = [sum(one.customers for one in found if place in one.segments) for place in chosen]
    untold = _untold(visit, found)
    drawn = [one for place, one in enumerate(found) if place not in untold]
    picture = draw_overlaps(
        [names[one] for one in chosen],
        [0 if hides(visit, size) else size for size in sizes],
        [Overlapping(sets=tuple(map(chosen.index, one.segments)), customers=one.customers) for one in drawn],
        title=visit.say("segment_overlaps"),
        language=visit.language,
        width=min(_NARROW + _COLUMN * len(found), _WIDE),
        heading=False,
    )
    return page(
        visit,
        "segment_overlaps",
        visit.say("segment_overlaps"),
        map=journey_map,
        chosen=chosen,
        most=MOST_COMPARED,
        picture=picture.inline("overlaps") if drawn else "",
        rows=[
            (
                [one.segments.count(segment) for segment in chosen],
                " + ".join(names[segment] for segment in one.segments),
                "–" if place in untold else format_count(one.customers, visit.language),
                f"/segment-overlaps/{key}/people?" + _query(chosen, one),
            )
            for place, one in enumerate(found)
            if not hides(visit, one.customers)
        ],
        few=visit.say("segment_few_left_out", n=format_count(FEW, visit.language)) if not visit.may("names") else "",
        heads=[(one, names[one], size_for(visit, size)) for one, size in zip(chosen, sizes, strict=True)],
    )


@get("/segment-overlaps/{key:str}/people", opt={"needs": "see"}, sync_to_thread=True)
def overlap_people(visit: Visiting, key: FromPath[str]) -> Html:
    """Who is in exactly these segments."""
    journey_map = visit.shop.map(key)
    chosen = _chosen(visit, journey_map)
    inside = [value for name, value in pairs_of(visit.path.partition("?")[2]) if name == "in" and value in chosen]
    if not inside:
        raise QuestionError(sentence("choose up to {most} segments of one map", most=MOST_COMPARED))
    every = combinations(visit.shop, key, chosen)
    place = next((place for place, one in enumerate(every) if set(one.segments) == set(inside)), None)
    count = 0 if place is None else every[place].customers
    told = place is None or place not in _untold(visit, every) or count < FEW
    names = {one.key: one.name for one in journey_map.segments}
    people = people_in(visit.shop, key, chosen, inside, _PEOPLE) if visit.may("names") else []
    title = " + ".join(names[one] for one in inside)
    back = (f"/segment-overlaps/{key}?" + urlencode([("of", one) for one in chosen]), visit.say("segment_overlaps"))
    return _people(visit, title, [("/segments", visit.say("segments")), back], people, count, told=told)


@get("/segments/{key:str}/ages/{age:str}", opt={"needs": "see"}, sync_to_thread=True)
def aged(visit: Visiting, key: FromPath[str], age: FromPath[str]) -> Html:
    """Who is in a segment for so long."""
    figure = visit.shop.segments.show(key, weeks=0)
    people, count = people_aged(visit.shop, key, "" if age == "unknown" else age, _PEOPLE)
    title = visit.say("segment_aged_of", name=figure.name, age=visit.say(f"age_{age}"))
    every = ages(visit.shop, key)
    untold = {every[place].age or "unknown" for place in untold_of(visit, [one.customers for one in every])}
    told = age not in untold or count < FEW
    return _people(visit, title, _crumbs(visit, figure), people if visit.may("names") else [], count, told=told)


@get("/segments/{key:str}/days/{day:str}", opt={"needs": "see"}, sync_to_thread=True)
def day_of(visit: Visiting, key: FromPath[str], day: FromPath[str]) -> Html:
    """Who entered and left a segment on a day."""
    figure = visit.shop.segments.show(key, weeks=0)
    try:
        asked = date.fromisoformat(day)
    except ValueError:
        raise QuestionError(sentence("there is no such day")) from None
    named = visit.may("names")
    found = passages_on(visit.shop, key, asked)
    known = [(one.kind or "", one.value or "") for one in found if one.value] if named else []
    places = dict(zip(known, addresses(visit, known), strict=True))
    if known:
        visit.shop.audit.note("people.show", who=visit.who, segment=key, customers=len(known))
    when = when_in(visit.shop.map(figure.map).timezone, visit.language)
    return page(
        visit,
        "segment_day",
        visit.say("segment_day_of", name=figure.name, day=format_day(asked, visit.language)),
        crumbs=_crumbs(visit, figure),
        passages=[(when(one.at), one, places.get((one.kind or "", one.value or ""), "")) for one in found],
        named=named,
    )


def _untold(visit: Visit, found: Sequence[Combination]) -> set[int]:
    """The places of those of which who looks is not told how many they are."""
    if visit.may("names"):
        return set()
    return also_untold([one.segments for one in found], [one.customers for one in found])


def _people(
    visit: Visit,
    title: str,
    crumbs: Sequence[tuple[str, str]],
    people: Sequence[Named],
    count: int,
    *,
    told: bool = True,
) -> Html:
    if people:
        visit.shop.audit.note("people.show", who=visit.who, place="segments", customers=len(people))
    shown = list(zip(people, addresses(visit, people), strict=True))
    return page(
        visit,
        "segment_people",
        title,
        crumbs=crumbs,
        people=[(kind, value, address if visit.may("find") else "") for (kind, value), address in shown],
        count=size_for(visit, count) if told else "–",
        shown=format_count(len(people), visit.language),
        some=len(people) < count,
        nobody=not count and visit.may("names"),
    )


def _crumbs(visit: Visit, figure: SegmentFigure) -> list[tuple[str, str]]:
    return [("/segments", visit.say("segments")), (f"/segments/{figure.segment}", figure.name)]


def _chosen(visit: Visit, journey_map: JourneyMap) -> list[str]:
    """The segments that an address asks for, in the order of their file; none: the first ones."""
    asked = {value for name, value in pairs_of(visit.path.partition("?")[2]) if name == "of"}
    known = [one.key for one in journey_map.segments]
    return [one for one in known if one in asked or not asked][:MOST_COMPARED]


def _query(chosen: Sequence[str], one: Combination) -> str:
    return urlencode([*(("of", key) for key in chosen), *(("in", key) for key in one.segments)])


def ages_of(visit: Visit, key: str) -> list[tuple[str, str, str]]:
    """For how long customers are in a segment: in words, how many, and where they are listed."""
    found = ages(visit.shop, key)
    untold = untold_of(visit, [one.customers for one in found])
    return [
        (
            visit.say(f"age_{one.age or 'unknown'}"),
            "–" if place in untold else format_count(one.customers, visit.language),
            f"/segments/{key}/ages/{one.age or 'unknown'}",
        )
        for place, one in enumerate(found)
        if not hides(visit, one.customers)
    ]


def days_of(visit: Visit, key: str) -> list[tuple[str, str, str, str]]:
    """Who entered and left a segment day by day: the day, how many, and where they are listed."""
    return [
        (
            format_day(one.day, visit.language),
            size_for(visit, one.entered),
            size_for(visit, one.left),
            f"/segments/{key}/days/{one.day.isoformat()}",
        )
        for one in days(visit.shop, key)[:_DAYS]
        if not hides(visit, max(one.entered, one.left))
    ]


ROUTES: Final = (overlaps, overlap_people, aged, day_of)
