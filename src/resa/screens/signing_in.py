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
from resa.screens.visits import COOKIES, Visit, cookie_name
from resa.workspace.company import Company
from resa.workspace.people import Person

__all__ = [
    "CODES",
    "PASSWORDS",
    "ROUTES",
    "Form",
    "address_of",
    "agent_of",
    "come_later",
    "cookie",
    "door",
    "own_path",
    "signed_in",
]

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
"""What a form sends."""

PASSWORDS: Final = Attempts("passwords")
"""How often passwords were tried, when signing in or asked again."""

CODES: Final = Attempts("codes")
"""The same of codes of second factors."""

_SESSION: Final = timedelta(days=30)
_CODE: Final = timedelta(minutes=10)
_LOOKS: Final = timedelta(days=365)
_AGENT: Final = 200
_OWN_PATH: Final = re.compile(r"/(?!/)[!-\[\]-~]*")
"""A path on this site: browsers read a backslash as `/`, and `//` begins the address of another site."""


@get("/sign-in", opt={"open": True}, sync_to_thread=True)
def sign_in_page(
    visit: Visiting,
    to: FromQuery[str] = "/",
    by: FromQuery[str] = "",
    out: FromQuery[str] = "",
    typed: FromQuery[str] = "",
) -> Html:
    """The page on which one signs in; by a password, where that is only for emergencies, and out of the provider."""
    if visit.session is not None:
        return redirect(own_path(to))
    goodbye = Company(visit.shop).goodbye() if out == "company" else ""
    why = visit.say(f"typed_{typed}") if typed in {"kept", "lost"} else ""
    return door(visit, own_path(to), why, by_password=by == "password", goodbye=goodbye)


@post("/sign-in", opt={"open": True}, sync_to_thread=True)
def sign_in(request: Request[Any, Any, Any], visit: Visiting, data: Form) -> Html:
    """Sign in."""
    email, to = data.get("email", ""), own_path(data.get("to", "/"))
    account, address = email.strip().lower()[:_AGENT], address_of(request)
    with PASSWORDS.turns:  # who waits for one is asked anew: of many who come at once, most have failed by then
        if why := come_later(visit, PASSWORDS, account, address):
            return door(visit, to, why, email=email, status=429, by_password=True)
        token = visit.shop.people.sign_in(
            email, data.get("password", ""), agent=agent_of(request.headers), instead_of=visit.token
        )
        if token is None:
            PASSWORDS.fail(visit.shop.store, account, address)
            return door(visit, to, visit.say("sign_in_wrong"), email=email, status=401, by_password=True)
    return signed_in(visit, token, to)


def door(
    visit: Visit,
    to: str,
    why: str = "",
    *,
    email: str = "",
    status: int = 200,
    by_password: bool = False,
    goodbye: str = "",
) -> Html:
    """The page on which one signs in.

    Args:
        visit: Who comes.
        to: Where they want to go.
        why: Why they are still here.
        email: What they typed.
        status: Of HTTP.
        by_password: Ask for a password also where it is only for emergencies.
        goodbye: Where they sign out of the company's provider, too.
    """
    company = Company(visit.shop)
    return page(
        visit,
        "sign_in",
        visit.say("sign_in"),
        status=status,
        to=to,
        email=email,
        why=why,
        company=company,
        by_password=by_password or not company.only,
        goodbye=goodbye,
    )


def come_later(visit: Visit, attempts: Attempts, account: str, address: str) -> str:
    """What is said to who tried too often; empty: they may try.

    Args:
        visit: Who tries.
        attempts: How often it was tried before.
        account: As whom.
        address: From where.
    """
    seconds = attempts.wait(visit.shop.store, account, address)
    minutes = format_count(ceil(seconds / 60), visit.language)
    return str(visit.say("sign_in_later", minutes=minutes)) if seconds > 0 else ""


def address_of(request: Request[Any, Any, Any]) -> str:
    """From where somebody asks, as far as proxies are trusted."""
    return request.headers.get("x-resa-address") or "unknown"


@get("/sign-in/code", opt={"open": True}, sync_to_thread=True)
def code_page(request: Request[Any, Any, Any], visit: Visiting, to: FromQuery[str] = "/") -> Html:
    """The page on which who knew the password gives a code of the second factor."""
    if visit.shop.people.code_due(_half_way(request, visit)) is None:
        return redirect("/sign-in", to=own_path(to))
    return _code_door(visit, own_path(to))


@post("/sign-in/code", opt={"open": True}, sync_to_thread=True)
def code(request: Request[Any, Any, Any], visit: Visiting, data: Form) -> Html:
    """Sign in by a code."""
    people, half_way, to = visit.shop.people, _half_way(request, visit), own_path(data.get("to", "/"))
    person, address = people.code_due(half_way), address_of(request)
    if person is None:
        return redirect("/sign-in", to=to)
    with CODES.turns:
        if why := come_later(visit, CODES, person.email, address):
            return _code_door(visit, to, why, status=429)
        token = people.finish(half_way, data.get("code", ""), instead_of=visit.token)
        if token is None:
            CODES.fail(visit.shop.store, person.email, address)
            return _code_door(visit, to, visit.say("code_wrong"), status=401)
    answer = signed_in(visit, token, to)
    answer.set_cookie(cookie(cookie_name("code", secure=visit.secure), "", visit, timedelta()))
    return answer


def _half_way(request: Request[Any, Any, Any], visit: Visit) -> str:
    """What the password gave to who has a second factor."""
    return request.cookies.get(cookie_name("code", secure=visit.secure), "")


def _code_door(visit: Visit, to: str, why: str = "", *, status: int = 200) -> Html:
    return page(visit, "sign_in_code", visit.say("factor"), status=status, to=to, why=why)


@post("/sign-out", opt={"open": True}, sync_to_thread=True)
def sign_out(visit: Visiting, data: Form) -> Html:  # noqa: ARG001 - the form's token
    """Sign out."""
    if visit.session is not None:
        visit.shop.people.sign_out(visit.token)
    by_company = visit.session is not None and visit.session.issuer
    answer = redirect("/sign-in", out="company") if by_company else redirect("/sign-in")
    answer.set_cookie(cookie(cookie_name("session", secure=visit.secure), "", visit, timedelta()))
    return answer


@get("/welcome/{token:str}", opt={"open": True}, sync_to_thread=True)
def welcome_page(visit: Visiting, token: FromPath[str]) -> Html:
    """The page on which who was invited sets a password."""
    return _welcome(visit, visit.shop.people.invited(token))


@post("/welcome/{token:str}", opt={"open": True}, sync_to_thread=True)
def welcome(request: Request[Any, Any, Any], visit: Visiting, token: FromPath[str], data: Form) -> Html:
    """Set a password by an invitation, and be signed in."""
    people = visit.shop.people
    invited = people.invited(token)
    if invited is None:
        return _welcome(visit, None)
    try:
        password, agent = data.get("password", ""), agent_of(request.headers)
        session = people.accept(token, password, agent=agent, instead_of=visit.token)
    except ResaError as error:
        return _welcome(visit, invited, status=422, why=said_by(error))
    return signed_in(visit, session, "/")


def _welcome(visit: Visit, invited: Person | None, *, status: int = 200, why: str = "") -> Html:
    """How who was invited comes in: by a password of their own, by the company's provider, or as they like."""
    if invited is None:
        return page(visit, "welcome", visit.say("welcome_over"), status=410, invited=None, why="")
    return page(
        visit,
        "welcome",
        visit.say("welcome"),
        status=status,
        invited=invited,
        why=why,
        company=Company(visit.shop),
        by_password=visit.shop.people.may_use_password(invited),
    )


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


def signed_in(visit: Visit, token: str, to: str) -> Html:
    """Go on at a page with a session; where a code is due, it is asked for first."""
    if visit.shop.people.code_due(token) is not None:
        answer = redirect("/sign-in/code", to=to)
        answer.set_cookie(cookie(cookie_name("code", secure=visit.secure), token, visit, _CODE))
        return answer
    answer = redirect(to)
    answer.set_cookie(cookie(cookie_name("session", secure=visit.secure), token, visit, _SESSION))
    return answer


def cookie(name: str, value: str, visit: Visit, lives: timedelta) -> Cookie:
    """Something that a browser is to keep for us, and no script may read."""
    seconds = int(lives.total_seconds())
    return Cookie(key=name, value=value, max_age=seconds, secure=visit.secure, httponly=True, samesite="lax")


def agent_of(headers: Mapping[str, str]) -> str:
    """What a browser calls itself."""
    return headers.get("user-agent", "")[:_AGENT]


ROUTES: Final = (sign_in_page, sign_in, code_page, code, sign_out, welcome_page, welcome, look)
