"""Explore: any question of a map by a form, its answer as picture, table and file, and who is behind a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromPath

from resa.analytics import TABLE_FILES, Question, Result, Snapshot, days_of
from resa.base.errors import InputError, QuestionError
from resa.base.language import Sentence, sentence
from resa.drawing import PICTURE_FILES, format_days
from resa.model.journey import JourneyMap
from resa.screens.answers import funnels_of, heading_of, known_before, looked_at, row_of, same_funnel, tables_of
from resa.screens.asking import (
    ASKED,
    Asked,
    address_of,
    asked_of,
    pairs_of,
    problems_of,
    without_what_is_personal,
)
from resa.screens.controls import controls_of
from resa.screens.copying import as_command, as_document, as_python
from resa.screens.day_notes import told_notes
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.maps import FILES as MEDIA
from resa.screens.people_lists import OWN as LISTED
from resa.screens.people_lists import Counted, listed_people
from resa.screens.visits import Visit
from resa.screens.writing import kept_for
from resa.workspace.day_notes import MOST_LETTERS

__all__ = ["ROUTES", "result_at"]

GROUPS: Final = {
    "ways": ("funnel", "paths", "process", "transitions", "variants"),
    "plan": ("expectations", "planned", "conformance", "improvements"),
    "time": ("trend", "retention", "stages", "metrics"),
    "where": ("friction", "touchpoints", "channels", "coverage"),
}
"""The kinds of question as a reader looks for them."""

_MEDIA: Final = {
    **MEDIA,
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
_LONGEST_NUMBER: Final = 9

if {kind for kinds in GROUPS.values() for kind in kinds} != set(ASKED):
    raise AssertionError("a kind of question has no place on the screen")


@dataclass(frozen=True)
class _Asking:
    """A question at its address.

    Attributes:
        journey_map: Which map it is asked of.
        asked: What is asked.
        query: Its one address's; empty if something is wrong.
        given: Whether it was asked at just that address.
    """

    journey_map: JourneyMap
    asked: Asked
    query: str
    given: bool


@get("/explore", opt={"needs": "see"}, sync_to_thread=True)
def explore(visit: Visiting) -> Html:
    """Every kind of question, with what it answers."""
    chosen = dict(pairs_of(_query(visit))).get("map", "")
    maps = list(visit.shop.maps.values())
    asked_of = visit.shop.maps.get(chosen) or next(iter(maps), None)  # where no map is named, it is the first
    return page(
        visit,
        "explore",
        visit.say("explore"),
        groups=GROUPS,
        maps=maps,
        map=chosen if chosen in visit.shop.maps else "",
        metrics=asked_of is not None and bool(asked_of.metrics),
        problems=visit.shop.loaded.problems,
        kept=kept_for(visit, ""),
    )


@get("/explore/{kind:str}", opt={"needs": "see"}, sync_to_thread=True)
def explore_kind(visit: Visiting, kind: FromPath[str]) -> Html:
    """One question: its form, and its answer below."""
    asking = _asking(visit, kind, pairs_of(_query(visit)))
    asked, journey_map = asking.asked, asking.journey_map
    if asked.question is None:
        return _form(visit, journey_map, asked)
    if not asking.given:
        return redirect(f"/explore/{kind}" + (f"?{asking.query}" if asking.query else ""))
    question = asked.question
    place = ("explore", question.hash, journey_map.key, journey_map.hash, visit.language, len(visit.shop.maps) == 1)
    try:
        answer = visit.shared.of(place, lambda: _answer(visit, question, asking.query))
    except InputError as error:
        return _form(visit, journey_map, replace(asked, problems=problems_of(error)), groups=_groups(visit, question))
    return _form(visit, journey_map, asked, query=asking.query, **answer)


def _answer(visit: Visit, question: Question, query: str) -> dict[str, Any]:
    """What is said in answer to a question.

    Raises:
        InputError: The map or the data cannot answer it.
    """
    result = visit.shared.measure.ask(question)
    return {
        "groups": _groups(visit, question),
        "tables": tables_of(visit, result, query),
        "facts": looked_at(visit, result),
        "warnings": known_before(visit, result),
        "notes": told_notes(visit, result.day_notes),
        "timed": _timed(visit, result),
        "copies": {
            "copy_command": as_command(question),
            "copy_python": as_python(question),
            "copy_sql": result.sql(),
            "copy_document": as_document(question),
        },
        "files": [*TABLE_FILES, *PICTURE_FILES],
    }


@get("/explore/{kind:str}/people", opt={"needs": "see"}, sync_to_thread=True)
def explore_people(visit: Visiting, kind: FromPath[str]) -> Html:
    """The customers behind one number; what they are called only for who may know it."""
    pairs = pairs_of(_query(visit))
    place = {name: value for name, value in pairs if name in {"part", "column", "row", *LISTED}}
    result, query, snapshot = _result_over(visit, kind, [pair for pair in pairs if pair[0] not in place])
    part, row = place.get("part", ""), place.get("row", "")
    chosen = result.part(part)
    column = place.get("column", "") or next(iter(chosen.people), "")
    number = _row(row, chosen.table.num_rows)
    counted = Counted.of(result.customers(column, part=part, moments=True, row=number))
    listed: Mapping[str, Any] = {}
    here = f"/explore/{kind}/people?"
    if visit.may("names"):
        own = urlencode([pair for pair in pairs if pair[0] not in LISTED])
        listed = listed_people(visit, snapshot, counted, place, here + own)
        visit.shop.audit.note("people.show", who=visit.who, kind=kind, customers=len(listed["people"]))
    return page(
        visit,
        "explore_people",
        visit.say_count("people_behind", len(counted.customers)),
        kind=kind,
        column=heading_of(visit, result, part, column),
        back=f"/explore/{kind}" + (f"?{query}" if query else ""),
        row=row_of(visit, result, part, number),
        list=listed,
        # Not behind whom a page begins: what is kept would name her still once she is erased.
        kept=kept_for(visit, here + urlencode([pair for pair in pairs if pair[0] != "after"])),
    )


@get("/explore/{kind:str}/funnel", opt={"needs": "see"}, sync_to_thread=True)
def explore_funnel(visit: Visiting, kind: FromPath[str]) -> Html:
    """The funnel at whose last step the customers of a path stand; where there is none, what comes nearest."""
    pairs = pairs_of(_query(visit))
    result, query = result_at(visit, kind, [pair for pair in pairs if pair[0] != "row"])
    row = _row(dict(pairs).get("row", ""), result.table.num_rows)
    funnels = funnels_of(result, row)
    if not funnels:
        raise QuestionError(sentence("no funnel goes the way of this row"))
    journey_map, alone = result.journey_map, len(visit.shop.maps) == 1
    if (same := same_funnel(visit.shared.measure, result, row)) is not None:
        return redirect(_funnel_address(journey_map, same, one_map=alone))
    return page(
        visit,
        "explore_no_funnel",
        visit.say("no_same_funnel"),
        kind=kind,
        back=f"/explore/{kind}" + (f"?{query}" if query else ""),
        row=row_of(visit, result, next(iter(result.parts)), row),
        nearest=_funnel_address(journey_map, funnels[-1], one_map=alone),
    )


@get("/explore/{kind:str}/files/{name:str}", opt={"needs": "see"}, sync_to_thread=True)
def explore_file(visit: Visiting, kind: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """An answer as a file, such as funnel.xlsx."""
    stem, _, form = name.rpartition(".")
    if stem != kind or form not in {*TABLE_FILES, *PICTURE_FILES}:
        raise QuestionError(sentence("there is no such file of this answer"))
    pairs = pairs_of(_query(visit))
    result, _ = result_at(visit, kind, [pair for pair in pairs if pair[0] != "part"])
    content = result.file(form, part=dict(pairs).get("part"))
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=_MEDIA[form], headers=headers)


def _form(visit: Visit, journey_map: JourneyMap, asked: Asked, *, groups: Sequence[str] = (), **answer: Any) -> Html:
    """The page of a question, with its answer if there is one."""
    empty: dict[str, Any] = {"query": "", "tables": [], "facts": [], "warnings": [], "copies": {}, "files": []}
    empty |= {"notes": [], "timed": ""}
    controls = controls_of(visit, asked, journey_map, groups)
    shown = {control.name for control in controls}
    return page(
        visit,
        "explore_kind",
        visit.say(f"explore_{asked.kind}"),
        status=422 if asked.problems else 200,
        kind=asked.kind,
        map=journey_map,
        maps=list(visit.shop.maps.values()),
        own=[control for control in controls if control.kinds_own],
        common=[control for control in controls if not control.kinds_own],
        unseen=[(name, value) for name, given in asked.said.items() if name not in shown for value in given],
        wrong=_elsewhere(asked, shown),
        kept=kept_for(visit, visit.path),
        most=MOST_LETTERS,
        **{**empty, **answer},
    )


def _timed(visit: Visit, result: Result) -> str:
    """Which days an answer shows, and whose they are; empty: it is over no calendar time."""
    if (days := days_of(result)) is None:
        return ""
    shown = format_days(days[0], days[1] - timedelta(days=1), visit.language)
    return str(visit.say("days_shown", days=shown, zone=result.journey_map.timezone))


def _elsewhere(asked: Asked, shown: set[str]) -> list[Sentence]:
    """What is wrong with no field of the form."""
    return [message for name, messages in asked.problems.items() if name not in shown for message in messages]


def _row(said: str, rows: int) -> int:
    """The number of a row that an address names.

    Raises:
        QuestionError: It names none.
    """
    if not (said.isascii() and said.isdigit() and len(said) <= _LONGEST_NUMBER and int(said) < rows):
        raise QuestionError(sentence("this address names no row of a table"))
    return int(said)


def _query(visit: Visit) -> str:
    return visit.path.partition("?")[2]


def _asking(visit: Visit, kind: str, pairs: list[tuple[str, str]]) -> _Asking:
    """Read a question from an address.

    Raises:
        QuestionError: There is no such kind of question, or no map.
    """
    maps = visit.shop.maps
    named = dict(pairs).get("map", "")
    journey_map = visit.shop.map(named or next(iter(maps), None))
    asked = asked_of(kind, pairs, journey_map)
    if not visit.may("names"):
        asked = without_what_is_personal(asked)
    if asked.question is None:
        return _Asking(journey_map, asked, "", given=True)
    query = address_of(asked.question, journey_map, one_map=len(maps) == 1)
    return _Asking(journey_map, asked, query, given=pairs == pairs_of(query))


def result_at(visit: Visit, kind: str, pairs: list[tuple[str, str]]) -> tuple[Result, str]:
    """The answer at an address, and its query.

    Raises:
        QuestionError: The question is wrong.
    """
    result, query, _ = _result_over(visit, kind, pairs)
    return result, query


def _result_over(visit: Visit, kind: str, pairs: list[tuple[str, str]]) -> tuple[Result, str, Snapshot]:
    """The same, and the events in the generation in which its customers have their numbers."""
    asking = _asking(visit, kind, pairs)
    if asking.asked.question is None:
        raise QuestionError(next(iter(asking.asked.problems.values()))[0])
    try:
        result, snapshot = visit.shared.measure.asked(asking.asked.question)
    except InputError as error:
        raise QuestionError(error.problems) from None
    return result, asking.query, snapshot


def _groups(visit: Visit, question: Question) -> list[str]:
    """The groups of an answer, which can be compared."""
    if question.by is None:
        return []
    try:
        table = visit.shared.measure.ask(replace(question, compare=())).table
    except InputError:
        return []
    return list(dict.fromkeys(table.column("group").to_pylist())) if "group" in table.column_names else []


def _funnel_address(journey_map: JourneyMap, funnel: Question, *, one_map: bool) -> str:
    query = address_of(funnel, journey_map, one_map=one_map)
    return "/explore/funnel" + (f"?{query}" if query else "")


ROUTES: Final = (explore, explore_kind, explore_people, explore_funnel, explore_file)
