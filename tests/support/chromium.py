"""The real browser that pages are shown in."""

from __future__ import annotations

import shutil

import pytest

__all__ = ["browser"]


def browser() -> str:
    """Chromium's command."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("no Chromium is installed")
