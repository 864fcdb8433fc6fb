"""Comments over the API: what people say of maps, stages and touchpoints; written in the name of a key's person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from litestar import Request, delete, get, patch, post
from litestar.params import JSONBody, QueryParameter

from resa.base.language import sentence
from resa.model.writing import Comment
from resa.screens.api.answers import Page
from resa.screens.api.calling import Cursor, Limit, Line, Number, Prose, part_of
from resa.screens.api.repeating import once
from resa.screens.api.writers import Numbered, forbidden, missing, said_well, writer_of
from resa.screens.frame import Visiting
from resa.screens.visits import Visit
from resa.storage import comment_of
from resa.workspace.comments import Comments, Thread, may_remove

__all__ = ["ROUTES"]

OfMap = Annotated[str, QueryParameter(name="map", max_length=200, description="Of which map; none: of all.")]


@dataclass(frozen=True, kw_only=True)
class CommentLine:
    """What somebody said. Moments are UTC.

    Attributes:
        number: Its own.
        by: Who said it.
        text: What; empty: it was taken away, and answers to it stay.
        at: When.
    """

    number: int
    by: str
    text: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ThreadLine:
    """A comment and what was answered. Moments are UTC.

    Attributes:
        number: Its own.
        map: Key of the map.
        kind: What it is about: map, stage or touchpoint.
        key: Of that, as it is now; as it was then, if that is no longer there.
        called: What people called that then.
        there: Whether that is in the map still.
        by: Who said it.
        text: What; empty: it was taken away, and answers to it stay.
        at: When.
        resolved_at: Since when it needs nobody any more; `null`: it is open.
        answers: In the order in which they were written.
    """

    number: int
    map: str
    kind: str
    key: str
    called: str
    there: bool
    by: str
    text: str
    at: datetime
    resolved_at: datetime | None
    answers: list[CommentLine]


@dataclass(frozen=True, kw_only=True)
class NewComment:
    """What is said of a place of a map.

    Attributes:
        map: Key of the map.
        text: What is said.
        kind: What it is about.
        key: Of the stage or touchpoint; of a map nothing.
    """

    map: Line
    text: Prose
    kind: Literal["map", "stage", "touchpoint"] = "map"
    key: Line = ""


@dataclass(frozen=True, kw_only=True)
class NewAnswer:
    """What is answered.

    Attributes:
        text: What.
    """

    text: Prose


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """Whether a comment needs somebody.

    Attributes:
        resolved: It needs nobody any more.
    """

    resolved: bool


@get("/comments", operation_id="comments", summary="All comments", opt={"needs": "see"}, sync_to_thread=True)
def comments(visit: Visiting, map_key: OfMap = "", limit: Limit = 200, cursor: Cursor = "") -> Page[ThreadLine]:
    """What was said of all maps, or of one, with the answers; the newest first."""
    found, following = part_of(
        Comments(visit.shop).threads(map_key or None), lambda one: one.first.id, "comments", limit, cursor
    )
    return Page([_thread(one) for one in found], following)


@post(
    "/comments",
    operation_id="write_comment",
    summary="Say something",
    opt={"needs": "write", "repeats": True},
    sync_to_thread=True,
)
def write(visit: Visiting, request: Request[Any, Any, Any], data: JSONBody[NewComment]) -> Numbered:
    """Say something of a map, a stage or a touchpoint."""
    person = writer_of(visit)

    def written() -> Numbered:
        with said_well():
            return Numbered(number=Comments(visit.shop).write(person, data.map, data.kind, data.key, data.text))

    return once(visit, request, data, written)


@post(
    "/comments/{number:int}/answers",
    operation_id="answer_comment",
    summary="Answer a comment",
    status_code=204,
    opt={"needs": "write"},
    sync_to_thread=True,
)
def answer(visit: Visiting, number: Number, data: JSONBody[NewAnswer]) -> None:
    """Answer a comment."""
    person = writer_of(visit)
    _there(visit, number)
    with said_well("text"):
        Comments(visit.shop).answer(person, number, data.text)


@patch(
    "/comments/{number:int}",
    operation_id="resolve_comment",
    summary="Resolve a comment",
    status_code=204,
    opt={"needs": "write"},
    sync_to_thread=True,
)
def resolve(visit: Visiting, number: Number, data: JSONBody[Resolved]) -> None:
    """Say that a comment needs nobody any more, or that it does again."""
    person = writer_of(visit)
    Comments(visit.shop).resolve(person, _there(visit, number).id, resolved=data.resolved)


@delete(
    "/comments/{number:int}",
    operation_id="remove_comment",
    summary="Take a comment away",
    opt={"needs": "write"},
    sync_to_thread=True,
)
def remove(visit: Visiting, number: Number) -> None:
    """Take away a comment or an answer of the key's person; that of an administrator takes away anybody's."""
    person = writer_of(visit)
    if not may_remove(person, _there(visit, number)):
        raise forbidden(sentence("only who wrote this, or an administrator, can take it away"))
    Comments(visit.shop).remove(person, number)


def _there(visit: Visit, number: int) -> Comment:
    found = comment_of(visit.shop.store, number)
    if found is None:
        raise missing(sentence("this comment was taken away meanwhile"))
    return found


def _thread(one: Thread) -> ThreadLine:
    first = one.first
    return ThreadLine(
        number=first.id,
        map=first.map_key,
        kind=first.kind,
        key=first.place if one.place is None else one.place.key,
        called=first.called,
        there=one.place is not None,
        by=first.by.called,
        text=first.text,
        at=first.at,
        resolved_at=first.resolved_at,
        answers=[CommentLine(number=said.id, by=said.by.called, text=said.text, at=said.at) for said in one.answers],
    )


ROUTES: Final = (comments, write, answer, resolve, remove)
