"""Processes whose clock a test sets: Resa asks for the time at one place, which `sitecustomize` replaces in them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

__all__ = ["by_clock"]


def by_clock(file: Path) -> Mapping[str, str]:
    """The environment of a process whose clock is wrong by as many seconds as stand in a file."""
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"PYTHONPATH": path, "TEST_CLOCK_FILE": str(file)}
