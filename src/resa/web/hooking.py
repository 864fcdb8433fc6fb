"""Webhooks of any system: who may send, what is kept; what it means is seen when it is consumed."""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import parse_qs

from resa.base.errors import InputError, WorkspaceError
from resa.base.language import NOTHING, Sentence, said_by, sentence
from resa.collector import HOOK, Hooks, HookShape, Source, hook_line
from resa.runtime import Intake
from resa.storage import ApiKey, Arrival
from resa.web.answers import DONE, LATER, Answer, later, problem
from resa.web.bodies import Held, Receive, read_body
from resa.web.pace import Pace
from resa.web.signatures import SignatureRefused, Signed, secrets_of, verified

__all__ = ["HookDesk", "keys_in", "unready"]

_NOTHING: Final = "there is nothing at this address"


class HookDesk:
    """Takes webhooks.

    Args:
        intake: Where they go.
        hooks: Sources that take them.
        pace: How often each source may be sent to.
    """

    def __init__(self, intake: Intake, hooks: Hooks, pace: Pace) -> None:
        self._intake = intake
        self._hooks = hooks
        self._pace = pace

    async def take(self, name: str, headers: Mapping[str, str], query: str, receive: Receive, held: Held) -> Answer:
        """Take one request of a hook.

        Args:
            name: Of the source, from the address.
            headers: By name in lower case.
            query: What stands behind `?`.
            receive: Gives the body.
            held: Bodies that are being read.

        Raises:
            BodyRefused: The body is too large or too slow.
            WorkspaceError: The secret is missing, or the disk did not take it.
        """
        intake, source = self._intake, self._hooks.get(name)
        hook = None if source is None else source.shape.hook
        if hook is None:
            wrong = name in self._hooks.wrong
            return problem(503, "the source file is wrong", headers=LATER) if wrong else problem(404, _NOTHING)
        if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            return problem(415, "send the body as it was signed, not packed")
        body = await read_body(receive, headers, held)
        received_at = intake.now()
        try:
            signed = _signed(intake, hook, name, headers, query, body, received_at / 1e6)
        except SignatureRefused as refused:
            return problem(401, refused.detail, headers=[(b"www-authenticate", b"Bearer")])
        if wait := await self._pace.refuses(name):
            return problem(429, "too much was sent in a minute", headers=later(wait), reason="rate_limited")
        return await self._store(name, received_at, body, signed)

    async def _store(self, name: str, received_at: int, body: bytes, signed: Signed) -> Answer:
        intake = self._intake
        try:
            line = hook_line(body, received_at, called=signed.id, event=signed.event, sent_at=signed.sent_at)
        except InputError as error:
            return problem(400, str(error.problems[0].message))
        if (why := intake.hindered()) is not None:
            return problem(429, why, headers=LATER, reason="no_room")
        await asyncio.wrap_future(intake.take(Arrival(name, received_at, HOOK, line)))
        return DONE


def _signed(
    intake: Intake, hook: HookShape, name: str, headers: Mapping[str, str], query: str, body: bytes, now: float
) -> Signed:
    """What the head says, if the request may come in: by its signature or, where there is none, by a key."""
    if hook.signature != "none":
        secrets = secrets_of(hook.signature, os.environ.get(hook.secret_env or "", ""))
        return verified(hook.signature, secrets, headers, body, now)
    given = [*keys_in(headers), *parse_qs(query).get("key", [])]
    if not any(intake.source_of(key) == name for key in given):
        raise SignatureRefused("the key of the source is missing or not good: ?key=… or Authorization: Bearer …")
    return Signed()


def unready(source: Source, environment: Mapping[str, str], keys: Iterable[ApiKey]) -> Sentence | None:
    """Why a hook can take nothing yet; `None`: it can."""
    hook = source.shape.hook
    if hook is None:
        return NOTHING
    if hook.signature == "none":
        if any(key.revoked_at is None and key.source_id == source.name for key in keys):
            return None
        return sentence("nobody has a key for it; make one: resa keys make {name}", name=source.name)
    name = hook.secret_env or ""
    if not environment.get(name, "").strip():
        return sentence("the environment variable {name} is not set", name=name)
    try:
        secrets_of(hook.signature, environment[name])
    except WorkspaceError as error:
        return said_by(error)
    return None


def keys_in(headers: Mapping[str, str]) -> Iterator[str]:
    """Keys that a head names: Basic `key:` or Bearer."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield value.strip()
    elif scheme.lower() == "basic":
        try:
            yield base64.b64decode(value.strip(), validate=True).decode("latin-1").partition(":")[0]
        except (binascii.Error, ValueError):
            return
