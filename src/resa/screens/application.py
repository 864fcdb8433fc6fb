"""The application of all screens and of the API: routes, who is let in, what is said when something cannot be shown."""

from __future__ import annotations

import hmac
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from litestar import Litestar, Request, Response, Router, get
from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR
from litestar.utils.scope.state import ScopeState

from resa.base.errors import QuestionError, ResaError
from resa.base.language import said_by
from resa.base.wanted import NoLongerWanted
from resa.screens import (
    account,
    api,
    beginning,
    comments,
    company,
    composed_reports,
    customers,
    day_notes,
    editing,
    explore,
    first_links,
    health,
    home,
    live,
    map_entries,
    maps,
    owners,
    presenting,
    reports,
    reviews,
    segment_building,
    segment_overlaps,
    segments,
    settings,
    shared_reports,
    signing_in,
    telling,
    tour,
    typed,
    views,
    when,
)
from resa.screens.frame import GUARDS, Html, icon_file, page, redirect, script, style_sheet
from resa.screens.leaving import LEFT, leaving
from resa.screens.visits import COOKIES, Desk, FactorDue, Refused, Visit
from resa.workspace.first_links import NO_LINK, FirstLink

__all__ = ["application"]

_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_A_YEAR: Final = "public, max-age=31536000, immutable"


@get("/static/icon.svg", opt={"open": True}, sync_to_thread=False)
def icon() -> Response[str]:
    """What stands in a browser's tab."""
    return Response(icon_file(), media_type="image/svg+xml", headers={"cache-control": "public, max-age=86400"})


@get("/static/{name:str}", opt={"open": True}, sync_to_thread=False)
def static(name: FromPath[str]) -> Response[str]:
    """The style sheet and the script, whose names change with them."""
    for (known, content), kind in ((style_sheet(), "text/css"), (script(), "text/javascript")):
        if name == known:
            return Response(content, media_type=kind, headers={"cache-control": _A_YEAR})
    raise HTTPException(status_code=404)


# One router: two handlers of one address that are given one by one are each made to run in threads twice.
_ROUTES: Final = (
    icon,
    static,
    *signing_in.ROUTES,
    *account.ROUTES,
    *company.ROUTES,
    *beginning.ROUTES,
    *first_links.ROUTES,
    *tour.ROUTES,
    *typed.ROUTES,
    *explore.ROUTES,
    *comments.ROUTES,
    *composed_reports.ROUTES,
    *customers.ROUTES,
    *day_notes.ROUTES,
    *editing.ROUTES,
    *health.ROUTES,
    *home.ROUTES,
    *live.ROUTES,
    *map_entries.ROUTES,
    *maps.ROUTES,
    *owners.ROUTES,
    *presenting.ROUTES,
    *reports.ROUTES,
    *segment_building.ROUTES,
    *segment_overlaps.ROUTES,
    *segments.ROUTES,
    *settings.ROUTES,
    *shared_reports.ROUTES,
    *views.ROUTES,
    *when.ROUTES,
    *reviews.ROUTES,
    *telling.ROUTES,
)


class _Screens(Litestar):
    """The framework's application, which stops to work out what nobody waits for, and answers HEAD as GET."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        if scope.get("method") not in {"GET", "HEAD"}:  # what changes something goes on to its end
            await super().__call__(scope, receive, send)
            return

        async def without_body(message: Any) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        as_get: Any = {**scope, "method": "GET"}
        async with leaving(receive) as nothing_more:
            await super().__call__(as_get, nothing_more, without_body if scope["method"] == "HEAD" else send)


def application(folder: Path, secret: str, first: FirstLink = NO_LINK) -> Litestar:
    """The screens of a workspace, as an ASGI application.

    Args:
        folder: The workspace.
        secret: What the one who hands requests over says in each; others are turned away.
        first: The link by which the first person comes in, or who runs a demo.
    """
    desk = Desk(folder)

    def let_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Turn away what did not come through the front door."""
        if not hmac.compare_digest(connection.headers.get("x-resa-secret", ""), secret):
            raise HTTPException(status_code=403)
        _check_allowed(_visit(desk, connection), connection, handler)

    def visit(request: Request[Any, Any, Any]) -> Visit:
        return _visit(desk, request)

    def excepted(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        visit = _visit(desk, request)
        if api.is_api(request):
            return _guarded(_answered(visit, error))
        return _guarded(_led_away(request, visit, error) or _said(visit, error))

    @asynccontextmanager
    async def opened(_app: Litestar) -> AsyncIterator[None]:
        with desk.open():
            yield

    return _Screens(
        [Router("/", route_handlers=_ROUTES), api.ROUTER],
        dependencies={
            "visit": Provide(visit, sync_to_thread=False),
            # No field of a body may be called as one of these: what is wrong with it would be told as a fault of ours.
            "first_link": Provide(lambda: first, sync_to_thread=False),
        },
        guards=[let_in],
        csrf_config=CSRFConfig(
            secret=desk.secret,
            cookie_name=desk.forms_cookie,
            cookie_httponly=True,
            cookie_samesite="lax",
            exclude=[f"^{api.BEGINS}/", f"^{telling.STOP}/"],
        ),
        exception_handlers={Exception: excepted},
        after_request=_after,
        before_send=[_by_tls_alone, typed.carried_out],
        openapi_config=None,
        logging_config=None,
        lifespan=[opened],
        state=State({"desk": desk}),
        debug=False,
    )


def _check_allowed(visit: Visit, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Turn away a form of another site, and who has no right to what is asked for."""
    of_api, unsafe = api.is_api(connection), connection.scope.get("method") in _UNSAFE
    if unsafe and not of_api and not _of_our_pages(connection):
        raise HTTPException(status_code=403)
    asks_what_may_be_done = connection.scope.get("method") == "OPTIONS"
    if handler.opt.get("open") or asks_what_may_be_done:
        return
    if visit.key is None and (visit.session is None or (of_api and unsafe)):  # any page could send a form there
        raise Refused(None)
    if not visit.may(handler.opt["needs"]):
        raise Refused(handler.opt["needs"])
    person = visit.person
    if person and visit.factor_asked and not person.has_factor and not handler.opt.get("before_factor"):
        raise FactorDue


def _visit(desk: Desk, connection: ASGIConnection[Any, Any, Any, Any]) -> Visit:
    """Who makes a request; found out once."""
    if (known := connection.scope["state"].get("visit")) is not None:
        return known  # type: ignore[no-any-return]  # what a key of this name holds
    query = connection.scope.get("query_string", b"").decode("latin-1")
    found = desk.visit(
        connection.scope["path"] + (f"?{query}" if query else ""),
        connection.cookies,
        connection.headers.get("accept-language", ""),
        connection.headers.get("x-resa-scheme", "http"),
        ScopeState.from_scope(connection.scope).csrf_token or "",  # type: ignore[arg-type]  # its own type for none
        api.bearer_of(connection) if api.is_api(connection) else None,
    )
    if api.is_api(connection):
        found = api.with_link(found, connection)
    connection.scope["state"]["visit"] = found
    return found


def _of_our_pages(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether a form was sent by a page of ours, as far as browsers tell."""
    return connection.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


def _led_away(request: Request[Any, Any, Any], visit: Visit, error: Exception) -> Html | None:
    """Where who sent a form is led first, if what they typed is kept meanwhile, or lost."""
    door = isinstance(error, Refused) and error.right is None
    return typed.led_away(request, visit, door=door) if door or isinstance(error, FactorDue) else None


def _said(visit: Visit, error: Exception) -> Html:
    """What a visitor is told of an error."""
    if isinstance(error, Refused) and error.right is None:
        return redirect("/sign-in", to=signing_in.own_path(visit.path))
    if isinstance(error, FactorDue):
        return redirect("/settings/account")
    if isinstance(error, NoLongerWanted):
        return Response("", status_code=LEFT, media_type="text/plain")
    status, words = 500, visit.say("failed")
    match error:
        case Refused():
            status, words = 403, visit.say("not_for_you")
        case QuestionError() | ResaError():
            status, words = 404 if isinstance(error, QuestionError) else 503, said_by(error)
        case HTTPException():
            known = {404: "nothing_here", 403: "form_too_old", 405: "nothing_here"}
            status, words = error.status_code, visit.say(known.get(error.status_code, "failed"))
        case _:
            _tell(error)
    return page(visit, "trouble", visit.say("trouble"), status=status, words=words)


def _answered(visit: Visit, error: Exception) -> Response[Any]:
    """What a program is told of an error."""
    if isinstance(error, NoLongerWanted):
        return Response("", status_code=LEFT, media_type="text/plain")
    answer = api.problem_of(visit, error)
    if answer.status_code == HTTP_500_INTERNAL_SERVER_ERROR:
        _tell(error)
    return answer


def _tell(error: Exception) -> None:
    """Where something went wrong that nobody foresaw, for who runs the server; never what it was about."""
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-3:]]
    sys.stderr.write(f"a screen failed: {type(error).__name__} at {', '.join(places)}\n")
    sys.stderr.flush()


async def _after(answer: Response[Any]) -> Response[Any]:
    return _guarded(answer)


async def _by_tls_alone(message: Any, scope: Any) -> None:
    """Have browsers send by TLS alone what came by TLS, of cookies that are set without knowing how one comes."""
    if message["type"] != "http.response.start" or dict(scope["headers"]).get(b"x-resa-scheme") != b"https":
        return
    ours = (COOKIES["csrf"].encode(), COOKIES["saved"].encode())
    message["headers"] = [
        (name, value + b"; Secure" if name == b"set-cookie" and value.startswith(ours) else value)
        for name, value in message["headers"]
    ]


def _guarded(answer: Response[Any]) -> Response[Any]:
    for name, value in GUARDS.items():
        answer.headers.setdefault(name, value)
    return answer
