"""A workspace while it is served: what arrives becomes events, and the index follows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import date
from typing import TYPE_CHECKING, Final

from resa.base.errors import InputError, ResaError, WorkspaceBusy
from resa.base.language import Sentence, as_it_is, said_by, sentence
from resa.collector import Hooks
from resa.runtime import Drained, Drainer, compact
from resa.storage import count_decisions, is_asked, lending
from resa.workspace.background import Background
from resa.workspace.consents import withholding_of
from resa.workspace.edits import Edits, SettingsEdits
from resa.workspace.expiring import expired_by
from resa.workspace.segments import following
from resa.workspace.telling.beside import TellingBeside

if TYPE_CHECKING:
    from resa.storage import Arrivals, Writer
    from resa.workspace.workspace import Workspace

__all__ = ["Live"]

_BATCH_SECONDS: Final = 0.25
_REFRESH_SHARE: Final = 0.5
"""So much of the time may go into bringing the index up to date: the larger it is, the less often."""

_COMPLETE_SECONDS: Final = 50.0
"""Where nothing arrives, it is still said so often that nothing was missed, and who is in which segment is counted."""

_RETRY_SECONDS: Final = 1.0

_EDITS_SECONDS: Final = 2.0
"""So often it is looked whether somebody edited the workspace's files."""

_MANY_FILES: Final = 100
"""So many new event files are joined: each batch writes one."""


class Live:
    """The one writer of a workspace, for as long as it is served.

    Args:
        shop: The workspace; nothing else may use it meanwhile.
        tell: Called with what the one who runs the server should know.
        tell_of_source: The same of sources that run by themselves; `None`: as `tell`.

    Attributes:
        hooks: Sources that take what any system sends.
        total: What the arrivals became so far.
        trouble: Why nothing can be stored at present; `None`: it can.
    """

    def __init__(
        self,
        shop: Workspace,
        tell: Callable[[Sentence], None],
        tell_of_source: Callable[[Sentence], None] | None = None,
    ) -> None:
        self._shop = shop
        self._tell = tell
        self._files = self._decisions = 0
        self._stale = True
        self._edits, self._looked = Edits(shop), time.monotonic()
        self._settings = SettingsEdits(shop)
        self._withholding = withholding_of(shop)
        self._expired: date | None = None
        self.hooks = Hooks(shop.folder)
        self.total = Drained()
        self.trouble: Sentence | None = None
        self._background = Background(shop.folder, shop.store, shop.settings, self.hooks, tell_of_source or tell)
        self._telling = TellingBeside(shop, tell_of_source or tell)

    def run(self, *, ready: Callable[[], None], stopped: Callable[[], bool]) -> None:
        """Make events of what arrives until it is told to stop and nothing waits.

        Args:
            ready: Called once it is the writer and the index is up to date: requests may come.
            stopped: Asked several times a second; once it says so, no more requests come.

        Raises:
            WorkspaceBusy: Another process writes, or took over.
            WorkspaceError: At its end the disk did not take what had arrived; it waits for the next start.
        """
        with lending(self._shop.store), closing(self._background), closing(self._telling):
            with self._shop.store.writing() as writer:
                self._decisions = self._shop.refresh(writer).decisions
                ready()
                asked = self._turn(writer, stopped)
            while asked:
                with self._after_others() as writer:
                    asked = self._turn(writer, stopped)

    @contextmanager
    def _after_others(self) -> Iterator[Writer]:
        """Become the writer again, as soon as whoever asked for a turn is done."""
        store = self._shop.store
        with ExitStack() as stack:
            while True:
                time.sleep(_BATCH_SECONDS)
                with suppress(WorkspaceBusy):
                    if not is_asked(store):
                        writer = stack.enter_context(store.writing())
                        break
            yield writer

    def _turn(self, writer: Writer, stopped: Callable[[], bool]) -> bool:
        """Be the writer until it is told to stop and nothing waits, or somebody asks for a turn: whether that is so."""
        store = self._shop.store
        with store.arrivals() as arrivals:
            follow = following(self._shop, writer)
            self._files = len(store.event_files())
            drainer = self._drainer(writer, arrivals)
            due = stated = time.monotonic()
            self._stale = not self._tried(lambda: follow() is None)
            while not stopped():
                if is_asked(store):
                    drainer.leave()
                    return True
                began = time.monotonic()
                self._store(drainer)
                self._telling.step()
                if self._edited(began):
                    drainer.leave()
                    drainer, follow = self._drainer(writer, arrivals), following(self._shop, writer)
                    self._stale = True
                self._stale |= self._decided() or began - stated > _COMPLETE_SECONDS
                if self._stale and began >= due and self._refresh(writer, drainer, follow):
                    stated, self._stale = began, False
                    due = began + (time.monotonic() - began) / _REFRESH_SHARE
                time.sleep(max(0.0, _BATCH_SECONDS - (time.monotonic() - began)))
            self._background.close()
            while self._step(drainer):
                pass
            drainer.close()
            self._shop.refresh(writer)
            follow()
            return False

    def _drainer(self, writer: Writer, arrivals: Arrivals) -> Drainer:
        with suppress(InputError):  # somebody is editing the files: what they said before holds
            self._withholding = withholding_of(self._shop)
        return Drainer(writer, arrivals, self.hooks, self._shop.settings.ip, self._withholding)

    def _step(self, drainer: Drainer) -> bool:
        done = drainer.drain()
        self.total.add(done)
        return done.arrivals > 0

    def _store(self, drainer: Drainer) -> None:
        """Store what arrived, then what a source brought that runs by itself, and take away what is too old."""

        def store() -> bool:
            self._stale |= self._step(drainer)
            self._stale |= self._background.step(drainer.storing)
            self._stale |= self._expire(drainer.writer)
            return True

        self._tried(store)

    def _expire(self, writer: Writer) -> bool:
        """Once a day take away what is too old; whether anything was."""
        today = self._shop.clock().date()
        if today == self._expired:
            return False

        taken = any(one.rows for one in expired_by(self._shop, writer) if one.kind != "audit")
        self._expired = today
        return taken

    def _edited(self, now: float) -> bool:
        """Whether somebody edited the workspace's files, and they can be used: then they are read anew."""
        if now - self._looked < _EDITS_SECONDS:
            return False
        self._looked = now
        if (wrong := self._settings.wrong()) is not None:
            self._tell(sentence("the settings stay as they were: {wrong}", wrong=wrong))
        if not self._edits.seen():
            return False
        if (wrong := self._edits.wrong()) is not None:
            self._tell(sentence("the edited files are not used yet: {wrong}", wrong=wrong))
            return False
        self._edits.take_up()
        self._tell(sentence("the edited files are used from now on"))
        return True

    def _decided(self) -> bool:
        """Whether people decided something on who is who that the index does not know."""
        return count_decisions(self._shop.store) != self._decisions

    def _refresh(self, writer: Writer, drainer: Drainer, follow: Callable[[], None]) -> bool:
        def refresh() -> bool:
            drainer.state_complete()
            self._decisions = self._shop.refresh(writer, soon=True).decisions
            follow()
            if len(self._shop.store.event_files()) > self._files + _MANY_FILES:
                compact(writer)
                self._files = len(self._shop.store.event_files())
            return True

        return self._tried(refresh)

    def _tried(self, step: Callable[[], bool]) -> bool:
        """Do a step; if the disk does not take it, it is done again: arrivals wait meanwhile, and none is lost."""
        try:
            done = step()
        except WorkspaceBusy:
            raise
        except (ResaError, OSError) as error:
            self._note(as_it_is(error.strerror or str(error)) if isinstance(error, OSError) else said_by(error))
            time.sleep(_RETRY_SECONDS)
            return False
        self._note(None)
        return done

    def _note(self, trouble: Sentence | None) -> None:
        """Tell of a trouble when it comes, and when it is gone."""
        if trouble is not None and self.trouble is None:
            self._tell(sentence("cannot store what arrived, which waits ({reason}); trying again", reason=trouble))
        elif trouble is None and self.trouble is not None:
            self._tell(sentence("what arrived is stored again"))
        self.trouble = trouble
