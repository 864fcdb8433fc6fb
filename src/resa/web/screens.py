"""The screens: a process of its own shows them, which the collector starts, and hands requests over to.

What measures and draws for people takes seconds of a processor now and then; beside it in one process, those who send
events would wait for that. If the process ends by itself, it is started again, and no event is lost meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from resa.web.answers import LATER, Scope, Send, problem
from resa.web.bodies import Held, Limits, Receive, passed_body, read_body

if TYPE_CHECKING:
    from httpx import AsyncClient

    from resa.web.callers import Caller

__all__ = ["KEEPING_MEMORY", "Screens"]

_START_SECONDS: Final = 20.0
_AGAIN_SECONDS: Final = 1.0
_LATER_SECONDS: Final = 60.0
"""Where it cannot start, because the workspace is gone for instance, it is tried seldomer and seldomer."""

_ANSWER_SECONDS: Final = 120.0
_LEFT: Final = 499
"""The status of an answer that nobody waits for, as other servers call it in their logs."""

_UPLOAD: Final = ("POST", "/start")
_LARGE: Final = Limits((100 << 20) + (1 << 20), 600.0)
"""Of a file, with what a form adds to it; the screens say the same."""

_LISTENING: Final = b"listening at port "

_OF_ONE_HOP: Final = frozenset(
    {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length"}
)
"""Headers that are about one connection, not about the request (RFC 9110, 7.6.1); a body is sent as it is read."""

_OURS: Final = "x-resa-"

KEEPING_MEMORY: Final = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "NUMPY_MADVISE_HUGEPAGE": "0",
}
"""Who measures takes and gives back hundreds of megabytes with each question. The C library hands them to the system
and asks for them again, which fills them with zeros first: that takes up to a third of all time. So what was taken
stays, up to a gigabyte that nobody uses, and in common pages: large ones are filled whole where a part is written to.
"""


class Screens:
    """The process that shows the screens of a workspace.

    Args:
        folder: The workspace.
        wanted: Start it at once: there is somebody who may sign in. Else it starts with the first who looks.
        first: What it is told of the link of this start, as `FirstLink` writes it.
        signed_in: Tells, by a header of cookies, whether somebody is; may take a moment.
    """

    def __init__(self, folder: Path, *, wanted: bool, first: str, signed_in: Callable[[str], bool]) -> None:
        self._command = [sys.executable, "-m", "resa.screens", str(folder)]
        self._secret = secrets.token_urlsafe(32)
        self._first = first
        self._signed_in = signed_in
        self._port: int | None = None
        self._client: AsyncClient | None = None
        self._wanted, self._listening = asyncio.Event(), asyncio.Event()
        if wanted:
            self._wanted.set()

    async def run(self) -> None:
        """Start it, and again whenever it has ended; cancel this to end both."""
        from httpx import AsyncClient, Limits  # noqa: PLC0415 - heavy; only a server that shows screens needs it

        # The client is one for all visitors: what it kept of one's cookies it would say for the next.
        none = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        limits = Limits(max_connections=256)
        async with AsyncClient(timeout=_ANSWER_SECONDS, limits=limits, cookies=none, trust_env=False) as client:
            self._client = client
            pause = _AGAIN_SECONDS
            while await self._wanted.wait():
                listened = False
                with suppress(OSError):  # too many files are open, for instance; that passes
                    listened = await self._once()
                pause = _AGAIN_SECONDS if listened else min(2 * pause, _LATER_SECONDS)
                await asyncio.sleep(pause)

    async def _once(self) -> bool:
        """Start it, and wait until it ends; whether it ever listened."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            process_group=0,
            env={**KEEPING_MEMORY, **os.environ},
        )
        try:
            if process.stdin is None or process.stdout is None:
                return False
            process.stdin.write(f"{self._secret}\n{self._first}\n".encode())
            line = await process.stdout.readline()
            if line.startswith(_LISTENING):
                self._port = int(line.removeprefix(_LISTENING))
                self._listening.set()
            await process.wait()
            return line.startswith(_LISTENING)
        finally:
            self._port = None
            self._listening.clear()
            with suppress(ProcessLookupError):
                process.kill()  # it writes in single transactions alone
            await process.wait()

    async def answer(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send, caller: Caller, held: Held
    ) -> int:
        """Hand a request over, and its answer back; the status.

        Raises:
            BodyRefused: The body is too large, or takes too long.
        """
        body = await self._body(scope, headers, receive, held)
        self._wanted.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._listening.wait(), _START_SECONDS)
        if self._client is None or self._port is None:
            return await _not_yet(send)
        kept = [(name, value) for name, value in headers.items() if name not in _OF_ONE_HOP and _OURS not in name]
        said = {"secret": self._secret, "scheme": caller.scheme, "address": str(caller.address or "")}
        said |= {"here": "yes"} if caller.here else {}
        sent = _as_bytes([*_plain(headers), *kept, *((_OURS + name, value) for name, value in said.items())])
        handed = self._handed_over(self._client, scope["method"], _address(self._port, scope), sent, body, send)
        if scope["method"] not in {"GET", "HEAD"}:  # what changes something goes on to its end
            return await handed
        return await _while_there(receive, handed)

    async def _handed_over(
        self,
        client: AsyncClient,
        method: str,
        address: str,
        headers: list[tuple[bytes, bytes]],
        body: bytes | AsyncIterator[bytes],
        send: Send,
    ) -> int:
        from httpx import HTTPError, InvalidURL  # noqa: PLC0415 - see above

        begun = False
        try:
            async with client.stream(method, address, headers=headers, content=body) as found:
                own = [pair for pair in found.headers.raw if pair[0].decode("latin-1").lower() not in _OF_ONE_HOP]
                begun = True
                await send({"type": "http.response.start", "status": found.status_code, "headers": own})
                async for part in found.aiter_raw():
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
                return found.status_code
        except HTTPError:
            if begun:  # half of a page is there: only a cut connection says that it is no whole one
                raise
            return await _not_yet(send)
        except InvalidURL:
            await problem(400, "there is no such address").send(send)
            return 400

    async def _body(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, held: Held
    ) -> bytes | AsyncIterator[bytes]:
        """The body, whole; of who is signed in and uploads a file, part by part, and larger."""
        if (scope["method"], scope["path"]) != _UPLOAD or "multipart/" not in headers.get("content-type", ""):
            return await read_body(receive, headers, held)
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(None, self._signed_in, headers.get("cookie", "")):
            return await read_body(receive, headers, held)
        return passed_body(receive, _LARGE)


async def _while_there(receive: Receive, handed: Coroutine[Any, Any, int]) -> int:
    """Go on as long as the visitor waits; the connection is cut when they go, so that the screens stop as well."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    answering, leaving = asyncio.create_task(handed), asyncio.create_task(gone())
    try:
        await asyncio.wait([answering, leaving], return_when=asyncio.FIRST_COMPLETED)
        return await answering if answering.done() else _LEFT
    finally:
        for task in (answering, leaving):
            task.cancel()
        await asyncio.gather(answering, leaving, return_exceptions=True)


def _as_bytes(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """As they came: cookies of others at the same address, for instance, may hold any letters."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _plain(headers: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """What the client would else add by itself, and the visitor did not say."""
    ours = {"accept": "*/*", "accept-encoding": "identity", "user-agent": ""}
    return ((name, value) for name, value in ours.items() if name not in headers)


def _address(port: int, scope: Scope) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    return f"http://127.0.0.1:{port}{quote(scope['path'])}" + (f"?{query}" if query else "")


async def _not_yet(send: Send) -> int:
    """The screens are starting."""
    await problem(503, "the screens are starting; come again in a few seconds", headers=LATER).send(send)
    return 503
