"""Working a thing out once for all who ask for it."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
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
        self._under_way: dict[tuple[Key, Hashable], Future[Value]] = {}
        self._waiting: Counter[tuple[Key, Hashable]] = Counter()
        self._renewing = ThreadPoolExecutor(1, thread_name_prefix="renewing")
        """One at a time: who waits for something that is not there yet comes first."""

    def get(self, key: Key, stamp: Hashable, make: Callable[[], Value], *, stale: float = 0.0) -> Value:
        """A value that holds, or held a moment ago.

        Args:
            key: What is asked for.
            stamp: Of what it is made.
            make: Works it out; where one is shown that holds no longer, in a thread of its own.
            stale: A value that held within so many seconds may be shown; meanwhile it is worked out anew.

        Raises:
            WorkspaceBusy: So many wait for it already that others would find no thread.
        """
        while True:
            with self._lock:
                known = self._found(key)
                now = time.monotonic()
                if known is not None and known.stamp == stamp:
                    known.held_at = now
                    return known.value
                place = (key, stamp)
                made = self._under_way.get(place)
                if known is not None and now - known.held_at < stale:
                    if made is None:
                        self._under_way[place] = Future()
                        self._renewing.submit(self._renew, place, self._under_way[place], make)
                    return known.value
                if made is None:
                    mine = self._under_way[place] = Future()
                elif self._most_waiting is not None and self._waiting[place] >= self._most_waiting:
                    raise WorkspaceBusy(sentence("this is being worked out; load the page again in a few seconds"))
                else:
                    self._waiting[place] += 1
            if made is None:
                return self._make(place, mine, make)
            try:
                return _waited(made)
            except NoLongerWanted:
                check_wanted()  # who worked it out went away: that is no reason for us
            finally:
                with self._lock:
                    self._waiting -= Counter({place: 1})

    def forget(self) -> None:
        """Work everything out anew when it is asked for."""
        with self._lock:
            self._kept.clear()

    def _found(self, key: Key) -> _Kept[Value] | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def _renew(self, place: tuple[Key, Hashable], mine: Future[Value], make: Callable[[], Value]) -> None:
        try:
            self._make(place, mine, make)
        except Exception:
            return

    def _make(self, place: tuple[Key, Hashable], mine: Future[Value], make: Callable[[], Value]) -> Value:
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                del self._under_way[place]
            mine.set_exception(error)
            raise
        key, stamp = place
        with self._lock:
            self._kept[key] = _Kept(value, stamp, time.monotonic())
            self._kept.move_to_end(key)
            del self._under_way[place]
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        mine.set_result(value)
        return value


def _waited(made: Future[Value]) -> Value:
    while True:
        try:
            return made.result(_LOOK_SECONDS)
        except TimeoutError:
            if made.done():  # what is worked out may itself have taken too long
                return made.result()
            check_wanted()
