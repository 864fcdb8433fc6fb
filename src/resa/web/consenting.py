"""Consents over HTTP: what a server of ours records with a key, and the page by which a customer confirms.

An answer of 200 says that it is on the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from resa.base.errors import InputError
from resa.base.language import sentence
from resa.consent import FILE
from resa.runtime import Intake
from resa.web.answers import LATER, Answer, encode, later, problem
from resa.web.bodies import Held, Receive, read_body
from resa.web.hooking import keys_in
from resa.web.pace import Pace
from resa.web.pages import LATER_WORDS, language_of, page, without_content

if TYPE_CHECKING:
    from resa.workspace import Workspace
    from resa.workspace.consents import Consents

__all__ = ["ConsentDesk"]

Found = TypeVar("Found")

_GONE: Final = sentence("This link holds no more, or it was used already.")


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
        shop: The workspace, used by `thread` alone.
        intake: Knows keys, and whether the disk has room.
        pace: How often each key may record.
        thread: One thread.
    """

    def __init__(self, shop: Workspace, intake: Intake, pace: Pace, thread: Executor) -> None:
        self._shop = shop
        self._intake = intake
        self._pace = pace
        self._thread = thread
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
        return found if method == "GET" else without_content(found)

    async def confirm(self, token: str, address: str | None) -> Answer:
        """Confirm, and say so.

        Raises:
            WorkspaceError: The disk did not take it.
        """
        if self._intake.hindered() is not None:
            return await self._done(lambda: page(503, language_of(self._shop), LATER_WORDS))
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
        language = language_of(self._shop)
        if found is None or found.about not in consents.rules.all:
            return page(404, language, _GONE)
        asked = consents.rules.all[found.about]
        text = asked.wordings.get(found.wording) or asked.about
        return page(
            200,
            language,
            sentence("Do you agree to “{name}”?", name=asked.name),
            ("text", text),
            ("text", sentence("If you did not ask for this, close the page: nothing happens.")),
            ("button", sentence("Yes, I agree")),
        )

    def _confirmed(self, token: str, address: str | None) -> Answer:
        if self._current().confirm(token, address=address) is None:
            return page(404, language_of(self._shop), _GONE)
        thanks = sentence("Thank you. Your consent is recorded. You can withdraw it at any time.")
        return page(200, language_of(self._shop), thanks, stored=True)


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("`at` names no time zone")
    return found
