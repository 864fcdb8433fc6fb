"""Answers of the API: parts of lists, refusals as RFC 9457 has them, and tags by which an answer is known again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Generic, TypeVar

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response.base import ASGIResponse

from resa.base.errors import InputError, QuestionError, ResaError
from resa.base.language import Sentence, as_it_is, in_language, said_by, sentence
from resa.screens.api.embedding import TOKEN
from resa.screens.rights import Right, scopes_for
from resa.screens.visits import FactorDue, Refused, Visit

__all__ = [
    "PROBLEM",
    "NotAcceptable",
    "Page",
    "Tagged",
    "Unusable",
    "checked_tag",
    "needed",
    "problem_of",
    "tag_fits",
    "wrong_in_files",
]

PROBLEM: Final = "application/problem+json"

_GUARDS: Final = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "private, no-cache",
    "vary": "authorization, cookie, accept, accept-language",
}
"""Of every answer of the API: it may be kept by who asked, and is asked for anew each time."""

_JSON: Final = "application/json"

_PERSONAL: Final = {"cache-control": "no-store"}
"""Of an answer that holds personal data: nobody keeps it."""

_EMBEDDED: Final = {"cache-control": "public, max-age=300", "cross-origin-resource-policy": "cross-origin"}
"""Of a picture that stands in a page of others, where its link is allowed enough."""

_TITLES: Final[Mapping[int, str]] = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    412: "Precondition Failed",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    428: "Precondition Required",
    500: "Internal Server Error",
    503: "Service Unavailable",
}

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """A part of a list.

    Attributes:
        data: What is in it.
        next_cursor: Where the next part begins; `null`: this is the last.
    """

    data: list[T]
    next_cursor: str | None = None


class Unusable(Exception):
    """What a request says cannot be used.

    Args:
        error: What is wrong.
        named: The fields that it is about, each with what is wrong with it.
        status: Of HTTP.
        tag: What the thing is known by as it is now; empty: that is not told.
    """

    def __init__(
        self,
        error: InputError,
        named: Mapping[str, Sequence[Sentence]] | None = None,
        *,
        status: int = 422,
        tag: str = "",
    ) -> None:
        super().__init__(str(error))
        named = named or {}
        found = [({"field": name}, one) for name, messages in named.items() for one in messages]
        self.told: _Told = (status, _words(error), found)
        self.headers = {"etag": _tag(_JSON, tag.encode())} if tag else {}


def wrong_in_files(error: InputError, field: str) -> Unusable:
    """What is wrong with files that somebody wrote, each with its place.

    Args:
        error: Holds all problems.
        field: Of the request that holds what was written.
    """
    made, found = Unusable(error), error.problems
    places = [{"field": field, "file": one.file, "line": one.line, "column": one.column} for one in found]
    named = [
        ({name: value for name, value in place.items() if value is not None}, one.message)
        for place, one in zip(places, found, strict=True)
    ]
    made.told = (made.told[0], made.told[1], named)
    return made


class NotAcceptable(Exception):
    """A request wants an answer in a form in which there is none.

    Args:
        forms: Those that there are.
    """

    def __init__(self, forms: Sequence[str]) -> None:
        super().__init__(", ".join(forms))
        words = sentence("there is no answer in this form; accept one of: {forms}", forms=", ".join(forms))
        self.told: _Told = (HTTPStatus.NOT_ACCEPTABLE, words, [])


class Tagged(Response[T]):
    """An answer with a tag (`ETag`): who has it already is told so, and gets it no second time.

    Args:
        content: As of any answer.
        tag: What it is known by; empty: its content.
        **more: As of any answer.
    """

    def __init__(self, content: T, *, tag: str = "", **more: Any) -> None:
        super().__init__(content, **more)
        self.tag = tag
        for name, value in _GUARDS.items():
            self.headers.setdefault(name, value)

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **more: Any) -> ASGIResponse:
        """The answer as it is sent; 304 where the one who asks has it."""
        opt = request.route_handler.opt
        self.headers |= (
            _PERSONAL if opt.get("personal") else _EMBEDDED if opt.get("embeds") and _by_link(request) else {}
        )
        answer = super().to_asgi_response(app, request, **more)
        if request.method != "GET" and self.tag:
            answer.headers["etag"] = _tag(_JSON, self.tag.encode())
        if request.method != "GET" or answer.status_code != HTTPStatus.OK:
            return answer
        tag = _tag(answer.headers.get("content-type", ""), self.tag.encode() if self.tag else answer.body)
        answer.headers["etag"] = tag
        if not _known(tag, request.headers.get("if-none-match", "")):
            return answer
        return ASGIResponse(status_code=HTTPStatus.NOT_MODIFIED, headers={**self.headers, "etag": tag})


def _tag(kind: str, about: bytes) -> str:
    """What an answer of a media type is known by."""
    return f'"{hashlib.sha256(kind.encode() + about).hexdigest()[:32]}"'


def checked_tag(request: Request[Any, Any, Any], about: str, *, needed: bool = False) -> None:
    """Go on only if what a change is about is still as `If-Match` says, if it says anything.

    Args:
        request: With its headers.
        about: What the JSON of it is known by now.
        needed: It has to say something.

    Raises:
        Unusable: It has changed since (412), or nothing is said and has to be (428).
    """
    said = request.headers.get("if-match", "")
    if needed and not said:
        wrong = sentence("read it first, and send its ETag in If-Match: what others changed is not written over")
        raise Unusable(QuestionError(wrong), status=428, tag=about)
    if said and not tag_fits(request, about):
        wrong = sentence("it has changed since you read it; read it again, and send the ETag of that in If-Match")
        raise Unusable(QuestionError(wrong), status=412, tag=about)


def tag_fits(request: Request[Any, Any, Any], about: str) -> bool:
    """Whether `If-Match` names what the JSON of something is known by."""
    said = request.headers.get("if-match", "")
    return said.strip() == "*" or _tag(_JSON, about.encode()) in _tags(said)


def _tags(said: str) -> set[str]:
    return {one.strip() for one in said.split(",")}


def _by_link(request: Request[Any, Any, Any]) -> bool:
    """Whether a page of others shows it, by a link that allows it."""
    return "authorization" not in request.headers and TOKEN in request.query_params


def _known(tag: str, said: str) -> bool:
    """Whether a header `If-None-Match` names a tag."""
    return said.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in said.split(",")}


def problem_of(visit: Visit, error: Exception) -> Response[Any]:
    """What a program is told of an error, in words that say what to do."""
    status, words, more = _told(error)
    headers = dict(_GUARDS)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = "5"
    if isinstance(error, HTTPException) and error.headers:
        headers |= {name.lower(): value for name, value in error.headers.items()}
    if isinstance(error, Unusable):
        headers |= error.headers
    title, detail = _TITLES.get(status, HTTPStatus(status).phrase), in_language(words, visit.language)
    document: dict[str, Any] = {"type": "about:blank", "title": title, "status": int(status), "detail": detail}
    document["code"] = title.lower().replace(" ", "_")
    if more:
        document["errors"] = [{**place, "message": in_language(one, visit.language)} for place, one in more]
    return Response(document, status_code=status, media_type=PROBLEM, headers=headers)


_OF_HTTP: Final[Mapping[int, Sentence]] = {
    400: sentence("the request is not what it should be; see /api/v1/openapi.json"),
    404: sentence("there is nothing at this address; see /api/v1/openapi.json"),
    405: sentence("another method is needed; the header Allow names it"),
}


_Told = tuple[int, Sentence, list[tuple[dict[str, Any], Sentence]]]
"""Status, words, and what is wrong with single fields, each with its place."""


def _told(error: Exception) -> _Told:
    match error:
        case Refused():
            return _refused(error.right)
        case FactorDue():
            words = sentence("your role asks for a second factor; add one in a browser first: /settings/account")
            return HTTPStatus.FORBIDDEN, words, []
        case Unusable() | NotAcceptable():
            return error.told
        case HTTPException():
            extra = error.extra if isinstance(error, ValidationException) and isinstance(error.extra, list) else []
            found = [({"field": str(one.get("key", ""))}, _as_said(one)) for one in extra if isinstance(one, dict)]
            return error.status_code, _OF_HTTP.get(error.status_code, _OF_HTTP[400]), found
        case ResaError():
            missing = isinstance(error, QuestionError)
            return HTTPStatus.NOT_FOUND if missing else HTTPStatus.SERVICE_UNAVAILABLE, _words(error), []
    return HTTPStatus.INTERNAL_SERVER_ERROR, sentence("something went wrong here; please tell who runs the server"), []


def _words(error: ResaError) -> Sentence:
    """What is wrong, first of all; of a file with its place."""
    if isinstance(error, InputError) and not error.problems[0].place:
        return error.problems[0].message
    return said_by(error)


def _as_said(one: Mapping[str, Any]) -> Sentence:
    """What the framework says of a parameter; it quotes no value."""
    return as_it_is(str(one.get("message", "")))


def _refused(right: Right | None) -> _Told:
    if right is None:
        words = sentence("send a good key, as: Authorization: Bearer resa_…; make one: resa keys make NAME --scope …")
        return HTTPStatus.UNAUTHORIZED, words, []
    return HTTPStatus.FORBIDDEN, needed(right), []


def needed(right: Right) -> Sentence:
    """What somebody would need to be told."""
    scopes = ", ".join(scopes_for(right))
    return sentence("this needs a key of the scope {scopes}, or a role that allows it", scopes=scopes)
