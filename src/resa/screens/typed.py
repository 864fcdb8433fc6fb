"""What somebody typed who was signed out meanwhile: kept for an hour, and shown to them once they are back.

It is never carried out by itself. It is kept in memory alone, for the browser that sent it and the person whose page it
was typed on; passwords, codes and files are not kept at all, nor what manages people and keys, or takes data away.
"""

from __future__ import annotations

import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Any, Final

from litestar import Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import FromQuery
from litestar.status_codes import HTTP_303_SEE_OTHER
from litestar.types import Empty
from litestar.utils.scope.state import ScopeState

from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.rights import Right
from resa.screens.signing_in import Form, cookie, own_path
from resa.screens.visits import BY, Visit, cookie_name
from resa.screens.words import ENGLISH

__all__ = ["NEVER", "ROUTES", "Kept", "Typed", "carried_out", "led_away"]

_KEPT: Final = timedelta(hours=1)
_DOORS: Final = (b"/sign-in", b"/typed", b"/settings/account")
"""Where who sent a form is led before it can be taken."""

_MOST_LETTERS: Final = 2_000_000
_MOST_FORMS: Final = 3
_ALL_LETTERS: Final = 40_000_000

_OF_RIGHTS: Final[frozenset[Right]] = frozenset({"see", "write", "edit", "find", "decide"})
"""What was typed for one of these is kept; the rest is done with all of its page in view, or not at all."""

NEVER: Final = frozenset({"password", "old", "code", "secret", "token"})
"""Fields that are never kept."""

_OF_MACHINES: Final = re.compile(
    r"_.*|do|to|next|seen|back|at|after|by|touchpoint|stage|map|place|comment|note|view|session|link|message|recipient|part"
    r"|entry|section|step|source|shown|was\..*|has\..*|.*\.at"
)
"""Fields that nobody typed."""


@dataclass(frozen=True)
class Kept:
    """A form that was sent too late.

    Attributes:
        path: Where it was sent.
        by: Whose page it was typed on, as `Visit.by` says it.
        fields: All that it said, without what is never kept.
        until: When it is forgotten, by the clock of what keeps it.
    """

    path: str
    by: str
    fields: Mapping[str, str]
    until: float

    @property
    def letters(self) -> int:
        """How long it is."""
        return sum(len(name) + len(value) for name, value in self.fields.items())

    @property
    def words(self) -> dict[str, str]:
        """What a person may have typed of it."""
        said = {name: value for name, value in self.fields.items() if value.strip()}
        return {name: value for name, value in said.items() if not _OF_MACHINES.fullmatch(name)}


class Typed:
    """What was typed in vain, by the browser that sent it: the newest three forms of each person, all within bounds.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._kept: OrderedDict[str, list[Kept]] = OrderedDict()

    def keep(self, browser: str, path: str, by: str, fields: Mapping[str, str]) -> str | None:
        """Keep a form.

        Args:
            browser: What was given to this browser before; empty, or nothing that is known: nothing was.
            path: Where it was sent.
            by: Whose page it was typed on.
            fields: What it said.

        Returns:
            By what the browser gets it again; `None`: it is too long.
        """
        kept = Kept(path, by, {name: value for name, value in fields.items() if name not in NEVER}, self._until())
        if kept.letters > _MOST_LETTERS:
            return None
        with self._lock:
            self._forget_old()
            of_browser = self._kept.pop(browser, None)
            if of_browser is None:
                browser, of_browser = secrets.token_urlsafe(32), []
            mine, others = ([one for one in of_browser if (one.by == by) is own] for own in (True, False))
            self._kept[browser] = [*others, *mine[1 - _MOST_FORMS :], kept]
            while sum(one.letters for forms in self._kept.values() for one in forms) > _ALL_LETTERS:
                self._kept.popitem(last=False)
        return browser

    def of(self, browser: str, by: str) -> list[Kept]:
        """What one person typed in a browser, the newest first."""
        with self._lock:
            self._forget_old()
            return [one for one in reversed(self._kept.get(browser, [])) if by and one.by == by]

    def forget(self, browser: str, by: str) -> None:
        """Forget what one person typed in a browser."""
        with self._lock:
            if browser in self._kept:
                self._kept[browser] = [one for one in self._kept[browser] if one.by != by]

    def sent(self, browser: str, path: str, by: str, fields: Mapping[str, str]) -> None:
        """Forget a form that was sent again and carried out.

        Args:
            browser: What was given to this browser.
            path: Where it was sent, without a query.
            by: Whose page it was sent from.
            fields: What it said.
        """
        said = _plain(fields)
        with self._lock:
            if browser in self._kept:
                self._kept[browser] = [
                    one
                    for one in self._kept[browser]
                    if (one.path.partition("?")[0], one.by) != (path, by) or _plain(one.fields) != said
                ]

    def _until(self) -> float:
        return self._clock() + _KEPT.total_seconds()

    def _forget_old(self) -> None:
        now = self._clock()
        living = ((browser, [one for one in forms if one.until > now]) for browser, forms in self._kept.items())
        self._kept = OrderedDict((browser, forms) for browser, forms in living if forms)


_TYPED: Final = Typed()


def led_away(request: Request[Any, Any, Any], visit: Visit, *, door: bool) -> Html | None:
    """Lead away who sent a form that cannot be taken now, and keep what they typed.

    Args:
        request: What they sent, which came from a page of ours.
        visit: Who they are.
        door: Whether they have to sign in; else, to set up their second factor.

    Returns:
        The answer; `None`: they sent nothing that was typed.
    """
    opt = request.route_handler.opt
    if request.method != "POST" or opt.get("needs") not in _OF_RIGHTS or opt.get("before_factor"):
        return None
    state = ScopeState.from_scope(request.scope)
    form: Any = {} if state.form is Empty else state.form
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    by = fields.pop(BY, "") or request.query_params.get(BY, "")
    fields.pop("_csrf_token", None)
    texts_alone = all(isinstance(value, str) for value in form.values())
    if not Kept("", "", {name: value for name, value in fields.items() if name not in NEVER}, 0).words:
        return None
    path, browser = own_path(visit.path.partition(f"?{BY}=")[0]), None
    ours = texts_alone and visit.is_page_of_somebody(by)  # else strangers could have all be forgotten
    if ours and request.content_type[0] == RequestEncodingType.URL_ENCODED:
        browser = _TYPED.keep(_browser(request, visit), path, by, fields)
    if browser is None:
        return redirect("/sign-in", to=path, typed="lost") if door else redirect("/typed", typed="lost")
    answer = redirect("/sign-in", to="/typed", typed="kept") if door else redirect("/typed")
    answer.set_cookie(cookie(cookie_name("typed", secure=visit.secure), browser, visit, _KEPT))
    return answer


async def carried_out(message: Any, scope: Any) -> None:
    """Forget what was kept of a form that was sent again and carried out: its answer leads on.

    Args:
        message: What is about to be sent; where it only shows a form again, what was typed stays.
        scope: Of the request.
    """
    if message["type"] != "http.response.start" or scope["method"] != "POST" or message["status"] != HTTP_303_SEE_OTHER:
        return
    to = dict(message["headers"]).get(b"location", b"")
    request, form = Request[Any, Any, Any](scope), ScopeState.from_scope(scope).form
    secure = request.headers.get("x-resa-scheme") == "https"
    browser = request.cookies.get(cookie_name("typed", secure=secure), "")
    if to.startswith(_DOORS) or not browser or form is Empty:
        return
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    _TYPED.sent(browser, own_path(request.url.path), fields.get(BY) or str(request.query_params.get(BY, "")), fields)


def _plain(fields: Mapping[str, str]) -> dict[str, str]:
    """What was typed in a form, as browsers send it again."""
    typed = {name: value for name, value in fields.items() if name not in {BY, "_csrf_token", *NEVER}}
    return {name: "\n".join(value.splitlines()) for name, value in typed.items()}


@get("/typed", opt={"needs": "see", "before_factor": True}, sync_to_thread=False)
def typed_page(request: Request[Any, Any, Any], visit: Visiting, typed: FromQuery[str] = "") -> Html:
    """What who is back had typed, to be sent once more or thrown away."""
    forms = [
        {
            "path": one.path,
            "fields": one.fields,
            "words": [(_called(visit, name), value) for name, value in one.words.items()],
        }
        for one in _TYPED.of(_browser(request, visit), visit.by)
    ]
    factor_due = visit.person is not None and visit.factor_asked and not visit.person.has_factor
    return page(visit, "typed", visit.say("typed"), forms=forms, factor_due=factor_due, lost=typed == "lost")


@post("/typed", opt={"needs": "see", "before_factor": True}, sync_to_thread=False)
def forget_typed(request: Request[Any, Any, Any], visit: Visiting, data: Form) -> Html:  # noqa: ARG001 - its token
    """Throw away what who is back typed; of others at this browser nothing."""
    _TYPED.forget(_browser(request, visit), visit.by)
    return redirect("/")


def _called(visit: Visit, name: str) -> str:
    """What people call a field, as far as its parts have words; else as the form does."""
    parts = [part for part in name.split(".") if not part.isdecimal()]
    words = (next((word for word in (f"field_{part}", part) if word in ENGLISH), "") for part in parts)
    return " · ".join(visit.say(word) if word else part for part, word in zip(parts, words, strict=True))


def _browser(request: Request[Any, Any, Any], visit: Visit) -> str:
    """What a browser was given for what was typed in it."""
    return request.cookies.get(cookie_name("typed", secure=visit.secure), "")


ROUTES: Final = (typed_page, forget_typed)
