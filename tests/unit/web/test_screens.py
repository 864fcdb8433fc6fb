"""The process of the screens, from the side of who starts it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from resa.web.screens import Screens


def test_what_cannot_be_started_now_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    async def none(*_: object, **__: object) -> None:
        tried.append(1)
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", none)
    monkeypatch.setattr("resa.web.screens._AGAIN_SECONDS", 0.01)
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(Screens(tmp_path, wanted=True, first="", signed_in=lambda _: False).run(), 0.5))
    assert len(tried) > 1
