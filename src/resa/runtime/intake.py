"""Intake: taking requests, in a process that does nothing else, so that nothing else keeps a sender waiting."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import Future
from typing import Final

from resa.base.clock import to_microseconds
from resa.base.language import Sentence, sentence
from resa.base.settings import Settings
from resa.collector import Link, read_link
from resa.storage import (
    Arrival,
    Arrivals,
    Figures,
    Store,
    Waiting,
    collecting_keys,
    consenting_keys,
    hashes_of_keys,
    key_hash,
    link_secret,
    read_figures,
)

__all__ = ["Intake"]

_EACH_SECONDS: Final = 0.5


class Intake:
    """Takes requests into a workspace; used by one thread.

    Args:
        store: Read for keys and for what is consumed.
        arrivals: Where requests go.
        settings: How much may wait, and how long; how much room the disk needs; what is kept of addresses.
    """

    def __init__(self, store: Store, arrivals: Arrivals, settings: Settings) -> None:
        self._store = store
        self._arrivals = arrivals
        self._settings = settings
        self._keys: dict[bytes, str] = {}
        self._watching: frozenset[bytes] = frozenset()
        self._consenting: dict[bytes, str] = {}
        self._version: int | None = None
        self._secret: bytes | None = None
        self._looked = -_EACH_SECONDS
        self._hindered: Sentence | None = None
        self._waiting = Waiting(0, None)
        self._forgetting: Future[None] = Future()
        self._forgetting.set_result(None)

    def now(self) -> int:
        """Microseconds since 1970."""
        return to_microseconds(self._store.clock())

    def source_of(self, key: str) -> str | None:
        """Whose events a key sends; `None`: it is not good. A key that was revoked is not good from that moment on."""
        self._read_keys()
        found = key_hash(key)
        return None if found is None else self._keys.get(found)

    def may_watch(self, key: str) -> bool:
        """Whether a key may read how the server is doing."""
        self._read_keys()
        return key_hash(key) in self._watching

    def may_record(self, key: str) -> str | None:
        """The name of a key that records consents; `None`: it does not."""
        self._read_keys()
        found = key_hash(key)
        return None if found is None else self._consenting.get(found)

    def _read_keys(self) -> None:
        version = self._store.version()
        if version != self._version:
            self._keys, self._watching = dict(collecting_keys(self._store)), hashes_of_keys(self._store, "metrics")
            self._consenting = dict(consenting_keys(self._store))
            self._version = version

    def link(self, token: str) -> Link | None:
        """What a signed link or pixel says; `None`: this workspace did not make it."""
        if self._secret is None:
            self._secret = link_secret(self._store.layout)
        return None if self._secret is None else read_link(token, self._secret)

    def take(self, arrival: Arrival) -> Future[None]:
        """Store a request; see `Arrivals.append`."""
        return self._arrivals.append(arrival)

    def hindered(self) -> Sentence | None:
        """Why nothing can be taken at present."""
        self.look()
        return self._hindered

    def unready(self) -> Sentence | None:
        """Why it would be better to send elsewhere: nothing can be taken, or what was taken becomes no events."""
        if (why := self.hindered()) is not None:
            return why
        oldest = self._waiting.oldest
        if oldest is None or self.now() - oldest < self._settings.ready_seconds * 1_000_000:
            return None
        return sentence("what was accepted has waited too long to become events; it is kept")

    def waiting(self) -> Waiting:
        """What is accepted and not yet consumed."""
        self.look()
        return self._waiting

    def figures(self) -> Figures:
        """How the workspace is doing."""
        return read_figures(self._store)

    def look(self) -> None:
        """Twice a second: how much room there is, and what is consumed and may be forgotten."""
        if time.monotonic() - self._looked < _EACH_SECONDS:
            return
        self._looked = time.monotonic()
        consumed = self._store.consumed()  # all sources are consumed in the order of numbers
        self._waiting = self._arrivals.count(max(consumed.values(), default=0))
        if consumed and self._forgetting.done():
            self._forgetting = self._arrivals.forget(consumed)
        free = shutil.disk_usage(self._store.layout.root).free
        room = free >= self._settings.spare_bytes and self._waiting.arrivals < self._settings.waiting_requests
        self._hindered = None if room else sentence("the disk is nearly full, or too much waits; send again later")
