"""Bodies of requests: read to their end within a limit of size and time, unpacked within a limit of size."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["BodyRefused", "Held", "Limits", "Receive", "passed_body", "read_body", "unpacked"]

MOST_TOGETHER: Final = 128 << 20
"""Bytes of all bodies that are being read: whoever sends many at once, without a key too, takes no more memory."""

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_PACKED: Final[Mapping[str, int]] = {
    "gzip": 16 + zlib.MAX_WBITS,
    "x-gzip": 16 + zlib.MAX_WBITS,
    "deflate": zlib.MAX_WBITS,
}


class BodyRefused(Exception):
    """A body that cannot be taken.

    Attributes:
        status: Of the answer: 400, 408, 413, 415 or 503.
        detail: Why, for the sender.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True)
class Limits:
    """What a body may be.

    Attributes:
        size: Bytes, packed or not.
        seconds: So long may it take to come; who is slower keeps a place from others.
    """

    size: int
    seconds: float


@dataclass
class Held:
    """The bodies that are not whole yet.

    Attributes:
        limits: Of each.
        size: How many bytes of them are in memory.
    """

    limits: Limits
    size: int = 0


async def read_body(receive: Receive, headers: Mapping[str, str], held: Held) -> bytes:
    """The body, unpacked.

    Raises:
        BodyRefused: It is too large, too slow, or packed in a way that is not known; or too many come at once.
    """
    limits, length = held.limits, headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > limits.size:
        raise _too_large(limits.size)
    try:
        async with asyncio.timeout(limits.seconds):
            content = await _all_of(receive, held)
    except TimeoutError:
        raise BodyRefused(408, f"the body did not come within {limits.seconds:.0f} seconds") from None
    return unpacked(content, headers.get("content-encoding", ""), limits.size)


async def passed_body(receive: Receive, limits: Limits) -> AsyncIterator[bytes]:
    """A body part by part, as it comes: it is nowhere whole in memory.

    Raises:
        BodyRefused: It is too large, or too slow.
    """
    size = 0
    try:
        async with asyncio.timeout(limits.seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise BodyRefused(400, "the connection was closed before the body was whole")
                part = message.get("body", b"")
                size += len(part)
                if size > limits.size:
                    raise _too_large(limits.size)
                if part:
                    yield part
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        raise BodyRefused(408, f"the body did not come within {limits.seconds:.0f} seconds") from None


async def _all_of(receive: Receive, held: Held) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise BodyRefused(400, "the connection was closed before the body was whole")
            part = message.get("body", b"")
            parts.append(part)
            size += len(part)
            held.size += len(part)
            if size > held.limits.size:
                raise _too_large(held.limits.size)
            if held.size > MOST_TOGETHER:
                raise BodyRefused(503, "too much comes at once; send again later")
            if not message.get("more_body", False):
                return b"".join(parts)
    finally:
        held.size -= size


def unpacked(content: bytes, encoding: str, most: int) -> bytes:
    """The content of a body; one that grows beyond the limit is given up at the limit.

    Raises:
        BodyRefused: It is too large, or not packed as it says, or in a way that is not known.
    """
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return content
    if encoding not in _PACKED:
        raise BodyRefused(415, "the body is packed in an unknown way; send it plain or with gzip")
    unpacker = zlib.decompressobj(_PACKED[encoding])
    try:
        found = unpacker.decompress(content, most + 1)
    except zlib.error:
        raise BodyRefused(400, "the body is not packed as its Content-Encoding says") from None
    if len(found) > most:
        raise _too_large(most)
    if not unpacker.eof:
        raise BodyRefused(400, "the packed body ends too early")
    if unpacker.unused_data:
        raise BodyRefused(400, "something follows the packed body")
    return found


def _too_large(most: int) -> BodyRefused:
    return BodyRefused(413, f"the body is larger than {most:,} bytes; send fewer events at a time")
