"""Questions over the API: the same parameters as the address of the screen's form, the same answer as the command."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Annotated, Any, Final

from litestar import Request, get
from litestar.params import FromPath, QueryParameter

from resa.analytics import TABLE_FILES, Question, Result, Snapshot
from resa.base.errors import InputError, QuestionError, did_you_mean
from resa.base.language import sentence
from resa.screens.api.answers import NotAcceptable, Tagged, Unusable, needed
from resa.screens.api.embedding import TOKEN
from resa.screens.api.maps import SVG
from resa.screens.asking import asked_of, fields_of, pairs_of, problems_of, without_what_is_personal
from resa.screens.frame import Visiting
from resa.screens.reports import POLICY
from resa.screens.visits import Visit

__all__ = [
    "FORMS",
    "JSON",
    "PART",
    "ROUTES",
    "PartName",
    "answered",
    "answered_over",
    "checked_part",
    "document_of",
    "tag_of",
]

JSON: Final = "application/json"

FORMS: Final = {
    JSON: "json",
    "text/csv": "csv",
    "application/vnd.apache.arrow.stream": "arrow",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
"""As what an answer is given, by what a request accepts; the first if it accepts anything."""

if set(FORMS.values()) != {"json", *TABLE_FILES}:
    raise AssertionError("an answer can be written in a form that nobody can ask for")

PART: Final = "part"
PartName = Annotated[str, QueryParameter(name=PART, description="Which table of the answer; none: the main one.")]


@get(
    "/measure/{kind:str}",
    operation_id="measure",
    summary="Ask a question",
    opt={"needs": "see", "asks": True, "media": tuple(FORMS)},
    sync_to_thread=True,
)
def measure(visit: Visiting, request: Request[Any, Any, Any], kind: FromPath[str], part: PartName = "") -> Tagged[Any]:
    """One question of a map. JSON has all tables of the answer; any other form is of one, which `part` names."""
    media = request.accept.best_match([*FORMS])
    if media is None:
        raise NotAcceptable([*FORMS])
    result = answered(visit, kind)
    checked_part(result, part)
    if media == JSON:
        return Tagged(document_of(result), tag=tag_of(result))
    form = FORMS[media]
    headers = {"content-disposition": f'attachment; filename="{kind}.{form}"'}
    content = result.file(form, part=part or None)
    return Tagged(content, tag=f"{part} {tag_of(result)}", media_type=media, headers=headers)


@get(
    "/measure/{kind:str}/picture.svg",
    operation_id="measure_picture",
    summary="The answer to a question as a picture",
    opt={"needs": "see", "asks": True, "media": (SVG,), "embeds": True},
    sync_to_thread=True,
)
def picture(visit: Visiting, kind: FromPath[str], part: PartName = "") -> Tagged[Any]:
    """An answer drawn, complete in itself: it loads nothing. Of some tables there is no good picture: 404."""
    result = answered(visit, kind)
    checked_part(result, part)
    headers = {"content-security-policy": POLICY}
    return Tagged(result.picture(part or None), media_type=SVG, headers=headers)


def document_of(result: Result) -> dict[str, Any]:
    """An answer as JSON: as the command writes it, with what its columns say and in which unit."""
    columns = {
        name: [{"name": one.name, "type": str(one.type), "about": one.about} for one in part.columns]
        for name, part in result.parts.items()
    }
    return {**result.document, "truncated": False, "columns": columns}


def tag_of(result: Result) -> str:
    """What an answer is known by: all that it says, whenever it was computed."""
    return json.dumps({**result.document, "computed_at": None}, sort_keys=True)


def answered(visit: Visit, kind: str, own: Collection[str] = (PART, TOKEN)) -> Result:
    """The answer to the question of an address.

    Args:
        visit: Who asks.
        kind: Of question.
        own: What the address says beside the question.

    Raises:
        QuestionError: There is no such kind of question.
        Unusable: The question is wrong.
    """
    return answered_over(visit, kind, own)[0]


def answered_over(visit: Visit, kind: str, own: Collection[str]) -> tuple[Result, Snapshot]:
    """The same, and the events in the generation in which its customers have their numbers."""
    question = _question(visit, kind, [pair for pair in _pairs(visit) if pair[0] not in own])
    try:
        return visit.shop.measure.asked(question)
    except InputError as error:
        raise Unusable(error, problems_of(error)) from None


def _question(visit: Visit, kind: str, pairs: list[tuple[str, str]]) -> Question:
    maps = visit.shop.maps
    named = dict(pairs).get("map", "")
    try:
        journey_map = visit.shop.map(named or (next(iter(maps)) if len(maps) == 1 else None))
    except QuestionError as error:
        raise Unusable(error, {"map": [one.message for one in error.problems]}) from None
    asked = asked_of(kind, pairs, journey_map)
    for name, _ in pairs:
        if name not in (known := fields_of(kind)):
            suggestion = did_you_mean(name, known)
            wrong = sentence("a question of this kind takes no '{name}'{suggestion}", name=name, suggestion=suggestion)
            raise Unusable(QuestionError(wrong), {name: [wrong]})
    allowed = asked if visit.may("names") else without_what_is_personal(asked)
    if allowed.question is not None:
        return allowed.question
    if allowed.problems != asked.problems:
        about = {name: [needed("names")] for name in allowed.problems if name not in asked.problems}
        raise Unusable(QuestionError(needed("names")), about, status=403)
    raise Unusable(QuestionError(next(iter(asked.problems.values()))[0]), asked.problems)


def checked_part(result: Result, part: str) -> None:
    """Go on only if an answer has a table.

    Raises:
        Unusable: It has none of this name.
    """
    if part:
        try:
            result.part(part)
        except QuestionError as error:
            raise Unusable(error, {PART: [one.message for one in error.problems]}) from None


def _pairs(visit: Visit) -> list[tuple[str, str]]:
    """What an address says of the question."""
    try:
        return pairs_of(visit.path.partition("?")[2])
    except QuestionError as error:
        raise Unusable(error, status=400) from None


ROUTES: Final = (measure, picture)
