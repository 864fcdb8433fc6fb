"""Intake: taking requests, in a process that does nothing else, so that nothing else keeps a sender waiting."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import Future
from typing import Final

from resa.base.clock import to_microseconds
from resa.base.language import Sentence, sentence
from resa.collector import Link, read_link
from resa.storage import Arrival, Arrivals, Store, collecting_keys, key_hash, link_secret

__all__ = ["Intake"]

_SPARE_BYTES: Final = 256 << 20
"""With less room on the disk nothing more is taken: what makes events of arrivals needs some."""

_MOST_WAITING: Final = 100_000
"""With more requests waiting nothing more is taken."""

_EACH_SECONDS: Final = 0.5


class Intake:
    """Takes requests into a workspace; used by one thread.

    Args:
        store: Read for keys and for what is consumed.
        arrivals: Where requests go.
    """

    def __init__(self, store: Store, arrivals: Arrivals) -> None:
        self._store = store
        self._arrivals = arrivals
        self._keys: dict[bytes, str] = {}
        self._version: int | None = None
        self._secret: bytes | None = None
        self._looked = -_EACH_SECONDS
        self._hindered: Sentence | None = None
        self._forgetting: Future[None] = Future()
        self._forgetting.set_result(None)

    def now(self) -> int:
        """Microseconds since 1970."""
        return to_microseconds(self._store.clock())

    def source_of(self, key: str) -> str | None:
        """Whose events a key sends; `None`: it is not good. A key that was revoked is not good from that moment on."""
        version = self._store.version()
        if version != self._version:
            self._keys, self._version = dict(collecting_keys(self._store)), version
        found = key_hash(key)
        return None if found is None else self._keys.get(found)

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

    def look(self) -> None:
        """Twice a second: how much room there is, and what is consumed and may be forgotten."""
        if time.monotonic() - self._looked < _EACH_SECONDS:
            return
        self._looked = time.monotonic()
        consumed = self._store.consumed()  # all sources are consumed in the order of numbers
        waiting = self._arrivals.count(max(consumed.values(), default=0)).arrivals
        if consumed and self._forgetting.done():
            self._forgetting = self._arrivals.forget(consumed)
        room = shutil.disk_usage(self._store.layout.root).free > _SPARE_BYTES and waiting < _MOST_WAITING
        self._hindered = None if room else sentence("the disk is nearly full, or too much waits; send again later")
