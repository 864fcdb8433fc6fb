"""How often each may send: so many requests at once, and so many a minute in the long run."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Final

__all__ = ["Pace"]

_HELD_SECONDS: Final = 1.0
"""About so long a refusal is held back: who sends too much sends less for it, and costs the others nothing meanwhile.
Never so long for all, so that they do not come again at the same moment."""


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

    async def refuses(self, who: str) -> float:
        """As `wait`; if it refuses, after a while."""
        if seconds := self.wait(who):
            await asyncio.sleep(random.uniform(0.5, 1.5) * _HELD_SECONDS)  # noqa: S311 - no secret
        return seconds

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
