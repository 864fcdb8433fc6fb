"""The one place where Resa asks what time it is, so that tests can say; and moments as whole numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["Clock", "from_microseconds", "system_clock", "to_microseconds"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Clock = Callable[[], datetime]
"""A function that returns the present moment, aware and in UTC."""


def system_clock() -> datetime:
    """The present moment of this machine, in UTC."""
    return datetime.now(UTC)


def to_microseconds(moment: datetime) -> int:
    """A moment with a time zone in microseconds since 1970-01-01 UTC, exact."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(microseconds: int) -> datetime:
    """The moment, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)
