"""The one-time link by which the first key is made: who starts the server gives it to whoever sets it up.

Its secret is in the line that `resa serve` prints, and nowhere else: the process that takes requests is told a hash of
it, keeps that in memory alone, and forgets it with its end. So each start has another link.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from itertools import count
from typing import TYPE_CHECKING, Final

from resa.base.language import Sentence, sentence
from resa.runtime import Intake
from resa.web.answers import Answer
from resa.web.pages import LATER_WORDS, language_of, page, without_content

if TYPE_CHECKING:
    from resa.workspace import Workspace

__all__ = ["SETUP_SECONDS", "SetupDesk", "needs_setup", "new_setup"]

SETUP_SECONDS: Final = 3_600
"""So long does a link hold after the start."""

_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
_SECRET: Final = ("https://", "http://localhost", "http://127.0.0.1", "http://[::1]")
"""So begin the addresses that nobody on the way can listen to."""

_EVENT: Final = '{"event": "order_completed", "userId": "u1", "properties": {"total": 12.5}}'


def new_setup() -> tuple[str, str]:
    """A secret of 256 random bits for a link, and its hash, which is all that the server is told."""
    secret = secrets.token_urlsafe(32)
    return secret, _hash(secret)


def needs_setup(shop: Workspace) -> bool:
    """Whether nobody has a key to send events with: only then is there something to set up."""
    return not any(key.scope == "collect" and key.revoked_at is None for key in shop.keys.all())


class SetupDesk:
    """Makes the first key for who has the link; once, and within an hour of the start.

    Args:
        shop: The workspace, used by `thread` alone.
        intake: Knows the time, and whether the disk has room.
        thread: One thread; so of many who press the button at once, one is first.
        hashed: Of the secret, as `new_setup` gives it; empty: there is no link.
    """

    def __init__(self, shop: Workspace, intake: Intake, thread: Executor, hashed: str) -> None:
        self._shop = shop
        self._intake = intake
        self._thread = thread
        self._hashed = hashed
        self._until = intake.now() + SETUP_SECONDS * 1_000_000
        self._used = False

    async def show(self, secret: str, method: str) -> Answer:
        """The page with the button, which changes nothing; or that the link holds no more."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._thread, self._page, secret)
        return found if method == "GET" else without_content(found)

    async def use(self, secret: str, headers: Mapping[str, str], scheme: str) -> Answer:
        """Make the key, and show it this once with the lines to paste.

        Args:
            secret: As it stands in the address.
            headers: By name in lower case.
            scheme: `http` or `https`, as the caller sees it.

        Raises:
            WorkspaceError: The disk did not take it; the link holds still.
        """
        host = headers.get("host", "")
        address = f"{scheme}://{host if _HOST.fullmatch(host) else 'localhost'}"
        room = self._intake.hindered() is None
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._made, secret, address, room)

    def _page(self, secret: str) -> Answer:
        language = language_of(self._shop)
        if (refused := self._refused(secret, language)) is not None:
            return refused
        return page(
            200,
            language,
            sentence("Make the first key"),
            ("text", sentence("A key sends events of one source and reads nothing. It will be shown once.")),
            ("button", sentence("Make the key")),
        )

    def _made(self, secret: str, address: str, room: bool) -> Answer:
        language = language_of(self._shop)
        if (refused := self._refused(secret, language)) is not None:
            return refused
        if not room:
            return page(503, language, LATER_WORDS)
        taken = {key.name for key in self._shop.keys.all()}
        name = next(name for name in _names() if name not in taken)
        key = self._shop.keys.make(name, "web")
        self._used = True
        open_to_all = not address.startswith(_SECRET)
        return page(
            200,
            language,
            sentence("Your key"),
            ("copy", key),
            ("text", sentence("It is shown this once, and only its hash is stored. Keep it.")),
            ("text", _NO_TLS if open_to_all else ""),
            ("text", sentence("To measure a site, put this into its pages:")),
            ("copy", f'<script async src="{address}/resa.js" data-key="{key}"></script>'),
            ("text", sentence("To send an event from anything that speaks HTTP:")),
            ("copy", f"curl -u {key}: {address}/v1/track -d '{_EVENT}'"),
            ("text", sentence("To see what comes in, in the folder of the workspace:")),
            ("copy", "resa tail"),
            stored=True,
        )

    def _refused(self, secret: str, language: str) -> Answer | None:
        """What is said of a link that is wrong, or holds no more; `None`: it is good."""
        if not hmac.compare_digest(_hash(secret), self._hashed):
            return page(404, language, sentence("There is nothing at this address."))
        if not self._used and self._intake.now() < self._until and needs_setup(self._shop):
            return None
        hint = sentence("It holds once, for an hour after the start, and while nobody has a key.")
        how = sentence("Another key: resa keys make web. Another link: revoke all keys, and start anew.")
        return page(410, language, sentence("This link holds no more."), ("text", hint), ("text", how))


_NO_TLS: Final[Sentence] = sentence(
    "This address is not encrypted: who is on the way can read the key and the events. Put a proxy with TLS before it."
)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _names() -> Iterator[str]:
    yield "web"
    yield from (f"web-{n}" for n in count(2))
