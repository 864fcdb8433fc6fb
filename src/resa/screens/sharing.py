"""What takes a moment to say, worked out once for all who look."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from datetime import datetime
from functools import cached_property, partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast

from resa.base.once import Once
from resa.storage import count_erasures, is_unfinished, list_day_notes
from resa.workspace import Workspace

if TYPE_CHECKING:
    from resa.analytics import Measure

__all__ = ["Kept", "Shared"]

_KEPT: Final = 256
_WAITING: Final = 8
"""So many wait for one answer at once; each of them holds a thread, of which all screens share some forty."""

_TIMES: Final = 10.0
_LONGEST: Final = 60.0
"""While events come in, readers see one generation for ten times what working things out of it took, and a minute at
most: so however many look, and however fast events come, a tenth of one processor at most goes into new numbers."""

_STALE: Final = 60.0
"""So long may be shown what was of the generation before, while it is worked out anew."""

Said = TypeVar("Said")


class Looked(NamedTuple):
    """What readers see.

    Attributes:
        data: The generation, and what has to be said of it.
        live: Whether events come in all the time.
        at: When it was the newest, UTC.
    """

    data: Hashable
    live: bool
    at: datetime


class Kept:
    """What was worked out for readers of a workspace, as its files are written now.

    While events come in all the time, all readers see the same generation, and it may be two minutes old; what came by
    files alone, they see at once.

    Args:
        shop: The workspace.
    """

    def __init__(self, shop: Workspace) -> None:
        self.said: Once[tuple[Hashable, ...], Any] = Once(_KEPT, waiting=_WAITING)
        self._shop = shop
        self._lock = Lock()
        self._seen: Looked | None = None
        self._since = self._spent = 0.0
        self._erased = 0

    @cached_property
    def measure(self) -> Measure:
        """Questions to the generation that readers see."""
        from resa.analytics import Measure  # noqa: PLC0415 - heavy; signing in does without it

        shop = self._shop
        measure = Measure(shop.store, shop.maps, clock=shop.clock, currencies=shop.currencies)
        measure.day_notes = partial(list_day_notes, shop.store)
        return measure

    def noted(self) -> Hashable:
        """What people wrote of days, which trends show: who writes such a note sees it at once."""
        return list_day_notes(self._shop.store)

    def look(self) -> Looked:
        """What readers see now."""
        with self._lock:
            now, seen, shop = time.monotonic(), self._seen, self._shop
            erased = count_erasures(shop.store)
            if erased != self._erased or is_unfinished(shop.store):  # who asked to be forgotten is, at once
                self._erased, self._seen, seen = erased, None, None
                self.said.forget()
            if seen is not None and seen.live and now - self._since < min(_TIMES * self._spent, _LONGEST):
                return seen
            at, notes = shop.clock(), shop.measure.notes  # and is brought up to date
            generation = shop.store.generation
            data = (generation, tuple(map(str, notes)))
            if seen is None or seen.data != data:
                self.measure.notes, self.measure.at_least = notes, generation
                self._spent = 0.0
            live = any(load.state == "running" and load.complete_until is not None for load in shop.store.loads())
            self._seen, self._since = Looked(data, live, at), now
            return self._seen

    def minute(self) -> Hashable:
        """The minute in which we live."""
        return self._shop.clock().replace(second=0, microsecond=0)

    def spend(self, seconds: float) -> None:
        """So long it took to work something out."""
        with self._lock:
            self._spent += seconds


class Shared:
    """What one reader shares with others: who looks next finds it there.

    Args:
        kept: What is kept of the workspace.
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    @property
    def measure(self) -> Measure:
        """Questions to the generation that readers see."""
        assert self._looked  # noqa: S101 - it is looked which one that is
        return self._kept.measure

    @property
    def at(self) -> datetime:
        """When what is told was the newest, UTC."""
        return self._looked.at

    def of(self, key: tuple[Hashable, ...], make: Callable[[], Said], *, by_time: bool = False) -> Said:
        """What is said under a key, which names everything that it depends on but the data.

        Args:
            key: What it is, of which map as it is written, in which language, for whose eyes.
            make: Works it out; it may be called in a thread of its own, after the one who asked has got an older one.

            by_time: It changes by itself as time goes on: it is made anew each minute.

        Raises:
            WorkspaceBusy: Many wait for it already.
        """

        def timed() -> Said:
            began = time.monotonic()
            try:
                return make()
            finally:
                self._kept.spend(time.monotonic() - began)

        stale = _STALE if self._looked.live else 0.0
        minute = self._kept.minute() if by_time else None
        return cast("Said", self._kept.said.get((*key, self._noted), (self._looked.data, minute), timed, stale=stale))

    @cached_property
    def _noted(self) -> Hashable:
        """The notes on days that are seen on the whole page."""
        return self._kept.noted()

    @cached_property
    def _looked(self) -> Looked:
        """What is seen on the whole page."""
        return self._kept.look()
