"""The tour: five steps through the screens, for who sees them first; a cookie keeps where one is."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from litestar import post

from resa.screens.frame import Html, Visiting, redirect
from resa.screens.signing_in import Form, cookie, own_path
from resa.screens.tour_steps import STEPS, path_of
from resa.screens.visits import COOKIES, Visit

__all__ = ["ROUTES", "with_tour"]

_KEPT: Final = timedelta(days=1)


@post("/tour", opt={"needs": "see"}, sync_to_thread=False)
def tour(visit: Visiting, data: Form) -> Html:
    """Begin the tour, go on to a step of it, or leave it and stay on the page."""
    said = data.get("step", "")
    step = int(said) if said in {str(number + 1) for number in range(len(STEPS))} else 0
    if step:
        return with_tour(redirect(path_of(visit, step)), visit, step)
    answer = redirect(own_path(data.get("to", "/")))
    answer.delete_cookie(COOKIES["tour"])
    return answer


def with_tour(answer: Html, visit: Visit, step: int = 1) -> Html:
    """An answer after which the reader is at a step of the tour."""
    answer.set_cookie(cookie(COOKIES["tour"], str(step), visit, _KEPT))
    return answer


ROUTES: Final = (tour,)
