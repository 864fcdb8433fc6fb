"""Segment's HTTP API, as plain ASGI: a request is taken once it is on the disk.

Answers are those that Segment's clients understand: below 400 all is well; 400, 401 and 413 are given up; 429 and 5xx
are sent again. Nothing that was not stored is ever answered with 200, and nothing is dropped behind a 200.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from resa.base.addresses import kept_address
from resa.base.errors import InputError, ResaError
from resa.base.settings import Settings
from resa.collector import SEGMENT_CALLS, Hooks, Request, read_segment, segment_problems, with_address
from resa.runtime import Intake
from resa.storage import Arrival
from resa.web.answers import ALIVE, DONE, LATER, Answer, Scope, Send, encode, later, problem
from resa.web.bodies import BodyRefused, Held, Limits, Receive, read_body
from resa.web.callers import Callers
from resa.web.consenting import ConsentDesk
from resa.web.hooking import HookDesk, keys_in
from resa.web.linking import MOST_SECONDS, answer_of, event_of
from resa.web.metrics import Metrics
from resa.web.openapi import openapi
from resa.web.pace import Pace
from resa.web.screens import Screens
from resa.web.snippet import HEADERS, snippet

if TYPE_CHECKING:
    from resa.workspace import Workspace

__all__ = ["Collector"]

_PREFLIGHT: Final = [
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, Content-Encoding, X-Retry-Count, Prefer"),
    (b"access-control-max-age", b"86400"),
]


_WAYS: Final = {
    "c": "consent",
    "consents": "consent",
    "hooks": "hook",
    "l": "link",
    "p": "pixel",
    "v1": "segment",
}
"""What metrics call that which stands first in an address; the rest is `other`."""

_TAKEN: Final = {*_WAYS, "health", "metrics", "openapi.json", "ready", "resa.js"}
"""What stands first in the addresses that are answered here; screens have all others."""


class Collector:
    """An ASGI application that takes events.

    Args:
        intake: Takes the requests.
        hooks: Sources that take what any system sends.
        settings: Limits, proxies, and what is kept of addresses.
        shop: The workspace, where consents are recorded; `None`: they are not.
        screens: Who shows screens at all other addresses; `None`: there is nothing.
    """

    def __init__(
        self,
        intake: Intake,
        hooks: Hooks,
        settings: Settings,
        shop: Workspace | None = None,
        screens: Screens | None = None,
    ) -> None:
        self._screens = screens
        self.intake = intake
        self.metrics = Metrics(intake, hooks)
        self._settings = settings
        self._callers = Callers(settings)
        self._desk = HookDesk(intake, hooks, Pace(settings.requests_per_minute))
        self._pace = Pace(settings.requests_per_minute)
        self._consents: ConsentDesk | None = None
        if shop is not None:
            shop.audit.way = "http"
            thread = ThreadPoolExecutor(1, "workspace")
            self._consents = ConsentDesk(shop, intake, Pace(settings.requests_per_minute), thread)
        self._held = Held(Limits(settings.body_bytes, settings.body_seconds))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            began = time.perf_counter()
            parts = [part for part in scope["path"].split("/") if part]
            try:
                if self._screens is not None and (not parts or parts[0] not in _TAKEN):
                    await self._show(self._screens, scope, receive, send)
                    return
                answer = await self._answer(scope, parts, receive)
            except BodyRefused as refused:
                answer = problem(refused.status, refused.detail, headers=LATER if refused.status == 503 else ())
            except ResaError as error:
                answer = problem(503, str(error.message), headers=LATER)
            way = _WAYS.get(parts[0], "other") if len(parts) > 1 or parts == ["consents"] else "other"
            self.metrics.count(way, answer, time.perf_counter() - began)
            await answer.send(send)

    async def _answer(self, scope: Scope, parts: list[str], receive: Receive) -> Answer:
        method = scope["method"]
        headers = _headers(scope)
        match parts:
            case ["health" | "ready" | "metrics" | "openapi.json" as asked]:
                return self._state(asked, scope, headers)
            case ["v1", call] if call in SEGMENT_CALLS:
                return await self._call(SEGMENT_CALLS[call], scope, headers, receive)
            case ["hooks" | "c", _] | ["consents"]:
                return await self._at_desk(parts, scope, headers, receive)
            case ["resa.js"] | ["l" | "p", _]:
                return (
                    _script(method, headers)
                    if len(parts) == 1
                    else await self._link(parts[0], parts[1], scope, headers)
                )
            case ["v1", "projects", key, "settings"] if method == "GET":
                return self._settings_of(key, headers, self._callers.of(scope).scheme)
            case _:
                return problem(404, "there is nothing at this address")

    async def _show(self, screens: Screens, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        status = await screens.answer(scope, _headers(scope), receive, send, self._callers.of(scope), self._held)
        self.metrics.count("screen", Answer(status, b""), time.perf_counter() - began)

    def _state(self, asked: str, scope: Scope, headers: Mapping[str, str]) -> Answer:
        """How the server is doing: whether it lives and takes events, for anybody; numbers, for those who may."""
        if scope["method"] not in {"GET", "HEAD"}:
            return problem(405, "ask with GET", headers=[(b"allow", b"GET, HEAD")])
        if asked == "openapi.json":
            return Answer(200, encode(openapi()))
        if asked != "metrics":
            why = self.intake.unready() if asked == "ready" else None
            return ALIVE if why is None else problem(503, why, headers=LATER)
        if not self._callers.of(scope).here and not any(map(self.intake.may_watch, keys_in(headers))):
            bearer = [(b"www-authenticate", b"Bearer")]
            return problem(401, "only this machine, or who has a key for metrics, may read them", headers=bearer)
        text, kind = self.metrics.text()
        return Answer(200, text, kind=[(b"content-type", kind.encode()), (b"cache-control", b"no-store")])

    async def _call(self, kind: str, scope: Scope, headers: Mapping[str, str], receive: Receive) -> Answer:
        if scope["method"] == "OPTIONS":
            return Answer(204, b"", _PREFLIGHT)
        if scope["method"] != "POST":
            return problem(405, "send events with POST", headers=[(b"allow", b"POST, OPTIONS")])
        return await self._take(kind, self._address(scope), headers, receive)

    async def _at_desk(self, parts: list[str], scope: Scope, headers: Mapping[str, str], receive: Receive) -> Answer:
        """A webhook, or a consent."""
        if parts[0] == "hooks":
            return await self._hook(scope["method"], parts[1], headers, scope, receive)
        if self._consents is None:
            return problem(404, "there is nothing at this address")
        return await self._consent(self._consents, parts, scope, headers, receive)

    async def _hook(self, method: str, name: str, headers: Mapping[str, str], scope: Scope, receive: Receive) -> Answer:
        if method != "POST":
            return problem(405, "send events with POST", headers=[(b"allow", b"POST")])
        query = scope.get("query_string", b"").decode("latin-1")
        return await self._desk.take(name, headers, query, receive, self._held)

    async def _consent(
        self, desk: ConsentDesk, parts: list[str], scope: Scope, headers: Mapping[str, str], receive: Receive
    ) -> Answer:
        """Record a consent with a key, or ask and confirm by a link."""
        method = scope["method"]
        if parts == ["consents"]:
            if method != "POST":
                return problem(405, "record a consent with POST", headers=[(b"allow", b"POST")])
            return await desk.record(headers, receive, self._held)
        if method in {"GET", "HEAD"}:
            return await desk.show(parts[1], method)
        if method != "POST":
            return problem(405, "open the link with GET", headers=[(b"allow", b"GET, HEAD, POST")])
        await read_body(receive, headers, self._held)
        return await desk.confirm(parts[1], self._address(scope))

    def _address(self, scope: Scope) -> str | None:
        """What is kept of the address from which a request came."""
        return kept_address(str(self._callers.of(scope).address), self._settings.ip)

    async def _link(self, place: str, token: str, scope: Scope, headers: Mapping[str, str]) -> Answer:
        """A link or a pixel: the answer comes though nothing can be stored, and though the disk is slow."""
        method, stored = scope["method"], False
        found = self.intake.link(token if place == "l" else token.removesuffix(".gif"))
        if found is None or (found.to is None) != (place == "p"):
            return problem(404, "there is nothing at this address")
        if method not in {"GET", "HEAD"}:
            return problem(405, "follow the link with GET", headers=[(b"allow", b"GET, HEAD")])
        received_at = self.intake.now()
        with suppress(ResaError):
            if self.intake.hindered() is None:
                kind, content = event_of(found, method, headers, self._address(scope))
                taken = asyncio.wrap_future(self.intake.take(Arrival(found.source, received_at, kind, content)))
                taken.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody waits for it
                done, _ = await asyncio.wait([taken], timeout=MOST_SECONDS)
                stored = bool(done) and taken.exception() is None
        return replace(answer_of(found, method), stored=stored)

    async def _take(self, kind: str, address: str | None, headers: Mapping[str, str], receive: Receive) -> Answer:
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
        if wait := await self._pace.refuses(key):
            return problem(429, "this key has sent too much in a minute", headers=later(wait), reason="rate_limited")
        received_at = self.intake.now()
        if "handling=strict" in headers.get("prefer", "").replace(" ", ""):
            wrong = [
                {"index": place, "code": problem.reason, "path": problem.path, "message": str(problem.detail)}
                for place, problem in segment_problems(request, kind, received_at)
            ]
            if wrong:
                return problem(422, f"nothing was taken: {len(wrong)} of the calls cannot be", errors=wrong)
        if (why := self.intake.hindered()) is not None:
            return problem(429, why, headers=LATER, reason="no_room")
        content = content.replace(key.encode(), b"")  # who reads what is stored cannot send
        if self._settings.ip != "dropped":
            content = with_address(content, address)
        await asyncio.wrap_future(self.intake.take(Arrival(source, received_at, kind, content)))
        return DONE

    def _settings_of(self, key: str, headers: Mapping[str, str], scheme: str) -> Answer:
        """What Segment's browser library asks for first: that it is to send here and to nobody else."""
        if self.intake.source_of(key) is None:
            return problem(404, "there is nothing at this address")
        host = headers.get("host", "localhost")
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


def _headers(scope: Scope) -> dict[str, str]:
    """By name in lower case."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


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
