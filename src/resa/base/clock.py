"""The one place where Resa asks what time it is, so that tests can say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

__all__ = ["Clock", "system_clock"]

Clock = Callable[[], datetime]
"""A function that returns the present moment, aware and in UTC."""


def system_clock() -> datetime:
    """The present moment of this machine, in UTC."""
    return datetime.now(UTC)
