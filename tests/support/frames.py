"""Whether the processes that tests start find pandas."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["WITHOUT_PANDAS", "with_pandas"]

WITHOUT_PANDAS: Final = Path(__file__).parent / "without_pandas"
"""First among the places where Python looks for modules, there is no pandas."""


def with_pandas() -> str:
    """Where Python looks for modules, for a process that is to find pandas."""
    places = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join(place for place in places if place != str(WITHOUT_PANDAS))
