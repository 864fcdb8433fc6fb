"""Pages that the server shows to people: a heading, a few words, at most one button; no script, and no other file.

A button sends its form to the address that the page has: programs that open links before people do (scanners,
previews) only ever ask with GET, which changes nothing.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING, Final, Literal

from resa.base.errors import InputError
from resa.base.language import in_language, sentence
from resa.web.answers import LATER, Answer

if TYPE_CHECKING:
    from resa.workspace import Workspace

__all__ = ["LATER_WORDS", "language_of", "page", "without_content"]

_BLOCKS: Final[Mapping[str, str]] = {
    "text": "<p>{}</p>",
    "copy": "<pre>{}</pre>",
    "button": '<form method="post"><button>{}</button></form>',
}

Block = tuple[Literal["text", "copy", "button"], str]
"""A paragraph, something to be copied whole, or the button; with its words, as plain text."""

LATER_WORDS: Final = sentence("This cannot be kept just now. Please come again in a few minutes.")
"""The heading of a page with the status 503."""

_REASONS: Final = {404: "not_found", 410: "gone", 503: "no_room"}


def language_of(shop: Workspace) -> str:
    """The language in which a workspace speaks to those who open its pages: that of its first map."""
    with suppress(InputError):  # a map that cannot be read hinders nobody here
        if (found := next((one.language for one in shop.maps.values()), None)) is not None:
            return found
    return shop.settings.language or "en"


def page(status: int, language: str, heading: str, *blocks: Block, stored: bool = False) -> Answer:
    """A page.

    Args:
        status: Of HTTP.
        language: Of its readers.
        heading: What it is about.
        blocks: What stands below it.
        stored: Whether something of the request is on the disk.
    """
    title = escape(in_language(heading, language))
    body = "".join(_BLOCKS[kind].format(escape(in_language(words, language))) for kind, words in blocks if words)
    content = (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    )
    headers = LATER if status == 503 else ()
    reason = _REASONS.get(status)
    return Answer(status, content.encode(), headers, kind=_PAGE, guards=_GUARDS, reason=reason, stored=stored)


def without_content(answer: Answer) -> Answer:
    """What HEAD gets of a page."""
    return Answer(answer.status, b"", answer.headers, answer.kind, answer.guards, answer.reason)


_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:1.1rem/1.5 system-ui,sans-serif;margin:2rem;color:#1a1a1a;background:#fff}"
    "main{max-width:38rem;margin:auto}h1{font-size:1.5rem}"
    "pre{font:.95rem/1.5 ui-monospace,monospace;margin:0;padding:.7rem 1rem;border-radius:.4rem;background:#efefef;"
    "white-space:pre-wrap;overflow-wrap:anywhere;user-select:all}"
    "button{font:inherit;padding:.7rem 1.4rem;border:0;background:#1a1a1a;color:#fff;border-radius:.4rem}"
    "@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#161616}pre{background:#2a2a2a}"
    "button{background:#e8e8e8;color:#161616}}"
)
_PAGE: Final = ((b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store"))
_GUARDS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'sha256-"
        + b64encode(hashlib.sha256(_STYLE.encode()).digest())
        + b"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex, nofollow"),
)
