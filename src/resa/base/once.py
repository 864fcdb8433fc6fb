"""Working a thing out once for all who ask for it."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock, local
from typing import Final, Generic, TypeVar

from resa.base.errors import WorkspaceBusy
from resa.base.language import sentence
from resa.base.wanted import NoLongerWanted, check_wanted

__all__ = ["Once"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

_LOOK_SECONDS: Final = 0.2
"""So often who waits looks whether anybody waits for them."""


@dataclass
class _Kept(Generic[Value]):
    """What was worked out.

    Attributes:
        value: What came of it.
        stamp: Of what it was made, such as the number of a generation: with another one, it holds no longer.
        held_at: When it was last seen to hold, by a clock that only goes on.
    """

    value: Value
    stamp: Hashable
    held_at: float


@dataclass(eq=False)
class _Making(Generic[Value]):
    """What is being worked out.

    Attributes:
        queued: Nobody has begun: it waits behind others to be renewed.
        made: What comes of it.
    """

    queued: bool = False
    made: Future[Value] = field(default_factory=Future)


class Once(Generic[Key, Value]):
    """Values by key, each worked out by who asks first; who asks for the same meanwhile waits for that one.

    Safe to be asked by several threads at once.

    Args:
        most: So many are kept, those that were asked for last.
        waiting: So many wait for one value at a time; each of them holds a thread.
    """

    def __init__(self, most: int, *, waiting: int | None = None) -> None:
        self._most = most
        self._most_waiting = waiting
        self._lock = Lock()
        self._kept: OrderedDict[Key, _Kept[Value]] = OrderedDict()
        self._under_way: dict[tuple[Key, Hashable], _Making[Value]] = {}
        self._waiting: Counter[tuple[Key, Hashable]] = Counter()
        self._inside = local()
        self._renewing = ThreadPoolExecutor(1, thread_name_prefix="renewing")
        """One at a time: who waits for something that is not there yet comes first."""

    def get(self, key: Key, stamp: Hashable, make: Callable[[], Value], *, stale: float = 0.0) -> Value:
        """A value that holds, or held a moment ago.

        Args:
            key: What is asked for.
            stamp: Of what it is made.
            make: Works it out; where one is shown that holds no longer, in a thread of its own.
            stale: A value that held within so many seconds may be shown; meanwhile it is worked out anew. Not in what
                is being worked out itself: that would be kept as if it held.

        Raises:
            WorkspaceBusy: So many wait for it already that others would find no thread.
        """
        if getattr(self._inside, "making", False):
            stale = 0.0
        while True:
            with self._lock:
                known = self._found(key)
                now = time.monotonic()
                if known is not None and known.stamp == stamp:
                    known.held_at = now
                    return known.value
                place = (key, stamp)
                making = self._under_way.get(place)
                if known is not None and now - known.held_at < stale:
                    if making is None:
                        making = self._under_way[place] = _Making(queued=True)
                        self._renewing.submit(self._renew, place, making, make)
                    return known.value
                if mine := making is None or making.queued:  # whoever has to wait for it does not wait behind others
                    making = self._under_way[place] = making or _Making()
                    making.queued = False
                elif self._most_waiting is not None and self._waiting[place] >= self._most_waiting:
                    raise WorkspaceBusy(sentence("this is being worked out; load the page again in a few seconds"))
                else:
                    self._waiting[place] += 1
            if mine:
                return self._make(place, making, make)
            try:
                return _waited(making.made)
            except NoLongerWanted:
                check_wanted()  # who worked it out went away: that is no reason for us
            finally:
                with self._lock:
                    self._waiting -= Counter({place: 1})

    def forget(self) -> None:
        """Work everything out anew when it is asked for, also what is being worked out now."""
        with self._lock:
            self._kept.clear()
            self._under_way.clear()

    def _found(self, key: Key) -> _Kept[Value] | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def _renew(self, place: tuple[Key, Hashable], making: _Making[Value], make: Callable[[], Value]) -> None:
        with self._lock:
            if not making.queued or self._under_way.get(place) is not making:  # somebody began, or it is forgotten
                return
            making.queued = False
        try:
            self._make(place, making, make)
        except Exception:
            return

    def _make(self, place: tuple[Key, Hashable], making: _Making[Value], make: Callable[[], Value]) -> Value:
        before, self._inside.making = getattr(self._inside, "making", False), True
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                self._end(place, making)
            making.made.set_exception(error)
            raise
        finally:
            self._inside.making = before
        key, stamp = place
        with self._lock:
            if self._end(place, making):
                self._kept[key] = _Kept(value, stamp, time.monotonic())
                self._kept.move_to_end(key)
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        making.made.set_result(value)
        return value

    def _end(self, place: tuple[Key, Hashable], making: _Making[Value]) -> bool:
        """It is no longer under way; whether it was not forgotten meanwhile."""
        if self._under_way.get(place) is not making:
            return False
        del self._under_way[place]
        return True


def _waited(made: Future[Value]) -> Value:
    while True:
        try:
            return made.result(_LOOK_SECONDS)
        except TimeoutError:
            if made.done():  # what is worked out may itself have taken too long
                return made.result()
            check_wanted()
