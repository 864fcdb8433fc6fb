"""Segment's HTTP API, as plain ASGI: a request is taken once it is on the disk.

Answers are those that Segment's clients understand: below 400 all is well; 400, 401 and 413 are given up; 429 and 5xx
are sent again. Nothing that was not stored is ever answered with 200, and nothing is dropped behind a 200.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from resa.base.errors import InputError, ResaError
from resa.collector import SEGMENT_CALLS, Hooks, Request, read_segment, segment_problems
from resa.runtime import Intake
from resa.storage import Arrival
from resa.web.answers import ALIVE, DONE, LATER, Answer, Scope, Send, encode, problem
from resa.web.bodies import BodyRefused, Held, Receive, read_body
from resa.web.hooking import keys_in, take_hook
from resa.web.linking import MOST_SECONDS, answer_of, event_of
from resa.web.snippet import HEADERS, snippet

__all__ = ["Collector"]

_PREFLIGHT: Final = [
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, Content-Encoding, X-Retry-Count, Prefer"),
    (b"access-control-max-age", b"86400"),
]


class Collector:
    """An ASGI application that takes events.

    Args:
        intake: Takes the requests.
        hooks: Sources that take what any system sends.
    """

    def __init__(self, intake: Intake, hooks: Hooks) -> None:
        self.intake = intake
        self.hooks = hooks
        self._held = Held()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            try:
                answer = await self._answer(scope, receive)
            except BodyRefused as refused:
                answer = problem(refused.status, refused.detail, headers=LATER if refused.status == 503 else ())
            except ResaError as error:
                answer = problem(503, str(error.message), headers=LATER)
            await answer.send(send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        method, parts = scope["method"], [part for part in scope["path"].split("/") if part]
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        match parts:
            case ["health" | "ready" as asked]:
                why = self.intake.hindered() if asked == "ready" else None
                return ALIVE if why is None else problem(503, why, headers=LATER)
            case ["v1", call] if call in SEGMENT_CALLS:
                return await self._call(method, SEGMENT_CALLS[call], headers, receive)
            case ["hooks", name]:
                return await self._hook(method, name, headers, scope, receive)
            case ["resa.js"] | ["l" | "p", _]:
                return (
                    _script(method, headers)
                    if len(parts) == 1
                    else await self._link(method, parts[0], parts[1], headers)
                )
            case ["v1", "projects", key, "settings"] if method == "GET":
                return self._settings(key, headers, scope.get("scheme", "https"))
            case _:
                return problem(404, "there is nothing at this address")

    async def _call(self, method: str, kind: str, headers: Mapping[str, str], receive: Receive) -> Answer:
        if method == "OPTIONS":
            return Answer(204, b"", _PREFLIGHT)
        if method != "POST":
            return problem(405, "send events with POST", headers=[(b"allow", b"POST, OPTIONS")])
        return await self._take(kind, headers, receive)

    async def _hook(self, method: str, name: str, headers: Mapping[str, str], scope: Scope, receive: Receive) -> Answer:
        if method != "POST":
            return problem(405, "send events with POST", headers=[(b"allow", b"POST")])
        query = scope.get("query_string", b"").decode("latin-1")
        return await take_hook(self.intake, self.hooks, name, headers, query, receive, self._held)

    async def _link(self, method: str, place: str, token: str, headers: Mapping[str, str]) -> Answer:
        """A link or a pixel: the answer comes though nothing can be stored, and though the disk is slow."""
        found = self.intake.link(token if place == "l" else token.removesuffix(".gif"))
        if found is None or (found.to is None) != (place == "p"):
            return problem(404, "there is nothing at this address")
        if method not in {"GET", "HEAD"}:
            return problem(405, "follow the link with GET", headers=[(b"allow", b"GET, HEAD")])
        received_at = self.intake.now()
        with suppress(ResaError):
            if self.intake.hindered() is None:
                kind, content = event_of(found, method, headers)
                taken = asyncio.wrap_future(self.intake.take(Arrival(found.source, received_at, kind, content)))
                taken.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody waits for it
                await asyncio.wait([taken], timeout=MOST_SECONDS)
        return answer_of(found, method)

    async def _take(self, kind: str, headers: Mapping[str, str], receive: Receive) -> Answer:
        content = await read_body(receive, headers, self._held)
        try:
            request = read_segment(content, kind)
        except InputError as error:
            return problem(400, str(error.problems[0].message))
        good = ((key, source) for key in _keys(headers, request) if (source := self.intake.source_of(key)) is not None)
        if (found := next(good, None)) is None:
            # Not Basic, which clients use: where it is offered, browsers may ask a page's visitors for a password.
            return problem(401, "the write key is missing or not good", headers=[(b"www-authenticate", b"Bearer")])
        key, source = found
        received_at = self.intake.now()
        if "handling=strict" in headers.get("prefer", "").replace(" ", ""):
            wrong = [
                {"index": place, "code": problem.reason, "path": problem.path, "message": str(problem.detail)}
                for place, problem in segment_problems(request, kind, received_at)
            ]
            if wrong:
                return problem(422, f"nothing was taken: {len(wrong)} of the calls cannot be", errors=wrong)
        if (why := self.intake.hindered()) is not None:
            return problem(429, why, headers=LATER)
        content = content.replace(key.encode(), b"")  # who reads what is stored cannot send
        await asyncio.wrap_future(self.intake.take(Arrival(source, received_at, kind, content)))
        return DONE

    def _settings(self, key: str, headers: Mapping[str, str], scheme: str) -> Answer:
        """What Segment's browser library asks for first: that it is to send here and to nobody else."""
        if self.intake.source_of(key) is None:
            return problem(404, "there is nothing at this address")
        host = headers.get("host", "localhost")
        if headers.get("x-forwarded-proto") == "https":  # TLS ends before us; it concerns who says so, and nobody else
            scheme = "https"
        ours = {"apiKey": key, "unbundledIntegrations": [], "addBundledMetadata": True, "type": "browser"}
        ours |= {
            "apiHost": f"{host}/v1",
            "protocol": scheme,
            "maybeBundledConfigIds": {},
            "versionSettings": {"version": "4.4.7"},
        }
        plan = {"track": {"__default": {"enabled": True, "integrations": {}}}}
        settings = {
            "integrations": {"Segment.io": ours},
            "plan": {**plan, "identify": {"__default": {"enabled": True}}, "group": {"__default": {"enabled": True}}},
            "edgeFunction": {},
            "analyticsNextEnabled": True,
            "middlewareSettings": {},
            "enabledMiddleware": {},
            "metrics": {"sampleRate": 0},
            "remotePlugins": [],
        }
        return Answer(200, encode(settings))


def _script(method: str, headers: Mapping[str, str]) -> Answer:
    """What measures a page."""
    if method not in {"GET", "HEAD"}:
        return problem(405, "read the script with GET", headers=[(b"allow", b"GET, HEAD")])
    found = snippet()
    tag = [(b"etag", found.tag)]
    if found.known(headers):
        return Answer(304, b"", tag, HEADERS)
    content, form = found.form(headers)
    return Answer(200, content if method == "GET" else b"", [*tag, *form], HEADERS)


def _keys(headers: Mapping[str, str], request: Request) -> Iterable[str]:
    """Keys that a request names, in its body and its head."""
    if request.write_key:
        yield request.write_key
    yield from keys_in(headers)


async def _live(receive: Receive, send: Send) -> None:
    """The server's start and end: nothing to do at either."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
