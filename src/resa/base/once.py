"""Working a thing out once for all who ask for it."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Final, Generic, TypeVar

from resa.base.errors import WorkspaceBusy
from resa.base.language import sentence
from resa.base.wanted import NoLongerWanted, check_wanted

__all__ = ["Once", "patience"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

_LOOK_SECONDS: Final = 0.2
"""So often who waits looks whether anybody waits for them."""

_TIMES: Final = 20.0
_LONGEST: Final = 60.0


def patience(took: float) -> float:
    """For how long a thing may still be shown that holds no longer: twenty times what it took, a minute at most.

    So however many look, and however fast new events come, a twentieth of one processor at most goes into each view.

    Args:
        took: To work it out, seconds.

    Returns:
        Seconds from when working it out began.
    """
    return min(_TIMES * took, _LONGEST)


@dataclass(frozen=True)
class _Kept(Generic[Value]):
    """What was worked out.

    Attributes:
        value: What came of it.
        stamp: Of what it was made, such as the number of a generation: with another one, it holds no longer.
        began: When working it out began, by a clock that only goes on.
        patience: For how long it may be shown, though it holds no longer.
    """

    value: Value
    stamp: Hashable
    began: float
    patience: float


class Once(Generic[Key, Value]):
    """Values by key, each worked out by who asks first; who asks for the same meanwhile waits for that one.

    Safe to be asked by several threads at once.

    Args:
        most: So many are kept, those that were asked for last.
        waiting: So many wait for one value at a time; each of them holds a thread.
        patience: For how long a value may be shown that holds no longer, by how long it took; see `patience`.
    """

    def __init__(self, most: int, *, waiting: int | None = None, patience: Callable[[float], float] = patience) -> None:
        self._most = most
        self._most_waiting = waiting
        self._patience = patience
        self._lock = Lock()
        self._kept: OrderedDict[Key, _Kept[Value]] = OrderedDict()
        self._under_way: dict[tuple[Key, Hashable], Future[Value]] = {}
        self._waiting: Counter[tuple[Key, Hashable]] = Counter()

    def exactly(self, key: Key, stamp: Hashable, make: Callable[[], Value]) -> Value:
        """A value that holds now.

        Args:
            key: What is asked for.
            stamp: Of what it is made.
            make: Works it out.

        Raises:
            WorkspaceBusy: So many wait for it already that others would find no thread.
        """
        while True:
            with self._lock:
                known = self._found(key)
                if known is not None and known.stamp == stamp:
                    return known.value
                place = (key, stamp)
                made = self._under_way.get(place)
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

    def lately(self, key: Key, stamp: Callable[[], Hashable], make: Callable[[], Value]) -> Value:
        """A value that holds now, or held a moment ago; see `patience`.

        Who asks in the second half of that moment is the cause that it is worked out anew, and does not wait for it.

        Args:
            key: What is asked for.
            stamp: Tells of what it would be made now; asked only where that matters.
            make: Works it out; it may be called in a thread of its own.

        Raises:
            WorkspaceBusy: So many wait for it already that others would find no thread.
        """
        with self._lock:
            known = self._found(key)
        age = 0.0 if known is None else time.monotonic() - known.began
        if known is not None and age < known.patience / 2:
            return known.value
        now = stamp()
        if known is None or known.stamp == now or age >= known.patience:
            return self.exactly(key, now, make)
        with self._lock:
            place = (key, now)
            if any(asked == key for asked, _ in self._under_way):
                return known.value
            mine = self._under_way[place] = Future()
        Thread(target=self._renew, args=(place, mine, make), name="renewing", daemon=True).start()
        return known.value

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
        began = time.monotonic()
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                del self._under_way[place]
            mine.set_exception(error)
            raise
        key, stamp = place
        kept = _Kept(value, stamp, began, self._patience(time.monotonic() - began))
        with self._lock:
            self._kept[key] = kept
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
