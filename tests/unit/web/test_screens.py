"""The process that shows screens is started again when it ends, and seldomer where it cannot start."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from resa.web.screens import Screens


def pauses(monkeypatch: pytest.MonkeyPatch, ended: list[bool | OSError]) -> list[float]:
    """How long is waited after each start, given how each went."""
    found: list[float] = []

    async def once(_: Screens) -> bool:
        how = ended[len(found)]
        if isinstance(how, OSError):
            raise how
        return how

    async def sleep(seconds: float) -> None:
        found.append(seconds)
        if len(found) == len(ended):
            raise asyncio.CancelledError

    monkeypatch.setattr(Screens, "_once", once)
    monkeypatch.setattr("asyncio.sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(Screens(Path("/nowhere"), wanted=True, first="", signed_in=lambda _: False).run())
    return found


def test_what_ended_is_started_at_once_and_what_cannot_start_ever_seldomer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pauses(monkeypatch, [True] * 3) == [1, 1, 1]
    assert pauses(monkeypatch, [False] * 8) == [2, 4, 8, 16, 32, 60, 60, 60]
    assert pauses(monkeypatch, [False, OSError(24), True, False]) == [2, 4, 1, 2]
