"""Small layers are laid over whatever was there, however little that is: drawn shops are small."""

from __future__ import annotations

import pytest

from resa.storage import recent


@pytest.fixture(autouse=True)
def _small_shops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "SMALLEST", 1)
    monkeypatch.setattr(recent, "SHARE", 0.001)
