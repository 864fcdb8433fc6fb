"""Consents over HTTP: what a server of ours records with a key, and the page by which a customer confirms.

An answer of 200 says that it is on the disk. Programs that open links before people do (scanners, previews) only ever
ask with GET, which changes nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from resa.base.errors import InputError
from resa.base.language import in_language, sentence
from resa.consent import FILE
from resa.runtime import Intake
from resa.web.answers import LATER, Answer, encode, later, problem
from resa.web.bodies import Held, Receive, read_body
from resa.web.hooking import keys_in
from resa.web.pace import Pace

if TYPE_CHECKING:
    from resa.workspace import Workspace
    from resa.workspace.consents import Consents

__all__ = ["ConsentDesk"]

Found = TypeVar("Found")

_NOTHING: Final = "there is nothing at this address"


class _Identifier(msgspec.Struct):
    kind: str
    value: str


class _Said(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A request to record a consent."""

    identifier: _Identifier
    about: str
    what: str
    at: str | None = None
    wording: str | None = None
    source: str | None = None
    page: str | None = None
    message_id: str | None = None


_said: Final = msgspec.json.Decoder(_Said)


class ConsentDesk:
    """Records consents.

    Args:
        shop: The workspace; used by one thread of the desk's alone.
        intake: Knows keys, and whether the disk has room.
        pace: How often each key may record.
    """

    def __init__(self, shop: Workspace, intake: Intake, pace: Pace) -> None:
        self._shop = shop
        shop.audit.way = "http"
        self._intake = intake
        self._pace = pace
        self._thread = ThreadPoolExecutor(1, "consents")
        self._read: tuple[int, int] | None = None
        self._consents: Consents | None = None

    async def record(self, headers: Mapping[str, str], receive: Receive, held: Held) -> Answer:
        """Record one word of a customer, for who has a key for it.

        Raises:
            BodyRefused: The body is too large or too slow.
            WorkspaceError: The disk did not take it.
        """
        body = await read_body(receive, headers, held)
        by = next((name for key in keys_in(headers) if (name := self._intake.may_record(key)) is not None), None)
        if by is None:
            bearer = [(b"www-authenticate", b"Bearer")]
            return problem(401, "a key for consents is needed: Authorization: Bearer …", headers=bearer)
        if wait := self._pace.wait(by):
            return problem(429, "this key has sent too much in a minute", headers=later(wait), reason="rate_limited")
        try:
            said = _said.decode(body)
            at = None if said.at is None else _moment(said.at)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
            return problem(400, f"the body is not the JSON of a consent ({error})")
        if (why := self._intake.hindered()) is not None:
            return problem(429, why, headers=LATER, reason="no_room")
        return await self._done(lambda: self._recorded(said, at, by))

    async def show(self, token: str, method: str) -> Answer:
        """The page by which a customer confirms, or that there is nothing to confirm."""
        found = await self._done(lambda: self._page(token))
        return found if method == "GET" else Answer(found.status, b"", kind=found.kind, guards=found.guards)

    async def confirm(self, token: str, address: str | None) -> Answer:
        """Confirm, and say so.

        Raises:
            WorkspaceError: The disk did not take it.
        """
        if self._intake.hindered() is not None:
            return self._html(503, sentence("This cannot be kept just now. Please come again in a few minutes."))
        return await self._done(lambda: self._confirmed(token, address))

    async def _done(self, step: Callable[[], Found]) -> Found:
        """Do something in the one thread that uses the workspace."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, step)

    def _recorded(self, said: _Said, at: datetime | None, by: str) -> Answer:
        who = said.identifier.kind, said.identifier.value
        told = {"wording": said.wording, "source": said.source or by, "page": said.page, "message": said.message_id}
        try:
            consents = self._current()
            _, kept = consents.record(who, said.what, said.about, at=at, by=by, **told)
        except InputError as error:
            return problem(422, str(error.problems[0].message))
        answer: dict[str, Any] = {"success": True}
        if said.what == "asked" and kept.outcome == "stored":
            answer["confirm"] = f"/c/{consents.token(kept.number)}"
        return Answer(200, encode(answer), stored=True)

    def _current(self) -> Consents:
        """Consents by `consent.yaml` as it is now."""
        try:
            stat = (self._shop.folder / FILE).stat()
            now = stat.st_mtime_ns, stat.st_size
        except OSError:
            now = 0, 0
        if self._consents is None or now != self._read:
            self._consents, self._read = self._shop.consents, now
        return self._consents

    def _page(self, token: str) -> Answer:
        consents = self._current()
        found = consents.asked(token)
        if found is None or found.about not in consents.rules.all:
            return self._html(404, sentence("This link holds no more, or it was used already."))
        asked = consents.rules.all[found.about]
        text = asked.wordings.get(found.wording) or asked.about
        return self._html(
            200,
            sentence("Do you agree to “{name}”?", name=asked.name),
            text,
            sentence("If you did not ask for this, close the page: nothing happens."),
            button=sentence("Yes, I agree"),
        )

    def _confirmed(self, token: str, address: str | None) -> Answer:
        if self._current().confirm(token, address=address) is None:
            return self._html(404, sentence("This link holds no more, or it was used already."))
        thanks = sentence("Thank you. Your consent is recorded. You can withdraw it at any time.")
        return self._html(200, thanks, stored=True)

    def _html(self, status: int, heading: str, *texts: str, button: str = "", stored: bool = False) -> Answer:
        language = next((one.language for one in self._shop.maps.values()), self._shop.settings.language or "en")
        said = [escape(in_language(text, language)) for text in (heading, *texts) if text]
        parts = [f"<h1>{said[0]}</h1>", *(f"<p>{text}</p>" for text in said[1:])]
        if button:
            parts.append(f'<form method="post"><button>{escape(in_language(button, language))}</button></form>')
        page = (
            f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width"><title>{said[0]}</title>'
            f"<style>{_STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>"
        )
        reason = None if status < 400 else "not_found" if status == 404 else "no_room"
        headers = LATER if status == 503 else ()
        return Answer(status, page.encode(), headers, kind=_PAGE, guards=_GUARDS, reason=reason, stored=stored)


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("`at` names no time zone")
    return found


_STYLE: Final = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;margin:2rem;color:#1a1a1a;background:#fff}"
    "main{max-width:34rem;margin:auto}h1{font-size:1.5rem}"
    "button{font:inherit;padding:.7rem 1.4rem;border:0;background:#1a1a1a;color:#fff;border-radius:.4rem}"
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
