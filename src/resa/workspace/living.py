"""A workspace while it is served: what arrives becomes events, and the index follows."""

from __future__ import annotations

import shutil
import time
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, Self

from resa.base.clock import to_microseconds
from resa.base.errors import WorkspaceBusy, WorkspaceError
from resa.base.language import Sentence, sentence
from resa.runtime import Drained, Drainer
from resa.storage import Arrivals, Store, collecting_keys, key_hash

if TYPE_CHECKING:
    from resa.storage import Writer
    from resa.workspace.workspace import Workspace

__all__ = ["Live"]

_BATCH_SECONDS: Final = 0.25
_REFRESH_SHARE: Final = 0.25
"""So much of the time may go into bringing the index up to date: the larger it is, the less often."""

_COMPLETE_SECONDS: Final = 60.0
"""Where nothing arrives, it is still said so often that nothing was missed."""

_SPARE_BYTES: Final = 256 << 20
"""With less room on the disk nothing more is taken."""

_MOST_WAITING: Final = 200_000
"""With more requests waiting nothing more is taken."""


class Live:
    """The one writer of a workspace, at work in a thread of its own. A context manager.

    Args:
        shop: The workspace; nothing else may use it meanwhile.

    Raises:
        WorkspaceBusy: Another process writes.
        WorkspaceError: The disk does not take anything.
    """

    def __init__(self, shop: Workspace) -> None:
        self._shop = shop
        self._keys_store = Store.open(shop.store.layout.root, clock=shop.clock)  # a store is for one thread at a time
        self._keys: dict[bytes, str] = {}
        self._version: int | None = None
        self.arrivals = Arrivals(shop.store.layout.arrivals)
        self.total = Drained()
        self.trouble: Sentence | None = None
        self.ended: WorkspaceError | None = None
        self._room = (0.0, True)
        self._stopping = Event()
        self._ready = Event()
        self._thread = Thread(target=self._run, name="live", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        self._ready.wait()
        if self.ended is not None:
            self._let_go()
            raise self.ended
        return self

    def __exit__(self, *_: object) -> None:
        """Make events of what has arrived, then end."""
        self._stopping.set()
        self._thread.join()
        self._let_go()

    def _let_go(self) -> None:
        self.arrivals.close()
        self._keys_store.close()

    # What the web asks, from its own thread.

    def now(self) -> int:
        """Microseconds since 1970."""
        return to_microseconds(self._shop.clock())

    def source_of(self, key: str) -> str | None:
        """Whose events a key sends; `None`: it is not good. A key that was revoked is not good from that moment on."""
        version = self._keys_store.version()
        if version != self._version:
            self._keys, self._version = dict(collecting_keys(self._keys_store)), version
        found = key_hash(key)
        return None if found is None else self._keys.get(found)

    def hindered(self) -> Sentence | None:
        """Why nothing can be taken at present."""
        if self.trouble is not None:
            return self.trouble
        checked, room = self._room
        if time.monotonic() - checked > 1:
            room = shutil.disk_usage(self._shop.store.layout.root).free > _SPARE_BYTES
            room = room and self.arrivals.count().arrivals < _MOST_WAITING
            self._room = (time.monotonic(), room)
        return None if room else sentence("the disk is nearly full, or too much waits; send again later")

    # The thread.

    def _run(self) -> None:
        try:
            with self._shop.store.writing() as writer:
                self._shop.refresh_by(writer)
                self._ready.set()
                self._work(writer)
        except WorkspaceError as error:
            self.ended = error
        finally:
            self._ready.set()

    def _work(self, writer: Writer) -> None:
        drainer = Drainer(writer, self.arrivals)
        stale, due, stated = False, 0.0, time.monotonic()
        while True:
            began = time.monotonic()
            last = self._stopping.is_set()
            try:
                done = drainer.drain()
                self.total.add(done)
                stale |= done.arrivals > 0 or began - stated > _COMPLETE_SECONDS
                if last and not self.arrivals.count().arrivals:
                    drainer.close()
                if stale and (began >= due or last):
                    drainer.state_complete()
                    self._shop.refresh_by(writer)
                    stated, stale = began, False
                    due = time.monotonic() + (time.monotonic() - began) * (1 / _REFRESH_SHARE - 1)
                self.trouble = None
            except WorkspaceBusy:
                raise
            except WorkspaceError as error:
                self.trouble = error.message
                self._stopping.wait(1.0)
            if last:
                return
            self._stopping.wait(max(0.0, _BATCH_SECONDS - (time.monotonic() - began)))
