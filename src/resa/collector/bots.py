"""Which visits are of programs: by what a program calls itself.

The names come from the package crawler-user-agents (MIT), which many keep up to date; nothing here has to be. A program
that gives itself out as a browser is not found by its name.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

__all__ = ["BOT", "is_bot"]

BOT: Final = "bot"
"""The device of what a program did: kept in the event files, and left out of the index."""

_FOR_PEOPLE: Final = ("GoogleImageProxy", "YahooMailProxy", "ggpht.com")
"""Programs that fetch a mail's pictures when, and because, a person opens it."""

_LOOKED_AT: Final = 512  # characters of a name; browsers' have less than half


def is_bot(agent: str) -> bool:
    """Whether a `User-Agent` is that of a program: a crawler, a scanner, a script."""
    return _known(agent[:_LOOKED_AT])


@lru_cache(maxsize=4_096)
def _known(agent: str) -> bool:
    import crawleruseragents  # noqa: PLC0415 - reads half a megabyte; only what takes events needs it

    return not any(name in agent for name in _FOR_PEOPLE) and bool(crawleruseragents.is_crawler(agent))
