"""Who may come in: signing in and out, the first password by an invitation, and how a reader likes to read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from typing import Annotated, Any, Final

from litestar import Request, get, post
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from resa.base.errors import ResaError
from resa.base.language import LANGUAGES, said_by
from resa.drawing import format_count
from resa.screens.attempts import Attempts
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.visits import COOKIES, Visit

__all__ = ["ROUTES", "Form", "agent_of", "attempts", "cookie", "own_path", "signed_in"]

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
"""What a form sends."""

attempts: Final = Attempts()
"""Of all who sign in here."""

_SESSION: Final = timedelta(days=30)
_LOOKS: Final = timedelta(days=365)
_AGENT: Final = 200
_OWN_PATH: Final = re.compile(r"/(?!/)[!-\[\]-~]*")
"""A path on this site: browsers read a backslash as `/`, and `//` begins the address of another site."""


@get("/sign-in", opt={"open": True}, sync_to_thread=True)
def sign_in_page(visit: Visiting, to: FromQuery[str] = "/") -> Html:
    """The page on which one signs in."""
    if visit.session is not None:
        return redirect(own_path(to))
    return page(visit, "sign_in", visit.say("sign_in"), to=own_path(to), email="", why="")


@post("/sign-in", opt={"open": True}, sync_to_thread=True)
def sign_in(request: Request[Any, Any, Any], visit: Visiting, data: Form) -> Html:
    """Sign in."""
    email, to = data.get("email", ""), own_path(data.get("to", "/"))
    account, address = email.strip().lower()[:_AGENT], request.headers.get("x-resa-address") or "unknown"
    with attempts.turns:  # who waits for one is asked anew: of many who come at once, most have failed by then
        if (seconds := attempts.wait(account, address)) > 0:
            minutes = format_count(ceil(seconds / 60), visit.language)
            return _door(visit, to, email, visit.say("sign_in_later", minutes=minutes), status=429)
        token = visit.shop.people.sign_in(email, data.get("password", ""), agent=agent_of(request.headers))
        if token is None:
            attempts.fail(account, address)
            return _door(visit, to, email, visit.say("sign_in_wrong"), status=401)
    return signed_in(redirect(to), visit, token)


def _door(visit: Visit, to: str, email: str, why: str, *, status: int) -> Html:
    return page(visit, "sign_in", visit.say("sign_in"), status=status, to=to, email=email, why=why)


@post("/sign-out", opt={"open": True}, sync_to_thread=True)
def sign_out(request: Request[Any, Any, Any], visit: Visiting, data: Form) -> Html:  # noqa: ARG001 - the form's token
    """Sign out."""
    if visit.session is not None:
        visit.shop.people.sign_out(request.cookies[COOKIES["session"]])
    answer = redirect("/sign-in")
    answer.delete_cookie(COOKIES["session"])
    return answer


@get("/welcome/{token:str}", opt={"open": True}, sync_to_thread=True)
def welcome_page(visit: Visiting, token: FromPath[str]) -> Html:
    """The page on which who was invited sets a password."""
    invited = visit.shop.people.invited(token)
    if invited is None:
        return page(visit, "welcome", visit.say("welcome_over"), status=410, invited=None, why="")
    return page(visit, "welcome", visit.say("welcome"), invited=invited, why="")


@post("/welcome/{token:str}", opt={"open": True}, sync_to_thread=True)
def welcome(request: Request[Any, Any, Any], visit: Visiting, token: FromPath[str], data: Form) -> Html:
    """Set a password by an invitation, and be signed in."""
    people = visit.shop.people
    invited = people.invited(token)
    if invited is None:
        return page(visit, "welcome", visit.say("welcome_over"), status=410, invited=None, why="")
    try:
        session = people.accept(token, data.get("password", ""), agent=agent_of(request.headers))
    except ResaError as error:
        return page(visit, "welcome", visit.say("welcome"), status=422, invited=invited, why=said_by(error))
    return signed_in(redirect("/"), visit, session)


@post("/look", opt={"open": True}, sync_to_thread=False)
def look(visit: Visiting, data: Form) -> Html:
    """Keep in which language and colours a reader likes to read."""
    answer = redirect(own_path(data.get("to", "/")))
    for name, known in (("language", (*LANGUAGES,)), ("theme", ("light", "dark", ""))):
        if (wanted := data.get(name)) in known:
            answer.set_cookie(cookie(COOKIES[name], wanted or "", visit, _LOOKS))  # type: ignore[index]
    return answer


def own_path(to: str) -> str:
    """An address of ours to go on at; whatever leads elsewhere becomes the first page."""
    return to if _OWN_PATH.fullmatch(to) else "/"


def signed_in(answer: Html, visit: Visit, token: str) -> Html:
    """An answer after which a session's browser is signed in."""
    answer.set_cookie(cookie(COOKIES["session"], token, visit, _SESSION))
    return answer


def cookie(name: str, value: str, visit: Visit, lives: timedelta) -> Cookie:
    """Something that a browser is to keep for us, and no script may read."""
    seconds = int(lives.total_seconds())
    return Cookie(key=name, value=value, max_age=seconds, secure=visit.secure, httponly=True, samesite="lax")


def agent_of(headers: Mapping[str, str]) -> str:
    """What a browser calls itself."""
    return headers.get("user-agent", "")[:_AGENT]


ROUTES: Final = (sign_in_page, sign_in, sign_out, welcome_page, welcome, look)
