"""Links and pixels: what following one is as an event, and what is answered."""

from __future__ import annotations

import uuid
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from resa.collector import BOT, COUNTED, Link
from resa.web.answers import Answer, encode

__all__ = ["MOST_SECONDS", "answer_of", "event_of"]

MOST_SECONDS: Final = 0.25
"""So long is a person kept who follows a link, while the event is written; it is written all the same."""

_PIXEL: Final = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A GIF of one transparent point."""

_PRIVATE: Final = ((b"cache-control", b"no-store"), (b"x-robots-tag", b"noindex, nofollow"))

_AHEAD: Final = ("purpose", "sec-purpose", "x-purpose", "x-moz")
"""Headers in which browsers and mail programs say that they fetch something before anybody asked for it."""


def event_of(link: Link, method: str, headers: Mapping[str, str], address: str | None) -> tuple[str, bytes]:
    """The call that is stored, and its kind.

    Args:
        link: What it says.
        method: By which it was followed.
        headers: By name in lower case.
        address: Of who follows it, as far as it is kept.

    What only looks (HEAD), or fetches ahead, or does not say what it is, is a bot; others are judged by their user
    agent, once the call becomes a row.
    """
    agent = headers.get("user-agent", "").strip()
    ahead = any(word in headers.get(name, "").lower() for name in _AHEAD for word in ("prefetch", "preview"))
    context: dict[str, Any] = {"userAgent": agent}
    if address is not None:
        context["ip"] = address
    if link.channel:
        context["channel"] = link.channel
    if method == "HEAD" or ahead or not agent:
        context["device"] = {"type": BOT}
    properties = {**link.properties, **({"to": link.to} if link.to else {})}
    call = {"messageId": uuid.uuid4().hex, "event": link.event, "properties": properties, "context": context}
    if link.user_id is None:
        return COUNTED, encode(call)
    return "track", encode({**call, "userId": link.user_id})


def answer_of(link: Link, method: str) -> Answer:
    """Where the link leads, or the pixel."""
    if link.to is not None:
        return Answer(302, b"", [(b"location", link.to.encode("ascii"))], _PRIVATE)
    picture = [(b"content-type", b"image/gif"), (b"cross-origin-resource-policy", b"cross-origin")]
    return Answer(200, _PIXEL if method == "GET" else b"", picture, _PRIVATE)
