"""One's own account: another password, and a second factor with its recovery codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import segno
from litestar import Request, Response, get, post

from resa.base.errors import ResaError
from resa.base.language import in_language, said_by
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.signing_in import CODES, PASSWORDS, Form, address_of, come_later
from resa.screens.visits import Refused, Visit
from resa.workspace.company import Company
from resa.workspace.people import Person

__all__ = ["ROUTES"]

Got = TypeVar("Got", bool, list[str])

_OWN: Final[dict[str, Any]] = {"needs": "see", "before_factor": True}


@get("/settings/account", opt=_OWN, sync_to_thread=True)
def account(visit: Visiting) -> Html:
    """Change the password, and see whether there is a second factor."""
    return _page(visit)


@post("/settings/account", opt=_OWN, sync_to_thread=True)
def change_password(request: Request[Any, Any, Any], visit: Visiting, data: Form) -> Html:
    """Give oneself another password: the old one is asked for, and every other session ends."""
    person, address = _person(visit), address_of(request)
    with PASSWORDS.turns:
        if why := come_later(visit, PASSWORDS, person.email, address):
            return _page(visit, status=429, password_why=why)
        try:
            old, new = data.get("old", ""), data.get("password", "")
            if visit.shop.people.change_password(person, old, new, staying=visit.token):
                return redirect("/settings/account", saved="password_changed")
        except ResaError as error:
            return _page(visit, status=422, password_why=in_language(said_by(error), visit.language))
        PASSWORDS.fail(visit.shop.store, person.email, address)
    return _page(visit, status=401, password_why=visit.say("password_wrong"))


@get("/settings/account/factor", opt=_OWN, sync_to_thread=True)
def factor(visit: Visiting) -> Html:
    """The picture and the secret that an app is to read, and a code that confirms it did."""
    return _factor(visit)


@post("/settings/account/factor", opt=_OWN, sync_to_thread=True)
def confirm_factor(visit: Visiting, data: Form) -> Html:
    """Turn on what a code shows to be set up; the recovery codes are shown this once."""
    codes = visit.shop.people.confirm_factor(_person(visit), data.get("code", ""), staying=visit.token)
    return _factor(visit, status=422, why=visit.say("code_wrong")) if codes is None else _codes(visit, codes)


@post("/settings/account/factor/begin", opt=_OWN, sync_to_thread=True)
def begin_factor(request: Request[Any, Any, Any], visit: Visiting, data: Form) -> Html:
    """Begin a second factor; the password is asked for once more."""
    wrong = _wrong_password(request, visit, data)
    if wrong is None and not _person(visit).has_factor:
        visit.shop.people.propose_factor(_person(visit))
    return wrong or redirect("/settings/account/factor")


@post("/settings/account/factor/end", opt=_OWN, sync_to_thread=True)
def end_factor(request: Request[Any, Any, Any], visit: Visiting, data: Form) -> Html:
    """Turn the second factor off; password and a code are asked for once more."""
    if visit.factor_asked:
        return _page(visit, status=422, factor_why=visit.say("factor_needed"))
    if (wrong := _wrong_password(request, visit, data)) is not None:
        return wrong
    ended = _by_code(request, visit, lambda: visit.shop.people.end_factor(_person(visit), data.get("code", "")))
    return ended if isinstance(ended, Response) else redirect("/settings/account", saved="factor_off_done")


@post("/settings/account/recovery-codes", opt=_OWN, sync_to_thread=True)
def recovery_codes(request: Request[Any, Any, Any], visit: Visiting, data: Form) -> Html:
    """Have other recovery codes in the place of those of before; password and a code are asked for once more."""
    if (wrong := _wrong_password(request, visit, data)) is not None:
        return wrong
    made = _by_code(request, visit, lambda: visit.shop.people.new_recovery_codes(_person(visit), data.get("code", "")))
    return made if isinstance(made, Response) else _codes(visit, made)


def _by_code(request: Request[Any, Any, Any], visit: Visit, act: Callable[[], Got | None]) -> Got | Html:
    """Do what a code allows, as often as codes may be tried; what came of it, or what is said instead."""
    person, address = _person(visit), address_of(request)
    with CODES.turns:
        if why := come_later(visit, CODES, person.email, address):
            return _page(visit, status=429, factor_why=why)
        if got := act():
            return got
        CODES.fail(visit.shop.store, person.email, address)
    return _page(visit, status=401, factor_why=visit.say("code_wrong"))


def _person(visit: Visit) -> Person:
    if visit.person is None:  # the guard of the route lets nobody else in
        raise Refused(None)
    return visit.person


def _wrong_password(request: Request[Any, Any, Any], visit: Visit, data: dict[str, str]) -> Html | None:
    """What is said to who does not type the password again; `None`: it is right."""
    person, address = _person(visit), address_of(request)
    with PASSWORDS.turns:
        if why := come_later(visit, PASSWORDS, person.email, address):
            return _page(visit, status=429, factor_why=why)
        if visit.shop.people.proves(person, data.get("password", "")):
            return None
        PASSWORDS.fail(visit.shop.store, person.email, address)
    return _page(visit, status=401, factor_why=visit.say("password_wrong"))


def _page(visit: Visit, *, status: int = 200, password_why: str = "", factor_why: str = "") -> Html:
    return page(
        visit,
        "account",
        visit.say("account"),
        status=status,
        password_why=password_why,
        factor_why=factor_why,
        left=visit.shop.people.recovery_codes_left(_person(visit)),
        company=Company(visit.shop),
        by_password=_by_password(visit),
    )


def _by_password(visit: Visit) -> bool:
    """Whether a password is something to speak of: not of who has none because the company's provider lets them in."""
    person = _person(visit)
    return visit.shop.people.may_use_password(person) and (person.has_password or not person.has_company)


def _factor(visit: Visit, *, status: int = 200, why: str = "") -> Html:
    proposed = visit.shop.people.proposed_factor(_person(visit))
    if proposed is None:
        return redirect("/settings/account")
    picture = segno.make(proposed.uri, error="m").svg_inline(
        omitsize=True, dark="#000", light="#fff", svgclass=None, lineclass=None, title=visit.say("factor_picture")
    )
    title = visit.say("factor")
    return page(visit, "factor", title, status=status, why=why, picture=picture, secret=proposed.secret)


def _codes(visit: Visit, codes: list[str]) -> Html:
    return page(visit, "recovery_codes", visit.say("recovery"), codes=codes)


ROUTES: Final = (account, change_password, factor, confirm_factor, begin_factor, end_factor, recovery_codes)
