"""What a request gets: the forms of answers, and how they are sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

import msgspec

__all__ = ["ALIVE", "DONE", "LATER", "Answer", "Scope", "Send", "encode", "later", "problem"]

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Scope = MutableMapping[str, Any]

encode: Final = msgspec.json.Encoder().encode

_OPEN: Final = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After, X-RateLimit-Reset"),
]
"""Any page may send events: a write key allows nothing else."""

_TITLES: Final[Mapping[int, str]] = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    503: "Service Unavailable",
}

_JSON: Final = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"), *_OPEN)


_GUARDS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)
"""Of every answer that is no page; whoever follows a link from here shows nobody where from."""


@dataclass(frozen=True)
class Answer:
    """What a request gets.

    Attributes:
        status: Of HTTP.
        content: The body.
        headers: Further ones.
        kind: What the content is, and whether and where it may be kept and used: JSON of this moment for any page,
            unless it is said.
        guards: What forbids browsers to do more with it than is meant.
        reason: Why it was refused: a word of ours; `None`: it was not.
        stored: Whether events of it are on the disk.
    """

    status: int
    content: bytes
    headers: Iterable[tuple[bytes, bytes]] = ()
    kind: Iterable[tuple[bytes, bytes]] = _JSON
    guards: Iterable[tuple[bytes, bytes]] = _GUARDS
    reason: str | None = None
    stored: bool = False

    async def send(self, send: Send) -> None:
        """Write it."""
        headers = [
            *self.kind,
            (b"content-length", str(len(self.content)).encode()),
            *self.guards,
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.content})


DONE: Final = Answer(200, encode({"success": True}), stored=True)
ALIVE: Final = Answer(200, encode({"status": "ok"}))


def later(seconds: float) -> list[tuple[bytes, bytes]]:
    """When to come again, as newer and older clients read it."""
    return [(name, str(max(1, ceil(seconds))).encode()) for name in (b"retry-after", b"x-ratelimit-reset")]


LATER: Final = later(5)
"""For who is refused for a reason that passes, nobody knows when."""


def problem(
    status: int,
    detail: str,
    *,
    headers: Iterable[tuple[bytes, bytes]] = (),
    reason: str | None = None,
    **more: Any,
) -> Answer:
    """An error: `code` and `message` for Segment's clients, the rest as RFC 9457 has it; `reason` is counted."""
    title, detail = _TITLES[status], str(detail)
    code = title.lower().replace(" ", "_")
    said = {"code": code, "message": detail, "type": "about:blank", "title": title, "status": status, "detail": detail}
    return Answer(status, encode({**said, **more}), headers, reason=reason or code)
