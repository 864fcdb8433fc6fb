"""How often each may send: so many requests at once, and so many a minute in the long run."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Pace"]


class Pace:
    """Counts requests by who sends them; holds one number for each who is known.

    Args:
        per_minute: Requests a minute; 0: any number.
        clock: Seconds that only grow.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._each = 60.0 / per_minute if per_minute else 0.0
        self._clock = clock
        self._free_at: dict[str, float] = {}

    def wait(self, who: str) -> float:
        """Seconds after which another request may come; 0: this one may, and is counted."""
        if not self._each:
            return 0.0
        now = self._clock()
        free_at = max(now, self._free_at.get(who, now)) + self._each
        if free_at - now > 60.0 + self._each / 2:  # a minute's requests are used up
            return free_at - now - 60.0
        self._free_at[who] = free_at
        return 0.0
