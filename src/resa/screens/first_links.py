"""The link of a start: by it the first person names themselves, or who runs a demo is signed in."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from resa.base.errors import ResaError
from resa.base.language import in_language, said_by
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.signing_in import PASSWORDS, Form, agent_of, signed_in
from resa.screens.tour import with_tour
from resa.screens.visits import Visit
from resa.workspace.first_links import FirstLink

__all__ = ["ROUTES"]

First = NamedDependency[FirstLink]
"""What is known of the link of this start."""


@get("/setup/{secret:str}", opt={"open": True}, sync_to_thread=True)
def setup_page(visit: Visiting, secret: FromPath[str], first_link: First) -> Html:
    """The page on which the first person names themselves; opening it changes nothing."""
    return _refused(visit, secret, first_link) or _page(visit)


@post("/setup/{secret:str}", opt={"open": True}, sync_to_thread=True)
def setup(
    request: Request[Any, Any, Any], visit: Visiting, secret: FromPath[str], first_link: First, data: Form
) -> Html:
    """Make the first person, and sign them in; of many who try at once, one is first."""
    email, name = data.get("email", ""), data.get("name", "")
    with PASSWORDS.turns:  # each password takes memory: of many who come at once, all but one are refused before that
        if (refused := _refused(visit, secret, first_link)) is not None:
            return refused
        try:
            token = visit.shop.people.begin(email, name, data.get("password", ""), agent=agent_of(request.headers))
        except ResaError as error:
            why = in_language(said_by(error), visit.language)
            return _refused(visit, secret, first_link) or _page(visit, status=422, email=email, name=name, why=why)
    return signed_in(visit, token, "/" if visit.shop.maps else "/start")


def _page(visit: Visit, *, status: int = 200, email: str = "", name: str = "", why: str = "") -> Html:
    return page(visit, "setup", visit.say("setup"), status=status, email=email, name=name, why=why, over="")


def _refused(visit: Visit, secret: str, first: FirstLink) -> Html | None:
    """What is said of a link that is wrong, or holds no more; `None`: it is good."""
    if not first.is_of("setup", secret):
        return page(visit, "trouble", visit.say("trouble"), status=404, words=visit.say("nothing_here"))
    if not first.over(visit.shop.clock()) and not visit.shop.people.anybody():
        return None
    over = visit.say("setup_how")
    return page(visit, "setup", visit.say("link_over"), status=410, email="", name="", why="", over=over)


@get("/demo/{token:str}", opt={"open": True}, sync_to_thread=True)
def demo(request: Request[Any, Any, Any], visit: Visiting, token: FromPath[str], first_link: First) -> Html:
    """Sign in who runs the demo, without a form: once, within an hour, and on the machine that shows it alone."""
    if not first_link.is_of("demo", token) or request.headers.get("x-resa-here") != "yes":
        return page(visit, "trouble", visit.say("trouble"), status=404, words=visit.say("nothing_here"))
    if visit.session is not None:  # the link was opened again, in the same browser
        return redirect("/")
    over = first_link.over(visit.shop.clock())
    session = None if over else visit.shop.people.enter(token, agent=agent_of(request.headers))
    if session is None:
        over_how = visit.say("demo_how")
        return page(visit, "setup", visit.say("link_over"), status=410, email="", name="", why="", over=over_how)
    return with_tour(signed_in(visit, session, "/"), visit)


ROUTES: Final = (setup_page, setup, demo)
