"""The frame of every page, and what goes with it: templates, the one style sheet, headers that guard readers."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files
from string import punctuation
from threading import Lock
from typing import Final
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.status_codes import HTTP_303_SEE_OTHER
from markupsafe import Markup

from resa.base.language import LANGUAGES, in_language
from resa.base.version import __version__
from resa.drawing import LATIN, font_css, tokens_css
from resa.model.journey import JourneyMap
from resa.model.quantities import in_words
from resa.screens.rights import Right
from resa.screens.tour_steps import step_of
from resa.screens.visits import COOKIES, Visit

__all__ = ["GUARDS", "Html", "Visiting", "icon_file", "page", "redirect", "script", "style_sheet"]

Html = Response[str]

Visiting = NamedDependency[Visit]
"""The visit that a route answers."""

NAVIGATION: Final[tuple[tuple[str, str, Right], ...]] = (
    ("/", "home", "see"),
    ("/map", "map", "see"),
    ("/explore", "explore", "see"),
    ("/customers", "customers", "find"),
    ("/segments", "segments", "see"),
    ("/reports", "reports", "see"),
    ("/live", "live", "sources"),
    ("/data-health", "health", "sources"),
    ("/settings", "settings", "see"),
)
"""The screens: address, word, and what one needs to open it."""

NAMES: Final = {"en": "English", "sv": "Svenska", "nb": "Norsk", "hu": "Magyar"}
"""Each language's name for itself."""

GUARDS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr "
    "'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
"""Of every answer. Pictures colour their shapes by the attribute `style`, which runs nothing; the script asks this very
server alone."""

_SHEET: Final = Lock()

_SAYS: Final = 60
"""Seconds within which a page says what was done, so that it says nothing old."""

_TURNING: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Characters that turn the direction of writing, also of what stands after them; letters turn by themselves."""


@lru_cache(maxsize=1)
def _templates() -> Environment:
    loader = PackageLoader("resa.screens", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def style_sheet() -> tuple[str, str]:
    """The name of the style sheet, which changes with it, and the sheet: font, colours, and how pages look."""
    with _SHEET:  # it takes a second: who comes meanwhile waits for it, and does not make another
        return _style_sheet()


@lru_cache(maxsize=1)
def _style_sheet() -> tuple[str, str]:
    sheet = "\n".join([font_css([LATIN]), tokens_css(), _static("screens.css")])
    return f"{hashlib.sha256(sheet.encode()).hexdigest()[:16]}.css", sheet


@lru_cache(maxsize=1)
def script() -> tuple[str, str]:
    """The name of the script, which changes with it, and the script: an ES module for who edits by keyboard."""
    source = _static("editing.js")
    return f"{hashlib.sha256(source.encode()).hexdigest()[:16]}.js", source


def icon_file() -> str:
    """What stands in a browser's tab, as SVG."""
    return _static("icon.svg")


def _static(name: str) -> str:
    return (files("resa.screens") / "static" / name).read_text(encoding="utf-8")


def _lang_of(visit: Visit, journey_map: JourneyMap) -> Markup:
    """The attribute of what people wrote in a map, where the page is in another language."""
    own = journey_map.written_in or journey_map.language
    return Markup() if own == visit.language else Markup(' lang="{}"').format(own)


def page(visit: Visit, template: str, title: str, *, status: int = 200, **values: object) -> Html:
    """A page in the frame. Text of people and of data is escaped.

    Args:
        visit: Who asks for it.
        template: Its name, without ending.
        title: What the page is about.
        status: Of HTTP.
        **values: What the template shows.
    """
    html = (
        _templates()
        .get_template(f"{template}.html.jinja")
        .render(
            values,
            visit=visit,
            say=visit.say,
            say_count=visit.say_count,
            spoken=lambda text: in_language(text, visit.language),
            span=lambda text: in_words(text, visit.language),
            lang_of=lambda journey_map: _lang_of(visit, journey_map),
            title=title,
            style=style_sheet()[0],
            script=script()[0],
            navigation=[(path, visit.say(word)) for path, word, right in NAVIGATION if visit.may(right)],
            here=_screen_of(visit.path),
            languages={key: NAMES[key] for key in LANGUAGES},
            version=__version__,
            tour=step_of(visit),
        )
    )
    # YAML's and JSON's escapes can name halves of a character: pairs are joined, a lone half becomes a sign for it.
    whole = html.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").translate(_TURNING)
    answer = Response(whole, status_code=status, media_type="text/html")
    if visit.saved:  # it is said once
        answer.delete_cookie(COOKIES["saved"])
    return answer


_BELONG: Final = {"edit": "map", "comments": "map", "owners": "map", "notes": "explore", "views": "explore"}
"""Pages without an own place in the navigation, and the screen that they belong to."""


def _screen_of(path: str) -> str:
    """The address of the screen that a page belongs to."""
    first = path.partition("?")[0].strip("/").partition("/")[0]
    return "/segments" if first.startswith("segment-") else f"/{_BELONG.get(first, first)}"


def redirect(path: str, *, fragment: str = "", saved: str = "", **query: str) -> Html:
    """Go on at another page of ours, and look at it anew.

    Args:
        path: Where to.
        fragment: Where on the page.
        saved: What was done, which the page then says: one of `SAVED`; empty: it says nothing.
        **query: What its address says.
    """
    asked, at = f"?{urlencode(query)}" if query else "", f"#{quote(fragment)}" if fragment else ""
    to = quote(path, safe=punctuation) + asked + at  # a header is ASCII; what is escaped already stays as it is
    answer = Response("", status_code=HTTP_303_SEE_OTHER, headers={"location": to}, media_type="text/plain")
    if saved:
        answer.set_cookie(Cookie(COOKIES["saved"], value=saved, max_age=_SAYS, httponly=True, samesite="lax"))
    return answer
