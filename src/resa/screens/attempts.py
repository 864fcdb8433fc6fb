"""How often somebody may try to sign in: few enough that passwords cannot be guessed, many enough to mistype them.

An account is shut for one address after ten failures, for all after a hundred: else anybody could shut anybody out.
Codes are guessed more easily than passwords, of six digits as they are, and only by who knows the password: for them an
account is shut for all after ten.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from threading import BoundedSemaphore, Lock
from typing import Final

__all__ = ["Attempts"]

_OF_BOTH, _OF_ADDRESS, _OF_ACCOUNT, _OF_CODES = 10, 50, 100, 10
_SECONDS: Final = 15 * 60.0
_REMEMBERED: Final = 20_000


class Attempts:
    """Failed attempts of the last quarter of an hour, by account and by address; kept in memory alone.

    Args:
        clock: Seconds that only grow.
        codes: Whether it is codes that are tried.

    Attributes:
        turns: So many passwords are tried at once: each takes 64 MB and a tenth of a second of a processor.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, codes: bool = False) -> None:
        self.turns = BoundedSemaphore(2)
        self._clock = clock
        self._of_account = _OF_CODES if codes else _OF_ACCOUNT
        self._lock = Lock()
        self._failed: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def wait(self, account: str, address: str) -> float:
        """So many seconds this account may not be tried from this address; 0: it may."""
        now = self._clock()
        with self._lock:
            times = (self._failed.get(name, deque()) for name in self._names(account, address))
            full = (found for found in times if len(found) == found.maxlen)
            return max(0.0, max((found[0] + _SECONDS - now for found in full), default=0.0))

    def fail(self, account: str, address: str) -> None:
        """Remember that an attempt failed."""
        now = self._clock()
        with self._lock:
            for name, most in self._names(account, address).items():
                self._failed.setdefault(name, deque(maxlen=most)).append(now)
                self._failed.move_to_end(name)
            while len(self._failed) > _REMEMBERED:
                self._failed.popitem(last=False)

    def _names(self, account: str, address: str) -> Mapping[tuple[str, str], int]:
        """Under what an attempt is remembered, and how many of it may fail."""
        return {(account, address): _OF_BOTH, ("", address): _OF_ADDRESS, (account, ""): self._of_account}
