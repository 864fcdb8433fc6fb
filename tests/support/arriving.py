"""Stores to which things arrive, with a clock that a test sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from resa.storage import Arrivals, Store

__all__ = ["NOW", "Clock", "opened"]

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def opened(folder: Path, clock: Clock) -> Iterator[tuple[Store, Arrivals]]:
    with Store.open(folder, clock=clock) as store, store.arrivals() as arrivals:
        yield store, arrivals
