"""Coming in by the company's OpenID provider: to it, and back from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from litestar import Request, get
from litestar.params import FromQuery

from resa.screens.attempts import Attempts
from resa.screens.frame import Html, Visiting, redirect
from resa.screens.signing_in import address_of, agent_of, come_later, cookie, door, own_path, signed_in
from resa.screens.visits import Visit, cookie_name
from resa.workspace.company import MINUTES, Company, TurnedAway
from resa.workspace.providers import ProviderTrouble

__all__ = ["ROUTES"]

_TRIES: Final = Attempts("company")
"""How often somebody came back from the provider with what opens nothing: each time the provider is asked."""

_KEPT: Final = timedelta(minutes=MINUTES)
_SAID: Final = frozenset(
    {"denied", "unknown", "ended", "other_subject", "unverified", "no_email", "no_group", "required"}
)
_ANEW: Final = frozenset({"not_begun", "state", "used"})
_DOWN: Final = frozenset({"provider_down"})
_SHOWN: Final = 12


@get("/sign-in/company", opt={"open": True}, sync_to_thread=True)
def to_company(request: Request[Any, Any, Any], visit: Visiting, to: FromQuery[str] = "/") -> Html:
    """Lead who asked for it on a page of ours to the provider; a link elsewhere signs nobody in."""
    company, way = Company(visit.shop), own_path(to)
    if not company.named or request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return redirect("/sign-in", to=way)
    try:
        begun = company.begin(way)
    except ProviderTrouble:
        return door(visit, way, why=_down(visit, company), status=503)
    answer = redirect(begun.address)
    answer.set_cookie(cookie(cookie_name("company", secure=visit.secure), begun.kept, visit, _KEPT))
    return answer


@get("/sign-in/company/back", opt={"open": True}, sync_to_thread=True)
def from_company(request: Request[Any, Any, Any], visit: Visiting) -> Html:
    """Come back from the provider, and be signed in."""
    company, address = Company(visit.shop), address_of(request)
    if not company.named:
        return redirect("/sign-in")
    kept = request.cookies.get(cookie_name("company", secure=visit.secure), "")
    if why := come_later(visit, _TRIES, kept[:_SHOWN], address):
        return door(visit, "/", why=why, status=429)
    said = {name: values[0] for name, values in request.query_params.dict().items() if len(values) == 1}
    try:
        entered = company.finish(said, kept, agent=agent_of(request.headers), instead_of=visit.token)
    except TurnedAway as turned:
        _TRIES.fail(visit.shop.store, kept[:_SHOWN], address)
        answer = _turned(visit, company, turned.why)
    else:
        answer = signed_in(visit, entered.token, own_path(entered.to))
    answer.set_cookie(cookie(cookie_name("company", secure=visit.secure), "", visit, timedelta()))
    return answer


def _turned(visit: Visit, company: Company, why: str) -> Html:
    visit = replace(visit, path="/sign-in")  # the address of now holds for nothing any more
    if why in _DOWN:
        return door(visit, "/", why=_down(visit, company), status=503)
    if why in _ANEW:
        return door(visit, "/", why=visit.say("company_begin_anew"), status=400)
    if why in _SAID:
        return door(visit, "/", why=visit.say(f"company_{why}", name=company.name), status=403)
    return door(visit, "/", why=visit.say("company_not_believed", name=company.name, why=why), status=403)


def _down(visit: Visit, company: Company) -> str:
    return str(visit.say("company_down" if company.only else "company_down_password", name=company.name))


ROUTES: Final = (to_company, from_company)
