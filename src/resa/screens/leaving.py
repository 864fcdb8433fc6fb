"""Readers who go away before their page is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from resa.base.wanted import Asker, asked_by

__all__ = ["LEFT", "leaving"]

LEFT: Final = 499
"""The status of an answer that nobody waits for, as other servers call it in their logs."""

_Receive = Callable[[], Awaitable[Any]]


@asynccontextmanager
async def leaving(receive: _Receive) -> AsyncIterator[_Receive]:
    """What is worked out in the block is wanted as long as the reader stays.

    Args:
        receive: What comes from the reader: of a request without a body, that they went away.

    Yields:
        What the application receives instead: that there is no body, and then the same.
    """
    asker, gone, begun = Asker(), asyncio.Event(), False

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        asker.leave()
        gone.set()

    async def nothing_more() -> Any:
        nonlocal begun
        if not begun:
            begun = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    watching = asyncio.create_task(watch())
    try:
        with asked_by(asker):
            yield nothing_more
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
